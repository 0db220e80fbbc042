//! An edition's state in sentences, with what a person can do about it.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta};

use crate::domain::edition::{
    Deadline, Edition, EditionNumber, HoldReason, MissReason, StateReason, ToldHold, UnservedBand, WithdrawReason,
};
use crate::domain::text::dates;

/// Why an edition is held; completes “edition 7 is held: …”. Some say what to do: [`way_out`] has the rest.
pub fn hold(reason: &HoldReason, number: EditionNumber) -> String {
    hold_of(reason, number, "fortnightly deliveries resolve")
}

/// The same, with the command that settles its uncertain mails.
pub(super) fn hold_of(reason: &HoldReason, number: EditionNumber, resolve: &str) -> String {
    match reason {
        HoldReason::Late { deadline, unapproved: false } => {
            format!("late: {}; send it with `fortnightly send --late` or wait for the next edition", too_late(deadline))
        }
        HoldReason::Late { deadline, unapproved: true } => format!(
            "late: {}, and nobody approved it; look at `fortnightly preview --edition {number}`, then \
             `fortnightly approve {number}` (`fortnightly send --late` approves of it as it is), or wait for the next edition",
            too_late(deadline)
        ),
        HoldReason::ApprovalMissing { due: None } => "approval is missing".to_owned(),
        HoldReason::ApprovalMissing { due: Some(due) } => format!(
            "approval is missing: it fell due on {}; look at `fortnightly preview --edition {number}`, then \
             `fortnightly approve {number}`",
            moment(due)
        ),
        HoldReason::RestoredStore => "restored store".to_owned(),
        HoldReason::UnservedBands { bands } => unserved(bands),
        HoldReason::ConsentMissing => CONSENT.to_owned(),
        HoldReason::SenderRefused { reply } => {
            format!("the run stopped itself: the relay refuses this sender ({reply}); mend that first")
        }
        HoldReason::TooManyRefused { failed, tried, last } => {
            let last = last.as_ref().map(|reply| format!(" (the last: {reply})")).unwrap_or_default();
            format!("the run stopped itself: {failed} of {tried} mails were refused for good{last}")
        }
        HoldReason::Unanswered { mails, last } => {
            let last = last.as_ref().map(|reply| format!(" (the last: {reply})")).unwrap_or_default();
            format!(
                "the run stopped itself: {mails} mails in a row got no answer that can be read{last}, so they may or may not \
                 have arrived; look into the relay's log and settle them with `{resolve}`, for what \
                 is not settled is sent again after a release"
            )
        }
        HoldReason::MessageFailed { why } => why.clone(),
        HoldReason::Operator { why: None } => "an operator held it".to_owned(),
        HoldReason::Operator { why: Some(why) } => format!("an operator held it: {why}"),
        HoldReason::Told { text, .. } if text.is_empty() => "no reason given".to_owned(),
        HoldReason::Told { text, .. } => text.clone(),
    }
}

/// Why a sync waits, and so an edition that falls due meanwhile.
pub const CONSENT: &str = "config.toml would end many subscriptions: look at `fortnightly sync --dry-run`; if that is meant, \
                           `fortnightly sync --yes`, then `fortnightly send --late`";

/// What to do about a hold of an edition that was not published; `None` where [`hold`] says so itself.
pub fn way_out(reason: &HoldReason, number: EditionNumber) -> Option<String> {
    match reason {
        HoldReason::Late { .. }
        | HoldReason::ApprovalMissing { due: Some(_) }
        | HoldReason::ConsentMissing
        | HoldReason::Told { kind: ToldHold::Late | ToldHold::ApprovalMissing, .. } => None,
        HoldReason::ApprovalMissing { due: None } => {
            Some(format!("Look at `fortnightly preview --edition {number}`, then `fortnightly approve {number}`."))
        }
        HoldReason::Operator { .. } => Some(format!("To let it go: `fortnightly release {number}`.")),
        HoldReason::RestoredStore => Some("Look at `fortnightly status`, then `fortnightly release`.".to_owned()),
        HoldReason::UnservedBands { .. }
        | HoldReason::SenderRefused { .. }
        | HoldReason::TooManyRefused { .. }
        | HoldReason::Unanswered { .. }
        | HoldReason::MessageFailed { .. }
        | HoldReason::Told { kind: ToldHold::Other, .. } => {
            Some(format!("Put that right, then `fortnightly send --edition {number} --late`."))
        }
    }
}

/// `edition 7 is held: an operator held it. To let it go: …`
pub fn held(reason: &HoldReason, number: EditionNumber) -> String {
    let way_out = way_out(reason, number).map(|way| format!(" {way}")).unwrap_or_default();
    format!("edition {number} is held: {}.{way_out}", hold(reason, number))
}

/// What to do about a hold of an edition of which some may have gone out.
pub fn to_go_on(number: EditionNumber) -> String {
    format!("To go on: `fortnightly release {number}`.")
}

/// Why an edition's time passed; completes “edition 7 was missed: …”.
pub fn miss(reason: &MissReason) -> String {
    match reason {
        MissReason::Overtaken { by, held } => {
            let held = if *held { "while it was held" } else { "before it was sent" };
            format!("edition {by} fell due {held}")
        }
        MissReason::LateBehindNewer(deadline) => format!("{}, and a newer edition has been sent", too_late(deadline)),
        MissReason::Told { text } => text.clone(),
    }
}

/// Why an edition was cancelled.
pub fn withdrawn(reason: WithdrawReason) -> String {
    match reason {
        WithdrawReason::Operator => "an operator withdrew it".to_owned(),
    }
}

/// Why an edition is in its state, where that has a reason.
pub fn reason(edition: &Edition) -> Option<String> {
    edition.reason.as_ref().map(|reason| state(reason, edition.number))
}

/// Why an edition is in its state.
pub fn state(reason: &StateReason, number: EditionNumber) -> String {
    match reason {
        StateReason::Held(reason) => hold(reason, number),
        StateReason::Missed(reason) => miss(reason),
        StateReason::Withdrawn(reason) => withdrawn(*reason),
    }
}

/// `Monday 30 November 2026`.
pub fn day(date: NaiveDate) -> String {
    dates::day(date)
}

/// `Monday 30 November 2026 at 08:00`.
pub fn moment(at: &DateTime<FixedOffset>) -> String {
    at.format("%A %-d %B %Y at %H:%M").to_string()
}

fn too_late(Deadline { due, grace }: &Deadline) -> String {
    format!("it was due on {}, more than {} ago", moment(due), dates::length(TimeDelta::seconds(*grace)))
}

fn unserved(bands: &[UnservedBand]) -> String {
    let told: Vec<String> =
        bands.iter().map(|unserved| format!("{} ({} mailboxes)", unserved.band, unserved.mailboxes)).collect();
    format!(
        "no activity for a band that is read: {}; add one to the library or bring a review up to date",
        told.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN: EditionNumber = EditionNumber(7);

    fn deadline() -> Deadline {
        Deadline { due: "2026-09-07T08:00:00+01:00".parse().expect("an instant"), grace: 259_200 }
    }

    #[test]
    fn says_when_it_was_due_and_what_to_do() {
        assert_eq!(
            hold(&HoldReason::Late { deadline: deadline(), unapproved: false }, SEVEN),
            "late: it was due on Monday 7 September 2026 at 08:00, more than 72 hours ago; send it with \
             `fortnightly send --late` or wait for the next edition"
        );
        let unapproved = hold(&HoldReason::Late { deadline: deadline(), unapproved: true }, SEVEN);
        assert!(unapproved.contains("nobody approved it; look at `fortnightly preview --edition 7`"), "{unapproved}");
        assert_eq!(
            hold(&HoldReason::ApprovalMissing { due: Some(deadline().due) }, SEVEN),
            "approval is missing: it fell due on Monday 7 September 2026 at 08:00; look at \
             `fortnightly preview --edition 7`, then `fortnightly approve 7`"
        );
        assert_eq!(
            miss(&MissReason::LateBehindNewer(deadline())),
            "it was due on Monday 7 September 2026 at 08:00, more than 72 hours ago, and a newer edition has been sent"
        );
        let overtaken = |held| miss(&MissReason::Overtaken { by: EditionNumber(8), held });
        assert_eq!(overtaken(true), "edition 8 fell due while it was held");
        assert_eq!(overtaken(false), "edition 8 fell due before it was sent");
    }

    #[test]
    fn names_the_bands_and_their_readers() {
        let band = |name: &str, mailboxes| UnservedBand { band: name.parse().expect("a band"), mailboxes };
        assert_eq!(
            hold(&HoldReason::UnservedBands { bands: vec![band("4-5", 3), band("14+", 1)] }, SEVEN),
            "no activity for a band that is read: 4-5 (3 mailboxes), 14+ (1 mailboxes); add one to the library or bring \
             a review up to date"
        );
    }

    #[test]
    fn every_hold_has_one_way_out() {
        let why = |text: &str| HoldReason::Operator { why: Some(text.to_owned()) };
        assert_eq!(
            held(&why("see `docs/plan.md`"), SEVEN),
            "edition 7 is held: an operator held it: see `docs/plan.md`. To let it go: `fortnightly release 7`."
        );
        let refused = HoldReason::MessageFailed { why: "the header `From` cannot be made".to_owned() };
        assert!(held(&refused, SEVEN).ends_with("Put that right, then `fortnightly send --edition 7 --late`."));
        for reason in [
            HoldReason::Late { deadline: deadline(), unapproved: false },
            HoldReason::Late { deadline: deadline(), unapproved: true },
            HoldReason::ApprovalMissing { due: None },
            HoldReason::ApprovalMissing { due: Some(deadline().due) },
            HoldReason::RestoredStore,
            HoldReason::ConsentMissing,
            HoldReason::UnservedBands { bands: Vec::new() },
            HoldReason::SenderRefused { reply: "550 no".to_owned() },
            HoldReason::TooManyRefused { failed: 3, tried: 50, last: None },
            HoldReason::Operator { why: None },
            HoldReason::Told { kind: ToldHold::Other, text: "as an older version said".to_owned() },
            HoldReason::unknown(),
        ] {
            let told = hold(&reason, SEVEN);
            assert_eq!(way_out(&reason, SEVEN).is_none(), told.contains('`'), "{told}");
        }
    }
}
