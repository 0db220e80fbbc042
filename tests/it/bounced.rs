//! A mail that was accepted and came back is seen: in `status`, by monitoring, and by the name of whom it did not reach.

use serde_json::json;

use crate::support::bounces::{bounce, take};
use crate::support::fixture::Fixture;
use crate::support::http::{ask, console, daemon};

const SENT: &str = "2026-11-30T08:00:00Z";
const LATER: &str = "2026-11-30T08:30:00Z";

fn after_one_bounce(status: &str) -> Fixture {
    let fixture = Fixture::shipped();
    fixture.at(SENT, &["send"]).exits(0);
    take(&fixture, LATER, &[bounce(&fixture, "office@hillside.example", status)]);
    fixture
}

#[test]
fn it_is_counted_beside_the_accepted_ones_and_outside_the_sum() {
    let fixture = after_one_bounce("5.1.1");
    let status = fixture.at(LATER, &["status", "--json"]).exits(0).json();
    let edition = &status["editions"][0];
    assert_eq!((&edition["edition"], &edition["bounced"]), (&json!(7), &json!(1)), "{edition}");
    let deliveries = edition["deliveries"].as_object().unwrap();
    assert_eq!((&deliveries["accepted"], &deliveries["total"]), (&json!(4), &json!(4)));
    let sum: u64 = deliveries.iter().filter(|(state, _)| *state != "total").map(|(_, n)| n.as_u64().unwrap()).sum();
    assert_eq!(sum, 4, "{edition}");
    let shown = fixture.at(LATER, &["status"]).exits(0).stdout;
    // Mails, accepted, bounced.
    let row = shown.lines().find(|line| line.starts_with("7\t")).unwrap();
    assert_eq!(row.split('\t').skip(3).take(3).collect::<Vec<_>>(), ["4", "4", "1"], "{shown}");
}

#[test]
fn someone_is_asked_to_look_and_finds_who_it_was() {
    for (answer, lost) in [("5.1.1", true), ("5.2.2", false)] {
        let fixture = after_one_bounce(answer);
        let shown = fixture.at(LATER, &["status"]).exits(0).stdout;
        let line = shown.lines().find(|line| line.starts_with("Needs a person: edition 7: 1 mail came back"));
        let line = line.unwrap_or_else(|| panic!("{answer} asks nobody:\n{shown}"));
        assert_eq!(line.contains("1 mailbox gets no more mail"), lost, "{line}");
        assert!(!line.contains('@') && line.contains("deliveries list --edition 7 --bounced"), "{line}");
        let found = fixture.run(&["deliveries", "list", "--edition", "7", "--bounced"]).exits(0).stdout;
        assert_eq!(found.lines().filter(|line| line.contains('@')).count(), 1, "{found}");
        assert!(found.contains("Hillside Primary") && found.contains(&format!("came back: {answer}")), "{found}");
        let found = fixture.run(&["deliveries", "list", "--bounced", "--json"]).exits(0).json();
        assert_eq!((&found[0]["bounce"], &found[0]["state"]), (&json!(answer), &json!("accepted")), "{found}");
    }
    // One that nothing came back from asks for nobody.
    let fixture = Fixture::shipped();
    fixture.at(SENT, &["send"]).exits(0);
    assert_eq!(fixture.at(LATER, &["status", "--json"]).exits(0).json()["attention"], json!([]));
}

#[test]
fn monitoring_sees_it() {
    let fixture = after_one_bounce("5.2.2");
    let (mut daemon, _) = daemon(&fixture);
    let (_, body) = ask(console(&fixture), "GET", "/metrics", "");
    assert!(body.contains("fortnightly_deliveries_bounced{edition=\"7\"} 1\n"), "{body}");
    assert!(body.contains("fortnightly_deliveries{edition=\"7\",state=\"accepted\"} 4\n"), "{body}");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn suppressions_have_names_until_the_mailbox_is_forgotten() {
    let fixture = after_one_bounce("5.1.1");
    fixture.at(LATER, &["suppressions", "add", "stranger@far.example"]).exits(0);
    let row = |address: &str| {
        let list = fixture.at(LATER, &["suppressions", "list", "--json"]).exits(0).json();
        list.as_array().unwrap().iter().find(|row| row["address"] == address).unwrap().clone()
    };
    assert_eq!(row("office@hillside.example")["subscriber"], "Hillside Primary");
    assert_eq!(row("stranger@far.example")["subscriber"], json!(null));
    fixture.at(LATER, &["suppressions", "list"]).exits(0).says("Hillside Primary");
    fixture.at(LATER, &["subscribers", "erase", "office@hillside.example", "--yes"]).exits(0);
    let shown = fixture.at(LATER, &["suppressions", "list"]).exits(0).stdout;
    assert!(shown.contains("(erased)") && !shown.contains("Hillside"), "{shown}");
}
