//! How much the store does at once when much is old.

use std::time::{Duration, Instant};

use fortnightly::app::maintenance::{Forgotten, Limits, Stage, forget_part};
use fortnightly::domain::delivery::Outcome;
use fortnightly::domain::subscriber::RecipientId;
use fortnightly::store::{AttemptResult, Outbox as _, Privacy as _, Store};

use super::open;
use super::samples::{SEVEN, at, claim, crowd, id, mark, record_and_mark, reply, send_out};

/// Attempts, bounces, ended mailboxes, requests and letters, so many of each, all old.
const FILL: &str = "
    INSERT INTO names (id, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT i, 'School ' || i FROM n;
    INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 26)
        SELECT i, 'sent', '2026-01-01', i, '', 'nothing-eligible', i FROM n;
    CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ROWS) SELECT i FROM n;
    INSERT INTO subscribers (id, name_id, sector, locale, origin, created_at)
        SELECT i, 1 + i % 1000, 0, 0, 1, 1 FROM n;
    INSERT INTO recipients (id, address, mac, owner, bands, state, created_at)
        SELECT i, 's' || i || '@x.example', randomblob(16), i, 1, 0, 1 FROM n;
    INSERT INTO subscriptions (recipient, subscriber, origin, bands, since, ended, ended_by)
        SELECT i, i, 1, 1, 1, 2, 'bounced' FROM n;
    INSERT INTO deliveries (mailing, recipient, segment, state, name_id) SELECT 1, i, 0, 3, 1 + i % 1000 FROM n;
    INSERT INTO attempts (mailing, recipient, number, at, outcome, reply) SELECT 1, i, 1, 2, 'accepted', 'yes' FROM n;
    INSERT INTO bounces (recipient, edition, at, meaning) SELECT i, 1, 2, 'policy' FROM n;
    INSERT INTO requests (id, recipient, kind, bands, made_at, expires_at) SELECT i, i, 'bands', 1, 1, 2 FROM n;
    INSERT INTO transactional_mails (id, recipient, request, kind, at, sender, rendered)
        SELECT i, i, i, 'confirm', 1, '', '' FROM n;
    INSERT INTO deliveries (mailing, recipient, segment, state, name_id) SELECT -i, i, 0, 3, 0 FROM n;
    INSERT INTO audit (at, actor, action, subject, detail) SELECT 1, 'x', 'add', 'subscriber ' || i, 'School 1' FROM n;
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_long_for_what_is_forgotten() {
    // More rows, for measuring: FORGET_ROWS=200000 … -- --nocapture.
    let rows: u64 = std::env::var("FORGET_ROWS").ok().map_or(6_000, |rows| rows.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    drop(open(&path));
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(&format!("BEGIN;{}COMMIT", FILL.replace("ROWS", &rows.to_string()))).unwrap();
    drop(conn);
    let store = open(&path);
    let limits = Limits { attempts: at(0), ended: at(0), settled: at(0), told: at(0) };
    let (mut gone, mut stage, mut slowest) = (Forgotten::default(), Some(Stage::FIRST), Duration::ZERO);
    while let Some(now) = stage {
        let begun = Instant::now();
        let (part, next) = forget_part(&store, limits, now, at(0)).await.unwrap();
        slowest = slowest.max(begun.elapsed());
        let Forgotten { attempts, segments, bounces, mailboxes, letters, requests, notices, replies } = part;
        assert!(
            replies == 0
                && notices == 0
                && segments <= 50
                && attempts.max(bounces).max(letters).max(requests) <= 2_000
                && mailboxes <= 50,
            "{part:?}"
        );
        gone += part;
        stage = next;
    }
    println!("the slowest of all parts took {slowest:?}");
    let all = Forgotten {
        attempts: rows,
        segments: 0,
        bounces: rows,
        mailboxes: rows,
        letters: rows,
        requests: rows,
        notices: 0,
        replies: 0,
    };
    assert_eq!(gone, all);
}

/// Everything that is older than so many days after the edition.
async fn forget(store: &dyn Store, days: i64) -> Forgotten {
    let before = at(days * 24 * 60);
    let limits = Limits { attempts: before, ended: before, settled: before, told: before };
    let (mut gone, mut stage) = (Forgotten::default(), Some(Stage::FIRST));
    while let Some(now) = stage {
        let (part, next) = forget_part(store, limits, now, before).await.unwrap();
        gone += part;
        stage = next;
    }
    gone
}

#[tokio::test]
async fn what_a_relay_told_many_goes_with_the_last_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("x.db"));
    send_out(&store, &crowd(5)).await;
    let day = 24 * 60;
    for (recipient, minutes) in [(1, 2), (2, 3), (3, 4), (4, 10 * day)] {
        claim(&store, minutes, 1).await;
        mark(&store, id(recipient)).await;
        let (outcome, at) = (Outcome::Accepted(reply(250)), at(minutes));
        let result = AttemptResult { id: id(recipient), outcome, at, retry_at: None };
        record_and_mark(&store, Some(result), None).await.unwrap();
    }
    let told = async || {
        let attempts = store.subject_data(RecipientId(4)).await.unwrap().deliveries.remove(0).attempts;
        attempts.first().map(|attempt| attempt.reply.clone())
    };
    assert_eq!(forget(&store, 99).await, Forgotten::default(), "the edition is being sent");
    claim(&store, 10 * day, 1).await;
    mark(&store, id(5)).await;
    let result = AttemptResult { id: id(5), outcome: Outcome::Accepted(reply(250)), at: at(10 * day), retry_at: None };
    record_and_mark(&store, Some(result), None).await.unwrap();
    assert!(store.finish(SEVEN, at(10 * day)).await.unwrap());
    assert_eq!(forget(&store, 9).await, Forgotten { attempts: 3, ..Forgotten::default() });
    assert_eq!(told().await, Some(reply(250).text), "someone was told the same since");
    assert_eq!(forget(&store, 12).await, Forgotten { attempts: 2, replies: 1, ..Forgotten::default() });
    assert_eq!(told().await, None);
}
