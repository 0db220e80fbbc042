//! Mails that are opened along with the one before them, through the built program.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use fortnightly::domain::delivery::DeliveryState;

use crate::support::fixture::{BASE, Fixture, until};
use crate::support::oracle::{Oracle, Said};
use crate::support::postfix::{DOMAIN, Postfix};
use crate::support::sending::{SEND, behind_relay, edition_status, with_connections};
use crate::support::turns::Turns;

/// Whatever ends or spoils a connection behind a mail that was taken, the next mail is asked about anew: nobody is deferred,
/// and nobody gets two.
#[test]
fn what_happens_to_a_mail_opened_ahead_happens_to_nobody() {
    for stage in ["MAIL", "RCPT", "DATA"] {
        for act in ["!drop", "!reset", "!garbage", "421 4.3.2 so many mails a connection"] {
            // Only MAIL is about the connection alone where a code is given.
            if stage != "MAIL" && act.starts_with("421") {
                continue;
            }
            let relay = Oracle::deciding(move |said: &Said<'_>| {
                // From then on, whoever was hit opens nothing ahead.
                let is_hit = said.connection == 0 && said.mails == 1 && said.line.starts_with(stage);
                is_hit.then_some(act)
            });
            let fixture = behind_relay(relay.port, 30, "");
            fixture.run(SEND).exits(0);
            let (accepted, state, _) = edition_status(&fixture, "accepted");
            assert_eq!((accepted, state.as_str()), (30, "sent"), "{act} at {stage}");
            let taken = relay.taken();
            assert!(taken.len() == 30 && taken.values().all(|copies| copies.len() == 1), "{act} at {stage}: {taken:?}");
            let db = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
            let attempts: u32 = db.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
            assert_eq!(attempts, 30, "{act} at {stage}");
        }
    }
}

/// A Postfix that refuses commands which come too early takes all of these on one connection, with TLS and without, and the
/// next mail is opened in the same breath: a turn a mail, where content and opening apart would be two.
#[test]
fn a_strict_postfix_copes() {
    const ALL: usize = 30;
    for tls in [false, true] {
        let Some(postfix) = Postfix::start() else { return };
        let wire = Turns::before(if tls { postfix.tls_port } else { postfix.port });
        let (relay, more) = if tls {
            (format!("smtps://127.0.0.1:{}", wire.port), "ca_file = \"ca.pem\"")
        } else {
            (format!("smtp://127.0.0.1:{}", wire.port), "tls = \"none\"")
        };
        let fixture = Fixture::new(&format!("{BASE}\n[mail]\ntransport = \"{relay}\"\nconnections = 1\n{more}\n"));
        fixture.write("ca.pem", std::str::from_utf8(&postfix.certificate()).unwrap());
        let rows: String = (0..ALL).map(|n| format!("School {n},school,s{n}@{DOMAIN},4-5,,,\n")).collect();
        fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\n{rows}"));
        fixture.run(&["subscribers", "import", "list.csv"]).exits(0);
        fixture.run(SEND).exits(0);
        until("all are delivered", || postfix.mails().len() == ALL);
        let log = postfix.log();
        assert_eq!(log.matches(&format!("mail={ALL} rcpt={ALL} data={ALL} ")).count(), 1, "{log}");
        assert!(!log.contains("improper") && !log.contains("pipelining"), "{log}");
        // Besides, it greets, opens the first one, and says goodbye.
        let turns = wire.taken();
        assert!(matches!(turns[..], [turns] if turns > ALL && turns < ALL * 3 / 2), "{turns:?}");
    }
}

/// A relay that goes away behind a mail is waited for: what was opened on it was not tried.
#[test]
fn a_relay_that_goes_away_for_a_moment_is_waited_for() {
    let relay = Oracle::deciding(|said: &Said<'_>| match said.connection {
        0 => (said.mails == 1 && said.line.starts_with("MAIL")).then_some("!drop"),
        1..5 => (said.line == "GREET").then_some("!drop"),
        _ => None,
    });
    let fixture = with_connections(relay.port, 12, 1, "");
    fixture.run(SEND).exits(0);
    assert_eq!((edition_status(&fixture, "accepted").0, relay.count()), (12, 12));
    let db = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    let attempts: u32 = db.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(attempts, 12);
}

/// While a mail is at its dot, the next one is named, and the one behind that is marked and not named yet: whoever leaves then
/// is never named.
#[test]
fn who_leaves_before_it_is_opened_is_not_mailed() {
    const ALL: usize = 60;
    let (file, left) = (Arc::<OnceLock<PathBuf>>::default(), Arc::<Mutex<Vec<String>>>::default());
    let (place, leaves) = (Arc::clone(&file), Arc::clone(&left));
    let relay = Oracle::deciding(move |said| {
        let number: Option<usize> = said.to.strip_prefix('s').and_then(|to| to.split('@').next()?.parse().ok());
        if let (true, Some(number)) = (said.line == "DOT", number.filter(|number| number % 5 == 0)) {
            let address = format!("s{}@school.example", number + 2);
            suppress_once_marked(place.get().unwrap(), &address);
            leaves.lock().unwrap().push(address);
        }
        None
    });
    let fixture = with_connections(relay.port, ALL, 1, "window = 3\n");
    file.set(fixture.path("var/fortnightly.db")).unwrap();
    fixture.run(SEND).exits(0);
    let (asked, left) = (relay.asked(), left.lock().unwrap());
    assert_eq!(left.len(), ALL / 5);
    assert_eq!(left.iter().filter(|address| asked.contains(address)).count(), 0);
    assert_eq!(edition_status(&fixture, "suppressed").0, left.len() as u64);
    assert_eq!(relay.count(), ALL - left.len());
}

fn suppress_once_marked(file: &Path, address: &str) {
    let db = rusqlite::Connection::open(file).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    let state = "SELECT d.state FROM deliveries d JOIN recipients r ON r.id = d.recipient WHERE r.address = ?1";
    let is_marked =
        || db.query_row(state, [address], |row| row.get::<_, u8>(0)).unwrap() == DeliveryState::InFlight.code();
    until("it is marked", is_marked);
    let leave = "INSERT INTO suppressions (mac, address, reason, at)
                 SELECT mac, address, 'unsubscribed', 0 FROM recipients WHERE address = ?1";
    db.execute(leave, [address]).unwrap();
}
