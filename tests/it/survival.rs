//! What the world does to a running daemon: its log cannot be written, or a signal comes before it is ready.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::support::fixture::{Fixture, Running, until};

const BEFORE_DUE: &[&str] = &["-vv", "--now", "2026-11-30T07:59:58Z", "run"];

/// A daemon whose edition falls due in two seconds, with this for its standard error.
fn daemon(fixture: &Fixture, log: impl Into<Stdio>) -> Running {
    Running(fixture.command(BEFORE_DUE).stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

/// The edition goes out all the same, and the daemon stops when it is told to.
#[track_caller]
fn goes_on(fixture: &Fixture, mut daemon: Running) {
    until("the mails are there", || fixture.mail_count() == 4);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_daemon_outlives_the_reader_of_its_log() {
    let fixture = Fixture::shipped();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let daemon = daemon(&fixture, writer);
    // As `head -1` does: a line is read, then nobody reads on.
    reader.read_exact(&mut [0; 20]).unwrap();
    drop(reader);
    goes_on(&fixture, daemon);
}

#[test]
fn a_daemon_goes_on_when_its_log_has_no_room() {
    let fixture = Fixture::shipped();
    let daemon = daemon(&fixture, File::options().write(true).open("/dev/full").unwrap());
    goes_on(&fixture, daemon);
}

#[test]
fn a_daemon_goes_on_when_its_log_is_closed() {
    let fixture = Fixture::shipped();
    // Open for reading only: every write is refused.
    let daemon = daemon(&fixture, File::open("/dev/null").unwrap());
    goes_on(&fixture, daemon);
}

#[test]
fn a_daemon_goes_on_when_nobody_empties_its_log() {
    let fixture = Fixture::shipped();
    let (reader, mut writer) = std::io::pipe().unwrap();
    // Full to the brim (pipe(7): 16 pages): the first line would wait for ever.
    writer.write_all(&vec![b'x'; 65_536]).unwrap();
    let daemon = daemon(&fixture, writer);
    goes_on(&fixture, daemon);
    drop(reader);
}

/// Whether the program takes the signal of this number itself (proc(5), `SigCgt`).
fn catches(daemon: &Running, signal: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.0.id())).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).unwrap_or_default() >> (signal - 1) & 1 == 1
}

#[test]
fn a_hangup_while_it_starts_ends_nothing_and_is_not_forgotten() {
    const HANGUP: u32 = 1;
    let fixture = Fixture::shipped();
    fixture.at("2026-11-30T07:00:00Z", &["sync"]).exits(0);
    // Someone has the store: the daemon waits for it, still in the middle of starting.
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    store.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut daemon = fixture.spawn(&["--now", "2026-11-30T07:00:00Z", "run"], "log");
    let holds_store = || {
        let held = fs::read_dir(format!("/proc/{}/fd", daemon.0.id())).into_iter().flatten().flatten();
        let mut targets = held.filter_map(|file| fs::read_link(file.path()).ok());
        targets.any(|target| target.ends_with("var/fortnightly.db"))
    };
    until("it waits for the store", holds_store);
    assert!(catches(&daemon, HANGUP), "a hangup would end it");
    daemon.signal("-HUP");
    store.execute_batch("ROLLBACK").unwrap();
    until("the files are read again", || fixture.log().contains("were read again"));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

/// Commands that write much or little, to either stream.
const COMMANDS: &[&[&str]] = &[
    &["--help"],
    &["plan", "--explain"],
    &["plan", "--json"],
    &["status", "--audit"],
    &["sync"],
    &["send"],
    &["send", "--json"],
    &["subscribers", "list"],
    &["subscribers", "show", "office@hillside.example"],
    &["subscribers", "export"],
    &["subscribers", "import", "missing.csv"],
    &["suppressions", "list"],
    &["deliveries", "list"],
    &["hold", "8"],
    &["backup", "copy.db"],
    &["completions", "bash"],
    &["completions", "zsh"],
    &["man"],
    &["schema"],
    &["no-such-command"],
];

/// A stream that takes nothing: its disk is full, or its reader has gone.
fn deaf_streams() -> [(&'static str, Stdio); 2] {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    [("full", File::options().write(true).open("/dev/full").unwrap().into()), ("gone", writer.into())]
}

#[test]
fn no_command_breaks_because_nobody_reads_it() {
    const DUE: &str = "2026-11-30T08:00:00Z";
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    let mut wrong = String::new();
    for arguments in COMMANDS {
        for is_error in [false, true] {
            for (what, stream) in deaf_streams() {
                let mut command = fixture.command(&[&["--now", DUE], *arguments].concat());
                command.stdout(Stdio::null()).stderr(Stdio::null());
                let command = if is_error { command.stderr(stream) } else { command.stdout(stream) };
                let code = command.status().unwrap().code();
                if !matches!(code, Some(0..=2)) {
                    wrong += &format!(
                        "{arguments:?} with {} {what}: {code:?}\n",
                        ["stdout", "stderr"][usize::from(is_error)]
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(fixture.mail_count(), 4, "every mail left once");
}
