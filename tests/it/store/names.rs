//! A mailing list that an older version made, in which names were shared and words stood in every row.

use std::path::Path;

use data_encoding::HEXLOWER;
use fortnightly::domain::name_query::NameQuery;
use fortnightly::domain::subscriber::{MailboxState, Origin, RecipientId, Sector};
use fortnightly::store::Subscribers as _;
use rusqlite::Connection;

use super::desk::Desk as _;
use super::migrations::store_of;
use super::samples::{address, at, look_up, rendered, sender, wish};
use super::whole::Whole as _;
use super::{hasher, open};

/// Three are called Hill: one was Old Hill when edition 7 went out, and one was Vale, which is someone else's name. The last
/// requests and mailboxes are gone.
const FILL: &str = "
    INSERT INTO names (id, name) VALUES (1, 'Hill'), (2, 'Vale'), (3, 'Old Hill'), (4, 'Moor');
    INSERT INTO subscribers (id, name_id, sector, locale, urn, origin, created_at) VALUES
        (1, 1, 'school', 'en-GB', '100', 'cli', 1), (2, 1, 'social-care', 'en-GB', NULL, 'import', 2),
        (3, 2, 'law-enforcement', 'en-GB', NULL, 'config', 3), (4, 1, 'health', 'en-GB', NULL, 'cli', 4),
        (5, 4, 'charity', 'en-GB', NULL, 'cli', 5), (6, 4, 'other', 'en-GB', NULL, 'cli', 6);
    UPDATE sqlite_sequence SET seq = 20 WHERE name = 'subscribers';
    INSERT INTO audit (at, actor, action, subject, detail) VALUES
        (1, 'cli', 'add', 'subscriber 1', 'Old Hill'), (2, 'cli', 'rename', 'subscriber 1', 'Old Hill'),
        (2, 'cli', 'update', 'subscriber 1', 'Hill'), (2, 'cli', 'rename', 'subscriber 2', 'Vale'),
        (2, 'cli', 'add', 'recipient 1', 'Vale');
    INSERT INTO subscriptions (recipient, subscriber, origin, bands, since, ended, ended_by) VALUES
        (1, 1, 'import', 1, 5, NULL, NULL), (1, 1, 'config', 1, 5, NULL, NULL), (1, 1, 'cli', 1, 4, 6, 'config'),
        (2, 2, 'import', 1, 5, NULL, NULL), (3, 3, 'config', 1, 5, NULL, NULL), (4, 4, 'cli', 1, 5, NULL, NULL),
        (6, 6, 'cli', 1, 5, 6, 'unsubscribed');
    INSERT INTO bands (id, name) VALUES (1, '4-5');
    INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at)
        VALUES (7, 'sent', '2026-01-01', 1, '', '\"never-used\"', 1);
    INSERT INTO deliveries (mailing, recipient, segment, state, name_id) VALUES
        (7, 1, 0, 3, 3), (7, 2, 0, 3, 2), (7, 3, 0, 3, 2), (7, 4, 0, 3, 1);
    INSERT INTO requests (id, recipient, kind, bands, made_at, expires_at) VALUES (9, 1, 'bands', 1, 1, 1);
    DELETE FROM requests;
";

const STATES: [&str; 6] = ["active", "active", "active", "active", "pending", "ended"];

fn write_old_store(path: &Path) {
    let conn = store_of(path, 11);
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    conn.execute_batch(FILL).unwrap();
    for (number, state) in (1..).zip(STATES) {
        let mailbox = address(&format!("M{number}@X{number}.Example"));
        let insert = format!(
            "INSERT INTO recipients (id, address, folded, mac, owner, bands, state, created_at)
             VALUES ({number}, '{mailbox}', '{}', x'{}', {number}, 1, '{state}', 1)",
            mailbox.folded(),
            HEXLOWER.encode(&hasher().key(&mailbox).0)
        );
        conn.execute_batch(&insert).unwrap();
    }
    conn.execute_batch(
        "INSERT INTO recipients (id, mac, owner, bands, state, created_at)
                            SELECT 7, mac, 5, 1, 'ended', 1 FROM recipients WHERE id = 5;
                        UPDATE sqlite_sequence SET seq = 30 WHERE name = 'recipients';",
    )
    .unwrap();
}

fn texts(path: &Path, query: &str) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The names in the mails of edition 7, by mailbox.
fn greeted(path: &Path) -> Vec<String> {
    texts(path, "SELECT n.name FROM deliveries d JOIN names n ON n.id = d.name_id ORDER BY d.recipient")
}

#[tokio::test]
async fn words_numbers_and_states_of_an_older_list_stay_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    write_old_store(&path);
    let store = open(&path);
    let list = store.subscribers().await.unwrap();
    let sectors: Vec<_> = list.iter().map(|one| one.profile.sector).collect();
    assert_eq!(sectors, Sector::ALL);
    let names: Vec<_> = list.iter().map(|one| one.profile.name.as_str()).collect();
    assert_eq!(names, ["Hill", "Hill", "Vale", "Hill", "Moor", "Moor"]);
    let mailboxes: Vec<_> = list.iter().flat_map(|one| &one.mailboxes).collect();
    assert!(mailboxes.iter().zip(STATES).all(|(one, state)| one.state.as_str() == state));
    assert_eq!(mailboxes[0].address.as_str(), "M1@X1.Example", "as it was written");
    let origins: Vec<_> = mailboxes[0].subscriptions.iter().map(|one| one.origin).collect();
    assert_eq!(origins, [Origin::Cli, Origin::Config, Origin::Import], "the oldest first");
    assert_eq!(look_up(&store, "m5@x5.EXAMPLE").await.1.state, MailboxState::Pending);
    assert_eq!(store.subscriber_counts().await.unwrap().active, 4);
    assert_eq!(store.readers().await.unwrap().into_values().sum::<u64>(), 4);
    let fresh = look_up_new(&store).await;
    assert_eq!(fresh, (21, 31), "numbers go on where they ended");
    let letter = fortnightly::domain::delivery::TransactionalMail {
        kind: fortnightly::domain::delivery::TransactionalKind::Confirm,
        sender: sender(),
        rendered: rendered("S"),
    };
    let asked = store.ask_to_subscribe(&wish("New", "ask@x.example", "4-5"), &letter, at(2)).await.unwrap();
    let waits = fortnightly::domain::subscription::confirm::Asked::Waits;
    assert_eq!(asked, waits(fortnightly::domain::subscription::request::RequestId(10)));
}

/// The numbers of a new subscriber and its mailbox.
async fn look_up_new(store: &fortnightly::store::sqlite::SqliteStore) -> (u64, u64) {
    store.subscribe(&[wish("Fen", "a@fen.example", "4-5")], at(1)).await.unwrap();
    let (subscriber, mailbox) = look_up(store, "a@fen.example").await;
    (subscriber.id.0, mailbox.recipient.0)
}

#[tokio::test]
async fn a_name_that_was_shared_or_given_up_in_an_older_list_can_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    write_old_store(&path);
    let store = open(&path);
    assert_eq!(greeted(&path), ["Old Hill", "Vale", "Vale", "Hill"]);
    let erase = async |number: u64| {
        let mailbox = address(&format!("m{number}@x{number}.example"));
        store.erase(&mailbox, at(1)).await.unwrap();
        assert_eq!(store.subscribed_name(RecipientId(number)).await.unwrap(), None);
    };
    erase(1).await;
    assert_eq!(greeted(&path), ["(erased)", "Vale", "Vale", "Hill"]);
    erase(2).await;
    assert_eq!(greeted(&path), ["(erased)", "(erased)", "Vale", "Hill"], "what it was called then");
    erase(4).await;
    assert_eq!(greeted(&path), ["(erased)", "(erased)", "Vale", "(erased)"]);
    let said = texts(&path, "SELECT name FROM names UNION SELECT detail FROM audit");
    assert!(!said.iter().any(|text| text.contains("Hill")), "{said:?}");
    erase(3).await;
    assert_eq!(texts(&path, "SELECT DISTINCT name FROM names"), ["(erased)", "Moor"]);
}

/// Two were called Glen once. And one that was Vale has another mailbox, which is forgotten before its last one.
#[tokio::test]
async fn a_name_that_two_gave_up_or_that_several_mails_say_is_forgotten_with_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    write_old_store(&path);
    let other = address("m8@x8.example");
    let more = format!(
        "INSERT INTO names (id, name) VALUES (5, 'Glen');
         INSERT INTO audit (at, actor, action, subject, detail) VALUES
             (1, 'cli', 'rename', 'subscriber 5', 'Glen'), (1, 'cli', 'rename', 'subscriber 6', 'Glen');
         INSERT INTO recipients (id, address, folded, mac, owner, bands, state, created_at)
             VALUES (8, '{other}', '{other}', x'{}', 2, 1, 'active', 1);
         INSERT INTO subscriptions (recipient, subscriber, origin, bands, since) VALUES (8, 2, 'import', 1, 5);
         INSERT INTO deliveries (mailing, recipient, segment, state, name_id) VALUES (7, 8, 0, 3, 2);",
        HEXLOWER.encode(&hasher().key(&other).0)
    );
    Connection::open(&path).unwrap().execute_batch(&more).unwrap();
    let store = open(&path);
    store.subscribe(&[wish("Glen", "m6@x6.example", "4-5")], at(1)).await.unwrap();
    store.erase(&address("m5@x5.example"), at(2)).await.unwrap();
    assert_eq!(look_up(&store, "m6@x6.example").await.0.profile.name, "Glen");
    store.erase(&other, at(2)).await.unwrap();
    assert_eq!(greeted(&path)[1], "Vale", "its subscriber has another mailbox");
    store.erase(&address("m2@x2.example"), at(2)).await.unwrap();
    assert_eq!(greeted(&path), ["Old Hill", "(erased)", "Vale", "Hill", "(erased)"]);
}

#[tokio::test]
async fn a_name_that_comes_back_takes_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let store = open(&path);
    for (minute, name) in (0..).zip(["Hill", "Vale", "Hill", "Vale", "Hill"]) {
        store.subscribe(&[wish(name, "a@x.example", "4-5")], at(minute)).await.unwrap();
        assert_eq!(look_up(&store, "a@x.example").await.0.profile.name, name);
    }
    assert_eq!(texts(&path, "SELECT name FROM names ORDER BY id"), ["Hill", "Vale"]);
    store.erase(&address("a@x.example"), at(9)).await.unwrap();
    let said =
        texts(&path, "SELECT name FROM names UNION ALL SELECT detail FROM audit WHERE subject GLOB 'subscriber *'");
    assert!(said.iter().all(|text| text.is_empty() || text == "(erased)"), "{said:?}");
}

#[tokio::test]
async fn whoever_an_older_version_knew_is_found_by_name_and_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    write_old_store(&path);
    let store = open(&path);
    let found = async |text: &str| store.find_subscribers(&NameQuery::new(text).unwrap(), 9).await.unwrap().len();
    assert_eq!((found("hill").await, found("100").await, found("old").await), (3, 1, 0));
}
