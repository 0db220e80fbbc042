//! What an edition or a bulletin needs a person for, with the command to type.

use crate::app::attention::{EditionAttention, Undelivered};
use crate::domain::bulletin::MailingName;
use crate::domain::edition::HoldReason;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::count;
use crate::messages::{bulletins, edition as editions, picks};

/// One thing that it needs.
pub(super) fn of_mailing(of: &MailingName, what: &EditionAttention) -> String {
    match what {
        EditionAttention::Held { reason, is_published } => held(of, reason, *is_published),
        EditionAttention::WouldBeHeld(reason) => format!("{of} would be held: {}", why(of, reason)),
        EditionAttention::NeedsApproval { due } => {
            format!("{of} needs approval before {}: look at {}", local_moment(due), look_and_approve(of))
        }
        EditionAttention::Unapproved => {
            format!("{of} waits for approval, and nobody can send it before that: look at {}", look_and_approve(of))
        }
        EditionAttention::Overdue { due, unapproved: true } => format!(
            "{of} was due on {} and nobody has approved it: look at {}",
            local_moment(due),
            look_and_approve(of)
        ),
        EditionAttention::Overdue { due, unapproved: false } => {
            format!("{of} was due on {} and was not sent: is `fortnightly run` running?", local_moment(due))
        }
        EditionAttention::Edited { was_approved, edits } => {
            let (since, edits) = (if *was_approved { "approved" } else { "planned" }, picks::edits(edits));
            let look = match of {
                MailingName::Edition(number) => format!("`fortnightly preview --edition {number}`"),
                // It has to be approved anew: no calendar asks for that.
                MailingName::Bulletin(_) => look_and_approve(of),
            };
            format!("{of} was edited since it was {since}: {edits}; look at {look}")
        }
        EditionAttention::WithoutPicture(lost) => format!("{of}: {lost}"),
        EditionAttention::Unfinished { waiting, total, .. } => {
            let goes_on = match of {
                MailingName::Edition(number) => format!("send --edition {number}"),
                MailingName::Bulletin(name) => format!("bulletin {name}"),
            };
            format!(
                "{of} is unfinished: {waiting} of {total} mails wait; `fortnightly run` or `fortnightly {goes_on}` goes on"
            )
        }
        EditionAttention::Undelivered { how, count, total } => {
            let what = match how {
                Undelivered::Refused => "were refused or came back",
                Undelivered::GivenUp => "were given up",
                Undelivered::Uncertain => "may or may not have arrived",
            };
            format!("{of}: {count} of {total} mails {what}; look at `fortnightly deliveries list {}`", filter(of))
        }
        EditionAttention::Bounced { mails, suppressed } => bounced(of, *mails, *suppressed),
        EditionAttention::PolicyBounces(mails) => format!(
            "{of}: {} came back as a matter of policy (status 5.7, or a block list), which is about this sender and not \
             about the mailbox: look at SPF, DKIM and DMARC with `fortnightly check --online`",
            count(*mails, "mail", "mails")
        ),
    }
}

fn why(of: &MailingName, reason: &HoldReason) -> String {
    match of {
        MailingName::Edition(number) => editions::hold(reason, *number),
        MailingName::Bulletin(name) => bulletins::why(name, Some(reason)),
    }
}

fn held(of: &MailingName, reason: &HoldReason, is_published: bool) -> String {
    match of {
        MailingName::Edition(number) if is_published => {
            format!("edition {number} is held: {}. {}", editions::hold(reason, *number), editions::to_go_on(*number))
        }
        MailingName::Edition(number) => editions::held(reason, *number),
        MailingName::Bulletin(name) => bulletins::held(name, Some(reason), is_published),
    }
}

fn look_and_approve(of: &MailingName) -> String {
    match of {
        MailingName::Edition(number) => {
            format!("`fortnightly preview --edition {number}`, then `fortnightly approve {number}`")
        }
        MailingName::Bulletin(name) => {
            format!("`fortnightly preview bulletin:{name}`, then `fortnightly approve bulletin:{name}`")
        }
    }
}

/// What lists its deliveries.
pub(super) fn filter(of: &MailingName) -> String {
    match of {
        MailingName::Edition(number) => format!("--edition {number}"),
        MailingName::Bulletin(name) => format!("--bulletin {name}"),
    }
}

fn bounced(of: &MailingName, mails: u64, suppressed: u64) -> String {
    let them = if mails == 1 { "it" } else { "them" };
    let came = count(mails, "mail came", "mails came");
    let look = format!("look at `fortnightly deliveries list {} --bounced`", filter(of));
    let said = format!("{of}: {came} back after the relay had accepted {them}: {look}");
    if suppressed == 0 {
        return said;
    }
    let lost = count(suppressed, "mailbox gets", "mailboxes get");
    format!("{said}; {lost} no more mail, so ask those subscribers for another address")
}
