//! The figures that move, as a browser is told them.

use serde_json::Value;

use crate::support::console::{Browser, PASSWORD, user};
use crate::support::fixture::{BASE, Fixture, Running, until};

const DUE: &str = "2026-11-30T08:00:00Z";

/// A service that sends edition 7 to so many, five a second.
fn sending(recipients: usize) -> (Fixture, Running, Browser) {
    let fixture = Fixture::new(&format!("{BASE}\n[mail]\nrate_per_second = 5\n"));
    let rows: String = (0..recipients).map(|n| format!("School {n},school,s{n}@school.example,4-5,,,\n")).collect();
    fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\n{rows}"));
    fixture.at(DUE, &["subscribers", "import", "list.csv"]).exits(0);
    let daemon = fixture.spawn(&["-v", "--now", DUE, "run"], "log");
    let (port, _) = Browser::link(&fixture);
    let viewer = user(&fixture, DUE, port, "vera@example.org", "viewer");
    until("it is being sent", || viewer.get("/").text().contains("Edition 7 is being sent"));
    (fixture, daemon, viewer)
}

fn figure(data: &str, name: &str) -> u64 {
    let figures: Value = serde_json::from_str(data).unwrap();
    figures[name].as_str().unwrap_or_else(|| panic!("{name} in {data}")).replace(',', "").parse().unwrap()
}

#[test]
fn figures_come_at_once_and_move_until_the_session_ends() {
    let (_fixture, _daemon, viewer) = sending(200);
    let mut events = viewer.events("/live");
    let (name, first) = events.next().expect("figures at once");
    assert_eq!((name.as_str(), figure(&first, "7.settled") + figure(&first, "7.waiting")), ("", 200), "{first}");
    let (_, later) = events.next().expect("further ones, once a mail was accepted");
    assert!(figure(&later, "7.accepted") > figure(&first, "7.accepted"), "{first} {later}");
    // Nobody's address is in it, nor anything else but figures.
    assert!(!first.contains('@') && !later.contains("school"), "{later}");

    let elsewhere = Browser::new(viewer.port());
    elsewhere.sign_in("vera@example.org", PASSWORD).is(303);
    elsewhere.get("/account").is(200);
    elsewhere.post("/account/end-all", &[]).is(303);
    let rest: Vec<(String, String)> = events.collect();
    assert_eq!(rest.last().map(|(name, _)| name.as_str()), Some("over"), "{rest:?}");
    viewer.get("/live").is(303);
}

#[test]
fn pages_are_made_anew_when_an_edition_has_gone_out() {
    let (_fixture, _daemon, viewer) = sending(8);
    let mut names = viewer.events("/live").map(|(name, _)| name);
    assert!(names.any(|name| name == "over"), "nothing said that it is over");
    viewer.get("/").is(200).lacks("is being sent");
}
