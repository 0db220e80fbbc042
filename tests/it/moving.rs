//! `move --to`, through the built binary: what commands say is the same before and after, a killed move is done again, and a store
//! that was left refuses whatever would change it.

mod meanwhile;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::support::fixture::{Fixture, scheduled};
use crate::support::postgres::cluster::Cluster;
use crate::support::trials::{Chance, is_long};

const SUNDAY: &str = "2026-11-29T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";
const TUESDAY: &str = "2026-12-01T08:00:00Z";

/// What a person can ask.
const QUESTIONS: &[&[&str]] = &[
    &["status", "--json"],
    &["status", "--audit", "--json"],
    &["plan", "--json", "--explain"],
    &["subscribers", "list", "--json"],
    &["subscribers", "show", "office@hillside.example", "--json"],
    &["subscribers", "export", "--out", "-"],
    &["suppressions", "list", "--json"],
    &["deliveries", "list", "--json"],
    &["preview", "--edition", "7", "--json"],
];

fn answers(fixture: &Fixture) -> Vec<String> {
    let ask = |question: &&[&str]| {
        let ran = fixture.at(TUESDAY, question);
        assert_eq!(ran.code, 0, "{question:?}: {}", ran.stderr);
        ran.stdout
    };
    QUESTIONS.iter().map(ask).collect()
}

#[track_caller]
fn same(these: &[String], those: &[String]) {
    for ((this, that), question) in these.iter().zip(those).zip(QUESTIONS) {
        assert_eq!(this, that, "{question:?}");
    }
}

/// A service that has sent an edition; some left, and some came by a file.
fn service(rows: usize) -> Fixture {
    let fixture = Fixture::new(&scheduled(""));
    let rows: String = (0..rows).map(|n| format!("School {n},school,s{n}@school.example,4-5,,,\n")).collect();
    fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\n{rows}"));
    fixture.at(SUNDAY, &["subscribers", "import", "list.csv"]).exits(0);
    fixture.at(SUNDAY, &["unsubscribe", "s1@school.example"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.at(MONDAY, &["subscribers", "erase", "s2@school.example", "--yes"]).exits(0);
    fixture.at(MONDAY, &["hold", "8", "--reason", "a test"]);
    fixture
}

fn lives_at(fixture: &Fixture, url: &str) {
    let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
    let config = config.split("\n[store]").next().unwrap().to_owned();
    fixture.write("config.toml", &format!("{config}\n[store]\nurl = \"{url}\"\n"));
}

#[test]
fn a_move_there_and_back_changes_no_answer() {
    let Some(cluster) = Cluster::start() else { return };
    let (fixture, url) = (service(30), cluster.url());
    let (before, sent) = (answers(&fixture), fixture.mail_count());
    let untouched = fixture.fingerprint();
    fixture.at(TUESDAY, &["move", "--to", &url, "--dry-run"]).exits(0).says("would be moved");
    assert_eq!(fixture.fingerprint(), untouched);
    cluster.holds("to_regclass('store') IS NULL");

    fixture.at(TUESDAY, &["move", "--to", &url]).exits(0).says(&format!("url = \"{url}\""));
    // The old one answers, and refuses whatever would change it.
    same(&answers(&fixture), &before);
    for refused in [
        &["send", "--yes"][..],
        &["run"],
        &["sync"],
        &["unsubscribe", "s3@school.example"],
        &["subscribers", "import", "list.csv"],
        &["subscribers", "erase", "s3@school.example", "--yes"],
        &["approve", "8"],
        &["hold", "8"],
        &["release"],
        &["suppressions", "add", "x@y.example"],
        &["deliveries", "retry"],
        &["backup", "copy.db"],
        &["bounce", "list.csv"],
    ] {
        let ran = fixture.at(TUESDAY, refused);
        assert_ne!(ran.code, 0, "{refused:?}");
        assert!(ran.stderr.contains(&format!("was moved to {url}")), "{refused:?}: {}", ran.stderr);
    }
    fixture.at(TUESDAY, &["move", "--to", &url]).exits(0).says("has already been moved there");
    fixture.at(TUESDAY, &["move", "--to", "sqlite:var/other.db"]).exits(1).complains("was moved to");

    lives_at(&fixture, &url);
    same(&answers(&fixture), &before);
    fixture.at(TUESDAY, &["send"]).exits(0);
    assert_eq!(fixture.mail_count(), sent, "nobody gets it twice");
    fixture.at(TUESDAY, &["move", "--to", &url]).exits(1).complains("name another place");
    fixture
        .at(TUESDAY, &["move", "--to", "sqlite:var/fortnightly.db"])
        .exits(1)
        .complains("nothing is written over it");
    fixture.at(TUESDAY, &["move", "--to", "sqlite:var/back.db"]).exits(0);
    lives_at(&fixture, "sqlite:var/back.db");
    same(&answers(&fixture), &before);
    let wrong = fixture.at(TUESDAY, &["move", "--to", "mysql://x"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("--to"), "{}", wrong.stderr);
}

/// Killed at any moment, again and again.
fn killed(fixture: &Fixture, url: &str, chance: &mut Chance) -> usize {
    let (mut kills, mut most) = (0, 5);
    loop {
        let mut run = fixture.spawn(&["--now", TUESDAY, "move", "--to", url], "log");
        sleep(Duration::from_millis(chance.below(most)));
        if run.0.try_wait().unwrap().is_some() {
            assert_eq!(run.ends(), 0, "{}", fixture.log());
            return kills;
        }
        run.0.kill().unwrap();
        run.0.wait().unwrap();
        kills += 1;
        most += if is_long() { 5 } else { 60 };
    }
}

#[test]
fn a_move_that_is_killed_is_done_again() {
    let Some(cluster) = Cluster::start() else { return };
    let (fixture, url, mut chance) = (service(400), cluster.url(), Chance::new());
    let before = answers(&fixture);
    let there = killed(&fixture, &url, &mut chance);
    lives_at(&fixture, &url);
    same(&answers(&fixture), &before);
    let back = killed(&fixture, "sqlite:var/back.db", &mut chance);
    lives_at(&fixture, "sqlite:var/back.db");
    same(&answers(&fixture), &before);
    assert!(there > 1 && back > 1, "{there} and {back} kills: the test proves little");
}
