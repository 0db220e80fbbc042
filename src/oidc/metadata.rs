//! What a provider says about itself (`OpenID` Connect Discovery 1.0 §3).

use serde::Deserialize;

use super::error::{OidcError, Part};

/// What we need of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    /// Where a browser is sent.
    pub(super) authorization_endpoint: String,
    /// Where a code is redeemed.
    pub(super) token_endpoint: String,
    /// Where the keys are with which ID tokens are signed.
    pub(super) jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether every answer names its issuer (RFC 9207 §3).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Where it stands (§4): after the issuer without a slash at its end.
    pub(super) fn address(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Reads it. It must call itself exactly as we do (§4.3).
    pub(super) fn read(text: &[u8], issuer: &str) -> Result<Self, OidcError> {
        let read: Self = serde_json::from_slice(text).map_err(|_| OidcError::NotUnderstood(Part::Configuration))?;
        if read.issuer != issuer {
            // Whatever stands there may be shown in a log.
            let found = read.issuer.chars().filter(|letter| !letter.is_control()).take(200).collect();
            return Err(OidcError::OtherIssuer { expected: issuer.to_owned(), found });
        }
        for (address, part) in [
            (&read.authorization_endpoint, Part::SignOnPage),
            (&read.token_endpoint, Part::TokenEndpoint),
            (&read.jwks_uri, Part::Keys),
        ] {
            if !is_secure(address, issuer) {
                return Err(OidcError::NotSecure(part));
            }
        }
        Ok(read)
    }

    /// Whether our secret goes into the form (`client_secret_post`) because the provider doesn't take the header, the usual way
    /// (§3, `token_endpoint_auth_methods_supported`).
    pub(super) fn takes_secret_in_form_only(&self) -> bool {
        let offers = |method: &str| {
            let offered = self.token_endpoint_auth_methods_supported.as_ref();
            offered.is_some_and(|methods| methods.iter().any(|offered| offered == method))
        };
        offers("client_secret_post") && !offers("client_secret_basic")
    }
}

/// An https address; of an issuer that is on this machine and without TLS, its own will do.
fn is_secure(address: &str, issuer: &str) -> bool {
    let own = || issuer.starts_with("http://").then(|| origin(issuer));
    address.bytes().all(|octet| octet.is_ascii_graphic())
        && (address.starts_with("https://") || own().is_some_and(|own| origin(address) == own))
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    url[after..].find(['/', '?', '#']).map_or(url, |end| &url[..after + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(issuer: &str, endpoint: &str, more: &str) -> Vec<u8> {
        format!(
            r#"{{"issuer": "{issuer}", "authorization_endpoint": "{endpoint}", "token_endpoint": "{endpoint}",
                "jwks_uri": "{endpoint}", "unknown": [1]{more}}}"#
        )
        .into_bytes()
    }

    #[test]
    fn a_provider_calls_itself_exactly_as_we_do() {
        let read =
            |found: &str, ours: &str| Metadata::read(&document(found, "https://p.example/x", ""), ours).map(drop);
        assert_eq!(read("https://p.example", "https://p.example"), Ok(()));
        for found in ["https://p.example/", "https://p.example/{tenantid}/v2.0", "https://P.example"] {
            assert!(matches!(read(found, "https://p.example"), Err(OidcError::OtherIssuer { .. })), "{found}");
        }
        assert_eq!(Metadata::address("https://p.example/"), "https://p.example/.well-known/openid-configuration");
        let malformed = Metadata::read(b"<html>", "https://p.example").map(drop);
        assert_eq!(malformed, Err(OidcError::NotUnderstood(Part::Configuration)));
    }

    #[test]
    fn secrets_cross_no_network_in_the_clear() {
        let read = |endpoint: &str, issuer: &str| Metadata::read(&document(issuer, endpoint, ""), issuer).is_ok();
        assert!(read("https://elsewhere.example/token", "https://p.example"));
        assert!(!read("http://p.example/token", "https://p.example"));
        assert!(!read("javascript:alert(1)", "https://p.example"));
        assert!(read("http://127.0.0.1:4000/token", "http://127.0.0.1:4000"));
        assert!(read("http://127.0.0.1:4000?token", "http://127.0.0.1:4000/x"));
        assert!(!read("http://127.0.0.1:40001/token", "http://127.0.0.1:4000"));
        assert!(!read("http://127.0.0.1:4000@evil.example/token", "http://127.0.0.1:4000"));
    }

    #[test]
    fn the_secret_goes_into_the_header_unless_only_the_form_is_offered() {
        let form_only = |more: &str| {
            let read = Metadata::read(&document("https://p.example", "https://p.example/x", more), "https://p.example");
            read.unwrap().takes_secret_in_form_only()
        };
        assert!(!form_only(""));
        assert!(!form_only(
            r#", "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]"#
        ));
        assert!(form_only(r#", "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]"#));
    }
}
