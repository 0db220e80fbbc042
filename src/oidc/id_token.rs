//! What an ID token must hold before we believe it (`OpenID` Connect Core 1.0 §3.1.3.7).

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;

use super::error::TokenFault;

/// Signatures that only the provider can make. With a shared secret (HS…), whoever has the secret could sign.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How far the two clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// The longest subject (§2).
const SUBJECT_LIMIT: usize = 255;

/// What a token must say: who made it, for whom, for which attempt, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// What a token says it is signed with.
pub(super) fn header(token: &str) -> Result<Header, TokenFault> {
    // What the crate has no name for, such as “none”, cannot be read.
    let header = decode_header(token).map_err(|_| TokenFault::Algorithm)?;
    if ALGORITHMS.contains(&header.alg) { Ok(header) } else { Err(TokenFault::Algorithm) }
}

/// The subject of a token that one of these keys has signed, if it is what we expect.
pub(super) fn subject(
    token: &str,
    header: &Header,
    keys: &[DecodingKey],
    expected: Expected<'_>,
) -> Result<String, TokenFault> {
    let claims = signed(token, header, keys)?;
    check(&claims, expected)?;
    Ok(claims.sub)
}

fn signed(token: &str, header: &Header, keys: &[DecodingKey]) -> Result<Claims, TokenFault> {
    // Whatever it says is looked at below, and times by our own clock.
    let validation = Validation {
        required_spec_claims: HashSet::new(),
        validate_exp: false,
        validate_aud: false,
        ..Validation::new(header.alg)
    };
    let mut fault = TokenFault::UnknownKey;
    for key in keys {
        match decode::<Claims>(token, key, &validation) {
            Ok(data) => return Ok(data.claims),
            Err(error) => fault = fault_of(&error),
        }
    }
    Err(fault)
}

fn fault_of(error: &jsonwebtoken::errors::Error) -> TokenFault {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm | ErrorKind::InvalidRsaKey(_) => {
            TokenFault::Signature
        }
        _ => TokenFault::Malformed,
    }
}

fn check(claims: &Claims, expected: Expected<'_>) -> Result<(), TokenFault> {
    let now = expected.now.timestamp();
    let audience = claims.aud.all();
    let is_ours = |client: &String| client == expected.client_id;
    // If it is for others as well, it must say that it was made for us.
    let is_for_us = audience.iter().any(is_ours)
        && claims.azp.as_ref().is_none_or(is_ours)
        && (audience.len() == 1 || claims.azp.is_some());
    let begins = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
    let faults = [
        (claims.iss != expected.issuer, TokenFault::Issuer),
        (!is_for_us, TokenFault::Audience),
        (claims.nonce.as_deref() != Some(expected.nonce), TokenFault::Nonce),
        (claims.exp.saturating_add(LEEWAY) <= now, TokenFault::Expired),
        (begins.saturating_sub(LEEWAY) > now, TokenFault::FromTheFuture),
        (claims.sub.is_empty() || claims.sub.len() > SUBJECT_LIMIT || !claims.sub.is_ascii(), TokenFault::Malformed),
    ];
    faults.into_iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, fault)| Err(fault))
}

#[cfg(test)]
mod tests;
