//! How much room things take in a store's file, and that older rows, which take more, are still read.

use std::collections::BTreeMap;
use std::path::Path;

use fortnightly::domain::rendered::{Body, Piece, Rendered, Slot};
use fortnightly::store::{Archive as _, PublishResult};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::desk::Desk as _;
use super::migrations::store_of;
use super::open;
use super::samples::{SEVEN, at, change_editions, plan, publication, rendered, sender, wish};

fn number(path: &Path, query: &str) -> i64 {
    Connection::open(path).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
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
