//! What whoever carries it may do: 256 random bits, of which only a hash is kept.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a token. That is enough, without salt or stretching, because nobody can guess 256 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of what someone carries; capital letters make no difference.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.to_ascii_lowercase()).into())
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// It is no hash of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no session")]
pub struct NoHash;

impl FromStr for TokenHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let octets = HEXLOWER.decode(text.as_bytes()).map_err(|_| NoHash)?;
        octets.try_into().map(Self).map_err(|_| NoHash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_again_by_its_hash() {
        let token = "07af".repeat(16);
        let hash = TokenHash::of(&token);
        assert_eq!(TokenHash::of(&token.to_ascii_uppercase()), hash);
        assert_ne!(TokenHash::of(&"08af".repeat(16)), hash);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("00".parse::<TokenHash>(), Err(NoHash));
    }
}
