//! Helpers that start real programs on loopback, and stop what they started.

use std::io::Write as _;

pub(crate) mod oracle;
pub(crate) mod postfix;

/// Says past the test runner's capture that a test was skipped, and why. Where the environment says `CI` that is a failure.
#[track_caller]
pub(crate) fn skipped(what: &str, reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what}: {reason}");
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED: {what}: {reason}");
}
