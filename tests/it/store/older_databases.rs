//! Databases that older versions made.

use fortnightly::domain::delivery::DailyCap;
use fortnightly::store::postgres::PostgresStore;
use fortnightly::store::{Nodes as _, Outbox as _};
use sha2::{Digest as _, Sha256};

use super::hasher;
use super::samples::at;
use crate::support::postgres::{change, fresh};

/// What a released version makes, with the beginning of its SHA-256: stores were made by it. Whoever ships a migration enters it here.
const SHIPPED: &[(&str, &str)] =
    &[(include_str!("../../../src/store/postgres/engine/migrations/0001_initial.sql"), "33b25d1cc5c7aa1d")];

#[test]
fn a_migration_that_was_shipped_is_never_edited() {
    for (text, digest) in SHIPPED {
        let found = data_encoding::HEXLOWER.encode(&Sha256::digest(text));
        assert_eq!(&found[..16], *digest);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_today_counts_after_an_update() {
    let settings = fresh().unwrap();
    let (first, now) = (SHIPPED[0].0, chrono::Utc::now().timestamp_millis());
    change(&settings, first);
    change(
        &settings,
        &format!(
            "INSERT INTO store (application, version) VALUES ('fortnightly', 1);
             INSERT INTO attempts (mailing, recipient, number, at, outcome, reply)
             VALUES (7, 1, 1, {now}, 'a', ''), (7, 2, 1, {now}, 'u', ''), (7, 3, 1, {now}, 't', ''), (-7, 1, 1, {now}, 'a', '');
             UPDATE epochs SET value = 5"
        ),
    );
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    assert_eq!(store.left_within(DailyCap { most: 10, since: at(0) }).await.unwrap(), 8);
    assert!(store.epoch().await.unwrap().unwrap().list >= 5);
    change(&settings, "DO $$ BEGIN ASSERT (SELECT count(*) >= 2 FROM past_epochs WHERE value = 5); END $$");
}
