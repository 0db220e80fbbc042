//! The page of an edition: what is in it, what changed since it was approved, how it reads, and where its mails stand.

use std::fs;

use super::{BEFORE, opened};
use crate::support::console::{Browser, user};
use crate::support::fixture::{Fixture, until};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, behind_relay, published};

/// The path of the first group of readers that the page of an edition names.
fn first_segment(page: &str) -> String {
    let link = page.split("href=\"").find(|part| part.starts_with("/editions/7/segments/")).expect("a segment");
    link.split('"').next().unwrap().to_owned()
}

/// The file of the activity for a band.
fn activity(fixture: &Fixture, band: &str) -> String {
    let row = fixture.planned(BEFORE, 7);
    let pick = crate::support::fixture::pick(&row, band);
    format!("activities/{}.md", pick["id"].as_str().unwrap())
}

#[test]
fn an_edition_shows_what_is_in_it_and_the_buttons_that_make_sense() {
    let (fixture, _daemon, browser) = opened();
    let row = fixture.planned(BEFORE, 7);
    let page = browser.get("/editions/7").is(200).says("Edition 7").says("Monday 30 November 2026 at 08:00, in 3 days");
    for pick in row["activities"].as_array().unwrap() {
        assert!(page.text().contains(pick["title"].as_str().unwrap()), "{pick}\n{}", page.text());
    }
    let page = page.says("waiting for approval").says("Approve…").says("Hold…").says("Withdraw…").says("Who gets it");
    assert!(page.body.contains("/editions/7/swap?band="), "{}", page.body);
    browser.decide("/editions/7/hold", &[("reason", "<b>wait</b> for me")]);
    let page = browser.get("/editions/7").is(200).says("held").says("<b>wait</b>").says("Release…").lacks("Approve…");
    assert!(!page.body.contains("<b>wait"), "{}", page.body);
    let viewer = user(&fixture, BEFORE, browser.port(), "vera@example.org", "viewer");
    let page = viewer.get("/editions/7").is(200).lacks("Release…").lacks("test copy");
    assert!(!page.body.contains("/swap?"), "{}", page.body);
    viewer.get("/editions/7/test-copy").is(403);
    viewer.post("/editions/7/test-copy", &[("to", "me@example.org")]).is(403);
    viewer.get("/editions/0").is(404);
    viewer.get("/editions/4000000000").is(404);
    viewer.get("/editions/x").is(400);
}

#[test]
fn what_changed_since_it_was_approved_is_marked_word_by_word() {
    let (fixture, _daemon, browser) = opened();
    browser.get("/editions/7").is(200).lacks("What changed");
    browser.decide("/editions/7/approve", &[]).lacks("What changed");
    let file = activity(&fixture, "8-10");
    let text = fs::read_to_string(fixture.path(&file)).unwrap();
    let title = text.lines().find(|line| line.starts_with("title = ")).unwrap().to_owned();
    let edited = title.replacen("title = \"", "title = \"Freshly ", 1);
    fixture.write(&file, &text.replacen(&title, &edited, 1));
    until("the edit is taken up", || browser.get("/editions/7").text().contains("What changed since it was approved"));
    let page = browser.get("/editions/7").is(200).says("[added: Freshly ]");
    assert!(page.body.contains("<ins>"), "{}", page.body);
    until("the approval is taken back", || browser.get("/editions/7").text().contains("It needs approval again."));
    browser.decide("/editions/7/approve", &[]).says("is approved now").lacks("What changed");
    // Back to what it was: now that is the change.
    fixture.write(&file, &text);
    until("the edit is taken up", || browser.get("/editions/7").text().contains("[taken out: Freshly ]"));
}

#[test]
fn a_mail_is_shown_in_a_frame_that_can_do_nothing_and_looking_changes_nothing() {
    let (fixture, daemon, browser) = opened();
    let path = first_segment(&browser.get("/editions/7").is(200).body);
    let page = browser.get(&path).is(200).says("Phone").says("Dark").says("Plain text").says("Source");
    assert!(page.body.contains("<iframe class=\"mail wide\" sandbox src="), "{}", page.body);
    browser.get(&format!("{path}?view=phone")).is(200);
    let mut seen = Vec::new();
    for view in ["light", "dark", "text", "source"] {
        let mail = browser.get(&format!("{path}/mail?view={view}")).is(200);
        let policy = mail.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("sandbox; default-src 'none'") && policy.contains("frame-ancestors 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("script"), "{policy}");
        seen.push(mail.body);
    }
    assert!(seen[1].contains("(min-width: 0)") && seen[0].contains("(max-width: 0)"), "{}", seen[1]);
    assert!(seen[2].contains("<pre>") && seen[3].contains("List-Unsubscribe:"), "{}", seen[3]);
    // Its links are nobody's.
    let link = seen[2].split("https://activities.example.org/u/").nth(1).unwrap();
    let token: String = link.chars().take_while(char::is_ascii_alphanumeric).collect();
    let before = fixture.at(BEFORE, &["status", "--json"]).exits(0).json();
    let port = crate::support::http::port(&fixture);
    let (head, _) = crate::support::http::ask(port, "POST", &format!("/u/{token}"), "List-Unsubscribe=One-Click");
    assert!(head.contains(" 404 ") || head.contains(" 200 "), "{head}");
    assert_eq!(fixture.at(BEFORE, &["status", "--json"]).exits(0).json(), before);
    browser.get("/editions/7/segments/nobody.at-all.en-GB").is(404);
    browser.get(&format!("{}/mail", "/editions/7/segments/%3Cscript%3E")).is(404).lacks("<script");
    drop(daemon);
}

#[test]
fn a_test_copy_goes_to_one_address_and_the_log_says_whose_it_was() {
    let (fixture, _daemon, browser) = opened();
    let status = || {
        let mut status = fixture.at(BEFORE, &["status", "--audit", "--json"]).exits(0).json();
        let audit = status.as_object_mut().unwrap().remove("audit").unwrap();
        (status, audit.as_array().unwrap().clone())
    };
    let before = status();
    browser.get("/editions/7/test-copy").is(200).says("Send a test copy of edition 7?");
    browser.press("/editions/7/test-copy", &[("to", "nobody"), ("segment", "x")]).is(422).says("isn't an address");
    let path = first_segment(&browser.get("/editions/7").is(200).body);
    let segment = path.rsplit('/').next().unwrap();
    browser
        .decide("/editions/7/test-copy", &[("to", "me@example.org"), ("segment", segment)])
        .says("on its way to me@example.org");
    let mails = fixture.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].subject.starts_with("[Test copy] "), "{}", mails[0].subject);
    let after = status();
    assert_eq!((after.0, after.1.len()), (before.0, before.1.len() + 1));
    let line = after.1.iter().find(|line| line["action"] == "test-copy").unwrap();
    assert!(line["subject"] == "edition 7" && line["detail"] == segment && !line["by"].is_null(), "{line:#}");
    assert!(!line.to_string().contains("me@example.org"), "{line:#}");
    browser.get("/log").says("Edition 7 was sent to someone as a test copy");
}

#[test]
fn once_sent_it_shows_the_chart_what_kept_the_others_and_who_it_was_for() {
    let relay = Oracle::with(&[
        ("RCPT TO:<s1@", "550 5.7.1 <script>alert(1)</script> blocked by zen.spamhaus.example"),
        ("RCPT TO:<s2@", "552 5.2.2 mailbox full"),
    ]);
    let fixture = behind_relay(relay.port, 5, "");
    fixture.run(SEND).exits(1);
    let number = published(&fixture);
    let _daemon = fixture.spawn(&["-v", "run"], "log");
    let browser = Browser::first(&fixture);
    let page = browser.get(&format!("/editions/{number}")).is(200);
    let text = page.text();
    for said in [
        "Where its mails stand",
        "3 Accepted",
        "2 Refused",
        "3 mails were accepted",
        "The mailbox is full",
        "It was taken for spam",
        "school.example",
        "Who it was for",
    ] {
        assert!(text.contains(said), "no “{said}” in:\n{text}");
    }
    assert!(page.body.contains("<svg") && page.body.contains("<details>"), "{}", page.body);
    let list = browser.get(&format!("/deliveries?edition={number}&state=trouble&why=spam")).is(200);
    let list = list.says("School 1").lacks("School 2");
    assert!(!list.body.contains("<script>"), "{}", list.body);
    let segment = page.body.split("href=\"").find(|part| part.contains("/segments/")).unwrap();
    browser.get(&format!("{}/mail?view=text", segment.split('"').next().unwrap())).is(200);
}
