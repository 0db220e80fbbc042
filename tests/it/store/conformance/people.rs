//! Subscribers, mailboxes, sync, suppression.

use fortnightly::domain::refusal::Refusal;
use fortnightly::domain::subscriber::{MailboxState, Origin, SubscriberId, SuppressionReason};
use fortnightly::domain::subscription::subscribe::{NoBand, Subscribed};
use fortnightly::domain::subscription::sync::{Entry, SyncChange, SyncPlan, UnknownSubscriber, Who, plan_sync};
use fortnightly::domain::subscription::unsubscribe::CannotMove;
use fortnightly::store::{Store, StoreError};

use super::desk::Desk as _;
use super::samples::{Open, address, at, bands, crowd, look_up, profile, wish, wish_of};
use super::whole::Whole as _;

fn plan(changes: Vec<SyncChange>) -> SyncPlan {
    SyncPlan { changes, ..SyncPlan::default() }
}

fn start(subscriber: Who, mailbox: &str, names: &str) -> SyncChange {
    SyncChange::Start { subscriber, address: address(mailbox), bands: bands(names) }
}

/// One config entry with one mailbox; its subscriber's number.
pub(super) async fn entry(store: &dyn Store, name: &str, mailbox: &str, names: &str) -> SubscriberId {
    let changes = vec![SyncChange::AddSubscriber(profile(name)), start(Who::New(0), mailbox, names)];
    store.apply_sync(&plan(changes), at(0)).await.unwrap();
    let stored = store.stored_state(&[]).await.unwrap();
    stored.entries.iter().find(|entry| entry.profile.name == name).unwrap().subscriber
}

async fn end(store: &dyn Store, subscriber: SubscriberId, mailbox: &str, minutes: i64) {
    let change = SyncChange::End { subscriber, address: address(mailbox) };
    store.apply_sync(&plan(vec![change]), at(minutes)).await.unwrap();
}

async fn leave(store: &dyn Store, mailbox: &str) -> Option<String> {
    store.unsubscribe(&address(mailbox), SuppressionReason::Unsubscribed, "test", at(5)).await.unwrap()
}

pub(in crate::store) async fn subscribing_adds_updates_and_respects_who_left(open: Open<'_>) {
    let store = open();
    let added = store.subscribe(&[wish("Hill", "a@b.example", "4-5")], at(0)).await.unwrap();
    assert_eq!(added, [Subscribed::Added]);
    let mut again = wish("Hill Top", "A@B.example", "5-7 14+");
    again.profile.urn = Some("99".to_owned());
    let updated = store.subscribe(&[again.clone()], at(1)).await.unwrap();
    let after = (again.profile.clone(), bands("14+ 5-7"));
    assert_eq!(updated, [Subscribed::Updated { before: (profile("Hill"), bands("4-5")), after }]);
    let (subscriber, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!((subscriber.profile.name.as_str(), mailbox.bands), ("Hill Top", bands("5-7 14+")));
    assert!(mailbox.chosen && mailbox.state == MailboxState::Active);
    assert_eq!(mailbox.subscriptions.len(), 1, "an update makes no second subscription");
    // A wish that does not mention the urn does not take it away.
    store.subscribe(&[wish("Hill Top", "a@b.example", "4-5")], at(2)).await.unwrap();
    assert_eq!(look_up(&*store, "a@b.example").await.0.profile.urn.as_deref(), Some("99"));

    assert_eq!(leave(&*store, "a@b.EXAMPLE").await.as_deref(), Some("Hill Top"));
    let left = store.subscribe(&[wish("Hill", "a@b.example", "4-5")], at(3)).await.unwrap();
    assert_eq!(left, [Subscribed::Left(SuppressionReason::Unsubscribed)]);
    assert_eq!(look_up(&*store, "a@b.example").await.1.state, MailboxState::Ended);
}

pub(in crate::store) async fn rows_that_share_a_urn_are_one_subscriber(open: Open<'_>) {
    let store = open();
    let rows = [
        wish_of("1", "Hill", "a@b.example", "4-5"),
        wish_of("1", "Hill School", "c@b.example", "5-7"),
        wish("Vale", "d@b.example", "4-5"),
        wish("Vale", "e@b.example", "4-5"),
    ];
    store.subscribe(&rows, at(0)).await.unwrap();
    let names: Vec<_> =
        store.subscribers().await.unwrap().iter().map(|s| (s.profile.name.clone(), s.mailboxes.len())).collect();
    let expected = [("Hill School", 2), ("Vale", 1), ("Vale", 1)];
    assert_eq!(names, expected.map(|(name, count)| (name.to_owned(), count)));
}

pub(in crate::store) async fn an_ended_mailbox_comes_back_with_its_subscriber(open: Open<'_>) {
    let store = open();
    let subscriber = entry(&*store, "Hill", "a@b.example", "4-5").await;
    end(&*store, subscriber, "a@b.example", 1).await;
    assert_eq!(look_up(&*store, "a@b.example").await.1.state, MailboxState::Ended);
    let back = store.subscribe(&[wish("Hill Top", "a@b.example", "5-7")], at(2)).await.unwrap();
    assert_eq!(back, [Subscribed::Added]);
    let (owner, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!((owner.id, owner.profile.name.as_str()), (subscriber, "Hill Top"));
    assert_eq!((mailbox.state, mailbox.bands), (MailboxState::Active, bands("5-7")));
    let origins: Vec<_> = mailbox.subscriptions.iter().map(|s| (s.origin, s.ended)).collect();
    assert_eq!(origins, [(Origin::Config, Some(at(1))), (Origin::Cli, None)]);
}

pub(in crate::store) async fn all_requests_or_none(open: Open<'_>) {
    let store = open();
    let requests = [wish("Hill", "a@b.example", "4-5"), wish("Vale", "c@d.example", "")];
    assert_eq!(store.try_subscribe(&requests, at(0)).await.unwrap(), Err(NoBand));
    assert!(store.subscribers().await.unwrap().is_empty());
    assert!(store.audit().await.unwrap().is_empty());
}

pub(in crate::store) async fn unsubscribing_is_for_good_and_idempotent(open: Open<'_>) {
    let store = open();
    store.subscribe(&[wish("Hill", "a@b.example", "4-5")], at(0)).await.unwrap();
    assert_eq!(leave(&*store, "a@b.example").await.as_deref(), Some("Hill"));
    assert_eq!(leave(&*store, "a@b.example").await, None);
    assert_eq!(leave(&*store, "unknown@b.example").await, None, "it is suppressed all the same");
    assert_eq!(store.suppression_count().await.unwrap(), 2);
    let (_, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!((mailbox.state, mailbox.suppressed), (MailboxState::Ended, Some(SuppressionReason::Unsubscribed)));
    assert!(mailbox.subscriptions.iter().all(|s| s.ended == Some(at(5))));
    // A complaint counts for more than leaving, which its reader may take back; otherwise the earlier reason stays.
    for reason in [SuppressionReason::Complained, SuppressionReason::Unsubscribed, SuppressionReason::Bounced] {
        store.unsubscribe(&address("a@b.example"), reason, "test", at(6)).await.unwrap();
        assert_eq!(look_up(&*store, "a@b.example").await.1.suppressed, Some(SuppressionReason::Complained));
    }
    let wish = [wish("Hill", "unknown@b.example", "4-5")];
    let left = store.subscribe(&wish, at(7)).await.unwrap();
    assert_eq!(left, [Subscribed::Left(SuppressionReason::Unsubscribed)]);
}

pub(in crate::store) async fn a_mailbox_moves_and_keeps_its_number(open: Open<'_>) {
    let store = open();
    store.subscribe(&[wish("A", "a@b.example", "4-5"), wish("C", "c@b.example", "4-5")], at(0)).await.unwrap();
    leave(&*store, "gone@b.example").await;
    let before = look_up(&*store, "a@b.example").await.1;
    let gone = SuppressionReason::Unsubscribed;
    for (old, new, why) in [
        ("nobody@b.example", "x@b.example", CannotMove::Unknown),
        ("a@b.example", "C@b.example", CannotMove::Taken),
        ("a@b.example", "gone@b.example", CannotMove::NewIsSuppressed(gone)),
        ("gone@b.example", "x@b.example", CannotMove::Unknown),
    ] {
        let refused = store.change_address(&address(old), &address(new), at(1)).await;
        assert_eq!(refused, Err(why), "{old} to {new}");
    }
    store.change_address(&address("A@b.example"), &address("new@b.example"), at(1)).await.unwrap();
    let after = look_up(&*store, "new@b.example").await.1;
    assert_eq!((before.recipient, before.subscriptions), (after.recipient, after.subscriptions));
    // Suppression follows the address: the old one is free again, the new one is what is suppressed now.
    leave(&*store, "new@b.example").await;
    assert_eq!(look_up(&*store, "new@b.example").await.1.suppressed, Some(SuppressionReason::Unsubscribed));
    // Another spelling of the same mailbox is no other mailbox.
    store.change_address(&address("c@b.example"), &address("C@B.example"), at(1)).await.unwrap();
    assert_eq!(look_up(&*store, "c@b.example").await.1.address.as_str(), "C@B.example");
}

pub(in crate::store) async fn sync_starts_ends_and_restores(open: Open<'_>) {
    let store = open();
    let hill = entry(&*store, "Hill", "a@b.example", "4-5 5-7").await;
    let stored = store.stored_state(&[]).await.unwrap();
    let mailbox = &stored.entries[0].mailboxes[0];
    assert_eq!((&mailbox.bands, mailbox.ended), (&bands("4-5 5-7"), false));

    store.subscribe(&[wish("Hill", "a@b.example", "14+")], at(0)).await.unwrap();
    end(&*store, hill, "a@b.example", 1).await;
    assert!(store.stored_state(&[]).await.unwrap().entries[0].mailboxes[0].ended);
    assert_eq!(look_up(&*store, "a@b.example").await.1.state, MailboxState::Ended);

    let restore = SyncChange::Restore { subscriber: hill, address: address("a@b.example"), bands: bands("8-10") };
    let (before, after) = (profile("Hill"), profile("Hill Top"));
    let rename = SyncChange::UpdateSubscriber { subscriber: hill, before, after };
    store.apply_sync(&plan(vec![rename, restore]), at(2)).await.unwrap();
    let (subscriber, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!((subscriber.profile.name.as_str(), mailbox.state), ("Hill Top", MailboxState::Active));
    assert_eq!(mailbox.bands, bands("8-10"));
    assert!(!mailbox.chosen, "an entry that names it changed");
}

pub(in crate::store) async fn sync_of_a_shared_mailbox_is_the_union(open: Open<'_>) {
    let store = open();
    let changes = vec![
        SyncChange::AddSubscriber(profile("First")),
        SyncChange::AddSubscriber(profile("Second")),
        start(Who::New(0), "a@b.example", "4-5"),
        start(Who::New(1), "a@b.example", "8-10"),
    ];
    store.apply_sync(&plan(changes), at(0)).await.unwrap();
    let (owner, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!((owner.profile.name.as_str(), mailbox.bands), ("First", bands("4-5 8-10")));
    end(&*store, owner.id, "a@b.example", 1).await;
    let (owner, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!((owner.profile.name.as_str(), mailbox.bands), ("Second", bands("8-10")));
    assert_eq!(mailbox.state, MailboxState::Active, "only that one subscription ended");
}

pub(in crate::store) async fn an_own_choice_holds_until_the_entry_changes(open: Open<'_>) {
    let store = open();
    let hill = entry(&*store, "Hill", "a@b.example", "4-5").await;
    let updated = store.subscribe(&[wish("Other Name", "a@b.example", "14+")], at(1)).await.unwrap();
    let expected =
        Subscribed::Updated { before: (profile("Hill"), bands("4-5")), after: (profile("Hill"), bands("14+")) };
    assert_eq!(updated, [expected], "the name is the config's");
    assert!(look_up(&*store, "a@b.example").await.1.chosen);
    let stored = &store.stored_state(&[]).await.unwrap().entries[0].mailboxes[0].bands.clone();
    assert_eq!(*stored, bands("4-5"), "a sync sees what the entry said, not the choice");

    let reband = SyncChange::Rebands {
        subscriber: hill,
        address: address("a@b.example"),
        before: bands("4-5"),
        after: bands("5-7"),
    };
    store.apply_sync(&plan(vec![reband]), at(2)).await.unwrap();
    let (_, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!((mailbox.bands, mailbox.chosen), (bands("5-7"), false));
}

pub(in crate::store) async fn the_file_never_brings_back_who_left(open: Open<'_>) {
    let store = open();
    let hill = entry(&*store, "Hill", "a@b.example", "4-5").await;
    leave(&*store, "a@b.example").await;
    let stored = store.stored_state(&[address("A@b.example"), address("c@b.example")]).await.unwrap();
    let kept: Vec<_> = stored.kept_out.into_iter().collect();
    assert_eq!(kept, [(address("a@b.example"), SuppressionReason::Unsubscribed)]);
    // Even a plan that was made before it left does not.
    let restore = SyncChange::Restore { subscriber: hill, address: address("a@b.example"), bands: bands("4-5") };
    store.apply_sync(&plan(vec![restore]), at(6)).await.unwrap();
    assert_eq!(look_up(&*store, "a@b.example").await.1.state, MailboxState::Ended);
}

pub(in crate::store) async fn a_sync_is_all_or_nothing(open: Open<'_>) {
    let store = open();
    let changes = vec![SyncChange::AddSubscriber(profile("Hill")), start(Who::New(9), "a@b.example", "4-5")];
    assert_eq!(store.apply_sync(&plan(changes), at(0)).await, Err(UnknownSubscriber(9)));
    assert!(store.stored_state(&[]).await.unwrap().entries.is_empty());
}

pub(in crate::store) async fn counts_are_of_organisations(open: Open<'_>) {
    let store = open();
    let mut people = crowd(3);
    people.push(wish_of("1", "Two", "x@b.example", "4-5 5-7"));
    people.push(wish_of("1", "Two", "y@b.example", "4-5"));
    store.subscribe(&people, at(0)).await.unwrap();
    leave(&*store, "x@b.example").await;
    leave(&*store, "m0@school.example").await;
    let counts = store.subscriber_counts().await.unwrap();
    assert_eq!((counts.active, counts.pending, counts.ended), (3, 0, 1));
    let readers = store.readers().await.unwrap();
    assert_eq!(readers.into_iter().collect::<Vec<_>>(), [("4-5".parse().unwrap(), 3)]);
}

pub(in crate::store) async fn a_store_knows_62_bands(open: Open<'_>) {
    let store = open();
    let names: Vec<_> = (0..63).map(|i| format!("b{i}")).collect();
    store.subscribe(&[wish("Hill", "a@b.example", &names[..62].join(" "))], at(0)).await.unwrap();
    let refused = store.subscribe(&[wish("Hill", "a@b.example", &names[62])], at(1)).await;
    assert!(matches!(refused, Err(StoreError::Refused(Refusal::TooManyBands { limit: 62, .. }))), "{refused:?}");
    let (_, mailbox) = look_up(&*store, "a@b.example").await;
    assert_eq!(mailbox.bands, bands(&names[..62].join(" ")));
    assert_eq!(store.audience(&bands("b61 b62")).await.unwrap()[0].key.bands, bands("b61"));
}

pub(in crate::store) async fn the_audit_table_has_every_decision_and_no_address(open: Open<'_>) {
    let store = open();
    let hill = entry(&*store, "Hill", "a@b.example", "4-5").await;
    store.subscribe(&[wish("Vale", "c@b.example", "4-5")], at(1)).await.unwrap();
    store.subscribe(&[wish("Vale", "c@b.example", "5-7")], at(2)).await.unwrap();
    store.change_address(&address("c@b.example"), &address("d@b.example"), at(3)).await.unwrap();
    end(&*store, hill, "a@b.example", 4).await;
    leave(&*store, "d@b.example").await;
    leave(&*store, "nobody@b.example").await;
    let audit = store.audit().await.unwrap();
    let told: Vec<_> = audit.iter().map(|row| format!("{} {} {}", row.actor, row.action, row.subject)).collect();
    let expected = [
        "config sync mailing list",
        "operator add subscriber 2",
        "operator subscribe recipient 2",
        "operator update recipient 2",
        "operator change-address recipient 2",
        "config end recipient 1",
        "config sync mailing list",
        "test unsubscribe recipient 2",
        "test suppress an address without a mailbox",
    ];
    assert_eq!(told, expected);
    assert!(audit.iter().all(|row| !format!("{row:?}").contains('@')));
    assert_eq!(audit.last().unwrap().at, at(5));
}

pub(in crate::store) async fn a_file_synced_once_asks_for_nothing_more(open: Open<'_>) {
    let store = open();
    let entry = |line, name: &str, mailboxes: &str, names: &str| Entry {
        profile: profile(name),
        addresses: mailboxes.split_whitespace().map(address).collect(),
        bands: bands(names),
        line,
    };
    // Each file is the one before, edited: shared, moved, removed, put back, renamed.
    let files = [
        vec![entry(1, "Hill", "a@b.example b@b.example", "4-5"), entry(9, "Vale", "b@b.example c@b.example", "5-7")],
        vec![entry(1, "Vale", "c@b.example", "5-7 8-10"), entry(9, "Hill", "a@b.example", "4-5")],
        vec![],
        vec![entry(1, "Hill Top", "a@b.example", "14+"), entry(5, "New", "d@b.example gone@b.example", "4-5")],
    ];
    leave(&*store, "gone@b.example").await;
    for (minutes, wish) in (10..).zip(&files) {
        let wished: Vec<_> = wish.iter().flat_map(|entry| entry.addresses.clone()).collect();
        let first = plan_sync(wish, &store.stored_state(&wished).await.unwrap());
        assert!(!first.changes.is_empty());
        store.apply_sync(&first, at(minutes)).await.unwrap();
        let again = plan_sync(wish, &store.stored_state(&wished).await.unwrap());
        assert_eq!(again.changes, [], "after {:?}", first.changes);
        let active = store.subscribers().await.unwrap().into_iter().flat_map(|s| s.mailboxes);
        let mut active: Vec<_> = active.filter(|m| m.state == MailboxState::Active).map(|m| m.address).collect();
        active.sort();
        let mut expected: Vec<_> = wished.into_iter().filter(|a| a.local() != "gone").collect();
        expected.sort();
        expected.dedup();
        assert_eq!(active, expected);
    }
}

pub(in crate::store) async fn those_who_decide_on_two_handles_take_turns(open: Open<'_>) {
    let handles = [open(), open()];
    let deciders: Vec<_> = (0..20)
        .map(|i| {
            let store = std::sync::Arc::clone(&handles[i % 2]);
            tokio::spawn(async move {
                // Each adds one of its own, and one that it shares with another.
                let people = [
                    wish(&format!("S{i}"), &format!("own{i}@b.example"), "4-5"),
                    wish_of("1", "Shared", &format!("shared{}@b.example", i / 2), "5-7"),
                ];
                store.subscribe(&people, at(1)).await.unwrap()
            })
        })
        .collect();
    let mut told = Vec::new();
    for decider in deciders {
        told.extend(decider.await.unwrap());
    }
    assert_eq!(told.iter().filter(|told| matches!(told, Subscribed::Added)).count(), 30);
    let all = handles[0].subscribers().await.unwrap();
    let numbers: Vec<u64> = all.iter().map(|one| one.id.0).collect();
    assert_eq!(numbers, (1..=21).collect::<Vec<_>>(), "none twice, and none left out");
    let mut mailboxes: Vec<u64> = all.iter().flat_map(|one| &one.mailboxes).map(|one| one.recipient.0).collect();
    mailboxes.sort_unstable();
    assert_eq!(mailboxes, (1..=30).collect::<Vec<_>>());
    assert_eq!(handles[1].subscriber_counts().await.unwrap().active, 21);
    let readers = handles[1].readers().await.unwrap();
    assert_eq!(readers.values().copied().collect::<Vec<_>>(), [20, 10]);
}
