//! What is said about subscriptions, and what came of a wish to change them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::app::csv_import::SkipReason;
use crate::app::receiver::Read;
use crate::app::sync::Synced;
use crate::domain::address::Address;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::report_kind::ReportKind;
use crate::domain::subscription::returned::Bounced;
use crate::domain::subscription::sync::{SyncChange, SyncPlan};
use crate::domain::subscription::unsubscribe::CannotMove;
use crate::domain::subscription::wave::WaveId;
use crate::domain::text::lists::count;

/// Why a sync waits, and what to do.
pub fn consent(Synced { plan, done, .. }: &Synced) -> String {
    let stopped = match done.len() as u64 {
        0 => "nothing was changed".to_owned(),
        // Someone changed the list meanwhile, and the rest was planned anew.
        done => format!("the sync stopped after {}", count(done, "change", "changes")),
    };
    format!(
        "the config would end {} of {} subscriptions, so {stopped}: if that is meant, run `fortnightly sync --yes`",
        plan.ending, plan.active_before
    )
}

/// What following the list in the config would do, for people who press buttons. Whose subscriptions end is named beside it.
pub fn would_end(plan: &SyncPlan) -> Vec<String> {
    let all = count(plan.active_before as u64, "subscription", "subscriptions");
    let mut facts = vec![
        format!("{} of {all} from config.toml would end, because they're no longer listed there.", plan.ending),
        "If that's a mistake, have them put back into config.toml, and nothing ends.".to_owned(),
        "Anyone who's put back later gets the activities again.".to_owned(),
    ];
    let others = plan.changes.len().saturating_sub(plan.ending) as u64;
    if others > 0 {
        facts.push(format!(
            "{} in the list would be made at the same time.",
            count(others, "other change", "other changes")
        ));
    }
    facts
}

/// What following it came to, for people who press buttons.
pub fn followed(synced: &Synced) -> Vec<String> {
    let ended = synced.done.iter().filter(|change| matches!(change, SyncChange::End { .. })).count() as u64;
    let others = synced.done.len() as u64 - ended;
    let ended = format!("{} ended, as config.toml says.", count(ended, "subscription has", "subscriptions have"));
    let more = (others > 0).then(|| format!("{} made.", count(others, "other change was", "other changes were")));
    std::iter::once(ended).chain(more).collect()
}

/// That the rest of an import that had broken off was imported, or would be.
pub fn import_completed(since: DateTime<Utc>, applied: bool) -> String {
    let does = if applied { "completes" } else { "would complete" };
    format!("This {does} an import of the same file that began on {} and broke off.", import_began(since))
}

/// When an import began.
pub(super) fn import_began(since: DateTime<Utc>) -> String {
    since.format("%Y-%m-%d at %H:%M UTC").to_string()
}

/// That an import ended in the middle, and what completes it.
pub fn import_broke_off(rows: u64, wanted: u64, file: &str) -> String {
    format!(
        "{rows} of the {wanted} rows of {file} were imported before that; import the same file again to complete it"
    )
}

/// What a message that came in was, and what it changed.
pub fn received(read: &Read) -> String {
    let text = match read {
        Read::Left(name) => return format!("{name} left"),
        Read::Bounced(Bounced::Counted { in_a_row, of }) => {
            return format!("a bounce, noted: edition {in_a_row} in a row of {of} that end a subscription");
        }
        Read::HadLeft => "left before; nothing changed",
        Read::Automatic => "an automatic reply; nothing changed",
        Read::Bounced(Bounced::Suppressed) => "a bounce; the mailbox gets no more mail",
        Read::Bounced(Bounced::Waits(WaveId(wave))) => {
            return format!(
                "a bounce, one of so many at once that the server may be wrong (wave {wave}): the mailbox stays, and \
                 `fortnightly status` asks what to do"
            );
        }
        Read::Bounced(Bounced::Dismissed(WaveId(wave))) => {
            return format!("a bounce of wave {wave}, which was dismissed; nothing changed");
        }
        Read::Bounced(Bounced::Uncounted) => "a bounce, noted: only editions in a row end a subscription",
        Read::Bounced(Bounced::Policy) => {
            "a bounce for a reason of policy, noted for the operator: it says nothing about the mailbox"
        }
        Read::FromOperator => "about a mail to an operator; nothing changed: look at service.operators",
        Read::Complained => "a complaint; the mailbox gets no more mail",
        Read::Harmless => "a report of a delay or a delivery; nothing changed",
        Read::Bounced(Bounced::Unknown) | Read::Unmatched => {
            "a bounce or complaint about no mail of ours; nothing changed"
        }
        Read::Unreadable => "too large or too nested to be read; nothing changed",
        Read::NotUnderstood => "about a mail of ours, but not understood; nothing changed: please look at it",
        Read::Nothing => "no unsubscribe token of ours; nothing changed",
    };
    text.to_owned()
}

/// How many messages of each kind came in by mail; `None` where none did.
pub fn came_in(reports: &BTreeMap<ReportKind, u64>) -> Option<String> {
    let told: Vec<String> = reports
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(kind, n)| match kind {
            ReportKind::Bounced => count(*n, "bounce", "bounces"),
            ReportKind::OperatorBounced => {
                format!(
                    "{}, so please look at service.operators",
                    count(*n, "bounce of a mail to an operator", "bounces of mails to operators")
                )
            }
            ReportKind::Complained => count(*n, "complaint", "complaints"),
            ReportKind::Left => count(*n, "wish to leave", "wishes to leave"),
            ReportKind::Unmatched => format!("{n} about no mail of ours"),
            ReportKind::Unreadable => format!("{n} that cannot be read"),
            ReportKind::NotUnderstood => format!("{n} about a mail of ours and not understood, so please look at them"),
            ReportKind::Other => count(*n, "other", "others"),
        })
        .collect();
    (!told.is_empty()).then(|| format!("Came in by mail: {}.", told.join("; ")))
}

/// Why an address is never mailed, and what would change that.
pub fn never_mailed(address: &Address, reason: SuppressionReason) -> String {
    let why = match reason {
        SuppressionReason::Unsubscribed => "it unsubscribed",
        SuppressionReason::Bounced => "its mail came back",
        SuppressionReason::Complained => "its reader complained",
        SuppressionReason::Operator => "an operator suppressed it",
    };
    let way = if reason.is_lifted_by_confirming() {
        "Only its own confirmation brings it back: run the command again with --confirm".to_owned()
    } else {
        format!("If that has changed, take it off the list with `fortnightly suppressions remove {address}`")
    };
    format!("{address} is never mailed: {why}. {way}.")
}

/// Why nobody is asked to confirm now.
pub fn asked_too_often(address: &Address) -> String {
    format!(
        "{address} was asked three times in a day already, or 500 addresses were asked in the last hour: wait, and try again"
    )
}

/// Why a suppression is not lifted without consent.
pub fn lifting_needs_consent(address: &Address, reason: SuppressionReason) -> String {
    let what = if reason == SuppressionReason::Complained { "complained" } else { "left" };
    format!(
        "the reader of {address} {what}: only their own wish should bring them back. If you have it in writing, add --yes"
    )
}

/// Why a mailbox cannot move, and what to do.
pub fn cannot_move(why: CannotMove) -> String {
    match why {
        CannotMove::Unknown => {
            "no mailbox has the old address: look it up with `fortnightly subscribers list`".to_owned()
        }
        CannotMove::OldIsSuppressed(_) | CannotMove::NewIsSuppressed(_) => {
            format!("{why}: only its own confirmation brings it back")
        }
        CannotMove::Taken => "the new address is a mailbox already: unsubscribe one of the two".to_owned(),
    }
}

/// Why a row of a CSV file is left out.
pub fn skip_reason(reason: &SkipReason) -> String {
    match reason {
        SkipReason::NotOpen(status) if status.is_empty() => "no status".to_owned(),
        SkipReason::NotOpen(status) => status.clone(),
        SkipReason::NoEmail => "no email".to_owned(),
        SkipReason::NoAges => "no ages".to_owned(),
        SkipReason::NoBand(low, high) => format!("no band has children from {low} until they turn {high}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Address;
    use crate::domain::subscriber::SubscriberId;
    use crate::domain::subscription::sync::{SyncChange, SyncPlan};

    #[test]
    fn a_sync_that_stops_in_the_middle_does_not_say_that_nothing_was_changed() {
        let address: Address = "a@x.example".parse().unwrap();
        let end = SyncChange::End { subscriber: SubscriberId(1), address };
        let plan = SyncPlan { ending: 20, active_before: 30, ..SyncPlan::default() };
        let said = |done: usize| consent(&Synced { plan: plan.clone(), done: vec![end.clone(); done], applied: false });
        assert!(said(0).contains("would end 20 of 30 subscriptions, so nothing was changed: if"), "{}", said(0));
        assert!(said(1).contains("so the sync stopped after 1 change: if"), "{}", said(1));
        assert!(said(1_000).contains("so the sync stopped after 1000 changes: if"), "{}", said(1_000));
    }
}
