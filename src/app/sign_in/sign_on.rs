//! Signing in with the organisation's own account. Only the pair of issuer and subject says who someone is: it is bound to a
//! user by the link of their invitation, and nothing else that a provider tells, such as an address, finds anyone.

use std::net::IpAddr;

use super::attempt::{Attempt, SignOnBegun};
use super::{SignIn, SignedIn};
use crate::app::AppError;
use crate::app::error::SignOnRefusal;
use crate::app::network::network;
use crate::domain::user::account::SignOnSubject;
use crate::domain::user::limits::TryStep;
use crate::oidc::{Answer, OidcError};

impl SignIn {
    /// Whether a sign-on is configured.
    pub fn has_sign_on(&self) -> bool {
        self.context.config.web.oidc.is_some()
    }

    /// Begins to sign on, with the token of the link that will bind it, if it was begun by one; `to` is the page to go to then, and
    /// `callback` the address to which the provider sends the browser back. Nothing is changed: a link stays good.
    ///
    /// # Errors
    /// When there is no sign-on, the provider gives no answer, or the link is not good.
    pub async fn begin_sign_on(&self, link: Option<&str>, to: &str, callback: &str) -> Result<SignOnBegun, AppError> {
        let provider = self.context.sign_on.provider(&self.context.config)?;
        if let Some(link) = link {
            self.link(link).await?;
        }
        let attempt = Attempt::begin(link, to, self.now())?;
        let url = provider.address(&attempt.for_provider(callback), self.now()).await.map_err(SignOnRefusal::from)?;
        Ok(SignOnBegun { url, sealed: attempt.seal(&self.context.keyring)? })
    }

    /// Ends what was begun, with what the browser carried and what the provider gave it: someone is in, and goes to this page.
    ///
    /// # Errors
    /// When the answer is not to what was begun in this browser, the provider does not vouch for it, or it is nobody's; or the link is
    /// not good.
    pub async fn finish_sign_on(
        &self,
        sealed: &str,
        answer: Answer,
        callback: &str,
        from: IpAddr,
    ) -> Result<(SignedIn, String), AppError> {
        let (now, network) = (self.now(), network(from).to_string());
        let attempt = Attempt::open(sealed, &self.context.keyring, &answer.state, now).ok_or(SignOnRefusal::Stale)?;
        let provider = self.context.sign_on.provider(&self.context.config)?;
        let keys = self.context.keyring.try_hasher().sign_on_keys(&network);
        // Without a code there's nothing to redeem, and anyone can bring a browser back like that: so nothing is written.
        let is_tried = answer.code.is_some();
        if is_tried {
            self.count(keys, TryStep::Begin).await?;
            if !self.context.sign_on.use_up(&attempt.state, now) {
                return Err(SignOnRefusal::Stale.into());
            }
        }
        let redeemed = provider.redeem(answer, &attempt.for_provider(callback), now).await;
        if is_tried && redeemed.as_ref().is_err_and(is_nobodys_fault) {
            self.count(keys, TryStep::TakeBack).await?;
        }
        let subject = redeemed.map_err(SignOnRefusal::from)?;
        let signed_in = match &attempt.link {
            Some(link) => self.bind(link, subject, network).await?,
            None => self.enter_with(&subject, network).await?,
        };
        self.note_success(keys, TryStep::TakeBack).await;
        Ok((signed_in, attempt.to))
    }

    async fn enter_with(&self, subject: &SignOnSubject, network: String) -> Result<SignedIn, AppError> {
        let user = self.context.store.user_with_sign_on(subject).await?.ok_or(SignOnRefusal::Unknown)?;
        // A second factor is the provider's business: it knows whether one was asked for.
        self.enter(user, None, network).await
    }

    async fn bind(&self, link: &str, subject: SignOnSubject, network: String) -> Result<SignedIn, AppError> {
        let view = self.link(link).await?;
        self.enter_by_link(link, view, network, move |accounts, link, session| {
            accounts.bind_sign_on(link, subject.clone(), session)
        })
        .await
    }
}

/// Whether someone changed their mind or the provider was down, so that it doesn't count as a wrong try.
fn is_nobodys_fault(error: &OidcError) -> bool {
    matches!(error, OidcError::Declined(_) | OidcError::NoAnswer { .. } | OidcError::Status { .. })
}
