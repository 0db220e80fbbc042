//! What is about all mailboxes is written in parts, what is about one writes little, and what only looks writes nothing: counted
//! in the rows that are written between two commits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use fortnightly::domain::delivery::DeliveryState;

use crate::support::fixture::{BASE, Fixture, entry};
use crate::tidy::commands;

const MONDAY: &str = "2026-11-30T08:00:00Z";
const TUESDAY: &str = "2026-12-01T08:00:00Z";
const NEXT: &str = "2026-12-14T09:00:00Z";

/// More mailboxes than the rows of any part.
const MAILBOXES: usize = 6_500;

/// A part is of 5,000 deliveries, of 1,000 mailboxes with some rows each and a row for each word of their names, or of 500 with a
/// dozen.
const MOST: u64 = 8_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writes {
    /// Nothing, or files.
    Nothing,
    /// About one mailbox or one edition.
    Little,
    /// About one mailbox; but where that makes a wave, all that were suppressed by it come back at once.
    Wave,
    /// Into a store that nobody else has open yet.
    Apart,
    /// About as many as there are, in parts.
    Parts,
    /// An edition or a bulletin is published whole or not at all: all of its deliveries in one transaction.
    Whole,
}

/// Every command; whoever adds one says here what it writes.
fn table() -> BTreeMap<&'static str, Writes> {
    use Writes::{Apart, Little, Nothing, Parts, Wave, Whole};
    let rows: [(&[_], Writes); 6] = [
        (
            &[
                "activities new",
                "backup",
                "check",
                "completions",
                "deliveries list",
                "init",
                "man",
                "nodes",
                "plan",
                "preview",
                "report",
                "schema",
                "status",
                "subscribers export",
                "subscribers list",
                "subscribers show",
                "suppressions list",
                "templates diff",
                "templates update",
                "users list",
            ],
            Nothing,
        ),
        (
            &[
                "approve",
                "hold",
                "subscribe",
                "subscribers change",
                "subscribers erase",
                "suppressions add",
                "swap",
                "unsubscribe",
                "users add",
                "users remove",
                "users reset",
                "withdraw",
            ],
            Little,
        ),
        (&["bounce"], Wave),
        (&["move", "restore"], Apart),
        (
            &[
                "deliveries resolve",
                "deliveries retry",
                "release",
                "subscribers import",
                "suppressions confirm",
                "suppressions dismiss",
                "suppressions remove",
                "sync",
            ],
            Parts,
        ),
        (&["bulletin", "console", "run", "send"], Whole),
    ];
    rows.into_iter().flat_map(|(names, writes)| names.iter().map(move |name| (*name, writes))).collect()
}

/// Runs a command that is to exit with this code; the rows that it wrote in each transaction.
fn spans(fixture: &Fixture, now: &str, arguments: &[&str], code: i32) -> Vec<u64> {
    let ran = fixture.at(now, &[&["-vv"], arguments].concat());
    let rows = ran
        .stderr
        .lines()
        .filter_map(|line| line.split_once("released the write lock rows=")?.1.parse().ok())
        .collect();
    ran.exits(code);
    rows
}

/// Edition 7 goes to one mailbox, and then there are many more.
fn crowded(config: &str) -> Fixture {
    let fixture = Fixture::new(config);
    fixture.at(MONDAY, &["subscribe", "--name", "First", "--email", "office@first.example", "--bands", "4-5"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    let rows: String = (0..MAILBOXES).map(|n| format!("School {n},office@s{n}.example,4-5\n")).collect();
    fixture.write("list.csv", &format!("name,email,bands\n{rows}"));
    fixture
}

/// Every delivery of edition 7, which has so many mailboxes, in this state.
fn all_are(fixture: &Fixture, state: DeliveryState) {
    let code = state.code();
    let accepted = if state == DeliveryState::Accepted { "mails" } else { "0" };
    fixture.change(&format!(
        "UPDATE deliveries SET state = {code}, next_at = NULL;
             UPDATE editions SET accepted = {accepted} WHERE number = 7;"
    ));
}

/// All that edition 7 was sent to come back as unknown.
fn a_wave(fixture: &Fixture) {
    all_are(fixture, DeliveryState::Accepted);
    fixture.change(
        "DELETE FROM bounces;
         INSERT INTO waves (edition, scope, at, state) SELECT 7, 'edition', published_at, 'open' FROM editions WHERE number = 7;
         INSERT INTO bounces (recipient, edition, at, status, meaning, wave)
             SELECT recipient, 7, (SELECT max(at) FROM waves), '5.1.1', 'gone', (SELECT max(id) FROM waves) FROM deliveries;",
    );
}

#[test]
fn every_command_says_what_it_writes() {
    let named: BTreeSet<String> = table().into_keys().map(str::to_owned).collect();
    assert_eq!(named, commands::of_the_binary());
}

#[test]
fn what_is_about_all_is_written_in_parts() {
    let config = format!("{BASE}\n[mail]\non_uncertain = \"hold\"\n");
    let fixture = crowded(&config);
    let mut found = BTreeMap::new();
    let mut note = |fixture: &Fixture, now: &str, name: &'static str, more: &[&str]| {
        let arguments: Vec<&str> = name.split(' ').chain(more.iter().copied()).collect();
        let spans = spans(fixture, now, &arguments, 0);
        assert!(spans.iter().sum::<u64>() >= MAILBOXES as u64, "{name} was not about all: {spans:?}");
        let longest = spans.into_iter().max().unwrap_or_default();
        assert!(longest <= MOST, "{name} writes {longest} rows at once");
        found.insert(name, longest);
    };
    note(&fixture, MONDAY, "subscribers import", &["list.csv"]);
    // As if it had gone to all of them.
    fixture.change(
        "INSERT INTO deliveries (mailing, recipient, segment, state, name_id, attempts, repeated)
             SELECT 7, r.id, d.segment, d.state, d.name_id, 0, 0 FROM recipients r, deliveries d WHERE r.id <> d.recipient;
         UPDATE editions SET mails = (SELECT count(*) FROM deliveries) WHERE number = 7;",
    );
    all_are(&fixture, DeliveryState::Failed);
    note(&fixture, TUESDAY, "deliveries retry", &["--edition", "7"]);
    all_are(&fixture, DeliveryState::Uncertain);
    note(&fixture, TUESDAY, "deliveries resolve", &["--all", "--edition", "7", "--failed"]);
    a_wave(&fixture);
    note(&fixture, TUESDAY, "suppressions confirm", &["1"]);
    note(&fixture, TUESDAY, "suppressions remove", &["--since", "2026-12-01", "--reason", "bounce"]);
    a_wave(&fixture);
    note(&fixture, TUESDAY, "suppressions dismiss", &["2"]);
    let entries: String = (0..MAILBOXES)
        .map(|n| entry(&format!("Trust {n}"), "charity", &format!("\"office@t{n}.example\""), "[\"4-5\"]"))
        .collect();
    fixture.write("config.toml", &format!("{config}{entries}"));
    note(&fixture, TUESDAY, "sync", &["--yes"]);
    // What was queued when the next edition fell due expires, and that one is held.
    let sending = "UPDATE editions SET state = 'sending', finished_at = NULL WHERE number = 7";
    fixture.change(sending);
    all_are(&fixture, DeliveryState::Queued);
    fixture.at(TUESDAY, &["backup", "backup.db"]).exits(0);
    fixture.at(TUESDAY, &["hold", "8"]).exits(0);
    let expired = spans(&fixture, NEXT, &["send"], 1);
    assert!(expired.iter().sum::<u64>() >= MAILBOXES as u64 && expired.iter().all(|rows| *rows <= MOST), "{expired:?}");
    fs::remove_dir_all(fixture.path("var")).unwrap();
    fixture.at(TUESDAY, &["restore", "backup.db"]).exits(0);
    note(&fixture, TUESDAY, "release", &[]);
    let wanted: BTreeSet<&str> =
        table().into_iter().filter(|(_, writes)| *writes == Writes::Parts).map(|(name, _)| name).collect();
    assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn what_is_about_one_writes_little_and_a_look_nothing() {
    let fixture = crowded(BASE);
    fixture.at(MONDAY, &["subscribers", "import", "list.csv"]).exits(0);
    let runs = [
        ("backup", "backup.db", Writes::Nothing),
        ("check", "", Writes::Nothing),
        ("deliveries list", "", Writes::Nothing),
        ("nodes", "", Writes::Nothing),
        ("report", "", Writes::Nothing),
        ("plan", "", Writes::Nothing),
        ("preview", "--out preview", Writes::Nothing),
        ("status", "--audit", Writes::Nothing),
        ("subscribers export", "--out out.csv", Writes::Nothing),
        ("subscribers list", "", Writes::Nothing),
        ("subscribers show", "office@s9.example", Writes::Nothing),
        ("suppressions list", "", Writes::Nothing),
        ("users list", "", Writes::Nothing),
        ("approve", "8", Writes::Little),
        ("hold", "8", Writes::Little),
        ("subscribe", "--name New --email office@new.example --bands 4-5", Writes::Little),
        ("subscribers change", "office@s1.example office@s1.test", Writes::Little),
        ("subscribers erase", "office@s2.example --yes", Writes::Little),
        ("suppressions add", "office@s3.example", Writes::Little),
        ("unsubscribe", "office@s4.example", Writes::Little),
        ("users add", "anna@team.example --role admin", Writes::Little),
        ("users reset", "anna@team.example", Writes::Little),
        ("users remove", "anna@team.example", Writes::Little),
        ("withdraw", "8", Writes::Little),
    ];
    for (name, more, writes) in runs {
        let arguments: Vec<&str> = name.split(' ').chain(more.split_whitespace()).collect();
        let spans = spans(&fixture, TUESDAY, &arguments, 0);
        let most = if writes == Writes::Nothing { 0 } else { 100 };
        assert!(spans.iter().all(|rows| *rows <= most), "{name}: {spans:?}");
        assert_eq!(table()[name], writes);
    }
    let is_run = |name: &&str| runs.iter().any(|(run, ..)| run == name);
    let quiet = table().into_iter().filter(|(_, writes)| matches!(writes, Writes::Nothing | Writes::Little));
    let left: Vec<_> = quiet.map(|(name, _)| name).filter(|name| !is_run(name)).collect();
    // All but `swap` open no store; that one needs a library with something to swap for.
    assert_eq!(
        left,
        ["activities new", "completions", "init", "man", "schema", "swap", "templates diff", "templates update"]
    );
}
