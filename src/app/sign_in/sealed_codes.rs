//! What a user's app makes codes from, as it is stored: sealed, so that whoever reads the store without the key file can't make codes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use super::codes::SECRET;
use crate::app::AppError;
use crate::domain::token::Keyring;
use crate::domain::user::UserId;

/// A user's secret as it is stored: longer than the secret itself.
///
/// # Errors
/// When the system gives no random bytes.
pub(super) fn seal(keyring: &Keyring, user: UserId, secret: &[u8]) -> Result<Vec<u8>, AppError> {
    let broken = || AppError::BrokeOff("sealing what codes are made from", "the key is unfit".to_owned());
    let mut sealed = secret.to_vec();
    let key = key(keyring).ok_or_else(broken)?;
    let nonce = key.seal_in_place_append_tag(Aad::from(user.0.to_be_bytes()), &mut sealed).map_err(|_| broken())?;
    sealed.extend_from_slice(nonce.as_ref());
    Ok(sealed)
}

/// The secret that was stored for a user, also if an older version stored it unsealed. `None` if it was sealed with another key,
/// or for somebody else.
pub(super) fn open(keyring: &Keyring, user: UserId, stored: &[u8]) -> Option<Vec<u8>> {
    if !is_sealed(stored) {
        return Some(stored.to_vec());
    }
    let mut octets = stored.to_vec();
    let nonce = octets.split_off(octets.len().checked_sub(NONCE_LEN)?);
    let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
    let secret = key(keyring)?.open_in_place(nonce, Aad::from(user.0.to_be_bytes()), &mut octets).ok()?;
    Some(secret.to_vec())
}

pub(super) fn is_sealed(stored: &[u8]) -> bool {
    stored.len() != SECRET
}

fn key(keyring: &Keyring) -> Option<RandomizedNonceKey> {
    RandomizedNonceKey::new(&AES_256_GCM, &keyring.code_key()).ok()
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
        assert_eq!(open(&ours, UserId(2), &sealed), None, "somebody else's");
        assert_eq!(open(&others, anna, &sealed), None, "another key");
        assert_eq!(open(&ours, anna, &sealed[1..]), None, "damaged");
        assert_eq!(open(&ours, anna, STORED).as_deref(), Some(&STORED[..]), "an older version didn't seal it");
    }
}
