//! What cannot be seen from outside: a disk that fills up, and how long a million takes.

use super::*;
use crate::domain::band::BandSet;

use crate::domain::edition::state::{change, publish};
use crate::domain::edition::{EditionChange, EditionNumber, Selection, ThemeReason};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::rendered::Rendered;
use crate::domain::subscriber::{Locale, Origin, Profile, Sector, SubscribeRequest};
use crate::domain::subscription::subscribe::NoBand;
use crate::store::{
    Archive, Editions, Outbox, Publication, PublishResult, PublishedSegment, Scope, Subscribers as _, decide,
};

const ONE: EditionNumber = EditionNumber(1);

fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_millis(1_788_768_000_000).unwrap()
}

fn crowd(from: usize, to: usize) -> Vec<SubscribeRequest> {
    let one = |i: usize| SubscribeRequest {
        profile: Profile {
            name: format!("School {i}"),
            sector: Sector::School,
            locale: Locale::EnGb,
            urn: Some(i.to_string()),
        },
        address: format!("office{i}@school{i}.example").parse().unwrap(),
        bands: BandSet::from([["4-5", "5-7", "8-10"][i % 3].parse().unwrap()]),
        origin: Origin::Import,
    };
    (from..to).map(one).collect()
}

async fn subscribe(store: &SqliteStore, requests: &[SubscribeRequest]) -> Result<(), StoreError> {
    let (addresses, requests) = (requests.iter().map(|request| request.address.clone()).collect(), requests.to_vec());
    let decision = move |list: &mut _| -> Result<(), NoBand> {
        requests
            .iter()
            .try_for_each(|request| crate::domain::subscription::subscribe::subscribe(list, request).map(drop))
    };
    decide(store, &Scope::Addresses(addresses, Vec::new()), now(), None, decision).await.map(drop)
}

async fn publication(store: &SqliteStore) -> Publication {
    let selection = Selection {
        theme: "t".to_owned(),
        theme_reason: ThemeReason::NeverUsed,
        theme_fingerprint: Fingerprint::default(),
        picks: Vec::new(),
    };
    let plan = EditionChange::Plan { number: ONE, date: now().date_naive(), due_at: now(), selection };
    store.write_editions(&change(&[], &[plan], now()), &[], "test", now()).await.unwrap();
    let served: BandSet = ["4-5", "5-7", "8-10"].map(|name| name.parse().unwrap()).into();
    let rendered = Rendered {
        subject: "S".to_owned(),
        html: crate::domain::rendered::Body::default(),
        text: crate::domain::rendered::Body::default(),
        pictures: Vec::new(),
    };
    let audience = store.audience(&served).await.unwrap();
    let segments = audience.into_iter().map(|s| PublishedSegment { key: s.key, rendered: rendered.clone() }).collect();
    let theme = serde_json::json!({"name": "t", "title": "T", "strand": "s", "order": null,
        "reviewed": "2026-09-01", "review_by": "2028-09-01", "opening": [], "for_parents": []});
    let sender = serde_json::json!({"service": "S", "from": "a@b.example", "reply_to": null,
        "base_url": "https://b.example", "bounce_address": "b@b.example", "key_version": 1});
    let before = store.edition(ONE).await.unwrap().unwrap();
    Publication {
        after: publish(&before, now()).unwrap(),
        before,
        at: now(),
        served,
        sender: serde_json::from_value(sender).unwrap(),
        segments,
        theme: serde_json::from_value(theme).unwrap(),
        texts: Vec::new(),
        notices: Vec::new(),
        pictures: Vec::new(),
    }
}

fn file() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("x.db"), AddressHasher::new(&[1; 32])).unwrap();
    (folder, store)
}

/// Lets the database grow by so many pages, as a disk would that has room for no more; none for no limit.
async fn room(store: &SqliteStore, pages: Option<i64>) {
    store
        .write(move |conn| {
            let now: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let limit = pages.map_or(1 << 30, |more| now + more);
            Ok(conn.pragma_update_and_check(None, "max_page_count", limit, |_| Ok(()))?)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let (_folder, store) = file();
    subscribe(&store, &crowd(0, 10)).await.unwrap();
    room(&store, Some(2)).await;
    let many = crowd(10, 2000);
    let (full, beside) = tokio::join!(subscribe(&store, &many), store.subscriber_counts());
    assert!(matches!(full, Err(StoreError::Full { .. })), "{full:?}");
    assert_eq!(beside.unwrap().active, 10);
    assert_eq!(store.subscribers_page(None, 100).await.unwrap().len(), 10, "all or nothing");
    room(&store, None).await;
    subscribe(&store, &many).await.unwrap();
    assert_eq!(store.subscriber_counts().await.unwrap().active, 2000);
}

#[tokio::test]
async fn a_publication_that_finds_no_room_leaves_a_planned_edition() {
    let (_folder, store) = file();
    subscribe(&store, &crowd(0, 2000)).await.unwrap();
    let publication = publication(&store).await;
    room(&store, Some(3)).await;
    let full = store.publish(&publication).await;
    assert!(matches!(full, Err(StoreError::Full { .. })), "{full:?}");
    assert_eq!(store.tally(ONE).await.unwrap().total, 0);
    assert!(store.published(ONE).await.unwrap().is_none());
    room(&store, None).await;
    assert_eq!(store.publish(&publication).await.unwrap(), PublishResult::Published { recipients: 2000 });
}
