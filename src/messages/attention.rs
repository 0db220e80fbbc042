//! What needs a person, in a sentence each: with commands for a terminal, and without them for pages and mails.

mod holds;
mod matter;
mod people;
mod short;

use chrono::{DateTime, FixedOffset};

use super::sentence::sentence;
use super::subscription::import_began;
use super::{bulletins, edition as editions, picks, plan, waves};
use crate::app::attention::{AfterRestore, Attention, BrokenFiles, EditionAttention, Undelivered};
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::{commas, count};

pub use holds::because as why_held;
pub use matter::{ConsolePage, Matter, button};
pub use people::for_people;
pub use short::in_short;

/// One thing that does not go on by itself, and what to do about it.
pub fn attention(attention: &Attention) -> String {
    match attention {
        Attention::Restored(what) => restored(what),
        Attention::Edition(number, what) => edition(*number, what),
        Attention::BulletinHeld { name, reason, is_published } => bulletins::held(name, reason.as_ref(), *is_published),
        Attention::Replaced(what) => plan::replacement(what),
        Attention::UnknownBand { band, mailboxes } => format!(
            "{} for band {band}, which config.toml no longer has: nothing is sent for it",
            count(*mailboxes, "mailbox asks", "mailboxes ask")
        ),
        Attention::Wave { wave, mailboxes } => waves::attention(wave, *mailboxes),
        Attention::UnsettledWave(wave) => waves::unsettled(wave),
        Attention::NotAMessage { path, what, others } => {
            let more = if *others == 0 { String::new() } else { format!(" ({others} more there)") };
            format!("{} is {what}, not a message, and is never read{more}: move it away", path.display())
        }
        Attention::UnfinishedImport(import) => format!(
            "an import of {} that began on {} did not finish: unless it is still running, import the same file again, \
             which completes it",
            count(import.rows, "row", "rows"),
            import_began(import.since)
        ),
        Attention::SyncWaits => editions::CONSENT.to_owned(),
        Attention::BrokenContent { errors } => format!(
            "library or templates have {}: until they are mended nothing new goes out; run `fortnightly check`",
            count(*errors, "error", "errors")
        ),
        Attention::BrokenFiles(BrokenFiles { errors, .. }) => format!(
            "config, library or templates were changed and have {}: the service goes on with what they were before; run \
             `fortnightly check`",
            count(*errors, "error", "errors")
        ),
        Attention::WithoutLogo(lost) => format!("service.logo: {lost}"),
        Attention::RelayUnreachable { since, mails } => format!(
            "the relay cannot be reached since {}, and {}: look at mail.transport and at the relay, or run \
             `fortnightly check --online`",
            local_moment(since),
            count(*mails, "mail waits", "mails wait")
        ),
    }
}

/// What must be known before a restored store sends again.
pub fn restored(what: &AfterRestore) -> String {
    match what {
        AfterRestore::Waits { made } => format!(
            "this store was restored from a backup made on {}, and knows nothing of what has happened since. Nothing is sent \
             until you run `fortnightly release`",
            local_moment(made)
        ),
        AfterRestore::SetBack { made } => format!(
            "the database has lost its latest changes: either a standby took over before it had received them, or somebody \
             restored an earlier state. The last change that it has is from about {}. Nothing is sent until you run \
             `fortnightly release`",
            local_moment(made)
        ),
        AfterRestore::LeftUnknown => {
            "people whose unsubscribe was lost are on the list again. Before you release, find \
             them in the mails to the unsubscribe address, and on the old server if it can still be read, and run \
             `fortnightly unsubscribe ADDRESS` for each of them"
                .to_owned()
        }
        AfterRestore::LeftSince => {
            "people who have left since then are on the list again. Before you release, find them in \
             the mails to the unsubscribe address, and in the store that was put aside, and run \
             `fortnightly unsubscribe ADDRESS` for each of them"
                .to_owned()
        }
        AfterRestore::Unsent { mailing, waiting, total, resend } => {
            let then = if *resend {
                "they are sent when you release, and whoever has had it since gets the same mail again"
            } else {
                "they become uncertain when you release"
            };
            format!("{mailing}: {waiting} of {total} mails had not been sent at that time; {then}")
        }
        AfterRestore::DueSince(edition) => format!(
            "edition {edition} has fallen due since then. If it was sent, run `fortnightly withdraw {edition}` before you \
             release, or everybody gets it a second time"
        ),
        AfterRestore::MaybeSent(bulletins) => format!(
            "{}. Before you send one, look in a mailbox that gets them: if it has gone out since, run \
             `fortnightly withdraw bulletin:NAME`, or everybody gets it a second time",
            maybe_sent(bulletins)
        ),
    }
}

fn maybe_sent(bulletins: &[BulletinName]) -> String {
    let listed = commas(bulletins);
    match bulletins {
        [_] => format!("bulletin {listed} hasn't been sent as far as this store knows, but may have been since"),
        _ => format!("these bulletins haven't been sent as far as this store knows, but may have been since: {listed}"),
    }
}

/// The same once it was released.
pub fn released(what: &AfterRestore) -> String {
    match what {
        AfterRestore::LeftSince => {
            "People who have left since the backup was made are on the list again. Find them in the mails to the \
             unsubscribe address, and in the store that was put aside, and run `fortnightly unsubscribe ADDRESS` for each of \
             them now."
                .to_owned()
        }
        AfterRestore::LeftUnknown => {
            "People whose unsubscribe was lost are on the list again. Find them in the mails to the unsubscribe address, and \
             on the old server if it can still be read, and run `fortnightly unsubscribe ADDRESS` for each of them now."
                .to_owned()
        }
        AfterRestore::DueSince(edition) => format!(
            "Edition {edition} fell due after the last change that the store knows of, and may go out now. If it was sent before, run \
             `fortnightly hold {edition}` at once, or everybody gets it a second time."
        ),
        AfterRestore::Unsent { mailing, waiting, total, resend } => {
            let then = if *resend {
                "they are sent now, and whoever has had it since gets the same mail again".to_owned()
            } else {
                format!("they are uncertain now; look at `fortnightly deliveries list {}`", option(mailing))
            };
            format!("As far as the store knows, {waiting} of {total} mails of {mailing} haven't been sent; {then}.")
        }
        AfterRestore::MaybeSent(_) => sentence(&format!("{}.", restored(what))),
        AfterRestore::Waits { .. } | AfterRestore::SetBack { .. } => restored(what),
    }
}

/// What names it to a command about deliveries.
fn option(mailing: &MailingName) -> String {
    match mailing {
        MailingName::Edition(number) => format!("--edition {number}"),
        MailingName::Bulletin(name) => format!("--bulletin {name}"),
    }
}

/// That an edition waits for approval, until when, and how it is given.
pub fn needs_approval(number: EditionNumber, due: &DateTime<FixedOffset>) -> String {
    format!(
        "edition {number} needs approval before {}: look at `fortnightly preview --edition {number}`, \
         then `fortnightly approve {number}`",
        local_moment(due)
    )
}

fn edition(number: EditionNumber, what: &EditionAttention) -> String {
    match what {
        EditionAttention::Held { reason, is_published: false } => editions::held(reason, number),
        EditionAttention::Held { reason, is_published: true } => {
            format!("edition {number} is held: {}. {}", editions::hold(reason, number), editions::to_go_on(number))
        }
        EditionAttention::WouldBeHeld(reason) => {
            format!("edition {number} would be held: {}", editions::hold(reason, number))
        }
        EditionAttention::NeedsApproval { due } => needs_approval(number, due),
        EditionAttention::Overdue { due, unapproved: true } => format!(
            "edition {number} was due on {} and nobody has approved it: look at `fortnightly preview --edition {number}`, \
             then `fortnightly approve {number}`",
            local_moment(due)
        ),
        EditionAttention::Overdue { due, unapproved: false } => {
            format!("edition {number} was due on {} and was not sent: is `fortnightly run` running?", local_moment(due))
        }
        EditionAttention::Edited { was_approved, edits } => {
            let (since, edits) = (if *was_approved { "approved" } else { "planned" }, picks::edits(edits));
            format!(
                "edition {number} was edited since it was {since}: {edits}; look at `fortnightly preview --edition {number}`"
            )
        }
        EditionAttention::WithoutPicture(lost) => format!("edition {number}: {lost}"),
        EditionAttention::Unfinished { waiting, total } => format!(
            "edition {number} is unfinished: {waiting} of {total} mails wait; `fortnightly run` or \
             `fortnightly send --edition {number}` goes on"
        ),
        EditionAttention::Undelivered { how, count, total } => {
            let what = match how {
                Undelivered::Refused => "were refused or came back",
                Undelivered::GivenUp => "were given up",
                Undelivered::Uncertain => "may or may not have arrived",
            };
            format!(
                "edition {number}: {count} of {total} mails {what}; look at `fortnightly deliveries list --edition {number}`"
            )
        }
        EditionAttention::Bounced { mails, suppressed } => bounced(number, *mails, *suppressed),
        EditionAttention::PolicyBounces(mails) => format!(
            "edition {number}: {} came back as a matter of policy (status 5.7, or a block list), which is about this \
             sender and not about the mailbox: look at SPF, DKIM and DMARC with `fortnightly check --online`",
            count(*mails, "mail", "mails")
        ),
    }
}

fn bounced(number: EditionNumber, mails: u64, suppressed: u64) -> String {
    let them = if mails == 1 { "it" } else { "them" };
    let came = count(mails, "mail came", "mails came");
    let look = format!("look at `fortnightly deliveries list --edition {number} --bounced`");
    let said = format!("edition {number}: {came} back after the relay had accepted {them}: {look}");
    if suppressed == 0 {
        return said;
    }
    let lost = count(suppressed, "mailbox gets", "mailboxes get");
    format!("{said}; {lost} no more mail, so ask those subscribers for another address")
}
