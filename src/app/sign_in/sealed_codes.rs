//! What a user's app makes codes from, as it is stored: sealed, so that whoever reads the store without the key file can't make codes.

use super::codes::SECRET;
use super::sealing;
use crate::app::AppError;
use crate::domain::token::Keyring;
use crate::domain::user::UserId;

/// A user's secret as it is stored: longer than the secret itself.
///
/// # Errors
/// When the system gives no random bytes.
pub(super) fn seal(keyring: &Keyring, user: UserId, secret: &[u8]) -> Result<Vec<u8>, AppError> {
    sealing::seal(&keyring.code_key(), &user.0.to_be_bytes(), secret.to_vec())
}

/// The secret that was stored for a user, also if an older version stored it unsealed. `None` if it was sealed with another key,
/// or for someone else.
pub(super) fn open(keyring: &Keyring, user: UserId, stored: &[u8]) -> Option<Vec<u8>> {
    if !is_sealed(stored) {
        return Some(stored.to_vec());
    }
    sealing::open(&keyring.code_key(), &user.0.to_be_bytes(), stored.to_vec())
}

pub(super) fn is_sealed(stored: &[u8]) -> bool {
    stored.len() != SECRET
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &[u8; SECRET] = b"12345678901234567890";

    #[test]
    fn a_secret_is_opened_with_the_same_key_for_the_same_user_alone() {
        let (ours, others, anna) = (Keyring::generate([7; 64]), Keyring::generate([8; 64]), UserId(1));
        let sealed = seal(&ours, anna, STORED).unwrap();
        assert!(is_sealed(&sealed) && !sealed.windows(4).any(|part| STORED.windows(4).any(|known| known == part)));
        assert_eq!(open(&ours, anna, &sealed).as_deref(), Some(&STORED[..]));
        assert_eq!(open(&ours, UserId(2), &sealed), None, "someone else's");
        assert_eq!(open(&others, anna, &sealed), None, "another key");
        assert_eq!(open(&ours, anna, &sealed[1..]), None, "damaged");
        assert_eq!(open(&ours, anna, STORED).as_deref(), Some(&STORED[..]), "an older version didn't seal it");
    }
}
