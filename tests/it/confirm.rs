//! Whatever waits for a click: subscriptions, other bands, an undo. Real mails, the built binary, a real connection.

use serde_json::{Value, json};

use crate::support::fixture::{BASE, Fixture, Mail, entry, three, until};
use crate::support::http::{ask, daemon};

const MONDAY: &str = "2026-11-30T08:00:00Z";
const LATER: &str = "2026-11-30T10:00:00Z";

/// The letters to `to` (not the digests), oldest first.
fn letters(fixture: &Fixture, to: &str) -> Vec<Mail> {
    let mut mails = fixture.mails();
    mails.retain(|mail| mail.to == to && mail.message_id.starts_with("e0-"));
    mails
}

/// The path of the link in a letter.
fn link(mail: &Mail) -> String {
    let path = mail.path("/confirm/");
    assert!(mail.html.contains(&format!("href=\"https://activities.example.org{path}\"")), "{}", mail.html);
    path
}

fn mailbox(fixture: &Fixture, address: &str) -> Value {
    let shown = fixture.at(LATER, &["subscribers", "show", address, "--json"]).exits(0).json();
    shown["mailboxes"][0].clone()
}

fn wish(email: &str, bands: &str) -> Vec<String> {
    ["subscribe", "--name", "Evil <b>name</b>", "--email", email, "--bands", bands, "--confirm"]
        .map(str::to_owned)
        .to_vec()
}

fn asks(fixture: &Fixture, now: &str, email: &str, bands: &str) -> crate::support::fixture::Ran {
    let wish = wish(email, bands);
    fixture.at(now, &wish.iter().map(String::as_str).collect::<Vec<_>>())
}

fn stop(mut daemon: crate::support::fixture::Running) {
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_subscription_begins_with_the_click() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    asks(&fixture, MONDAY, "parent@home.example", "4-5,14+").exits(0).says("asked to confirm");
    let counts = fixture.at(MONDAY, &["status", "--json"]).exits(0).json()["subscribers"].clone();
    assert_eq!((&counts["pending"], &counts["active"]), (&json!(1), &json!(3)));
    fixture.at(MONDAY, &["send"]).exits(0);
    let letter = &letters(&fixture, "parent@home.example")[0];
    // Nothing of what the asking person wrote; our own words and the age groups.
    assert!(!letter.html.contains("Evil") && !letter.text.contains("Evil") && !letter.subject.contains("Evil"));
    assert!(letter.text.contains("ages 4 to 5, and 14 and over"), "{}", letter.text);
    let raw = String::from_utf8(letter.raw.clone()).unwrap();
    for header in ["List-Unsubscribe: <https://", "List-Unsubscribe-Post:", "Reply-To:", "Feedback-ID: e0:confirm:"] {
        assert!(raw.contains(header), "{header}: {raw}");
    }
    let link = link(letter);
    let (daemon, port) = daemon(&fixture);
    for method in ["GET", "HEAD", "GET"] {
        let (head, body) = ask(port, method, &link, "");
        assert!(head.starts_with("http/1.1 200") && head.contains("no-store"), "{head}");
        assert!(method == "HEAD" || body.contains("<button") && !body.contains("home.example"), "{body}");
        assert!(!body.contains("<b>name"), "{body}");
    }
    assert_eq!(mailbox(&fixture, "parent@home.example")["state"], "pending");
    for _ in 0..2 {
        let (head, body) = ask(port, "POST", &link, "");
        assert!(head.starts_with("http/1.1 200") && body.contains("That is confirmed"), "{head}{body}");
    }
    assert_eq!(mailbox(&fixture, "parent@home.example")["bands"], json!(["4-5", "14+"]));
    stop(daemon);
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().iter().filter(|mail| mail.to == "parent@home.example").count(), 2);
}

#[test]
fn a_link_runs_out_and_gives_way_to_a_newer_one() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let address = "parent@home.example";
    asks(&fixture, "2026-11-23T09:00:00Z", address, "4-5").exits(0);
    asks(&fixture, "2026-11-23T10:00:00Z", address, "5-7").exits(0);
    asks(&fixture, "2026-11-23T10:01:00Z", address, "8-10").exits(0);
    asks(&fixture, "2026-11-23T10:02:00Z", address, "8-10").exits(1).complains("three times");
    let all: Vec<String> = letters(&fixture, address).iter().map(link).collect();
    assert_eq!(all.len(), 3);
    // The daemon's clock says Monday 30th, 09:00: the first would have run out just now, the third has an hour left.
    let (daemon, port) = daemon(&fixture);
    let answers: Vec<String> = all.iter().map(|link| ask(port, "POST", link, "").1).collect();
    let works = |answer: &&String| answer.contains("That is confirmed");
    assert_eq!(answers.iter().filter(works).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.contains("too old")).count(), 2);
    stop(daemon);
    assert_eq!(mailbox(&fixture, address)["bands"], json!(["8-10"]));
    // One that nobody confirmed ends.
    asks(&fixture, "2026-11-22T08:00:00Z", "other@home.example", "4-5").exits(0);
    assert_eq!(mailbox(&fixture, "other@home.example")["state"], "pending");
    let (daemon, _) = self::daemon(&fixture);
    until("the wish has ended", || mailbox(&fixture, "other@home.example")["state"] == "ended");
    stop(daemon);
}

#[test]
fn whoever_never_wants_to_be_asked_again_is_not() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    asks(&fixture, MONDAY, "parent@home.example", "4-5").exits(0);
    let letter = letters(&fixture, "parent@home.example").remove(0);
    let (daemon, port) = daemon(&fixture);
    let (_, body) = ask(port, "POST", &letter.path("/u/"), "");
    assert!(body.contains("no more of these emails") && !body.contains("One last email"), "{body}");
    let (head, _) = ask(port, "POST", &link(&letter), "");
    assert!(head.starts_with("http/1.1 410"), "{head}");
    stop(daemon);
    let mailbox = mailbox(&fixture, "parent@home.example");
    assert_eq!((&mailbox["state"], &mailbox["suppressed"]), (&json!("ended"), &json!("unsubscribed")));
    assert_eq!(letters(&fixture, "parent@home.example").len(), 1);
}

#[test]
fn whoever_left_comes_back_by_a_click_and_nobody_who_bounced() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Hill", "school", "\"a@hill.example\"", "[\"4-5\"]")));
    fixture.at(MONDAY, &["sync"]).exits(0);
    fixture.run(&["unsubscribe", "a@hill.example"]).exits(0);
    let plain = ["subscribe", "--name", "Hill", "--email", "a@hill.example", "--bands", "5-7"];
    fixture.at(MONDAY, &plain).exits(1).complains("--confirm");
    asks(&fixture, MONDAY, "a@hill.example", "5-7").exits(0);
    // Not even when the suppression was lifted does the file bring back whom we are just asking.
    fixture.run(&["suppressions", "remove", "a@hill.example", "--yes"]).exits(0);
    fixture.at(MONDAY, &["sync"]).exits(0);
    assert_eq!(mailbox(&fixture, "a@hill.example")["state"], "pending");
    let link = link(&letters(&fixture, "a@hill.example")[0]);
    let (daemon, port) = daemon(&fixture);
    assert!(ask(port, "POST", &link, "").1.contains("That is confirmed"));
    stop(daemon);
    let back = mailbox(&fixture, "a@hill.example");
    assert_eq!(
        (&back["state"], &back["suppressed"], &back["bands"]),
        (&json!("active"), &Value::Null, &json!(["5-7"]))
    );
    fixture.run(&["suppressions", "add", "b@hill.example", "--reason", "complained"]).exits(0);
    asks(&fixture, MONDAY, "b@hill.example", "5-7").exits(1).complains("suppressions remove");
    assert!(letters(&fixture, "b@hill.example").is_empty());
}

#[test]
fn other_bands_count_after_a_click_in_the_mailbox() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let address = "hello@lantern.example";
    let digest = fixture.mails().into_iter().find(|mail| mail.to == address).unwrap();
    let preferences = digest.path("/preferences/");
    let (daemon, port) = daemon(&fixture);
    let (head, body) = ask(port, "GET", &preferences, "");
    assert!(head.starts_with("http/1.1 200") && head.contains("no-store"), "{head}");
    assert!(body.contains("Lantern Trust") && !body.contains("lantern.example"), "{body}");
    assert!(body.contains("value=\"8-10\" checked") && body.contains("value=\"14+\">"), "{body}");
    for (form, status) in [("", 422), ("bands=x", 422), ("bands=4-6", 422), ("bands=8-10", 200), ("bands=", 422)] {
        let (head, _) = ask(port, "POST", &preferences, form);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{form}: {head}");
    }
    let (head, _) = ask(port, "POST", &preferences, &"x".repeat(1 << 20));
    assert!(head.starts_with("http/1.1 413"), "{head}");
    assert!(letters(&fixture, address).is_empty());
    let (_, body) = ask(port, "POST", &preferences, "bands=5-7&bands=14%2B");
    assert!(body.contains("look into the mailbox"), "{body}");
    assert_eq!(mailbox(&fixture, address)["bands"], json!(["8-10"]), "before the click");
    until("the letter is there", || letters(&fixture, address).len() == 1);
    let letter = &letters(&fixture, address)[0];
    let link = link(letter);
    let (_, body) = ask(port, "GET", &link, "");
    assert!(body.contains("Ages 5 to 7, Ages 14 and over"), "{body}");
    ask(port, "POST", &link, "");
    assert_eq!(mailbox(&fixture, address)["bands"], json!(["5-7", "14+"]));
    // Too many wishes for one mailbox.
    for (form, status) in [("bands=4-5", 200), ("bands=8-10", 200), ("bands=4-5", 429)] {
        let (head, _) = ask(port, "POST", &preferences, form);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{form}: {head}");
    }
    // A token for one thing opens no other.
    let token = preferences.rsplit('/').next().unwrap();
    for other in ["u", "confirm"] {
        let (head, body) = ask(port, "POST", &format!("/{other}/{token}"), "");
        assert!(head.starts_with("http/1.1 404") && !body.contains("Lantern"), "{head}");
    }
    stop(daemon);
}

#[test]
fn the_button_says_goodbye_with_an_undo_and_one_click_does_not() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let (by_button, by_click) = ("hello@lantern.example", "office@hillside.example");
    let leave = |to: &str| fixture.mails().into_iter().find(|mail| mail.to == to).unwrap().path("/u/");
    let (button, click) = (leave(by_button), leave(by_click));
    let (daemon, port) = daemon(&fixture);
    for _ in 0..2 {
        let (head, body) = ask(port, "POST", &button, "");
        assert!(head.starts_with("http/1.1 200") && body.contains("no more"), "{head}{body}");
        ask(port, "POST", &click, "List-Unsubscribe=One-Click");
    }
    until("the good-bye is there", || letters(&fixture, by_button).len() == 1);
    let undo = link(&letters(&fixture, by_button)[0]);
    assert_eq!(mailbox(&fixture, by_button)["suppressed"], "unsubscribed");
    let (_, body) = ask(port, "GET", &undo, "");
    assert!(body.contains("Send the emails again?"), "{body}");
    assert_eq!(mailbox(&fixture, by_button)["state"], "ended");
    let (_, body) = ask(port, "POST", &undo, "");
    assert!(body.contains("as before"), "{body}");
    let back = mailbox(&fixture, by_button);
    assert_eq!(
        (&back["state"], &back["suppressed"], &back["bands"]),
        (&json!("active"), &Value::Null, &json!(["8-10"]))
    );
    // One undo, one time: whoever leaves again is not brought back by the old link.
    ask(port, "POST", &button, "List-Unsubscribe=One-Click");
    for method in ["GET", "POST"] {
        let (head, body) = ask(port, method, &undo, "");
        assert!(head.starts_with("http/1.1 410") && !body.contains("as before"), "{head}{body}");
    }
    assert_eq!(mailbox(&fixture, by_button)["state"], "ended");
    stop(daemon);
    assert_eq!((letters(&fixture, by_button).len(), letters(&fixture, by_click).len()), (1, 0));
    let log = fixture.log();
    assert!(!log.contains("lantern.example") && !log.contains("/confirm/"), "{log}");
}

#[test]
fn where_nobody_runs_the_sender_the_send_command_takes_letters_along() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let to = "hello@lantern.example";
    let leave = fixture.mails().into_iter().find(|mail| mail.to == to).unwrap().path("/u/");
    let web = fixture.spawn(&["-v", "--now", "2026-11-30T09:00:00Z", "run", "--role", "web"], "log");
    let (_, body) = ask(crate::support::http::port(&fixture), "POST", &leave, "");
    assert!(body.contains("One last email"), "{body}");
    stop(web);
    assert!(letters(&fixture, to).is_empty(), "the web sends no mail");
    fixture.at(LATER, &["send"]).exits(0).complains("Sent 1 confirmation, good-bye or mail to operators");
    assert_eq!(letters(&fixture, to).len(), 1);
}
