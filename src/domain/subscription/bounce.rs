//! What a bounce means for a mailbox, by its enhanced status code (RFC 3463).
//!
//! Editions are counted, not days: a score that fades in days never fires on mail that comes once a fortnight. Bulletins are
//! not counted. Three mails in one week that a full mailbox refuses are no three editions in a row, which take a month at
//! least. A bulletin that comes back because its mailbox doesn't exist says as much as an edition does.

use std::fmt;
use std::str::FromStr;

use crate::domain::delivery::DeliveryState;
use crate::domain::edition::EditionNumber;

/// Editions that are looked back on: more than any rule asks for, with room for some that do not count.
pub const LOOK_BACK: u32 = 12;

/// An enhanced status code such as 5.1.1 (RFC 3463 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedStatus {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u16,
    /// What it is about: 1 addressing, 2 mailbox, 7 security or policy, …
    pub subject: u16,
    pub detail: u16,
}

impl EnhancedStatus {
    /// The code that `text` begins with, whatever brackets are around it.
    pub fn at_start_of(text: &str) -> Option<Self> {
        text.split_whitespace().next()?.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
    }

    /// The receiving server says that there is no such mailbox or domain.
    pub fn is_gone(self) -> bool {
        matches!((self.class, self.subject, self.detail), (5, 1, 1 | 2 | 3 | 6 | 10))
    }

    /// It says nothing more than its class.
    pub fn is_vague(self) -> bool {
        (self.subject, self.detail) == (0, 0)
    }
}

/// The text is no enhanced status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no enhanced status code such as 5.1.1")]
pub struct NoStatus;

impl FromStr for EnhancedStatus {
    type Err = NoStatus;

    fn from_str(text: &str) -> Result<Self, NoStatus> {
        let mut parts = text.split('.').map(|part| match part.len() {
            1..=3 if part.bytes().all(|b| b.is_ascii_digit()) => part.parse::<u16>().map_err(|_| NoStatus),
            _ => Err(NoStatus),
        });
        let mut next = || parts.next().unwrap_or(Err(NoStatus));
        let status = Self { class: next()?, subject: next()?, detail: next()? };
        if parts.next().is_some() || !matches!(status.class, 2 | 4 | 5) {
            return Err(NoStatus);
        }
        Ok(status)
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// What follows from a bounce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// Our sending is at fault, or a policy of the receiver's: an operator is told, and nobody is suppressed.
    Policy,
    /// The mailbox is suppressed when so many editions in a row bounced; bulletins neither count nor break a row.
    After(u8),
    /// The mailbox does not exist: it is suppressed now, or waits with others of which the same was said.
    Gone,
    /// It was said not to exist, and an operator found that the server was wrong.
    Dismissed,
}

impl Meaning {
    /// What a failure with this status means; `None` when the report named no status.
    pub fn of(status: Option<EnhancedStatus>) -> Self {
        match status.map(|status| (status, status.class, status.subject, status.detail)) {
            Some((status, ..)) if status.is_gone() => Self::Gone,
            // 5.1.7 and 5.1.8 are about our own address.
            Some((_, _, 7, _) | (_, 5, 1, 7 | 8)) => Self::Policy,
            Some((_, 5, 2, 1)) => Self::After(2),
            _ => Self::After(3),
        }
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("policy"),
            Self::After(editions) => write!(f, "after {editions}"),
            Self::Gone => f.write_str("gone"),
            Self::Dismissed => f.write_str("dismissed"),
        }
    }
}

/// The text is no meaning of a bounce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no meaning of a bounce")]
pub struct NoMeaning;

impl FromStr for Meaning {
    type Err = NoMeaning;

    fn from_str(text: &str) -> Result<Self, NoMeaning> {
        match text.split_once(' ') {
            Some(("after", editions)) => editions.parse().map(Self::After).map_err(|_| NoMeaning),
            None if text == "policy" => Ok(Self::Policy),
            None if text == "gone" => Ok(Self::Gone),
            None if text == "dismissed" => Ok(Self::Dismissed),
            _ => Err(NoMeaning),
        }
    }
}

/// Bounces of one edition that mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BounceCount {
    pub edition: EditionNumber,
    pub meaning: Meaning,
    /// Whether they wait for a person, as a wave.
    pub waits: bool,
    /// How many.
    pub mails: u64,
    /// Of how many of them the relay had accepted the mail.
    pub accepted: u64,
    /// Of how many of them the mailbox is suppressed because mail came back.
    pub suppressed: u64,
}

/// How many mails of an edition were accepted, and came back. Those of which the server was wrong did not.
pub fn came_back(edition: EditionNumber, counts: &[BounceCount]) -> u64 {
    let came = |count: &&BounceCount| count.edition == edition && count.meaning != Meaning::Dismissed;
    counts.iter().filter(came).map(|count| count.accepted).sum()
}

/// One edition that went to a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastDelivery {
    pub edition: EditionNumber,
    /// Where its delivery stands.
    pub state: DeliveryState,
    /// What its bounce means, if it bounced.
    pub bounce: Option<Meaning>,
}

impl PastDelivery {
    /// Whether it bounced; `None` when it says nothing about the mailbox: it never reached the receiving server, was refused
    /// as a matter of policy, or by a server that was wrong.
    pub fn bounced(&self) -> Option<bool> {
        match self.bounce {
            Some(Meaning::Policy | Meaning::Dismissed) => None,
            Some(_) => Some(true),
            None => matches!(self.state, DeliveryState::Accepted | DeliveryState::Uncertain).then_some(false),
        }
    }
}

/// How many of a mailbox's newest editions bounced in a row. `newest_first` says of each whether it did. The newest counts
/// against a row only when it bounced: a report about it may still come.
pub fn in_a_row(newest_first: &[bool]) -> u8 {
    let decided = newest_first.strip_prefix(&[false]).unwrap_or(newest_first);
    let row = decided.iter().take_while(|bounced| **bounced).count();
    u8::try_from(row).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: &str) -> Meaning {
        Meaning::of(status.parse().ok())
    }

    #[test]
    fn a_status_decides() {
        for gone in ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"] {
            assert_eq!(meaning(gone), Meaning::Gone, "{gone}");
        }
        for ours in ["5.7.1", "5.7.26", "4.7.0", "5.1.7", "5.1.8"] {
            assert_eq!(meaning(ours), Meaning::Policy, "{ours}");
        }
        assert_eq!(meaning("5.2.1"), Meaning::After(2));
        for other in ["5.2.2", "4.4.7", "4.2.2", "5.0.0", "5.4.4", "5.1.0", "5.1.11", "4.1.1", ""] {
            assert_eq!(meaning(other), Meaning::After(3), "{other}");
        }
    }

    #[test]
    fn only_whole_codes_are_codes() {
        for (text, expected) in [("5.1.1", "5.1.1"), ("(5.2.2)", "5.2.2"), ("#5.7.133 (no)", "5.7.133")] {
            assert_eq!(EnhancedStatus::at_start_of(text).unwrap().to_string(), expected);
        }
        for text in ["", "5", "5.1", "5.1.1.1", "5.1.1234", "3.1.1", "5..1", "x.1.1", "550 5.1.1"] {
            assert_eq!(EnhancedStatus::at_start_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_row_is_of_editions_and_the_newest_may_still_bounce() {
        for (newest_first, row) in [
            (&[][..], 0),
            (&[false], 0),
            (&[true], 1),
            (&[true, true, true, false], 3),
            (&[false, true, true], 2),
            (&[false, false, true, true], 0),
            (&[true, false, true, true], 1),
        ] {
            assert_eq!(in_a_row(newest_first), row, "{newest_first:?}");
        }
    }
}
