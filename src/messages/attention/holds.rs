//! Why an edition is held, and what lets it go, for people who have the console and no terminal.

use chrono::TimeDelta;

use super::matter::{ConsolePage, Matter, button, matter};
use crate::domain::bulletin::MailingName;
use crate::domain::edition::{Deadline, HoldReason, UnservedBand};
use crate::domain::text::dates::{self, local_moment};
use crate::domain::text::lists::{count, listed};

/// What is said of an edition, or a bulletin, that is held. `is_published`: some of it may have gone out.
pub(super) fn held(reason: &HoldReason, of: &MailingName, is_published: bool) -> Matter {
    let (because, name) = (because(reason), of.capital());
    let what = if is_published {
        format!("{name} stopped while it was being sent: {because}")
    } else {
        format!("{name} is held and won’t go out by itself: {because}")
    };
    if let HoldReason::ConsentMissing = reason {
        let waits = sync_waits();
        let advice = format!("{} Then press “{}” on the page of the edition.", waits.advice, button::SEND_NOW);
        return Matter { what, advice, page: waits.page };
    }
    matter(what, way_out(reason, is_published), Some(ConsolePage::of(of)))
}

/// What is said of an edition that would be held if it were due now.
pub(super) fn would_be_held(reason: &HoldReason, of: &MailingName) -> Matter {
    matter(
        format!("{} cannot go out as it is: {}", of.capital(), because(reason)),
        remedy(reason),
        Some(ConsolePage::of(of)),
    )
}

/// That the config would end many subscriptions.
pub(super) fn sync_waits() -> Matter {
    matter(
        "The list of subscribers in config.toml would end many subscriptions at once, so it hasn't taken effect yet.",
        format!(
            "An admin can see whose they are, and press “{}” if that's what is wanted. If it isn't, ask whoever looks after \
             config.toml to put them back.",
            button::END_THEM
        ),
        Some(ConsolePage::Now),
    )
}

/// Why an edition is held; completes “edition 7 is held: …”, and ends with a full stop.
pub fn because(reason: &HoldReason) -> String {
    let said = |last: &Option<String>| {
        last.as_ref().map(|reply| format!(" The last thing it said was: “{reply}”.")).unwrap_or_default()
    };
    match reason {
        HoldReason::Late { deadline, unapproved: false } => format!("{}.", too_late(deadline)),
        HoldReason::Late { deadline, unapproved: true } => {
            format!("{}, and nobody has approved it.", too_late(deadline))
        }
        HoldReason::ApprovalMissing { due: None } => "nobody has approved it.".to_owned(),
        HoldReason::ApprovalMissing { due: Some(due) } => {
            format!("it was due on {}, and nobody has approved it.", local_moment(due))
        }
        HoldReason::RestoredStore => {
            "the service was restored from a backup, and has not been released since.".to_owned()
        }
        HoldReason::UnservedBands { bands } => unserved(bands),
        HoldReason::ConsentMissing => {
            "the list of subscribers in config.toml would end many subscriptions at once, and nobody has agreed to that."
                .to_owned()
        }
        HoldReason::SenderRefused { reply } => {
            format!("our mail server takes no mail from this service. It said: “{reply}”.")
        }
        HoldReason::TooManyRefused { failed, tried, last } => {
            format!("{failed} of the {tried} mails that were tried were refused for good.{}", said(last))
        }
        HoldReason::Unanswered { mails, last } => format!(
            "our mail server gave no proper answer to {mails} mails in a row, so they may or may not have arrived.{}",
            said(last)
        ),
        HoldReason::MessageFailed { why } => format!("a mail could not be made ({why})."),
        HoldReason::Operator { why: None } => "someone put it on hold by hand.".to_owned(),
        HoldReason::Operator { why: Some(why) } => format!("someone put it on hold by hand and wrote: “{why}”."),
        HoldReason::Told { text, .. } if text.is_empty() => "no reason is known.".to_owned(),
        HoldReason::Told { text, .. } => format!("an older version of the service gave this reason: “{text}”."),
    }
}

/// What to do so that an edition goes out, or goes on, after all.
fn way_out(reason: &HoldReason, is_published: bool) -> String {
    match reason {
        HoldReason::RestoredStore => {
            format!(
                "Press “{}” on the console’s first page once everything about the backup has been dealt with.",
                button::RELEASE
            )
        }
        HoldReason::Operator { .. } => format!("To let it go out, press “{}” on its page.", button::RELEASE),
        _ if is_published => {
            format!("{} Then press “{}” on its page: the rest goes out.", remedy(reason), button::RELEASE)
        }
        HoldReason::ApprovalMissing { .. } => {
            format!("Read it on its page, then press “{}”: it goes out soon after that.", button::APPROVE)
        }
        HoldReason::Late { .. } => format!(
            "Read it on its page, then press “{}”. If you leave it, its readers just get the next edition.",
            button::SEND_NOW
        ),
        _ => format!("{} Then press “{}” on its page.", remedy(reason), button::SEND_NOW),
    }
}

/// What has to be put right first.
fn remedy(reason: &HoldReason) -> String {
    match reason {
        HoldReason::UnservedBands { .. } => {
            "An editor has to add an activity for it to the library, or check an activity again whose review has run out."
        }
        HoldReason::SenderRefused { .. } | HoldReason::TooManyRefused { .. } => {
            "Show this to whoever looks after your mail server, and have it put right."
        }
        HoldReason::Unanswered { .. } => {
            "Show this to whoever looks after your mail server, and have it put right. Its log tells which mails arrived; what is \
             still uncertain is sent again."
        }
        HoldReason::MessageFailed { .. } => "Show this to whoever looks after the server, and have it put right.",
        HoldReason::ApprovalMissing { .. } => "Someone has to read and approve it.",
        HoldReason::RestoredStore => "Everything that is said about the backup has to be dealt with first.",
        HoldReason::ConsentMissing => "An admin has to decide about it, on the page “Now”.",
        HoldReason::Late { .. } | HoldReason::Operator { .. } => "Look at it first.",
        HoldReason::Told { .. } => "If that still needs to be put right, have it done first.",
    }
    .to_owned()
}

fn too_late(Deadline { due, grace }: &Deadline) -> String {
    format!("it was due on {}, more than {} ago", local_moment(due), dates::length(TimeDelta::seconds(*grace)))
}

fn unserved(bands: &[UnservedBand]) -> String {
    let told: Vec<String> = bands
        .iter()
        .map(|UnservedBand { band, mailboxes }| format!("{band} ({})", count(*mailboxes, "mailbox", "mailboxes")))
        .collect();
    format!("it has no activity for an age group that someone reads: {}.", listed(&told))
}
