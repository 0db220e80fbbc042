//! The console, by a browser that posts what its forms carry; what came of it is read back with the commands.

mod bounces;
mod bulletins;
mod decisions;
mod deliveries;
mod doors;
mod edition;
mod every_text;
mod guesses;
mod library;
mod live;
mod looks;
mod numbers;
mod oidc;
mod proxied;
mod retired;
mod roles;
mod slips;
mod stale;
mod subscribers;
mod trial;

use crate::support::console::Browser;
use crate::support::fixture::{Fixture, Running, scheduled, until};

/// Before edition 7 is due.
pub(crate) const BEFORE: &str = "2026-11-26T09:00:00Z";

/// A daemon of a service in which editions need approval, and a browser that came in by the first link.
pub(crate) fn opened() -> (Fixture, Running, Browser) {
    let fixture = Fixture::new(&scheduled("approval = \"required\""));
    fixture.at(BEFORE, &["sync"]).exits(0);
    let daemon = fixture.spawn(&["-v", "--now", BEFORE, "run"], "log");
    let browser = Browser::first(&fixture);
    // Its first turn plans the editions, and a question that was shown before that would be out of date.
    until("the daemon has planned", || fixture.planned(BEFORE, 7)["state"] != "projected");
    (fixture, daemon, browser)
}
