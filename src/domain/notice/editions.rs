//! What operators are told about editions: which one is coming, does not go out, stopped, or has gone out.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::finding::{Finding, short};
use crate::domain::calendar::Approval;
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber, EditionState, HoldReason, Pick, StateReason};

/// What ended longer ago is told no more: nobody wants last month's news because operators were configured today.
pub const RECENT: TimeDelta = TimeDelta::days(7);

/// What was missed is told for a fortnight.
const MISSED: TimeDelta = TimeDelta::days(14);

/// An edition has gone out once all but one mail in so many are settled, though a few mailboxes are tried again for days …
const ONE_IN: u64 = 20;

/// … and after this time.
const SETTLING: TimeDelta = TimeDelta::hours(1);

/// What is configured about notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long before an edition is due it is told (`service.operator_notice`).
    pub ahead: TimeDelta,
    pub approval: Approval,
}

/// What there is to tell about editions at `now`.
pub fn of_editions(
    rules: Rules,
    now: DateTime<Utc>,
    editions: &[Edition],
    tallies: &BTreeMap<EditionNumber, Tally>,
) -> Vec<Finding> {
    let tally = |number| tallies.get(&number).copied().unwrap_or_default();
    editions.iter().filter_map(|edition| of_edition(rules, now, edition, &tally(edition.number))).collect()
}

fn of_edition(rules: Rules, now: DateTime<Utc>, edition: &Edition, tally: &Tally) -> Option<Finding> {
    let number = edition.number;
    match (edition.state, &edition.reason) {
        (EditionState::Planned | EditionState::Approved, _) => {
            let is_soon = now < edition.due_at && edition.due_at <= now + rules.ahead;
            let coming = || Finding::Coming {
                edition: number,
                due_at: edition.due_at,
                content: content(edition, rules.approval),
            };
            is_soon.then(coming)
        }
        (EditionState::Held, _) => {
            let reason = edition.hold_reason().cloned().unwrap_or_else(HoldReason::unknown);
            let released_at = edition.released_at;
            let by_itself = edition.is_published() && !is_by_a_person(&reason);
            Some(if by_itself {
                Finding::Stopped { edition: number, reason, released_at }
            } else {
                Finding::Held { edition: number, reason, released_at }
            })
        }
        (EditionState::Missed, Some(StateReason::Missed(reason))) => {
            let missed = || Finding::Missed { edition: number, reason: reason.clone() };
            (now < edition.due_at + MISSED).then(missed)
        }
        (EditionState::Sending | EditionState::Sent, _) => {
            has_gone_out(edition, tally, now).then_some(Finding::Finished { edition: number })
        }
        (EditionState::Missed | EditionState::Withdrawn, _) => None,
    }
}

fn is_by_a_person(reason: &HoldReason) -> bool {
    matches!(reason, HoldReason::Operator { .. } | HoldReason::RestoredStore)
}

fn has_gone_out(edition: &Edition, tally: &Tally, now: DateTime<Utc>) -> bool {
    let Some(published_at) = edition.published_at else { return false };
    if now > published_at + RECENT {
        return false;
    }
    let is_at_work = tally.queued + tally.sending > 0;
    let is_settled = !is_at_work && tally.deferred * ONE_IN <= tally.total && now >= published_at + SETTLING;
    edition.state == EditionState::Sent || is_settled
}

/// What an edition says, in short. Where it must be approved, a text that was edited needs it anew, so it counts as well.
fn content(edition: &Edition, approval: Approval) -> String {
    let texts = approval == Approval::Required;
    let said =
        |pick: &Pick| format!("{} {} {}\n", pick.band, pick.id, if texts { pick.fingerprint.as_str() } else { "" });
    short(&edition.selection.picks.iter().map(said).collect::<String>())
}
