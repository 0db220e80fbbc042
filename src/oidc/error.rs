//! Why a sign-on did not work. Nothing here shows a code, a token, a secret or who it was.

use crate::http_client::HttpError;

/// Why a sign-on did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// One of the provider's addresses gave no answer.
    #[error("the provider's {part}: {why}")]
    NoAnswer { part: Part, why: HttpError },
    #[error("the provider's {part} answered with the status {status}")]
    Status { part: Part, status: u16 },
    #[error("the provider's {0} is not understood")]
    NotUnderstood(Part),
    /// What stands at the issuer's address belongs to another, such as one with a placeholder for the tenant.
    #[error("the provider calls itself {found}, and web.oidc.issuer calls it {expected}")]
    OtherIssuer { expected: String, found: String },
    /// An address that is not https.
    #[error("the provider's {0} is not at an https address")]
    NotSecure(Part),
    /// It does not redeem the code (RFC 6749 §5.2), such as `invalid_client`.
    #[error("the provider does not redeem the code: {0}")]
    NotRedeemed(String),
    /// It sent the browser back without a code (RFC 6749 §4.1.2.1), such as `access_denied`.
    #[error("the provider sent the browser back with: {0}")]
    Declined(String),
    /// The answer came from another provider (RFC 9207 §2.4).
    #[error("the answer names another provider, or none")]
    AnotherAnswered,
    #[error("the provider's ID token {0}")]
    Token(#[from] TokenFault),
}

/// What of the provider was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Configuration,
    SignOnPage,
    TokenEndpoint,
    Keys,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Configuration => "openid-configuration",
            Self::SignOnPage => "authorization_endpoint",
            Self::TokenEndpoint => "token_endpoint",
            Self::Keys => "jwks_uri",
        })
    }
}

/// What is wrong with an ID token (`OpenID` Connect Core 1.0 §3.1.3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    #[error("is none, or is malformed")]
    Malformed,
    /// None at all, or one with a key that we know as well as the provider.
    #[error("is signed by an algorithm that proves nothing to us")]
    Algorithm,
    #[error("is signed with a key that is not among the provider's")]
    UnknownKey,
    #[error("has a signature that is wrong")]
    Signature,
    #[error("is from another issuer")]
    Issuer,
    #[error("is for another client")]
    Audience,
    /// Or one of the two clocks is wrong.
    #[error("has expired, by this machine's clock")]
    Expired,
    /// Or one of the two clocks is wrong.
    #[error("is from the future, by this machine's clock")]
    FromTheFuture,
    #[error("answers another request")]
    Nonce,
}
