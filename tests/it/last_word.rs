//! The last word stands: a link that was mailed before someone left again, in whatever way, undoes nothing. Every way to
//! leave, after every way to be off the list, with every link that may still lie in the mailbox.

use serde_json::{Value, json};

use crate::support::fixture::{BASE, Fixture, Mail, entry, until};
use crate::support::http::{ask, daemon};

const MONDAY: &str = "2026-11-30T08:00:00Z";
/// While the daemon runs, whose clock says 9 and a little.
const LATER: &str = "2026-11-30T10:00:00Z";

/// The ways to say a last word.
const WAYS: [&str; 6] =
    ["one click", "a mail", "`unsubscribe`", "`suppressions add`", "a complaint", "an encoded click"];

fn address(of: usize) -> String {
    format!("box{of:0>2}@hill.example")
}

fn digest(fixture: &Fixture, of: usize) -> Mail {
    let mut mails = fixture.mails();
    mails.retain(|mail| mail.to == address(of) && mail.message_id.starts_with("e7-"));
    mails.remove(0)
}

/// The paths of the links in a mailbox's confirmations and good-byes, as they came.
fn links(fixture: &Fixture, of: usize) -> Vec<String> {
    let mut mails = fixture.mails();
    mails.retain(|mail| mail.to == address(of) && mail.message_id.starts_with("e0-"));
    mails.iter().map(|mail| mail.path("/confirm/")).collect()
}

fn mailbox(fixture: &Fixture, of: usize) -> Value {
    let shown = fixture.at(LATER, &["subscribers", "show", &address(of), "--json"]).exits(0).json();
    shown["mailboxes"][0].clone()
}

fn message(fixture: &Fixture, text: &str) {
    fixture.write("message", text);
    fixture.at(LATER, &["bounce", &fixture.path("message").display().to_string()]).exits(0);
}

/// The mailbox leaves, or is put off the list.
fn last_word(fixture: &Fixture, port: u16, of: usize, way: &str) {
    let digest = digest(fixture, of);
    let (page, address) = (digest.path("/u/"), address(of));
    let token = page.trim_start_matches("/u/");
    match way {
        "one click" => drop(ask(port, "POST", &page, "List-Unsubscribe=One-Click")),
        "an encoded click" => drop(ask(port, "POST", &page, "List%2DUnsubscribe=One%2DClick")),
        "a mail" => {
            message(
                fixture,
                &format!("From: {address}\nTo: unsubscribe+{token}@example.org\nSubject: unsubscribe\n\n"),
            );
        }
        "`unsubscribe`" => drop(fixture.at(LATER, &["unsubscribe", &address]).exits(0)),
        "`suppressions add`" => drop(fixture.at(LATER, &["suppressions", "add", &address]).exits(0)),
        _ => message(
            fixture,
            &format!(
                "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\
                 Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nUser-Agent: x\n\n--b\n\
                 Content-Type: message/rfc822\n\nList-Unsubscribe: <https://a.example/u/{token}>\n\n--b--\n"
            ),
        ),
    }
}

/// How the mailbox comes to hold a link: what is done before the last word.
const BEFORE: [&str; 3] = ["an undo", "an undo, and it came back since", "a confirmation"];

#[test]
fn a_link_from_before_the_last_word_undoes_nothing() {
    let all: Vec<_> = BEFORE.iter().flat_map(|before| WAYS.map(|way| (*before, way))).collect();
    let boxes: Vec<_> = (0..=all.len()).map(|n| format!("\"{}\"", address(n))).collect();
    let config = format!("{BASE}{}", entry("Hill", "school", &format!("[{}]", boxes.join(", ")), "[\"4-5\"]"));
    let fixture = Fixture::new(&config);
    fixture.at(MONDAY, &["send"]).exits(0);
    let (mut daemon, port) = daemon(&fixture);
    for (of, (before, _)) in all.iter().enumerate() {
        if *before == "a confirmation" {
            fixture.at(MONDAY, &["unsubscribe", &address(of)]).exits(0);
            let wish = ["subscribe", "--name", "Hill", "--email", &address(of), "--bands", "5-7", "--confirm"];
            fixture.at("2026-11-30T08:30:00Z", &wish).exits(0);
        } else {
            ask(port, "POST", &digest(&fixture, of).path("/u/"), "");
        }
    }
    let control = all.len();
    ask(port, "POST", &digest(&fixture, control).path("/u/"), "");
    until("every mailbox has its link", || (0..=control).all(|of| links(&fixture, of).len() == 1));
    for (of, (before, _)) in all.iter().enumerate().filter(|(_, (before, _))| before.contains("came back")) {
        fixture.at(LATER, &["suppressions", "remove", &address(of), "--yes"]).exits(0);
        let wish = ["subscribe", "--name", "Hill", "--email", &address(of), "--bands", "8-10"];
        fixture.at(LATER, &wish).exits(0);
        assert_eq!(mailbox(&fixture, of)["state"], "active", "{before}");
    }
    let mut wrong = Vec::new();
    for (of, (before, way)) in all.iter().enumerate() {
        last_word(&fixture, port, of, way);
        let link = links(&fixture, of).remove(0);
        let answers: Vec<_> =
            ["GET", "POST", "POST"].map(|method| ask(port, method, &link, "").0[9..12].to_owned()).into();
        let now = mailbox(&fixture, of);
        let is_over = answers.iter().all(|head| *head == "410");
        if now["state"] != "ended" || now["suppressed"].is_null() || !is_over {
            wrong.push(format!("{before}, then {way}: {} {} {answers:?}", now["state"], now["suppressed"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} undid the last word:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    // The page's button again is no last word: whoever holds a forwarded copy can press it.
    ask(port, "POST", &digest(&fixture, control).path("/u/"), "");
    let (_, body) = ask(port, "POST", &links(&fixture, control)[0], "");
    assert!(body.contains("as before"), "{body}");
    assert_eq!(mailbox(&fixture, control)["state"], "active");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

/// An undo is over once its mailbox came back in another way: it would bring back what the reader has changed since.
#[test]
fn what_was_chosen_later_stands() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Hill", "school", "\"box00@hill.example\"", "[\"4-5\"]")));
    fixture.at(MONDAY, &["send"]).exits(0);
    let (mut daemon, port) = daemon(&fixture);
    // A question about other bands, and then an operator who enters some.
    ask(port, "POST", &digest(&fixture, 0).path("/preferences/"), "bands=14%2B");
    until("the question is there", || links(&fixture, 0).len() == 1);
    let enter = ["subscribe", "--name", "Hill", "--email", "box00@hill.example", "--bands", "5-7"];
    fixture.at(LATER, &enter).exits(0);
    let (head, _) = ask(port, "POST", &links(&fixture, 0)[0], "");
    assert!(head.starts_with("http/1.1 410"), "{head}");
    assert_eq!(mailbox(&fixture, 0)["bands"], json!(["5-7"]));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

/// Three good-byes a day: whoever leaves and comes back again and again is not written to each time, and leaves all the same.
#[test]
fn goodbyes_are_limited_by_the_day() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Hill", "school", "\"box00@hill.example\"", "[\"4-5\"]")));
    fixture.at(MONDAY, &["send"]).exits(0);
    let (mut daemon, port) = daemon(&fixture);
    let page = digest(&fixture, 0).path("/u/");
    let mut used = Vec::new();
    for n in 1..=3 {
        let (_, body) = ask(port, "POST", &page, "");
        assert!(body.contains("One last email"), "{n}: {body}");
        until("the good-bye is there", || links(&fixture, 0).len() == n);
        let link = links(&fixture, 0).into_iter().find(|link| !used.contains(link)).unwrap();
        assert!(ask(port, "POST", &link, "").1.contains("as before"), "{n}");
        used.push(link);
    }
    let (head, body) = ask(port, "POST", &page, "");
    assert!(head.starts_with("http/1.1 200") && !body.contains("One last email"), "{body}");
    assert_eq!(
        (mailbox(&fixture, 0)["state"].clone(), mailbox(&fixture, 0)["suppressed"].clone()),
        (json!("ended"), json!("unsubscribed"))
    );
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert_eq!(links(&fixture, 0).len(), 3);
}
