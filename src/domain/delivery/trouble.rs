//! Why a mail did not arrive: the mail server's answer, sorted into reasons that one can explain to people.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::listing::DeliveryRecord;
use super::state::DeliveryState;
use crate::domain::subscriber::{WordError, words};
use crate::domain::subscription::bounce::EnhancedStatus;
use crate::domain::subscription::diagnosis::{speaks_of_reputation, status_of};

words! {
    /// What kept a mail from its mailbox.
    Trouble, "kind of trouble" {
        NoSuchMailbox = "no-such-mailbox",
        MailboxFull = "mailbox-full",
        /// The mailbox exists, and takes nothing (RFC 3463 §3.3: X.2.1).
        SwitchedOff = "switched-off",
        TooLarge = "too-large",
        /// Taken for spam, or our server has a bad name.
        Spam = "spam",
        /// Some other rule of the receiver's (RFC 3463 §3.8).
        Policy = "policy",
        /// A server said that it does not pass our mail on, or takes none from this sender.
        RelayRefused = "relay-refused",
        /// A server that is busy, out of order or cannot be reached.
        ServerTrouble = "server-trouble",
        /// The connection ended before the answer to the mail came.
        NoAnswer = "no-answer",
        /// It was still waiting when its time was over.
        TooLate = "too-late",
        /// The mailbox was taken off the list after the edition was published.
        LeftMeanwhile = "left-meanwhile",
        Other = "other",
    }
}

/// Words by which servers say what they mean where their numbers don't; in small letters.
const SAID: [(Trouble, &[&str]); 4] = [
    (
        Trouble::RelayRefused,
        &["relay access denied", "relaying denied", "unable to relay", "relay not permitted", "not permitted to relay"],
    ),
    (
        Trouble::MailboxFull,
        &["mailbox full", "mailbox is full", "over quota", "quota exceeded", "overquota", "exceeded storage"],
    ),
    (
        Trouble::NoSuchMailbox,
        &[
            "user unknown",
            "unknown user",
            "no such user",
            "no such mailbox",
            "does not exist",
            "no mailbox here",
            "recipient not found",
        ],
    ),
    (Trouble::TooLarge, &["message too large", "message size exceeds", "too big"]),
];

impl Trouble {
    /// What kept this one; `None` for a mail that waits for its turn or arrived.
    pub fn of(record: &DeliveryRecord) -> Option<Self> {
        if let Some(bounce) = &record.bounce {
            let status = bounce.status.as_deref().and_then(|status| status.parse().ok());
            return Some(Self::of_status(status, "").unwrap_or(Self::Other));
        }
        let said = record.last.as_ref().map(|last| last.reply.to_string()).unwrap_or_default();
        match record.state {
            DeliveryState::Queued | DeliveryState::Claimed | DeliveryState::InFlight | DeliveryState::Accepted => None,
            DeliveryState::Suppressed => Some(Self::LeftMeanwhile),
            DeliveryState::Uncertain => Some(Self::NoAnswer),
            DeliveryState::Expired => Some(Self::said(&said).unwrap_or(Self::TooLate)),
            DeliveryState::Deferred if said.is_empty() => None,
            DeliveryState::Deferred => Some(Self::said(&said).unwrap_or(Self::ServerTrouble)),
            DeliveryState::Failed => Some(Self::said(&said).unwrap_or(Self::Other)),
        }
    }

    /// What a server's answer means; `None` when it says nothing that is known.
    fn said(said: &str) -> Option<Self> {
        let small = said.to_lowercase();
        let relay = SAID.iter().take(1).find(|(_, phrases)| phrases.iter().any(|phrase| small.contains(phrase)));
        if let Some((trouble, _)) = relay {
            return Some(*trouble);
        }
        let by_words = || {
            let found = SAID.iter().find(|(_, phrases)| phrases.iter().any(|phrase| small.contains(phrase)));
            found.map(|(trouble, _)| *trouble)
        };
        Self::of_status(status_of(None, said), said).or_else(by_words)
    }

    /// What an enhanced status code means (RFC 3463 §3); `None` where it says no more than that it failed.
    fn of_status(status: Option<EnhancedStatus>, said: &str) -> Option<Self> {
        let status = status?;
        Some(match (status.subject, status.detail) {
            (1, 7 | 8) => Self::RelayRefused,
            (1, _) if status.is_gone() => Self::NoSuchMailbox,
            (2, 1) => Self::SwitchedOff,
            (2, 2) => Self::MailboxFull,
            (2 | 3, 3 | 4) => Self::TooLarge,
            (3 | 4, _) => Self::ServerTrouble,
            (7, _) if speaks_of_reputation(said) => Self::Spam,
            (7, _) => Self::Policy,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_answer_is_told_plainly() {
        for (said, expected) in [
            ("550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", Some(Trouble::NoSuchMailbox)),
            ("550 No such user here", Some(Trouble::NoSuchMailbox)),
            ("552 5.2.2 Over quota", Some(Trouble::MailboxFull)),
            ("452 4.2.2 The mailbox is full", Some(Trouble::MailboxFull)),
            ("550 5.2.1 disabled", Some(Trouble::SwitchedOff)),
            ("552 5.3.4 Message size exceeds fixed limit", Some(Trouble::TooLarge)),
            ("554 5.7.1 Blocked: listed at zen.spamhaus.example", Some(Trouble::Spam)),
            ("550 IP address blacklisted by recipient", Some(Trouble::Spam)),
            ("550 5.7.1 Not allowed to send to this group", Some(Trouble::Policy)),
            ("554 5.7.1 <a@b.example>: Relay access denied", Some(Trouble::RelayRefused)),
            ("451 4.3.0 Try again later", Some(Trouble::ServerTrouble)),
            ("connection refused", None),
            ("", None),
        ] {
            assert_eq!(Trouble::said(said), expected, "{said}");
        }
    }
}
