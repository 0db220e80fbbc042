//! Leaving, by the link, by mail or by command; and the list of addresses that are never mailed.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::context::{PAGE, transactional_mail};
use super::{AppContext, AppError};
use crate::domain::address::Address;
use crate::domain::delivery::{TransactionalKind, TransactionalMail};
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::suppression::ListedSuppression;
use crate::domain::subscription::unsubscribe::{leave, leave_with_undo, lift_suppression, unsubscribe};
use crate::domain::text::suggest::nearest;
use crate::domain::token::Purpose;
use crate::render::TransactionalText;
use crate::store::{Scope, decide};

/// Who a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A mailbox of the subscriber with this name.
    Subscribed(String),
    /// A mailbox that left before, or was forgotten.
    Gone,
    /// Nobody: the token is not ours, or not for this.
    Unknown,
}

impl From<Option<String>> for Holder {
    fn from(name: Option<String>) -> Self {
        name.map_or(Self::Gone, Self::Subscribed)
    }
}

/// What became of a wish to suppress an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuppressResult {
    /// It was suppressed already, for this reason; nothing changed.
    Already(SuppressionReason),
    /// It is suppressed now: a mailbox of the subscriber with this name, whose subscriptions end.
    Ended(String),
    /// It is suppressed now; it had no subscription.
    Stranger,
}

/// What became of a wish to lift a suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiftResult {
    Lifted(SuppressionReason),
    /// Its reader left or complained: it stays unless that is overruled.
    NeedsConsent(SuppressionReason),
    NotSuppressed,
}

/// How many neighbours on each side an address that may be mistyped is compared with.
const NEAR: u32 = 5_000;

/// Ends subscriptions.
#[derive(Clone)]
pub struct Unsubscriber {
    context: AppContext,
}

impl Unsubscriber {
    /// One that works with these parts.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
    }

    /// Shows the addresses that are never mailed, oldest first, a page after the other, until `take` has had enough.
    pub async fn each_suppression(
        &self,
        mut take: impl FnMut(&[ListedSuppression]) -> ControlFlow<()>,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.context.store.suppressions_page(after.as_ref(), PAGE).await?;
            after = page.last().map(|last| last.suppression.clone());
            if page.is_empty() || take(&page).is_break() {
                return Ok(());
            }
        }
    }

    /// Addresses that are never mailed, newest first: at most `limit`, without the first `skip`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_suppressions(&self, skip: u32, limit: u32) -> Result<Vec<ListedSuppression>, AppError> {
        Ok(self.context.store.newest_suppressions(skip, limit).await?)
    }

    /// How many addresses are never mailed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn suppression_count(&self) -> Result<u64, AppError> {
        Ok(self.context.store.suppression_count().await?)
    }

    /// Why this address is never mailed; none if it may be.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn suppressed(&self, address: &Address) -> Result<Option<SuppressionReason>, AppError> {
        let list = self.context.store.mailing_list(&scope_of(address), self.context.clock.now()).await?;
        Ok(list.suppression(address))
    }

    /// Whether nobody is subscribed with this address, and nothing keeps it out yet: perhaps it is a slip.
    pub async fn is_stranger(&self, address: &Address) -> Result<bool, AppError> {
        let list = self.context.store.mailing_list(&scope_of(address), self.context.clock.now()).await?;
        let subscribed = list.find(address).and_then(|mailbox| list.subscribed_name(mailbox.id));
        Ok(subscribed.is_none() && list.suppression(address).is_none())
    }

    /// The address of an active mailbox that is most like this one, if any is like it.
    pub async fn nearest(&self, address: &Address) -> Result<Option<Address>, AppError> {
        let near = self.context.store.addresses_near(address, NEAR).await?;
        let found = nearest(address.as_str(), near.iter().map(Address::as_str));
        Ok(found.and_then(|found| near.iter().find(|one| one.as_str() == found)).cloned())
    }

    /// Who would leave with this token. Changes nothing.
    pub async fn holder(&self, token: &str) -> Result<Holder, AppError> {
        let Some(id) = self.recipient_of(token) else { return Ok(Holder::Unknown) };
        let list = self.context.store.mailing_list(&Scope::Mailbox(id), self.context.clock.now()).await?;
        Ok(list.subscribed_name(id).map(str::to_owned).into())
    }

    /// Ends every subscription of the token's mailbox and suppresses it; once or often is the same. Whoever holds the token
    /// may; nothing else is asked.
    pub async fn leave(&self, token: &str, actor: &'static str) -> Result<Holder, AppError> {
        let Some(id) = self.recipient_of(token) else { return Ok(Holder::Unknown) };
        Ok(self.end(id, SuppressionReason::Unsubscribed, actor).await?.into())
    }

    /// As [`Self::leave`], by the mailbox's number and for any reason. Returns the name of its subscriber, if it had one.
    pub async fn end(
        &self,
        id: RecipientId,
        reason: SuppressionReason,
        actor: &'static str,
    ) -> Result<Option<String>, AppError> {
        self.decide(&Scope::Mailbox(id), None, move |list| leave(list, id, reason, actor)).await
    }

    /// As [`Self::leave`]; a mailbox that had a subscription gets one good-bye with a link that takes it back.
    pub async fn leave_with_undo(&self, token: &str) -> Result<Holder, AppError> {
        let Some(id) = self.recipient_of(token) else { return Ok(Holder::Unknown) };
        let mail = transactional_mail(&self.context, TransactionalKind::Goodbye, TransactionalText::Goodbye)?;
        let name = self.decide(&Scope::Mailbox(id), Some(&mail), move |list| leave_with_undo(list, id)).await?;
        Ok(name.into())
    }

    /// Ends every subscription of an address and suppresses it, unless it is suppressed already; then it only ends what
    /// waits for a click, and says of what ended that this was a reason, too: the last word stands, also when the first
    /// suppression is taken back.
    pub async fn suppress(
        &self,
        address: &Address,
        reason: SuppressionReason,
        actor: &'static str,
    ) -> Result<SuppressResult, AppError> {
        let (scope, address) = (scope_of(address), address.clone());
        let decision = move |list: &mut MailingList| match list.suppression(&address) {
            Some(known) if !reason.outranks(known) => {
                unsubscribe(list, &address, reason, actor);
                SuppressResult::Already(known)
            }
            _ => unsubscribe(list, &address, reason, actor).map_or(SuppressResult::Stranger, SuppressResult::Ended),
        };
        self.decide(&scope, None, decision).await
    }

    /// Lets an address be mailed again, and begins no subscription. What its reader wanted is lifted only with `consent`.
    pub async fn lift(&self, address: &Address, consent: bool, actor: &'static str) -> Result<LiftResult, AppError> {
        let (scope, address) = (scope_of(address), address.clone());
        let decision = move |list: &mut MailingList| match list.suppression(&address) {
            Some(reason) if reason.is_readers_wish() && !consent => LiftResult::NeedsConsent(reason),
            _ => lift_suppression(list, &address, actor).map_or(LiftResult::NotSuppressed, LiftResult::Lifted),
        };
        self.decide(&scope, None, decision).await
    }

    async fn decide<T: Send + 'static>(
        &self,
        scope: &Scope,
        mail: Option<&TransactionalMail>,
        mut decision: impl FnMut(&mut MailingList) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let decision = move |list: &mut MailingList| Ok::<_, Infallible>(decision(list));
        let (Ok(result), _) = decide(&*self.context.store, scope, self.context.clock.now(), mail, decision).await?;
        Ok(result)
    }

    fn recipient_of(&self, token: &str) -> Option<RecipientId> {
        self.context.keyring.verify(token, Purpose::Unsubscribe).ok().map(|payload| payload.recipient)
    }
}

fn scope_of(address: &Address) -> Scope {
    Scope::Addresses(vec![address.clone()], Vec::new())
}
