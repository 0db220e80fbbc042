//! Edits: before an edition is sent they count; after that they change nothing (invariant 5).

use std::collections::BTreeSet;
use std::fs;

use chrono::DateTime;
use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, entry, pick, three, until};

const MONDAY: &str = "2026-11-30T08:00:00Z";
const EARLIER: &str = "2026-11-25T12:00:00Z";
const SCHOOLS: usize = 1_500;

fn schools(name: &str, bands: &str) -> String {
    (0..SCHOOLS).map(|n| entry(&format!("{name} {n}"), "school", &format!("\"s{n}@school.example\""), bands)).collect()
}

/// The value of a header that fits on one line.
fn header<'a>(raw: &'a str, name: &str) -> &'a str {
    raw.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("there is no {name}"))
}

fn activity_files(fixture: &Fixture) -> Vec<String> {
    ["kindness", "private-information"]
        .iter()
        .flat_map(|theme| fs::read_dir(fixture.path(&format!("activities/{theme}"))).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .map(|path| path.display().to_string())
        .collect()
}

fn edit(path: &str, change: impl Fn(&str) -> String) {
    let before = fs::read_to_string(path).unwrap();
    let after = change(&before);
    assert_ne!(before, after, "{path} was not changed");
    fs::write(path, after).unwrap();
}

fn edit_everything(fixture: &Fixture) {
    for file in activity_files(fixture) {
        edit(&file, |text| text.replace("title = \"", "title = \"Edited: "));
    }
    for template in ["templates/digest.mjml.hbs", "templates/digest.txt.hbs"] {
        edit(&fixture.path(template).display().to_string(), |text| text.replace("{{edition}}", "{{edition}} Edited: "));
    }
    let config = BASE
        .replace("Online Safety at Home", "Edited: Service")
        .replace("activities@example.org", "edited@example.org")
        .replace("activities.example.org", "edited.example.org")
        .replace("1 High Street", "Edited: 2 Low Street");
    assert_ne!(config, BASE);
    let newcomer = entry("Edited: Newcomer", "school", "\"edited@newcomer.example\"", "[\"4-5\"]");
    let lines = schools("Edited: School", "[\"11-14\"]");
    fixture.write("config.toml", &format!("{config}{lines}{newcomer}"));
}

#[test]
fn an_edit_after_publishing_changes_nothing() {
    let fixture = Fixture::new(&format!("{BASE}{}", schools("School", "[\"4-5\"]")));
    let mut run = fixture.spawn(&["--now", MONDAY, "send"], "log");
    let count = || fixture.mail_count();
    until("some mail is there", || count() >= 20);
    run.signal_if_alive("-KILL");
    run.ends();
    let first = count();
    assert!(first < SCHOOLS - 100, "everything was sent before the edit: {first}");
    edit_everything(&fixture);
    fixture.at("2026-11-30T11:00:00Z", &["check"]).exits(0);
    fixture.at("2026-11-30T11:00:00Z", &["send"]).exits(0);
    let (mut readers, mut same) = (BTreeSet::new(), BTreeSet::new());
    for file in fs::read_dir(fixture.path("var/mail/new")).unwrap() {
        // Without the soft line breaks of quoted-printable, which may fall inside a word.
        let raw = fs::read_to_string(file.unwrap().path()).unwrap().replace("\r\n", "\n").replace("=\n", "");
        let to = header(&raw, "To: ").to_owned();
        // Marks that no token can spell by chance: base32 has no capital, colon or full stop.
        for mark in ["Edited:", "<edited@", "edited.example"] {
            assert!(!raw.contains(mark), "{to}: {:?}", raw.lines().find(|line| line.contains(mark)));
        }
        assert!(raw.contains("Ages 4 to 5") && !raw.contains("Ages 11 to 14"), "{to} has other bands");
        same.insert([header(&raw, "Date: "), header(&raw, "From: "), header(&raw, "Subject: ")].map(str::to_owned));
        let number = to.trim_start_matches('s').split('@').next().unwrap();
        assert!(raw.contains(&format!("School {number}")), "{to} is not greeted by its name");
        assert!(readers.insert(to), "someone got two mails");
    }
    assert_eq!(readers.len(), SCHOOLS);
    assert_eq!(same.len(), 1, "{same:?}");
    // The edits count from the next edition on.
    fixture.at("2026-12-07T11:00:00Z", &["preview", "--out", "look"]).exits(0);
    let index = fs::read_to_string(fixture.path("look/index.html")).unwrap();
    assert!(index.contains("Edited: "), "{index}");
}

/// A fixture that sent edition 6 and planned the next ones.
fn planned(config: &str) -> Fixture {
    let fixture = Fixture::new(config);
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
    fixture
}

/// The instant of `due_at`, in UTC.
fn moment(row: &Value) -> String {
    DateTime::parse_from_rfc3339(row["due_at"].as_str().unwrap()).unwrap().to_utc().to_rfc3339()
}

#[test]
fn a_pick_that_became_invalid_is_replaced_and_says_why() {
    let fixture = planned(&format!("{BASE}{}", three()));
    let before = fixture.planned(EARLIER, 7);
    assert_eq!(before["state"], "planned");
    let old = pick(&before, "8-10").clone();
    let id = old["id"].as_str().unwrap();
    fs::remove_file(fixture.path(&format!("activities/{id}.md"))).unwrap();
    for moment in ["seen", "stored", "sent"] {
        let after = fixture.planned(EARLIER, 7);
        let new = pick(&after, "8-10");
        assert_ne!(new["id"], id);
        let reason = new["reason"].as_str().unwrap();
        assert!(reason.starts_with(&format!("replaces {id}: ")), "{moment}: {reason}");
        for band in ["4-5", "5-7", "11-14", "14+"] {
            assert_eq!(pick(&after, band), pick(&before, band), "{moment}");
        }
        match moment {
            "seen" => fixture.at(EARLIER, &["send"]).exits(0).says("Nothing is due"),
            _ => drop(fixture.at(MONDAY, &["send"]).exits(0)),
        }
    }
    let audit = fixture.at(MONDAY, &["status", "--audit"]).exits(0);
    audit.says(&format!("replaces {id}: "));
    let new = fixture.planned(EARLIER, 7);
    let (new, old) = (pick(&new, "8-10")["title"].as_str().unwrap(), old["title"].as_str().unwrap());
    let mails = fixture.mails();
    let mail = mails.iter().rfind(|m| m.to == "hello@lantern.example" && m.text.contains(new));
    assert!(!mail.unwrap().text.contains(old), "the mail shows what was replaced");
}

#[test]
fn a_pause_added_after_planning_drops_the_edition() {
    let fixture = planned(&format!("{BASE}{}", three()));
    let pause =
        "\n[[schedule.pauses]]\nfrom = 2026-11-30\nto = 2026-12-11\nreason = \"Snow\"\non_closed_day = \"skip\"\n";
    fixture.write("config.toml", &format!("{BASE}{}{pause}", three()));
    let seven = fixture.planned(EARLIER, 7);
    assert_eq!(seven["state"], "paused");
    assert!(seven["reason"].as_str().unwrap().contains("Snow"));
    fixture.at(MONDAY, &["send"]).exits(0).says("Edition 8 goes out");
    assert_eq!(fixture.mails().len(), 4);
    let status = fixture.at(MONDAY, &["status", "--json"]).exits(0).json();
    let numbers: Vec<_> =
        status["editions"].as_array().unwrap().iter().map(|e| e["edition"].as_u64().unwrap()).collect();
    assert!(!numbers.contains(&7) && numbers.contains(&8), "{numbers:?}");
    assert_eq!(status["next"]["edition"], 8);
    // Taken back in time, the edition is planned again.
    fixture.write("config.toml", &format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 8);
}

#[test]
fn a_moved_send_time_moves_what_is_planned() {
    let fixture = planned(&format!("{BASE}{}", three()));
    let due_at = |fixture: &Fixture| {
        let status = fixture.at(EARLIER, &["status", "--json"]).exits(0).json();
        status["editions"].as_array().unwrap().iter().find(|e| e["edition"] == 7).map(moment).unwrap()
    };
    assert_eq!(due_at(&fixture), "2026-11-30T08:00:00+00:00");
    let moved = BASE.replace("anchor = 2026-09-07\n", "anchor = 2026-09-07\nsend_at = 10:30:00\n");
    fixture.write("config.toml", &format!("{moved}{}", three()));
    assert_eq!(moment(&fixture.planned(EARLIER, 7)), "2026-11-30T10:30:00+00:00");
    fixture.at(EARLIER, &["send"]).exits(0);
    assert_eq!(due_at(&fixture), "2026-11-30T10:30:00+00:00");
    fixture.at("2026-11-30T10:29:59Z", &["send"]).exits(0).says("Nothing is due");
    assert_eq!(fixture.mails().len(), 4);
    fixture.at("2026-11-30T10:30:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 8);
    // What was sent keeps its moment.
    let first = fixture.at(MONDAY, &["status", "--edition", "6", "--json"]).exits(0).json();
    assert_eq!(moment(&first["editions"][0]), "2026-11-16T08:00:00+00:00");
}
