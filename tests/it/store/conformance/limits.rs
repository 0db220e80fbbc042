//! A day's cap, kept by what may be claimed.

use std::sync::Arc;

use fortnightly::domain::delivery::{DailyCap, Outcome};
use fortnightly::domain::edition::EditionNumber;
use fortnightly::store::{Store, WithinCap};

use super::samples::{ALL, Open, SEVEN, at, change_editions, crowd, done, plan, publication, reply, send_out};

async fn claim(store: &Arc<dyn Store>, most: u32, limit: u32) -> WithinCap {
    let cap = DailyCap { most, since: at(0) };
    store.claim_within(cap, Some(SEVEN), at(2), limit).await.unwrap()
}

pub(in crate::store) async fn a_cap_counts_what_was_handed_over_and_what_is_in_hand(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(30)).await;
    let first = claim(&store, 10, 4).await;
    assert_eq!((first.claimed.len(), first.is_reached), (4, false));
    let second = claim(&store, 10, 99).await;
    assert_eq!((second.claimed.len(), second.is_reached), (6, false), "no more than it leaves");
    assert_eq!(claim(&store, 10, 99).await, WithinCap { claimed: Vec::new(), is_reached: true });
    let outcomes = [
        Outcome::Accepted(reply(250)),
        Outcome::Uncertain(reply(421)),
        Outcome::Transient(reply(451)),
        Outcome::Permanent { reply: reply(550), suppress: None },
    ];
    for (claimed, outcome) in first.claimed.iter().zip(outcomes) {
        done(&*store, claimed.id, outcome, Some(99)).await;
    }
    assert_eq!(claim(&store, 10, 99).await.claimed.len(), 2, "in place of the two that nobody got");
    assert_eq!(store.handed_over_since(at(0)).await.unwrap(), 2);
    store.abandon(true, at(3)).await.unwrap();
    let tomorrow = DailyCap { most: 5, since: at(1_440) };
    let later = store.claim_within(tomorrow, Some(SEVEN), at(1_441), ALL).await.unwrap();
    assert_eq!((later.claimed.len(), later.is_reached), (5, false), "what was sent yesterday does not count");
}

/// Whether another claim could take something is asked between two runs, and answered as the claim would be.
pub(in crate::store) async fn a_cap_counts_what_is_in_hand_of_any_edition(open: Open<'_>) {
    const EIGHT: EditionNumber = EditionNumber(8);
    let store = open();
    send_out(&*store, &crowd(9)).await;
    change_editions(&*store, &[plan(EIGHT)], at(1)).await;
    let publication = publication(&*store, EIGHT, "4-5 5-7 8-10 11-14 14+").await;
    store.publish(&publication).await.unwrap();
    let cap = DailyCap { most: 10, since: at(0) };
    let other = store.claim_within(cap, Some(EIGHT), at(2), 4).await.unwrap();
    assert_eq!((other.claimed.len(), store.left_within(cap).await.unwrap()), (4, 6));
    done(&*store, other.claimed[0].id, Outcome::Accepted(reply(250)), None).await;
    done(&*store, other.claimed[1].id, Outcome::Transient(reply(451)), Some(99)).await;
    assert_eq!(store.left_within(cap).await.unwrap(), 7);
    assert_eq!(claim(&store, 10, 99).await.claimed.len(), 7);
    assert_eq!(store.left_within(cap).await.unwrap(), 0);
}

/// However many claim at once.
pub(in crate::store) async fn a_cap_is_kept_on_two_handles(open: Open<'_>) {
    let handles = [open(), open()];
    send_out(&*handles[0], &crowd(300)).await;
    let claims = (0..10).map(|turn| {
        let store = Arc::clone(&handles[turn % 2]);
        tokio::spawn(async move {
            let mut taken = 0;
            loop {
                let claimed = claim(&store, 100, 7).await;
                taken += claimed.claimed.len();
                if claimed.is_reached {
                    return taken;
                }
            }
        })
    });
    let claims: Vec<_> = claims.collect();
    let mut taken = 0;
    for claim in claims {
        taken += claim.await.unwrap();
    }
    assert_eq!(taken, 100);
}
