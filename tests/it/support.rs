//! Helpers that start real programs on loopback, and stop what they started.

use std::io::Write as _;
use std::path::Path;

pub(crate) mod bounces;
pub(crate) mod console;
pub(crate) mod disk;
pub(crate) mod fixture;
pub(crate) mod http;
pub(crate) mod library_fixture;
pub(crate) mod oracle;
pub(crate) mod ports;
pub(crate) mod postfix;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod scripted;
pub(crate) mod sending;
pub(crate) mod trials;
pub(crate) mod turns;

/// The folder of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The library that pretends another time to a whole program.
#[track_caller]
pub(crate) fn faketime(what: &str) -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut places = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    let found = places.find(|place| place.exists()).map(|place| place.display().to_string());
    if found.is_none() {
        skipped(what, "libfaketime is not installed: install the Debian package faketime");
    }
    found
}

/// Says past the test runner's capture that a test was skipped, and why. Where the environment says `CI` that is a failure.
#[track_caller]
pub(crate) fn skipped(what: &str, reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what}: {reason}");
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED: {what}: {reason}");
}
