//! Why someone is not let into the console.

use crate::oidc::OidcError;

/// Why someone is not let into the console. It never says whether an address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    #[error("the address or the password is wrong")]
    Wrong,
    /// The password was right.
    #[error("a code is needed, too")]
    CodeNeeded,
    /// The password was right. The code is not, or was used.
    #[error("the code is wrong, or was used already")]
    WrongCode,
    /// It was wrong too often, for this address or from this network; nobody looked at the password.
    #[error("too many were wrong: wait for {minutes} min")]
    Paused { minutes: u64 },
}

/// Why someone couldn't sign in with the organisation's account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignOnRefusal {
    #[error("there is no section [web.oidc]")]
    NotConfigured,
    /// It was begun in another browser, or more than ten minutes ago, or it came back before.
    #[error("the answer doesn't belong to anything that this browser began")]
    Stale,
    /// No user has this account.
    #[error("no user has this account")]
    Unknown,
    #[error(transparent)]
    Provider(#[from] OidcError),
}
