//! What an operator's commands do, and say, no more and no less: plan, hold, show, unsubscribe, audit.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::fixture::{BASE, Fixture, entry, pick, until};
use crate::support::http::{ask, daemon};
use crate::support::skipped;

const BEFORE: &str = "2026-11-25T12:00:00Z";

/// The editions that are in the store, by number.
fn planned(fixture: &Fixture) -> Vec<u64> {
    let status = fixture.at(BEFORE, &["status", "--json"]).exits(0).json();
    let mut numbers: Vec<_> =
        status["editions"].as_array().unwrap().iter().map(|row| row["edition"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_decision_about_a_far_edition_plans_no_other() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["sync"]).exits(0);
    let projected = fixture.planned(BEFORE, 12);
    let id = |band: &str| pick(&projected, band)["id"].as_str().unwrap().to_owned();
    // Refused, it plans nothing at all.
    fixture.at(BEFORE, &["swap", "12", "--band", "8-10", "--activity", &id("4-5")]).exits(1);
    let near = planned(&fixture);
    assert!(!near.contains(&12), "{near:?}");
    // What it has already is no change, and nothing is planned for that either.
    fixture.at(BEFORE, &["swap", "12", "--band", "8-10", "--activity", &id("8-10")]).exits(0).says("nothing changed");
    assert_eq!(planned(&fixture), near);
    fixture.at(BEFORE, &["hold", "12"]).exits(0);
    assert_eq!(planned(&fixture), [near.as_slice(), &[12]].concat());
    // With the picks that the plan showed.
    assert_eq!(pick(&fixture.planned(BEFORE, 12), "8-10")["id"], id("8-10"));
}

#[test]
fn a_hold_says_what_becomes_of_the_edition_and_so_it_is() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["sync"]).exits(0);
    let next = fixture.planned(BEFORE, 8);
    let held = fixture.at(BEFORE, &["hold", "7"]).exits(0);
    held.says("It stays held until `fortnightly release 7`.");
    held.says("If it is still held when edition 8 falls due on Monday 14 December 2026, it is missed for good.");
    let due = next["due_at"].as_str().unwrap();
    fixture.at(due, &["send"]).exits(0);
    let status = fixture.at(due, &["status", "--edition", "7", "--json"]).exits(0).json();
    assert_eq!(status["editions"][0]["state"], "missed");
    // A withdrawn edition overtakes nothing.
    fixture.at(due, &["withdraw", "9"]).exits(0);
    let held = fixture.at("2026-12-15T12:00:00Z", &["hold", "10"]).exits(0);
    held.says("when edition 11 falls due on ");
}

#[test]
fn the_audit_of_an_edition_is_about_it_alone() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["sync"]).exits(0);
    fixture.at(BEFORE, &["hold", "7"]).exits(0);
    fixture.at(BEFORE, &["hold", "8"]).exits(0);
    let about = |arguments: &[&str]| {
        let status = fixture.at(BEFORE, &[&["status", "--audit", "--json"], arguments].concat()).exits(0).json();
        let lines = status["audit"].as_array().unwrap().iter();
        lines.map(|line| line["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let one = about(&["--edition", "7"]);
    assert!(!one.is_empty() && one.iter().all(|subject| subject == "edition 7"), "{one:?}");
    // What was decided about an activity that it has, or had, concerns it.
    let ids = |number| {
        fixture.planned(BEFORE, number)["activities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pick| pick["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (own, other) = (ids(7)[0].clone(), ids(8)[0].clone());
    for id in [&own, &other] {
        fixture.at(BEFORE, &["withdraw", id]).exits(0);
    }
    let one = about(&["--edition", "7"]);
    let expected = format!("activity {own}");
    assert!(one.contains(&expected), "{one:?}");
    assert!(one.iter().all(|subject| *subject == "edition 7" || *subject == expected), "{one:?}");
    let all = about(&[]);
    assert!(all.contains(&"edition 8".to_owned()) && all.len() > one.len(), "{all:?}");
}

/// Whatever the command: who decided is called the same.
#[test]
fn the_audit_has_one_word_for_an_operator() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["sync"]).exits(0);
    let commands: [&[&str]; 8] = [
        &["subscribe", "--name", "Moor", "--email", "office@moor.example", "--bands", "4-5"],
        &["subscribers", "change", "office@moor.example", "head@moor.example"],
        &["unsubscribe", "head@moor.example"],
        &["suppressions", "remove", "head@moor.example", "--yes"],
        &["suppressions", "add", "stranger@moor.example"],
        &["hold", "7"],
        &["release", "7"],
        &["subscribers", "erase", "office@hillside.example", "--yes"],
    ];
    let audit = || {
        let status = fixture.at(BEFORE, &["status", "--audit", "--json"]).exits(0).json();
        status["audit"].as_array().unwrap().clone()
    };
    for command in commands {
        let before = audit().len();
        fixture.at(BEFORE, command).exits(0);
        let added = audit().split_off(before);
        // What the calendar planned on the way is its own.
        let decided: Vec<_> = added.iter().filter(|line| line["actor"] != "calendar").collect();
        let is_operators = |line: &&serde_json::Value| line["actor"] == "operator";
        assert!(!decided.is_empty() && decided.iter().all(is_operators), "{command:?}: {added:#?}");
    }
    // The suppression is over, and the mailbox's own page says so.
    let shown = fixture.at(BEFORE, &["subscribers", "show", "head@moor.example"]).exits(0).stdout;
    assert!(shown.contains("lift-suppression by operator"), "{shown}");
}

/// What the line of `show` says about the bands.
fn bands(fixture: &Fixture, address: &str) -> String {
    let shown = fixture.at(BEFORE, &["subscribers", "show", address]).exits(0).stdout;
    shown.lines().find(|line| line.starts_with("Bands:")).unwrap().to_owned()
}

#[test]
fn show_tells_whose_choice_the_bands_were() {
    let address = "office@hillside.example";
    let fixture =
        Fixture::new(&format!("{BASE}{}", entry("Hillside", "school", &format!("\"{address}\""), "[\"4-5\"]")));
    fixture.at(BEFORE, &["sync"]).exits(0);
    assert_eq!(bands(&fixture, address), "Bands:   4-5 (as its subscriptions say)");
    let subscribe = ["subscribe", "--name", "Hillside", "--email", address, "--bands", "5-7"];
    fixture.at(BEFORE, &subscribe).exits(0);
    assert_eq!(bands(&fixture, address), "Bands:   5-7 (chosen by an operator, with `subscribe`)");
    fixture.write("list.csv", &format!("name,email,bands\nHillside,{address},8-10\n"));
    fixture.at(BEFORE, &["subscribers", "import", "list.csv"]).exits(0);
    assert_eq!(bands(&fixture, address), "Bands:   8-10 (chosen by an operator, with an import)");
    // Its reader, by the link of a mail and a click.
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let preferences = fixture.mails()[0].path("/preferences/");
    let (mut daemon, port) = daemon(&fixture);
    ask(port, "POST", &preferences, "bands=11-14");
    let letter = || fixture.mails().into_iter().find(|mail| mail.text.contains("/confirm/"));
    until("the mail is there", || letter().is_some());
    ask(port, "POST", &letter().unwrap().path("/confirm/"), "");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert_eq!(bands(&fixture, address), "Bands:   11-14 (chosen by its reader)");
    let shown = fixture.at(BEFORE, &["subscribers", "show", address, "--json"]).exits(0).json();
    assert_eq!(shown["mailboxes"][0]["chosen_by"], "recipient");
}

/// Runs the binary at a terminal, with an answer typed into it.
fn at_a_terminal(fixture: &Fixture, arguments: &str, answer: &str) -> Option<(bool, String)> {
    let program = format!("{} {arguments}", env!("CARGO_BIN_EXE_fortnightly"));
    let mut command = Command::new("script");
    command.args(["-qec", &program, "/dev/null"]).current_dir(fixture.path(""));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[test]
fn to_unsubscribe_an_address_that_nobody_has_is_asked_first() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["sync"]).exits(0);
    let slip = "unsubscribe offce@hillside.example";
    let listed = || fixture.at(BEFORE, &["suppressions", "list"]).exits(0).stdout;
    let Some((done, said)) = at_a_terminal(&fixture, slip, "n\n") else {
        return skipped("unsubscribe at a terminal", "`script` is not installed: install the Debian package bsdutils");
    };
    assert!(!done && said.contains("Did you mean office@hillside.example?") && said.contains("[y/N]"), "{said}");
    assert!(!listed().contains("offce"), "{}", listed());
    let (done, said) = at_a_terminal(&fixture, slip, "y\n").unwrap();
    assert!(done && listed().contains("offce@hillside.example"), "{said}");
    // Who is subscribed is not asked about, nor is whoever says --yes, nor a script.
    let (done, said) = at_a_terminal(&fixture, "unsubscribe office@hillside.example", "").unwrap();
    assert!(done && !said.contains("[y/N]"), "{said}");
    let (done, said) = at_a_terminal(&fixture, "unsubscribe --yes a@nobody.example", "").unwrap();
    assert!(done && !said.contains("[y/N]"), "{said}");
    fixture.at(BEFORE, &["unsubscribe", "b@nobody.example"]).exits(0);
    assert!(listed().contains("b@nobody.example"));
}
