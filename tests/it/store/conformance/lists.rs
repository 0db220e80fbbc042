//! Lists in pages, and what is found without reading everyone: each against the whole list.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use fortnightly::domain::band::BandSet;
use fortnightly::domain::delivery::listing::{DeliveryFilter, DeliveryRecord, ResolvedPart, RetriedPart};
use fortnightly::domain::delivery::{DeliveryId, DeliveryState, Outcome};
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::name_query::NameQuery;
use fortnightly::domain::segment::SegmentKey;
use fortnightly::domain::subscriber::{MailboxState, Sector, SubscriberRecord, SuppressionReason};
use fortnightly::domain::subscription::forget;
use fortnightly::domain::subscription::mailing_list::MailingList;
use fortnightly::store::{AttemptResult, Reader, Scope, Store, rehearse};

use super::desk::Desk as _;
use super::people::entry;
use super::samples::{
    Open, SEVEN, address, all_of, at, bands, change_editions, claim, crowd, delivery, done, id, mark, plan,
    publication, record_and_mark, reply, send_out, wish, wish_of,
};
use super::whole::Whole as _;

pub(in crate::store) async fn a_page_ends_where_the_next_begins(open: Open<'_>) {
    const LIMIT: u32 = 3;
    for count in [0, 1, 2, 3, 4, 6, 7] {
        let store = open();
        store.subscribe(&crowd(count), at(0)).await.unwrap();
        for name in 0..count {
            let who = address(&format!("m{name}@school.example"));
            store.unsubscribe(&who, SuppressionReason::Unsubscribed, "test", at(1)).await.unwrap();
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.subscribers_page(after, LIMIT).await.unwrap();
            assert_eq!(page.len(), (count - seen.len()).min(LIMIT as usize), "of {count}");
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page);
        }
        let numbers: Vec<u64> = seen.iter().map(|one| one.id.0).collect();
        assert_eq!(numbers, (1..=count as u64).collect::<Vec<_>>());
        // All of one moment, so that the address decides.
        let names: Vec<_> = store.suppressions().await.unwrap();
        let names: Vec<_> = names.iter().map(|one| one.suppression.address.clone().unwrap().to_string()).collect();
        assert_eq!(names, (0..count).map(|name| format!("m{name}@school.example")).collect::<Vec<_>>());
        let page = store.audit_page(None, None, LIMIT).await.unwrap();
        assert_eq!(page.len(), store.audit().await.unwrap().len().min(LIMIT as usize));
    }
}

pub(in crate::store) async fn a_name_is_found_by_its_words_and_comes_with_its_mailboxes(open: Open<'_>) {
    let store = open();
    let people = [
        wish_of("1", "Vale Church School", "v@b.example", "4-5"),
        wish_of("2", "École Saint-Étienne", "e@b.example", "4-5"),
        wish_of("3", "St Mary’s School", "m@b.example", "4-5 5-7"),
        wish_of("3", "St Mary’s School", "n@b.example", "8-10"),
        wish_of("4", "St Peter's School", "p@b.example", "8-10"),
    ];
    store.subscribe(&people, at(0)).await.unwrap();
    let found = async |text: &str, limit: usize| {
        let ids = store.find_subscribers(&NameQuery::new(text).unwrap(), limit).await.unwrap();
        let records = store.subscribers_of(&ids).await.unwrap();
        records.into_iter().map(|one| (one.profile.name, one.mailboxes.len())).collect::<Vec<_>>()
    };
    let named = |name: &str, mailboxes| (name.to_owned(), mailboxes);
    assert_eq!(found("SAINT etienne", 9).await, [named("École Saint-Étienne", 1)]);
    assert_eq!(found("st school", 9).await, [named("St Mary’s School", 2), named("St Peter's School", 1)]);
    assert_eq!(found("st school", 1).await, [named("St Mary’s School", 2)]);
    assert_eq!(found("marys", 9).await, found("3", 9).await);
    assert_eq!(found("nobody", 9).await, []);
    let all = store.find_subscribers(&NameQuery::everyone(), usize::MAX).await.unwrap();
    let whole = store.subscribers().await.unwrap();
    let in_this_order: Vec<_> = all.iter().map(|id| whole.iter().find(|one| one.id == *id).unwrap().clone()).collect();
    assert_eq!(store.subscribers_of(&all).await.unwrap(), in_this_order);
    assert_eq!(in_this_order[0].profile.name, "École Saint-Étienne");
    store.erase(&address("p@b.example"), at(1)).await.unwrap();
    assert_eq!(found("peter", 9).await, []);
}

pub(in crate::store) async fn a_search_follows_every_name_and_number(open: Open<'_>) {
    let store = open();
    let found = async |text: &str| {
        let ids = store.find_subscribers(&NameQuery::new(text).unwrap(), 9).await.unwrap();
        ids.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    let first = [wish_of("100", "Hill School", "a@b.example", "4-5"), wish("Hillside", "h@side.example", "4-5")];
    store.subscribe(&first, at(0)).await.unwrap();
    assert_eq!((found("hill").await, found("100 school").await), (vec![1, 2], vec![1]));
    store.subscribe(&[wish_of("200", "Vale College", "a@b.example", "4-5")], at(1)).await.unwrap();
    assert_eq!((found("hill").await, found("vale").await), (vec![2], vec![1]));
    assert_eq!((found("100").await, found("200").await, found("school").await), (vec![], vec![1], vec![]));
    store.subscribe(&[wish_of("200", "Hill School", "a@b.example", "4-5")], at(2)).await.unwrap();
    assert_eq!((found("hill").await, found("vale").await), (vec![1, 2], vec![]));
    let at_home = async |domain: &str| store.subscribers_at(domain, 9).await.unwrap();
    assert_eq!(at_home("B.example").await.iter().map(|id| id.0).collect::<Vec<_>>(), [1]);
    assert_eq!(at_home("example").await, []);
    store.erase(&address("a@b.example"), at(3)).await.unwrap();
    assert_eq!((found("hill").await, found("200").await), (vec![2], vec![]));
    assert_eq!(at_home("b.example").await, []);
}

pub(in crate::store) async fn a_rehearsal_forgets_nothing(open: Open<'_>) {
    let store = open();
    store.subscribe(&[wish_of("1", "Hill", "a@b.example", "4-5")], at(0)).await.unwrap();
    let who = address("a@b.example");
    let all = async || {
        let ids = store.find_subscribers(&NameQuery::new("hill").unwrap(), 9).await.unwrap();
        let audit = store.audit_page(None, None, 99).await.unwrap();
        (
            store.subscribers().await.unwrap(),
            ids,
            audit,
            store.suppression_count().await.unwrap(),
            store.is_unscrubbed().await.unwrap(),
        )
    };
    let before = all().await;
    let wish = who.clone();
    let decision = move |list: &mut MailingList| Ok::<_, Infallible>(forget::erase(list, &wish));
    let (Ok(erasure), traces) = rehearse(&*store, &Scope::Person(who.clone()), at(1), decision).await.unwrap();
    assert!(matches!(erasure, forget::Erasure::Done(ended) if ended.subscriptions == 1), "{erasure:?}");
    assert_eq!(traces.names, 1);
    assert_eq!(all().await, before, "all of it was taken back");
    store.erase(&who, at(2)).await.unwrap();
    assert_ne!(all().await, before, "the control");
}

pub(in crate::store) async fn an_organisation_is_never_cut_in_two(open: Open<'_>) {
    let store = open();
    let mut people = vec![wish_of("1", "Hill", "a@b.example", "4-5")];
    people.extend((0..20).map(|i| wish_of("2", "Vale", &format!("v{i}@b.example"), "4-5 5-7")));
    people.extend((0..20).map(|i| wish_of("3", "Moor", &format!("m{i}@b.example"), "8-10")));
    store.subscribe(&people, at(0)).await.unwrap();
    // A mailbox of two organisations belongs to the first, and is shown once.
    entry(&*store, "Shared", "v7@b.example", "14+").await;
    store.erase(&address("m3@b.example"), at(1)).await.unwrap();
    store.erase(&address("a@b.example"), at(1)).await.unwrap();
    let whole = store.subscribers().await.unwrap();
    let known: Vec<_> = whole.iter().map(|one| (one.profile.name.as_str(), one.mailboxes.len())).collect();
    assert_eq!(known, [("(erased)", 0), ("Vale", 20), ("Moor", 19), ("Shared", 0)]);
    let shared = whole[1].mailboxes.iter().find(|one| one.address == address("v7@b.example")).unwrap();
    assert_eq!(shared.subscriptions.len(), 2);
    for mailbox in whole.iter().flat_map(|one| &one.mailboxes) {
        let list = store.mailing_list(&Scope::Person(mailbox.address.clone()), at(2)).await.unwrap();
        let (number, record) = list.record(&mailbox.address).unwrap();
        assert_eq!((number, &record.mailboxes[0]), (mailbox.recipient, mailbox));
        assert!(whole.iter().any(|one| one.id == record.id && one.profile == record.profile));
    }
}

pub(in crate::store) async fn the_audit_is_asked_about_subjects(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(3)).await;
    let whole = store.audit().await.unwrap();
    let subjects: BTreeSet<String> = ["edition 7", "recipient 2", "nobody"].map(str::to_owned).into();
    let expected: Vec<_> = whole.iter().filter(|one| subjects.contains(&one.subject)).cloned().collect();
    assert!(expected.len() > 2 && expected.len() < whole.len());
    for limit in [1, 2, 9] {
        let (mut found, mut after) = (Vec::new(), None);
        while let Some((last, _)) = {
            let page = store.audit_page(Some(&subjects), after, limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            found.extend(page.iter().map(|(_, record)| record.clone()));
            page.last().cloned()
        } {
            after = Some(last);
        }
        assert_eq!(found, expected);
    }
    assert_eq!(store.audit_page(Some(&[].into()), None, 9).await.unwrap(), []);
}

/// Two editions with a delivery in every state that one can be left in, and bounces.
async fn two_editions(store: &dyn Store) {
    send_out(store, &crowd(9)).await;
    claim(store, 2, 7).await;
    let refused = |suppress| Outcome::Permanent { reply: reply(550), suppress };
    done(store, id(1), refused(None), None).await;
    done(store, id(2), Outcome::Transient(reply(451)), None).await;
    done(store, id(3), Outcome::Uncertain(reply(421)), None).await;
    done(store, id(4), Outcome::Accepted(reply(250)), None).await;
    done(store, id(5), Outcome::Accepted(reply(250)), None).await;
    done(store, id(6), Outcome::Transient(reply(451)), Some(9)).await;
    store.erase(&address("m3@school.example"), at(3)).await.unwrap();
    store.bounce(delivery(5), None, at(4)).await.unwrap();
    let eight = EditionNumber(8);
    change_editions(store, &[plan(eight)], at(5)).await;
    let publication = publication(store, eight, "4-5").await;
    store.publish(&publication).await.unwrap();
    store.unsubscribe(&address("m7@school.example"), SuppressionReason::Operator, "test", at(6)).await.unwrap();
    store.claim(Some(eight), at(7), 2).await.unwrap();
}

async fn listed(store: &dyn Store, filter: &DeliveryFilter, limit: u32) -> Vec<DeliveryRecord> {
    let (mut found, mut after): (Vec<DeliveryRecord>, Option<DeliveryId>) = (Vec::new(), None);
    loop {
        let page = store.deliveries(filter, after, limit).await.unwrap();
        assert!(page.len() <= limit as usize);
        let Some(last) = page.last() else { return found };
        after = Some(last.id);
        found.extend(page);
    }
}

pub(in crate::store) async fn every_filter_finds_what_the_whole_list_has(open: Open<'_>) {
    let store = open();
    two_editions(&*store).await;
    let all = DeliveryFilter { states: DeliveryState::ALL.to_vec(), ..DeliveryFilter::default() };
    let whole = listed(&*store, &all, 100).await;
    assert!(whole.len() > 14 && whole.is_sorted_by_key(|record| (record.id.edition, record.id.recipient)));
    let found: BTreeSet<_> = whole.iter().map(|record| record.state).collect();
    assert!(found.len() >= 7, "{found:?}");
    let some = ["m0@school.example", "m4@school.example", "M4@school.example", "m6@school.example"].map(address);
    let mut states: Vec<Vec<DeliveryState>> = DeliveryState::ALL.iter().map(|state| vec![*state]).collect();
    states.extend([DeliveryState::ENDED.to_vec(), DeliveryState::OPEN.to_vec(), DeliveryState::ALL.to_vec()]);
    for states in states {
        for edition in [None, Some(SEVEN), Some(EditionNumber(8)), Some(EditionNumber(9))] {
            for (addresses, bounced) in [(None, false), (None, true), (Some(&some), false), (Some(&some), true)] {
                let addresses = addresses.map(|some| some.to_vec());
                let filter =
                    DeliveryFilter { edition, states: states.clone(), addresses, bounced, ..DeliveryFilter::default() };
                let is_meant = |record: &&DeliveryRecord| {
                    edition.is_none_or(|edition| record.id.edition == edition)
                        && states.contains(&record.state)
                        && (!bounced || record.bounce.is_some())
                        && filter
                            .addresses
                            .as_ref()
                            .is_none_or(|some| record.address.as_ref().is_some_and(|address| some.contains(address)))
                };
                let expected: Vec<_> = whole.iter().filter(is_meant).cloned().collect();
                for limit in [1, 2, 100] {
                    assert_eq!(listed(&*store, &filter, limit).await, expected, "{filter:?}");
                }
            }
        }
    }
}

pub(in crate::store) async fn a_list_is_of_a_domain(open: Open<'_>) {
    let store = open();
    let people: Vec<_> =
        (0..12).map(|i| wish(&format!("School {i}"), &format!("M{i}@S{}.Example", i % 4), "4-5")).collect();
    send_out(&*store, &people).await;
    claim(&*store, 2, 12).await;
    for i in 1..=12 {
        let outcome = match i % 3 {
            0 => Outcome::Accepted(reply(250)),
            1 => Outcome::Permanent { reply: reply(552), suppress: None },
            _ => Outcome::Uncertain(reply(421)),
        };
        done(&*store, id(i), outcome, None).await;
    }
    store.erase(&address("m2@s2.example"), at(3)).await.unwrap();
    let whole = listed(&*store, &all_of(DeliveryState::ALL), 100).await;
    for domain in [None, Some("s0.example"), Some("s2.example"), Some("example")] {
        for states in
            [DeliveryState::ALL, DeliveryState::ENDED, &[DeliveryState::Uncertain], &[DeliveryState::Accepted]]
        {
            let filter = DeliveryFilter { domain: domain.map(str::to_owned), ..all_of(states) };
            let is_meant = |record: &&DeliveryRecord| {
                let of = record.address.as_ref().map(|one| one.domain().to_lowercase());
                domain.is_none_or(|domain| of.as_deref() == Some(domain)) && states.contains(&record.state)
            };
            let expected: Vec<_> = whole.iter().filter(is_meant).cloned().collect();
            for limit in [1, 100] {
                assert_eq!(listed(&*store, &filter, limit).await, expected, "{filter:?}");
            }
        }
    }
    // What is decided about a list is decided about that list alone.
    let of = |domain: &str| DeliveryFilter { domain: Some(domain.to_owned()), ..all_of(&[DeliveryState::Uncertain]) };
    let before = store.tally(SEVEN).await.unwrap();
    let listed_one = listed(&*store, &of("s1.example"), 100).await;
    let one = listed_one.len() as u64;
    assert!(one > 0 && one < before.uncertain, "{before:?}");
    // An address that is named with another domain is none of the list.
    let address = listed_one[0].address.clone().unwrap();
    let neither = DeliveryFilter { addresses: Some(vec![address]), ..of("s0.example") };
    let part = store.resolve(SEVEN, &neither, true, ResolvedPart::default(), 100, at(4)).await.unwrap();
    assert_eq!((part.resolved, store.tally(SEVEN).await.unwrap()), (0, before));
    let part = store.resolve(SEVEN, &of("s1.example"), true, ResolvedPart::default(), 100, at(4)).await.unwrap();
    assert_eq!(part.resolved, one);
    assert_eq!(store.tally(SEVEN).await.unwrap().uncertain, before.uncertain - one);
    let refused = DeliveryFilter { domain: Some("s0.example".to_owned()), ..all_of(&[DeliveryState::Failed]) };
    let number = listed(&*store, &refused, 100).await.len() as u64;
    let part = store.retry(SEVEN, &refused, RetriedPart::default(), 100, at(5)).await.unwrap();
    assert_eq!((part.retried.ended, part.retried.uncertain), (number, 0));
    assert!(number > 0 && number < before.failed, "{before:?}");
}

pub(in crate::store) async fn what_was_accepted_is_counted_by_the_minute(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(6)).await;
    assert_eq!(store.accepted_by_minute(SEVEN, 9).await.unwrap(), []);
    claim(&*store, 2, 6).await;
    for (recipient, minute, outcome) in [
        (1, 3, Outcome::Accepted(reply(250))),
        (2, 3, Outcome::Accepted(reply(250))),
        (3, 3, Outcome::Uncertain(reply(421))),
        (4, 5, Outcome::Accepted(reply(250))),
        (5, 70, Outcome::Accepted(reply(250))),
        (6, 70, Outcome::Permanent { reply: reply(550), suppress: None }),
    ] {
        mark(&*store, id(recipient)).await;
        let at = at(minute) + chrono::TimeDelta::seconds(59);
        let result = AttemptResult { id: id(recipient), outcome, at, retry_at: None };
        record_and_mark(&*store, Some(result), None).await.unwrap();
    }
    let all = [(at(3), 2), (at(5), 1), (at(70), 1)];
    assert_eq!(store.accepted_by_minute(SEVEN, 9).await.unwrap(), all);
    assert_eq!(store.accepted_by_minute(SEVEN, 2).await.unwrap(), all[..2]);
    assert_eq!(store.accepted_by_minute(EditionNumber(8), 9).await.unwrap(), []);
}

/// Those who would get an edition, from the whole list.
fn expected_readers(whole: &[SubscriberRecord], served: &BandSet) -> Vec<Reader> {
    let reads = |subscriber: &SubscriberRecord| -> Vec<Reader> {
        let mailboxes = subscriber.mailboxes.iter();
        let active = mailboxes.filter(|one| one.state == MailboxState::Active && one.suppressed.is_none());
        let reader = |one: &fortnightly::domain::subscriber::MailboxRecord| Reader {
            subscriber: subscriber.id,
            recipient: one.recipient,
            segment: SegmentKey {
                bands: one.bands.intersection(served).cloned().collect(),
                sector: subscriber.profile.sector,
                locale: subscriber.profile.locale,
            },
            name: subscriber.profile.name.clone(),
            address: one.address.clone(),
        };
        active.map(reader).filter(|reader| !reader.segment.bands.is_empty()).collect()
    };
    whole.iter().flat_map(reads).collect()
}

/// Organisations of two sectors with up to three mailboxes each, some of whom left; mailboxes that moved to other owners.
async fn mixed(store: &dyn Store) {
    let mut people = Vec::new();
    for i in 0..30 {
        let names = ["4-5", "4-5 5-7", "8-10", "14+", "5-7"][i % 5];
        let mut wish =
            wish_of(&(i % 13).to_string(), &format!("School {}", i % 13), &format!("m{i}@s{i}.example"), names);
        if i % 13 > 8 {
            wish.profile.sector = Sector::Charity;
        }
        people.push(wish);
    }
    store.subscribe(&people, at(0)).await.unwrap();
    for i in [2, 11, 29] {
        let who = address(&format!("m{i}@s{i}.example"));
        store.unsubscribe(&who, SuppressionReason::Unsubscribed, "test", at(1)).await.unwrap();
    }
    store.erase(&address("m5@s5.example"), at(2)).await.unwrap();
    entry(store, "School of the file", "m9@s9.example", "11-14").await;
    entry(store, "Another of the file", "new@file.test", "11-14").await;
}

pub(in crate::store) async fn readers_are_the_audience_one_by_one(open: Open<'_>) {
    let store = open();
    mixed(&*store).await;
    let whole = store.subscribers().await.unwrap();
    for served in ["4-5 5-7 8-10 11-14 14+", "5-7", "11-14", "3-4"].map(bands) {
        let expected = expected_readers(&whole, &served);
        for limit in [1, 2, 100] {
            let mut found: Vec<Reader> = Vec::new();
            loop {
                let page = store.readers_page(&served, found.last(), limit).await.unwrap();
                assert!(page.len() <= limit as usize);
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            assert_eq!(found, expected);
        }
        let (mut counts, mut first) = (BTreeMap::new(), BTreeMap::new());
        for reader in &expected {
            *counts.entry(reader.segment.clone()).or_insert(0) += 1;
            first.entry(reader.segment.clone()).or_insert_with(|| reader.name.clone());
        }
        let audience = store.audience(&served).await.unwrap();
        assert_eq!(audience.into_iter().map(|one| (one.key, one.recipients)).collect::<BTreeMap<_, _>>(), counts);
        assert_eq!(store.first_readers(&served).await.unwrap(), first);
    }
}

pub(in crate::store) async fn the_addressed_are_counted_by_segment(open: Open<'_>) {
    let store = open();
    let people = [
        wish("Hill", "a@b.example", "4-5"),
        wish("Vale", "b@b.example", "5-7"),
        wish("Moor", "c@b.example", "4-5"),
        wish("Fen", "d@b.example", "4-5"),
    ];
    assert_eq!(store.addressed(SEVEN).await.unwrap(), BTreeMap::new());
    send_out(&*store, &people).await;
    store.erase(&address("a@b.example"), at(3)).await.unwrap();
    let mut expected: BTreeMap<_, (u64, String)> = BTreeMap::new();
    for one in store.addressees(SEVEN).await.unwrap() {
        expected.entry(one.segment).or_insert((0, one.subscriber)).0 += 1;
    }
    assert_eq!(expected.values().map(|(count, _)| count).sum::<u64>(), 3);
    assert_eq!(store.addressed(SEVEN).await.unwrap(), expected);
}

pub(in crate::store) async fn who_gets_nothing_is_counted_by_name(open: Open<'_>) {
    let store = open();
    mixed(&*store).await;
    store.subscribe(&[wish("School 3", "again@s3.example", "8-10 14+")], at(3)).await.unwrap();
    let whole = store.subscribers().await.unwrap();
    for served in ["4-5 5-7 8-10 11-14 14+", "4-5 5-7", "11-14", ""].map(bands) {
        let mut wishes: BTreeMap<String, BandSet> = BTreeMap::new();
        for subscriber in &whole {
            for mailbox in &subscriber.mailboxes {
                let by_file = |one: &fortnightly::domain::subscriber::Subscription| {
                    one.origin == fortnightly::domain::subscriber::Origin::Config && one.ended.is_none()
                };
                let asks = mailbox.state == MailboxState::Active && mailbox.suppressed.is_none();
                if asks && mailbox.bands.is_disjoint(&served) && !mailbox.subscriptions.iter().any(by_file) {
                    wishes.entry(subscriber.profile.name.clone()).or_default().extend(mailbox.bands.clone());
                }
            }
        }
        let (count, first) = store.unserved(&served, 3).await.unwrap();
        assert_eq!(count, wishes.len() as u64, "{served:?}");
        assert_eq!(first, wishes.into_iter().take(3).collect());
    }
}

pub(in crate::store) async fn a_domain_has_those_below_it(open: Open<'_>) {
    let store = open();
    let people = [
        wish_of("1", "Hill", "a@example.org", "4-5"),
        wish_of("1", "Hill", "b@Mail.Example.ORG", "4-5"),
        wish("Vale", "a@notexample.org", "4-5"),
        wish("Moor", "a@moor.test", "4-5"),
        wish("Fen", "a@fen.test", "4-5"),
        wish("Heath", "a@heath.co.uk", "4-5"),
    ];
    store.subscribe(&people, at(0)).await.unwrap();
    store.unsubscribe(&address("a@fen.test"), SuppressionReason::Unsubscribed, "test", at(1)).await.unwrap();
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(store.subscribers_in(&["example.org", "test"], 9).await.unwrap(), (2, names(&["Hill", "Moor"])));
    assert_eq!(store.subscribers_in(&["example.org", "test"], 1).await.unwrap(), (2, names(&["Hill"])));
    assert_eq!(store.subscribers_in(&["org"], 9).await.unwrap(), (2, names(&["Hill", "Vale"])));
    assert_eq!(store.subscribers_in(&[], 9).await.unwrap(), (0, Vec::new()));
}

pub(in crate::store) async fn an_address_has_neighbours(open: Open<'_>) {
    let store = open();
    let mut people: Vec<_> = (0..9).map(|i| wish(&format!("S{i}"), &format!("m{i}@s{i}.example"), "4-5")).collect();
    people.push(wish("Far", "zz@s4.example", "4-5"));
    people.push(wish("Left", "m44@s4.example", "4-5"));
    store.subscribe(&people, at(0)).await.unwrap();
    store.unsubscribe(&address("m44@s4.example"), SuppressionReason::Unsubscribed, "test", at(1)).await.unwrap();
    let near = store.addresses_near(&address("M4x@S4.example"), 2).await.unwrap();
    let near: Vec<_> = near.iter().map(fortnightly::domain::address::Address::as_str).collect();
    let beside = ["m2@s2.example", "m3@s3.example", "m5@s5.example", "m6@s6.example"];
    assert_eq!(near, [&beside[..2], &["m4@s4.example"], &beside[2..], &["zz@s4.example"]].concat());
}
