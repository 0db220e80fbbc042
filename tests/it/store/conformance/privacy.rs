//! Erasing a person, and forgetting what is old.

use chrono::{DateTime, Utc};
use fortnightly::app::maintenance::{Forgotten, Limits, Stage, forget_part};
use fortnightly::app::privacy::{EraseResult, Erased};
use fortnightly::domain::delivery::listing::DeliveryFilter;
use fortnightly::domain::delivery::{DeliveryId, DeliveryState, Outcome, Reply, TransactionalKind, TransactionalMail};
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};
use fortnightly::domain::subscription::bounce::EnhancedStatus;
use fortnightly::domain::subscription::confirm::{Asked, Clicked, Question};
use fortnightly::domain::subscription::returned::Bounced;
use fortnightly::domain::subscription::subscribe::Subscribed;
use fortnightly::domain::subscription::sync::{Entry, plan_sync};
use fortnightly::store::{AttemptResult, Claimed, PublishResult, Store};

use super::desk::Desk as _;
use super::samples::{
    Open, SEVEN, address, at, bands, change_editions, claim, delivery, done, greeted, id, look_up, mark, plan, profile,
    publication, record_and_mark, rendered, reply, send_out, sender, state, wish,
};
use super::whole::Whole as _;

const JANE: &str = "Jane@home.example";

async fn claim_letter(store: &dyn Store, minutes: i64) -> Option<Claimed> {
    store.claim(None, at(minutes), 1).await.unwrap().pop()
}

fn letter() -> TransactionalMail {
    TransactionalMail { kind: TransactionalKind::Confirm, sender: sender(), rendered: rendered("Please click") }
}

fn named() -> Outcome {
    Outcome::Accepted(Reply { code: Some(250), text: format!("2.1.5 <{JANE}> accepted") })
}

async fn erase(store: &dyn Store, mailbox: &str, minutes: i64) -> Option<Erased> {
    match store.erase(&address(mailbox), at(minutes)).await.unwrap() {
        EraseResult::Done(erased) => Some(erased),
        EraseResult::Before | EraseResult::Unknown => None,
    }
}

/// Forgets everything that is older than `before`, bit by bit.
async fn forget(store: &dyn Store, before: DateTime<Utc>, minutes: i64) -> Forgotten {
    let limits = Limits { attempts: before, ended: before, settled: before, told: before };
    let (mut gone, mut stage) = (Forgotten::default(), Some(Stage::FIRST));
    while let Some(now) = stage {
        let (part, next) = forget_part(store, limits, now, at(minutes)).await.unwrap();
        gone += part;
        stage = next;
    }
    gone
}

async fn attempts(store: &dyn Store, recipient: u64) -> Vec<String> {
    let held = store.subject_data(RecipientId(recipient)).await.unwrap();
    held.deliveries.into_iter().flat_map(|d| d.attempts).map(|attempt| attempt.reply).collect()
}

async fn suppressed(store: &dyn Store, mailbox: &str) -> Option<SuppressionReason> {
    store.suppression(&address(mailbox)).await.unwrap()
}

/// What a config that names this mailbox comes to: whether it is brought in.
async fn brought_in(store: &dyn Store, mailbox: &str) -> bool {
    let entry = Entry { profile: profile("By file"), addresses: vec![address(mailbox)], bands: bands("4-5"), line: 1 };
    let stored = store.stored_state(&entry.addresses).await.unwrap();
    let plan = plan_sync(&[entry], &stored);
    store.apply_sync(&plan, at(9_000)).await.unwrap();
    !plan.changes.is_empty()
}

pub(in crate::store) async fn an_erased_person_leaves_a_hash_and_the_counts(open: Open<'_>) {
    let store = open();
    send_out(&*store, &[wish("Jane Miller", JANE, "4-5"), wish("Hill", "b@hill.example", "4-5")]).await;
    claim(&*store, 1, 9).await;
    done(&*store, id(1), named(), None).await;
    done(&*store, id(2), Outcome::Accepted(reply(250)), None).await;
    assert!(store.finish(SEVEN, at(3)).await.unwrap());
    let before = store.tally(SEVEN).await.unwrap();
    let erased = erase(&*store, "JANE@home.example", 4).await.unwrap();
    assert_eq!(
        erased,
        Erased {
            mailbox: Some(RecipientId(1)),
            subscriptions: 1,
            deliveries: 1,
            replies: 1,
            requests: 0,
            letters: 0,
            names: 1
        }
    );
    assert_eq!(store.tally(SEVEN).await.unwrap(), before);
    assert_eq!(attempts(&*store, 1).await, [""]);
    assert_eq!(attempts(&*store, 2).await, ["as the relay said"]);
    let everything = format!(
        "{:?}{:?}{:?}{:?}{:?}",
        store.subscribers().await.unwrap(),
        store.addressees(SEVEN).await.unwrap(),
        store.suppressions().await.unwrap(),
        store.audit().await.unwrap(),
        store
            .deliveries(&DeliveryFilter { states: vec![DeliveryState::Accepted], ..DeliveryFilter::default() }, None, 9)
            .await
            .unwrap()
    );
    assert!(!everything.to_lowercase().contains("jane"), "{everything}");
    assert!(everything.contains("(erased)"));
    assert_eq!(suppressed(&*store, JANE).await, Some(SuppressionReason::Unsubscribed));
    assert_eq!(store.suppressions().await.unwrap()[0].suppression.address, None);
    assert_eq!(store.subscribed_name(RecipientId(1)).await.unwrap(), None);
    assert_eq!(store.erase(&address(JANE), at(5)).await.unwrap(), EraseResult::Before);
    assert_eq!(store.erase(&address("nobody@home.example"), at(5)).await.unwrap(), EraseResult::Unknown);
    // A late click on an old link, a late bounce: nothing comes up again.
    assert_eq!(store.leave(RecipientId(1), SuppressionReason::Complained, "web", at(6)).await.unwrap(), None);
    store.bounce(delivery(1), Some("5.1.1".parse::<EnhancedStatus>().unwrap()), at(6)).await.unwrap();
    assert_eq!(suppressed(&*store, JANE).await, Some(SuppressionReason::Complained), "a complaint counts for more");
    assert_eq!(store.suppression_count().await.unwrap(), 1);
}

pub(in crate::store) async fn an_erased_person_comes_back_by_their_own_click_alone(open: Open<'_>) {
    let store = open();
    store.subscribe(&[wish("Jane Miller", JANE, "4-5")], at(0)).await.unwrap();
    erase(&*store, JANE, 1).await.unwrap();
    let again = store.subscribe(&[wish("Jane Miller", JANE, "4-5")], at(2)).await.unwrap();
    assert_eq!(again, [Subscribed::Left(SuppressionReason::Unsubscribed)]);
    assert!(!brought_in(&*store, JANE).await);
    let asked = store.ask_to_subscribe(&wish("Jane", JANE, "8-10"), &letter(), at(3)).await.unwrap();
    let Asked::Waits(request) = asked else { panic!("{asked:?}") };
    assert!(!brought_in(&*store, JANE).await, "a wish that nobody confirmed");
    assert!(matches!(store.fulfil(request, at(4)).await.unwrap(), Clicked::Done(_)));
    let (subscriber, mailbox) = look_up(&*store, JANE).await;
    assert_eq!((mailbox.recipient, mailbox.state), (RecipientId(2), MailboxState::Active));
    assert_eq!((subscriber.profile.name.as_str(), mailbox.suppressed), ("Jane", None));
    assert!(brought_in(&*store, JANE).await, "they came back: an entry may name them again");
}

pub(in crate::store) async fn nothing_is_sent_to_whom_is_erased_meanwhile(open: Open<'_>) {
    let store = open();
    let people =
        ["a", "b", "c", JANE].map(|name| if name == JANE { JANE.to_owned() } else { format!("{name}@x.example") });
    let wishes: Vec<_> = people.iter().map(|mailbox| wish(mailbox, mailbox, "4-5")).collect();
    send_out(&*store, &wishes).await;
    let claimed = claim(&*store, 1, 2).await;
    mark(&*store, claimed[0].id).await;
    for mailbox in &people {
        erase(&*store, mailbox, 2).await.unwrap();
    }
    assert!(!store.is_wanted(claimed[1].id).await.unwrap());
    assert!(!record_and_mark(&*store, None, Some(claimed[1].id)).await.unwrap(), "claimed, not yet at the dot");
    assert_eq!(claim(&*store, 3, 9).await, []);
    // What was at the dot ends as the relay says, without its words.
    let result = AttemptResult { id: claimed[0].id, outcome: named(), at: at(3), retry_at: None };
    record_and_mark(&*store, Some(result), None).await.unwrap();
    assert_eq!(attempts(&*store, 1).await, [""]);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.accepted, tally.suppressed), (4, 1, 3));
    assert!(store.finish(SEVEN, at(4)).await.unwrap());
}

pub(in crate::store) async fn a_name_stays_while_it_names_someone_else(open: Open<'_>) {
    let store = open();
    let mut both = [wish("Hill School", "a@hill.example", "4-5"), wish("Hill School", "b@hill.example", "4-5")];
    for wish in &mut both {
        wish.profile.urn = Some("123".to_owned());
    }
    send_out(&*store, &both).await;
    // Another subscriber of the same name, and one that was called otherwise before.
    store.subscribe(&[wish("Hill School", "c@dale.example", "4-5")], at(2)).await.unwrap();
    assert_eq!(erase(&*store, "a@hill.example", 3).await.unwrap().names, 0);
    assert_eq!(look_up(&*store, "b@hill.example").await.0.profile.name, "Hill School");
    assert_eq!(greeted(&claim(&*store, 3, 9).await[0]), "Hill School");
    assert_eq!(erase(&*store, "b@hill.example", 4).await.unwrap().names, 1);
    let mails = DeliveryFilter::default();
    let mails = DeliveryFilter { states: DeliveryState::ALL.to_vec(), ..mails };
    let mails = format!("{:?}", store.deliveries(&mails, None, 9).await.unwrap());
    assert!(!mails.contains("Hill"), "also in what went to the mailbox that was erased before: {mails}");
    assert_eq!(look_up(&*store, "c@dale.example").await.0.profile.name, "Hill School");
    let nameless = &store.subscribers().await.unwrap()[0];
    assert_eq!((nameless.profile.name.as_str(), nameless.profile.urn.as_deref()), ("(erased)", None));
    store.subscribe(&[wish("Dale Mansion", "c@dale.example", "4-5")], at(5)).await.unwrap();
    assert_eq!(erase(&*store, "c@dale.example", 6).await.unwrap().names, 1);
    let audit = format!("{:?}", store.audit().await.unwrap());
    assert!(!audit.contains("Dale Mansion") && !audit.contains("Hill School"), "{audit}");
    let counts = store.subscriber_counts().await.unwrap();
    assert_eq!((counts.active, counts.ended), (0, 2));
}

pub(in crate::store) async fn an_erased_person_s_wishes_and_letters_are_over(open: Open<'_>) {
    let store = open();
    let ask = store.ask_to_subscribe(&wish("Jane Miller", JANE, "4-5"), &letter(), at(0)).await.unwrap();
    let Asked::Waits(request) = ask else { panic!("{ask:?}") };
    let held = store.subject_data(RecipientId(1)).await.unwrap();
    assert_eq!((held.requests.len(), held.letters.len(), held.suppressed_since), (1, 1, None));
    let in_hand = claim_letter(&*store, 1).await.unwrap();
    let erased = erase(&*store, JANE, 2).await.unwrap();
    assert_eq!((erased.requests, erased.letters, erased.names), (1, 1, 1));
    assert!(!mark(&*store, in_hand.id).await);
    assert_eq!(store.waiting(None, at(99), 9).await.unwrap(), 0);
    assert_eq!(store.fulfil(request, at(3)).await.unwrap(), Clicked::Over);
    assert_eq!(store.subscriber_counts().await.unwrap().pending, 0);
    // An undo of leaving is over, too.
    store.subscribe(&[wish("Joe", "joe@home.example", "4-5")], at(4)).await.unwrap();
    store.leave_with_undo(RecipientId(2), &letter(), at(5)).await.unwrap();
    let held = store.subject_data(RecipientId(2)).await.unwrap();
    assert_eq!(held.suppressed_since, Some(at(5)));
    erase(&*store, "joe@home.example", 6).await.unwrap();
    assert!(claim_letter(&*store, 7).await.is_none());
    assert_eq!(
        store.fulfil(fortnightly::domain::subscription::request::RequestId(2), at(8)).await.unwrap(),
        Clicked::Over
    );
}

pub(in crate::store) async fn an_address_that_was_only_suppressed_is_erased(open: Open<'_>) {
    let store = open();
    store.unsubscribe(&address(JANE), SuppressionReason::Complained, "cli", at(0)).await.unwrap();
    assert_eq!(erase(&*store, JANE, 1).await, Some(Erased::default()));
    assert_eq!(store.suppressions().await.unwrap()[0].suppression.address, None);
    assert_eq!(suppressed(&*store, JANE).await, Some(SuppressionReason::Complained));
    assert_eq!(store.erase(&address(JANE), at(2)).await.unwrap(), EraseResult::Before);
}

pub(in crate::store) async fn who_ended_long_ago_is_forgotten(open: Open<'_>) {
    let store = open();
    let people = [
        wish("Stays", "stays@x.example", "4-5"),
        wish("Ended", "ended@x.example", "4-5"),
        wish("Left", "left@x.example", "4-5"),
        wish("Lifted", "lifted@x.example", "4-5"),
    ];
    store.subscribe(&people, at(0)).await.unwrap();
    for mailbox in ["left@x.example", "lifted@x.example"] {
        store.unsubscribe(&address(mailbox), SuppressionReason::Unsubscribed, "cli", at(10)).await.unwrap();
    }
    store.lift_suppression(&address("lifted@x.example"), "cli", at(11)).await.unwrap();
    store.unsubscribe(&address("ended@x.example"), SuppressionReason::Bounced, "cli", at(10)).await.unwrap();
    store.lift_suppression(&address("ended@x.example"), "cli", at(11)).await.unwrap();
    assert_eq!(forget(&*store, at(10), 99).await, Forgotten::default(), "not before its time is over");
    assert!(!store.is_unscrubbed().await.unwrap());
    assert_eq!(forget(&*store, at(11), 99).await.mailboxes, 3);
    assert!(store.is_unscrubbed().await.unwrap());
    let known: Vec<_> = store.subscribers().await.unwrap().into_iter().flat_map(|s| s.mailboxes).collect();
    assert_eq!(known.iter().map(|m| m.address.as_str()).collect::<Vec<_>>(), ["stays@x.example"]);
    assert_eq!(forget(&*store, at(11), 99).await, Forgotten::default(), "once is enough");
    // Suppressed stays suppressed, by the hash. A link in an old mail keeps its promise, also for a row made since.
    assert_eq!(suppressed(&*store, "left@x.example").await, Some(SuppressionReason::Unsubscribed));
    assert!(brought_in(&*store, "ended@x.example").await);
    let name = store.leave(RecipientId(2), SuppressionReason::Unsubscribed, "web", at(100)).await.unwrap();
    assert!(name.is_some(), "whose row it is now");
    assert_eq!(suppressed(&*store, "ended@x.example").await, Some(SuppressionReason::Unsubscribed));
    assert_eq!(store.suppression_count().await.unwrap(), 2);
    assert!(!brought_in(&*store, "left@x.example").await);
    assert!(!brought_in(&*store, "lifted@x.example").await, "the file never brings back who left");
    assert!(!brought_in(&*store, "ended@x.example").await);
    let again = store.subscribe(&[wish("Lifted", "lifted@x.example", "4-5")], at(101)).await.unwrap();
    assert_eq!(again, [Subscribed::Added]);
    assert_eq!(look_up(&*store, "stays@x.example").await.0.profile.name, "Stays");
}

pub(in crate::store) async fn who_never_confirmed_is_forgotten_with_the_wish(open: Open<'_>) {
    const DAY: i64 = 24 * 60;
    let store = open();
    store.ask_to_subscribe(&wish("Jane Miller", JANE, "4-5"), &letter(), at(0)).await.unwrap();
    claim_letter(&*store, 1).await.unwrap();
    store.abandon(true, at(2)).await.unwrap();
    store.end_unconfirmed(at(8 * DAY)).await.unwrap();
    assert_eq!(forget(&*store, at(30 * DAY), 40 * DAY).await, Forgotten::default(), "its letter still waits");
    let letter = claim_letter(&*store, 3).await.unwrap();
    done(&*store, letter.id, named(), None).await;
    assert_eq!(forget(&*store, at(7 * DAY), 40 * DAY).await.mailboxes, 0, "the link worked for seven days");
    let gone = forget(&*store, at(7 * DAY + 1), 40 * DAY).await;
    assert_eq!((gone.mailboxes, gone.requests), (1, 1));
    assert_eq!(suppressed(&*store, JANE).await, None, "it never had anything to leave");
    let request = fortnightly::domain::subscription::request::RequestId(1);
    assert_eq!(store.question(request, at(9)).await, Question::Unknown);
    assert!(store.subject_data(RecipientId(1)).await.unwrap().letters.is_empty());
}

pub(in crate::store) async fn what_old_mails_said_goes_when_a_newer_edition_went_out(open: Open<'_>) {
    let store = open();
    send_out(&*store, &[wish("A", "a@x.example", "4-5"), wish("B", "b@x.example", "5-7")]).await;
    let said = store.published(SEVEN).await.unwrap();
    claim(&*store, 2, 9).await;
    done(&*store, id(1), Outcome::Accepted(reply(250)), None).await;
    assert_eq!(forget(&*store, at(99), 99).await.segments, 0, "it is still being sent");
    done(&*store, id(2), Outcome::Permanent { reply: reply(550), suppress: None }, None).await;
    assert!(store.finish(SEVEN, at(50)).await.unwrap());
    assert_eq!(forget(&*store, at(99), 99).await.segments, 0, "what was refused may be taken up again");
    assert_eq!(store.published(SEVEN).await.unwrap(), said);
    let eight = EditionNumber(8);
    change_editions(&*store, &[plan(eight)], at(51)).await;
    let newer = publication(&*store, eight, "4-5 5-7").await;
    assert_eq!(store.publish(&newer).await.unwrap(), PublishResult::Published { recipients: 2 });
    assert_eq!(forget(&*store, at(50), 99).await.segments, 0, "not before its time is over");
    assert_eq!(forget(&*store, at(51), 99).await.segments, 2);
    assert_eq!(store.published(SEVEN).await.unwrap(), None);
    assert!(store.published_view(SEVEN).await.unwrap().is_some(), "pages and feeds keep its texts");
    assert_eq!(store.published(eight).await.unwrap().unwrap().segments.len(), 2);
    assert_eq!(store.addressees(SEVEN).await.unwrap().len(), 2);
    assert_eq!(forget(&*store, at(51), 99).await.segments, 0, "once is enough");
}

pub(in crate::store) async fn old_attempts_go_when_their_edition_is_sent(open: Open<'_>) {
    let store = open();
    let people = [wish("A", "a@x.example", "4-5"), wish("B", "b@x.example", "4-5")];
    send_out(&*store, &people).await;
    claim(&*store, 2, 9).await;
    done(&*store, id(1), Outcome::Accepted(reply(250)), None).await;
    assert_eq!(forget(&*store, at(99), 99).await.attempts, 0, "it is still being sent");
    mark(&*store, id(2)).await;
    let later = AttemptResult { id: id(2), outcome: Outcome::Accepted(reply(250)), at: at(50), retry_at: None };
    record_and_mark(&*store, Some(later), None).await.unwrap();
    assert!(store.finish(SEVEN, at(51)).await.unwrap());
    for (before, gone, left) in [(2, 0, [1, 1]), (3, 1, [0, 1]), (50, 0, [0, 1]), (51, 1, [0, 0])] {
        assert_eq!(forget(&*store, at(before), 99).await.attempts, gone, "before minute {before}");
        assert_eq!([attempts(&*store, 1).await.len(), attempts(&*store, 2).await.len()], left);
    }
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.accepted), (2, 2));
}

pub(in crate::store) async fn a_rule_of_editions_in_a_row_keeps_its_bounces(open: Open<'_>) {
    let store = open();
    store.subscribe(&[wish("A", "a@x.example", "4-5")], at(0)).await.unwrap();
    for number in 1..=14 {
        let edition = EditionNumber(number);
        change_editions(&*store, &[plan(edition)], at(0)).await;
        let publication = publication(&*store, edition, "4-5").await;
        assert_eq!(store.publish(&publication).await.unwrap(), PublishResult::Published { recipients: 1 });
        store.claim(Some(edition), at(1), 1).await.unwrap();
        let delivery = DeliveryId { edition, recipient: RecipientId(1) };
        done(&*store, delivery.into(), Outcome::Accepted(reply(250)), None).await;
        store.finish(edition, at(3)).await.unwrap();
        let policy = Some("5.7.1".parse::<EnhancedStatus>().unwrap());
        assert_eq!(store.bounce(delivery, policy, at(i64::from(number))).await.unwrap(), Bounced::Policy);
    }
    assert_eq!(forget(&*store, at(2), 99).await.bounces, 1, "that of edition 1 is from before");
    assert_eq!(forget(&*store, at(99), 99).await.bounces, 1, "those of the last twelve stay, however old");
    let held = store.subject_data(RecipientId(1)).await.unwrap().deliveries;
    let bounced: Vec<u32> = held.iter().filter(|d| d.bounce.is_some()).map(|d| d.edition.0).collect();
    assert_eq!(bounced, (3..=14).collect::<Vec<_>>());
    assert_eq!(look_up(&*store, "a@x.example").await.1.state, MailboxState::Active);
    assert_eq!(
        state(&*store, DeliveryId { edition: EditionNumber(1), recipient: RecipientId(1) }.into()).await,
        DeliveryState::Accepted
    );
}
