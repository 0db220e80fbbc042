//! The part of the mailing list that one decision is about: rows that were read together, and what was changed of them.

mod questions;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::mailbox::Mailbox;
use super::request::{Request, RequestId, RequestKind};
use super::rows::{BounceRecord, Changes, DeliveryHistory, DueMail, Forgetting, Note, Settlement, Subject};
use super::rows::{Numbers, Organisation, Rows, UnfinishedImport, WavePart};
use super::suppression::{AddressHasher, AddressKey, Suppression};
use super::wave::{BounceContext, Wave, WaveId, WaveScope, WaveState};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{MailboxState, Origin, Profile, RecipientId, SubscriberId, SuppressionReason};

/// The part of the mailing list that one decision is about.
#[derive(Debug, Clone)]
pub struct MailingList {
    at: DateTime<Utc>,
    hasher: AddressHasher,
    organisations: HashMap<SubscriberId, Organisation>,
    mailboxes: BTreeMap<RecipientId, Mailbox>,
    suppressions: HashMap<AddressKey, Suppression>,
    by_key: HashMap<AddressKey, Vec<RecipientId>>,
    by_urn: HashMap<String, BTreeSet<SubscriberId>>,
    next: Numbers,
    asked_lately: u64,
    expecting_mail: BTreeSet<RecipientId>,
    history: DeliveryHistory,
    context: BounceContext,
    wave: Option<WavePart>,
    unfinished_imports: Vec<UnfinishedImport>,
    syncs: u64,
    changes: Changes,
}

impl MailingList {
    /// What was read, for a decision at this moment.
    pub fn new(rows: Rows, hasher: AddressHasher, at: DateTime<Utc>) -> Self {
        let mut list = Self {
            at,
            hasher,
            organisations: HashMap::new(),
            mailboxes: BTreeMap::new(),
            suppressions: rows.suppressions.into_iter().map(|one| (one.key, one)).collect(),
            by_key: HashMap::new(),
            by_urn: HashMap::new(),
            next: rows.next,
            asked_lately: rows.asked_lately,
            expecting_mail: rows.expecting_mail,
            history: rows.history,
            context: rows.context,
            wave: rows.wave,
            unfinished_imports: rows.unfinished_imports,
            syncs: rows.syncs,
            changes: Changes::default(),
        };
        rows.organisations.into_iter().for_each(|organisation| list.put_organisation(organisation));
        rows.mailboxes.into_iter().for_each(|mailbox| list.put_mailbox(mailbox));
        list
    }

    /// The same list, written and read again at another moment.
    #[cfg(test)]
    pub(super) fn later(mut self, at: DateTime<Utc>) -> Self {
        let in_config: BTreeSet<SubscriberId> = self
            .mailboxes()
            .flat_map(|mailbox| &mailbox.subscriptions)
            .filter(|one| one.origin == Origin::Config && one.ended.is_none())
            .map(|one| one.subscriber)
            .collect();
        for organisation in self.organisations.values_mut() {
            organisation.is_in_config = in_config.contains(&organisation.id);
        }
        Self { at, changes: Changes::default(), ..self }
    }

    /// The moment of the decision.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// What was changed.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Takes these profiles for what was read of their subscribers.
    pub fn assume(&mut self, profiles: &HashMap<SubscriberId, Profile>) {
        let known: Vec<_> = self.organisations.values().filter(|one| profiles.contains_key(&one.id)).cloned().collect();
        for organisation in known {
            let profile = profiles[&organisation.id].clone();
            self.put_organisation(Organisation { profile, ..organisation });
        }
    }

    /// Takes everything back: nothing is written.
    pub fn abandon(&mut self) {
        self.changes = Changes::default();
    }

    /// The keyed hash of an address.
    pub fn key(&self, address: &Address) -> AddressKey {
        self.hasher.key(address)
    }

    /// A subscriber.
    pub fn organisation(&self, id: SubscriberId) -> Option<&Organisation> {
        self.organisations.get(&id)
    }

    /// Every subscriber that was read, by number.
    pub fn organisations(&self) -> impl Iterator<Item = &Organisation> {
        let all: BTreeMap<_, _> = self.organisations.iter().collect();
        all.into_values()
    }

    /// A mailbox, whether or not it was forgotten.
    pub fn mailbox(&self, id: RecipientId) -> Option<&Mailbox> {
        self.mailboxes.get(&id)
    }

    /// Every mailbox that was read, by number.
    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.mailboxes.values()
    }

    /// Every row of this hash: the mailbox that has the address now, if one does, and those that had it and were forgotten.
    pub(super) fn with_key(&self, key: AddressKey) -> impl Iterator<Item = &Mailbox> {
        self.by_key.get(&key).into_iter().flatten().filter_map(|id| self.mailboxes.get(id))
    }

    /// The mailbox whose address has this hash now.
    pub(super) fn holder(&self, key: AddressKey) -> Option<&Mailbox> {
        self.with_key(key).find(|mailbox| mailbox.address.is_some())
    }

    /// The mailbox of this address.
    pub fn find(&self, address: &Address) -> Option<&Mailbox> {
        self.holder(self.key(address))
    }

    /// Why mail is kept from this hash, if it is.
    pub fn suppression_of(&self, key: AddressKey) -> Option<&Suppression> {
        self.suppressions.get(&key)
    }

    /// Why this address is never mailed, if so.
    pub fn suppression(&self, address: &Address) -> Option<SuppressionReason> {
        self.suppression_of(self.key(address)).map(|suppression| suppression.reason)
    }

    /// A request.
    pub fn request(&self, id: RequestId) -> Option<&Request> {
        self.mailboxes.values().flat_map(|mailbox| &mailbox.requests).find(|request| request.id == id)
    }

    /// The oldest subscriber of this register number that the config did not make.
    pub(super) fn of_urn(&self, urn: &str) -> Option<SubscriberId> {
        self.by_urn.get(urn)?.first().copied()
    }

    pub(super) fn asked_lately(&self) -> u64 {
        self.asked_lately
    }

    pub(super) fn is_expecting_mail(&self, id: RecipientId) -> bool {
        self.expecting_mail.contains(&id)
    }

    pub(super) fn history(&self) -> &DeliveryHistory {
        &self.history
    }

    pub(super) fn context(&self) -> &BounceContext {
        &self.context
    }

    /// Imports that are not done, oldest first.
    pub fn unfinished_imports(&self) -> &[UnfinishedImport] {
        &self.unfinished_imports
    }

    /// How often a sync has changed anything: what one decided on is out of date when another came between.
    pub fn syncs(&self) -> u64 {
        self.syncs
    }

    pub(super) fn wave(&self) -> Option<&WavePart> {
        self.wave.as_ref()
    }

    /// The suppressions that were read and have an address.
    pub(super) fn suppressed_keys(&self) -> BTreeSet<AddressKey> {
        self.suppressions.values().filter(|one| one.address.is_some()).map(|one| one.key).collect()
    }

    /// The last of the suppressed hashes that were read.
    pub fn last_suppressed(&self) -> Option<AddressKey> {
        self.suppressions.keys().max().copied()
    }

    /// A new subscriber.
    pub(super) fn add_organisation(&mut self, profile: Profile, origin: Origin) -> SubscriberId {
        let id = SubscriberId(self.next.subscriber);
        self.next.subscriber += 1;
        self.changes.organisations.insert(id, None);
        if !origin.is_by_the_file() {
            self.note(origin.actor(), "add", Subject::Subscriber(id), profile.name.clone());
        }
        self.put_organisation(Organisation { id, profile, origin, is_in_config: false, has_others: false });
        id
    }

    /// Gives a subscriber another profile.
    pub(super) fn update_profile(&mut self, id: SubscriberId, profile: Profile, actor: &'static str) {
        let Some(organisation) = self.organisations.get(&id) else { return };
        self.changes.organisations.entry(id).or_insert_with(|| Some(organisation.clone()));
        let organisation = organisation.clone();
        // What it was called is told, and forgotten with its last mailbox.
        if organisation.profile.name != profile.name {
            self.note(actor, "rename", Subject::Subscriber(id), organisation.profile.name.clone());
        }
        self.note(actor, "update", Subject::Subscriber(id), profile.name.clone());
        if let Some(namesakes) = organisation.profile.urn.as_ref().and_then(|urn| self.by_urn.get_mut(urn)) {
            namesakes.remove(&id);
        }
        self.put_organisation(Organisation { profile, ..organisation });
    }

    /// A new mailbox; it becomes active with its first subscription.
    pub(super) fn add_mailbox(&mut self, address: &Address, owner: SubscriberId, bands: BandSet) -> RecipientId {
        let id = RecipientId(self.next.recipient);
        self.next.recipient += 1;
        self.changes.mailboxes.insert(id, None);
        self.put_mailbox(Mailbox {
            id,
            address: Some(address.clone()),
            key: self.key(address),
            owner,
            bands,
            chosen: None,
            state: MailboxState::Ended,
            created_at: self.at,
            changed_at: None,
            subscriptions: Vec::new(),
            requests: Vec::new(),
        });
        id
    }

    /// Changes a mailbox; nothing happens when there is none.
    pub(super) fn change<T>(&mut self, id: RecipientId, how: impl FnOnce(&mut Mailbox) -> T) -> Option<T> {
        let mailbox = self.mailboxes.get_mut(&id)?;
        self.changes.mailboxes.entry(id).or_insert_with(|| Some(mailbox.clone()));
        let key = mailbox.key;
        let told = how(mailbox);
        if mailbox.key != key {
            let moved = mailbox.key;
            self.by_key.entry(key).or_default().retain(|other| *other != id);
            self.by_key.entry(moved).or_default().push(id);
        }
        Some(told)
    }

    /// A new request for a mailbox; it takes the place of an open one of the same kind.
    pub(super) fn add_request(
        &mut self,
        recipient: RecipientId,
        kind: RequestKind,
        subscriber: Option<SubscriberId>,
        bands: BandSet,
    ) -> RequestId {
        let (id, at) = (RequestId(self.next.request), self.at);
        self.next.request += 1;
        self.change(recipient, |mailbox| {
            mailbox.close_requests(at, |other| other == kind);
            mailbox.requests.push(Request {
                id,
                recipient,
                kind,
                subscriber,
                bands,
                made_at: at,
                expires_at: at + kind.lifetime(),
                done_at: None,
            });
        });
        id
    }

    /// Keeps mail from this hash, unless that is so already for a reason that counts as much. Whether anything is new.
    pub(super) fn suppress(&mut self, key: AddressKey, address: Option<&Address>, reason: SuppressionReason) -> bool {
        let known = self.suppressions.get(&key).cloned();
        if known.as_ref().is_some_and(|known| !reason.outranks(known.reason)) {
            return false;
        }
        let fresh = || Suppression { key, address: address.cloned(), reason, since: self.at };
        let suppression = known.clone().map_or_else(fresh, |known| Suppression { reason, ..known });
        self.changes.suppressions.entry(key).or_insert(known);
        self.suppressions.insert(key, suppression);
        true
    }

    /// Lets mail go to this hash again.
    pub(super) fn lift(&mut self, key: AddressKey) {
        let lifted = self.suppressions.remove(&key);
        self.changes.suppressions.entry(key).or_insert(lifted);
    }

    /// Takes the address out of the suppression of this hash, which stays.
    pub(super) fn erase_suppressed_address(&mut self, key: AddressKey) {
        let Some(suppression) = self.suppressions.get_mut(&key).filter(|known| known.address.is_some()) else { return };
        self.changes.suppressions.entry(key).or_insert_with(|| Some(suppression.clone()));
        suppression.address = None;
    }

    /// What came back before says nothing any more.
    pub(super) fn forget_bounces(&mut self, recipient: RecipientId) {
        self.changes.clean_slates.push(recipient);
    }

    /// A new wave, of which these mailboxes' bounces are.
    pub(super) fn add_wave(&mut self, edition: EditionNumber, scope: WaveScope, members: Vec<RecipientId>) -> WaveId {
        let id = WaveId(self.next.wave);
        self.next.wave += 1;
        self.changes.wave =
            Some((Wave { id, edition, scope, at: self.at, state: WaveState::Open, is_settled: false }, members));
        id
    }

    pub(super) fn settle_wave(&mut self, settlement: Settlement) {
        self.changes.settlement = Some(settlement);
    }

    pub(super) fn note_bounce(&mut self, bounce: BounceRecord) {
        self.changes.bounces.push(bounce);
    }

    pub(super) fn mail(&mut self, recipient: RecipientId, subscriber: String, request: RequestId) {
        self.changes.mails.push(DueMail { recipient, subscriber, request });
    }

    pub(super) fn forget(&mut self, forgetting: Forgetting) {
        self.changes.forgotten.push(forgetting);
    }

    /// Notes which imports are not done.
    pub(super) fn set_unfinished_imports(&mut self, imports: Vec<UnfinishedImport>) {
        self.changes.imports |= self.unfinished_imports != imports;
        self.unfinished_imports = imports;
    }

    /// Notes that a sync changed something.
    pub(super) fn count_sync(&mut self) {
        self.syncs += 1;
        self.changes.sync = true;
    }

    /// One line for the audit table.
    pub(super) fn note(
        &mut self,
        actor: &'static str,
        action: &'static str,
        subject: Subject,
        detail: impl Into<String>,
    ) {
        self.changes.notes.push(Note { actor, action, subject, detail: detail.into(), replaces: None });
    }

    /// One line for the audit table, which takes the place of the one that the part before wrote.
    pub(super) fn note_so_far(
        &mut self,
        actor: &'static str,
        action: &'static str,
        subject: Subject,
        detail: String,
        replaces: Option<String>,
    ) {
        self.changes.notes.push(Note { actor, action, subject, detail, replaces });
    }

    fn put_organisation(&mut self, organisation: Organisation) {
        if let Some(urn) = organisation.profile.urn.clone().filter(|_| organisation.origin != Origin::Config) {
            self.by_urn.entry(urn).or_default().insert(organisation.id);
        }
        self.organisations.insert(organisation.id, organisation);
    }

    fn put_mailbox(&mut self, mailbox: Mailbox) {
        self.by_key.entry(mailbox.key).or_default().push(mailbox.id);
        self.mailboxes.insert(mailbox.id, mailbox);
    }
}
