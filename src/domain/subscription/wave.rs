//! Waves: hard bounces in such numbers that the server which said so is more likely wrong than the mailboxes are gone. A big
//! provider once said for a day that none of its accounts exists. All of a wave wait for a person.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{RecipientId, WordError, words};

/// Bounces belong together that come within this time.
pub const WITHIN: TimeDelta = TimeDelta::hours(24);

/// From so many bounces on, over half is a wave.
const FEW: u64 = 3;

/// With more bounces than this, over a tenth is a wave.
const MANY: u64 = 10;

/// A server's bounces are a wave only when they are one in so many of the whole edition, or more: whoever else it serves is
/// not known, and every fortnight some mailboxes are gone that have only their server in common.
const SERVER_SHARE: u64 = 50;

/// A wave's number, given by the store and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct WaveId(pub u64);

words! {
    /// What was decided about a wave.
    WaveState, "state of a wave" {
        /// Nothing yet.
        Open = "open",
        /// The mailboxes are gone.
        Confirmed = "confirmed",
        /// The server was wrong.
        Dismissed = "dismissed",
    }
}

/// What the bounces of a wave have in common besides their edition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// Nothing.
    Edition,
    /// The domain of their addresses, in lower case.
    Domain(String),
    /// The mail server that reported them.
    Server(String),
}

/// A wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    pub id: WaveId,
    pub edition: EditionNumber,
    pub extent: Extent,
    /// When it was noticed.
    pub at: DateTime<Utc>,
    pub state: WaveState,
}

/// A hard bounce that waits, or may wait, with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub recipient: RecipientId,
    /// Whether another edition to this mailbox came back hard, too.
    pub is_repeated: bool,
}

/// A group of mailboxes of one edition, to which the one belongs of which something came back now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub extent: Extent,
    /// How many other ones came back hard: within [`WITHIN`], or since a wave of this group began that is open.
    pub others: u64,
    /// To how many the edition was handed over, or tried. For a server: in the domains of which it reported something.
    /// Counted no further than [`count_to`].
    pub tried: u64,
    /// The last wave of this group.
    pub wave: Option<(WaveId, WaveState)>,
}

/// What a hard bounce is judged by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The groups that it belongs to, the widest first: the edition's comes before all others.
    pub groups: Vec<Group>,
    /// The other hard bounces of the group in which it makes a wave, if it does, that belong to none yet.
    pub peers: Vec<Peer>,
}

/// How a hard bounce was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// By a report, which may be about any attempt.
    Report,
    /// By the relay at RCPT, just now.
    Relay,
}

/// What follows from a hard bounce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It stands for itself: the mailbox is suppressed.
    Alone,
    /// It waits with a wave that is there.
    Joins(WaveId),
    /// It makes a wave of its group.
    Forms(&'a Extent),
    /// Its wave was dismissed: the server was wrong about this mailbox, too.
    Dismissed(WaveId),
}

/// The most mailboxes of which so many hard bounces are a wave.
fn most_of(bounced: u64) -> u64 {
    let over_half = if bounced >= FEW { 2 * bounced - 1 } else { 0 };
    let over_a_tenth = if bounced > MANY { 10 * bounced - 1 } else { 0 };
    over_half.max(over_a_tenth)
}

/// How far those need to be counted whom an edition reached: what is beyond makes no difference.
pub fn count_to(bounced: u64) -> u64 {
    bounced.saturating_mul(SERVER_SHARE).saturating_add(1)
}

/// Whether so many hard bounces are a wave of this extent, of so many that an edition reached in it and in all.
pub fn is_wave(extent: &Extent, bounced: u64, tried: u64, in_all: u64) -> bool {
    let is_rare = matches!(extent, Extent::Server(_)) && in_all > bounced.saturating_mul(SERVER_SHARE);
    tried <= most_of(bounced) && !is_rare
}

impl Surroundings {
    /// What follows from one more hard bounce.
    pub fn verdict(&self, told: ToldBy) -> Verdict<'_> {
        let narrowest_first = || self.groups.iter().rev();
        for group in narrowest_first() {
            match group.wave {
                Some((id, WaveState::Open)) if self.makes_wave(group) => return Verdict::Joins(id),
                Some((_, WaveState::Confirmed)) => return Verdict::Alone,
                // What the relay says now is about another attempt, and is judged anew.
                Some((id, WaveState::Dismissed)) if told == ToldBy::Report => return Verdict::Dismissed(id),
                _ => {}
            }
        }
        let may_begin = |group: &&Group| !matches!(group.wave, Some((_, WaveState::Open)));
        let formed = self.groups.iter().filter(may_begin).find(|group| self.makes_wave(group));
        formed.map_or(Verdict::Alone, |group| Verdict::Forms(&group.extent))
    }

    /// The mail server that reported it, if it named itself.
    pub fn server(&self) -> Option<&str> {
        self.groups.iter().find_map(|group| match &group.extent {
            Extent::Server(name) => Some(name.as_str()),
            Extent::Edition | Extent::Domain(_) => None,
        })
    }

    fn makes_wave(&self, group: &Group) -> bool {
        let in_all = self.groups.first().map_or(0, |edition| edition.tried);
        is_wave(&group.extent, group.others + 1, group.tried, in_all)
    }
}

/// Why a wave cannot be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotSettle {
    #[error("there is no such wave")]
    Unknown,
    #[error("the wave is {0} already")]
    Already(WaveState),
}

impl Extent {
    /// Its kind as it is stored, and the domain's or server's name.
    pub fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Edition => ("edition", None),
            Self::Domain(name) => ("domain", Some(name)),
            Self::Server(name) => ("server", Some(name)),
        }
    }

    /// What [`Extent::parts`] stands for.
    pub fn of_parts(kind: &str, name: Option<String>) -> Option<Self> {
        match (kind, name) {
            ("edition", None) => Some(Self::Edition),
            ("domain", Some(name)) => Some(Self::Domain(name)),
            ("server", Some(name)) => Some(Self::Server(name)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(extent: Extent, others: u64, tried: u64) -> Group {
        Group { extent, others, tried, wave: None }
    }

    fn verdict(groups: &[Group], told: ToldBy) -> String {
        let surroundings = Surroundings { groups: groups.to_vec(), peers: Vec::new() };
        format!("{:?}", surroundings.verdict(told))
    }

    #[test]
    fn three_and_over_half_or_more_than_ten_and_over_a_tenth() {
        for (bounced, most) in [(0, 0), (1, 0), (2, 0), (3, 5), (4, 7), (10, 19), (11, 109), (20, 199), (200, 1999)] {
            assert_eq!(most_of(bounced), most, "{bounced}");
            let of = |tried| is_wave(&Extent::Edition, bounced, tried, tried);
            assert!(!of(most + 1) && (most == 0 || of(most)), "{bounced}");
        }
    }

    #[test]
    fn a_server_counts_only_when_it_is_much_of_the_edition() {
        let server = Extent::Server("mx.example".to_owned());
        assert!(is_wave(&server, 3, 3, 150) && !is_wave(&server, 3, 3, 151));
        assert!(!is_wave(&server, 3, 6, 10));
        assert!(count_to(3) > 150 && count_to(3) > most_of(3) && count_to(11) > most_of(11));
    }

    #[test]
    fn the_widest_group_makes_it_and_the_narrowest_takes_in() {
        let (domain, server) = (Extent::Domain("x.example".to_owned()), Extent::Server("mx.example".to_owned()));
        let all = |n| [group(Extent::Edition, n, 4), group(server.clone(), n, 4), group(domain.clone(), n, 4)];
        assert_eq!(verdict(&all(1), ToldBy::Report), "Alone");
        assert_eq!(verdict(&all(2), ToldBy::Report), "Forms(Edition)");
        let mut groups = [group(Extent::Edition, 2, 90), group(server, 2, 90), group(domain, 2, 5)];
        assert_eq!(verdict(&groups, ToldBy::Report), "Forms(Domain(\"x.example\"))");
        groups[2].wave = Some((WaveId(4), WaveState::Open));
        assert_eq!(verdict(&groups, ToldBy::Relay), "Joins(WaveId(4))");
        groups[2].tried = 6;
        assert_eq!(verdict(&groups, ToldBy::Report), "Alone", "it is no wave any more");
        groups[0].wave = Some((WaveId(5), WaveState::Dismissed));
        assert_eq!(verdict(&groups, ToldBy::Report), "Dismissed(WaveId(5))");
        assert_eq!(verdict(&groups, ToldBy::Relay), "Alone");
        groups[2].wave = Some((WaveId(4), WaveState::Confirmed));
        assert_eq!(verdict(&groups, ToldBy::Report), "Alone");
    }

    #[test]
    fn nothing_around_is_no_wave() {
        assert_eq!(verdict(&[], ToldBy::Report), "Alone");
    }
}
