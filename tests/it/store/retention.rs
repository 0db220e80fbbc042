//! How much the store does at once when much is old.

use std::time::{Duration, Instant};

use fortnightly::app::maintenance::{Forgotten, Limits, Stage, forget_part};

use super::open;
use super::samples::at;

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
    let limits = Limits { attempts: at(0), ended: at(0), settled: at(0) };
    let (mut gone, mut stage, mut slowest) = (Forgotten::default(), Some(Stage::FIRST), Duration::ZERO);
    while let Some(now) = stage {
        let begun = Instant::now();
        let (part, next) = forget_part(&store, limits, now, at(0)).await.unwrap();
        slowest = slowest.max(begun.elapsed());
        let Forgotten { attempts, segments, bounces, mailboxes, letters, requests } = part;
        assert!(
            segments <= 50 && attempts.max(bounces).max(letters).max(requests) <= 2_000 && mailboxes <= 50,
            "{part:?}"
        );
        gone += part;
        stage = next;
    }
    println!("the slowest of all parts took {slowest:?}");
    let all = Forgotten { attempts: rows, segments: 0, bounces: rows, mailboxes: rows, letters: rows, requests: rows };
    assert_eq!(gone, all);
}
