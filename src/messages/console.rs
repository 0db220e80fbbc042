//! What the console says about decisions: the same as the commands say, for people who press buttons.

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::sentence::sentence;
use super::{attention, edition, picks, plan};
use crate::app::AppError;
use crate::app::decisions::error::{Decision, DecisionError, Stage};
use crate::app::decisions::{Decided, Note};
use crate::app::error::{DeliveriesError, NeverAgain};
use crate::domain::edition::{EditionNumber, EditionState, StateReason};
use crate::domain::selection::Unsuitable;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::{commas, count};

/// An edition's state in everyday words: “edition 7 is waiting for approval”.
pub fn state(state: EditionState, is_approval_required: bool) -> &'static str {
    match state {
        EditionState::Planned if is_approval_required => "waiting for approval",
        EditionState::Planned => "planned",
        EditionState::Approved => "approved",
        EditionState::Sending => "being sent",
        EditionState::Sent => "sent",
        EditionState::Held => "held",
        EditionState::Missed => "missed",
        EditionState::Withdrawn => "withdrawn",
    }
}

/// Why an edition is in its state, as a sentence.
pub fn why(reason: &StateReason) -> String {
    match reason {
        StateReason::Held(reason) => sentence(&attention::why_held(reason)),
        StateReason::Missed(reason) => sentence(&edition::miss(reason)),
        StateReason::Withdrawn(reason) => sentence(&edition::withdrawn(*reason)),
    }
}

/// What came of a decision, a sentence each. `due` is when the edition goes out.
pub fn decided(decided: &Decided, due: &DateTime<FixedOffset>) -> Vec<String> {
    let edition = &decided.edition;
    let (number, state) = (edition.number, state(edition.state, false));
    let first = if decided.changed {
        format!("Edition {number} ({}) is {state} now.", local_moment(due))
    } else {
        format!("Edition {number} was {state} already, so nothing changed.")
    };
    let notes = decided.notes.iter().map(|one| note(one, number));
    std::iter::once(first).chain(notes).collect()
}

fn note(note: &Note, number: EditionNumber) -> String {
    match note {
        Note::WouldBeHeld(reason) => {
            format!("It would still be held when its time comes: {}", attention::why_held(reason))
        }
        Note::AcceptedBefore { accepted, total } => {
            format!(
                "{accepted} of {total} mails had been accepted before that, and they can't be called back. The rest waits."
            )
        }
        Note::StaysHeld { next, is_published } => stays_held(*next, *is_published),
        Note::NoDigest => {
            "Nobody gets any activities in that fortnight. You can bring the edition back on its page.".to_owned()
        }
        Note::ApprovalGone => "With that, it has lost its approval.".to_owned(),
        Note::ApprovalWasForOthers => "Its approval was for other activities, so it needs approval again.".to_owned(),
        Note::CarriesWithdrawn(id) => format!(
            "Careful: {id} has been withdrawn since then, but the mails that are still waiting have it in them. Hold edition {number} if they shouldn't go out."
        ),
        Note::GoesOn => "The rest goes out now.".to_owned(),
        Note::IsDue => "It's due, so it goes out within a minute.".to_owned(),
    }
}

fn stays_held(next: Option<(EditionNumber, NaiveDate)>, is_published: bool) -> String {
    let until = "It stays held until someone releases it.";
    let Some((next, date)) = next else { return until.to_owned() };
    let day = edition::day(date);
    if is_published {
        format!("{until} What hasn't been sent when edition {next} falls due on {day} won't be sent at all.")
    } else {
        format!("{until} If it's still held when edition {next} falls due on {day}, nobody gets it at all.")
    }
}

/// What someone decided about is no longer what they were shown.
pub const CHANGED_MEANWHILE: &str =
    "Nothing was done, because something has changed since you looked at this. Look again, and then decide.";

/// Why something could not be done or shown.
pub fn error(error: &AppError) -> String {
    match error {
        AppError::Decision(why) => refusal(why),
        AppError::Deliveries(why) => deliveries(why),
        AppError::Busy | AppError::ListBusy => {
            "Someone else is changing the same things just now. Look again, and then try once more.".to_owned()
        }
        AppError::NoEdition(number) => format!("There is no edition {number}."),
        AppError::NotReleased => {
            "This service was restored from a backup, or has lost its latest changes, so nothing is sent until someone lets it send again."
                .to_owned()
        }
        AppError::CannotMove(why) => super::subscription::cannot_move(*why),
        AppError::Wave(why) => super::waves::refused(*why),
        AppError::Writing(why) => super::writing::refused(why),
        other => sentence(&other.to_string()),
    }
}

fn deliveries(error: &DeliveriesError) -> String {
    match error {
        DeliveriesError::Over(mailing, NeverAgain::Overtaken(newer)) => sentence(&format!(
            "edition {newer} has fallen due since, so {mailing} is over. Whoever missed it gets the newer one."
        )),
        DeliveriesError::Over(mailing, NeverAgain::Withdrawn) => sentence(&format!(
            "{mailing} was withdrawn while it was being sent, so what had not left by then never leaves."
        )),
        DeliveriesError::Over(mailing, NeverAgain::Forgotten) => sentence(&format!(
            "{mailing} was sent so long ago that what its mails said is no longer kept, so none is sent again."
        )),
        other => sentence(&other.to_string()),
    }
}

/// Why a decision is not possible.
pub fn refusal(error: &DecisionError) -> String {
    match error {
        DecisionError::Published { number, decision, stage, accepted, total } => {
            let done = format!("{accepted} of {} have been accepted", count(*total, "mail", "mails"));
            match stage {
                Stage::SentBy(day) => {
                    format!(
                        "Edition {number} was sent on {}, and {done}. {}",
                        edition::day(*day),
                        instead(*decision, *stage)
                    )
                }
                Stage::Stopped => {
                    format!("Edition {number} was stopped in the middle: {done}. {}", instead(*decision, *stage))
                }
                Stage::BeingSent => format!("Edition {number} is being sent: {done}. {}", instead(*decision, *stage)),
            }
        }
        DecisionError::Missed { number, reason } => {
            let why = reason.as_ref().map_or_else(|| "its time has passed".to_owned(), edition::miss);
            format!("Nobody gets edition {number} any more: {why}.")
        }
        DecisionError::Withdrawn(number) => {
            format!("Edition {number} was withdrawn. Bring it back first, on its page.")
        }
        DecisionError::Paused { number, date, reason } => sentence(&plan::no_edition(*number, *date, reason)),
        DecisionError::Over(number) => {
            format!("There is no edition {number}: its fortnight is over, and nothing was sent in it.")
        }
        DecisionError::TooFarAhead { number, last } => {
            format!("Edition {number} is too far ahead. The last one that you can decide about now is {last}.")
        }
        DecisionError::LibraryBroken(number) => format!(
            "Edition {number} isn't planned yet, and the library has errors. Whoever looks after the library has to mend them first."
        ),
        DecisionError::ApprovalMissing(number) => {
            format!("Edition {number} is held because nobody has approved it. Look at it, and then approve it.")
        }
        DecisionError::ChangedMeanwhile(_) => CHANGED_MEANWHILE.to_owned(),
        DecisionError::UnknownBand { band, bands } => {
            format!("There is no age group {band}: the age groups are {}.", commas(bands))
        }
        DecisionError::UnknownActivity { id, .. } => format!("There is no activity {id} in the library."),
        DecisionError::Unsuitable { activity, number, band, why } => {
            let why = match why {
                Unsuitable::Ineligible(because) => picks::ineligibility(because),
                Unsuitable::For(bands) => format!("it is for {}, not for {band}", commas(bands)),
            };
            format!("{activity} can't go into edition {number} for {band}: {why}.")
        }
    }
}

/// What can be done instead, or why nothing can.
fn instead(decision: Decision, stage: Stage) -> &'static str {
    match (decision, stage) {
        (Decision::Approve, _) => "There is nothing left to approve.",
        (Decision::Release, _) => "There is nothing to release.",
        (Decision::Swap, _) => "Its activities can't be changed any more.",
        (Decision::Withdraw, Stage::Stopped) => {
            "Leave it held, and the rest won't be sent: it is given up when the next edition falls due."
        }
        (Decision::Withdraw, Stage::BeingSent) => "Hold it to stop what is left.",
        (Decision::Withdraw | Decision::Hold, _) => "Mails that were accepted can't be called back.",
    }
}
