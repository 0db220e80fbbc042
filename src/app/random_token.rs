//! Tokens that nobody can guess, for links and cookies.

use data_encoding::HEXLOWER;

use super::AppError;
use super::error::KeyringError;

/// 256 random bits, as 64 characters that fit a link and a cookie.
///
/// # Errors
/// When the system gives no random bytes.
pub fn random_token() -> Result<String, AppError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| KeyringError::NoRandomness(error.to_string()))?;
    Ok(HEXLOWER.encode(&bytes))
}
