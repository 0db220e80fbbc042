//! What is about people lies where it belongs and nowhere else, also while a command runs and after one was killed.

use crate::support::fixture::Fixture;
use crate::support::http::daemon;

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
