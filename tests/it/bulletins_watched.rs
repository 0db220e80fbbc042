//! What a bulletin needs a person for: said by `status`, by `/readyz`, in numbers by `/metrics`, and to operators by mail.

use crate::support::fixture::{BASE, Fixture, scheduled, three, until};
use crate::support::http::{ask, console};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND_WARNING, WARNING, WARNING_TEXT, behind_relay};

const BEFORE: &str = "2026-11-25T12:00:00Z";

fn attention(fixture: &Fixture, now: &str) -> String {
    fixture.at(now, &["status", "--json"]).exits(0).json()["attention"].to_string()
}

#[test]
fn mails_that_failed_or_are_uncertain_are_told_and_counted() {
    let oracle = Oracle::deciding(|said| match (said.line, said.to) {
        ("DOT", to) if to.starts_with("s0@") => Some("!drop"),
        (line, _) if line.starts_with("RCPT TO:<s1@") => Some("550 5.2.1 no"),
        _ => None,
    });
    let fixture = behind_relay(oracle.port, 4, "on_uncertain = \"hold\"\n");
    fixture.write(WARNING, WARNING_TEXT);
    fixture.run(SEND_WARNING).exits(1);
    let told = fixture.run(&["status", "--json"]).exits(0).json()["attention"].to_string();
    for line in [
        "bulletin warning: 1 of 4 mails were refused or came back; look at `fortnightly deliveries list --bulletin warning`",
        "bulletin warning: 1 of 4 mails may or may not have arrived",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let _daemon = fixture.spawn(&["run"], "log");
    let port = console(&fixture);
    let (head, body) = ask(port, "GET", "/readyz", "");
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert!(body.contains("Bulletin warning has mails that may or may not have arrived."), "{body}");
    let (_, metrics) = ask(port, "GET", "/metrics", "");
    for (state, count) in [("accepted", 2), ("failed", 1), ("uncertain", 1)] {
        let line = format!("fortnightly_bulletin_deliveries{{bulletin=\"warning\",state=\"{state}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    assert!(metrics.contains("fortnightly_bulletins_held 0\n"), "{metrics}");
}

#[test]
fn what_was_edited_since_it_was_approved_is_told_and_a_hold_is_counted() {
    let fixture = Fixture::new(&scheduled("approval = \"required\""));
    fixture.write(WARNING, WARNING_TEXT);
    fixture.at(BEFORE, &["approve", "bulletin:warning"]).exits(0);
    assert!(!attention(&fixture, BEFORE).contains("bulletin warning"));
    fixture.edit(WARNING, "a new game", "an old game");
    let told = attention(&fixture, BEFORE);
    assert!(
        told.contains("bulletin warning was edited since it was approved") && told.contains("approve bulletin:warning")
    );
    fixture.at(BEFORE, &["hold", "bulletin:warning"]).exits(0);
    assert!(attention(&fixture, BEFORE).contains("bulletin warning is held"));
    let _daemon = fixture.spawn(&["--now", BEFORE, "run"], "log");
    let (_, metrics) = ask(console(&fixture), "GET", "/metrics", "");
    assert!(
        metrics.contains("fortnightly_bulletins_held 1\n") && metrics.contains("fortnightly_editions_held"),
        "{metrics}"
    );
}

#[test]
fn one_that_is_not_finished_after_days_needs_a_person() {
    let fixture = Fixture::new(&format!("{BASE}\n[mail]\nrate_per_second = 1\n{}", three()));
    fixture.write(WARNING, WARNING_TEXT);
    let mut run = fixture.spawn(&["--now", BEFORE, "bulletin", "warning", "--yes"], "log");
    until("some of it has left", || fixture.mail_count() >= 1);
    run.0.kill().unwrap();
    run.0.wait().unwrap();
    assert!(attention(&fixture, BEFORE).contains("bulletin warning is unfinished"));
    // A node that serves pages alone, so that nothing goes on with it.
    let daemon = fixture.spawn(&["--now", "2026-11-26T12:00:00Z", "run", "--role", "web"], "log");
    let port = console(&fixture);
    assert!(!ask(port, "GET", "/readyz", "").1.contains("Bulletin"), "its mails may still be on their way");
    drop(daemon);
    let _daemon = fixture.spawn(&["--now", "2026-12-01T12:00:00Z", "run", "--role", "web"], "log");
    let port = console(&fixture);
    let (_, body) = ask(port, "GET", "/readyz", "");
    assert!(body.contains("Bulletin warning is still being sent."), "{body}");
}
