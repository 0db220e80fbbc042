//! Signing in with an organisation's own accounts: `OpenID` Connect Core 1.0, with the authorization code flow (§3.1) and PKCE
//! (RFC 7636), so that a stolen code is worthless.

mod error;
mod id_token;
mod kept;
mod keys;
mod metadata;
mod provider;

pub use error::{OidcError, Part, TokenFault};
pub use provider::{Answer, Attempt, Provider, ProviderSettings};
