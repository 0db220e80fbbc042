//! Decisions by buttons, read back with the commands, and named in the log.

use super::{BEFORE, opened};
use crate::support::console::user;
use crate::support::fixture::{pick, until};

#[test]
fn an_officer_approves_holds_releases_cancels_and_brings_back() {
    let (fixture, _daemon, first) = opened();
    let officer = user(&fixture, BEFORE, first.port(), "anna@example.org", "approver");
    officer
        .get("/")
        .is(200)
        .says("Edition 7 goes out on Monday 30 November 2026 at 08:00")
        .says("waiting for approval");
    let question = officer.get("/editions/7/approve").is(200).says("Approve edition 7?").says("to 4 mailboxes");
    assert!(!question.body.contains('`'), "{}", question.text());
    let state = || fixture.planned(BEFORE, 7)["state"].as_str().unwrap().to_owned();
    officer.decide("/editions/7/approve", &[]).says("Edition 7 (Monday 30 November 2026 at 08:00) is approved now.");
    assert_eq!(state(), "approved");
    officer.decide("/editions/7/hold", &[("reason", "<b>wait</b> for “the head”")]).says("is held now");
    assert_eq!(fixture.planned(BEFORE, 7)["reason"], "an operator held it: <b>wait</b> for “the head”");
    let asked = officer.get("/editions/7/release").says("<b>wait</b> for “the head”");
    assert!(!asked.body.contains("<b>wait"), "{}", asked.body);
    officer.decide("/editions/7/release", &[]);
    assert_eq!(state(), "approved");
    officer.decide("/editions/7/withdraw", &[]).says("Nobody gets any activities in that fortnight.");
    assert_eq!(state(), "withdrawn");
    officer.decide("/editions/7/reinstate", &[]);
    assert_eq!(state(), "planned");
    // The log names her, and the account under which a command was run.
    officer.get("/log").is(200).says("Edition 7 was approved").says("anna");
    let audit = fixture.at(BEFORE, &["status", "--audit", "--json"]).exits(0).json();
    let by = |action: &str| {
        let lines = audit["audit"].as_array().unwrap().iter();
        lines.filter(|line| line["action"] == action).map(|line| line["by"].clone()).next_back().unwrap()
    };
    assert!(by("approve").as_str().unwrap().starts_with("anna"), "{audit:#}");
    let planned = audit["audit"].as_array().unwrap().iter().find(|line| line["action"] == "plan").unwrap();
    assert!(planned["by"].is_null(), "{audit:#}");
}

#[test]
fn what_changed_since_it_was_shown_is_not_decided() {
    let (fixture, _daemon, browser) = opened();
    let page = browser.get("/editions/7/approve").is(200);
    let seen = page.body.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let other = fixture.planned(BEFORE, 8);
    let id = pick(&other, "8-10")["id"].as_str().unwrap().to_owned();
    fixture.at(BEFORE, &["swap", "7", "--band", "8-10", "--activity", &id]).exits(0);
    browser.post("/editions/7/approve", &[("seen", &seen)]).is(409).says("has changed since you looked at this");
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "planned");
    browser.decide("/editions/7/approve", &[]);
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "approved");
}

#[test]
fn a_text_that_was_edited_since_it_was_shown_is_not_approved() {
    let (fixture, _daemon, browser) = opened();
    let seen = || {
        let page = browser.get("/editions/7/approve").is(200);
        page.body.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let before = seen();
    let id = pick(&fixture.planned(BEFORE, 7), "8-10")["id"].as_str().unwrap().to_owned();
    let file = format!("activities/{id}.md");
    let text = std::fs::read_to_string(fixture.path(&file)).unwrap();
    fixture.write(&file, &text.replacen("## Talk about it\n", "## Talk about it\n\n- What would you do first?\n", 1));
    until("the daemon has read it", || seen() != before);
    browser.post("/editions/7/approve", &[("seen", &before)]).is(409);
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "planned");
}

/// Each fortnight up to an edition is worked out, so one that is too far ahead is refused before that.
#[test]
fn nobody_can_ask_for_an_edition_in_a_million_years() {
    let (_fixture, _daemon, browser) = opened();
    for path in ["approve", "hold", "swap?band=8-10", "withdraw", "send-late"] {
        browser.get(&format!("/editions/4294967295/{path}")).is(409).says("too far ahead");
        browser.get(&format!("/editions/0/{path}"));
    }
    browser.get("/calendar?year=9998-99").is(200);
}

#[test]
fn an_activity_is_swapped_from_a_list() {
    let (fixture, _daemon, browser) = opened();
    let id = pick(&fixture.planned(BEFORE, 8), "14+")["id"].as_str().unwrap().to_owned();
    browser.decide("/editions/7/swap?band=14%2B", &[("activity", &id)]).says("Ages 14 and over gets “");
    assert_eq!(pick(&fixture.planned(BEFORE, 7), "14+")["id"], id);
    browser.get("/editions/7/swap?band=99").is(404);
    browser.get("/editions/7/swap?band=%3Cscript%3E").is(404).lacks("script");
}

#[test]
fn what_cannot_be_decided_is_said_without_a_command() {
    let (_fixture, _daemon, browser) = opened();
    for (path, why) in [("/editions/1/approve", "its fortnight is over"), ("/editions/999/hold", "too far ahead")] {
        let looked = browser.get(path);
        let answer = if looked.status == 200 { browser.press(path, &[]) } else { looked };
        let text = answer.text();
        assert!(answer.status == 409 || answer.status == 404, "{path}: {} {text}", answer.status);
        assert!(text.contains(why) && !text.contains("`fortnightly"), "{path}: {text}");
    }
}
