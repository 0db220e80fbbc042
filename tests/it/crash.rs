//! Killed at any moment, and at any system call: nothing is lost, and what is repeated is little and identical.
//!
//! The receiving server's log is the oracle. `FORTNIGHTLY_LONG=1` runs the long forms.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::fixture::Fixture;
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, SEND_WARNING, WARNING, WARNING_TEXT, edition_status, with_connections};
use crate::support::skipped;
use crate::support::trials::{Chance, is_long};

/// `mail.window`, its default.
const WINDOW: usize = 2;

/// How often a mail is sent that may have arrived: once, and three times again.
const MOST_TRIES: u64 = 4;

/// Sends what is left, and asks the oracle: everyone got it, few got it again, and then the same bytes. What was at its dot
/// at four kills waits for a person, and is no longer sent.
#[track_caller]
fn ends_well(
    (fixture, send): (&Fixture, &[&str]),
    oracle: &Oracle,
    recipients: usize,
    most_repeats: usize,
    what: &str,
) -> usize {
    let code = fixture.run(send).code;
    let (uncertain, state, _) = edition_status(fixture, "uncertain");
    assert_eq!((code, state.as_str()), (i32::from(uncertain > 0), "sent"), "{what}: {uncertain} uncertain");
    let taken = oracle.taken();
    let left = fixture.run(&["deliveries", "list", "--json"]).exits(0).json();
    let left: Vec<_> = left.as_array().unwrap().iter().map(|row| (&row["address"], row["attempts"].as_u64())).collect();
    assert_eq!(left.len() as u64, uncertain, "{what}: {left:?}");
    assert!(left.iter().all(|(_, tries)| *tries >= Some(MOST_TRIES)), "{what}: given up early: {left:?}");
    let missing = left.iter().filter(|(address, _)| !taken.contains_key(address.as_str().unwrap())).count();
    assert_eq!(taken.len() + missing, recipients, "{what}: someone got nothing");
    let repeats = oracle.count() - taken.len();
    assert!(repeats <= most_repeats, "{what}: {repeats} repeats, at most {most_repeats} expected");
    for (mailbox, hashes) in taken {
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{what}: {mailbox} got different bytes");
    }
    repeats
}

#[test]
fn killed_at_random_it_loses_nothing() {
    killed_at_random(if is_long() { 1_000 } else { 20 }, SEND, &|_| {});
}

#[test]
fn a_bulletin_that_is_killed_loses_nothing() {
    killed_at_random(if is_long() { 200 } else { 10 }, SEND_WARNING, &|fixture| fixture.write(WARNING, WARNING_TEXT));
}

/// A message is made on another thread while the mail before it is on its way; what died with it had not begun.
#[test]
fn killed_while_another_thread_signs_it_loses_nothing() {
    let key =
        Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).output();
    let Ok(key) = key else { return skipped("kills while mails are signed", "openssl is not installed") };
    killed_at_random(if is_long() { 200 } else { 8 }, SEND, &|fixture| {
        fixture.write("key.pem", std::str::from_utf8(&key.stdout).unwrap());
        let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
        let dkim = "[[mail.dkim]]\ndomain = \"example.org\"\nselector = \"r1\"\nprivate_key_file = \"key.pem\"\n";
        fixture.write("config.toml", &format!("{config}{dkim}"));
    });
}

#[track_caller]
fn killed_at_random(wanted: usize, send: &[&str], prepare: &dyn Fn(&Fixture)) {
    const RECIPIENTS: usize = 3_000;
    const CONNECTIONS: usize = 4;
    let mut chance = Chance::new();
    let (mut kills, mut repeats) = (0, 0);
    while kills < wanted {
        let oracle = Oracle::start();
        let fixture = with_connections(oracle.port, RECIPIENTS, CONNECTIONS, &format!("window = {WINDOW}\n"));
        prepare(&fixture);
        let mut here = 0;
        while kills + here < wanted {
            let before = oracle.count();
            let mut run = fixture.spawn(send, "log");
            // Most die while they send, every fourth anywhere after its start.
            let deadline = Instant::now() + Duration::from_secs(20);
            while here % 4 != 3 && oracle.count() == before && run.0.try_wait().unwrap().is_none() {
                assert!(Instant::now() < deadline, "it sends nothing");
                sleep(Duration::from_millis(1));
            }
            sleep(Duration::from_millis(chance.below(120)));
            if run.0.try_wait().unwrap().is_some() {
                break;
            }
            run.0.kill().unwrap();
            run.0.wait().unwrap();
            here += 1;
        }
        let most = here * WINDOW * CONNECTIONS;
        repeats += ends_well((&fixture, send), &oracle, RECIPIENTS, most, &format!("{here} kills"));
        kills += here;
    }
    eprintln!("{kills} kills, {repeats} repeats, none lost");
}

#[test]
fn killed_at_a_system_call_it_loses_nothing() {
    const RECIPIENTS: usize = 12;
    const CONNECTIONS: usize = 2;
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        skipped("kills at every system call", "strace is not installed: install the Debian package strace");
        return;
    }
    let step = if is_long() { 1 } else { 9 };
    let oracle = Oracle::start();
    let ready = with_connections(oracle.port, RECIPIENTS, CONNECTIONS, &format!("window = {WINDOW}\n"));
    let mut kills = 0;
    // strace counts calls per thread: the first thread that makes so many of a kind is where it ends.
    for call in ["pwrite64", "fsync", "writev", "write"] {
        for nth in (1..).step_by(step) {
            oracle.forget();
            let fixture = Fixture::new(&fs::read_to_string(ready.path("config.toml")).unwrap());
            fs::create_dir(fixture.path("var")).unwrap();
            for file in fs::read_dir(ready.path("var")).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), fixture.path("var").join(file.file_name())).unwrap();
            }
            let plain = fixture.command(SEND);
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let mut traced = Command::new("strace");
            traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
            traced.arg(plain.get_program()).args(plain.get_args()).current_dir(fixture.path("."));
            let ended = traced.stdin(Stdio::null()).output().unwrap().status;
            let what = format!("killed at {call} number {nth}");
            if ended.success() {
                ends_well((&fixture, SEND), &oracle, RECIPIENTS, 0, &what);
                assert!(nth > 1, "{call} is never called: the test proves nothing");
                break;
            }
            // strace ends as its tracee did; anything else would be counted as a kill that never was.
            assert_eq!(ended.signal(), Some(9), "{what}: {ended}");
            kills += 1;
            ends_well((&fixture, SEND), &oracle, RECIPIENTS, WINDOW * CONNECTIONS, &what);
        }
    }
    eprintln!("{kills} kills at system calls, none lost");
}
