//! What operators are told: once, by whoever comes first, through the one outbox and to nobody's mailbox.

use fortnightly::domain::delivery::{DeliveryState, Outcome, TransactionalKind, TransactionalMail};
use fortnightly::domain::notice::{NoticeKind, RelayOutage, Told};
use fortnightly::domain::subscriber::{RecipientId, SuppressionReason};
use fortnightly::store::{Claimed, ClaimedContent, QueuedNotice, Records, Store};

use super::desk::Desk as _;
use super::samples::{Open, address, at, day, done, mark, recovered, rendered, reply, sender, state, wish};

/// A notice of some findings on a day of November, to two operators.
pub(in crate::store) fn notice(kind: NoticeKind, findings: &[&str], number: u32) -> QueuedNotice {
    let day = day(&format!("2026-11-{number:02}"));
    QueuedNotice {
        kind,
        findings: findings.iter().map(ToString::to_string).collect(),
        day,
        quiet_since: kind.quiet_since(day),
        operators: vec![address("officer@x.example"), address("colleague@x.example")],
        mail: TransactionalMail { kind: TransactionalKind::Notice, sender: sender(), rendered: rendered("Look") },
    }
}

async fn tell(store: &dyn Store, kind: NoticeKind, findings: &[&str], number: u32) -> bool {
    store.tell(&notice(kind, findings, number), at(i64::from(number) * 24 * 60)).await.unwrap()
}

async fn claim(store: &dyn Store, minutes: i64) -> Vec<Claimed> {
    store.claim(None, at(minutes), 99).await.unwrap()
}

pub(in crate::store) async fn what_was_told_is_not_told_again(open: Open<'_>) {
    use NoticeKind::{Attention, Held, Reviews};
    let store = open();
    assert!(tell(&*store, Held, &["7 late"], 10).await);
    for (kind, findings, number, is_told) in [
        (Held, ["7 late", "8 late"].as_slice(), 11, false),
        (Held, &["8 late"], 10, false),
        (Attention, &["7 late"], 10, true),
        (Held, &["8 late"], 11, true),
        (Reviews, &["a"], 10, true),
        (Reviews, &["b"], 16, false),
        (Reviews, &["b"], 17, true),
        // A clock that was set back: what it told on days to come keeps nothing back.
        (Held, &["9 late"], 9, true),
    ] {
        assert_eq!(tell(&*store, kind, findings, number).await, is_told, "{kind} {findings:?} on the {number}th");
    }
    assert_eq!(store.waiting(None, at(0), 99).await.unwrap(), 12, "two operators for each of six");
    store.forget_told(Attention, &["7 late".to_owned()]).await.unwrap();
    assert!(tell(&*store, Attention, &["7 late"], 12).await);
    let told = store.told().await.unwrap();
    assert_eq!(told.len(), 6);
    assert!(told.contains(&Told { kind: Held, finding: "8 late".to_owned(), day: day("2026-11-11") }), "{told:?}");
    let (gone, next) = store.forget_records(Records::Notices, at(11 * 24 * 60)).await.unwrap();
    assert_eq!((gone, next), (3, None));
    assert!(tell(&*store, Held, &["7 late"], 20).await, "long after that it is news again");
}

pub(in crate::store) async fn an_operator_s_mail_concerns_no_mailbox(open: Open<'_>) {
    let store = open();
    store.subscribe(&[wish("Hill", "officer@x.example", "4-5")], at(0)).await.unwrap();
    store.unsubscribe(&address("officer@x.example"), SuppressionReason::Complained, "test", at(0)).await.unwrap();
    let suppressed = store.suppression_count().await.unwrap();
    assert!(tell(&*store, NoticeKind::Held, &["7"], 1).await);
    let claimed = claim(&*store, 5).await;
    let addresses: Vec<_> = claimed.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(addresses, ["officer@x.example", "colleague@x.example"]);
    for one in &claimed {
        assert_eq!(one.id.recipient, RecipientId::NOBODY);
        let ClaimedContent::Transactional(mail) = &one.content else { panic!("it is no edition") };
        assert_eq!((mail.mail.kind, mail.request), (TransactionalKind::Notice, None));
        assert!(mark(&*store, one.id).await && store.is_wanted(one.id).await.unwrap());
    }
    done(&*store, claimed[0].id, Outcome::Transient(reply(451)), Some(30)).await;
    done(&*store, claimed[1].id, Outcome::Permanent { reply: reply(550), suppress: None }, None).await;
    assert_eq!(store.suppression_count().await.unwrap(), suppressed);
    let again = claim(&*store, 30).await;
    assert_eq!((again.len(), again[0].id, again[0].attempts), (1, claimed[0].id, 1));
    done(&*store, again[0].id, Outcome::Accepted(reply(250)), None).await;
    assert_eq!(state(&*store, claimed[0].id).await, DeliveryState::Accepted);
    assert_eq!(state(&*store, claimed[1].id).await, DeliveryState::Failed);
    assert_eq!(store.waiting(None, at(9_999), 9).await.unwrap(), 0);
    // Once they are settled, they are forgotten like any other.
    assert_eq!(store.forget_records(Records::Letters, at(60 * 24 * 30)).await.unwrap().0, 2);
}

pub(in crate::store) async fn an_outage_begins_goes_on_and_ends(open: Open<'_>) {
    let store = open();
    assert!(!store.note_relay_reached(at(0)).await.unwrap());
    store.note_relay_unreachable(3, at(1)).await.unwrap();
    store.note_relay_unreachable(9, at(11)).await.unwrap();
    store.note_relay_unreachable(4, at(21)).await.unwrap();
    let lasts = RelayOutage { since: at(1), seen_at: at(21), until: None, mails: 9 };
    assert_eq!(store.relay_outages().await.unwrap(), [lasts]);
    assert!(store.note_relay_reached(at(25)).await.unwrap());
    assert!(!store.note_relay_reached(at(26)).await.unwrap());
    store.note_relay_unreachable(1, at(30)).await.unwrap();
    let over = RelayOutage { until: Some(at(25)), ..lasts };
    let next = RelayOutage { since: at(30), seen_at: at(30), until: None, mails: 1 };
    assert_eq!(store.relay_outages().await.unwrap(), [over, next]);
    store.forget_records(Records::Notices, at(9_999)).await.unwrap();
    assert_eq!(store.relay_outages().await.unwrap(), [next], "one that lasts is not forgotten");
}

pub(in crate::store) async fn of_those_who_tell_the_same_one_is_heard(open: Open<'_>) {
    let stores = [open(), open()];
    for number in 1..=10 {
        let tells = |at: usize, findings: &'static [&'static str]| {
            let store = std::sync::Arc::clone(&stores[at]);
            tokio::spawn(async move { tell(&*store, NoticeKind::Coming, findings, number).await })
        };
        stores[0].forget_told(NoticeKind::Coming, &["a".to_owned(), "b".to_owned()]).await.unwrap();
        let both = tokio::join!(tells(0, &["a", "b"]), tells(1, &["b"]));
        assert_eq!(usize::from(both.0.unwrap()) + usize::from(both.1.unwrap()), 1, "on day {number}");
    }
    assert_eq!(stores[1].waiting(None, at(0), 99).await.unwrap(), 20);
}

pub(in crate::store) async fn what_a_dead_process_had_in_hand_for_operators_is_taken_up(open: Open<'_>) {
    let (living, dying) = (open(), open());
    assert!(tell(&*living, NoticeKind::Held, &["7"], 1).await);
    let claimed = claim(&*dying, 5).await;
    assert!(mark(&*dying, claimed[0].id).await);
    drop(dying);
    assert_eq!(recovered(&*living, true, 6).await, 2);
    let again = claim(&*living, 7).await;
    assert_eq!(
        again.iter().map(|one| (one.id, one.repeated)).collect::<Vec<_>>(),
        [(claimed[0].id, true), (claimed[1].id, false)]
    );
}
