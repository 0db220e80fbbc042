//! Why mails did not arrive, for people who don't read mail servers' answers.

use super::sentence::sentence;
use crate::app::sender::SendError;
use crate::domain::bulletin::MailingName;
use crate::domain::delivery::listing::Retried;
use crate::domain::delivery::{DeliveryState, Trouble};
use crate::domain::edition::EditionState;
use crate::domain::text::lists::count;

/// What happened, in a few words: a row of a table.
pub fn trouble(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::NoSuchMailbox => "There's no such mailbox",
        Trouble::MailboxFull => "The mailbox is full",
        Trouble::SwitchedOff => "The mailbox is switched off",
        Trouble::TooLarge => "The mail was too large for the mailbox",
        Trouble::Spam => "It was taken for spam, or our mail server has a bad reputation there",
        Trouble::Policy => "A rule of the receiving organisation doesn't let it in",
        Trouble::RelayRefused => "A mail server doesn't take mail from us for that mailbox",
        Trouble::ServerTrouble => "The receiving mail server was busy, out of order or out of reach",
        Trouble::NoAnswer => "The connection ended before the answer came, so it may have arrived",
        Trouble::TooLate => "It was still waiting when its time was over",
        Trouble::LeftMeanwhile => "The mailbox was taken off the list in the meantime",
        Trouble::Other => "It was refused for another reason",
    }
}

/// What a person can do about it; empty where there is nothing.
pub fn remedy(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::NoSuchMailbox => "Ask the subscriber for the right address.",
        Trouble::MailboxFull => "Tell the subscriber, and try again once there's room.",
        Trouble::SwitchedOff => "Ask the subscriber for another address.",
        Trouble::Spam | Trouble::Policy | Trouble::RelayRefused => {
            "Show the answer to whoever looks after your mail server."
        }
        Trouble::NoAnswer => "Whoever looks after your mail server can see in its log whether it arrived.",
        Trouble::ServerTrouble | Trouble::TooLate | Trouble::TooLarge | Trouble::LeftMeanwhile | Trouble::Other => "",
    }
}

/// Where a mail stands, in a word or two. `came_back` says that it was accepted and a report followed.
pub fn state(state: DeliveryState, came_back: bool) -> &'static str {
    match state {
        DeliveryState::Accepted if came_back => "came back",
        DeliveryState::Accepted => "accepted",
        DeliveryState::Queued => "waiting",
        DeliveryState::Claimed | DeliveryState::InFlight => "being sent",
        DeliveryState::Deferred => "to be tried again",
        DeliveryState::Uncertain => "uncertain",
        DeliveryState::Failed => "refused",
        DeliveryState::Expired => "given up",
        DeliveryState::Suppressed => "off the list",
    }
}

/// What came of trying again, a sentence each.
pub fn retried(of: &MailingName, state: EditionState, retried: Retried) -> Vec<String> {
    let taken = retried.ended + retried.uncertain;
    let mut said = vec![match taken {
        0 => format!("No mail of {of} is sent again."),
        _ => format!("{} of {of} {} sent again.", count(taken, "mail", "mails"), if taken == 1 { "is" } else { "are" }),
    }];
    if retried.uncertain > 0 {
        said.push(format!(
            "{} may have arrived before: whoever has it gets the same mail twice.",
            count(retried.uncertain, "mail", "mails")
        ));
    }
    if retried.suppressed > 0 {
        let stay = count(retried.suppressed, "mailbox is", "mailboxes are");
        said.push(format!("{stay} off the list, so nothing is sent there."));
    }
    if taken > 0 && state == EditionState::Held {
        said.push(sentence(&format!("{of} is held, so they wait until someone releases it.")));
    }
    said
}

/// What someone said about uncertain mails has been recorded.
pub fn resolved(of: &MailingName, mails: u64, arrived: bool) -> String {
    let counted = count(mails, "uncertain mail", "uncertain mails");
    let what = if arrived { "as accepted" } else { "as not arrived" };
    format!("{counted} of {of} {} now {what}.", if mails == 1 { "counts" } else { "count" })
}

/// Why a test copy was not sent; `None` where the use case's own error says it.
pub fn no_copy(error: &SendError) -> Option<String> {
    match error {
        SendError::NobodyToCopy(number) => {
            Some(format!("Nobody would get edition {number}, so there is nothing to copy."))
        }
        SendError::CopyNotAccepted(Some(reply)) => {
            Some(format!("The mail server didn't take the test copy. It said: “{reply}”."))
        }
        SendError::CopyNotAccepted(None) => {
            Some("The test copy wasn't handed over: the mail server could not be reached.".to_owned())
        }
        SendError::App(_) => None,
        other => Some(format!("{other}.")),
    }
}
