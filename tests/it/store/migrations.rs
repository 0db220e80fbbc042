//! Stores that older versions made: what waited in them goes on, and says what it would have said.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fortnightly::domain::delivery::{DeliveryState, ItemId, Mailing, Outcome, TransactionalId};
use fortnightly::domain::subscriber::RecipientId;
use fortnightly::domain::subscription::request::RequestId;
use fortnightly::store::{Archive as _, Claimed, ClaimedContent, Editions as _, Outbox as _, Privacy as _};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::open;
use super::samples::{SEVEN, at, done, id, rendered, reply, sender, state};

/// A store as the version whose newest migration is `last` made it.
pub(super) fn store_of(path: &Path, last: u32) -> Connection {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite/engine/migrations");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let conn = Connection::open(path).unwrap();
    let mut version = 0;
    for file in files {
        let number: u32 = file.file_name().unwrap().to_str().unwrap()[..4].parse().unwrap();
        if number <= last {
            conn.execute_batch(&fs::read_to_string(file).unwrap()).unwrap();
            version += 1;
        }
    }
    conn.pragma_update(None, "application_id", 0x464E_6C79).unwrap();
    conn.pragma_update(None, "user_version", version).unwrap();
    conn
}

/// Those that a released version has, with the beginning of their SHA-256: stores were made by them, so a change of one would
/// leave older stores unlike newer ones. Whoever ships a migration enters it here.
const SHIPPED: &[(&str, &str)] = &[
    ("0001_initial", "1fe96cd439fd30d7"),
    ("0002_decisions", "0fc9cb7433ada56e"),
    ("0003_sending", "cd9df0ccebaa4cbe"),
    ("0004_reports", "5eff8ce7a8070313"),
    ("0005_reading", "0b9f343f085fa479"),
    ("0006_privacy", "22ea680350392de7"),
    ("0007_moved", "d3968948749ed598"),
    ("0008_reasons", "d5e14cb524429b07"),
    ("0009_outbox", "5eff2e356048e16f"),
    ("0010_lasting", "a7890bbfe0afa212"),
    ("0011_waves", "ba2538be0e30d20b"),
    ("0012_segments", "aa100a7580df1f2f"),
    ("0013_counts", "811708b136b7aed1"),
    ("0014_deliveries", "618fd300b38c1831"),
    ("0015_lists", "fce354aa8ac83f2d"),
    ("0016_mailing_list", "32e27c96a890e6fb"),
    ("0017_accepted", "e40f490551e9a60b"),
    ("0018_former_names", "d4eb915ec193b065"),
    ("0019_moved", "dc1e8742ce6faf60"),
    ("0020_users", "c99ad8d3a3332ad0"),
    ("0021_notices", "5b4d11be20b8767c"),
    ("0022_name_words", "01297d091d451bf0"),
    ("0023_approved_texts", "4b178faa01cd4a0a"),
];

/// Those of `PostgreSQL`, likewise.
const SHIPPED_FOR_POSTGRES: &[(&str, &str)] = &[
    ("0001_initial", "33b25d1cc5c7aa1d"),
    ("0002_counts", "7122b64e077802e9"),
    ("0003_pages", "2c954822bed0eb70"),
    ("0004_users", "bf719871465a66d5"),
    ("0005_notices", "7632dc0b81c31684"),
    ("0006_name_words", "3b524bc4baa7add0"),
    ("0007_approved_texts", "caa0754132b58d1f"),
];

#[test]
fn a_migration_that_was_shipped_is_never_edited() {
    for (backend, shipped) in [("sqlite", SHIPPED), ("postgres", SHIPPED_FOR_POSTGRES)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/store/{backend}/engine/migrations"));
        for (name, digest) in shipped {
            let text = fs::read(folder.join(format!("{name}.sql"))).unwrap();
            let found = data_encoding::HEXLOWER.encode(&Sha256::digest(&text)[..8]);
            assert_eq!(found, *digest, "{backend}: {name} was shipped: write what is to change into a new migration");
        }
    }
}

/// Kind, name and text of everything in a schema.
fn schema(path: &Path) -> BTreeSet<(String, String, Option<String>)> {
    let conn = Connection::open(path).unwrap();
    let mut objects = conn.prepare("SELECT type, name, sql FROM sqlite_schema").unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    objects.query_map([], read).unwrap().map(Result::unwrap).collect()
}

/// Some builds made schema 16 with the index on requests that 0018 brings.
#[tokio::test]
async fn every_store_becomes_what_a_new_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new.db");
    drop(open(&new));
    let early = "DROP INDEX requests_open; CREATE INDEX requests_made ON requests (made_at, kind);";
    let forms = (1..=22).map(|last| (last, "")).chain([(16, early), (17, early)]);
    for (number, (last, change)) in forms.enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        store_of(&path, last).execute_batch(change).unwrap();
        drop(open(&path));
        assert_eq!(schema(&path), schema(&new), "schema {last} {change}");
    }
}

/// An edition in the middle of its sending, letters in every state, and a process that died with some in hand.
const FILL: &str = "
    INSERT INTO names (id, name) VALUES (1, 'Hill');
    INSERT INTO subscribers (id, name_id, sector, locale, origin, created_at) VALUES (1, 1, 'school', 'en-GB', 'cli', 1);
    INSERT INTO recipients (id, address, folded, mac, owner, bands, state, created_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
        SELECT i, 'm' || i || '@x.example', 'm' || i || '@x.example', randomblob(16), 1, 1, 'active', 1 FROM n;
    INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at)
        VALUES (7, 'sending', '2026-01-01', 1, '', '', 1);
    INSERT INTO claimants (id, file) VALUES (1, 'dead');
    INSERT INTO deliveries (edition, recipient, segment, state, name_id, attempts, next_at, claim, repeated) VALUES
        (7, 1, 0, 0, 1, 0, NULL, NULL, 0), (7, 2, 0, 1, 1, 0, NULL, 1, 0), (7, 3, 0, 2, 1, 0, NULL, 1, 0),
        (7, 4, 0, 3, 1, 1, NULL, NULL, 0), (7, 5, 0, 4, 1, 1, ?2, NULL, 0),
        (7, 6, 0, 5, 1, 1, ?2 + 999999999, NULL, 1), (7, 7, 0, 6, 1, 1, NULL, NULL, 0),
        (7, 8, 0, 7, 1, 1, NULL, NULL, 0), (7, 9, 0, 8, 1, 0, NULL, NULL, 0);
    INSERT INTO attempts (edition, recipient, number, at, outcome, code, reply) VALUES
        (7, 4, 1, 1, 'accepted', 250, 'ok'), (7, 5, 1, 1, 'transient', 451, 'later');
    INSERT INTO requests (id, recipient, kind, bands, made_at, expires_at) VALUES (3, 1, 'bands', 1, 1, ?2 + 999999999);
    INSERT INTO letters (id, recipient, request, kind, at, subscriber, sender, rendered, state, attempts, next_at, claim,
                         repeated, code, reply) VALUES
        (11, 1, 3, 'confirm', ?1, 'Hill', ?3, ?4, 0, 0, NULL, NULL, 0, NULL, NULL),
        (12, 2, NULL, 'goodbye', ?1, 'Hill', ?3, ?4, 1, 0, NULL, 1, 0, NULL, NULL),
        (13, 3, NULL, 'goodbye', ?1, 'Hill', ?3, ?4, 2, 1, NULL, 1, 0, 451, 'greylisted'),
        (14, 4, NULL, 'goodbye', ?1, 'Hill', ?3, '', 3, 1, NULL, NULL, 0, 250, 'ok'),
        (15, 5, NULL, 'goodbye', ?1, 'Hill', ?3, ?4, 4, 2, ?2, NULL, 0, 451, 'later'),
        (16, 6, NULL, 'goodbye', ?1, 'Hill', ?3, ?4, 5, 1, ?2, NULL, 1, NULL, 'no answer'),
        (17, 7, NULL, 'goodbye', ?1, 'Hill', ?3, '', 5, 1, NULL, NULL, 1, NULL, NULL),
        (18, 8, NULL, 'goodbye', ?1, 'Hill', ?3, '', 6, 1, NULL, NULL, 0, 550, 'no'),
        (30, 9, NULL, 'goodbye', ?1, 'Hill', ?3, ?4, 0, 0, NULL, NULL, 0, NULL, NULL);
    DELETE FROM letters WHERE id = 30;
";

fn fill(conn: &Connection) {
    let texts = [serde_json::to_string(&sender()), serde_json::to_string(&rendered("Bye"))].map(Result::unwrap);
    let [now, later] = [at(0), at(30)].map(|at| at.timestamp_millis().to_string());
    let quoted = texts.map(|text| format!("'{}'", text.replace('\'', "''")));
    let values = [("?1", &now), ("?2", &later), ("?3", &quoted[0]), ("?4", &quoted[1])];
    let sql = values.iter().fold(FILL.to_owned(), |sql, (name, value)| sql.replace(name, value));
    conn.execute_batch(&sql).unwrap();
}

fn letter(id: u64, recipient: u64) -> ItemId {
    ItemId { mailing: Mailing::Transactional(TransactionalId(id)), recipient: RecipientId(recipient) }
}

/// Which, how often it was tried, whether it may have been accepted.
fn told(claimed: &[Claimed]) -> Vec<(ItemId, u32, bool)> {
    claimed.iter().map(|claimed| (claimed.id, claimed.attempts, claimed.repeated)).collect()
}

#[tokio::test]
async fn what_waited_in_two_queues_goes_on_in_one() {
    for last in [7, 8] {
        goes_on(last).await;
    }
}

async fn goes_on(last: u32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let conn = store_of(&path, last);
    fill(&conn);
    drop(conn);
    let store = open(&path);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.queued, tally.sending, tally.accepted, tally.deferred), (9, 1, 2, 1, 1));
    assert_eq!((tally.uncertain, tally.failed, tally.expired, tally.suppressed), (1, 1, 1, 1));
    assert_eq!(store.recover(true, at(1)).await.unwrap(), 4, "two of each queue were in hand");
    let first = store.claim(None, at(2), 99).await.unwrap();
    assert_eq!(told(&first), [(letter(11, 1), 0, false), (letter(12, 2), 0, false), (letter(13, 3), 2, true)]);
    for claimed in &first {
        let ClaimedContent::Transactional(mail) = &claimed.content else { panic!("it is no edition") };
        assert_eq!((mail.at, &mail.mail.sender, &mail.mail.rendered), (at(0), &sender(), &rendered("Bye")));
    }
    let ClaimedContent::Transactional(confirm) = &first[0].content else { panic!("it is no edition") };
    assert_eq!((confirm.mail.kind.as_str(), confirm.request), ("confirm", Some(RequestId(3))));
    assert_eq!(store.waiting(None, at(29), 9).await.unwrap(), 0);
    let later = store.claim(Some(SEVEN), at(30), 99).await.unwrap();
    assert_eq!(
        told(&later),
        [
            (letter(15, 5), 2, false),
            (letter(16, 6), 1, true),
            (id(1), 0, false),
            (id(2), 0, false),
            (id(3), 1, true),
            (id(5), 1, false)
        ]
    );
    assert_eq!(later[0].first_attempt, Some(at(0)), "its four days have begun");
    done(&store, letter(16, 6), Outcome::Permanent { reply: reply(550), suppress: None }, None).await;
    assert_eq!(state(&store, letter(16, 6)).await, DeliveryState::Uncertain, "it may have been accepted before");
    for (recipient, state, reply) in [(4, "accepted", Some("ok")), (7, "uncertain", None), (8, "failed", Some("no"))] {
        let held = store.subject_data(RecipientId(recipient)).await.unwrap().letters.remove(0);
        assert_eq!((held.state, held.reply.as_deref()), (state, reply));
    }
}

#[tokio::test]
async fn a_number_of_a_letter_that_is_gone_is_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let conn = store_of(&path, 7);
    fill(&conn);
    drop(conn);
    drop(open(&path));
    let conn = Connection::open(&path).unwrap();
    let insert =
        "INSERT INTO transactional_mails (recipient, kind, at, sender, rendered) VALUES (1, 'confirm', 1, '', '')";
    conn.execute(insert, []).unwrap();
    assert_eq!(conn.last_insert_rowid(), 31, "30 was made, and is gone");
}

#[tokio::test]
async fn a_store_that_has_published_keeps_the_ids_that_readers_know() {
    for (published, told) in [(true, Some("https://activities.example.org/editions/7")), (false, None)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let conn = store_of(&path, 9);
        let insert = "INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at, sender)
                      VALUES (7, 'sent', '2026-01-01', 1, '', '\"never-used\"', ?1, ?2)";
        let sender = serde_json::to_string(&sender()).unwrap();
        conn.execute(insert, (published.then_some(1), published.then_some(&sender))).unwrap();
        conn.execute("INSERT INTO withdrawn_activities (activity, at) VALUES ('a/b', 1)", []).unwrap();
        drop(conn);
        let store = open(&path);
        let name = store.public_name().await.unwrap();
        match told {
            Some(told) => assert_eq!(name.id("editions/7", None), told),
            None => assert_eq!(name.0.len(), 32),
        }
        drop(store);
        assert_eq!(open(&path).public_name().await.unwrap(), name, "once and for ever");
        assert_eq!(open(&path).withdrawn().await.unwrap().len(), 1);
    }
}
