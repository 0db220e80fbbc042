//! What came of sending, and why something was not sent.

use super::subscription;
use super::{edition, errors, plan};
use crate::app::sender::{EarlyEdition, Ended, NothingDue, Posted, RunReport, SendError};
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber, EditionState, HoldReason, StateReason};
use crate::domain::text::lists::count;

/// Why an edition is not sent, and what to do.
pub fn refusal(error: &SendError) -> String {
    match error {
        SendError::TooFarAhead { number, furthest } => {
            format!("edition {number} is too far ahead: the last that can be sent now is {furthest}")
        }
        SendError::Paused { number, date, reason } => plan::no_edition(*number, *date, reason),
        SendError::NeedsConsent { synced: Some(synced), .. } => subscription::consent(synced),
        SendError::NeedsConsent { number, synced: None } => edition::held(&HoldReason::ConsentMissing, *number),
        SendError::Over { number, state } => format!(
            "edition {number} is {state} and cannot be sent any more: `fortnightly plan` shows the ones to come"
        ),
        SendError::OnlyByHand { number, due_at, reason } => {
            let due = || format!("it was due on {}", due_at.format("%A %-d %B %Y at %H:%M"));
            let why = reason.as_ref().map_or_else(due, |reason| edition::state(reason, *number));
            let unapproved = matches!(reason, Some(StateReason::Held(reason)) if reason.is_approval_missing());
            let approves = if unapproved { ", which approves of it as it is" } else { "" };
            format!("edition {number} does not go out by itself: {why}. To send it all the same, add --late{approves}.")
        }
        SendError::Stopped { number, reason } => stopped(*number, reason.as_ref()),
        SendError::Held { number, reason } => edition::held(reason, *number),
        SendError::Early { number, due_at } => format!(
            "edition {number} is due on {}: to send it before its time, add --yes",
            due_at.format("%A %-d %B %Y at %H:%M")
        ),
        SendError::NobodyToCopy(number) => {
            format!("edition {number} has no recipients, so there is nothing to copy")
        }
        SendError::WhichSegment(ids) => format!("say which digest, with --segment; they are: {}", ids.join(", ")),
        SendError::CopyNotAccepted(reply) => {
            let why = reply.as_ref().map_or_else(|| "nothing was handed over".to_owned(), ToString::to_string);
            format!("the test copy was not accepted: {why}")
        }
        SendError::App(error) => errors::error(error),
    }
}

fn stopped(number: EditionNumber, reason: Option<&StateReason>) -> String {
    let why = why(number, reason);
    format!("edition {number} was stopped while it was being sent: {why}. {}", edition::to_go_on(number))
}

fn why(number: EditionNumber, reason: Option<&StateReason>) -> String {
    reason.map_or_else(|| "no reason given".to_owned(), |reason| edition::state(reason, number))
}

/// Why an edition that goes out only by hand does not go out.
pub fn held_back(edition: &Edition) -> String {
    if edition.is_published() {
        return stopped(edition.number, edition.reason.as_ref());
    }
    let untold = HoldReason::unknown();
    edition::held(edition.hold_reason().unwrap_or(&untold), edition.number)
}

/// Nothing is due, and what comes next.
pub fn nothing_due(standing: &NothingDue) -> String {
    let next = standing.next.map_or_else(
        || "Nothing is planned.".to_owned(),
        |next| format!("Edition {} goes out on {}.", next.edition, next.due_at.format("%A %-d %B %Y at %H:%M")),
    );
    format!("Nothing is due now. {next}")
}

/// Asks whether an edition may go out before its time.
pub fn early(edition: &EarlyEdition) -> String {
    let EarlyEdition { number, due_at, readers } = edition;
    let readers = count(*readers, "mailbox", "mailboxes");
    format!("Edition {number} is due on {}. Send it now to {readers}?", due_at.format("%A %-d %B %Y at %H:%M"))
}

/// What became of confirmations and good-byes that were sent along; nothing when none was accepted.
pub fn posted(posted: &Posted) -> Option<String> {
    let letters = count(
        posted.accepted,
        "confirmation, good-bye or mail to operators",
        "confirmations, good-byes and mails to operators",
    );
    (posted.accepted > 0).then(|| format!("Sent {letters} besides."))
}

/// What a run came to, line by line.
pub fn lines(report: &RunReport) -> Vec<String> {
    lines_of(&format!("Edition {}", report.edition.number), report)
}

/// The same of whatever went to many.
pub(super) fn lines_of(what: &str, report: &RunReport) -> Vec<String> {
    let RunReport { edition, tally, seconds, .. } = report;
    let mails = count(tally.total, "mail", "mails");
    let mut lines = vec![if report.attempts == 0 && edition.state == EditionState::Sent {
        format!("{what} was sent before: {mails}, {} accepted. Nothing was left to do.", tally.accepted)
    } else {
        format!("{what}: {mails}, {} accepted, in {}.", tally.accepted, duration(*seconds))
    }];
    lines.extend(rest(tally));
    lines.extend(report.trouble.as_ref().map(|reply| format!("  The last trouble was: {reply}")));
    lines
}

/// How long a run took, in whole seconds.
fn duration(seconds: f64) -> String {
    if seconds < 1.0 { "less than a second".to_owned() } else { format!("{seconds:.0} s") }
}

fn rest(tally: &Tally) -> impl Iterator<Item = String> {
    let rest = [
        (tally.queued + tally.sending, "waiting"),
        (tally.deferred, "deferred: `fortnightly run` tries again later, and so does this command"),
        (tally.uncertain, "uncertain: they may or may not have arrived"),
        (tally.failed, "refused"),
        (tally.expired, "given up"),
        (tally.suppressed, "suppressed"),
    ];
    rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("  {count} {what}"))
}

/// Why a run ended before its end, where that is no fault.
pub fn pause(ended: &Ended) -> Option<&'static str> {
    match ended {
        Ended::Stopped => Some("Stopped before the end. Run the same command again to finish; nothing is sent twice."),
        Ended::Capped => {
            Some("mail.daily_cap is reached. The rest leaves tomorrow: by `fortnightly run`, or by this command.")
        }
        Ended::QuotaUsedUp(_) => Some(
            "the relay takes no more mail from us today. The rest leaves tomorrow: by `fortnightly run`, or by this command.",
        ),
        Ended::Finished | Ended::Halted(_) | Ended::Unreachable(_) | Ended::Throttled(_) => None,
    }
}

/// What is wrong after a run, and what to do.
pub fn trouble(report: &RunReport) -> Vec<String> {
    let mut trouble = trouble_of_relay(&report.ended);
    let Edition { number, state, reason, .. } = &report.edition;
    if *state == EditionState::Held {
        let why = why(*number, reason.as_ref());
        let go_on = edition::to_go_on(*number);
        trouble.push(format!("edition {number} was held while it was being sent: {why}. {go_on}"));
    }
    trouble
}

/// What the relay has to do with it.
pub(super) fn trouble_of_relay(ended: &Ended) -> Vec<String> {
    let mut trouble = Vec::new();
    if let Ended::Unreachable(reply) = ended {
        trouble.push(format!(
            "the relay cannot be reached, so nothing more was tried: {reply}. What is left is tried again in half an hour \
             by `fortnightly run`, or then by this command."
        ));
    }
    if let Ended::Throttled(reply) = ended {
        trouble.push(format!(
            "the relay asks us to slow down and takes no mail for now: {reply}. What is left is tried again in half an hour \
             by `fortnightly run`, or then by this command. If that happens often, lower mail.connections or \
             mail.rate_per_second."
        ));
    }
    trouble
}
