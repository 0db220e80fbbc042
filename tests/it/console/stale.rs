//! A question that was answered after something had changed: nobody decides about what they weren't shown.

use super::bulletins::GAMES;
use super::roles::CHANGES;
use super::{BEFORE, opened};
use crate::support::console::{Browser, user};
use crate::support::fixture::{Fixture, pick, until};

/// What would decide each of them, if it were as it was shown.
const FIELDS: [(&str, &str); 12] = [
    ("seen", "0123456789abcdef0123456789abcdef"),
    ("address", "new@school.example"),
    ("email", "new@school.example"),
    ("name", "Another Name"),
    ("role", "approver"),
    ("sector", "school"),
    ("bands", "4-5"),
    ("to", "officer@example.org"),
    ("segment", "4-5.school.en-GB"),
    ("since", "2026-11-01"),
    ("session", "0"),
    ("digest", "0"),
];

/// Whoever wants to stop something is let: whatever else changed.
const STOPS: [&str; 4] =
    ["/editions/7/hold", "/editions/7/withdraw", "/bulletins/games/hold", "/bulletins/games/withdraw"];

/// All that could have been changed.
fn everything(fixture: &Fixture) -> Vec<String> {
    let asked: [&[&str]; 5] = [
        &["status", "--audit", "--json"],
        &["users", "list", "--json"],
        &["subscribers", "list", "--json"],
        &["suppressions", "list", "--json"],
        &["plan", "--json"],
    ];
    asked.iter().map(|arguments| fixture.at(BEFORE, arguments).exits(0).stdout).collect()
}

#[test]
fn no_form_decides_about_what_was_not_shown_beside_it() {
    let (fixture, _daemon, first) = opened();
    let admin = user(&fixture, BEFORE, first.port(), "admin@example.org", "admin");
    fixture.write("activities/bulletins/games.md", GAMES);
    until("the bulletin is read", || admin.get("/bulletins/games").status == 200);
    let before = everything(&fixture);
    let asks = |path: &str| {
        !STOPS.contains(&path)
            && !path.starts_with("/account")
            && !path.ends_with("/preview")
            && !path.ends_with("/download")
    };
    for (path, _) in CHANGES.into_iter().filter(|(path, _)| asks(path)) {
        let path = if path.ends_with("/swap") { format!("{path}?band=8-10") } else { path.to_owned() };
        let answer = admin.post(&path, &FIELDS);
        assert_eq!(answer.status, 409, "{path}: {}", answer.text());
        assert!(admin.post(&path, &FIELDS[1..]).status == 409, "{path}: without a mark");
    }
    assert_eq!(everything(&fixture), before);
    for path in STOPS {
        admin.post(path, &FIELDS).is(303);
    }
}

/// The mark in a question's form.
fn seen(browser: &Browser, path: &str) -> String {
    let page = browser.get(path).is(200);
    page.body.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn a_mailbox_that_ended_or_moved_meanwhile_stays_as_it_is() {
    let (fixture, _daemon, admin) = opened();
    admin.get("/subscribers").is(200);
    fixture.at(BEFORE, &["subscribe", "--name", "Fen", "--email", "a@fen.example", "--bands", "4-5"]).exits(0);
    let path =
        admin.post("/subscribers/search", &[("q", "a@fen.example")]).is(303).header("location").unwrap().to_owned();
    let questions = ["erase", "unsubscribe", "address"].map(|what| format!("{path}/{what}"));
    let marks = questions.clone().map(|question| seen(&admin, &question));
    fixture.at(BEFORE, &["subscribers", "change", "a@fen.example", "b@fen.example"]).exits(0);
    for (question, mark) in questions.iter().zip(&marks) {
        admin
            .post(question, &[("seen", mark), ("email", "c@fen.example")])
            .is(409)
            .says("has changed since you looked at this");
    }
    let change = format!("{path}/change");
    let mark = seen(&admin, &change);
    fixture.at(BEFORE, &["unsubscribe", "b@fen.example", "--yes"]).exits(0);
    let wish = [("seen", mark.as_str()), ("name", "Fen"), ("sector", "school"), ("bands", "8-10")];
    admin.post(&change, &wish).is(409);
    let record = fixture.at(BEFORE, &["subscribers", "show", "b@fen.example", "--json"]).exits(0).json();
    assert_eq!(record["mailboxes"][0]["state"], "ended", "{record:#}");
}

#[test]
fn the_question_says_what_changed_since_the_edition_was_looked_at() {
    let (fixture, _daemon, browser) = opened();
    let link = |page: &str| {
        let page = browser.get(page).is(200);
        let link = page.body.split("href=\"").find(|part| part.contains("/approve?read="));
        link.unwrap().split('"').next().unwrap().to_owned()
    };
    let (edition, now) = (link("/editions/7"), link("/"));
    browser.get(&edition).is(200).lacks("changed since you looked");
    let id = pick(&fixture.planned(BEFORE, 8), "8-10")["id"].as_str().unwrap().to_owned();
    fixture.at(BEFORE, &["swap", "7", "--band", "8-10", "--activity", &id]).exits(0);
    for read in [edition, now] {
        let asked =
            browser.get(&read).is(200).says("It has changed since you looked at it: the activity for Ages 8 to 10.");
        asked.says("look at it again before you approve it");
    }
    browser.get(&link("/editions/7")).is(200).lacks("changed since you looked");
}

#[test]
fn an_edition_that_is_held_for_another_reason_than_was_shown_stays_held() {
    let (fixture, _daemon, browser) = opened();
    let hold = |why| fixture.at(BEFORE, &["hold", "7", "--reason", why]).exits(0);
    hold("the school asked");
    let questions = ["release", "approve", "send-late"].map(|what| format!("/editions/7/{what}"));
    let asked = questions.map(|question| browser.get(&question).is(200).says("the school asked"));
    hold("the head has resigned");
    for question in asked {
        browser.press_on(&question, &[]).is(409).says("has changed since you looked at this");
    }
    assert_eq!(fixture.planned(BEFORE, 7)["reason"], "an operator held it: the head has resigned");
    browser.decide("/editions/7/release", &[]);
}

#[test]
fn an_import_that_would_change_something_else_than_was_shown_is_not_made() {
    let (fixture, _daemon, admin) = opened();
    let subscribe = |bands| {
        let fen = ["subscribe", "--name", "Fen", "--email", "a@fen.example", "--bands", bands];
        fixture.at(BEFORE, &fen).exits(0);
    };
    subscribe("4-5");
    admin.get("/subscribers/import").is(200);
    let list = "name,sector,email,bands,ages,locale,urn\nFen,school,a@fen.example,8-10,,,\n";
    let preview = admin.post_file("/subscribers/import/preview", &[("format", "csv")], list).is(200);
    let preview = preview.says("1 changed").says("Fen (Ages 4 to 5) becomes Fen (Ages 8 to 10)");
    subscribe("14+");
    admin.press_on(&preview, &[]).is(409).says("has changed since you looked at this");
    let preview = admin.post_file("/subscribers/import/preview", &[("format", "csv")], list).is(200);
    admin.press_on(&preview, &[]).is(303);
}

/// Whoever follows a button to a question has looked at what it is about.
#[test]
fn each_button_to_an_approval_carries_what_was_read() {
    let (_fixture, _daemon, browser) = opened();
    let page = browser.get("/").is(200).says("waiting for approval");
    let links: Vec<_> = page.body.split("href=\"").filter(|part| part.contains("/approve")).collect();
    assert!(links.len() > 1, "{}", page.body);
    assert!(links.iter().all(|link| link.contains("/approve?read=")), "{links:#?}");
}
