//! Codes that an app makes every 30 seconds, as a second proof beside the password (RFC 6238).

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::Builder;

use super::SignIn;
use crate::app::AppError;
use crate::app::error::{KeyringError, SignInRefusal};
use crate::app::users::Users;
use crate::domain::user::UserId;

/// Octets of a secret, as RFC 4226 §4 recommends.
const SECRET: usize = 20;

/// A secret for somebody's app. Nothing is kept of it until they show that their app has it.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeOffer {
    /// In base32, to be typed.
    pub secret: String,
    /// `otpauth://…`, which opens the app on a phone.
    pub url: String,
}

impl fmt::Debug for CodeOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeOffer(…)")
    }
}

impl SignIn {
    /// A new secret for this user's app.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn begin_totp(&self, user: UserId) -> Result<CodeOffer, AppError> {
        let user = Users::new(&self.context).user(user).await?;
        let mut secret = [0; SECRET];
        getrandom::fill(&mut secret).map_err(|error| KeyringError::NoRandomness(error.to_string()))?;
        let secret = BASE32_NOPAD.encode(&secret);
        // A colon would end the issuer.
        let quoted = |text: &str| utf8_percent_encode(&text.replace(':', " "), NON_ALPHANUMERIC).to_string();
        let issuer = quoted(&self.context.config.service.name);
        let account = quoted(user.address.as_str());
        Ok(CodeOffer { url: format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"), secret })
    }

    /// From now on a code is asked for, too, because the app shows the right one.
    ///
    /// # Errors
    /// When the code is wrong.
    pub async fn confirm_totp(&self, user: UserId, secret: &str, code: &str) -> Result<(), AppError> {
        let typed: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
        let secret = BASE32_NOPAD.decode(typed.to_ascii_uppercase().as_bytes()).unwrap_or_default();
        let step = step(&secret, code, self.now()).ok_or(SignInRefusal::WrongCode)?;
        self.decide(move |accounts| accounts.ask_for_codes(user, secret.clone(), step)).await
    }

    /// From now on no code is asked for; a last one shows that it is them.
    ///
    /// # Errors
    /// When the code is wrong, or was used.
    pub async fn remove_totp(&self, user: UserId, code: &str) -> Result<(), AppError> {
        let users = self.context.store.users().await?;
        let codes = users.into_iter().find(|known| known.id == user).and_then(|known| known.proofs.codes);
        let step = codes.and_then(|codes| step(&codes.secret, code, self.now())).ok_or(SignInRefusal::WrongCode)?;
        self.decide(move |accounts| accounts.ask_for_no_codes(user, step)).await
    }
}

/// The step of which this is the code: now's, the one before or the one after.
pub(super) fn step(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<u64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = <[u8; SECRET]>::try_from(secret).ok()?;
    let totp = Builder::new().with_digits(6).with_step_duration(30).with_skew(1).with_secret(secret);
    totp.build().ok()?.check(&code, u64::try_from(now.timestamp()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: SHA-1 of this secret; the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard_and_of_the_steps_around() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let step = |code: &str, seconds| step(b"12345678901234567890", code, at(seconds));
        assert_eq!(step("287082", 59), Some(1));
        assert_eq!(step("081804", 1_111_111_109), Some(37_037_036));
        assert_eq!(step("081 804", 1_111_111_109 + 30), Some(37_037_036));
        assert_eq!(step("081804", 1_111_111_109 + 61), None);
        for wrong in ["", "287083", "87082", "0287082", "abcdef"] {
            assert_eq!(step(wrong, 59), None, "{wrong}");
        }
    }
}
