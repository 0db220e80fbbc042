//! The keys with which a provider signs (RFC 7517).

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;

use super::error::{OidcError, Part};

/// How many keys are tried for a token that does not name its own.
const TRIES: usize = 8;

/// Its keys, as far as we understand them.
#[derive(Debug)]
pub(super) struct Keys(Vec<Jwk>);

impl Keys {
    /// Reads a set of keys (§5). One that we do not understand is left out: others may be for others.
    pub(super) fn read(text: &[u8]) -> Result<Self, OidcError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(text).map_err(|_| OidcError::NotUnderstood(Part::Keys))?;
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Ok(Self(keys.collect()))
    }

    /// Whether none of them can be the one that a token with this header is signed with.
    pub(super) fn lack(&self, header: &Header) -> bool {
        self.fitting(header).next().is_none()
    }

    /// Those that a token with this header may be signed with.
    pub(super) fn of(&self, header: &Header) -> Vec<DecodingKey> {
        let keys = self.fitting(header).filter_map(|key| DecodingKey::from_jwk(key).ok());
        keys.filter(|key| key.family() == header.alg.family()).take(TRIES).collect()
    }

    fn fitting(&self, header: &Header) -> impl Iterator<Item = &Jwk> {
        self.0.iter().filter(move |key| {
            let common = &key.common;
            let is_named = header.kid.is_none() || common.key_id == header.kid;
            let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
            is_named && signs && common.key_algorithm.is_none_or(|algorithm| is(algorithm, header.alg))
        })
    }
}

/// Whether a key that is meant for one algorithm is meant for this one.
fn is(meant: KeyAlgorithm, algorithm: Algorithm) -> bool {
    meant.to_string().parse() == Ok(algorithm)
}
