//! What is said about an operator's decisions: what came of one, and why one is not possible.

use chrono::NaiveDate;

use super::{edition, picks, plan};
use crate::app::decisions::error::{Decision, DecisionError, Stage};
use crate::app::decisions::{Decided, Note};
use crate::app::error::PublishError;
use crate::domain::band::BandName;
use crate::domain::edition::EditionNumber;
use crate::domain::selection::Unsuitable;

/// What the operator should know besides.
pub fn notes(decided: &Decided) -> Vec<String> {
    decided.notes.iter().map(|one| note(one, decided.edition.number)).collect()
}

fn note(note: &Note, number: EditionNumber) -> String {
    let how = || format!("`fortnightly run` sends it at its next look; `fortnightly send --edition {number}` at once");
    match note {
        Note::WouldBeHeld(reason) => format!("It would still be held: {}.", edition::hold(reason, number)),
        Note::AcceptedBefore { accepted, total } => {
            format!("{accepted} of {total} mails were accepted before; they cannot be called back. The rest waits.")
        }
        Note::StaysHeld { next, is_published } => stays_held(number, *next, *is_published),
        Note::NoDigest => format!(
            "Nobody gets a digest in that fortnight. To take this back: `fortnightly withdraw {number} --undo`."
        ),
        Note::ApprovalGone => "Its approval is gone with it.".to_owned(),
        Note::ApprovalWasForOthers => {
            format!("Its approval was for other activities: approve it again with `fortnightly approve {number}`.")
        }
        Note::CarriesWithdrawn(id) => format!(
            "Careful: {id} was withdrawn, and the mails that wait still carry it. `fortnightly hold {number}` keeps them."
        ),
        Note::GoesOn => format!("The rest goes out now: {}.", how()),
        Note::IsDue => format!("It is due: {}.", how()),
    }
}

fn stays_held(number: EditionNumber, next: Option<(EditionNumber, NaiveDate)>, is_published: bool) -> String {
    let until = format!("It stays held until `fortnightly release {number}`.");
    let Some((next, date)) = next else { return until };
    let then = format!("When edition {next} falls due on {}", edition::day(date));
    if is_published {
        format!("{until} {then}, what is left of it expires.")
    } else {
        format!("{until} If it is still held {}, it is missed for good.", then.replacen("When", "when", 1))
    }
}

/// Why a decision is not possible.
pub fn refusal(error: &DecisionError) -> String {
    match error {
        DecisionError::Published { number, decision, stage, accepted, total } => {
            let accepted = format!("({accepted} of {total} mails accepted)");
            let what = match stage {
                Stage::SentBy(day) => format!("was sent on {} {accepted}", edition::day(*day)),
                Stage::Stopped => format!("was stopped in the middle {accepted}"),
                Stage::BeingSent => format!("is being sent {accepted}"),
            };
            format!("edition {number} {what}: {}", instead(*decision, *stage, *number))
        }
        DecisionError::Missed { number, reason } => {
            let why = reason.as_ref().map_or_else(|| "its time passed".to_owned(), edition::miss);
            format!("edition {number} was missed: {why}")
        }
        DecisionError::Withdrawn(number) => {
            format!("edition {number} was withdrawn; to take that back: `fortnightly withdraw {number} --undo`")
        }
        DecisionError::Paused { number, date, reason } => plan::no_edition(*number, *date, reason),
        DecisionError::Over(number) => {
            format!("there is no edition {number}: its fortnight is over, and nothing was sent in it")
        }
        DecisionError::TooFarAhead { number, last } => {
            format!("edition {number} is too far ahead: the last you can decide about is {last}")
        }
        DecisionError::LibraryBroken(number) => format!(
            "edition {number} is not planned yet, and the library has errors: run `fortnightly check` and mend them"
        ),
        DecisionError::ApprovalMissing(number) => format!(
            "edition {number} is held because its approval is missing: look at \
             `fortnightly preview --edition {number}`, then `fortnightly approve {number}`"
        ),
        DecisionError::ChangedMeanwhile(number) => {
            format!("edition {number} has changed since you looked at it, so nothing was done")
        }
        DecisionError::UnknownBand { band, bands } => {
            format!("there is no band {band}: the bands are {}", list(bands))
        }
        DecisionError::UnknownActivity { id, near } => {
            let hint = near.as_ref().map(|id| format!("; did you mean {id}?")).unwrap_or_default();
            format!("there is no activity {id} in the library{hint}")
        }
        DecisionError::Unsuitable { activity, number, band, why } => {
            let why = match why {
                Unsuitable::Ineligible(because) => picks::ineligibility(because),
                Unsuitable::For(bands) => format!("it is for {}, not for {band}", list(bands)),
            };
            format!("{activity} cannot be swapped into edition {number} for {band}: {why}")
        }
    }
}

/// Why that can no longer be done, or what can.
fn instead(decision: Decision, stage: Stage, number: EditionNumber) -> String {
    match (decision, stage) {
        (Decision::Approve, _) => "there is nothing left to approve".to_owned(),
        (Decision::Release, _) => "there is nothing to release".to_owned(),
        (Decision::Swap, _) => "its activities are fixed".to_owned(),
        (Decision::Withdraw, Stage::Stopped) => {
            "leave it held, and the rest expires when the next edition falls due".to_owned()
        }
        (Decision::Withdraw, Stage::BeingSent) => format!("`fortnightly hold {number}` stops what is left"),
        (Decision::Withdraw | Decision::Hold, _) => "mail that was handed over cannot be called back".to_owned(),
    }
}

/// Why an edition is not published.
pub fn publish(error: &PublishError) -> String {
    match error {
        PublishError::Ended { number, state } => format!("edition {number} is {state} and cannot be sent"),
        PublishError::OtherTexts { number, edits } => format!(
            "edition {number} is not sent: this program's texts are not the ones that were approved: {}",
            picks::edits(edits)
        ),
        PublishError::KeepsChanging(number) => format!(
            "edition {number}: the subscribers or the edition kept changing while it was published; run the command again"
        ),
    }
}

fn list(bands: &[BandName]) -> String {
    bands.iter().map(BandName::as_str).collect::<Vec<_>>().join(", ")
}
