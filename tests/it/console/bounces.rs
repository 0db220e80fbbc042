//! Bounces that are taken back: how many there are is said first, and whose they are.

use crate::support::bounces::{bounce, take};
use crate::support::console::Browser;
use crate::support::fixture::{BASE, Fixture, three};

const SENT: &str = "2026-11-30T08:05:00Z";
const AFTER: &str = "2026-12-01T10:00:00Z";

#[test]
fn whoever_takes_bounces_back_is_told_first_how_many_and_whose() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(SENT, &["send"]).exits(0);
    take(&fixture, "2026-12-01T09:00:00Z", &[bounce(&fixture, "office@hillside.example", "5.1.1")]);
    let _daemon = fixture.spawn(&["--now", AFTER, "run"], "log");
    let browser = Browser::first(&fixture);
    let first = browser.get("/suppressions/take-back").is(200).says("you see how many there are");
    browser.press_on(&first, &[("since", "soon")]).is(422);
    browser.get("/suppressions/take-back?since=2026-12-02").is(409).says("No address has been taken off the list");
    let answer = browser.press_on(&first, &[("since", "2026-12-01")]).is(303);
    let path = answer.header("location").unwrap().to_owned();
    let asked = browser.get(&path).is(200).says("since Tuesday 1 December 2026?");
    let asked = asked.says("1 mailbox gets mail again: Hillside Primary.");
    let suppressed = || fixture.at(AFTER, &["status", "--json"]).exits(0).json()["suppressions"].as_u64();
    assert_eq!(suppressed(), Some(1), "it was only asked");
    take(&fixture, "2026-12-01T09:30:00Z", &[bounce(&fixture, "dsl@riverbank.example", "5.1.1")]);
    let list = browser.get("/suppressions").is(200).says("Mail came back Tuesday 1 December 2026");
    assert_eq!(list.text().matches("if it works again").count(), 1, "said once, for both");
    browser.press_on(&asked, &[]).is(409).says("has changed since you looked at this");
    assert_eq!(suppressed(), Some(2));
    browser.get(&path).says("2 mailboxes get mail again: Hillside Primary, Riverbank Academy.");
    browser.decide(&path, &[]).says("2 mailboxes are subscribed again");
    assert_eq!(suppressed(), Some(0));
}

#[test]
fn bounces_that_are_of_others_than_were_shown_are_not_settled() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(SENT, &["send"]).exits(0);
    fixture.change(
        "INSERT INTO waves (edition, scope, at, state) SELECT 7, 'edition', max(published_at), 'open' FROM editions;
         INSERT INTO bounces (recipient, edition, at, status, meaning, wave)
             SELECT recipient, 7, (SELECT at FROM waves), '5.1.1', 'gone', 1 FROM deliveries WHERE recipient < 3;",
    );
    let _daemon = fixture.spawn(&["--now", AFTER, "console"], "log");
    let browser = Browser::first(&fixture);
    let asked = browser.get("/suppressions/waves/1").is(200).says("2 mailboxes");
    fixture.change("UPDATE bounces SET recipient = 3 WHERE recipient = 2");
    browser.press_on(&asked, &[]).is(409).says("has changed since you looked at this");
    let again = browser.get("/suppressions/waves/1").is(200).says("2 mailboxes");
    browser.press_on(&again, &[]).is(303);
}
