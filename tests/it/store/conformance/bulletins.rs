//! Bulletins: who decides about them, who gets them, and that they are sent as editions are.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use fortnightly::domain::bulletin::life::{self, BulletinChange, BulletinTransition};
use fortnightly::domain::bulletin::{Audience, Bulletin, BulletinId, BulletinRecord, PublishedBulletin};
use fortnightly::domain::delivery::listing::{DeliveryFilter, RetriedPart};
use fortnightly::domain::delivery::{DeliveryId, DeliveryState, Mailing, Outcome, Tally};
use fortnightly::domain::edition::{EditionNumber, EditionState};
use fortnightly::domain::prose::Prose;
use fortnightly::domain::refusal::Refusal;
use fortnightly::domain::subscriber::{RecipientId, Sector, SubscribeRequest, SuppressionReason};
use fortnightly::domain::subscription::bounce::EnhancedStatus;
use fortnightly::domain::subscription::returned::Bounced;
use fortnightly::store::{
    BulletinAddition, BulletinPublication, PublishResult, PublishedSegment, Records, Store, StoreError,
};

use super::desk::Desk as _;
use super::samples::{
    ALL, Open, SEVEN, address, at, bands, change_editions, claim, crowd, done, held, pictures, plan, rendered, reply,
    send_out, sender, wish,
};
use super::whole::Whole as _;

const SERVED: &str = "4-5 5-7 8-10 11-14 14+";

fn text(name: &str) -> Bulletin {
    Bulletin {
        name: name.parse().unwrap(),
        title: "A new app".to_owned(),
        summary: "What is going round.".to_owned(),
        bands: Vec::new(),
        sectors: Vec::new(),
        corrects: None,
        correction: None,
        body: Prose::default(),
    }
}

fn planned(id: u32, name: &str) -> BulletinRecord {
    BulletinRecord::planned(BulletinId(id), name.parse().unwrap(), at(0), at(0).date_naive())
}

/// Decides about the bulletin as it was read, or about a new one; whether that was written.
async fn decide(
    store: &dyn Store,
    seen: Option<&BulletinRecord>,
    change: &BulletinChange,
    when: DateTime<Utc>,
) -> bool {
    let new = planned(1, "warning");
    let (after, audit) = life::apply(seen.unwrap_or(&new), change, when).unwrap();
    let transition = BulletinTransition { before: seen.cloned(), after, audit, approved: change.approved().cloned() };
    store.write_bulletin(&transition, "test", when).await.unwrap()
}

/// A bulletin's publication that renders exactly what its audience is now.
async fn publication(store: &dyn Store, id: u32, name: &str, audience: Audience) -> BulletinPublication {
    let served = bands(SERVED);
    let keys = store.bulletin_audience(&audience, &served).await.unwrap();
    let segments = keys
        .into_iter()
        .map(|one| PublishedSegment { rendered: rendered(&format!("{:?}", one.key)), key: one.key })
        .collect();
    let before = store.bulletin(&name.parse().unwrap()).await.unwrap();
    let planned = before.clone().unwrap_or_else(|| planned(id, name));
    let after = life::publish(&planned, &text(name), audience.clone(), true, at(1)).unwrap();
    let published = PublishedBulletin { text: text(name), audience, beside_edition: true };
    BulletinPublication {
        before,
        after,
        published,
        at: at(1),
        served,
        sender: sender(),
        segments,
        pictures: pictures(),
    }
}

/// Publishes a bulletin; to which addresses.
async fn published(store: &dyn Store, id: u32, name: &str, audience: Audience) -> Vec<String> {
    let counted = store.bulletin_audience(&audience, &bands(SERVED)).await.unwrap();
    let readers = readers(store, &audience).await;
    let publication = publication(store, id, name, audience).await;
    let PublishResult::Published { recipients } = store.publish_bulletin(&publication).await.unwrap() else {
        panic!("not published")
    };
    let to = store.addressees(BulletinId(id).mailing()).await.unwrap();
    assert_eq!((recipients, to.len() as u64), (counted.iter().map(|one| one.recipients).sum(), recipients));
    let mut to: Vec<String> = to.into_iter().map(|one| one.address.to_string()).collect();
    to.sort();
    assert_eq!(readers, to, "whom a preview names, and who gets it");
    to
}

/// Who would get a bulletin, read in pages of two, by address.
async fn readers(store: &dyn Store, audience: &Audience) -> Vec<String> {
    let (mut readers, mut after) = (Vec::new(), None);
    loop {
        let page = store.bulletin_readers_page(audience, &bands(SERVED), after.as_ref(), 2).await.unwrap();
        after = page.last().cloned();
        readers.extend(page.iter().map(|one| one.address.to_string()));
        if after.is_none() {
            readers.sort();
            return readers;
        }
    }
}

fn of(sector: Sector, name: &str, names: &str) -> SubscribeRequest {
    let mut wish = wish(name, &format!("{name}@x.example"), names);
    wish.profile.sector = sector;
    wish
}

/// Approves of one, so that there is one.
pub(in crate::store) async fn approve_one(store: &dyn Store) {
    assert!(decide(store, None, &BulletinChange::Approve(Some(text("warning"))), at(1)).await);
}

pub(in crate::store) async fn a_bulletin_is_read_as_it_was_written(open: Open<'_>) {
    let store = open();
    let store = &*store;
    let name = "warning".parse().unwrap();
    assert_eq!((store.bulletin(&name).await.unwrap(), store.bulletins().await.unwrap()), (None, Vec::new()));
    assert!(decide(store, None, &BulletinChange::Approve(Some(text("warning"))), at(1)).await);
    let approved = store.bulletin(&name).await.unwrap().unwrap();
    assert_eq!((approved.state(), approved.course.approved_at), (EditionState::Approved, Some(at(1))));
    assert!(approved.is_approved_as(&text("warning")));
    assert!(!approved.is_approved_as(&Bulletin { title: "Another".to_owned(), ..text("warning") }));
    assert!(decide(store, Some(&approved), &BulletinChange::Hold(held("wait")), at(2)).await);
    let found = store.bulletins().await.unwrap();
    assert_eq!((found.len(), found[0].hold_reason()), (1, Some(&held("wait"))));
    assert!(found[0].is_approved_as(&text("warning")), "a hold loses no approval");
    let audit = store.audit().await.unwrap();
    let told: Vec<_> = audit.iter().map(|line| (line.subject.as_str(), line.action.as_str())).collect();
    assert_eq!(told, [("bulletin warning", "approve"), ("bulletin warning", "hold")]);
    assert!(store.editions().await.unwrap().is_empty(), "a bulletin is no edition");
}

pub(in crate::store) async fn what_was_decided_on_an_older_reading_is_not_written(open: Open<'_>) {
    let store = open();
    let store = &*store;
    let approve = BulletinChange::Approve(Some(text("warning")));
    assert!(decide(store, None, &approve, at(1)).await);
    assert!(!decide(store, None, &approve, at(2)).await, "someone was faster");
    let seen = store.bulletins().await.unwrap().remove(0);
    assert!(decide(store, Some(&seen), &BulletinChange::Hold(held("wait")), at(3)).await);
    assert!(!decide(store, Some(&seen), &BulletinChange::Withdraw, at(4)).await);
    // Another name, and the number that is taken.
    let taken = planned(1, "other");
    let (after, audit) = life::apply(&taken, &BulletinChange::Withdraw, at(5)).unwrap();
    let transition = BulletinTransition { before: None, after, audit, approved: None };
    assert!(!store.write_bulletin(&transition, "test", at(5)).await.unwrap());
    assert_eq!(store.bulletins().await.unwrap().len(), 1);
    assert_eq!(store.audit().await.unwrap().len(), 2);
}

pub(in crate::store) async fn what_was_approved_of_a_bulletin_is_kept_until_it_is_published(open: Open<'_>) {
    let store = open();
    let store = &*store;
    let (number, named) =
        (BulletinId(1).mailing(), |title: &str| Bulletin { title: title.to_owned(), ..text("warning") });
    let kept = async || store.approved_texts(number).await.unwrap().and_then(|texts| texts.bulletin);
    let record = async || store.bulletins().await.unwrap().pop();
    assert!(decide(store, None, &BulletinChange::Approve(Some(named("One"))), at(1)).await);
    assert_eq!(kept().await, Some(named("One")));
    // It outlasts the approval, so that whoever decides again sees what is different.
    assert!(decide(store, record().await.as_ref(), &BulletinChange::Unapprove(named("Two")), at(2)).await);
    assert_eq!(kept().await, Some(named("One")));
    assert!(decide(store, record().await.as_ref(), &BulletinChange::Approve(Some(text("warning"))), at(3)).await);
    assert_eq!(kept().await, Some(text("warning")));
    let publication = publication(store, 1, "warning", Audience::default()).await;
    assert!(matches!(store.publish_bulletin(&publication).await.unwrap(), PublishResult::Published { .. }));
    assert_eq!(kept().await, None, "what was published is kept elsewhere");
}

pub(in crate::store) async fn a_bulletin_goes_to_whom_it_is_meant_for(open: Open<'_>) {
    let store = open();
    let store = &*store;
    let people = [
        of(Sector::School, "infants", "4-5 5-7"),
        of(Sector::School, "juniors", "8-10"),
        of(Sector::Health, "library", "4-5 8-10"),
        of(Sector::School, "gone", "4-5"),
        of(Sector::School, "retired", "16+"),
    ];
    store.subscribe(&people, at(0)).await.unwrap();
    store.unsubscribe(&address("gone@x.example"), SuppressionReason::Unsubscribed, "test", at(0)).await.unwrap();
    let (little, big) = (bands("4-5"), bands("8-10 14+"));
    let schools = BTreeSet::from([Sector::School]);
    let audience = |bands: Option<&_>, sectors: Option<&_>| Audience {
        bands: bands.cloned(),
        sectors: sectors.cloned(),
        readers_of: None,
    };
    let all = ["infants@x.example", "juniors@x.example", "library@x.example"];
    assert_eq!(published(store, 1, "all", audience(None, None)).await, all);
    assert_eq!(published(store, 2, "little", audience(Some(&little), None)).await, [all[0], all[2]]);
    assert_eq!(published(store, 3, "big", audience(Some(&big), Some(&schools))).await, [all[1]]);
    assert_eq!(published(store, 4, "schools", audience(None, Some(&schools))).await, [all[0], all[1]]);
    // An empty filter, and one of a band that is not served, is nobody.
    let none = [BTreeSet::new(), bands("16+")].map(|names| audience(Some(&names), None));
    for nobody in none.into_iter().chain([audience(None, Some(&BTreeSet::new()))]) {
        assert_eq!(store.bulletin_audience(&nobody, &bands(SERVED)).await.unwrap(), []);
    }
}

pub(in crate::store) async fn a_correction_goes_to_those_whose_mail_arrived(open: Open<'_>) {
    let store = open();
    let store = &*store;
    send_out(store, &crowd(7)).await;
    let claimed = claim(store, 2, ALL).await;
    let outcomes = [
        Outcome::Accepted(reply(250)),
        Outcome::Uncertain(reply(0)),
        Outcome::Permanent { reply: reply(550), suppress: None },
        Outcome::Accepted(reply(250)),
        Outcome::Accepted(reply(250)),
        Outcome::Transient(reply(450)),
        Outcome::Transient(reply(450)),
    ];
    for (mail, outcome) in claimed.iter().zip(outcomes) {
        let retry = matches!(outcome, Outcome::Transient(_)).then_some(90);
        done(store, mail.id, outcome, retry).await;
    }
    store.expire(SEVEN, 0, 1, at(3)).await.unwrap();
    store.subscribe(&[wish("New", "new@x.example", "4-5")], at(4)).await.unwrap();
    for (mailbox, reason) in [(3, SuppressionReason::Unsubscribed), (4, SuppressionReason::Bounced)] {
        store.unsubscribe(&address(&format!("m{mailbox}@school.example")), reason, "test", at(5)).await.unwrap();
    }
    let readers = Audience { readers_of: Some(SEVEN), ..Audience::default() };
    let arrived = ["m0@school.example", "m1@school.example"];
    assert_eq!(published(store, 1, "correction", readers.clone()).await, arrived);
    // Filters narrow it further, and nobody reads an edition that was never sent.
    let juniors = Audience { bands: Some(bands("8-10")), ..readers };
    let unsent = Audience { readers_of: Some(EditionNumber(8)), ..Audience::default() };
    for nobody in [juniors, unsent] {
        assert_eq!(store.bulletin_audience(&nobody, &bands(SERVED)).await.unwrap(), []);
    }
}

pub(in crate::store) async fn it_is_sent_like_an_edition_and_is_none(open: Open<'_>) {
    let store = open();
    let store = &*store;
    send_out(store, &crowd(2)).await;
    assert_eq!(published(store, 1, "warning", Audience::default()).await.len(), 2);
    let (number, name) = (BulletinId(1).mailing(), "warning".parse().unwrap());
    let bulletin = async || store.bulletin(&name).await.unwrap().unwrap();
    assert_eq!(store.waiting(Some(number), at(2), ALL).await.unwrap(), 2);
    let claimed = store.claim(Some(number), at(2), ALL).await.unwrap();
    assert!(claimed.iter().all(|mail| mail.id.mailing == Mailing::Bulletin(BulletinId(1))), "{claimed:?}");
    done(store, claimed[0].id, Outcome::Accepted(reply(250)), None).await;
    // A hold stops what is in hand as well.
    assert!(decide(store, Some(&bulletin().await), &BulletinChange::Hold(held("stop")), at(3)).await);
    assert!(!store.is_wanted(claimed[1].id).await.unwrap());
    assert!(!super::samples::mark(store, claimed[1].id).await);
    assert_eq!(store.claim(Some(number), at(4), ALL).await.unwrap(), []);
    let counts = Tally { total: 2, accepted: 1, queued: 1, ..Tally::default() };
    assert_eq!(store.tally(number).await.unwrap(), counts);
    assert!(decide(store, Some(&bulletin().await), &BulletinChange::Release, at(5)).await);
    let rest = store.claim(Some(number), at(6), ALL).await.unwrap();
    done(store, rest[0].id, Outcome::Accepted(reply(250)), None).await;
    assert!(store.finish(number, at(7)).await.unwrap());
    let sent = bulletin().await;
    assert_eq!((sent.state(), sent.course.finished_at), (EditionState::Sent, Some(at(7))));
    let published = sent.published.unwrap();
    assert!(published.text == text("warning") && published.beside_edition, "{published:?}");
    assert_eq!(store.item_state(rest[0].id).await.unwrap(), Some(DeliveryState::Accepted));
    // What the edition has is untouched, and the day's cap counts both.
    assert_eq!(store.editions().await.unwrap().len(), 1);
    assert_eq!(store.tally(SEVEN).await.unwrap(), Tally { total: 2, queued: 2, ..Tally::default() });
    assert_eq!(store.handed_over_since(at(0)).await.unwrap(), 2);
    let about = |line: &fortnightly::store::AuditRecord| line.subject == "bulletin warning";
    let told: Vec<_> = store.audit().await.unwrap().into_iter().filter(about).map(|line| line.action).collect();
    assert_eq!(told, ["publish", "hold", "release", "sent"]);
    let mails = store.published(number).await.unwrap().unwrap();
    assert_eq!((mails.at, mails.segments.len()), (at(1), 1));
}

pub(in crate::store) async fn a_name_is_published_once(open: Open<'_>) {
    let store = open();
    let store = &*store;
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    let first = publication(store, 1, "warning", Audience::default()).await;
    assert_eq!(store.publish_bulletin(&first).await.unwrap(), PublishResult::Published { recipients: 2 });
    assert_eq!(store.publish_bulletin(&first).await.unwrap(), PublishResult::Changed);
    // Someone for whom nothing was rendered.
    let second = publication(store, 2, "other", Audience::default()).await;
    store.subscribe(&[of(Sector::Health, "library", "8-10")], at(1)).await.unwrap();
    assert_eq!(store.publish_bulletin(&second).await.unwrap(), PublishResult::Changed);
    assert_eq!(store.bulletins().await.unwrap().len(), 1, "nothing of it is left");
    assert_eq!(store.tally(BulletinId(1).mailing()).await.unwrap().total, 2);
    // Every attempt brings the same pictures, and nothing is left of what wasn't published.
    let kept = store.published(BulletinId(1).mailing()).await.unwrap().unwrap().pictures;
    assert!(kept.len() == 2 && pictures().iter().all(|one| kept.contains(one)), "{kept:?}");
    assert_eq!(store.published(BulletinId(2).mailing()).await.unwrap(), None);
}

pub(in crate::store) async fn one_that_comes_back_counts_in_no_row_of_editions(open: Open<'_>) {
    let store = open();
    let store = &*store;
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    let comes_back = async |mailing, recipient, status: &str, minutes| {
        let delivery = DeliveryId { edition: mailing, recipient: RecipientId(recipient) };
        store.bounce(delivery, Some(status.parse::<EnhancedStatus>().unwrap()), at(minutes)).await.unwrap()
    };
    let bulletins = [1, 2].map(|id| BulletinId(id).mailing());
    for (number, row) in [(1, 1), (2, 2), (3, 3)] {
        let edition = EditionNumber(number);
        change_editions(store, &[plan(edition)], at(0)).await;
        store.publish(&super::samples::publication(store, edition, "4-5").await).await.unwrap();
        accept_all(store, edition).await;
        let expected = if row == 3 { Bounced::Suppressed } else { Bounced::Counted { in_a_row: row, of: 3 } };
        assert_eq!(comes_back(edition, 1, "5.2.2", 2).await, expected, "edition {number}");
        // A bulletin between two editions neither counts, nor breaks the row by arriving.
        let Some(bulletin) = bulletins.get(row as usize - 1) else { continue };
        published(store, number, &format!("bulletin-{number}"), Audience::default()).await;
        accept_all(store, *bulletin).await;
        if row == 1 {
            assert_eq!(comes_back(*bulletin, 1, "5.2.1", 3).await, Bounced::Uncounted);
            assert_eq!(comes_back(*bulletin, 2, "5.1.1", 3).await, Bounced::Suppressed, "its mailbox is gone");
        }
    }
    let (gone, _) = store.forget_records(Records::Bounces, at(99)).await.unwrap();
    assert_eq!(gone, 2, "the rule of editions in a row needs those of editions alone");
    let left: u64 = store.bounce_counts().await.unwrap().iter().map(|count| count.mails).sum();
    assert_eq!(left, 3);
}

/// Every mail of an edition or bulletin is accepted.
async fn accept_all(store: &dyn Store, mailing: EditionNumber) {
    for mail in store.claim(Some(mailing), at(1), ALL).await.unwrap() {
        done(store, mail.id, Outcome::Accepted(reply(250)), None).await;
    }
    store.finish(mailing, at(1)).await.unwrap();
}

pub(in crate::store) async fn what_is_left_of_it_is_put_off_and_given_up(open: Open<'_>) {
    let store = open();
    let store = &*store;
    store.subscribe(&crowd(1), at(0)).await.unwrap();
    assert_eq!(published(store, 1, "warning", Audience::default()).await.len(), 1);
    assert_eq!(store.postpone(Some(BulletinId(1).mailing()), at(5)..at(6), ALL).await.unwrap(), 1);
    assert!(store.next_retry(BulletinId(1).mailing()).await.unwrap() >= Some(at(5)));
    assert_eq!(store.expire(BulletinId(1).mailing(), 0, ALL, at(7)).await.unwrap(), 1);
    let line = store.audit().await.unwrap().pop().unwrap();
    assert_eq!((line.subject.as_str(), line.action.as_str()), ("bulletin warning", "expire"));
}

pub(in crate::store) async fn whoever_gets_the_earlier_mail_later_is_added(open: Open<'_>) {
    let store = open();
    let store = &*store;
    send_out(store, &[crowd(2), vec![of(Sector::Health, "library", "8-10")]].concat()).await;
    for (mail, is_late) in claim(store, 2, ALL).await.iter().zip([false, false, true]) {
        let outcome = if is_late { Outcome::Transient(reply(450)) } else { Outcome::Accepted(reply(250)) };
        done(store, mail.id, outcome, is_late.then_some(90)).await;
    }
    let readers = Audience { readers_of: Some(SEVEN), ..Audience::default() };
    assert_eq!(published(store, 1, "correction", readers.clone()).await.len(), 2);
    let (id, served) = (BulletinId(1), bands(SERVED));
    for mail in store.claim(Some(id.mailing()), at(3), ALL).await.unwrap() {
        done(store, mail.id, Outcome::Accepted(reply(250)), None).await;
    }
    assert!(store.finish(id.mailing(), at(4)).await.unwrap());
    let missed = async || store.missed_by_bulletin(id, &readers, &served).await.unwrap();
    assert_eq!(missed().await, []);
    let late = claim(store, 95, ALL).await;
    done(store, late[0].id, Outcome::Accepted(reply(250)), None).await;
    let found = missed().await;
    assert_eq!(found.iter().map(|one| one.recipients).collect::<Vec<_>>(), [1]);
    let before = store.bulletin(&"correction".parse().unwrap()).await.unwrap().unwrap();
    let segments = vec![PublishedSegment { key: found[0].key.clone(), rendered: rendered("for the library") }];
    let (after, audience) = (life::resume(&before).unwrap(), readers.clone());
    let addition = BulletinAddition { before, after, audience, at: at(96), served: served.clone(), segments };
    assert_eq!(store.add_readers(&addition).await.unwrap(), PublishResult::Published { recipients: 1 });
    assert_eq!(store.add_readers(&addition).await.unwrap(), PublishResult::Changed, "it is not as it was read");
    assert_eq!(missed().await, []);
    assert_eq!(
        store.tally(id.mailing()).await.unwrap(),
        Tally { total: 3, accepted: 2, queued: 1, ..Tally::default() }
    );
    let kept = store.published(id.mailing()).await.unwrap().unwrap();
    let says: Vec<_> = kept.segments.into_values().map(|one| one.rendered).collect();
    assert!(says.len() == 2 && says[1] == rendered("for the library"), "{says:?}");
    let rest = store.claim(Some(id.mailing()), at(97), ALL).await.unwrap();
    assert_eq!(rest.len(), 1);
    done(store, rest[0].id, Outcome::Accepted(reply(250)), None).await;
    assert!(store.finish(id.mailing(), at(98)).await.unwrap());
}

/// A bulletin to two mailboxes, of which one was accepted and one is given up.
async fn half_sent(store: &dyn Store) -> EditionNumber {
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    assert_eq!(published(store, 1, "warning", Audience::default()).await.len(), 2);
    let number = BulletinId(1).mailing();
    let claimed = store.claim(Some(number), at(2), 1).await.unwrap();
    done(store, claimed[0].id, Outcome::Accepted(reply(250)), None).await;
    number
}

/// What a person would take up again: all that ended without being accepted.
async fn retry(store: &dyn Store, number: EditionNumber) -> Result<u64, StoreError> {
    let states = vec![DeliveryState::Failed, DeliveryState::Expired, DeliveryState::Uncertain];
    let filter = DeliveryFilter { edition: Some(number), states, ..DeliveryFilter::default() };
    store.retry(number, &filter, RetriedPart::default(), ALL, at(9)).await.map(|part| part.retried.ended)
}

pub(in crate::store) async fn nothing_of_a_withdrawn_one_is_taken_up_again(open: Open<'_>) {
    let store = open();
    let store = &*store;
    let number = half_sent(store).await;
    let bulletin = async || store.bulletin(&"warning".parse().unwrap()).await.unwrap().unwrap();
    assert!(decide(store, Some(&bulletin().await), &BulletinChange::Withdraw, at(3)).await);
    assert_eq!(store.claim(Some(number), at(4), ALL).await.unwrap(), [], "nothing more of it leaves");
    assert_eq!(store.expire(number, 0, ALL, at(5)).await.unwrap(), 1);
    assert!(store.finish(number, at(6)).await.unwrap());
    let withdrawn = bulletin().await;
    assert_eq!((withdrawn.state(), withdrawn.withdrawn_at), (EditionState::Withdrawn, Some(at(3))));
    assert_eq!(withdrawn.course.state, EditionState::Sent, "its numbers are kept like those of others");
    let refused = retry(store, number).await;
    assert!(matches!(&refused, Err(StoreError::Refused(Refusal::Withdrawn(BulletinId(1))))), "{refused:?}");
    let counts = Tally { total: 2, accepted: 1, expired: 1, ..Tally::default() };
    assert_eq!(store.tally(number).await.unwrap(), counts);
    assert_eq!(bulletin().await, withdrawn);
    let told: Vec<_> = store.audit().await.unwrap().into_iter().map(|line| line.action).collect();
    assert_eq!(told[told.len() - 3..], ["withdraw", "expire", "sent"]);
}

pub(in crate::store) async fn what_is_no_longer_kept_is_not_taken_up_again(open: Open<'_>) {
    let store = open();
    let store = &*store;
    let number = half_sent(store).await;
    assert_eq!(store.expire(number, 0, ALL, at(5)).await.unwrap(), 1);
    assert!(store.finish(number, at(6)).await.unwrap());
    let mut records = Some(Records::Mails);
    while let Some(Records::Mails) = records {
        records = store.forget_records(Records::Mails, at(8)).await.unwrap().1;
    }
    assert_eq!(store.published(number).await.unwrap(), None);
    let refused = retry(store, number).await;
    assert!(matches!(&refused, Err(StoreError::Refused(Refusal::Forgotten(_)))), "{refused:?}");
    let bulletin = store.bulletin(&"warning".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(bulletin.state(), EditionState::Sent, "nobody tries to send what can't be made");
}
