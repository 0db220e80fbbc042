//! Decisions about more mailboxes than are written at once: waves, wishes that end, and the release of a restored store. One that
//! breaks off is completed by the same command, and that says so.

use std::fs;

use chrono::{DateTime, Utc};
use fortnightly::app::maintenance::Maintenance;
use fortnightly::app::subscriber::Subscriber;
use fortnightly::app::{AppContext, bootstrap};
use fortnightly::clock::Clock;
use fortnightly::domain::subscriber::{Locale, Origin, Profile, Sector, SubscribeRequest};
use fortnightly::domain::subscription::suppression::AddressHasher;
use fortnightly::store::Editions as _;
use fortnightly::store::sqlite::SqliteStore;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::fixture::{BASE, Fixture};
use crate::support::sending::edition_status;

const MONDAY: &str = "2026-11-30T08:00:00Z";
const TUESDAY: &str = "2026-12-01T08:00:00Z";
const NEXT: &str = "2026-12-14T08:00:00Z";

/// A site that has sent edition 7 to so many mailboxes.
fn sent_to(config: &str, count: usize) -> Fixture {
    let fixture = Fixture::new(config);
    let rows: String = (0..count).map(|n| format!("School {n},office@s{n}.example,4-5\n")).collect();
    fixture.write("list.csv", &format!("name,email,bands\n{rows}"));
    fixture.at(MONDAY, &["subscribers", "import", "list.csv"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture
}

fn store(fixture: &Fixture) -> Connection {
    Connection::open(fixture.path("var/fortnightly.db")).unwrap()
}

fn number(fixture: &Fixture, query: &str) -> i64 {
    store(fixture).query_row(query, [], |row| row.get(0)).unwrap()
}

/// All that an edition was sent to come back as unknown, in wave 1. The bounce of mailbox 1,100 cannot be read.
fn in_a_wave(count: usize) -> Fixture {
    let fixture = sent_to(BASE, count);
    let wave =
        "INSERT INTO waves (edition, scope, at, state) SELECT 7, 'edition', max(published_at), 'open' FROM editions;
                INSERT INTO bounces (recipient, edition, at, status, meaning, wave)
                    SELECT recipient, 7, (SELECT at FROM waves), '5.1.1', 'gone', 1 FROM deliveries;
                UPDATE bounces SET status = 'odd' WHERE recipient = 1100;";
    fixture.change(wave);
    fixture
}

const MEND: &str = "UPDATE bounces SET status = '5.1.1' WHERE recipient = 1100";

fn attention(fixture: &Fixture) -> String {
    fixture.at(TUESDAY, &["status", "--json"]).exits(0).json()["attention"].to_string()
}

fn audit(fixture: &Fixture, subject: &str) -> Vec<String> {
    let status = fixture.at(TUESDAY, &["status", "--audit", "--json"]).exits(0).json();
    let of_wave = |row: &&Value| row["subject"] == subject;
    let line = |row: &Value| format!("{} {}", row["action"].as_str().unwrap(), row["detail"].as_str().unwrap());
    status["audit"].as_array().unwrap().iter().filter(of_wave).map(line).collect()
}

#[test]
fn a_large_wave_is_confirmed_in_parts() {
    let fixture = in_a_wave(1_300);
    fixture.at(TUESDAY, &["suppressions", "confirm", "1"]).exits(1);
    assert_eq!(number(&fixture, "SELECT count(*) FROM suppressions"), 1_000, "two parts of 500 are done");
    let says = "wave 1 of edition 7 is confirmed, but not for all of its mailboxes yet";
    assert!(attention(&fixture).contains(says), "{}", attention(&fixture));
    fixture.at(TUESDAY, &["suppressions", "dismiss", "1"]).exits(1).complains("confirmed already");
    fixture.change(MEND);
    let ran = fixture.at(TUESDAY, &["suppressions", "confirm", "1"]).exits(0);
    ran.says("300 mailboxes get no more mail. This completes what broke off before.");
    assert!(!attention(&fixture).contains("wave 1"), "{}", attention(&fixture));
    let status = fixture.at(TUESDAY, &["status", "--json"]).exits(0).json();
    assert_eq!((&status["subscribers"]["active"], &status["suppressions"]), (&0.into(), &1_300.into()));
    assert_eq!(
        audit(&fixture, "wave 1"),
        ["confirmed 1000 mailboxes of edition 7", "confirmed 300 mailboxes of edition 7"]
    );
    fixture.at(TUESDAY, &["suppressions", "confirm", "1"]).exits(1).complains("confirmed already");
    // What is taken back is read again in parts, too.
    let back = ["suppressions", "remove", "--since", "2026-12-01", "--reason", "bounce"];
    fixture.at(TUESDAY, &back).exits(0).says("1300 mailboxes are subscribed again");
}

#[test]
fn a_large_wave_is_dismissed_in_parts() {
    let fixture = in_a_wave(1_300);
    fixture.at(TUESDAY, &["suppressions", "dismiss", "1"]).exits(1);
    assert_eq!(edition_status(&fixture, "failed").0, 1_000);
    assert_eq!(number(&fixture, "SELECT count(*) FROM bounces WHERE meaning = 'dismissed'"), 1_000);
    fixture.at(TUESDAY, &["suppressions", "confirm", "1"]).exits(1).complains("dismissed already");
    fixture.change(MEND);
    let ran = fixture.at(TUESDAY, &["suppressions", "dismiss", "1"]).exits(0);
    ran.says("1300 mailboxes stay subscribed. This completes what broke off before.");
    assert_eq!(edition_status(&fixture, "failed").0, 1_300);
    assert_eq!(number(&fixture, "SELECT count(*) FROM suppressions"), 0);
    assert!(!attention(&fixture).contains("wave 1"), "{}", attention(&fixture));
}

/// The command that broke off is run again only after what it set free was sent again: that is not undone.
#[test]
fn what_was_sent_again_meanwhile_is_not_taken_back() {
    let fixture = in_a_wave(1_300);
    fixture.at(TUESDAY, &["suppressions", "dismiss", "1"]).exits(1);
    fixture.at(TUESDAY, &["deliveries", "retry", "--edition", "7"]).exits(0);
    fixture.at(TUESDAY, &["send"]).exits(0);
    assert_eq!(edition_status(&fixture, "failed").0, 0);
    fixture.change(MEND);
    fixture.at(TUESDAY, &["suppressions", "dismiss", "1"]).exits(0).says("1300 mailboxes stay subscribed.");
    assert_eq!(edition_status(&fixture, "failed").0, 300);
}

/// Nobody types anything for a wave that was none, so the next run goes on with it.
#[test]
fn a_dissolution_that_broke_off_goes_on_with_the_next_run() {
    let fixture = sent_to(BASE, 1_250);
    // By their numbers they are no wave: fewer than a tenth.
    let dissolved = "INSERT INTO waves (edition, scope, at, state)
                         SELECT 7, 'edition', max(published_at), 'dissolved' FROM editions;
                     INSERT INTO bounces (recipient, edition, at, status, meaning, wave)
                         SELECT recipient, 7, 1, '5.1.1', 'gone', 1 FROM deliveries WHERE recipient <= 120;";
    fixture.change(dissolved);
    fixture.at(NEXT, &["send"]).exits(0);
    assert_eq!(number(&fixture, "SELECT count(*) FROM bounces WHERE wave IS NOT NULL"), 0);
    assert_eq!(number(&fixture, "SELECT count(*) FROM suppressions WHERE reason = 'bounced'"), 120);
    assert_eq!(number(&fixture, "SELECT count(*) FROM waves WHERE settled_at IS NULL"), 0);
    assert_eq!(audit(&fixture, "wave 1"), ["dissolved 120 mailboxes of edition 7"], "one line, for three parts");
}

async fn opened(fixture: &Fixture, now: DateTime<Utc>) -> AppContext {
    let config = fortnightly::config::load(&fixture.path("config.toml")).unwrap();
    bootstrap::open(config, Clock::Fixed(now)).await.unwrap()
}

fn at(hour: i64) -> DateTime<Utc> {
    MONDAY.parse::<DateTime<Utc>>().unwrap() + chrono::TimeDelta::hours(hour)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wishes_that_nobody_confirmed_end_in_parts() {
    let fixture = Fixture::new(BASE);
    // So many may ask in an hour.
    for hour in 0..3 {
        let app = opened(&fixture, at(2 * hour)).await;
        for n in 0..400 {
            let n = 400 * hour + n;
            let profile =
                Profile { name: format!("School {n}"), sector: Sector::School, locale: Locale::EnGb, urn: None };
            let wish = SubscribeRequest {
                profile,
                address: format!("office@s{n}.example").parse().unwrap(),
                bands: ["4-5".parse().unwrap()].into_iter().collect(),
                origin: Origin::Cli,
            };
            Subscriber::new(&app).ask_to_subscribe(&wish).await.unwrap();
        }
    }
    fixture.change("UPDATE requests SET kind = 'odd' WHERE recipient = 1100");
    let app = opened(&fixture, at(24 * 30)).await;
    let ended = "SELECT count(*) FROM audit WHERE action = 'unconfirmed'";
    assert!(Maintenance::new(&app).end_unconfirmed().await.is_err());
    assert_eq!(number(&fixture, ended), 1_000, "two parts of 500 are done");
    fixture.change("UPDATE requests SET kind = 'subscribe' WHERE recipient = 1100");
    assert_eq!(Maintenance::new(&app).end_unconfirmed().await.unwrap(), 200);
    assert_eq!(number(&fixture, ended), 1_200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_restored_store_is_released_in_parts() {
    let fixture = sent_to(&format!("{BASE}\n[mail]\non_uncertain = \"hold\"\n"), 2_300);
    // As it was when it was being sent.
    let undo = "UPDATE editions SET state = 'sending', accepted = 0, finished_at = NULL";
    fixture.change(&format!("UPDATE deliveries SET state = 0; {undo}"));
    fixture.at(MONDAY, &["backup", "backup.db"]).exits(0);
    fs::remove_dir_all(fixture.path("var")).unwrap();
    fixture.at(TUESDAY, &["restore", "backup.db"]).exits(0);
    // One part, as if the command had been killed after it. Whose keys the store has is noted when it is opened.
    let forget_keys = "DELETE FROM meta WHERE key = 'keys'";
    fixture.change(forget_keys);
    let path = fixture.path("var/fortnightly.db");
    let part =
        SqliteStore::open(&path, AddressHasher::new(&[7; 32])).unwrap().release_restored(false, at(24)).await.unwrap();
    fixture.change(forget_keys);
    assert!(!part.is_last && !part.is_begun, "{part:?}");
    assert_eq!(edition_status(&fixture, "uncertain"), (1_000, "held".to_owned(), attention(&fixture)));
    assert!(attention(&fixture).contains("1300 of 2300 mails had not been sent"), "{}", attention(&fixture));
    fixture.at(TUESDAY, &["send"]).exits(1);
    fixture.at(TUESDAY, &["release"]).exits(0).says("This store sends again. This completes a release that broke off.");
    assert_eq!(edition_status(&fixture, "uncertain").0, 2_300);
    fixture.at(TUESDAY, &["release"]).exits(0).says("it was neither restored");
}
