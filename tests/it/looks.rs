//! Commands that only look at a shared store hold up nobody: not while they ask a person, and not while a relay takes its time.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::fixture::{BASE, Fixture, Running, entry, until};
use crate::support::oracle::{Oracle, Said};
use crate::support::postgres::fresh;

/// Shorter than a store waits for a lock.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A fixture with a store of its own in the database, in which nothing is yet of what its config names.
fn on_postgres(port: u16) -> Fixture {
    let settings = fresh().expect("PostgreSQL is installed where this is run");
    let url = format!("postgres://{}@127.0.0.1:{}/{}", settings.user, settings.hosts[0].1, settings.database);
    let school = entry("Hillside Primary", "school", "\"office@hillside.example\"", "[\"4-5\"]");
    let mail = format!("\n[mail]\ntransport = \"smtp://127.0.0.1:{port}\"\ntls = \"none\"\n");
    let fixture = Fixture::new(&format!("{BASE}{mail}\n[store]\nurl = \"{url}\"\n{school}"));
    fixture.run(&["nodes"]).exits(0);
    fixture
}

/// Others need not wait for it.
#[track_caller]
fn is_done_at_once(fixture: &Fixture, command: &[&str]) {
    let begun = Instant::now();
    fixture.run(command).exits(0);
    assert!(begun.elapsed() < AT_ONCE, "{command:?} took {:?}", begun.elapsed());
}

#[test]
fn whoever_is_asked_about_an_erasure_may_take_their_time() {
    let fixture = on_postgres(1);
    fixture.run(&["sync"]).exits(0);
    let program = env!("CARGO_BIN_EXE_fortnightly");
    // At a terminal of its own.
    let mut erase = Command::new("script");
    erase.args(["-qfec", &format!("{program} subscribers erase office@hillside.example"), "/dev/null"]);
    erase.current_dir(fixture.path(".")).stdin(Stdio::piped());
    let shown = std::fs::File::create(fixture.path("shown")).unwrap();
    let mut erase = Running(erase.stdout(shown.try_clone().unwrap()).stderr(shown).spawn().unwrap());
    until("it asks", || std::fs::read_to_string(fixture.path("shown")).unwrap().contains("Erase?"));
    is_done_at_once(&fixture, &["unsubscribe", "office@hillside.example"]);
    erase.0.stdin.take().unwrap().write_all(b"n\n").unwrap();
    assert_ne!(erase.ends(), 0);
}

#[test]
fn a_relay_that_takes_a_test_copy_slowly_holds_up_nobody() {
    let (is_over, is_at_dot) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (over, at_dot) = (Arc::clone(&is_over), Arc::clone(&is_at_dot));
    let relay = Oracle::deciding(move |said: &Said<'_>| {
        at_dot.fetch_or(said.line == "DOT", Ordering::SeqCst);
        while said.line == "DOT" && !over.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    });
    let fixture = on_postgres(relay.port);
    let mut copy = fixture.spawn(&["send", "--edition", "next", "--to", "me@example.org"], "log");
    until("the copy is on its way", || is_at_dot.load(Ordering::SeqCst));
    // The look brought the same mailbox into line with the config.
    is_done_at_once(&fixture, &["sync"]);
    is_over.store(true, Ordering::SeqCst);
    assert_eq!(copy.ends(), 0, "{}", fixture.log());
    assert_eq!(relay.count(), 1);
}

#[test]
fn whoever_reads_what_an_import_would_do_may_take_their_time() {
    let fixture = on_postgres(1);
    // There is a store, and what the config names is not in it yet.
    fixture.run(&["suppressions", "add", "x@left.example"]).exits(0);
    // More than a pipe holds.
    let rows: String = (0..3_000).map(|n| format!("School {n},school,s{n}@school.example,4-5,,,\n")).collect();
    fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\n{rows}"));
    let mut look = fixture.command(&["subscribers", "import", "list.csv", "--dry-run"]);
    let mut look = Running(look.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut shown = look.0.stdout.take().unwrap();
    let mut line = Vec::new();
    while !String::from_utf8_lossy(&line).contains("would add: s0@") {
        let mut some = [0; 100];
        let read = shown.read(&mut some).unwrap();
        assert_ne!(read, 0, "it ends");
        line.extend(&some[..read]);
    }
    // The look brought the config's mailbox into line, too.
    is_done_at_once(&fixture, &["sync"]);
    let mut rest = String::new();
    shown.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("would add: s2999@") && rest.contains("Would import list.csv: 3000 added"), "{rest}");
    assert_eq!(look.ends(), 0);
}
