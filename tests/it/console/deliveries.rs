//! The list of an edition's mails, and what is decided about those that did not arrive: read back with the commands.

use crate::support::console::{Browser, user};
use crate::support::fixture::{Fixture, Running};
use crate::support::oracle::{Oracle, Script};
use crate::support::sending::{SEND, behind_relay, edition_status, published};

/// A service that has sent an edition, and whose console is open. It sends nothing more by itself: the relay is gone.
fn sent(relay: Oracle, recipients: usize, more: &str) -> (Fixture, Running, Browser, u64) {
    let fixture = behind_relay(relay.port, recipients, more);
    fixture.run(SEND).exits(1);
    drop(relay);
    let number = published(&fixture);
    let console = fixture.spawn(&["-v", "console"], "log");
    let browser = Browser::first(&fixture);
    (fixture, console, browser, number)
}

fn uncertain(recipients: usize) -> (Fixture, Running, Browser, u64) {
    sent(Oracle::with(&[("DOT", "999 what")]), recipients, "on_uncertain = \"hold\"\n")
}

#[test]
fn what_did_not_arrive_is_listed_with_the_answer_and_masked_for_viewers() {
    const SCRIPT: Script = &[("RCPT TO:<s1@", REPLY)];
    const REPLY: &str = "550 5.1.1 <s1@school.example> <img src=x onerror=alert(1)> \u{202e}unknown user";
    let (fixture, _console, browser, number) = sent(Oracle::with(SCRIPT), 4, "");
    let page = browser.get("/deliveries").is(200).says("School 1").says("s1@school.example").lacks("School 2");
    let page = page.says("There's no such mailbox").says("<img src=x onerror=alert(1)>").says("refused");
    assert!(!page.body.contains("<img") && !page.body.contains('\u{202e}'), "{}", page.body);
    let found = |query: &str| browser.get(&format!("/deliveries?edition={number}&{query}")).is(200);
    found("state=accepted").says("School 2").says("School 0").lacks("School 1");
    found("q=school+3").says("s3@school.example").lacks("School 0");
    let edition = number.to_string();
    let search = |words: &str| browser.post("/deliveries/search", &[("q", words), ("edition", &edition)]);
    let named = search("school 3").is(303).header("location").unwrap().to_owned();
    browser.get(&named).says("s3@school.example").lacks("School 0");
    let story = search("S0@school.example").is(303).header("location").unwrap().to_owned();
    assert!(story.starts_with("/subscribers/mailboxes/"), "no address stands in a URL: {story}");
    browser.get(&story).says("School 0").says(&format!("Edition {number}"));
    search("nobody@school.example").is(404).says("No subscriber has this address");
    search("s0@").is(422);
    let listed = found("q=S0%40school.example").says("School 1");
    assert!(!listed.body.contains("S0%40") && !listed.body.contains("S0@"), "{}", listed.body);
    found("q=%25").says("There are none");
    found("state=all&domain=school.example").says("School 0").says("School 1");
    found("state=all&domain=example").says("There are none");
    browser.get("/deliveries?edition=999").is(409);
    let now = chrono::Utc::now().to_rfc3339();
    let viewer = user(&fixture, &now, browser.port(), "vera@example.org", "viewer");
    let page =
        viewer.get("/deliveries").is(200).says("s…@school.example").lacks("s1@school.example").lacks("Try again");
    assert!(!page.body.contains("s1@"), "{}", page.body);
    for word in ["retry", "arrived", "lost"] {
        viewer.get(&format!("/deliveries/{word}?edition={number}")).is(403);
        viewer.post(&format!("/deliveries/{word}?edition={number}"), &[]).is(403);
    }
    assert_eq!(edition_status(&fixture, "failed").0, 1);
}

#[test]
fn a_page_has_fifty_and_leads_to_the_next() {
    let (_fixture, _console, browser, number) = sent(Oracle::with(&[("RCPT TO:<s0@", "552 5.2.2 full")]), 60, "");
    let first = browser.get(&format!("/deliveries?edition={number}&state=all")).is(200);
    assert_eq!(first.body.matches("<div class=\"who\">").count(), 50);
    let next = first.body.split("href=\"").find(|part| part.contains("after=")).expect("a next page");
    let second = browser.get(&next.split('"').next().unwrap().replace("&amp;", "&")).is(200);
    assert_eq!(second.body.matches("<div class=\"who\">").count(), 10);
    second.lacks("Next page").says("Back to the first page");
}

#[test]
fn what_was_refused_is_tried_again_one_by_one_and_all_together() {
    let strict = Oracle::with(&[
        ("RCPT TO:<s1@", "550 5.7.1 no"),
        ("RCPT TO:<s2@", "552 5.2.2 full"),
        ("RCPT TO:<s3@", "550 5.7.1 no"),
    ]);
    let (fixture, _console, browser, number) = sent(strict, 5, "");
    let list = format!("/deliveries?edition={number}&state=failed");
    let page = browser.get(&list).is(200);
    let one = page.body.split("href=\"").find(|part| part.contains("mailbox=")).expect("a button");
    let one = one.split('"').next().unwrap().replace("&amp;", "&");
    browser.get(&one).is(200).says("Try 1 mail again?").says("School 1 (s1@school.example)");
    browser.decide(&one, &[]).says("1 mail of edition").says("is sent again.");
    assert_eq!((edition_status(&fixture, "failed").0, edition_status(&fixture, "queued").0), (2, 1));
    browser.get(&one).is(409);
    // All of one kind, then all that are left.
    let spam = format!("/deliveries/retry?edition={number}&state=trouble&why=mailbox-full");
    browser.get(&spam).is(200).says("Try 1 mail again?");
    browser.decide(&spam, &[]);
    assert_eq!((edition_status(&fixture, "failed").0, edition_status(&fixture, "queued").0), (1, 2));
    let stale = browser.get(&format!("/deliveries/retry?edition={number}&state=failed")).is(200);
    assert!(stale.text().contains("Try 1 mail again?"), "{}", stale.text());
    browser.post(&format!("/deliveries/retry?edition={number}&state=failed"), &[("seen", "old")]).is(409);
    assert_eq!(edition_status(&fixture, "failed").0, 1);
    browser.decide(&format!("/deliveries/retry?edition={number}&state=failed&domain=school.example"), &[]);
    assert_eq!(edition_status(&fixture, "queued").0, 3);
    let audit = fixture.run(&["status", "--audit"]).exits(0);
    assert!(audit.stdout.contains("retry"), "{}", audit.stdout);
}

#[test]
fn what_is_uncertain_is_settled_by_whoever_knows() {
    let (fixture, _console, browser, number) = uncertain(4);
    let page = browser.get("/deliveries").is(200).says("uncertain").says("The uncertain ones arrived…");
    let one = page.body.split("href=\"").find(|part| part.contains("/deliveries/lost") && part.contains("mailbox="));
    let one = one.unwrap().split('"').next().unwrap().replace("&amp;", "&");
    browser.decide(&one, &[]).says("1 uncertain mail of edition").says("counts now as not arrived");
    assert_eq!(edition_status(&fixture, "failed").0, 1);
    let named = format!("/deliveries/arrived?edition={number}&state=uncertain&q=School+3");
    browser.get(&named).is(200).says("Did 1 mail of edition");
    browser.decide(&named, &[]);
    assert_eq!((edition_status(&fixture, "accepted").0, edition_status(&fixture, "uncertain").0), (1, 2));
    browser.decide(&format!("/deliveries/arrived?edition={number}&state=uncertain"), &[]).says("2 uncertain mails");
    assert_eq!((edition_status(&fixture, "accepted").0, edition_status(&fixture, "uncertain").0), (3, 0));
}

#[test]
fn a_decision_is_about_the_mails_that_its_question_counted() {
    let (fixture, _console, browser, number) = uncertain(3);
    let named = format!("/deliveries/arrived?edition={number}&state=uncertain&domain=school.example");
    let asked = browser.get(&named).is(200).says("Did 3 mails of edition");
    fixture.run(&["deliveries", "resolve", "s1@school.example", "--accepted"]).exits(0);
    browser.press_on(&asked, &[]).is(409).says("has changed since you looked at this");
    assert_eq!(edition_status(&fixture, "uncertain").0, 2);
    browser.decide(&named, &[]).says("2 uncertain mails");
}

/// As many as were counted, but one of them is settled, and another has come to it.
#[test]
fn nobody_settles_a_mail_that_was_not_counted() {
    let (fixture, _console, browser, number) = uncertain(3);
    fixture.run(&["deliveries", "resolve", "s1@school.example", "--accepted"]).exits(0);
    let of = |word: &str| format!("/deliveries/{word}?edition={number}&state=trouble");
    let asked = ["arrived", "lost", "retry"].map(|word| browser.get(&of(word)).is(200).says("2 mails"));
    fixture.change(
        "PRAGMA foreign_keys = OFF;
         UPDATE deliveries SET recipient = 99 WHERE recipient = 1;
         UPDATE deliveries SET recipient = 1 WHERE recipient = 2;
         UPDATE deliveries SET recipient = 2 WHERE recipient = 99;",
    );
    for question in asked {
        browser.press_on(&question, &[]).is(409).says("has changed since you looked at this");
    }
    assert_eq!(edition_status(&fixture, "uncertain").0, 2);
    browser.decide(&of("arrived"), &[]).says("2 uncertain mails");
}
