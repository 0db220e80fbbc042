//! A bulletin before it goes out: its mails on disk, who gets them, and which text someone approves of.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::support::fixture::{BASE, Fixture, three};
use crate::support::sending::{CORRECTION, WARNING, WARNING_TEXT};

const BEFORE: &str = "2026-11-25T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";
const AFTER: &str = "2026-12-01T12:00:00Z";

fn fixture(schedule: &str) -> Fixture {
    let base = BASE.replace("[schedule]\n", &format!("[schedule]\n{schedule}"));
    let fixture = Fixture::new(&format!("{base}{}", three()));
    fixture.write(WARNING, WARNING_TEXT);
    fixture
}

fn read(fixture: &Fixture, file: &str) -> String {
    fs::read_to_string(fixture.path(file)).unwrap()
}

#[test]
fn its_mails_lie_on_disk_as_an_edition_s_do() {
    let fixture = fixture("approval = \"required\"\n");
    fixture.at(BEFORE, &["sync"]).exits(0);
    let store = || fs::read(fixture.path("var/fortnightly.db")).unwrap();
    let before = store();
    let told = fixture.at(BEFORE, &["preview", "bulletin:warning"]).exits(0);
    told.says("Bulletin warning · planned · 4 mailboxes");
    told.says("must be approved first");
    told.says("index.html in a browser");
    assert!(store() == before, "looking changes nothing");
    let index = read(&fixture, "preview/bulletin-warning/index.html");
    for part in
        ["Bulletin warning: A game with strangers in its chat", "For everyone.", "must be approved first", "Schools"]
    {
        assert!(index.contains(part), "{part} is missing: {index}");
    }
    assert!(!index.contains("21474836") && !index.contains("What differs"), "{index}");
    for link in index.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(fixture.path("preview/bulletin-warning").join(link).exists(), "{link} is missing");
    }
    let addresses = fixture.path("preview/bulletin-warning/recipients.csv");
    assert_eq!(fs::metadata(&addresses).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(read(&fixture, "preview/bulletin-warning/recipients.csv").lines().count(), 5);
    let proof = fixture.at(BEFORE, &["preview", "bulletin:warning", "--json"]).exits(0).json();
    assert_eq!((&proof["bulletin"], &proof["recipients"]), (&json!("warning"), &json!(4)));
    let files: Vec<&str> =
        proof["segments"][0]["files"].as_array().unwrap().iter().filter_map(|f| f.as_str()).collect();
    let endings: Vec<&str> = files.iter().map(|file| file.rsplit_once('.').unwrap().1).collect();
    assert_eq!(endings, ["html", "txt", "eml"]);
    assert!(read(&fixture, files[2]).contains("Subject: A game with strangers in its chat"));
    let id = proof["segments"][0]["id"].as_str().unwrap();
    let one = ["preview", "bulletin:warning", "--segment", id, "--out", "one", "--json"];
    assert_eq!(fixture.at(BEFORE, &one).exits(0).json()["segments"].as_array().unwrap().len(), 1);
    // What an editor would say of its text is there, too.
    fixture.edit(WARNING, "Ask your child", "Leverage your child’s learnings and ask them");
    fixture.at(BEFORE, &["preview", "bulletin:warning"]).exits(0).says("warning");
    assert!(read(&fixture, "preview/bulletin-warning/index.html").contains("Line "), "a finding of the editor’s rules");
    fixture.at(BEFORE, &["preview", "bulletin:missing"]).exits(1).complains("activities/bulletins/missing.md");
    fixture.at(BEFORE, &["preview", "warning"]).exits(2).complains("expected bulletin:NAME");
    fixture.at(BEFORE, &["preview", "bulletin:warning", "--edition", "next"]).exits(2).complains("--edition N");
}

#[test]
fn a_correction_names_just_those_who_would_get_it() {
    let fixture = fixture("");
    fixture.write("activities/bulletins/number.md", CORRECTION);
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.at(AFTER, &["unsubscribe", "dsl@riverbank.example"]).exits(0);
    let join = ["subscribe", "--name", "New", "--email", "new@x.example", "--bands", "4-5"];
    fixture.at(AFTER, &join).exits(0);
    fixture.at(AFTER, &["preview", "bulletin:number"]).exits(2).complains("--edition N");
    let told = fixture.at(AFTER, &["preview", "bulletin:number", "--edition", "7"]).exits(0);
    told.says("3 mailboxes that got edition 7");
    let named = read(&fixture, "preview/bulletin-number/recipients.csv");
    let mut named: Vec<&str> = named.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    named.sort_unstable();
    assert_eq!(named, ["hello@lantern.example", "office@hillside.example", "reception@riverbank.example"]);
    let dry = fixture.at(AFTER, &["bulletin", "number", "--edition", "7", "--dry-run"]).exits(0);
    dry.says("`fortnightly preview bulletin:number --edition 7`");
    // Once it is sent, the preview shows what went out.
    fixture.at(AFTER, &["bulletin", "number", "--edition", "7", "--yes"]).exits(0);
    fixture.edit("activities/bulletins/number.md", "The number was wrong", "Something else");
    let sent = fixture.at(AFTER, &["preview", "bulletin:number"]).exits(0);
    sent.says("It went out like this");
    sent.says("The number was wrong");
    assert!(!sent.stdout.contains("Something else"), "{}", sent.stdout);
    assert_eq!(read(&fixture, "preview/bulletin-number/recipients.csv").lines().count(), 4);
}

#[test]
fn whoever_approves_is_told_of_which_text() {
    let fixture = fixture("approval = \"required\"\n");
    let approve = || fixture.at(BEFORE, &["approve", "bulletin:warning"]).exits(0);
    approve().says("is the text “A game with strangers in its chat”, last changed on ");
    fixture.edit(WARNING, "Ask your child", "Tell your child");
    let told = fixture.at(BEFORE, &["preview", "bulletin:warning"]).exits(0);
    told.says("edited after someone approved it (text)");
    told.says("must be approved first");
    // Also once sending it has taken the approval back.
    fixture.at(BEFORE, &["bulletin", "warning", "--yes"]).exits(1).complains("`fortnightly preview bulletin:warning`");
    fixture.at(BEFORE, &["preview", "bulletin:warning"]).exits(0).says("edited after someone approved it (text)");
    approve();
    let told = fixture.at(BEFORE, &["preview", "bulletin:warning"]).exits(0);
    assert!(!told.stdout.contains("edited after"), "{}", told.stdout);
}

#[test]
fn a_correction_that_names_its_edition_goes_to_those_who_got_that_one() {
    let fixture = fixture("");
    let named = CORRECTION.replacen("+++\n\n", "corrects = 7\n+++\n\n", 1);
    fixture.write("activities/bulletins/number.md", &named);
    fixture.at(BEFORE, &["preview", "bulletin:number"]).exits(1).complains("edition 7 hasn't been sent");
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.at(AFTER, &["preview", "bulletin:number"]).exits(0).says("4 mailboxes that got edition 7");
    fixture.at(AFTER, &["bulletin", "number", "--edition", "8", "--yes"]).exits(1).complains("corrects edition 7");
    fixture.at(AFTER, &["bulletin", "number", "--yes"]).exits(0).says("Bulletin number: 4 mails, 4 accepted");
    // A text that corrects nothing names no edition.
    fixture.write(WARNING, &WARNING_TEXT.replacen("+++\n\n", "corrects = 7\n+++\n\n", 1));
    fixture.at(AFTER, &["check"]).exits(1).says("only a correction names an edition");
}
