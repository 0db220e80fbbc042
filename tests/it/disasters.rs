//! A disk that is full, fails or loses power under a run, and a clock that jumps. The relay's log is the oracle.
//!
//! `FORTNIGHTLY_LONG=1` runs the long forms.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use fortnightly::domain::delivery::DeliveryState;

use crate::support::disk::{Mount, fill, succeeds};
use crate::support::fixture::{BASE, Fixture, three, until};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, behind_relay, edition_status};
use crate::support::trials::{Chance, is_long};
use crate::support::{faketime, skipped};

/// Everyone got it, and all copies are the same.
#[track_caller]
fn all_got_it(oracle: &Oracle, recipients: usize, most_repeats: usize, what: &str) -> usize {
    let taken = oracle.taken();
    assert_eq!(taken.len(), recipients, "{what}: someone got nothing");
    assert!(taken.values().all(|mails| mails.iter().all(|mail| *mail == mails[0])), "{what}: different bytes");
    let repeats = oracle.count() - recipients;
    assert!(repeats <= most_repeats, "{what}: {repeats} repeats");
    repeats
}

/// The same fixture with its store below `var` on another file system.
fn moved(fixture: &Fixture, onto: &Path) {
    for file in fs::read_dir(fixture.path("var")).unwrap().flatten() {
        fs::copy(file.path(), onto.join(file.file_name())).unwrap();
    }
    let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
    let place = onto.display();
    let store = format!("[store]\nurl = \"sqlite:{place}/fortnightly.db\"\n\n[schedule]");
    let config = config.replace("[schedule]", &store);
    fixture.write("config.toml", &config.replace("[web]", &format!("[web]\nsecret_file = \"{place}/secret\"")));
}

#[test]
fn a_full_disk_costs_time_and_nobodys_mail() {
    const ALL: usize = 1_500;
    let oracle = Oracle::start();
    let fixture = behind_relay(oracle.port, ALL, "");
    let disk = fixture.path("disk");
    let Some(_mount) = Mount::new(&disk, "a full disk", &["-t", "tmpfs", "-o", "size=8m", "tmpfs"]) else { return };
    moved(&fixture, &disk);
    let mut send = fixture.spawn(SEND, "log");
    until("some have left", || oracle.count() >= 20);
    let filler = fill(&disk);
    until("the sender meets the full disk", || {
        let log = fixture.log();
        log.contains("full") || send.0.try_wait().unwrap().is_some()
    });
    let stuck = send.0.try_wait().unwrap().is_none() || oracle.count() < ALL;
    fs::remove_file(filler).unwrap();
    let _ = send.ends();
    assert!(stuck, "the disk was never full while it sent: {}", fixture.log());
    fixture.run(SEND).exits(0);
    all_got_it(&oracle, ALL, 4, "a full disk");
    assert_eq!(edition_status(&fixture, "accepted").0, ALL as u64);
}

#[test]
fn a_disk_that_fails_loses_nothing_acknowledged() {
    const ALL: usize = 24;
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        skipped("I/O errors", "strace is not installed: install the Debian package strace");
        return;
    }
    let step = if is_long() { 1 } else { 5 };
    let mut failed = 0;
    for call in ["fsync", "pwrite64"] {
        for (nth, for_ever) in (1..=40).step_by(step).flat_map(|nth| [(nth, false), (nth, true)]) {
            let oracle = Oracle::start();
            let fixture = behind_relay(oracle.port, ALL, "");
            let when = if for_ever { format!("{nth}+") } else { nth.to_string() };
            let plain = fixture.command(SEND);
            let mut traced = Command::new("strace");
            let inject = format!("inject={call}:error=EIO:when={when}");
            traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
            traced.arg(plain.get_program()).args(plain.get_args()).current_dir(fixture.path("."));
            let log = fs::File::create(fixture.path("log")).unwrap();
            let mut run = traced.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
            // With a disk that fails for ever it waits, so it is ended once it has met the fault.
            let what = format!("{call} number {when}");
            let deadline = std::time::Instant::now() + Duration::from_secs(40);
            let ended = loop {
                if let Some(status) = run.try_wait().unwrap() {
                    break Some(status);
                }
                let log = fixture.log();
                if for_ever && log.contains("disk I/O error") {
                    break None;
                }
                assert!(std::time::Instant::now() < deadline, "{what}: it hangs: {log}");
                sleep(Duration::from_millis(10));
            };
            if ended.is_none_or(|status| !status.success()) {
                failed += 1;
            }
            if ended.is_none() {
                succeeds("pkill", &["-KILL", "-P", &run.id().to_string()]);
                let _ = run.kill();
                run.wait().unwrap();
            }
            let known = count_or_none(&fixture, "accepted");
            assert!(known <= oracle.count() as u64, "{what}: {known} accepted, {} taken", oracle.count());
            fixture.run(SEND).exits(0);
            all_got_it(&oracle, ALL, 4, &what);
        }
    }
    assert!(failed > 0, "no run met a fault: the test proves nothing");
}

/// How many deliveries are in `state`; 0 when nothing was published yet.
fn count_or_none(fixture: &Fixture, state: &str) -> u64 {
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let editions = status["editions"].as_array().unwrap();
    editions.iter().map(|edition| edition["deliveries"][state].as_u64().unwrap()).sum()
}

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: the file system is gone at once, as in a power cut. Whoever was
/// writing is stopped just before, as a power cut stops it: about once in a hundred times the kernel says that a sync
/// succeeded which the cut prevented (plain `SQLite` loses such a commit, too), and nothing may carry on after that.
fn cut_power(mount: &Path, writer: Option<u32>) -> bool {
    let cut = "import fcntl, glob, os, signal, struct, sys, time
def state(thread):
    try:
        return open(thread).read().rsplit(')', 1)[1].split()[0]
    except OSError:
        return 'X'
disk = os.open(sys.argv[1], os.O_RDONLY)
for process in sys.argv[2:]:
    os.kill(int(process), signal.SIGSTOP)
    # D is a thread within a sync, which stops as soon as it comes out of it; Z and X are threads that have ended.
    deadline = time.monotonic() + 20
    while not all(state(thread) in 'TDZX' for thread in glob.glob(f'/proc/{process}/task/*/stat')):
        assert time.monotonic() < deadline, 'it does not stop'
try:
    fcntl.ioctl(disk, 0x8004587D, struct.pack('I', 2))
except OSError:
    sys.exit(3)";
    let (mount, writer) = (mount.display().to_string(), writer.map(|process| process.to_string()));
    let status = Command::new("python3").args(["-c", cut, &mount]).args(writer).status().unwrap();
    assert!(matches!(status.code(), Some(0 | 3)), "the power could not be cut");
    status.success()
}

/// An ext4 of its own in a file.
#[track_caller]
fn ext4(fixture: &Fixture, image: &str, what: &str) -> Option<()> {
    let file = fixture.path(image);
    fs::File::create(&file).unwrap().set_len(48 * 1024 * 1024).unwrap();
    let made = succeeds("mkfs.ext4", &["-q", "-F", &file.display().to_string()]);
    if !made {
        skipped(what, "mkfs.ext4 is missing: install the Debian package e2fsprogs");
    }
    made.then_some(())
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    const ALL: usize = 1_500;
    let wanted = if is_long() { 50 } else { 4 };
    let mut chance = Chance::new();
    let (mut cuts, mut repeats) = (0, 0);
    while cuts < wanted {
        let oracle = Oracle::start();
        let fixture = behind_relay(oracle.port, ALL, "");
        let what = "power cuts";
        if ext4(&fixture, "image", what).is_none() {
            return;
        }
        let (disk, image) = (fixture.path("disk"), fixture.path("image").display().to_string());
        let mut here = 0;
        let Some(mut mount) = Mount::new(&disk, what, &["-o", "loop", &image]) else { return };
        moved(&fixture, &disk);
        succeeds("sync", &[]);
        while cuts + here < wanted && here < 5 {
            let before = oracle.count();
            let mut run = fixture.spawn(SEND, "log");
            until("it sends", || oracle.count() > before || run.0.try_wait().unwrap().is_some());
            sleep(Duration::from_millis(chance.below(60)));
            if run.0.try_wait().unwrap().is_some() {
                break;
            }
            if !cut_power(&disk, Some(run.0.id())) {
                skipped(what, "this kernel does not shut ext4 down");
                return;
            }
            run.0.kill().unwrap();
            run.0.wait().unwrap();
            drop(mount);
            mount = Mount::new(&disk, what, &["-o", "loop", &image]).unwrap();
            here += 1;
            let store = rusqlite::Connection::open(disk.join("fortnightly.db")).unwrap();
            let sound: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(sound, "ok");
            let number = |what: &str| -> i64 {
                let query = format!("SELECT count(*) FROM deliveries WHERE {what}");
                store.query_row(&query, [], |row| row.get(0)).unwrap()
            };
            let (in_flight, accepted) = (DeliveryState::InFlight.code(), DeliveryState::Accepted.code());
            assert!(number(&format!("state = {in_flight}")) <= 4, "more than the windows were at the dot");
            let known = number(&format!("state IN ({in_flight}, {accepted}) OR repeated"));
            let taken = oracle.taken().len();
            assert!(
                i64::try_from(taken).unwrap() <= known,
                "{taken} were taken, but only {known} are known to have been handed over"
            );
        }
        fixture.run(SEND).exits(0);
        repeats += all_got_it(&oracle, ALL, here * 4, "power cuts");
        cuts += here;
        drop(mount);
    }
    eprintln!("{cuts} power cuts, {repeats} repeats, none lost");
}

/// The rig shows a loss where there is one: rows that were acknowledged with synchronous=NORMAL are gone.
#[test]
fn the_power_cut_is_a_real_one() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let mut lost = BTreeMap::new();
    for mode in ["NORMAL", "FULL"] {
        let image = format!("image-{mode}");
        if ext4(&fixture, &image, "a control of the power cut").is_none() {
            return;
        }
        let (disk, image) = (fixture.path("disk"), fixture.path(&image).display().to_string());
        let Some(mount) = Mount::new(&disk, "a control of the power cut", &["-o", "loop", &image]) else { return };
        let conn = rusqlite::Connection::open(disk.join("x.db")).unwrap();
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        conn.execute_batch("CREATE TABLE t (n INTEGER)").unwrap();
        succeeds("sync", &[]);
        conn.pragma_update(None, "synchronous", mode).unwrap();
        for n in 0..50 {
            conn.execute("INSERT INTO t VALUES (?1)", [n]).unwrap();
        }
        if !cut_power(&disk, None) {
            skipped("a control of the power cut", "this kernel does not shut ext4 down");
            return;
        }
        drop(conn);
        drop(mount);
        let _mount = Mount::new(&disk, "a control of the power cut", &["-o", "loop", &image]).unwrap();
        let conn = rusqlite::Connection::open(disk.join("x.db")).unwrap();
        let kept: i64 = conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        lost.insert(mode, 50 - kept);
    }
    assert_eq!(lost["FULL"], 0);
    assert!(lost["NORMAL"] > 0, "the rig loses nothing, so it proves nothing");
}

#[test]
fn a_clock_that_jumps_sends_no_edition_twice() {
    let Some(library) = faketime("a clock that jumps") else { return };
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at("2026-11-29T12:00:00Z", &["sync"]).exits(0);
    let set = |moment: &str| {
        // Put in place whole: the library reads it at any moment.
        fixture.write("clock.new", moment);
        fs::rename(fixture.path("clock.new"), fixture.path("clock")).unwrap();
    };
    set("@2026-11-30 07:59:58");
    let mut command = fixture.command(&["-v", "run", "--role", "sender"]);
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", fixture.path("clock"));
    command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("TZ", "UTC");
    let log = fs::File::create(fixture.path("log")).unwrap();
    let mut daemon = crate::support::fixture::Running(
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap(),
    );
    until("Monday's edition was sent", || fixture.mails().len() == 4);
    let heard = || fixture.log().matches(" next ").count();
    for (jump, mails) in [
        ("@2026-11-30 09:00:05", 4),
        ("@2026-11-30 07:30:00", 4),
        ("@2025-11-30 08:00:00", 4),
        ("@2026-11-30 08:30:00", 4),
        ("@2026-12-14 08:00:05", 8),
        ("@2026-11-30 08:00:00", 8),
        ("@2026-12-14 09:00:00", 8),
    ] {
        set(jump);
        let before = heard();
        // A reading of the files makes a turn, and it says what comes next.
        daemon.signal("-HUP");
        until(jump, || heard() > before && fixture.mails().len() >= mails);
        assert_eq!(fixture.mails().len(), mails, "after {jump}: {}", fixture.log());
    }
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}
