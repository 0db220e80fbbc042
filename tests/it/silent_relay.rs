//! A relay that says nothing, as a port for TLS does to someone who waits for its greeting: what an operator is told, and
//! that a person who has waited long enough can stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::support::faketime;
use crate::support::fixture::{BASE, Fixture, three, until};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, behind_relay, edition_status};

fn with_transport(transport: &str, more: &str) -> Fixture {
    Fixture::new(&format!("{BASE}\n[mail]\ntransport = \"{transport}\"\n{more}{}", three()))
}

#[test]
fn a_port_that_does_not_go_with_the_scheme_is_a_warning() {
    for (transport, better) in [
        ("smtp://relay.school.uk:465", Some("smtps://relay.school.uk:465")),
        ("smtps://relay.school.uk:587", Some("smtp://relay.school.uk:587")),
        ("smtps://[2001:db8::1]:25", Some("smtp://[2001:db8::1]:25")),
        ("smtp://relay.school.uk:587", None),
        ("smtp://relay.school.uk", None),
        ("smtp://relay.school.uk:25", None),
        ("smtps://relay.school.uk", None),
        ("smtps://relay.school.uk:465", None),
        ("smtps://relay.school.uk:2465", None),
    ] {
        let config = fortnightly::config::load(&with_transport(transport, "").path("config.toml")).unwrap();
        let found: Vec<_> = config.warnings.iter().filter(|finding| finding.code == "port").collect();
        assert_eq!(found.len(), usize::from(better.is_some()), "{transport}: {found:?}");
        for (finding, better) in found.iter().zip(better) {
            assert!(finding.help.as_ref().unwrap().contains(better) && finding.line.is_some(), "{finding:?}");
        }
    }
}

/// Fifty times as fast as life, half a minute passes in less than a second.
#[test]
fn a_check_waits_half_a_minute_and_names_the_likely_mistake() {
    let Some(library) = faketime("a check of a silent relay") else { return };
    let silent = Oracle::with(&[("GREET", "!silence")]);
    let talking = Oracle::start();
    for (transport, hint) in [
        (format!("smtp://localhost:{}", silent.port), "begin mail.transport with smtps://"),
        (format!("smtps://localhost:{}", talking.port), "begin mail.transport with smtp://"),
    ] {
        let tls = if transport.starts_with("smtps") { "" } else { "tls = \"none\"\n" };
        let fixture = with_transport(&transport, tls);
        let mut check = fixture.command(&["check", "--online", "--json"]);
        let ran = check.env("LD_PRELOAD", &library).env("FAKETIME", "+0 x50").output().unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(said.contains(hint) && said.contains("does not accept us"), "{transport}: {said}");
    }
    let waited: Vec<f64> = silent.waited().iter().map(|one| one.as_secs_f64() * 50.0).collect();
    assert!(waited.len() == 1 && (28.0..140.0).contains(&waited[0]), "left after {waited:?} s");
}

#[test]
fn a_run_with_nothing_in_hand_stops_at_the_first_signal() {
    for signal in ["-TERM", "-INT"] {
        let reached = Arc::<AtomicBool>::default();
        let note = Arc::clone(&reached);
        let silent = Oracle::deciding(move |said| {
            note.store(true, Ordering::Relaxed);
            (said.line == "GREET").then_some("!silence")
        });
        let fixture = behind_relay(silent.port, 3, "");
        let mut send = fixture.spawn(SEND, "log");
        until("it waits for the greeting", || reached.load(Ordering::Relaxed));
        let begun = Instant::now();
        send.signal(signal);
        send.ends();
        assert!(begun.elapsed().as_secs() < 10, "it took {:?}", begun.elapsed());
        assert_eq!(edition_status(&fixture, "queued").0, 3, "{}", fixture.log());
        assert!(fixture.log().contains("Stopping"), "{}", fixture.log());
    }
}
