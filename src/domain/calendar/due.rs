//! Which edition is due, which is late, and which goes out next by itself.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Utc};

use super::schedule::HORIZON;
use super::{Fortnight, Schedule};
use crate::domain::edition::{Edition, EditionNumber, EditionState};

/// Where a moment stands to a due instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    Early,
    /// At it, or no later than the grace allows.
    Due,
    /// Beyond grace: it does not go out by itself any more.
    Late,
}

impl Schedule {
    /// Whether an edition due at `due_at` may go out by itself at `now`: from then until the end of grace, inclusive.
    pub fn lateness(&self, due_at: DateTime<Utc>, now: DateTime<Utc>) -> Lateness {
        let last = due_at.checked_add_signed(self.grace).unwrap_or(DateTime::<Utc>::MAX_UTC);
        match (now < due_at, now > last) {
            (true, _) => Lateness::Early,
            (false, true) => Lateness::Late,
            (false, false) => Lateness::Due,
        }
    }

    /// As [`Schedule::lateness`], for an edition: a person who decided on it when it was late already knew that, so it is not
    /// late any more.
    pub fn lateness_of(&self, edition: &Edition, now: DateTime<Utc>) -> Lateness {
        let decided = || edition.decided_at().is_some_and(|at| self.lateness(edition.due_at, at) == Lateness::Late);
        match self.lateness(edition.due_at, now) {
            Lateness::Late if decided() => Lateness::Due,
            lateness => lateness,
        }
    }

    fn newest_unsent(
        &self,
        now: DateTime<Utc>,
        timeline: &EditionTimeline,
        newest: Newest,
        lateness: Lateness,
    ) -> Option<EditionNumber> {
        timeline
            .last(|edition| edition.is_open() && self.lateness_of(edition, now) == lateness)
            .filter(|number| newest.overtaker(*number).is_none())
    }
}

/// The edition that is due: one that is being sent, else the newest unsent one within grace,
/// held or awaiting approval all the same. Dates count as the editions have them: apply [`super::reconcile`] first.
pub fn due(schedule: &Schedule, now: DateTime<Utc>, editions: &[Edition]) -> Option<EditionNumber> {
    let timeline = EditionTimeline::new(editions);
    let newest = timeline.newest(now);
    timeline.being_sent(newest).or_else(|| schedule.newest_unsent(now, &timeline, newest, Lateness::Due))
}

/// The unsent edition that only `send --late` sends: beyond grace, and neither overtaken nor older than one that
/// was published. Dates count as the editions have them: apply [`super::reconcile`] first.
pub fn late(schedule: &Schedule, now: DateTime<Utc>, editions: &[Edition]) -> Option<EditionNumber> {
    let timeline = EditionTimeline::new(editions);
    let newest = timeline.newest(now);
    schedule.newest_unsent(now, &timeline, newest, Lateness::Late).filter(|number| !newest.is_behind_published(*number))
}

/// The edition that goes out next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextEdition {
    pub edition: EditionNumber,
    /// When it is due, in the schedule's zone.
    pub due_at: DateTime<FixedOffset>,
}

impl Schedule {
    /// An instant as the service's own clock on the wall shows it.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.timezone).fixed_offset()
    }

    /// The edition that goes out next by itself: one that is due, else the first unpublished one to come.
    /// None before `first`, the fortnight in which the store began.
    pub fn next_edition(
        &self,
        now: DateTime<Utc>,
        first: Option<EditionNumber>,
        editions: &[Edition],
    ) -> Option<NextEdition> {
        self.coming(now, first, editions).next()
    }

    /// The first unpublished edition that falls due after this moment.
    pub fn next_to_come(
        &self,
        now: DateTime<Utc>,
        first: Option<EditionNumber>,
        editions: &[Edition],
    ) -> Option<NextEdition> {
        self.coming(now, first, editions).find(|next| next.due_at > now)
    }

    fn coming(
        &self,
        now: DateTime<Utc>,
        first: Option<EditionNumber>,
        editions: &[Edition],
    ) -> impl Iterator<Item = NextEdition> {
        let from = self.fortnight_at(now).max(first.unwrap_or(EditionNumber(1))).0;
        (from..from.saturating_add(HORIZON)).map(EditionNumber).filter_map(move |number| {
            let stored = editions.iter().find(|e| e.number == number);
            if stored.is_some_and(|e| !matches!(e.state, EditionState::Planned | EditionState::Approved)) {
                return None;
            }
            let lateness = |due_at: DateTime<Utc>| match stored {
                Some(edition) => self.lateness_of(&Edition { due_at, ..edition.clone() }, now),
                None => self.lateness(due_at, now),
            };
            match self.fortnight(number) {
                Fortnight::Sends { due_at, .. } if lateness(due_at.with_timezone(&Utc)) != Lateness::Late => {
                    Some(NextEdition { edition: number, due_at: due_at.fixed_offset() })
                }
                _ => None,
            }
        })
    }
}

/// All editions by number, as they will be once the actions found so far are applied.
#[derive(Debug, Clone)]
pub(super) struct EditionTimeline(pub(super) BTreeMap<EditionNumber, Edition>);

/// The two editions by which all others are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newest {
    /// The newest that has fallen due, sent or not; missed and withdrawn ones do not count.
    fallen_due: Option<EditionNumber>,
    /// The newest that was published, perhaps before it was due.
    published: Option<EditionNumber>,
}

impl Newest {
    /// The edition whose due instant ends the chances of `number`, if one does.
    pub(super) fn overtaker(self, number: EditionNumber) -> Option<EditionNumber> {
        self.fallen_due.filter(|newest| *newest > number)
    }

    /// Whether a newer edition was published.
    pub(super) fn is_behind_published(self, number: EditionNumber) -> bool {
        self.published.is_some_and(|newest| newest > number)
    }
}

impl EditionTimeline {
    pub(super) fn new(editions: &[Edition]) -> Self {
        Self(editions.iter().map(|edition| (edition.number, edition.clone())).collect())
    }

    /// The newest ones at a moment.
    pub(super) fn newest(&self, now: DateTime<Utc>) -> Newest {
        Newest {
            fallen_due: self.last(|edition| (edition.is_open() || edition.is_published()) && edition.due_at <= now),
            published: self.last(Edition::is_published),
        }
    }

    /// The oldest that is being sent and not overtaken.
    pub(super) fn being_sent(&self, newest: Newest) -> Option<EditionNumber> {
        let is_sending = |edition: &&Edition| edition.state == EditionState::Sending;
        let mut sending = self.0.values().filter(is_sending).map(|edition| edition.number);
        sending.find(|number| newest.overtaker(*number).is_none())
    }

    fn last(&self, wanted: impl Fn(&Edition) -> bool) -> Option<EditionNumber> {
        self.0.values().rev().find(|edition| wanted(edition)).map(|edition| edition.number)
    }
}
