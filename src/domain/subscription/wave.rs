//! Waves: hard bounces in such numbers that the server which said so is more likely wrong than the mailboxes are gone. A big
//! provider once said for a day that none of its accounts exists. All of a wave wait for a person.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::bounce::{Meaning, PastDelivery};
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{MailboxState, RecipientId, WordError, words};

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
        /// It was none, as the end of the run showed: each of its bounces was judged again.
        Dissolved = "dissolved",
    }
}

impl WaveState {
    /// The waves whose bounces count again when another one may form. A confirmed one decided about its own bounces, and
    /// about nobody who comes later.
    pub const COUNTS_AGAIN: &[Self] = &[Self::Open, Self::Dismissed, Self::Dissolved];
}

/// What the bounces of a wave have in common besides their edition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaveScope {
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
    pub scope: WaveScope,
    /// When it was noticed.
    pub at: DateTime<Utc>,
    pub state: WaveState,
    /// Whether what was decided is carried out for all of its mailboxes.
    pub is_settled: bool,
}

impl Wave {
    /// Whether what a person decided is not carried out for all of its mailboxes. What is dissolved goes on by itself.
    pub fn waits_to_be_completed(&self) -> bool {
        matches!(self.state, WaveState::Confirmed | WaveState::Dismissed) && !self.is_settled
    }
}

/// A hard bounce that belongs to no wave yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveMember {
    pub recipient: RecipientId,
    /// What editions went to this mailbox lately, newest first.
    pub newest_first: Vec<PastDelivery>,
}

/// A group of mailboxes of one edition, to which the one belongs of which something came back now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub scope: WaveScope,
    /// How many other ones came back hard, as [`counted_since`] and [`WaveState::COUNTS_AGAIN`] say.
    pub others: u64,
    /// To how many the edition was handed over, or tried. For a server: in the domains of which it reported something.
    /// Counted no further than [`count_to`].
    pub tried: u64,
    /// The last wave of this group.
    pub wave: Option<Wave>,
}

/// What a bounce is judged by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BounceContext {
    /// The mail server that reported it, if it named itself.
    pub server: Option<String>,
    /// Of a hard bounce, the groups that it belongs to, the widest first: the edition's comes before all others.
    pub groups: Vec<Group>,
    /// The other hard bounces of the group in which it makes a wave, if it does, that belong to none yet.
    pub members: Vec<WaveMember>,
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
    Forms(&'a WaveScope),
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

/// Since when the hard bounces of a group are counted, for one that came at this moment: within [`WITHIN`], and while the
/// group's last wave is open all that made it.
pub fn counted_since(last: Option<&Wave>, at: DateTime<Utc>) -> DateTime<Utc> {
    let open = last.filter(|wave| wave.state == WaveState::Open);
    open.map_or(at, |wave| wave.at.min(at)) - WITHIN
}

/// Whether a mailbox of a wave waits: whoever left meanwhile, or is suppressed because a later edition came back, does not.
pub fn waits(state: MailboxState, is_suppressed: bool) -> bool {
    state == MailboxState::Active && !is_suppressed
}

/// Whether another edition to a mailbox came back hard, too: no server is wrong for a fortnight. A bulletin may come back on the
/// day after an edition, so it repeats nothing.
pub fn is_repeated(edition: EditionNumber, newest_first: &[PastDelivery]) -> bool {
    let is_edition = BulletinId::of(edition).is_none();
    is_edition && newest_first.iter().any(|past| past.edition != edition && past.bounce == Some(Meaning::Gone))
}

/// Whether so many hard bounces are a wave of this scope, of so many that an edition reached in it and in all.
pub fn is_wave(scope: &WaveScope, bounced: u64, tried: u64, in_all: u64) -> bool {
    let is_rare = matches!(scope, WaveScope::Server(_)) && in_all > bounced.saturating_mul(SERVER_SHARE);
    tried <= most_of(bounced) && !is_rare
}

impl BounceContext {
    /// What follows from one more hard bounce, at this moment.
    pub fn verdict(&self, told: ToldBy, at: DateTime<Utc>) -> Verdict<'_> {
        let mut is_confirmed = false;
        for group in self.groups.iter().rev() {
            let Some(wave) = &group.wave else { continue };
            match wave.state {
                WaveState::Open if self.makes_wave(group) => return Verdict::Joins(wave.id),
                // What was said of a narrower group outweighs what is said of a wider one.
                WaveState::Confirmed => is_confirmed = true,
                // What the relay says now is about another attempt, and is judged anew; so is what comes days later.
                WaveState::Dismissed if told == ToldBy::Report && !is_confirmed && at < wave.at + WITHIN => {
                    return Verdict::Dismissed(wave.id);
                }
                _ => {}
            }
        }
        let is_open = |group: &Group| group.wave.as_ref().is_some_and(|wave| wave.state == WaveState::Open);
        let formed = self.groups.iter().find(|group| !is_open(group) && self.makes_wave(group));
        formed.map_or(Verdict::Alone, |group| Verdict::Forms(&group.scope))
    }

    fn makes_wave(&self, group: &Group) -> bool {
        let in_all = self.groups.first().map_or(0, |edition| edition.tried);
        is_wave(&group.scope, group.others + 1, group.tried, in_all)
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

impl WaveScope {
    /// Its kind as it is stored, and the domain's or server's name.
    pub fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Edition => ("edition", None),
            Self::Domain(name) => ("domain", Some(name)),
            Self::Server(name) => ("server", Some(name)),
        }
    }

    /// What [`WaveScope::parts`] stands for.
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

    const MOMENT: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn group(scope: WaveScope, others: u64, tried: u64) -> Group {
        Group { scope, others, tried, wave: None }
    }

    fn wave(id: u64, state: WaveState) -> Wave {
        let is_settled = state != WaveState::Open;
        Wave { id: WaveId(id), edition: EditionNumber(7), scope: WaveScope::Edition, at: MOMENT, state, is_settled }
    }

    fn verdict(groups: &[Group], told: ToldBy) -> String {
        verdict_at(groups, told, MOMENT)
    }

    fn verdict_at(groups: &[Group], told: ToldBy, at: DateTime<Utc>) -> String {
        let context = BounceContext { groups: groups.to_vec(), ..BounceContext::default() };
        format!("{:?}", context.verdict(told, at))
    }

    #[test]
    fn three_and_over_half_or_more_than_ten_and_over_a_tenth() {
        for (bounced, most) in [(0, 0), (1, 0), (2, 0), (3, 5), (4, 7), (10, 19), (11, 109), (20, 199), (200, 1999)] {
            assert_eq!(most_of(bounced), most, "{bounced}");
            let of = |tried| is_wave(&WaveScope::Edition, bounced, tried, tried);
            assert!(!of(most + 1) && (most == 0 || of(most)), "{bounced}");
        }
    }

    #[test]
    fn a_server_counts_only_when_it_is_much_of_the_edition() {
        let server = WaveScope::Server("mx.example".to_owned());
        assert!(is_wave(&server, 3, 3, 150) && !is_wave(&server, 3, 3, 151));
        assert!(!is_wave(&server, 3, 6, 10));
        assert!(count_to(3) > 150 && count_to(3) > most_of(3) && count_to(11) > most_of(11));
    }

    #[test]
    fn the_widest_group_makes_it_and_the_narrowest_takes_in() {
        let (domain, server) = (WaveScope::Domain("x.example".to_owned()), WaveScope::Server("mx.example".to_owned()));
        let all = |n| [group(WaveScope::Edition, n, 4), group(server.clone(), n, 4), group(domain.clone(), n, 4)];
        assert_eq!(verdict(&all(1), ToldBy::Report), "Alone");
        assert_eq!(verdict(&all(2), ToldBy::Report), "Forms(Edition)");
        let mut groups = [group(WaveScope::Edition, 2, 90), group(server, 2, 90), group(domain, 2, 5)];
        assert_eq!(verdict(&groups, ToldBy::Report), "Forms(Domain(\"x.example\"))");
        groups[2].wave = Some(wave(4, WaveState::Open));
        assert_eq!(verdict(&groups, ToldBy::Relay), "Joins(WaveId(4))");
        groups[2].tried = 6;
        assert_eq!(verdict(&groups, ToldBy::Report), "Alone", "it is no wave any more");
        groups[0].wave = Some(wave(5, WaveState::Dismissed));
        assert_eq!(verdict(&groups, ToldBy::Report), "Dismissed(WaveId(5))");
        assert_eq!(verdict(&groups, ToldBy::Relay), "Alone");
        assert_eq!(verdict_at(&groups, ToldBy::Report, MOMENT + WITHIN), "Alone", "the server has come to its senses");
        groups[2].wave = Some(wave(4, WaveState::Confirmed));
        assert_eq!(verdict(&groups, ToldBy::Report), "Alone");
    }

    /// Whom a person gave up are not counted again, and say nothing of those who come after them.
    #[test]
    fn a_wave_that_was_confirmed_or_dissolved_decides_about_nobody_else() {
        let domain = WaveScope::Domain("x.example".to_owned());
        for state in [WaveState::Confirmed, WaveState::Dissolved] {
            let groups = |others| {
                let settled = |group: Group| Group { wave: Some(wave(1, state)), ..group };
                [settled(group(WaveScope::Edition, others, 43)), settled(group(domain.clone(), others.min(2), 3))]
            };
            for told in [ToldBy::Report, ToldBy::Relay] {
                assert_eq!(verdict(&groups(0), told), "Alone");
                assert_eq!(verdict(&groups(2), told), "Forms(Domain(\"x.example\"))");
                assert_eq!(verdict(&groups(21), told), "Forms(Edition)");
            }
        }
    }

    #[test]
    fn an_open_wave_counts_all_that_made_it() {
        let late = MOMENT + TimeDelta::days(9);
        assert_eq!(counted_since(None, late), late - WITHIN);
        assert_eq!(counted_since(Some(&wave(1, WaveState::Open)), late), MOMENT - WITHIN);
        assert_eq!(counted_since(Some(&wave(1, WaveState::Dismissed)), late), late - WITHIN);
    }

    #[test]
    fn nothing_around_is_no_wave() {
        assert_eq!(verdict(&[], ToldBy::Report), "Alone");
    }
}
