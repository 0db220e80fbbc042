//! Forgetting, seen through the trait.

use fortnightly::domain::delivery::Outcome;
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::subscriber::{Subscribed, SuppressionReason};
use fortnightly::store::{Erased, Old};

use super::world::{Open, SEVEN, address, at, claim, crowd, done, id, look_up, mark, reply, send_out, wish};

fn before(minutes: i64) -> Old {
    Old { attempts_before: at(minutes), ended_before: at(minutes) }
}

pub(in crate::store) async fn the_erased_are_gone_and_stay_suppressed(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(3)).await;
    claim(&*store, 2, 1).await;
    mark(&*store, id(1)).await;
    done(&*store, id(1), Outcome::Accepted(reply(250)), None).await;
    let erased = store.erase(&address("M0@school.example"), at(5)).await.unwrap().unwrap();
    assert!(erased.mailbox && erased.name);
    assert_eq!(store.erase(&address("nobody@school.example"), at(5)).await.unwrap(), None);
    let again = store.erase(&address("m0@school.example"), at(6)).await.unwrap().unwrap();
    assert_eq!(again, Erased { mailbox: false, ..again });
    let known = store.subscribers().await.unwrap();
    assert!(
        known.iter().all(|subscriber| subscriber.mailboxes.iter().all(|m| m.address != address("m0@school.example")))
    );
    assert!(known.iter().all(|subscriber| subscriber.profile.name != "School 0"));
    assert_eq!(store.suppression(&address("m0@school.example")).await.unwrap(), Some(SuppressionReason::Unsubscribed));
    let back = store.subscribe(&[wish("Hill", "m0@school.example", "4-5")], at(7)).await.unwrap();
    assert_eq!(back, [Subscribed::Left(SuppressionReason::Unsubscribed)]);
    // One that waits is not mailed any more, and all of them still add up.
    store.erase(&address("m2@school.example"), at(8)).await.unwrap();
    let rest = claim(&*store, 9, 9).await;
    assert_eq!(rest.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [id(2)]);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.accepted, tally.suppressed, tally.sending), (3, 1, 1, 1));
    let held = store.held(id(1).recipient).await.unwrap();
    assert!(held.deliveries[0].attempts.iter().all(|attempt| attempt.reply.is_empty()), "{held:?}");
    assert!(store.audit().await.unwrap().iter().all(|record| !record.detail.contains("School 0")));
}

pub(in crate::store) async fn what_is_old_goes_a_little_at_a_time(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(5)).await;
    claim(&*store, 2, 9).await;
    for recipient in 1..=5 {
        mark(&*store, id(recipient)).await;
        done(&*store, id(recipient), Outcome::Accepted(reply(250)), None).await;
    }
    assert_eq!(store.forget_old(&before(1_000), at(1_000), 2).await.unwrap(), 0, "it is still being sent");
    assert!(store.finish(SEVEN, at(4)).await.unwrap());
    assert_eq!(store.forget_old(&before(4), at(1_000), 2).await.unwrap(), 0, "not before its time");
    let mut rounds = 0;
    while store.forget_old(&before(5), at(1_000), 2).await.unwrap() > 0 {
        rounds += 1;
        assert!(rounds < 9);
    }
    assert!(rounds > 1, "all at once");
    assert!(store.held(id(1).recipient).await.unwrap().deliveries[0].attempts.is_empty());
    assert_eq!(store.tally(SEVEN).await.unwrap().accepted, 5);
    // Whoever left is forgotten after a while; who is subscribed is not.
    store.unsubscribe(&address("m1@school.example"), SuppressionReason::Unsubscribed, "test", at(10)).await.unwrap();
    assert_eq!(store.forget_old(&before(10), at(1_000), 100).await.unwrap(), 0);
    assert_eq!(store.forget_old(&before(11), at(1_000), 100).await.unwrap(), 1);
    let left: usize = store.subscribers().await.unwrap().iter().map(|subscriber| subscriber.mailboxes.len()).sum();
    assert_eq!(left, 4);
    assert_eq!(look_up(&*store, "m2@school.example").await.1.address, address("m2@school.example"));
    assert!(store.suppression(&address("m1@school.example")).await.unwrap().is_some());
    assert_eq!(store.recipients_of(EditionNumber(7), None, 9).await.unwrap().len(), 5);
}
