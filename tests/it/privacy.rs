//! Forgetting: one person at their wish, byte by byte, and whatever is old.

use std::fs;

use serde_json::{Value, json};

use crate::support::fixture::{BASE, Fixture, entry, until};
use crate::support::http::{ask, daemon};

const MONDAY: &str = "2026-11-30T08:00:00Z";
const NAME: &str = "Pat Unmistakable";
const ADDRESS: &str = "Pat.Unmistakable@Home.example";

/// One school, and one parent who subscribed by hand, was mailed, and asked for other bands.
fn fixture(config: &str) -> Fixture {
    let school = entry("Hill", "school", "\"office@hill.example\"", "[\"4-5\"]");
    let fixture = Fixture::new(&format!("{BASE}{config}{school}"));
    fixture.at(MONDAY, &["subscribe", "--name", NAME, "--email", ADDRESS, "--bands", "4-5"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture
}

/// The files beside the store that still say it, in whatever case.
fn places(fixture: &Fixture, said: &str) -> Vec<String> {
    let said = said.to_lowercase();
    let mut found = Vec::new();
    for file in
        fs::read_dir(fixture.path("var")).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file())
    {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).to_lowercase();
        if text.contains(&said) {
            found.push(file.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

fn shown(fixture: &Fixture, address: &str) -> Value {
    fixture.run(&["subscribers", "show", address, "--json"]).exits(0).json()["mailboxes"][0].clone()
}

#[test]
fn whoever_is_erased_is_in_no_byte_of_store_journal_and_backup() {
    let fixture = fixture("");
    let digest = fixture.mails().into_iter().find(|mail| mail.to.eq_ignore_ascii_case(ADDRESS)).unwrap();
    // Under a daemon that reads and writes, after a change that left an older copy.
    let (mut daemon, port) = daemon(&fixture);
    let at = digest.text.find("/preferences/").unwrap();
    let path: String = digest.text[at..].split_whitespace().next().unwrap().to_owned();
    ask(port, "POST", &path, "bands=8-10");
    fixture.run(&["suppressions", "add", "other@home.example"]).exits(0);
    let held = shown(&fixture, ADDRESS)["held"].clone();
    assert_eq!((&held["deliveries"][0]["state"], &held["requests"][0]["kind"]), (&json!("accepted"), &json!("bands")));
    assert!(!places(&fixture, "pat.unmistakable").is_empty() && !places(&fixture, NAME).is_empty());
    until("the letter has left", || shown(&fixture, ADDRESS)["held"]["letters"][0]["state"] == "accepted");

    // In a script nobody is asked.
    let said = fixture.run(&["subscribers", "erase", &ADDRESS.to_uppercase()]).exits(0);
    assert!(said.stdout.contains("never mailed again"), "{}{}", said.stdout, said.stderr);
    assert_eq!(places(&fixture, "unmistakable"), Vec::<String>::new());
    let log = fixture.log();
    assert!(!log.to_lowercase().contains("unmistakable"), "{log}");
    fixture.run(&["backup", "var/copy.db"]).exits(0);
    assert_eq!(places(&fixture, "unmistakable"), Vec::<String>::new());
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);

    // What was sent still adds up, and nobody brings them back but themselves.
    let status = fixture.at("2026-11-30T10:00:00Z", &["status", "--json"]).exits(0).json();
    let edition = status["editions"].as_array().unwrap().iter().find(|edition| edition["edition"] == 7).unwrap();
    assert_eq!(edition["deliveries"]["accepted"], 2);
    fixture.run(&["subscribers", "erase", ADDRESS, "--yes"]).exits(0);
    fixture.run(&["subscribers", "show", ADDRESS]).exits(1);
    fixture.run(&["subscribers", "erase", "stranger@home.example", "--yes"]).exits(1).complains("nothing is known");
    let again = ["subscribe", "--name", NAME, "--email", ADDRESS, "--bands", "4-5"];
    fixture.at(MONDAY, &again).exits(1).complains("--confirm");
    fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\n{NAME},other,{ADDRESS},4-5,,,\n"));
    fixture.at(MONDAY, &["subscribers", "import", "list.csv"]).exits(0).says("1 kept out");
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().iter().filter(|mail| mail.to.eq_ignore_ascii_case(ADDRESS)).count(), 2);
    let list = fixture.run(&["suppressions", "list", "--json"]).exits(0).json();
    assert!(list.as_array().unwrap().iter().any(|row| row["address"].is_null()), "{list}");
}

#[test]
fn an_address_that_the_file_names_is_erased_and_the_line_is_told() {
    let fixture = fixture("");
    let said = fixture.at(MONDAY, &["subscribers", "erase", "office@hill.example", "--yes", "--json"]).exits(0);
    assert_eq!(said.json()["name"], true);
    said.complains("still names it: remove it there");
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().iter().filter(|mail| mail.to == "office@hill.example").count(), 1);
}

/// What is old goes, what is not stays: to the day.
#[test]
fn retention_forgets_what_is_older_and_nothing_else() {
    let fixture = fixture("\n[retention]\nattempts = \"30d\"\nended = \"10d\"\n");
    fixture.at("2026-12-01T08:00:00Z", &["unsubscribe", ADDRESS]).exits(0);
    let daemon_at = |now: &str| {
        let mut daemon = fixture.spawn(&["-vv", "--now", now, "run", "--role", "sender"], "log");
        until("it has tidied up", || fixture.log().contains("forgotten"));
        daemon.signal_if_alive("-TERM");
        daemon.ends();
        fixture.log()
    };
    let sql = |query: &str| -> i64 {
        let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
        store.query_row(query, [], |row| row.get(0)).unwrap()
    };
    let (addresses, attempts) = (
        "SELECT count(*) FROM recipients WHERE address IS NOT NULL",
        "SELECT count(*) FROM attempts WHERE mailing = 7",
    );
    // It looks once a day.
    daemon_at("2026-12-10T07:59:00Z");
    assert_eq!((sql(addresses), sql(attempts)), (2, 2), "too early");
    daemon_at("2026-12-11T08:01:00Z");
    assert_eq!((sql(addresses), sql(attempts)), (1, 2), "the address of who left goes, after ten days");
    assert_eq!(places(&fixture, NAME), Vec::<String>::new(), "and so does the name");
    let list = fixture.run(&["suppressions", "list", "--json"]).exits(0).json();
    assert_eq!((&list[0]["address"], &list[0]["reason"]), (&json!(ADDRESS), &json!("unsubscribed")), "until erased");
    let log = daemon_at("2026-12-31T08:01:00Z");
    assert_eq!((sql(addresses), sql(attempts)), (1, 0), "{log}");
    assert_eq!(sql("SELECT count(*) FROM deliveries WHERE mailing = 7"), 2, "counts stay");
    fixture.run(&["subscribers", "erase", ADDRESS]).exits(0);
    assert_eq!(places(&fixture, "unmistakable"), Vec::<String>::new());
}
