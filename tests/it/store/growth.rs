//! How much room things take in a store's file, and that older rows, which take more, are still read.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::DateTime;
use fortnightly::domain::delivery::listing::DeliveryFilter;
use fortnightly::domain::delivery::{DeliveryState, Outcome, Reply};
use fortnightly::domain::rendered::{Body, Piece, Rendered, Slot};
use fortnightly::domain::subscriber::{Origin, RecipientId, SubscribeRequest};
use fortnightly::store::{Archive as _, Outbox as _, Privacy as _, PublishResult};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::desk::Desk as _;
use super::migrations::store_of;
use super::open;
use super::samples::{
    SEVEN, address, at, change_editions, claim, crowd, done, plan, publication, rendered, send_out, sender, wish,
};

fn number(path: &Path, query: &str) -> i64 {
    Connection::open(path).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_a_relay_tells_everyone_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let store = open(&path);
    send_out(&store, &crowd(300)).await;
    let said = |n: u64| match n {
        7 => "2.0.0 Ok: kept for m6 alone".to_owned(),
        _ => format!("2.0.0 Ok: queued as 4bJ9{n:04}Xk2z"),
    };
    for claimed in claim(&store, 2, 300).await {
        let reply = Reply { code: Some(250), text: said(claimed.id.recipient.0) };
        done(&store, claimed.id, Outcome::Accepted(reply), None).await;
    }
    let all = DeliveryFilter { states: vec![DeliveryState::Accepted], ..DeliveryFilter::default() };
    let listed = store.deliveries(&all, None, 300).await.unwrap();
    let told: Vec<_> = listed.into_iter().map(|record| record.last.unwrap().reply.text).collect();
    assert_eq!(told, (1..=300).map(said).collect::<Vec<_>>(), "as it was said");
    assert_eq!(number(&path, "SELECT count(*) FROM replies"), 1, "what one mailbox was told is its own");
    let row = number(&path, "SELECT sum(payload) / 300 FROM dbstat WHERE name = 'attempts'");
    assert!(row <= 36, "{row} bytes an attempt");
    store.erase(&address("m100@school.example"), at(3)).await.unwrap();
    let erased = store.subject_data(RecipientId(101)).await.unwrap().deliveries.remove(0).attempts.remove(0);
    assert_eq!((erased.reply.as_str(), erased.outcome.as_str()), ("", "accepted"));
}

#[tokio::test]
async fn attempts_of_an_older_version_count_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let conn = store_of(&path, 11);
    let fill = "
        INSERT INTO names (id, name) VALUES (1, 'Hill');
        INSERT INTO subscribers (id, name_id, sector, locale, origin, created_at) VALUES (1, 1, 'school', 'en-GB', 'cli', 1);
        INSERT INTO recipients (id, address, folded, mac, owner, bands, state, created_at)
            VALUES (1, 'a@x.example', 'a@x.example', randomblob(16), 1, 1, 'active', 1);
        INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at)
            VALUES (7, 'sending', '2026-01-01', 1, '', '\"never-used\"', 1);
        INSERT INTO deliveries (mailing, recipient, segment, state, name_id, attempts, next_at, repeated)
            VALUES (7, 1, 0, 5, 1, 2, 9, 1);
        INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply) VALUES
            (7, 1, 1, 5, 'transient', 451, 'later'), (7, 1, 2, 6, 'uncertain', NULL, 'no answer');";
    conn.execute_batch(fill).unwrap();
    drop(conn);
    let store = open(&path);
    let attempts = store.subject_data(RecipientId(1)).await.unwrap().deliveries.remove(0).attempts;
    let told: Vec<_> = attempts.iter().map(|attempt| (attempt.outcome.as_str(), attempt.reply.as_str())).collect();
    assert_eq!(told, [("transient", "later"), ("uncertain", "no answer")]);
    assert_eq!(store.handed_over_since(DateTime::UNIX_EPOCH).await.unwrap(), 1);
    assert_eq!(claim(&store, 1, 1).await[0].uncertain, 1);
}

/// Ten kilobytes that hardly shrink.
fn card(band: &str) -> String {
    (0..320).map(|line| format!("{:x?}", Sha256::digest(format!("{band} {line}").as_bytes()).as_slice())).collect()
}

#[tokio::test]
async fn what_segments_share_is_stored_once() {
    let bands = ["4-5", "5-7", "8-10", "11-14", "14+"];
    let sets = (1_usize..32).map(|set| {
        let those: Vec<_> =
            bands.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, band)| *band).collect();
        those.join(" ")
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let store = open(&path);
    let people: Vec<_> =
        sets.enumerate().map(|(n, set)| wish(&format!("S{n}"), &format!("m{n}@x.example"), &set)).collect();
    store.subscribe(&people, at(0)).await.unwrap();
    change_editions(&store, &[plan(SEVEN)], at(0)).await;
    let mut publication = publication(&store, SEVEN, &bands.join(" ")).await;
    let cards: BTreeMap<_, _> = bands.iter().map(|band| (*band, card(band))).collect();
    for segment in &mut publication.segments {
        let mut html: Vec<_> =
            segment.key.bands.iter().map(|band| Piece::Literal(cards[band.as_str()].clone())).collect();
        html.insert(1, Piece::Slot(Slot::UnsubscribeUrl));
        segment.rendered = Rendered { html: Body(html), ..rendered(&format!("{:?}", segment.key)) };
    }
    assert_eq!(store.publish(&publication).await.unwrap(), PublishResult::Published { recipients: 31 });
    let said: usize = publication.segments.iter().map(|segment| segment.rendered.html.literal_bytes()).sum();
    let stored = number(&path, "SELECT sum(length(packed) + length(rendered)) FROM segments");
    assert!(usize::try_from(stored).unwrap() * 20 < said, "{stored} bytes of {said}");
    let read = store.published(SEVEN).await.unwrap().unwrap();
    assert!(read.segments.into_values().eq(publication.segments), "to the last byte");
}

#[tokio::test]
async fn what_an_older_version_rendered_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let conn = store_of(&path, 11);
    let insert = "INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at, sender)
                  VALUES (7, 'sending', '2026-01-01', 1, '', '\"never-used\"', 1, ?1)";
    conn.execute(insert, [serde_json::to_string(&sender()).unwrap()]).unwrap();
    let insert = "INSERT INTO segments (edition, number, bands, sector, locale, rendered)
                  VALUES (7, ?1, 0, 'school', 'en-GB', ?2)";
    for number in 0..3 {
        conn.execute(insert, (number, serde_json::to_string(&rendered(&number.to_string())).unwrap())).unwrap();
    }
    drop(conn);
    let read = open(&path).published(SEVEN).await.unwrap().unwrap();
    let read: Vec<_> = read.segments.into_values().map(|segment| segment.rendered).collect();
    assert_eq!(read, ["0", "1", "2"].map(rendered));
}

#[tokio::test]
async fn a_mailbox_that_was_imported_takes_a_quarter_of_a_kilobyte() {
    const MAILBOXES: usize = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let store = open(&path);
    let one = |n: usize| SubscribeRequest {
        origin: Origin::Import,
        ..wish(&format!("School {n:06}"), &format!("office{n:06}@s{n:06}.example"), "4-5 5-7")
    };
    let all: Vec<_> = (0..MAILBOXES).map(one).collect();
    for part in all.chunks(1_000) {
        store.subscribe(part, at(0)).await.unwrap();
    }
    let lists = "SELECT sum(pgsize) FROM dbstat WHERE name IN (
                     SELECT name FROM sqlite_schema WHERE tbl_name IN ('names', 'subscribers', 'recipients', 'subscriptions'))";
    let each = number(&path, lists) / i64::try_from(MAILBOXES).unwrap();
    assert!(each <= 250, "{each} bytes");
    let words = number(&path, "SELECT sum(pgsize) FROM dbstat WHERE name = 'name_words'");
    let each = words / i64::try_from(MAILBOXES).unwrap();
    assert!(each <= 60, "{each} bytes for the words by which it is found");
}
