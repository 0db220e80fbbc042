//! The main path, timed: planning, rendering, publishing, joining. See README.md beside this file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use divan::Bencher;
use fortnightly::domain::activity::{Activity, Nation};
use fortnightly::domain::address::Address;
use fortnightly::domain::band::{Band, BandSet, Bands};
use fortnightly::domain::edition::{EditionChange, EditionNumber, Selection, ThemeReason, state};
use fortnightly::domain::fingerprint::Fingerprint;
use fortnightly::domain::rendered::Rendered;
use fortnightly::domain::segment::SegmentKey;
use fortnightly::domain::selection::{History, Shelf, select};
use fortnightly::domain::sender::Sender;
use fortnightly::domain::subscriber::{Locale, Origin, Profile, RecipientId, Sector, SubscribeRequest};
use fortnightly::domain::subscription::subscribe::subscribe;
use fortnightly::domain::subscription::suppression::AddressHasher;
use fortnightly::domain::token::{Keyring, Purpose, TokenPayload};
use fortnightly::library::{self, Library};
use fortnightly::mail::{Dkim, DkimKey, Frame, Personal};
use fortnightly::render::{Card, Face, Issue, ServiceInfo, Templates, render};
use fortnightly::store::sqlite::SqliteStore;
use fortnightly::store::{Archive, Editions, Publication, PublishResult, PublishedSegment, Scope, StoreMeta, decide};

fn main() {
    divan::main();
}

fn shipped() -> (Library, Templates, Bands) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bands = Bands::shipped();
    let (library, findings) = library::load(&root.join("activities"), &bands, Nation::England);
    let library = library.unwrap_or_else(|| panic!("{findings:?}"));
    let templates = Templates::load(&root.join("templates")).unwrap_or_else(|findings| panic!("{findings:?}"));
    (library, templates, bands)
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_025_600, 0).expect("a moment in 2026")
}

/// 26 fortnights over 1,000 activities in 40 themes.
#[divan::bench]
fn plan_26_fortnights_of_1000_activities(bencher: Bencher) {
    let (library, _, bands) = shipped();
    let mut themes = Vec::new();
    let mut activities: Vec<Activity> = Vec::new();
    for number in 0..40 {
        let mut theme = library.themes[0].clone();
        theme.name = format!("theme-{number:02}");
        for copy in 0..25 {
            let mut activity = library.activities[copy % 5].clone();
            activity.id = format!("{}/activity-{copy:02}", theme.name).parse().expect("a good id");
            activities.push(activity);
        }
        themes.push(theme);
    }
    let withdrawn = BTreeSet::new();
    let shelf = Shelf { themes: &themes, activities: &activities, bands: &bands, withdrawn: &withdrawn };
    let start = NaiveDate::from_ymd_opt(2026, 9, 7).expect("a date");
    bencher.bench_local(|| {
        let mut history = History::default();
        for number in 1..=26 {
            let date = start + TimeDelta::days(14 * i64::from(number - 1));
            let picked = select(shelf, &history, EditionNumber(number), date, &[]).expect("a full library");
            history.0.push((EditionNumber(number), picked));
        }
        history
    });
}

fn render_with(bencher: Bencher<'_, '_>, wanted: usize) {
    let (library, templates, bands) = shipped();
    let theme = &library.themes[0];
    let cards: Vec<Card<'_>> = bands
        .iter()
        .map(|band| {
            let fits = |a: &&Activity| a.id.theme() == theme.name && a.bands.contains(&band.id);
            Card {
                band,
                activity: library.activities.iter().find(fits).expect("a full theme"),
                from_theme: None,
                corrected: None,
            }
        })
        .collect();
    let issue = Issue {
        service: ServiceInfo {
            name: "Online Safety at Home",
            postal_address: "1 High Street, Anytown AB1 2CD",
            base_url: "https://activities.example.org",
            reply_to: None,
            face: Face::default(),
        },
        edition: EditionNumber(7),
        date: NaiveDate::from_ymd_opt(2026, 11, 30).expect("a date"),
        theme,
        theme_corrected: None,
        cards,
        notices: Vec::new(),
        help: &library.help,
        pictures: Vec::new(),
    };
    let set: BandSet = bands.iter().take(wanted).map(|band| band.id.clone()).collect();
    let key = SegmentKey { bands: set, sector: Sector::School, locale: Locale::EnGb };
    bencher.bench_local(|| render(&templates, &issue, &key, &bands).expect("the shipped digest renders"));
}

/// One segment with every band: whole activities, article, help block.
#[divan::bench]
fn render_a_segment_of_5_bands(bencher: Bencher<'_, '_>) {
    render_with(bencher, 5);
}

/// One segment with one band.
#[divan::bench]
fn render_a_segment_of_1_band(bencher: Bencher<'_, '_>) {
    render_with(bencher, 1);
}

fn sender() -> Sender {
    Sender {
        service: "Online Safety at Home".into(),
        from: "Online Safety at Home <activities@example.org>".parse().expect("a mailbox"),
        reply_to: None,
        base_url: "https://activities.example.org".into(),
        bounce_address: "bounces@example.org".parse().expect("an address"),
        key_version: 1,
    }
}

fn rendered(bands: usize) -> (Rendered, SegmentKey) {
    let (library, templates, all) = shipped();
    let theme = &library.themes[0];
    let card = |band: &Band| {
        let fits = |a: &&Activity| a.id.theme() == theme.name && a.bands.contains(&band.id);
        library.activities.iter().find(fits).expect("a full theme")
    };
    let issue = Issue {
        service: ServiceInfo {
            name: "S",
            postal_address: "1 High Street",
            base_url: "https://a.example.org",
            reply_to: None,
            face: Face::default(),
        },
        edition: EditionNumber(1),
        date: NaiveDate::from_ymd_opt(2026, 11, 30).expect("a date"),
        theme,
        theme_corrected: None,
        cards: all.iter().map(|band| Card { band, activity: card(band), from_theme: None, corrected: None }).collect(),
        notices: Vec::new(),
        help: &library.help,
        pictures: Vec::new(),
    };
    let set: BandSet = all.iter().take(bands).map(|band| band.id.clone()).collect();
    let key = SegmentKey { bands: set, sector: Sector::School, locale: Locale::EnGb };
    (render(&templates, &issue, &key, &all).expect("the shipped digest renders"), key)
}

/// What differs per recipient, as long as it really is.
fn personal(to: &Address) -> Personal<'_> {
    Personal {
        to,
        name: "e7-abcdefghijklmnopqrstuvwxyz",
        greeting: "Hello, Hillside Primary School",
        unsubscribe_url: "https://activities.example.org/u/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv",
        preferences_url: "https://activities.example.org/preferences/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv",
        confirm_url: "",
        unsubscribe_token: "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv",
        bounce_token: "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv",
    }
}

/// One message of five bands from its frame: tokens, links, headers, body.
#[divan::bench]
fn join_one_message(bencher: Bencher<'_, '_>) {
    let (rendered, _) = rendered(5);
    let frame = Frame::build(&rendered, &sender(), EditionNumber(7), now()).expect("a frame");
    let address = "office@hillside.example".parse().expect("an address");
    let mut out = Vec::with_capacity(100_000);
    bencher.bench_local(|| {
        out.clear();
        let personal = personal(&address);
        frame.join(&personal, &mut out);
        out.len()
    });
}

/// One message of five bands, signed with the key that `openssl genpkey` makes of these arguments.
fn dkim_with(bencher: Bencher<'_, '_>, arguments: &[&str]) {
    let made = std::process::Command::new("openssl").arg("genpkey").args(arguments).output().expect("openssl");
    let key = DkimKey::new("example.org", "s1", Path::new("key"), &made.stdout).expect("a key");
    let dkim = Dkim::new(vec![key]);
    let (rendered, _) = rendered(5);
    let frame = Frame::build(&rendered, &sender(), EditionNumber(7), now()).expect("a frame");
    let address = "office@hillside.example".parse().expect("an address");
    let personal = personal(&address);
    let mut joined = Vec::new();
    frame.join(&personal, &mut joined);
    let mut out = Vec::with_capacity(joined.len() + 4096);
    bencher.bench_local(|| {
        out.clear();
        out.extend_from_slice(&joined);
        dkim.sign(now(), &mut out).expect("signs");
        out.len()
    });
}

/// DKIM with Ed25519.
#[divan::bench]
fn dkim_ed25519(bencher: Bencher<'_, '_>) {
    dkim_with(bencher, &["-algorithm", "ed25519"]);
}

/// DKIM with RSA-2048.
#[divan::bench]
fn dkim_rsa2048(bencher: Bencher<'_, '_>) {
    dkim_with(bencher, &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
}

/// The three tokens and the name of one message.
#[divan::bench]
fn sign_one_message(bencher: Bencher<'_, '_>) {
    let signer = Keyring::generate([7; 64]).signer(1).expect("the first key");
    bencher.bench_local(|| {
        let token =
            |purpose| signer.sign(&TokenPayload { purpose, edition: EditionNumber(7), recipient: RecipientId(9) });
        let name = signer.message_name(EditionNumber(7), RecipientId(9));
        (token(Purpose::Unsubscribe), token(Purpose::Preferences), token(Purpose::Bounce), name)
    });
}

/// How many recipients the publishing bench has; `FORTNIGHTLY_BENCH_RECIPIENTS` changes it.
fn recipients() -> u32 {
    std::env::var("FORTNIGHTLY_BENCH_RECIPIENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000)
}

/// How many mailboxes are decided about at once, as in an import.
const PART: u32 = 2_000;

struct Seeded {
    runtime: tokio::runtime::Runtime,
    store: SqliteStore,
    segment: PublishedSegment,
    theme: fortnightly::domain::activity::Theme,
    _folder: tempfile::TempDir,
}

fn seeded() -> &'static Seeded {
    static SEEDED: OnceLock<Seeded> = OnceLock::new();
    SEEDED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("bench.db"), AddressHasher::new(&[7; 32])).expect("a store");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (rendered, key) = rendered(5);
        let meta = StoreMeta { anchor: NaiveDate::from_ymd_opt(2026, 9, 7).expect("a date"), first: EditionNumber(1) };
        runtime.block_on(async {
            store.begin(meta, now()).await.expect("begins");
            let total = recipients();
            for first in (0..total).step_by(PART as usize) {
                let request = |n: u32| SubscribeRequest {
                    profile: Profile { name: format!("School {n}"), sector: key.sector, locale: key.locale, urn: None },
                    address: format!("office-{n}@school.example").parse().expect("an address"),
                    bands: key.bands.clone(),
                    origin: Origin::Import,
                };
                let requests: Vec<_> = (first..total.min(first + PART)).map(request).collect();
                let scope =
                    Scope::Addresses(requests.iter().map(|request| request.address.clone()).collect(), Vec::new());
                let decision = move |list: &mut _| requests.iter().map(|request| subscribe(list, request)).collect();
                let (subscribed, _): (Result<Vec<_>, _>, _) =
                    decide(&store, &scope, now(), None, decision).await.expect("subscribes");
                subscribed.expect("bands are named");
            }
        });
        let theme = shipped().0.themes[0].clone();
        eprintln!("seeded: peak memory {}", peak());
        Seeded { runtime, store, segment: PublishedSegment { key, rendered }, theme, _folder: folder }
    })
}

/// Peak memory of this process, from Linux's own count (proc(5), `VmHWM`).
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned()
}

/// One transaction: segments, texts, and one delivery per recipient, with synchronous=FULL.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn publish_1_000_000_recipients(bencher: Bencher<'_, '_>) {
    static EDITION: AtomicU32 = AtomicU32::new(1);
    let seeded = seeded();
    bencher
        .with_inputs(|| {
            let number = EditionNumber(EDITION.fetch_add(1, Ordering::Relaxed));
            let selection = Selection {
                theme: seeded.theme.name.clone(),
                theme_reason: ThemeReason::NeverUsed,
                theme_fingerprint: Fingerprint::default(),
                picks: Vec::new(),
            };
            let date = NaiveDate::from_ymd_opt(2026, 11, 30).expect("a date");
            let change = EditionChange::Plan { number, date, due_at: now(), selection };
            let planned = state::change(&[], &[change], now());
            seeded.runtime.block_on(seeded.store.write_editions(&planned, &[], "bench", now())).expect("plans");
            let before = seeded.runtime.block_on(seeded.store.edition(number)).expect("reads").expect("it was planned");
            Publication {
                after: state::publish(&before, now()).expect("it may be published"),
                before,
                at: now(),
                served: Bands::shipped().names(),
                sender: sender(),
                segments: vec![seeded.segment.clone()],
                theme: seeded.theme.clone(),
                texts: Vec::new(),
                notices: Vec::new(),
                pictures: Vec::new(),
            }
        })
        .bench_values(|publication| {
            let published = seeded.runtime.block_on(seeded.store.publish(&publication)).expect("publishes");
            assert_eq!(published, PublishResult::Published { recipients: u64::from(recipients()) });
        });
    eprintln!("published: peak memory {}", peak());
}
