//! `deliveries`: what did not arrive is found, taken up again and settled.

use crate::support::fixture::{BASE, Fixture, entry};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, behind_relay, edition_status};

/// The same fixture behind another relay.
fn behind(fixture: &Fixture, from: u16, to: u16) {
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &config.replace(&format!(":{from}\""), &format!(":{to}\"")));
}

#[test]
fn what_was_refused_is_listed_and_taken_up_again() {
    let strict = Oracle::with(&[("RCPT TO:<s1@", "550 5.7.1 not from you"), ("RCPT TO:<s2@", "550 5.1.1 who?")]);
    let fixture = behind_relay(strict.port, 4, "");
    fixture.run(SEND).exits(1);
    let list = fixture.run(&["deliveries", "list", "--json"]).exits(0).json();
    let rows = list.as_array().unwrap();
    assert_eq!(rows.len(), 2, "{list}");
    assert_eq!((&rows[0]["address"], &rows[0]["state"]), (&"s1@school.example".into(), &"failed".into()));
    assert_eq!((&rows[0]["code"], &rows[0]["attempts"]), (&550.into(), &1.into()));
    fixture.run(&["deliveries", "list"]).exits(0).says("5.7.1 not from you");
    let accepted = fixture.run(&["deliveries", "list", "--state", "accepted", "--limit", "1", "--json"]).exits(0);
    assert_eq!(accepted.json().as_array().unwrap().len(), 1);
    let one = fixture.run(&["deliveries", "list", "s2@school.example", "--json"]).exits(0).json();
    assert_eq!(one.as_array().unwrap().len(), 1, "{one}");
    for verb in [&["list"][..], &["retry"], &["resolve", "--failed"]] {
        let asked = [&["deliveries"], verb, &["nobody@school.example"]].concat();
        fixture.run(&asked).exits(1).complains("subscribers list");
    }
    assert_eq!(edition_status(&fixture, "failed").1, "sent");

    let kind = Oracle::start();
    behind(&fixture, strict.port, kind.port);
    let said = fixture.run(&["deliveries", "retry"]).exits(0);
    assert!(
        said.stdout.contains("1 mail queued again") && said.stdout.contains("1 left as they are"),
        "{}",
        said.stdout
    );
    assert_eq!(edition_status(&fixture, "queued").1, "sending");
    fixture.run(SEND).exits(1);
    assert_eq!(kind.taken().keys().collect::<Vec<_>>(), ["s1@school.example"]);
    assert_eq!(edition_status(&fixture, "accepted"), (3, "sent".to_owned(), edition_status(&fixture, "accepted").2));
    fixture.run(&["deliveries", "retry", "--state", "queued"]).exits(2);
}

#[test]
fn what_is_uncertain_waits_for_the_operator_and_is_resolved() {
    let odd = Oracle::with(&[("DOT", "999 what")]);
    let fixture = behind_relay(odd.port, 3, "on_uncertain = \"hold\"\n");
    fixture.run(SEND).exits(1);
    let (uncertain, state, attention) = edition_status(&fixture, "uncertain");
    assert_eq!((uncertain, state.as_str()), (3, "sent"));
    assert!(attention.contains("deliveries list"), "{attention}");
    fixture.run(&["deliveries", "resolve", "--accepted"]).exits(2);
    fixture.run(&["deliveries", "resolve", "--all"]).exits(2);
    fixture.run(&["deliveries", "resolve", "--accepted", "s0@school.example"]).exits(0).says("1 uncertain mail counts");
    fixture.run(&["deliveries", "resolve", "--failed", "s1@school.example"]).exits(0);
    fixture.run(&["deliveries", "resolve", "--failed", "s1@school.example"]).exits(0).says("0 uncertain");
    let counts = ["accepted", "failed", "uncertain"].map(|state| edition_status(&fixture, state).0);
    assert_eq!(counts, [1, 1, 1]);
    let audit = fixture.run(&["status", "--audit"]).exits(0).stdout;
    assert!(audit.contains("resolve") && !audit.contains("school.example"), "{audit}");
    // The other two are sent again, with the same bytes.
    let kind = Oracle::start();
    behind(&fixture, odd.port, kind.port);
    fixture.run(&["deliveries", "retry"]).exits(0).says("1 of them may have arrived");
    fixture.run(SEND).exits(0);
    assert_eq!(kind.count(), 2);
    assert_eq!(edition_status(&fixture, "accepted").0, 3);
}

#[test]
fn an_edition_that_a_newer_one_followed_is_over() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Hill", "school", "\"a@hill.example\"", "[\"4-5\"]")));
    fixture.run(&["deliveries", "retry"]).exits(1).complains("no edition was published");
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    let status = fixture.at("2026-12-14T09:00:00Z", &["status", "--json"]).exits(0).json();
    let sent = status["editions"].as_array().unwrap().iter().filter(|e| e["state"] == "sent");
    let older = sent.map(|e| e["edition"].to_string()).next().unwrap();
    fixture.run(&["deliveries", "retry", "--edition", &older]).exits(1).complains("is over");
    fixture.run(&["deliveries", "retry", "--edition", "999"]).exits(1).complains("was not published");
}
