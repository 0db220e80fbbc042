//! What people see on a terminal of 80 columns: no word broken in two, nothing cut, the most urgent first.

use std::process::Command;

use crate::support::bounces::{bounce, take};
use crate::support::fixture::{BASE, Fixture, entry, three};
use crate::support::skipped;

const MONDAY: &str = "2026-11-30T08:05:00Z";
const TUESDAY: &str = "2026-12-01T09:00:00Z";

/// What the binary shows on a terminal of so many columns; `None`, said loudly, where nothing can play a terminal.
fn shown(fixture: &Fixture, columns: u32, arguments: &[&str]) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_fortnightly");
    let arguments: Vec<String> = arguments.iter().map(|one| format!("'{one}'")).collect();
    let typed = format!("stty cols {columns} rows 50; {program} --color never --now {TUESDAY} {}", arguments.join(" "));
    let mut command = Command::new("script");
    command.args(["-qec", &typed, "/dev/null"]).current_dir(fixture.path("")).env_remove("COLUMNS");
    let Ok(output) = command.output() else {
        skipped("what people see on a terminal", "`script` is not installed: install bsdutils");
        return None;
    };
    Some(String::from_utf8(output.stdout).unwrap().replace('\r', ""))
}

/// A service whose last edition had troubles, whose next one waits for approval, and which has names of all kinds.
fn troubled() -> Fixture {
    let all = "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]";
    let long =
        "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Community Primary School and Nursery (Ynys Môn)";
    let others = [
        entry(long, "school", "\"designated.safeguarding.lead@llanfairpwllgwyngyll-primary.ynys-mon.example\"", all),
        entry("مدرسة النور الابتدائية", "school", "\"office@alnoor.example\"", all),
        entry("Sunshine 🌈 Nursery & Family Drop-in 🧸", "charity", "\"hi@sunshine.example\"", "[\"4-5\"]"),
        entry("École Saint-Étienne", "school", "\"bureau@ecole.example\"", "[\"8-10\"]"),
    ];
    let fixture = Fixture::new(&format!("{BASE}{}{}", three(), others.concat()));
    fixture.at(MONDAY, &["send"]).exits(0);
    take(
        &fixture,
        MONDAY,
        &[bounce(&fixture, "office@hillside.example", "5.1.1"), bounce(&fixture, "hi@sunshine.example", "5.2.2")],
    );
    fixture.edit("config.toml", "anchor = 2026-09-07", "anchor = 2026-09-07\napproval = \"required\"");
    fixture
}

#[test]
fn at_80_columns_no_word_is_broken_and_nothing_is_cut() {
    let fixture = troubled();
    let commands: [&[&str]; 10] = [
        &["status"],
        &["status", "--audit", "--edition", "7"],
        &["plan", "--fortnights", "3"],
        &["deliveries", "list"],
        &["deliveries", "list", "office@hillside.example"],
        &["deliveries", "list", "--bounced"],
        &["subscribers", "list"],
        &["subscribers", "show", "saint etienne"],
        &["subscribers", "show", "primary"],
        &["suppressions", "list"],
    ];
    let mut all = String::new();
    for command in commands {
        let Some(shown) = shown(&fixture, 80, command) else { return };
        let wide =
            shown.lines().filter(|line| line.chars().count() > 80 && line.trim().contains("  ") && !line.contains('@'));
        assert_eq!(wide.count(), 0, "{shown}");
        all.push_str(&format!("$ fortnightly {}\n{shown}\n", command.join(" ")));
    }
    insta::with_settings!({filters => [(r"new/\S+\.fortnightly", "new/FILE"), (r"\d+ ms", "MS")]}, {
        insta::assert_snapshot!("terminal_80", all);
    });
}

#[test]
fn what_needs_a_person_comes_first_and_nothing_that_is_months_away() {
    let fixture = troubled();
    fixture.edit("config.toml", "anchor = 2026-09-07", "plan_ahead = 8\nanchor = 2026-09-07");
    fixture.at(TUESDAY, &["plan"]).exits(0);
    let status = fixture.at(TUESDAY, &["status"]).exits(0).stdout;
    let first = status.lines().take_while(|line| line.starts_with("Needs a person: ")).count();
    assert!(first >= 2, "{status}");
    assert!(!status.lines().skip(first).any(|line| line.starts_with("Needs a person")), "{status}");
    assert!(status.contains("edition 8 needs approval") && !status.contains("edition 12 needs approval"), "{status}");
}

#[test]
fn a_mailbox_that_is_named_is_listed_in_any_state_and_marked_where_it_bounced() {
    let fixture = troubled();
    let list = |arguments: &[&str]| fixture.run(&[&["deliveries", "list"], arguments].concat()).exits(0).stdout;
    assert!(list(&["hello@lantern.example"]).contains("\taccepted\t"));
    assert!(list(&["office@hillside.example"]).contains("\taccepted (bounced)\t"));
    assert_eq!(list(&["hello@lantern.example", "--state", "failed"]), "");
    assert_eq!(list(&[]), "");
}

#[test]
fn a_subscriber_is_found_by_name_or_number_and_several_with_the_command_to_go_on() {
    let fixture = troubled();
    fixture.write(
        "more.csv",
        "name,sector,email,bands,ages,locale,urn\nSt Mary’s Primary,school,a@mary.example,4-5,,,123456\n",
    );
    fixture.at(TUESDAY, &["subscribers", "import", "more.csv"]).exits(0);
    let show = |words: &[&str]| fixture.run(&[&["subscribers", "show"], words].concat());
    show(&["st", "marys"]).exits(0).says("Email:   a@mary.example");
    show(&["123456"]).exits(0).says("Name:    St Mary’s Primary");
    show(&["ecole saint-etienne"]).exits(0).says("bureau@ecole.example");
    let riverbank = show(&["riverbank", "--json"]).exits(0).json();
    let mailboxes = riverbank["mailboxes"].as_array().unwrap();
    assert_eq!(mailboxes.len(), 2);
    assert!(mailboxes.iter().all(|one| one["held"]["deliveries"][0]["edition"] == 7), "{riverbank}");
    let several = show(&["primary"]).exits(1);
    several.complains("3 subscribers match “primary”: say which");
    several.says("fortnightly subscribers show 123456");
    several.says("fortnightly subscribers show office@hillside.example");
    show(&["nobody"]).exits(1).complains("no subscriber has the name or register number “nobody”");
    show(&["no@body"]).exits(2);
    let list = |words: &[&str]| fixture.run(&[&["subscribers", "list"], words].concat()).exits(0).stdout;
    assert!(list(&["mary"]).starts_with("St Mary’s Primary\t") && list(&["mary"]).lines().count() == 1);
    let names: Vec<String> = list(&[]).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    assert_eq!(names[0], "École Saint-Étienne");
    assert_eq!(names[1..3], ["Hillside Primary".to_owned(), "Lantern Trust".to_owned()]);
}
