//! What is about people lies where it belongs and nowhere else, also while a command runs and after one was killed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::support::fixture::{Fixture, Running, until};
use crate::support::http::daemon;
use crate::support::skipped;

const MONDAY: &str = "2026-11-30T09:00:00Z";

#[test]
fn looking_beside_a_daemon_puts_no_copy_on_the_disk() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    let (_daemon, _) = daemon(&fixture);
    assert!(fixture.path("var/fortnightly.db-wal").exists(), "there is nothing to put together");
    for command in [
        &["status"][..],
        &["plan"],
        &["check"],
        &["preview"],
        &["send", "--dry-run", "--edition", "next"],
        &["sync", "--dry-run"],
        &["subscribers", "list"],
        &["subscribers", "show", "office@hillside.example"],
        &["subscribers", "export"],
        &["subscribers", "erase", "office@hillside.example", "--dry-run"],
        &["suppressions", "list"],
        &["deliveries", "list"],
    ] {
        // There is no such folder: whoever wants to put a file there fails.
        let mut program = fixture.command(&[&["--now", MONDAY], command].concat());
        let ran = program.env("TMPDIR", fixture.path("no-such-folder")).output().unwrap();
        assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// What killed programs leave, by its name below the fixture.
const LITTER: [&str; 9] = [
    "var/.fortnightly-aBcD12.tmp",
    "var/.fortnightly-aBcD12.tmp-journal",
    ".fortnightly-eFgH34.tmp",
    ".fortnightly-iJkL56.tmp-wal",
    // As older versions called them.
    "var/.tmpaBcD12",
    "var/.tmpaBcD12-journal",
    ".tmpeFgH34",
    "temp/fortnightly-aBcD12/copy.db",
    "temp/fortnightly-aBcD12/copy.db-wal",
];

fn litter(fixture: &Fixture) {
    fs::create_dir_all(fixture.path("temp/fortnightly-aBcD12")).unwrap();
    for name in LITTER {
        fs::copy(fixture.path("var/fortnightly.db"), fixture.path(name)).unwrap();
    }
}

/// What is called alike and belongs to others.
const FOREIGN: [&str; 5] =
    ["var/.tmpnOtOuR", "temp/fortnightly-nOtOuR/copy.db", "temp/fortnightly-nOtOuR/mine", ".tmp", "my.tmp"];

fn there<'a>(fixture: &Fixture, names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| fixture.path(name).exists()).collect()
}

fn run(fixture: &Fixture, command: &[&str]) -> String {
    let mut program = fixture.command(&[&["--now", MONDAY], command].concat());
    let ran = program.env("TMPDIR", fixture.path("temp")).output().unwrap();
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(ran.status.success(), "{command:?}: {said}");
    said
}

#[test]
fn what_a_killed_program_left_is_gone_after_the_next_start() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    fs::create_dir_all(fixture.path("temp/fortnightly-nOtOuR")).unwrap();
    for name in FOREIGN {
        fixture.write(name, "someone's");
    }
    for command in [
        &["sync"][..],
        &["suppressions", "add", "nobody@nowhere.example"],
        &["subscribers", "erase", "nobody@nowhere.example"],
        &["send"],
        &["restore", "backup.db"],
    ] {
        litter(&fixture);
        // Whoever only looks changes nothing; a backup looks at the store, and tidies the folder that it writes to.
        run(&fixture, &["status"]);
        assert_eq!(there(&fixture, &LITTER), LITTER);
        run(&fixture, &["backup", "--force", "backup.db"]);
        assert_eq!(there(&fixture, &[LITTER[0], LITTER[2]]), [LITTER[0]]);
        run(&fixture, command);
        assert_eq!(there(&fixture, &LITTER), Vec::<&str>::new(), "{command:?}");
    }
    litter(&fixture);
    let mut daemon = fixture.command(&["--now", MONDAY, "run"]);
    let daemon = daemon.env("TMPDIR", fixture.path("temp")).stderr(Stdio::null()).spawn().unwrap();
    let _daemon = Running(daemon);
    until("the daemon has tidied up", || there(&fixture, &LITTER).is_empty());
    assert_eq!(there(&fixture, &FOREIGN), FOREIGN);
}

#[test]
fn a_backup_that_is_killed_leaves_nothing_for_long() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    fs::create_dir(fixture.path("elsewhere")).unwrap();
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        return skipped("killed backups", "strace is not installed: install the Debian package strace");
    }
    let drafts = |folder: &str| {
        let all = fs::read_dir(fixture.path(folder)).unwrap().flatten();
        all.filter(|entry| entry.file_name().to_string_lossy().contains(".tmp")).count()
    };
    for command in [&["backup", "elsewhere/backup.db"][..], &["subscribers", "export", "--out", "elsewhere/all.csv"]] {
        // Killed as it gives the file its name.
        let plain = fixture.command(command);
        let inject = "inject=rename,renameat,renameat2,link,linkat:signal=SIGKILL:when=1";
        let mut traced = Command::new("strace");
        traced.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=rename,renameat,renameat2,link,linkat",
            "-e",
            inject,
        ]);
        traced.arg(plain.get_program()).args(plain.get_args()).current_dir(fixture.path("."));
        traced.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(drafts("elsewhere") > 0, "{command:?}: it was not killed in time, so this proves nothing");
        for draft in fs::read_dir(fixture.path("elsewhere")).unwrap().flatten() {
            assert_eq!(draft.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        fixture.run(command).exits(0);
        assert_eq!(drafts("elsewhere"), 0, "{command:?}");
    }
    let erased = fixture.run(&["subscribers", "erase", "office@hillside.example"]).exits(0);
    erased.says(".fortnightly-");
}

#[test]
fn a_draft_that_someone_works_on_is_left_alone_and_named() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    let draft = fixture.path("var/.fortnightly-aBcD12.tmp");
    let held = fs::File::create(&draft).unwrap();
    held.lock().unwrap();
    fixture.write("var/.fortnightly-aBcD12.tmp-journal", "");
    fixture
        .run(&["subscribers", "erase", "office@hillside.example"])
        .exits(0)
        .says("var/.fortnightly-aBcD12.tmp: a copy");
    assert!(draft.exists() && fixture.path("var/.fortnightly-aBcD12.tmp-journal").exists());
    drop(held);
    fixture.run(&["subscribers", "erase", "office@hillside.example"]).exits(0);
    assert!(!draft.exists() && !fixture.path("var/.fortnightly-aBcD12.tmp-journal").exists());
}
