//! One provider: where a browser is sent, and who it says has signed in.

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::error::{OidcError, Part, TokenFault};
use super::id_token::{self, Expected};
use super::kept::Kept;
use super::keys::Keys;
use super::metadata::Metadata;
use crate::domain::user::account::SignOnSubject;
use crate::http_client::{HttpAnswer, HttpClient, HttpError};

/// All that we ask for is who it is. A name or an address is of no use to us.
const SCOPE: &str = "openid";

/// Who the provider is, and how we are registered there.
pub struct ProviderSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// Certificates to trust instead of the public authorities (PEM).
    pub ca_pem: Option<Vec<u8>>,
}

/// What belongs to one attempt to sign on; each is random, and good once.
#[derive(Clone)]
pub struct Attempt {
    /// Comes back in the browser's address: the answer is to our question.
    pub state: String,
    /// Comes back in the ID token: so is the token.
    pub nonce: String,
    /// Redeems the code together with it (RFC 7636 §4.1); a secret until then.
    pub verifier: String,
    /// The address of ours to which the browser comes back.
    pub callback: String,
}

/// What a browser came back with (RFC 6749 §4.1.2).
#[derive(Clone, Default)]
pub struct Answer {
    pub code: Option<SecretString>,
    pub state: String,
    /// Whose answer it is (RFC 9207).
    pub issuer: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt(…)")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer(error: {:?})", self.error)
    }
}

/// A provider, with what it said about itself.
pub struct Provider {
    settings: ProviderSettings,
    http: HttpClient,
    metadata: Kept<Metadata>,
    keys: Kept<Keys>,
}

impl Provider {
    /// The provider of these settings; nothing is asked yet.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub fn new(settings: ProviderSettings) -> Result<Self, HttpError> {
        let http = HttpClient::new(settings.ca_pem.as_deref())?;
        Ok(Self { settings, http, metadata: Kept::default(), keys: Kept::default() })
    }

    /// Whether it answers, and is who we think it is.
    pub async fn meet(&self, now: DateTime<Utc>) -> Result<(), OidcError> {
        let metadata = self.metadata(now).await?;
        self.keys.get(now, |_| false, self.ask_for_keys(&metadata.jwks_uri)).await.map(drop)
    }

    /// The address at which someone signs in (§3.1.2.1).
    pub async fn address(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<String, OidcError> {
        let endpoint = self.metadata(now).await?.authorization_endpoint.clone();
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(&attempt.verifier));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &attempt.callback),
            ("scope", SCOPE),
            ("state", &attempt.state),
            ("nonce", &attempt.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{query}"))
    }

    /// Who it was that signed in: redeems the code (§3.1.3) and looks at the ID token.
    pub async fn redeem(
        &self,
        answer: Answer,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<SignOnSubject, OidcError> {
        let metadata = self.metadata(now).await?;
        let must_name = metadata.authorization_response_iss_parameter_supported;
        if answer.issuer.as_ref().map_or(must_name, |issuer| *issuer != self.settings.issuer) {
            return Err(OidcError::AnotherAnswered);
        }
        if let Some(error) = &answer.error {
            return Err(OidcError::Declined(word(error)));
        }
        let code = answer.code.ok_or_else(|| OidcError::Declined("no code".to_owned()))?;
        let token = self.id_token(&metadata, &code, attempt).await?;
        let subject = self.subject(&metadata, token.expose_secret(), &attempt.nonce, now).await?;
        Ok(SignOnSubject { issuer: self.settings.issuer.clone(), subject })
    }

    async fn subject(
        &self,
        metadata: &Metadata,
        token: &str,
        nonce: &str,
        now: DateTime<Utc>,
    ) -> Result<String, OidcError> {
        let header = id_token::header(token)?;
        let keys = self.keys.get(now, |keys| keys.lack(&header), self.ask_for_keys(&metadata.jwks_uri)).await?;
        let ProviderSettings { issuer, client_id, .. } = &self.settings;
        let expected = Expected { issuer, client_id, nonce, now };
        Ok(id_token::subject(token, &header, &keys.of(&header), expected)?)
    }

    async fn metadata(&self, now: DateTime<Utc>) -> Result<std::sync::Arc<Metadata>, OidcError> {
        let issuer = &self.settings.issuer;
        let ask = async {
            let text = self.ask(Part::Configuration, &Metadata::address(issuer)).await?;
            Metadata::read(&text, issuer)
        };
        self.metadata.get(now, |_| false, ask).await
    }

    async fn ask_for_keys(&self, address: &str) -> Result<Keys, OidcError> {
        Keys::read(&self.ask(Part::Keys, address).await?)
    }

    async fn ask(&self, part: Part, address: &str) -> Result<Vec<u8>, OidcError> {
        let answer = self.http.get(address).await.map_err(|why| OidcError::NoAnswer { part, why })?;
        if answer.status == 200 { Ok(answer.body) } else { Err(OidcError::Status { part, status: answer.status }) }
    }

    /// Redeems a code for an ID token (§3.1.3.1).
    async fn id_token(
        &self,
        metadata: &Metadata,
        code: &SecretString,
        attempt: &Attempt,
    ) -> Result<SecretString, OidcError> {
        let ProviderSettings { client_id, client_secret, .. } = &self.settings;
        let secret = client_secret.expose_secret();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &attempt.callback),
            ("code_verifier", &attempt.verifier),
        ];
        let authorization = if metadata.takes_secret_in_form_only() {
            fields.extend([("client_id", client_id.as_str()), ("client_secret", secret)]);
            None
        } else {
            Some(basic(client_id, secret))
        };
        let part = Part::TokenEndpoint;
        let answer = self.http.post(&metadata.token_endpoint, authorization, form(&fields).into()).await;
        token_in(&answer.map_err(|why| OidcError::NoAnswer { part, why })?)
    }
}

fn token_in(answer: &HttpAnswer) -> Result<SecretString, OidcError> {
    #[derive(Deserialize)]
    struct Tokens {
        id_token: Option<String>,
        error: Option<String>,
    }
    let (part, status) = (Part::TokenEndpoint, answer.status);
    match (status, serde_json::from_slice::<Tokens>(&answer.body)) {
        (200, Ok(tokens)) => tokens.id_token.map(SecretString::from).ok_or(OidcError::Token(TokenFault::Malformed)),
        (400..500, Ok(Tokens { error: Some(error), .. })) => Err(OidcError::NotRedeemed(word(&error))),
        (200, Err(_)) => Err(OidcError::NotUnderstood(part)),
        _ => Err(OidcError::Status { part, status }),
    }
}

/// Our name and secret in a header (RFC 6749 §2.3.1, which escapes both before RFC 7617 joins them).
fn basic(client_id: &str, secret: &str) -> SecretString {
    let escaped = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", escaped(client_id), escaped(secret));
    format!("Basic {}", BASE64.encode(both.as_bytes())).into()
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A provider's word for what is wrong, such as `access_denied`. It came by the browser, so anyone may have made it up.
fn word(error: &str) -> String {
    let is_word = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    let word: String = error.chars().take_while(is_word).take(40).collect();
    if word.is_empty() { "an error without a name".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_secret_are_escaped_before_they_are_joined() {
        let told = basic("a:b", "c d%é");
        assert_eq!(told.expose_secret(), format!("Basic {}", BASE64.encode(b"a%3Ab:c+d%25%C3%A9")));
    }

    #[test]
    fn what_a_provider_says_is_a_word_in_the_log() {
        assert_eq!(word("access_denied"), "access_denied");
        assert_eq!(word("access_denied\nERROR anna@example.org"), "access_denied");
        assert_eq!(word("<b>"), "an error without a name");
        assert_eq!(word(&"x".repeat(99)).len(), 40);
    }

    #[test]
    fn what_is_no_token_is_told_apart() {
        let told = |status, body: &str| {
            let answer = HttpAnswer { status, body: body.as_bytes().to_vec() };
            token_in(&answer).map(|token| token.expose_secret().to_owned())
        };
        let part = Part::TokenEndpoint;
        assert_eq!(told(200, r#"{"id_token": "a.b.c", "access_token": "x"}"#), Ok("a.b.c".to_owned()));
        assert_eq!(told(200, r#"{"access_token": "x"}"#), Err(OidcError::Token(TokenFault::Malformed)));
        assert_eq!(told(200, "<html>"), Err(OidcError::NotUnderstood(part)));
        assert_eq!(told(400, r#"{"error": "invalid_grant"}"#), Err(OidcError::NotRedeemed("invalid_grant".to_owned())));
        assert_eq!(told(302, ""), Err(OidcError::Status { part, status: 302 }));
        assert_eq!(told(503, r#"{"error": "x"}"#), Err(OidcError::Status { part, status: 503 }));
    }
}
