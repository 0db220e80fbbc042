//! Tokens in links and addresses: unforgeable, opaque, without an address inside.

mod keyring;
mod signer;

pub use keyring::{KeyPrints, Keyring, KeyringError, NAME_LENGTH, UnknownKey};
pub use signer::{Purpose, Signer, TOKEN_LENGTH, TokenError, TokenPayload};

#[cfg(test)]
mod tests;
