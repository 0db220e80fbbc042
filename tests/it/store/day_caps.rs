//! What a claim within a day's cap reads: it must not grow with what was sent, and what is over goes.

use fortnightly::domain::delivery::{DailyCap, Outcome};
use fortnightly::store::postgres::PostgresStore;
use fortnightly::store::{Outbox as _, Privacy as _};

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

/// Once a day goes what nobody asks for any more; the newest trace says when the database was last written to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_for_a_time_is_tidied_away() {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    let quarter = at(0).timestamp() / 900;
    let (old, new) = (quarter - 200, quarter - 100);
    change(
        &settings,
        &format!(
            "INSERT INTO traces (id, word, at) VALUES (1, 1, now() - interval '2 days'), (2, 1, now());
             INSERT INTO handed_over_counts (quarter, node, trace, count) VALUES ({old}, 1, 1, 5), ({new}, 1, 1, 6);
             INSERT INTO past_epochs (what, value, at) VALUES ('list', -1, now() - interval '200 days'), ('list', -2, now())"
        ),
    );
    store.note_tidied(at(0)).await.unwrap();
    change(
        &settings,
        "DO $$ BEGIN
             ASSERT (SELECT bool_or(id = 2) AND NOT bool_or(id = 1) FROM traces);
             ASSERT (SELECT sum(count) = 6 FROM handed_over_counts);
             ASSERT (SELECT bool_or(value = -2) AND NOT bool_or(value = -1) FROM past_epochs);
         END $$",
    );
}
