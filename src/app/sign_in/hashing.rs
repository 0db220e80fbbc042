//! How passwords are hashed: slowly, and one at a time, so that those who guess keep neither our memory nor our processors busy.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash as Phc, PasswordHasher as _, PasswordVerifier as _, Salt, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::app::AppError;
use crate::app::error::KeyringError;
use crate::domain::user::account::PasswordHash;

/// Memory (in KiB), passes and lanes: OWASP's Password Storage Cheat Sheet, the second of its equal choices.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Makes hashes. Blocks for some 20 ms.
pub trait Hashing: Send + Sync {
    /// A password's hash.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    fn hash(&self, password: &str) -> Result<PasswordHash, AppError>;

    /// Whether the hash is this password's. Without one it takes as long, and says no.
    fn is(&self, password: &str, hash: Option<&PasswordHash>) -> bool;
}

/// Argon2id (RFC 9106).
#[derive(Debug, Clone, Copy)]
pub struct Argon2id;

impl Hashing for Argon2id {
    fn hash(&self, password: &str) -> Result<PasswordHash, AppError> {
        let mut salt = [0; Salt::RECOMMENDED_LENGTH];
        getrandom::fill(&mut salt).map_err(|error| KeyringError::NoRandomness(error.to_string()))?;
        let broken = |error: argon2::password_hash::Error| AppError::BrokeOff("hashing a password", error.to_string());
        let salt = SaltString::encode_b64(&salt).map_err(broken)?;
        Ok(PasswordHash(argon2().hash_password(password.as_bytes(), &salt).map_err(broken)?.to_string()))
    }

    fn is(&self, password: &str, hash: Option<&PasswordHash>) -> bool {
        if let Some(hash) = hash.and_then(|hash| Phc::new(&hash.0).ok()) {
            // It takes the parameters of the stored one, and compares in constant time.
            return argon2().verify_password(password.as_bytes(), &hash).is_ok();
        }
        let mut unused = [0; Params::DEFAULT_OUTPUT_LEN];
        let _ = argon2().hash_password_into(password.as_bytes(), &[0; Salt::RECOMMENDED_LENGTH], &mut unused);
        false
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, PASSES, LANES, None).expect("the parameters are in their ranges (RFC 9106 §3.1)");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// [`Hashing::hash`], in turn.
pub(super) async fn hash(hashing: &Arc<dyn Hashing>, password: SecretString) -> Result<PasswordHash, AppError> {
    let hashing = Arc::clone(hashing);
    in_turn(move || hashing.hash(password.expose_secret())).await?
}

/// [`Hashing::is`], in turn.
pub(super) async fn is(
    hashing: &Arc<dyn Hashing>,
    password: SecretString,
    hash: Option<PasswordHash>,
) -> Result<bool, AppError> {
    let hashing = Arc::clone(hashing);
    in_turn(move || hashing.is(password.expose_secret(), hash.as_ref())).await
}

/// Does `work` on a thread of its own once nobody else in this process does any, also where the caller goes away meanwhile.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    static TURN: Semaphore = Semaphore::const_new(1);
    let broken = |error: &dyn std::fmt::Display| AppError::BrokeOff("hashing a password", error.to_string());
    let turn: SemaphorePermit<'static> = TURN.acquire().await.map_err(|error| broken(&error))?;
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(|error| broken(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_known_again_and_says_how_it_was_made() {
        let hash = Argon2id.hash("kettle daisy fox").unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(Argon2id.is("kettle daisy fox", Some(&hash)));
        assert!(!Argon2id.is("kettle daisy fix", Some(&hash)) && !Argon2id.is("kettle daisy fox", None));
        assert_ne!(Argon2id.hash("kettle daisy fox").unwrap(), hash, "each has a salt of its own");
        assert!(!Argon2id.is("", Some(&PasswordHash("damaged".to_owned()))));
    }
}
