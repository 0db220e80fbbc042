//! Who is on the mailing list: rows to decide on, and the decision's changes written in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::StoreError;
use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet};
use crate::domain::delivery::{DeliveryId, TransactionalMail};
use crate::domain::name_query::NameQuery;
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::{RecipientId, SubscriberCounts, SubscriberId, SubscriberRecord, SuppressionReason};
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::census::Membership;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::request::RequestId;
use crate::domain::subscription::rows::UnfinishedImport;
use crate::domain::subscription::suppression::{AddressKey, ListedSuppression, Suppression};
use crate::domain::subscription::wave::WaveId;

/// Which part of the mailing list a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The mailboxes of these addresses, and the subscribers with these register numbers.
    Addresses(Vec<Address>, Vec<String>),
    /// The config file's subscribers with all of their mailboxes, and those of these addresses.
    Config(Vec<Address>),
    /// The mailboxes of these addresses, and these subscribers.
    Sync(Vec<Address>, Vec<SubscriberId>),
    Mailbox(RecipientId),
    /// The mailbox that a request is for.
    Request(RequestId),
    /// The mailbox of a delivery that came back, with what was sent to it lately; what that means, of a hard bounce with what
    /// else came back of that edition; and the mail server that reported it, if it named itself.
    Delivery(DeliveryId, Meaning, Option<String>),
    /// A wave, with its bounces and their mailboxes, by number, after this one: at most so many.
    Wave(WaveId, RecipientId, u32),
    /// Addresses that are suppressed for this reason since this moment or later, with their mailboxes: at most so many, by
    /// their hashes, after this one.
    Suppressed(SuppressionReason, DateTime<Utc>, Option<AddressKey>, u32),
    /// The mailbox of this address, and whether its subscribers have others.
    Person(Address),
    /// Mailboxes that wait for a confirmation, by number, after this one: at most so many.
    Pending(RecipientId, u32),
    /// Mailboxes that ended and are still known, by number, after this one: at most so many.
    Ended(RecipientId, u32),
}

/// Decides, and notes on the list what it changes. A backend may call it again on rows that it read anew.
pub type Decision = Box<dyn FnMut(&mut MailingList) + Send>;

/// What went with the mailboxes that a decision forgot. Counts only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traces {
    /// Deliveries that stay as counts, without an address.
    pub deliveries: u64,
    /// Replies of the relay, from attempts and letters.
    pub replies: u64,
    /// Letters that were emptied.
    pub letters: u64,
    /// Names of subscribers.
    pub names: u64,
}

impl std::ops::AddAssign for Traces {
    fn add_assign(&mut self, more: Self) {
        self.deliveries += more.deliveries;
        self.replies += more.replies;
        self.letters += more.letters;
        self.names += more.names;
    }
}

/// A mailbox that would get an edition now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    pub subscriber: SubscriberId,
    pub recipient: RecipientId,
    pub segment: SegmentKey,
    /// The subscriber's name.
    pub name: String,
    pub address: Address,
}

/// What a store does for whoever subscribes and unsubscribes.
#[async_trait]
pub trait Subscribers {
    /// A part of the mailing list, to look at.
    async fn mailing_list(&self, scope: &Scope, at: DateTime<Utc>) -> Result<MailingList, StoreError>;

    /// Reads a part of the mailing list, lets `decide` change it, and writes what changed: one transaction. Mails that the
    /// decision makes due say what `mail` says; without one, none is sent.
    async fn change_mailing_list(
        &self,
        scope: &Scope,
        at: DateTime<Utc>,
        mail: Option<&TransactionalMail>,
        decide: Decision,
    ) -> Result<Traces, StoreError>;

    /// What [`Self::change_mailing_list`] would forget. Nothing is changed: all of it is taken back in the same transaction.
    async fn rehearse(&self, scope: &Scope, at: DateTime<Utc>, decide: Decision) -> Result<Traces, StoreError>;

    /// Imports of which parts are written, and others are not: they broke off, or are under way. Oldest first.
    async fn unfinished_imports(&self) -> Result<Vec<UnfinishedImport>, StoreError>;

    /// Organisations with all of their known mailboxes, oldest first, that come after this one: at most `limit`, and fewer
    /// where they have many mailboxes; none at the end.
    async fn subscribers_page(
        &self,
        after: Option<SubscriberId>,
        limit: u32,
    ) -> Result<Vec<SubscriberRecord>, StoreError>;

    /// Organisations that `query` lets through, by name: the first `limit`. Where more than a thousand are let through, and not
    /// all are asked for, the first of some thousand that an index has: that takes some milliseconds, however many there are.
    async fn find_subscribers(&self, query: &NameQuery, limit: usize) -> Result<Vec<SubscriberId>, StoreError>;

    /// Organisations with a known mailbox in just this domain, by number: some `limit` of them.
    async fn subscribers_at(&self, domain: &str, limit: usize) -> Result<Vec<SubscriberId>, StoreError>;

    /// These organisations with all of their known mailboxes, in this order. One that is gone is left out.
    async fn subscribers_of(&self, ids: &[SubscriberId]) -> Result<Vec<SubscriberRecord>, StoreError>;

    /// Every mailbox that there is or was, with its subscriptions, by number, after this one: at most `limit`.
    async fn memberships_page(&self, after: Option<RecipientId>, limit: u32) -> Result<Vec<Membership>, StoreError>;

    /// Organisations by state.
    async fn subscriber_counts(&self) -> Result<SubscriberCounts, StoreError>;

    /// Suppressions, oldest first, that come after this one: at most `limit`.
    async fn suppressions_page(
        &self,
        after: Option<&Suppression>,
        limit: u32,
    ) -> Result<Vec<ListedSuppression>, StoreError>;

    /// Suppressions, newest first: at most `limit`, without the first `skip`.
    async fn newest_suppressions(&self, skip: u32, limit: u32) -> Result<Vec<ListedSuppression>, StoreError>;

    /// Suppressed addresses.
    async fn suppression_count(&self) -> Result<u64, StoreError>;

    /// Who would get an edition now: active, unsuppressed mailboxes by segment, counting only bands in `served`.
    /// Mailboxes with none of them are left out.
    async fn audience(&self, served: &BandSet) -> Result<Vec<Segment>, StoreError>;

    /// Of each segment of [`Self::audience`], the name of the subscriber that is first in [`Self::readers_page`].
    async fn first_readers(&self, served: &BandSet) -> Result<BTreeMap<SegmentKey, String>, StoreError>;

    /// The mailboxes of [`Self::audience`], by subscriber, oldest first, that come after this one: at most `limit`.
    async fn readers_page(
        &self,
        served: &BandSet,
        after: Option<&Reader>,
        limit: u32,
    ) -> Result<Vec<Reader>, StoreError>;

    /// Active mailboxes in the domain of this address, and in domains that an alphabetical list has before and after it; at most
    /// `limit` of each, by subscriber.
    async fn addresses_near(&self, address: &Address, limit: u32) -> Result<Vec<Address>, StoreError>;

    /// Subscribers with an active, unsuppressed mailbox that reads none of `served` and that the config does not name: how
    /// many names they have, and what the first `limit` of these ask for, by name.
    async fn unserved(&self, served: &BandSet, limit: u32) -> Result<(u64, BTreeMap<String, BandSet>), StoreError>;

    /// Subscribers with an active mailbox in one of these domains, or below it: how many, and the names of the oldest
    /// `limit`.
    async fn subscribers_in(&self, domains: &[&str], limit: u32) -> Result<(u64, Vec<String>), StoreError>;

    /// Active mailboxes per band, bands that are no longer configured too.
    async fn readers(&self) -> Result<BTreeMap<BandName, u64>, StoreError>;
}

/// What a decision came to, with what was forgotten by it. A decision that fails changes nothing.
///
/// # Errors
/// When the store fails; then nothing changed either.
///
/// # Panics
/// Never: a store that answers has let the decision be made.
pub async fn decide<T, E>(
    store: &(impl Subscribers + ?Sized + Sync),
    scope: &Scope,
    at: DateTime<Utc>,
    mail: Option<&TransactionalMail>,
    decide: impl FnMut(&mut MailingList) -> Result<T, E> + Send + 'static,
) -> Result<(Result<T, E>, Traces), StoreError>
where
    T: Send + 'static,
    E: Send + 'static,
{
    let (decision, decided) = overheard(decide);
    let traces = store.change_mailing_list(scope, at, mail, decision).await?;
    let result = decided.lock().take();
    Ok((result.expect("a store that answers has let the decision be made"), traces))
}

/// What a decision would come to, with what would be forgotten by it. Nothing is changed.
///
/// # Errors
/// When the store fails.
///
/// # Panics
/// Never: a store that answers has let the decision be made.
pub async fn rehearse<T, E>(
    store: &(impl Subscribers + ?Sized + Sync),
    scope: &Scope,
    at: DateTime<Utc>,
    decide: impl FnMut(&mut MailingList) -> Result<T, E> + Send + 'static,
) -> Result<(Result<T, E>, Traces), StoreError>
where
    T: Send + 'static,
    E: Send + 'static,
{
    let (decision, decided) = overheard(decide);
    let traces = store.rehearse(scope, at, decision).await?;
    let result = decided.lock().take();
    Ok((result.expect("a store that answers has let the decision be made"), traces))
}

/// What a decision came to, once it was made.
type Overheard<T, E> = Arc<Mutex<Option<Result<T, E>>>>;

/// A decision that tells what it came to, and changes nothing where it fails.
fn overheard<T, E>(
    mut decide: impl FnMut(&mut MailingList) -> Result<T, E> + Send + 'static,
) -> (Decision, Overheard<T, E>)
where
    T: Send + 'static,
    E: Send + 'static,
{
    let decided = Arc::new(Mutex::new(None));
    let told = Arc::clone(&decided);
    let decision = move |list: &mut MailingList| {
        let result = decide(list);
        if result.is_err() {
            list.abandon();
        }
        *told.lock() = Some(result);
    };
    (Box::new(decision), decided)
}
