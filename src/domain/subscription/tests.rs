//! Decisions one after the other on a list in memory.

mod asking;
mod forgetting;
mod leaving;
mod random;
mod returning;
mod syncing;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::bounce::{Meaning, PastDelivery};
use super::confirm::{Asked, Clicked, ask_for_bands, ask_to_subscribe, end_unconfirmed, fulfil};
use super::forget::{Ended, Erasure, erase, retire};
use super::mailing_list::MailingList;
use super::request::RequestId;
use super::returned::{Bounced, bounce, take_back_all};
use super::rows::{DeliveryHistory, Numbers, Rows};
use super::subscribe::{NoBand, Subscribed, subscribe};
use super::suppression::AddressHasher;
use super::sync::{Entry, StoredState, SyncPart, apply_part, choices, plan_sync};
use super::unsubscribe::{
    CannotMove, change_address, leave, leave_with_undo, lift_suppression, refuse_for_good, unsubscribe,
};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::delivery::{DeliveryId, DeliveryState};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{
    Locale, MailboxState, Origin, Profile, RecipientId, Sector, SubscribeRequest, SuppressionReason,
};

const ONE: RecipientId = RecipientId(1);
const DAY: i64 = 24 * 60;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn rows() -> Rows {
    Rows { next: Numbers { subscriber: 1, recipient: 1, request: 1, wave: 1 }, ..Rows::default() }
}

fn empty() -> MailingList {
    MailingList::new(rows(), AddressHasher::new(&[7; 32]), at(0))
}

fn address(name: &str) -> Address {
    format!("{name}@x.example").parse().unwrap()
}

fn bands(names: &str) -> BandSet {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

fn profile(name: &str) -> Profile {
    Profile { name: name.to_owned(), sector: Sector::School, locale: Locale::EnGb, urn: None }
}

fn wish(name: &str, mailbox: &str, names: &str) -> SubscribeRequest {
    SubscribeRequest { profile: profile(name), address: address(mailbox), bands: bands(names), origin: Origin::Cli }
}

fn entry(name: &str, mailboxes: &str, names: &str) -> Entry {
    let addresses = mailboxes.split_whitespace().map(address).collect();
    Entry { profile: profile(name), addresses, bands: bands(names), line: 1 }
}

fn sync(list: &mut MailingList, entries: &[Entry]) {
    let part = planned(list, entries);
    assert!(apply_part(list, &part).unwrap().is_some());
}

/// What a sync of these entries would do, as one part.
fn planned(list: &MailingList, entries: &[Entry]) -> SyncPart {
    let wished: Vec<_> = entries.iter().flat_map(|entry| entry.addresses.clone()).collect();
    let plan = plan_sync(entries, &StoredState::of(list, &wished));
    let changes = 0..plan.changes.len();
    SyncPart { plan: plan.into(), changes, choices: choices(list).into(), syncs: list.syncs(), before: None }
}

/// A list with this mailbox, subscribed at minute 0 and read again at minute 1.
fn with(mailbox: &str) -> MailingList {
    let mut list = empty();
    assert_eq!(subscribe(&mut list, &wish("Hill", mailbox, "4-5")), Ok(Subscribed::Added));
    list.later(at(1))
}

fn state(list: &MailingList, mailbox: &str) -> Option<MailboxState> {
    list.find(&address(mailbox)).map(|mailbox| mailbox.state)
}

fn asked(list: &mut MailingList, mailbox: &str) -> RequestId {
    match ask_to_subscribe(list, &wish("Hill", mailbox, "4-5")) {
        Ok(Asked::Waits(request)) => request,
        other => panic!("not asked: {other:?}"),
    }
}
