//! Helpers that start real programs on loopback, and stop what they started.

use std::io::Write as _;
use std::path::Path;

pub(crate) mod authority;
pub(crate) mod bounces;
pub(crate) mod console;
pub(crate) mod disk;
pub(crate) mod fixture;
pub(crate) mod http;
pub(crate) mod library_fixture;
pub(crate) mod oidc;
pub(crate) mod oracle;
pub(crate) mod picture_files;
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

/// The most memory that a process had of its own so far, in KiB: without the pages of its program's file, of which a debug build
/// has many (proc(5), `VmHWM` and `RssFile`). None once it is gone.
pub(crate) fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    Some(of("VmHWM:")?.saturating_sub(of("RssFile:")?))
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
