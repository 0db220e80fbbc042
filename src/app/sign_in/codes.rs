//! Codes that an app makes every 30 seconds, as a second proof beside the password (RFC 6238).

use std::fmt;

use chrono::{DateTime, Utc};
use totp_rs::Builder;

/// Octets of a secret, as RFC 4226 §4 recommends.
pub(super) const SECRET: usize = 20;

/// A secret for someone's app. Nothing is kept of it until they show that their app has it.
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
