//! The protocol by which several nodes send one edition, in all the orders in which things can happen.
//!
//! A node claims a mail, asks for its mark, hears that it is durable, asks whether the mail is still wanted and in its hands,
//! sends the dot, hears the relay's reply and asks for its record. A claim belongs to a node for as long as its lease lasts by
//! the database's clock: nothing is marked after that, and whoever comes takes up what was left behind. A node that hears of its
//! mark later than its lease would have lasted sends no dot, and gives back what it has.
//!
//! [`database`] asks the domain what becomes of a row, as the stores do. [`happenings`] has what may go wrong, as often as
//! [`state::Bounds`] say. The checker visits every state breadth-first. States that differ by the order of nodes or mails alone
//! are one ([`state::State::canonical`]), and where nodes can no longer be in each other's way, one goes before the other.
//!
//! What is left out, and why nothing is lost by it:
//! - A node is one connection with a window of one mail, and claims one at a time. A larger window repeats what a smaller one
//!   repeats, for each mail in it. A record is not in one request with the mark of the next mail, so that each can fail alone.
//! - A request to the database is done at once or not at all, and in the same moment in which it was asked for: what a node asked
//!   before it stood still, was cut off or died was done before that, or never was. Nobody can tell the difference, because
//!   nobody else touches the row while the lease lasts, and each request is refused that has become wrong.
//! - A commit whose answer is lost is asked about, so the node learns in the end what it would have heard. A commit that is not
//!   yet on the synchronous standby cannot be seen by anyone, as if it were not done yet. So a fail-over loses connections and
//!   time: what counts is one that lasts until all leases are over.
//! - Answers are on their way for some time where that matters: those to marks. A refusal and the answer to a record lead to
//!   nothing but the next claim.
//! - The dot, the relay's reply and hearing it are one step: a node that dies between them dies before or after all of them, and
//!   one that stands still there does so before or after them, with its mail at the dot all the while.
//! - A lease lasts one tick of the clock, so a pause without a tick is a short one. A node that runs and reaches the database
//!   renews its lease in time. A deferred mail's time has come already.
//! - The relay accepts a mail, or does not for now. It neither refuses one for good nor loses a connection: whose mail it is
//!   makes no difference there.

mod database;
mod happenings;
mod properties;
mod protocol;
mod state;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Instant;

use stateright::{Checker, Expectation, HasDiscoveries, Model as _};

use crate::support::trials::is_long;
use properties::{ONCE, TRUE, WANTED};
use protocol::Protocol;
use state::{Bounds, MAILS, NODES};

/// What is planted, to see that the checker would find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Once a mail is claimed, nobody looks at the lease any more: not at the mark, and not before MAIL.
    NoLeaseAtMark,
    /// The lease is looked at when a mail is marked, but not just before MAIL.
    NoLeaseBeforeMail,
    /// A lease's end is written by its holder's clock, and read by another's.
    OwnClock,
    /// The dot is sent first, and the mark comes with the record.
    MarkAfterDot,
    /// Mails are taken up without a look at the lease of whoever holds them.
    TakesUpAnything,
    /// A record is taken whoever holds the mail.
    RecordsUnchecked,
    /// Nobody asks just before MAIL whether the mail is still wanted.
    NoQuestion,
}

/// Whatever may go wrong, each at most once, but no more than so many in all.
fn at_most(happenings: u8) -> Bounds {
    Bounds { happenings, crashes: 1, pauses: 1, cut_offs: 1, fail_overs: 1, ..Bounds::default() }
}

/// Visits every state within the bounds. Returns what is seen somewhere that the model must reach.
fn visit(bounds: Bounds) -> BTreeSet<&'static str> {
    let begun = Instant::now();
    let checker = Protocol { fault: None, bounds }.checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    let _ = writeln!(
        std::io::stderr().lock(),
        "{NODES} nodes × {MAILS} mails, {bounds:?}: {} states, {} steps, the longest way {}, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        begun.elapsed().as_secs_f64(),
    );
    for invariant in properties::all().iter().filter(|property| property.expectation != Expectation::Sometimes) {
        checker.assert_no_discovery(invariant.name);
    }
    checker.discoveries().into_keys().collect()
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let mut seen = visit(at_most(2));
    seen.extend(visit(Bounds { refusals: 1, leavers: 1, ..at_most(1) }));
    if is_long() {
        visit(Bounds { leavers: 1, ..at_most(2) });
        visit(at_most(3));
    }
    let unseen = properties::all().into_iter().filter(|property| property.expectation == Expectation::Sometimes);
    let unseen: Vec<_> = unseen.map(|property| property.name).filter(|name| !seen.contains(name)).collect();
    assert!(unseen.is_empty(), "the model never came to this: {unseen:?}");
}

/// Plants a fault, and looks for a way to break an invariant by it.
#[track_caller]
fn is_found(fault: Fault, bounds: Bounds, broken: &[&'static str]) {
    let search = |fault| {
        let checker = Protocol { fault, bounds }.checker().finish_when(HasDiscoveries::AnyFailures);
        checker.spawn_bfs().join()
    };
    let right = search(None);
    for invariant in broken {
        right.assert_no_discovery(invariant);
    }
    let checker = search(Some(fault));
    let way = broken.iter().find_map(|invariant| Some((invariant, checker.discovery(invariant)?)));
    let (invariant, way) =
        way.unwrap_or_else(|| panic!("{fault:?} was not found in {} states", checker.unique_state_count()));
    let steps: Vec<String> = way.into_actions().iter().map(|action| format!("{action:?}")).collect();
    println!("{fault:?} breaks: {invariant}\n  {}", steps.join("\n  "));
}

#[test]
fn a_mark_without_a_look_at_the_lease_is_found() {
    is_found(Fault::NoLeaseAtMark, Bounds { happenings: 1, pauses: 1, ..Bounds::default() }, &[ONCE]);
}

#[test]
fn a_lease_by_the_nodes_own_clock_is_found() {
    is_found(Fault::OwnClock, Bounds::default(), &[ONCE]);
}

#[test]
fn a_mark_after_the_dot_is_found() {
    is_found(Fault::MarkAfterDot, Bounds { happenings: 1, crashes: 1, leavers: 1, ..Bounds::default() }, &[TRUE]);
}

#[test]
fn a_take_up_without_a_look_at_the_lease_is_found() {
    is_found(Fault::TakesUpAnything, Bounds::default(), &[ONCE]);
}

#[test]
fn a_record_by_someone_else_is_found() {
    is_found(Fault::RecordsUnchecked, Bounds { happenings: 1, pauses: 1, refusals: 1, ..Bounds::default() }, &[ONCE]);
}

#[test]
fn a_lease_that_is_looked_at_when_marking_alone_is_found() {
    is_found(Fault::NoLeaseBeforeMail, Bounds { happenings: 1, cut_offs: 1, ..Bounds::default() }, &[ONCE]);
}

#[test]
fn nobody_asking_before_mail_is_found() {
    is_found(Fault::NoQuestion, Bounds { leavers: 1, ..Bounds::default() }, &[WANTED]);
}
