//! What needs a person, in a sentence each.

use super::{edition as editions, picks, plan};
use crate::app::attention::{Attention, Undelivered};
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::count;

/// One thing that does not go on by itself, and what to do about it.
pub fn attention(attention: &Attention) -> String {
    match attention {
        Attention::Restored { made } => format!(
            "this store was restored from a backup made on {}, and knows nothing of what happened since: nothing is sent \
             until `fortnightly release`",
            local_moment(made)
        ),
        Attention::LeftSinceBackup => "whoever left since then is on the list again: look through the mails to the \
             unsubscribe address and the store that was put aside, and enter them with `fortnightly unsubscribe ADDRESS` \
             before you release"
            .to_owned(),
        Attention::UnsentSinceBackup { edition, waiting, total, resend } => {
            let then = if *resend {
                "they are sent when you release, and who got it since gets the same mail again"
            } else {
                "they become uncertain when you release"
            };
            format!("edition {edition}: {waiting} of {total} mails were not sent when the backup was made: {then}")
        }
        Attention::DueSinceBackup(edition) => format!(
            "edition {edition} fell due after the backup was made: if it went out then, `fortnightly withdraw {edition}` \
             before you release, or everybody gets it twice"
        ),
        Attention::Held { edition, reason } => {
            let why = reason.as_ref().map(|reason| editions::hold(reason, *edition));
            format!("edition {edition} is held: {}", why.as_deref().unwrap_or("no reason given"))
        }
        Attention::Unfinished { edition, waiting, total } => format!(
            "edition {edition} is unfinished: {waiting} of {total} mails wait; `fortnightly run` or \
             `fortnightly send --edition {edition}` goes on"
        ),
        Attention::Undelivered { edition, how, count, total } => {
            let what = match how {
                Undelivered::Refused => "were refused",
                Undelivered::GivenUp => "were given up",
                Undelivered::Uncertain => "may or may not have arrived",
            };
            format!(
                "edition {edition}: {count} of {total} mails {what}; look at `fortnightly deliveries list --edition {edition}`"
            )
        }
        Attention::Edited { edition, was_approved, edits } => {
            let (since, edits) = (if *was_approved { "approved" } else { "planned" }, picks::edits(edits));
            format!(
                "edition {edition} was edited since it was {since}: {edits}; look at `fortnightly preview --edition {edition}`"
            )
        }
        Attention::NeedsApproval { edition, due } => format!(
            "edition {edition} needs approval before {}: look at `fortnightly preview --edition {edition}`, \
             then `fortnightly approve {edition}`",
            local_moment(due)
        ),
        Attention::WouldBeHeld { edition, reason } => {
            format!("edition {edition} would be held: {}", editions::hold(reason, *edition))
        }
        Attention::Overdue { edition, due } => format!(
            "edition {edition} was due on {} and was not sent: is `fortnightly run` running?",
            local_moment(due)
        ),
        Attention::UnknownBand { band, mailboxes } => format!(
            "{} for band {band}, which config.toml no longer has: nothing is sent for it",
            count(*mailboxes, "mailbox asks", "mailboxes ask")
        ),
        Attention::SyncWaits => editions::CONSENT.to_owned(),
        Attention::PolicyBounces { edition, count: number } => format!(
            "edition {edition}: {} came back as a matter of policy (status 5.7), which is about this sender and not about \
             the mailbox: look at SPF, DKIM and DMARC with `fortnightly check --online`",
            count(*number, "mail", "mails")
        ),
        Attention::Replaced(what) => plan::replacement(what),
        Attention::BrokenContent { errors } => format!(
            "library or templates have {}: until they are mended nothing new goes out; run `fortnightly check`",
            count(*errors, "error", "errors")
        ),
    }
}
