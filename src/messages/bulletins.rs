//! What is said about bulletins: what came of sending one or deciding about it, and why it is not possible.

pub mod people;
pub mod preview;

use chrono::{DateTime, FixedOffset};

use super::picks::text_part;
use super::{edition, errors, sending};
use crate::app::bulletins::BulletinStatus;
use crate::app::bulletins::decide::BulletinDecided;
use crate::app::bulletins::error::BulletinError;
use crate::app::decisions::error::Decision;
use crate::app::sender::{PendingBulletin, RunReport};
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState, HoldReason, StateReason};
use crate::domain::fingerprint::TextPart;
use crate::domain::text::lists::{commas, count};

/// Why a bulletin is not sent, or a decision about it is not possible, and what to do.
pub fn refusal(error: &BulletinError) -> String {
    match error {
        BulletinError::NoName => "there is no such bulletin".to_owned(),
        BulletinError::Unknown { name, known } => unknown(name, known),
        BulletinError::LibraryBroken(name) => format!(
            "the library has errors, so bulletin {name} can't be read: run `fortnightly check` and mend them first"
        ),
        BulletinError::NeedsApproval { name, edited } => needs_approval(name, edited),
        BulletinError::Held { name, reason, is_published } => held(name, reason.as_ref(), *is_published),
        BulletinError::Withdrawn(name) => format!(
            "bulletin {name} was withdrawn, so it isn't sent. To take that back: \
             `fortnightly withdraw bulletin:{name} --undo`."
        ),
        BulletinError::WithdrawnMidway { name, tally } => format!(
            "bulletin {name} was withdrawn while it was being sent ({}), so what had not left by then never leaves. A copy \
             of its file under a new name would go to everyone it names, also to those who have this one.",
            accepted(tally)
        ),
        BulletinError::Published { name, decision, state, tally } => published(name, *decision, *state, tally),
        BulletinError::OtherAudience(name) => format!(
            "bulletin {name} was sent to other readers than these, and a bulletin is sent once. Without --bands, --sector, \
             --edition and --bulletin, this command finishes what is left of it. A copy of its file \
             under a new name is another bulletin: narrow it to those who haven't had this one."
        ),
        BulletinError::BesideEdition { name, edition, due_at, until } => beside(name, *edition, due_at, until.as_ref()),
        BulletinError::BesideSending { name, edition } => format!(
            "edition {edition} is being sent, and both would share the relay. Send bulletin {name} once the edition has gone out. \
             If it can't wait, add --beside-edition."
        ),
        BulletinError::StillLeaving { name, mailing, waiting } => still_leaving(name, mailing, *waiting),
        BulletinError::NeedsConsent => format!("{CONSENT}. Nothing new is sent before that"),
        BulletinError::Unconfirmed { name, readers } => format!(
            "bulletin {name} would go to {}. To send it without being asked, add --yes.",
            count(*readers, "mailbox", "mailboxes")
        ),
        BulletinError::UnknownBand(band) => format!("there is no band {band} in config.toml"),
        BulletinError::NotSent(mailing) => format!("{mailing} hasn't been sent, so nobody has got it"),
        BulletinError::CorrectsNothing(name) => format!(
            "bulletin {name} says what was wrong in an earlier mail, so it goes to the readers of that mail alone: name an edition with \
             --edition N, or a bulletin with --bulletin OTHER"
        ),
        BulletinError::CorrectsAnother { name, edition } => format!(
            "the file of bulletin {name} says that it corrects edition {edition}: change `corrects` there, or leave --edition and \
             --bulletin out"
        ),
        BulletinError::CopyNotAccepted(reply) => {
            let why = reply.as_ref().map_or_else(|| "nothing was handed over".to_owned(), ToString::to_string);
            format!("the test copy was not accepted: {why}")
        }
        BulletinError::KeepsChanging(name) => {
            format!("other programs keep changing bulletin {name} or the mailing list: try again in a moment")
        }
        BulletinError::Send(error) => sending::refusal(error),
        BulletinError::App(error) => errors::error(error),
    }
}

fn still_leaving(name: &BulletinName, mailing: &MailingName, waiting: u64) -> String {
    let mails = count(waiting, "mail", "mails");
    let hold = match mailing {
        MailingName::Edition(number) => format!("`fortnightly hold {number}`"),
        MailingName::Bulletin(other) => format!("`fortnightly withdraw bulletin:{other}`"),
    };
    format!(
        "{mails} of {mailing} may still leave, to readers that bulletin {name} doesn't reach now. If they mustn't leave, stop them \
         first: {hold}. If they may, wait until they have left. If bulletin {name} can't wait, add --beside-edition: whoever gets {mailing} \
         later then gets bulletin {name} afterwards, too, from `fortnightly run` or the same command, run again."
    )
}

/// That more get it than did before.
pub fn readers_added(readers: u64) -> String {
    let more = count(readers, "mailbox has", "mailboxes have");
    format!("{more} got the mail that it is about since it was sent, so this bulletin goes there now, too.")
}

/// That a bulletin went to those who had got something before, and how it gets to those who get it now.
pub fn follows(name: &BulletinName) -> String {
    format!(
        "Bulletin {name} was sent to those who had got it by then. Whoever gets it now gets bulletin {name} afterwards, too: \
         `fortnightly run` sees to it, or `fortnightly bulletin {name}`."
    )
}

/// That mails of what it is about may still leave, and what then.
fn may_follow(mailing: &MailingName, waiting: u64) -> String {
    let mails = count(waiting, "mail", "mails");
    format!(
        "{mails} of {mailing} may still leave. Whoever gets one gets this bulletin afterwards, too: `fortnightly run` sees to it, \
         or the same command, run again."
    )
}

const CONSENT: &str = "config.toml would end many subscriptions: look at `fortnightly sync --dry-run`; if that is meant, run \
                       `fortnightly sync --yes`";

fn beside(
    name: &BulletinName,
    edition: EditionNumber,
    due_at: &DateTime<FixedOffset>,
    until: Option<&DateTime<FixedOffset>>,
) -> String {
    let due = edition::moment(due_at);
    match until.map(edition::moment) {
        Some(until) => format!(
            "the last mails of bulletin {name} would leave on {until} at the earliest, and edition {edition} is due on {due}. Send it \
             once the edition has gone out. If it can't wait, add --beside-edition: it then makes way for the edition and goes on \
             afterwards."
        ),
        None => format!(
            "edition {edition} is due on {due}: readers would get two mails at once, and both would share the relay. Send bulletin \
             {name} once the edition has gone out. If it can't wait, add --beside-edition."
        ),
    }
}

fn unknown(name: &BulletinName, known: &[BulletinName]) -> String {
    let there = match known {
        [] => "There are none in activities/bulletins.".to_owned(),
        known => format!("These are there: {}.", commas(known)),
    };
    format!("there is no bulletin {name}: it would be activities/bulletins/{name}.md. {there}")
}

fn needs_approval(name: &BulletinName, edited: &[TextPart]) -> String {
    let approve = format!("look at `fortnightly preview bulletin:{name}`, then `fortnightly approve bulletin:{name}`");
    if edited.is_empty() {
        return format!("nobody has approved bulletin {name} yet: {approve}");
    }
    let parts = commas(edited.iter().map(|part| text_part(*part)));
    format!("bulletin {name} was edited after someone approved it ({parts}), so that approval is gone: {approve}")
}

/// Why it is held, and how it goes on.
pub fn held(name: &BulletinName, reason: Option<&HoldReason>, is_published: bool) -> String {
    let when = if is_published { "was stopped while it was being sent" } else { "is held" };
    let go_on = match reason {
        Some(HoldReason::RestoredStore) => "Look at `fortnightly status`, then `fortnightly release`.".to_owned(),
        _ => format!("To let it go on: `fortnightly release bulletin:{name}`."),
    };
    format!("bulletin {name} {when}: {}. {go_on}", why(name, reason))
}

/// Why a bulletin is held. None of the reasons of a bulletin has an edition in it.
pub fn why(name: &BulletinName, reason: Option<&HoldReason>) -> String {
    let resolve = format!("fortnightly deliveries resolve --bulletin {name}");
    reason.map_or_else(|| "no reason given".to_owned(), |reason| edition::hold_of(reason, EditionNumber(0), &resolve))
}

fn published(name: &BulletinName, decision: Decision, state: EditionState, tally: &Tally) -> String {
    let accepted = accepted(tally);
    let what = match state {
        EditionState::Sent => format!("bulletin {name} has been sent ({accepted})"),
        EditionState::Held => format!("bulletin {name} was stopped while it was being sent ({accepted})"),
        _ => format!("bulletin {name} is being sent ({accepted})"),
    };
    let then = match decision {
        Decision::Approve => "there's nothing left to approve",
        Decision::Hold => "there's nothing left to stop",
        Decision::Release => "there's nothing left to release",
        Decision::Withdraw | Decision::Swap => {
            "what has been sent can't be called back. To put something right, write a correction"
        }
    };
    format!("{what}: {then}")
}

fn accepted(tally: &Tally) -> String {
    format!("{} of {} mails accepted", tally.accepted, tally.total)
}

/// Asks whether a bulletin may go out, in numbers.
pub fn question(pending: &PendingBulletin) -> String {
    let readers = count(pending.readers, "mailbox", "mailboxes");
    let whose = pending.readers_of.as_ref().map(|mailing| format!(" that got {mailing}")).unwrap_or_default();
    let follow = pending.readers_of.as_ref().filter(|_| pending.may_follow > 0);
    let follow = follow.map(|mailing| format!("{} ", may_follow(mailing, pending.may_follow))).unwrap_or_default();
    format!("{follow}Send bulletin {} (“{}”) now to {readers}{whose}?", pending.name, pending.title)
}

/// Nobody would get it.
pub fn nobody(name: &BulletinName) -> String {
    format!("Nobody would get bulletin {name}, so it wasn't sent. Its name can still be used.")
}

/// What a run came to, line by line.
pub fn lines(name: &BulletinName, report: &RunReport) -> Vec<String> {
    sending::lines_of(&format!("Bulletin {name}"), report)
}

/// What is wrong after a run, and what to do.
pub fn trouble(name: &BulletinName, report: &RunReport) -> Vec<String> {
    let mut trouble = sending::trouble_of_relay(&report.ended);
    if report.edition.state == EditionState::Held {
        trouble.push(held(name, report.edition.hold_reason(), true));
    }
    trouble
}

/// What a decision came to, line by line.
pub fn decided(decided: &BulletinDecided) -> Vec<String> {
    let BulletinDecided { changed, bulletin, tally, given_up } = decided;
    let (name, state) = (&bulletin.name, bulletin.state());
    let before = if *changed { "" } else { " already; nothing changed" };
    let mut lines = vec![format!("Bulletin {name} is {state}{before}.")];
    if let Some(reason) = bulletin.hold_reason() {
        lines.push(format!("  Why: {}", why(name, Some(reason))));
    }
    if bulletin.published.is_some()
        && matches!(state, EditionState::Held | EditionState::Sent | EditionState::Withdrawn)
    {
        let (accepted, total) = (tally.accepted, tally.total);
        lines.push(format!("  {accepted} of {total} mails were accepted; they can't be called back."));
    }
    if *given_up > 0 {
        lines.push(format!("  {} given up and never leave.", count(*given_up, "mail was", "mails were")));
    }
    lines.extend(next_step(name, state, bulletin.published.is_some()).map(|step| format!("  {step}")));
    lines
}

fn next_step(name: &BulletinName, state: EditionState, is_published: bool) -> Option<String> {
    match state {
        EditionState::Planned | EditionState::Approved => {
            Some(format!("It's sent when someone says so: `fortnightly bulletin {name}`."))
        }
        EditionState::Sending => Some(format!(
            "The rest goes out now: `fortnightly run` sends it at its next look; `fortnightly bulletin {name}` at once."
        )),
        EditionState::Held if is_published => Some(format!(
            "The rest waits until `fortnightly release bulletin:{name}`. To give it up for good: \
             `fortnightly withdraw bulletin:{name}`."
        )),
        EditionState::Held => Some(format!("It stays held until `fortnightly release bulletin:{name}`.")),
        EditionState::Withdrawn if is_published => {
            Some("Nobody can send the rest again. A copy of its file under a new name would go to everyone it names, also to those who have this one.".to_owned())
        }
        EditionState::Withdrawn => {
            Some(format!("It's never sent. To take this back: `fortnightly withdraw bulletin:{name} --undo`."))
        }
        EditionState::Sent | EditionState::Missed => None,
    }
}

/// What is worth knowing about one in a list; empty when nothing is.
pub fn note(status: &BulletinStatus) -> String {
    match &status.reason {
        _ if status.state == EditionState::Withdrawn && status.sent_at.is_some() => {
            "withdrawn while it was being sent".to_owned()
        }
        Some(StateReason::Held(reason)) => why(&status.name, Some(reason)),
        Some(StateReason::Withdrawn(reason)) => edition::withdrawn(*reason),
        _ if status.was_edited => "edited since it was approved".to_owned(),
        _ => status.readers_of.as_ref().map(|mailing| about(mailing, status.is_correction)).unwrap_or_default(),
    }
}

/// `corrects edition 7`, or `about edition 7`.
fn about(mailing: &MailingName, is_correction: bool) -> String {
    if is_correction { format!("corrects {mailing}") } else { format!("about {mailing}") }
}

/// There is no mail of which a copy could be made.
pub fn nobody_to_copy(name: &BulletinName) -> String {
    format!("nobody would get bulletin {name}, so there is nothing to copy")
}
