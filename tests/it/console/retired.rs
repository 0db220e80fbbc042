//! What had no button: an activity is withdrawn for good, and a list that would end many subscriptions is agreed to.

use super::{BEFORE, opened};
use crate::support::console::{Browser, user};
use crate::support::fixture::{BASE, Fixture, entry, pick, until};

#[test]
fn an_activity_is_withdrawn_and_planned_editions_pick_anew() {
    let (fixture, _daemon, first) = opened();
    let anna = user(&fixture, BEFORE, first.port(), "anna@example.org", "approver");
    let vera = user(&fixture, BEFORE, first.port(), "vera@example.org", "viewer");
    anna.decide("/editions/7/approve", &[]);
    let (before, title) = {
        let pick = pick(&fixture.planned(BEFORE, 7), "8-10").clone();
        (pick["id"].as_str().unwrap().to_owned(), pick["title"].as_str().unwrap().to_owned())
    };
    let path = format!("/library/{before}/withdraw");
    let page = anna.get("/editions/7").is(200);
    assert!(page.body.contains(&format!("href=\"{path}\"")), "{}", page.text());
    assert!(!vera.get("/editions/7").is(200).body.contains("/withdraw"));
    vera.get(&path).is(403);
    vera.post(&path, &[]).is(403);
    let asked = anna.get(&path).is(200).says(&format!("Withdraw “{title}” for good?"));
    let asked = asked.says("In edition 7, the age group 8-10 would get “");
    let asked = asked.says("Edition 7 is approved with it, and would need approval again.");
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "approved", "it was only asked");
    let answer = anna.press_on(&asked, &[]).is(303);
    let said = anna.get(answer.header("location").unwrap()).says(&format!("“{title}” is withdrawn"));
    said.says("In edition 7, the age group 8-10 gets “").says("it needs approval again");
    let planned = fixture.planned(BEFORE, 7);
    assert_eq!(planned["state"], "planned");
    assert_ne!(pick(&planned, "8-10")["id"], before.as_str());
    anna.get("/log").says(&format!("{before} was withdrawn")).says("anna");
    anna.press_on(&asked, &[]).is(409).says("has already been withdrawn");
    anna.decide(&format!("/library/{before}/reinstate"), &[]).says("may be picked again");
    anna.get(&format!("/library/{before}/reinstate")).is(409);
    anna.get("/library/none/such/withdraw").is(409).says("There is no activity none/such");
}

#[test]
fn whoever_withdraws_what_went_out_is_told_how_many_have_it() {
    let fixture = Fixture::new(&crate::support::fixture::scheduled(""));
    let after = "2026-11-30T08:30:00Z";
    fixture.at(after, &["send"]).exits(0);
    let daemon = fixture.spawn(&["--now", after, "run"], "log");
    let browser = Browser::first(&fixture);
    let id = pick(&fixture.planned(after, 7), "8-10")["id"].as_str().unwrap().to_owned();
    let page = browser.get("/editions/7").is(200);
    assert!(page.body.contains(&format!("/library/{id}/withdraw")), "{}", page.text());
    let asked = browser.get(&format!("/library/{id}/withdraw")).is(200);
    asked.says("Edition 7 has it: 4 of its mails have been accepted, and can't be called back.");
    drop(daemon);
}

fn schools(from: usize) -> String {
    let school = |n: usize| entry(&format!("School {n}"), "school", &format!("\"a{n}@s{n}.example\""), "[\"4-5\"]");
    format!("{BASE}{}", (from..15).map(school).collect::<String>())
}

#[test]
fn a_list_that_would_end_many_subscriptions_is_agreed_to_by_name_and_number() {
    let fixture = Fixture::new(&schools(0));
    fixture.at(BEFORE, &["sync"]).exits(0);
    let daemon = fixture.spawn(&["-v", "--now", BEFORE, "run"], "log");
    let first = Browser::first(&fixture);
    let anna = user(&fixture, BEFORE, first.port(), "anna@example.org", "admin");
    let olga = user(&fixture, BEFORE, first.port(), "olga@example.org", "approver");
    anna.get("/sync").is(409).says("takes effect by itself");
    fixture.write("config.toml", &schools(12));
    until("Now says that it waits", || anna.get("/").body.contains("href=\"/sync\""));
    assert!(!olga.get("/").body.contains("href=\"/sync\""));
    olga.post("/sync", &[]).is(403);
    let asked = anna.get("/sync").is(200).says("12 of 15 subscriptions from config.toml would end");
    let asked = asked.says("School 11: a11@s11.example gets nothing more.").lacks("School 12");
    fixture.write("config.toml", &schools(13));
    until("another one would end", || anna.get("/sync").body.contains("School 12:"));
    anna.press_on(&asked, &[]).is(409).says("has changed since you looked at this");
    let active = || {
        let list = fixture.at(BEFORE, &["status", "--json"]).exits(0).json();
        list["subscribers"]["active"].as_u64().unwrap()
    };
    assert_eq!(active(), 15);
    anna.decide("/sync", &[]).says("13 subscriptions have ended, as config.toml says.");
    assert_eq!(active(), 2);
    let audit = fixture.at(BEFORE, &["status", "--audit", "--json"]).exits(0).json();
    let line = audit["audit"].as_array().unwrap().iter().rfind(|line| line["action"] == "sync").unwrap().clone();
    assert!(line["by"].as_str().unwrap().starts_with("anna"), "{line:#}");
    anna.get("/sync").is(409);
    drop(daemon);
}

#[test]
fn a_text_whose_review_runs_out_is_on_the_first_page_with_its_day() {
    let (fixture, _daemon, browser) = opened();
    browser.get("/").is(200).lacks("has to be checked again");
    let pick = pick(&fixture.planned(BEFORE, 8), "8-10").clone();
    let (id, title) = (pick["id"].as_str().unwrap(), pick["title"].as_str().unwrap());
    let file = format!("activities/{id}.md");
    let text = std::fs::read_to_string(fixture.path(&file)).unwrap();
    let day = text.lines().find(|line| line.starts_with("review_by")).unwrap();
    fixture.write(&file, &text.replacen(day, "review_by = 2027-01-10", 1));
    let told = format!("“{title}” has to be checked again by Sunday 10 January 2027.");
    until("the daemon has read it", || browser.get("/").text().contains(&told));
    assert!(browser.get("/").body.contains(&format!("/library/{id}/withdraw")));
}
