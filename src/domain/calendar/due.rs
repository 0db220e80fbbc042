//! Which edition is due, which is late, and which has been overtaken (contract §3, "Late").

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::Schedule;
use crate::domain::edition::{Edition, EditionNumber, EditionState};

/// Where a moment stands to a due instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// Before it.
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
}

impl Schedule {
    /// As [`Schedule::lateness`], for an edition: one that a person decided on when it was late already is not any more.
    pub fn lateness_of(&self, edition: &Edition, now: DateTime<Utc>) -> Lateness {
        Row::of(edition).lateness(self, now)
    }
}

/// The edition that is due (contract §3): one that is being sent, else the newest unsent one within grace,
/// held or awaiting approval all the same. Dates count as the editions have them: apply [`super::reconcile`] first.
pub fn due(schedule: &Schedule, now: DateTime<Utc>, editions: &[Edition]) -> Option<EditionNumber> {
    let ledger = Ledger::new(editions);
    let standing = ledger.standing(now);
    ledger.being_sent(standing).or_else(|| ledger.newest_unsent(schedule, now, standing, Lateness::Due))
}

/// The unsent edition that only `send --late` sends: beyond grace, and neither overtaken nor older than one that
/// was published. Dates count as the editions have them: apply [`super::reconcile`] first.
pub fn late(schedule: &Schedule, now: DateTime<Utc>, editions: &[Edition]) -> Option<EditionNumber> {
    let ledger = Ledger::new(editions);
    let standing = ledger.standing(now);
    ledger
        .newest_unsent(schedule, now, standing, Lateness::Late)
        .filter(|number| !standing.is_behind_published(*number))
}

/// How the reason of a hold for being late begins.
pub(super) const LATE: &str = "late";

/// What the calendar needs to know of one edition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) state: EditionState,
    /// Not published, and may still be.
    pub(super) open: bool,
    pub(super) published: bool,
    /// The calendar gave it up: missed, or held for being late.
    pub(super) given_up: bool,
    pub(super) date: NaiveDate,
    pub(super) due_at: DateTime<Utc>,
    /// When a person last said that it may go out.
    pub(super) decided_at: Option<DateTime<Utc>>,
}

impl Row {
    fn of(edition: &Edition) -> Self {
        Self {
            state: edition.state,
            open: edition.is_open(),
            published: edition.is_published(),
            given_up: edition.state == EditionState::Missed
                || (edition.state == EditionState::Held
                    && edition.reason.as_ref().is_some_and(|reason| reason.starts_with(LATE))),
            date: edition.date,
            due_at: edition.due_at,
            decided_at: edition.decided_at(),
        }
    }

    pub(super) fn planned(date: NaiveDate, due_at: DateTime<Utc>) -> Self {
        let state = EditionState::Planned;
        Self { state, open: true, published: false, given_up: false, date, due_at, decided_at: None }
    }

    /// As [`Schedule::lateness`]; a person who decided on it when it was late already knew that, so it is not any more.
    pub(super) fn lateness(&self, schedule: &Schedule, now: DateTime<Utc>) -> Lateness {
        let decided = || self.decided_at.is_some_and(|at| schedule.lateness(self.due_at, at) == Lateness::Late);
        match schedule.lateness(self.due_at, now) {
            Lateness::Late if decided() => Lateness::Due,
            lateness => lateness,
        }
    }
}

/// All editions by number, as they will be once the actions found so far are applied.
#[derive(Debug, Clone)]
pub(super) struct Ledger(pub(super) BTreeMap<EditionNumber, Row>);

/// The two editions by which all others are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The newest that has fallen due, sent or not; missed and withdrawn ones do not count.
    fallen_due: Option<EditionNumber>,
    /// The newest that was published, perhaps before it was due.
    published: Option<EditionNumber>,
}

impl Standing {
    /// The edition whose due instant ends the chances of `number`, if one does.
    pub(super) fn overtaker(self, number: EditionNumber) -> Option<EditionNumber> {
        self.fallen_due.filter(|newest| *newest > number)
    }

    /// Whether a newer edition was published.
    pub(super) fn is_behind_published(self, number: EditionNumber) -> bool {
        self.published.is_some_and(|newest| newest > number)
    }
}

impl Ledger {
    pub(super) fn new(editions: &[Edition]) -> Self {
        Self(editions.iter().map(|edition| (edition.number, Row::of(edition))).collect())
    }

    pub(super) fn standing(&self, now: DateTime<Utc>) -> Standing {
        Standing {
            fallen_due: self.newest(|row| (row.open || row.published) && row.due_at <= now),
            published: self.newest(|row| row.published),
        }
    }

    /// The oldest that is being sent and not overtaken.
    pub(super) fn being_sent(&self, standing: Standing) -> Option<EditionNumber> {
        self.0
            .iter()
            .find(|(number, row)| row.state == EditionState::Sending && standing.overtaker(**number).is_none())
            .map(|(number, _)| *number)
    }

    fn newest_unsent(
        &self,
        schedule: &Schedule,
        now: DateTime<Utc>,
        standing: Standing,
        lateness: Lateness,
    ) -> Option<EditionNumber> {
        self.newest(|row| row.open && row.lateness(schedule, now) == lateness)
            .filter(|number| standing.overtaker(*number).is_none())
    }

    fn newest(&self, mut wanted: impl FnMut(&Row) -> bool) -> Option<EditionNumber> {
        self.0.iter().rev().find(|(_, row)| wanted(row)).map(|(number, _)| *number)
    }
}
