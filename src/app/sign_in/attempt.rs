//! What a browser carries while its user is at the provider: sealed, so that only we can read or make it. No node has to
//! remember it, and whoever gets hold of the browser's address alone (the code in it, say) can do nothing with that.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::sealing;
use crate::app::{AppError, random_token};
use crate::domain::token::Keyring;
use crate::oidc;

/// How long someone may take on the provider's pages.
pub(super) const LIFE: TimeDelta = TimeDelta::minutes(10);

/// The longest path that we lead back to, in octets: a cookie holds 4096.
const PATH_LIMIT: usize = 1_000;

/// Where a browser is sent, and what it carries meanwhile.
pub struct SignOnBegun {
    pub url: String,
    /// For a cookie that lives ten minutes.
    pub sealed: SecretString,
}

/// One attempt to sign on.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) state: String,
    nonce: String,
    verifier: String,
    /// The token of the link that binds the account, if the attempt began with one.
    pub(super) link: Option<String>,
    /// The page to go to then.
    pub(super) to: String,
    began: DateTime<Utc>,
}

impl Attempt {
    /// One that begins now.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(super) fn begin(link: Option<&str>, to: &str, now: DateTime<Utc>) -> Result<Self, AppError> {
        Ok(Self {
            state: random_token()?,
            nonce: random_token()?,
            // 64 characters of those that RFC 7636 §4.1 allows.
            verifier: random_token()?,
            link: link.map(str::to_owned),
            to: if to.len() <= PATH_LIMIT { to } else { "/" }.to_owned(),
            began: now,
        })
    }

    /// What the provider is told of it.
    pub(super) fn for_provider(&self, callback: &str) -> oidc::Attempt {
        let Self { state, nonce, verifier, .. } = self.clone();
        oidc::Attempt { state, nonce, verifier, callback: callback.to_owned() }
    }

    /// Sealed for the browser.
    pub(super) fn seal(&self, keyring: &Keyring) -> Result<SecretString, AppError> {
        let text =
            serde_json::to_vec(self).map_err(|error| AppError::BrokeOff("sealing a cookie", error.to_string()))?;
        Ok(BASE64URL_NOPAD.encode(&sealing::seal(&keyring.sign_on_key(), &[], text)?).into())
    }

    /// What was sealed, unless it's too old, wasn't sealed by us, or belongs to another attempt than the answer.
    pub(super) fn open(sealed: &str, keyring: &Keyring, state: &str, now: DateTime<Utc>) -> Option<Self> {
        let octets = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let text = sealing::open(&keyring.sign_on_key(), &[], octets)?;
        let attempt: Self = serde_json::from_slice(&text).ok()?;
        let is_young = attempt.began <= now && now - attempt.began < LIFE;
        (is_young && attempt.state == state).then_some(attempt)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    #[test]
    fn it_is_opened_by_the_same_keyring_for_ten_minutes_and_for_its_own_answer() {
        let (ours, others) = (Keyring::generate([7; 64]), Keyring::generate([8; 64]));
        let attempt = Attempt::begin(Some("l1nk"), "/calendar", at(0)).unwrap();
        let sealed = attempt.seal(&ours).unwrap();
        let open = |sealed: &str, keyring: &Keyring, state: &str, minutes| {
            Attempt::open(sealed, keyring, state, at(minutes)).map(|opened| (opened.verifier, opened.link, opened.to))
        };
        let (sealed, state) = (sealed.expose_secret(), attempt.state.as_str());
        let expected = Some((attempt.verifier.clone(), Some("l1nk".to_owned()), "/calendar".to_owned()));
        assert_eq!(open(sealed, &ours, state, 9), expected);
        assert_eq!(open(sealed, &ours, state, 10), None, "too late");
        assert_eq!(open(sealed, &ours, state, -1), None, "not begun");
        assert_eq!(open(sealed, &ours, "another", 1), None, "another answer");
        assert_eq!(open(sealed, &others, state, 1), None, "another service");
        assert_eq!(open(&sealed[1..], &ours, state, 1), None, "damaged");
        assert_eq!(open("", &ours, state, 1), None, "nothing");
        let readable = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
        assert!(!String::from_utf8_lossy(&readable).contains("l1nk"), "it is sealed");
        assert_ne!(attempt.seal(&ours).unwrap().expose_secret(), sealed, "no two are alike");
    }

    #[test]
    fn a_cookie_holds_it_however_long_the_path_is() {
        let keyring = Keyring::generate([7; 64]);
        for path in ["/".to_owned(), "/x".repeat(500), "/x".repeat(5_000)] {
            let attempt = Attempt::begin(Some(&"a".repeat(64)), &path, at(0)).unwrap();
            let sealed = attempt.seal(&keyring).unwrap();
            assert!(sealed.expose_secret().len() < 2_500, "{} octets", sealed.expose_secret().len());
        }
    }
}
