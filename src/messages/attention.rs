//! What needs a person, in a sentence each: with commands for a terminal, and without them for pages and mails.

mod commands;
mod holds;
mod mailings;
mod matter;
mod people;
mod short;

use chrono::{DateTime, FixedOffset};

use super::sentence::sentence;
use super::subscription::import_began;
use super::{edition as editions, plan, waves};
use crate::app::attention::{AfterRestore, Attention, BrokenFiles, EditionAttention};
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::{commas, count};

use commands::{filter, of_mailing};
pub use holds::because as why_held;
pub use matter::{ConsolePage, Matter, button};
pub use people::for_people;
pub use short::in_short;

/// One thing that does not go on by itself, and what to do about it.
pub fn attention(attention: &Attention) -> String {
    match attention {
        Attention::Restored(what) => restored(what),
        Attention::Edition(number, what) => of_mailing(&MailingName::Edition(*number), what),
        Attention::Bulletin(name, what) => of_mailing(&MailingName::Bulletin(name.clone()), what),
        Attention::Replaced(what) => plan::replacement(what),
        Attention::UnknownBand { band, mailboxes } => format!(
            "{} for band {band}, which config.toml no longer has: nothing is sent for it",
            count(*mailboxes, "mailbox asks", "mailboxes ask")
        ),
        Attention::Wave { wave, of, mailboxes } => waves::attention(wave, of, *mailboxes),
        Attention::UnsettledWave { wave, of } => waves::unsettled(wave, of),
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
            "the database has lost its latest changes: either a standby took over before it had received them, or someone \
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
             release, or everyone gets it a second time"
        ),
        AfterRestore::MaybeSent(bulletins) => format!(
            "{}. Before you send one, look in a mailbox that gets them: if it has gone out since, run \
             `fortnightly withdraw bulletin:NAME`, or everyone gets it a second time",
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
             `fortnightly hold {edition}` at once, or everyone gets it a second time."
        ),
        AfterRestore::Unsent { mailing, waiting, total, resend } => {
            let then = if *resend {
                "they are sent now, and whoever has had it since gets the same mail again".to_owned()
            } else {
                format!("they are uncertain now; look at `fortnightly deliveries list {}`", filter(mailing))
            };
            format!("As far as the store knows, {waiting} of {total} mails of {mailing} haven't been sent; {then}.")
        }
        AfterRestore::MaybeSent(_) => sentence(&format!("{}.", restored(what))),
        AfterRestore::Waits { .. } | AfterRestore::SetBack { .. } => restored(what),
    }
}

/// That an edition waits for approval, until when, and how it is given.
pub fn needs_approval(number: EditionNumber, due: &DateTime<FixedOffset>) -> String {
    of_mailing(&MailingName::Edition(number), &EditionAttention::NeedsApproval { due: *due })
}
