//! Signing on with an organisation's own accounts: `OpenID` Connect Core 1.0, by a code (§3.1) that only the browser which asked
//! for it can redeem (PKCE, RFC 7636).

mod error;
mod id_token;
mod kept;
mod keys;
mod metadata;
mod provider;

pub use error::{OidcError, Part, TokenFault};
pub use provider::{Answer, Attempt, Provider, ProviderSettings};
