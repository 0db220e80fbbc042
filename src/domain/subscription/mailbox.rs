//! One mailbox with all that is known of it, and what follows for it from its subscriptions.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::request::{Request, RequestKind};
use super::suppression::AddressKey;
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{EndedBy, MailboxState, Origin, RecipientId, SubscriberId, Subscription};

/// One mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub id: RecipientId,
    /// Its address; `None` once it was forgotten.
    pub address: Option<Address>,
    /// The keyed hash of its address, which stays.
    pub key: AddressKey,
    /// The subscriber that it belongs to.
    pub owner: SubscriberId,
    /// The bands it gets.
    pub bands: BandSet,
    /// Its own last choice of bands, if it made one.
    pub chosen: Option<BandSet>,
    pub state: MailboxState,
    /// Since when it is known.
    pub created_at: DateTime<Utc>,
    /// When it moved to another address, if it did.
    pub changed_at: Option<DateTime<Utc>>,
    /// Every subscription that names it.
    pub subscriptions: Vec<Subscription>,
    /// Every request that was made for it and is still remembered.
    pub requests: Vec<Request>,
}

impl Mailbox {
    /// Whether it gets digests, unless it is suppressed.
    pub fn is_active(&self) -> bool {
        self.state == MailboxState::Active
    }

    /// Begins a subscription, or begins one anew that had ended.
    pub(super) fn join(&mut self, subscriber: SubscriberId, origin: Origin, bands: BandSet, at: DateTime<Utc>) {
        match self.subscription_mut(subscriber, origin) {
            Some(known) => {
                let since = if known.ended.is_none() { known.since } else { at };
                *known = Subscription { bands, since, ended: None, ended_by: None, ..*known };
            }
            None => self.subscriptions.push(Subscription {
                subscriber,
                origin,
                bands,
                since: at,
                ended: None,
                ended_by: None,
            }),
        }
    }

    /// The subscription by which `subscriber` named it in this way.
    pub(super) fn subscription_mut(&mut self, subscriber: SubscriberId, origin: Origin) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|one| one.subscriber == subscriber && one.origin == origin)
    }

    /// Ends every subscription, and every link that waits for a click: what was offered before is not the last word. Those
    /// that ended before, but not by their reader's wish, count as ended by this too.
    pub(super) fn end_all(&mut self, by: EndedBy, at: DateTime<Utc>) {
        for one in &mut self.subscriptions {
            if !one.ended_by.is_some_and(EndedBy::is_readers_wish) {
                one.ended = one.ended.or(Some(at));
                one.ended_by = Some(by);
            }
        }
        self.close_requests(at, |_| true);
        self.refresh();
    }

    /// The links of open requests of these kinds stop working, at any moment from when they were made: a clock that is set
    /// back opens none again. How many.
    pub(super) fn close_requests(&mut self, at: DateTime<Utc>, which: impl Fn(RequestKind) -> bool) -> u64 {
        let open = self.requests.iter_mut().filter(|request| request.is_open(at) && which(request.kind));
        open.map(|request| request.expires_at = at.min(request.made_at)).count() as u64
    }

    /// How many requests of these kinds were made for it since then.
    pub(super) fn asked_since(&self, since: DateTime<Utc>, which: impl Fn(RequestKind) -> bool) -> usize {
        self.requests.iter().filter(|request| which(request.kind) && request.made_at > since).count()
    }

    /// Derives owner, bands and state from the active subscriptions: it belongs to whoever named it first, gets its own
    /// choice or else the union of what the config's entries that name it say (of whatever names it, where none does), and
    /// has ended when no subscription is left.
    pub(super) fn refresh(&mut self) {
        let active = || self.subscriptions.iter().filter(|one| one.ended.is_none());
        let Some(first) = active().min_by_key(|one| (one.since, one.subscriber, one.origin.as_str())) else {
            self.state = MailboxState::Ended;
            return;
        };
        let by_config = active().any(|one| one.origin == Origin::Config);
        let named = active().filter(|one| (one.origin == Origin::Config) == by_config);
        let union = || named.flat_map(|one| one.bands.iter().cloned()).collect();
        self.owner = first.subscriber;
        self.bands = self.chosen.clone().unwrap_or_else(union);
        self.state = MailboxState::Active;
    }

    /// Every subscriber that it has to do with.
    pub fn subscribers(&self) -> BTreeSet<SubscriberId> {
        let named = self.subscriptions.iter().map(|one| one.subscriber);
        named.chain(self.requests.iter().filter_map(|request| request.subscriber)).chain([self.owner]).collect()
    }

    /// The last of its subscriptions that its reader ended.
    pub(super) fn last_left(&self) -> Option<(DateTime<Utc>, EndedBy)> {
        let left = self.subscriptions.iter().filter_map(|one| Some((one.ended?, one.ended_by?)));
        left.filter(|(_, by)| by.is_readers_wish()).max_by_key(|(ended, _)| *ended)
    }
}
