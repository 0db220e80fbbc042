//! What only we can read or make again, wherever it is kept: AES-256-GCM, with a random nonce at its end.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use crate::app::AppError;

/// Seals octets with this key. What they are `about` is not in it, and has to be known to open it.
///
/// # Errors
/// When the system gives no random bytes.
pub(super) fn seal(key: &[u8; 32], about: &[u8], mut octets: Vec<u8>) -> Result<Vec<u8>, AppError> {
    let broken = || AppError::BrokeOff("sealing a secret", "the system gives no random bytes".to_owned());
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| broken())?;
    let nonce = key.seal_in_place_append_tag(Aad::from(about), &mut octets).map_err(|_| broken())?;
    octets.extend_from_slice(nonce.as_ref());
    Ok(octets)
}

/// What was sealed with this key, about the same.
pub(super) fn open(key: &[u8; 32], about: &[u8], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let nonce = sealed.split_off(sealed.len().checked_sub(NONCE_LEN)?);
    let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
    Some(key.open_in_place(nonce, Aad::from(about), &mut sealed).ok()?.to_vec())
}
