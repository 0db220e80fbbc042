//! What must hold when something goes wrong in the middle.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fortnightly::domain::delivery::DeliveryState;

use crate::support::fixture::{BASE, Fixture, entry, three, until};
use crate::support::oracle::Oracle;
use crate::support::sending::{Fault, SEND, behind_relay, edition_status};

const MONDAY: &str = "2026-11-30T08:00:00Z";

fn schools(count: usize) -> String {
    let one = |n| entry(&format!("School {n}"), "school", &format!("\"s{n}@school.example\""), "[\"4-5\"]");
    (0..count).map(one).collect()
}

#[test]
fn a_daemon_does_not_undo_what_sync_did() {
    let fixture = Fixture::shipped();
    let mut daemon = fixture.spawn(&["--now", "2026-11-30T07:59:56Z", "run", "--role", "sender"], "log");
    until("the daemon runs", || fixture.log().contains("next"));
    let more = entry("New School", "school", "\"new@school.example\"", "[\"4-5\"]");
    fixture.write("config.toml", &format!("{BASE}{}{more}", three()));
    fixture.at("2026-11-30T07:59:57Z", &["sync"]).exits(0).says("new@school.example");
    until("the mail is there", || fixture.mails().len() >= 5);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert_eq!(fixture.bands_by_mailbox()["new@school.example"], "4-5");
    let list = fixture.at("2026-11-30T09:00:00Z", &["subscribers", "list"]).exits(0);
    assert!(!list.stdout.contains("ended"), "{}", list.stdout);
}

#[test]
fn a_store_that_is_locked_while_sending_costs_time_and_nothing_else() {
    let fixture = Fixture::new(&format!("{BASE}{}", schools(600)));
    let mut send = fixture.spawn(&["--now", MONDAY, "send"], "log");
    until("some mail is there", || fixture.mails().len() >= 5);
    let other = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    until("the sender meets the lock", || fixture.log().contains("locked") || send.0.try_wait().unwrap().is_some());
    assert!(send.0.try_wait().unwrap().is_none(), "it gave up: {}", fixture.log());
    other.execute_batch("ROLLBACK").unwrap();
    let _ = send.ends();
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.bands_by_mailbox().len(), 600);
    let status = fixture.at("2026-11-30T09:00:00Z", &["status", "--edition", "7", "--json"]).exits(0).json();
    let seven = &status["editions"][0];
    assert_eq!((&seven["state"], &seven["deliveries"]["accepted"]), (&"sent".into(), &600.into()));
}

#[test]
fn the_keys_of_another_store_are_refused() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    fixture.at("2026-11-25T12:00:00Z", &["unsubscribe", "hello@lantern.example"]).exits(0);
    let other = Fixture::shipped();
    other.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    fs::copy(other.path("var/secret"), fixture.path("var/secret")).unwrap();
    let who = "hello@lantern.example";
    fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\nHill,school,{who},4-5,,,\n"));
    let commands: [&[&str]; 14] = [
        &["send"],
        &["run"],
        &["sync"],
        &["status"],
        &["preview"],
        &["backup", "copy.db"],
        &["unsubscribe", who],
        &["deliveries", "list", who],
        &["subscribers", "show", who],
        &["subscribers", "erase", who, "--yes"],
        &["subscribers", "import", "list.csv"],
        &["subscribers", "export", "--out", "-"],
        &["suppressions", "add", who],
        &["subscribe", "--name", "Hill", "--email", who, "--bands", "4-5"],
    ];
    let before = fs::read(fixture.path("var/fortnightly.db")).unwrap();
    // Whoever is on the list is found by a hash that these keys do not make.
    for command in commands {
        fixture.at(MONDAY, command).exits(1).complains("key file");
    }
    assert!(fs::read(fixture.path("var/fortnightly.db")).unwrap() == before, "something was written");
    fixture.at(MONDAY, &["check"]).exits(1).says("key file");
}

#[test]
fn what_was_published_is_finished_although_the_library_broke() {
    let fixture = Fixture::new(&format!("{BASE}{}", schools(1500)));
    let mut send = fixture.spawn(&["--now", MONDAY, "send"], "log");
    until("some mail is there", || fixture.mails().len() >= 20);
    send.signal_if_alive("-KILL");
    send.ends();
    fixture.write("activities/kindness/half.md", "+++\ntitle = \"Ha");
    fs::remove_file(fixture.path("templates/digest.txt.hbs")).unwrap();
    fixture.at(MONDAY, &["send"]).exits(0).complains("half.md");
    assert_eq!(fixture.bands_by_mailbox().len(), 1500);
    // Nothing new goes out from a broken library.
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(1).complains("half.md");
    assert_eq!(fixture.mails().len(), 1500);
}

#[test]
fn a_stop_takes_less_than_fifteen_seconds_whatever_hangs() {
    // A relay that takes the connection and never says a word, and a reader who never finishes a request.
    let relay = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let web = crate::support::ports::free_port();
    let fixture = with_relay(&relay);
    let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &config.replacen("127.0.0.1:0\"", &format!("127.0.0.1:{web}\""), 1));
    let mut daemon = fixture.spawn(&["run"], "log");
    let (_silent, _) = relay.accept().unwrap();
    let mut reader = std::net::TcpStream::connect(("127.0.0.1", web)).unwrap();
    std::io::Write::write_all(&mut reader, b"GET /healthz HT").unwrap();
    let begun = std::time::Instant::now();
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let d = &status["editions"][0]["deliveries"];
    assert_eq!(d["total"], 4, "{status}");
}

/// A fixture whose mail goes to a relay on this machine, due whenever this runs.
fn with_relay(relay: &std::net::TcpListener) -> Fixture {
    let port = relay.local_addr().unwrap().port();
    let base = BASE.replace("[web]", "send_at = 00:00:00\ngrace = \"336h\"\n\n[web]");
    let mail = format!("\n[mail]\ntransport = \"smtp://127.0.0.1:{port}\"\ntls = \"none\"\n");
    Fixture::new(&format!("{base}{mail}{}", three()))
}

#[test]
fn no_transaction_waits_for_the_relay() {
    let relay = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let fixture = with_relay(&relay);
    let mut send = fixture.spawn(&["send"], "log");
    // It is at the dot of four deliveries now, or about to be; the relay never says a word.
    let (_silent, _) = relay.accept().unwrap();
    let begun = std::time::Instant::now();
    fixture.run(&["subscribe", "--name", "Moor", "--email", "office@moor.example", "--bands", "4-5"]).exits(0);
    // A writer that waited for a transaction would give up after five seconds.
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    send.signal_if_alive("-KILL");
    send.ends();
}

#[test]
fn looking_opens_no_connection() {
    let relay = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    relay.set_nonblocking(true).unwrap();
    let fixture = with_relay(&relay);
    let looks: [&[&str]; 6] = [
        &["preview"],
        &["send", "--dry-run", "--edition", "next"],
        &["check"],
        &["plan"],
        &["status"],
        &["sync", "--dry-run"],
    ];
    for look in looks {
        fixture.run(look).exits(0);
        let called = relay.accept();
        assert!(called.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "{look:?} called the relay");
    }
}

#[test]
fn a_real_relay_gets_every_digest_once_and_its_answers_are_kept() {
    let Some(postfix) = crate::support::postfix::Postfix::start() else { return };
    let base = BASE.replace("[web]", "send_at = 00:00:00\ngrace = \"336h\"\n\n[web]");
    let mail = format!("\n[mail]\ntransport = \"smtp://127.0.0.1:{}\"\ntls = \"none\"\n", postfix.port);
    // The relay takes mail for hillside.example, puts off `later` and knows no `nobody` there.
    let some = ["office", "hello", "later", "nobody"]
        .map(|name| entry(&format!("School {name}"), "school", &format!("\"{name}@hillside.example\""), "[\"8-10\"]"));
    let fixture = Fixture::new(&format!("{base}{mail}{}", some.concat()));
    let sent = fixture.run(&["send", "--json"]).exits(1);
    let answer: serde_json::Value = serde_json::from_str(sent.stdout.lines().last().unwrap()).unwrap();
    let d = &answer["deliveries"];
    assert_eq!(
        (&d["total"], &d["accepted"], &d["deferred"], &d["failed"]),
        (&4.into(), &2.into(), &1.into(), &1.into()),
        "{answer}"
    );
    let text = postfix.mail_for("office@hillside.example");
    for part in ["List-Unsubscribe-Post: List-Unsubscribe=One-Click", "To: office@hillside.example", "Ages 8 to 10"] {
        assert!(text.contains(part), "{part} is missing");
    }
    // No such mailbox: it is never mailed again.
    let list = fixture.run(&["subscribers", "show", "nobody@hillside.example"]).exits(0);
    list.says("ended (bounced)");
    // What waits is not tried before its time, and nothing is sent twice.
    fixture.run(&["send"]).exits(1).says("1 deferred");
    assert_eq!(postfix.mails().len(), 2);
}

#[test]
fn a_daemon_on_a_new_store_logs_no_address() {
    let shared = entry("Second", "charity", "\"office@hillside.example\"", "[\"14+\"]");
    let fixture = Fixture::new(&format!("{BASE}{}{shared}", three()));
    let mut daemon = fixture.spawn(&["-vv", "--now", "2026-11-30T07:59:59Z", "run", "--role", "sender"], "log");
    until("the mail is there", || fixture.mails().len() == 4);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let log = fixture.log();
    assert!(log.contains("the store follows the config"), "{log}");
    for secret in ["hillside.example", "riverbank.example", "lantern.example", "/u/", "bounces+"] {
        assert!(!log.contains(secret), "the log names {secret}: {log}");
    }
}

/// Whatever becomes of the waves afterwards, a run says what came of its mails.
#[test]
fn a_run_tells_its_result_although_its_waves_cannot_be_looked_at() {
    const GONE: &str = "550 5.1.1 who?";
    let is_gone = |line: &str| ["s0@", "s1@", "s2@"].iter().any(|who| line.starts_with(&format!("RCPT TO:<{who}")));
    let fault = Fault::default();
    let relay = fault.behind("UPDATE ON waves", move |said| is_gone(said.line).then_some(GONE));
    let fixture = behind_relay(relay.port, 30, "");
    fault.strikes(&fixture);
    let ran = fixture.run(SEND).exits(1);
    ran.says("27 accepted");
    ran.complains("a fault of the test");
    ran.complains("after the next run");
}

/// A store that fails again and again, and not for a lock or a full disk, ends the run; then all is as after a crash.
#[test]
fn a_store_that_keeps_failing_ends_the_run_and_loses_nothing() {
    let (flying, queued) = (DeliveryState::InFlight.code(), DeliveryState::Queued.code());
    for (which, refusal) in [
        ("INSERT ON attempts".to_owned(), None),
        // Neither what is refused for its pace can be put back, nor what was to follow it.
        (
            format!("UPDATE ON deliveries WHEN OLD.state = {flying} AND NEW.state = {queued}"),
            Some("450 4.7.28 too fast"),
        ),
    ] {
        let fault = Fault::default();
        let asked = AtomicUsize::new(0);
        let relay = fault.behind(&which, move |said| {
            let late = said.line == "DOT" && asked.fetch_add(1, Ordering::SeqCst) >= 5;
            refusal.filter(|_| late)
        });
        let fixture = behind_relay(relay.port, 12, "");
        fault.strikes(&fixture);
        let begun = Instant::now();
        fixture.run(SEND).exits(1).complains("a fault of the test");
        assert!(begun.elapsed() < Duration::from_mins(1), "{which}: {:?}", begun.elapsed());
        let db = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
        db.execute_batch("DROP TRIGGER fault").unwrap();
        drop(db);
        let kind = Oracle::start();
        fixture.edit("config.toml", &format!(":{}\"", relay.port), &format!(":{}\"", kind.port));
        fixture.run(SEND);
        let (total, accepted) = (edition_status(&fixture, "total").0, edition_status(&fixture, "accepted").0);
        let uncertain = edition_status(&fixture, "uncertain").0;
        assert_eq!((total, accepted + uncertain), (12, 12), "{which}");
        let copies = |to: &str| [&relay, &kind].map(|relay| relay.taken().get(to).map_or(0, Vec::len)).iter().sum();
        let copies: Vec<usize> = (0..12).map(|n| copies(&format!("s{n}@school.example"))).collect();
        assert!(copies.iter().all(|copies| (1..=2).contains(copies)), "{which}: {copies:?}");
    }
}
