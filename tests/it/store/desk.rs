//! Decisions about the mailing list, made on any store as the use cases make them.

use std::convert::Infallible;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use fortnightly::app::privacy::{EraseResult, Erased};
use fortnightly::domain::address::Address;
use fortnightly::domain::band::BandSet;
use fortnightly::domain::delivery::{DeliveryId, TransactionalMail};
use fortnightly::domain::subscriber::{RecipientId, SubscribeRequest, SuppressionReason};
use fortnightly::domain::subscription::bounce::{EnhancedStatus, Meaning};
use fortnightly::domain::subscription::confirm::{self, Asked, Clicked, Question};
use fortnightly::domain::subscription::forget::{self, Erasure};
use fortnightly::domain::subscription::mailing_list::MailingList;
use fortnightly::domain::subscription::request::RequestId;
use fortnightly::domain::subscription::returned::{self, Bounced};
use fortnightly::domain::subscription::subscribe::{NoBand, Subscribed, subscribe};
use fortnightly::domain::subscription::sync::{
    StoredState, SyncPart, SyncPlan, UnknownSubscriber, apply_part, choices,
};
use fortnightly::domain::subscription::unsubscribe::{self, CannotMove};
use fortnightly::store::{Scope, Store, StoreError, Traces, decide};

/// What is done with a mailing list.
pub(crate) trait Desk: Store {
    async fn subscribe(&self, requests: &[SubscribeRequest], at: DateTime<Utc>) -> Result<Vec<Subscribed>, StoreError> {
        Ok(self.try_subscribe(requests, at).await?.unwrap())
    }

    async fn try_subscribe(
        &self,
        requests: &[SubscribeRequest],
        at: DateTime<Utc>,
    ) -> Result<Result<Vec<Subscribed>, NoBand>, StoreError> {
        let requests = requests.to_vec();
        let urns = requests.iter().filter_map(|request| request.profile.urn.clone()).collect();
        let scope = Scope::Addresses(requests.iter().map(|request| request.address.clone()).collect(), urns);
        let decision = move |list: &mut _| requests.iter().map(|request| subscribe(list, request)).collect();
        Ok(decide(self, &scope, at, None, decision).await?.0)
    }

    async fn unsubscribe(
        &self,
        address: &Address,
        reason: SuppressionReason,
        actor: &'static str,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        let who = address.clone();
        let decision = move |list: &mut MailingList| unsubscribe::unsubscribe(list, &who, reason, actor);
        self.decided(&Scope::Addresses(vec![address.clone()], Vec::new()), at, None, decision)
            .await
            .map(|(decided, _)| decided)
    }

    async fn leave(
        &self,
        id: RecipientId,
        reason: SuppressionReason,
        actor: &'static str,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        let decision = move |list: &mut MailingList| unsubscribe::leave(list, id, reason, actor);
        self.decided(&Scope::Mailbox(id), at, None, decision).await.map(|(decided, _)| decided)
    }

    async fn leave_with_undo(
        &self,
        id: RecipientId,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        let decision = move |list: &mut MailingList| unsubscribe::leave_with_undo(list, id);
        self.decided(&Scope::Mailbox(id), at, Some(letter), decision).await.map(|(decided, _)| decided)
    }

    async fn lift_suppression(
        &self,
        address: &Address,
        actor: &'static str,
        at: DateTime<Utc>,
    ) -> Result<Option<SuppressionReason>, StoreError> {
        let who = address.clone();
        let decision = move |list: &mut MailingList| unsubscribe::lift_suppression(list, &who, actor);
        self.decided(&Scope::Addresses(vec![address.clone()], Vec::new()), at, None, decision)
            .await
            .map(|(decided, _)| decided)
    }

    async fn change_address(&self, old: &Address, new: &Address, at: DateTime<Utc>) -> Result<(), CannotMove> {
        let scope = Scope::Addresses(vec![old.clone(), new.clone()], Vec::new());
        let (old, new) = (old.clone(), new.clone());
        let decision = move |list: &mut _| unsubscribe::change_address(list, &old, &new);
        decide(self, &scope, at, None, decision).await.unwrap().0
    }

    async fn stored_state(&self, wished: &[Address]) -> Result<StoredState, StoreError> {
        let list = self.mailing_list(&Scope::Config(wished.to_vec()), DateTime::UNIX_EPOCH).await?;
        Ok(StoredState::of(&list, wished))
    }

    async fn apply_sync(&self, plan: &SyncPlan, at: DateTime<Utc>) -> Result<(), UnknownSubscriber> {
        let (plan, changes) = (Arc::new(plan.clone()), 0..plan.changes.len());
        let mut part = SyncPart { plan, changes, choices: Arc::default(), syncs: 0, before: None };
        let (addresses, subscribers) = part.about();
        let list = self.mailing_list(&Scope::Config(addresses.clone()), at).await.unwrap();
        (part.choices, part.syncs) = (Arc::new(choices(&list)), list.syncs());
        let decision = move |list: &mut MailingList| apply_part(list, &part);
        let (applied, _) = decide(self, &Scope::Sync(addresses, subscribers), at, None, decision).await.unwrap();
        applied.map(drop)
    }

    async fn suppression(&self, address: &Address) -> Result<Option<SuppressionReason>, StoreError> {
        let scope = Scope::Addresses(vec![address.clone()], Vec::new());
        Ok(self.mailing_list(&scope, DateTime::UNIX_EPOCH).await?.suppression(address))
    }

    async fn subscribed_name(&self, id: RecipientId) -> Result<Option<String>, StoreError> {
        let list = self.mailing_list(&Scope::Mailbox(id), DateTime::UNIX_EPOCH).await.unwrap();
        Ok(list.subscribed_name(id).map(str::to_owned))
    }

    async fn ask_to_subscribe(
        &self,
        wish: &SubscribeRequest,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Asked, StoreError> {
        let scope = Scope::Addresses(vec![wish.address.clone()], wish.profile.urn.iter().cloned().collect());
        let wish = wish.clone();
        let decision = move |list: &mut MailingList| confirm::ask_to_subscribe(list, &wish).unwrap();
        self.decided(&scope, at, Some(letter), decision).await.map(|(decided, _)| decided)
    }

    async fn ask_for_bands(
        &self,
        id: RecipientId,
        bands: &BandSet,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Asked, StoreError> {
        let bands = bands.clone();
        let decision = move |list: &mut MailingList| confirm::ask_for_bands(list, id, &bands).unwrap();
        self.decided(&Scope::Mailbox(id), at, Some(letter), decision).await.map(|(decided, _)| decided)
    }

    async fn question(&self, id: RequestId, at: DateTime<Utc>) -> Question {
        confirm::question(&self.mailing_list(&Scope::Request(id), at).await.unwrap(), id)
    }

    async fn fulfil(&self, id: RequestId, at: DateTime<Utc>) -> Result<Clicked, StoreError> {
        self.decided(&Scope::Request(id), at, None, move |list| confirm::fulfil(list, id))
            .await
            .map(|(decided, _)| decided)
    }

    async fn end_unconfirmed(&self, at: DateTime<Utc>) -> Result<u64, StoreError> {
        self.decided(&Scope::Pending(RecipientId(0), 99), at, None, confirm::end_unconfirmed)
            .await
            .map(|(decided, _)| decided)
    }

    async fn bounce(
        &self,
        id: DeliveryId,
        status: Option<EnhancedStatus>,
        at: DateTime<Utc>,
    ) -> Result<Bounced, StoreError> {
        let decision = move |list: &mut MailingList| returned::bounce(list, id, status);
        self.decided(&Scope::Delivery(id, Meaning::of(status), None), at, None, decision)
            .await
            .map(|(decided, _)| decided)
    }

    async fn erase(&self, address: &Address, at: DateTime<Utc>) -> Result<EraseResult, StoreError> {
        let who = address.clone();
        let decision = move |list: &mut MailingList| forget::erase(list, &who);
        let (erasure, traces) = self.decided(&Scope::Person(address.clone()), at, None, decision).await?;
        Ok(match erasure {
            Erasure::Done(ended) => EraseResult::Done(Erased::of(ended, traces)),
            Erasure::Before => EraseResult::Before,
            Erasure::Unknown => EraseResult::Unknown,
        })
    }

    /// A decision that is never refused.
    async fn decided<T: Send + 'static>(
        &self,
        scope: &Scope,
        at: DateTime<Utc>,
        letter: Option<&TransactionalMail>,
        mut decision: impl FnMut(&mut MailingList) -> T + Send + 'static,
    ) -> Result<(T, Traces), StoreError> {
        let decision = move |list: &mut MailingList| Ok::<_, Infallible>(decision(list));
        let (Ok(decided), traces) = decide(self, scope, at, letter, decision).await?;
        Ok((decided, traces))
    }
}

impl<S: Store + ?Sized> Desk for S {}
