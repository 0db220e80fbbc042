//! What a claim within a day's cap reads: it must not grow with what was sent.

use fortnightly::domain::delivery::{DailyCap, Outcome};
use fortnightly::store::Outbox as _;
use fortnightly::store::postgres::PostgresStore;

use super::hasher;
use super::samples::{SEVEN, at, crowd, done, reply, send_out};
use crate::support::postgres::{change, fresh};

/// The attempts are not even looked at: they may be gone. What is read instead are a few rows, however many mails they count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_within_a_cap_reads_no_more_at_the_end_of_a_day() {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    send_out(&store, &crowd(60)).await;
    let cap = DailyCap { most: 40, since: at(0) };
    for _ in 0..4 {
        let claimed = store.claim_within(cap, Some(SEVEN), at(2), 10).await.unwrap().claimed;
        assert_eq!(claimed.len(), 10);
        for claimed in claimed {
            done(&store, claimed.id, Outcome::Accepted(reply(250)), None).await;
        }
    }
    change(&settings, "DO $$ BEGIN ASSERT (SELECT count(*) = 1 AND sum(count) = 40 FROM handed_over_counts); END $$");
    change(&settings, "TRUNCATE attempts");
    let none = store.claim_within(cap, Some(SEVEN), at(2), 10).await.unwrap();
    assert!(none.is_reached && none.claimed.is_empty());
    assert_eq!(store.left_within(cap).await.unwrap(), 0);
}
