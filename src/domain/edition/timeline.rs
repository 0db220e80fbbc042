//! All editions in their order, as far as the calendar needs to know them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Edition, EditionNumber, EditionState, HoldReason};

/// What the calendar needs to know of one edition.
#[derive(Debug, Clone, Copy)]
pub struct EditionPosition {
    pub state: EditionState,
    /// Not published, and may still be.
    pub open: bool,
    pub published: bool,
    /// The calendar gave it up: missed, or held for being late.
    pub given_up: bool,
    /// The local send date.
    pub date: NaiveDate,
    pub due_at: DateTime<Utc>,
    /// When a person last said that it may go out.
    pub decided_at: Option<DateTime<Utc>>,
}

impl EditionPosition {
    pub fn of(edition: &Edition) -> Self {
        Self {
            state: edition.state,
            open: edition.is_open(),
            published: edition.is_published(),
            given_up: edition.state == EditionState::Missed || edition.hold_reason().is_some_and(HoldReason::is_late),
            date: edition.date,
            due_at: edition.due_at,
            decided_at: edition.decided_at(),
        }
    }

    pub fn planned(date: NaiveDate, due_at: DateTime<Utc>) -> Self {
        let state = EditionState::Planned;
        Self { state, open: true, published: false, given_up: false, date, due_at, decided_at: None }
    }
}

/// All editions by number, as they will be once the actions found so far are applied.
#[derive(Debug, Clone)]
pub struct EditionTimeline(pub BTreeMap<EditionNumber, EditionPosition>);

/// The two editions by which all others are judged.
#[derive(Debug, Clone, Copy)]
pub struct Newest {
    /// The newest that has fallen due, sent or not; missed and withdrawn ones do not count.
    fallen_due: Option<EditionNumber>,
    /// The newest that was published, perhaps before it was due.
    published: Option<EditionNumber>,
}

impl Newest {
    /// The edition whose due instant ends the chances of `number`, if one does.
    pub fn overtaker(self, number: EditionNumber) -> Option<EditionNumber> {
        self.fallen_due.filter(|newest| *newest > number)
    }

    /// Whether a newer edition was published.
    pub fn is_behind_published(self, number: EditionNumber) -> bool {
        self.published.is_some_and(|newest| newest > number)
    }
}

impl EditionTimeline {
    pub fn new(editions: &[Edition]) -> Self {
        Self(editions.iter().map(|edition| (edition.number, EditionPosition::of(edition))).collect())
    }

    /// The newest ones at a moment.
    pub fn newest(&self, now: DateTime<Utc>) -> Newest {
        Newest {
            fallen_due: self.last(|edition| (edition.open || edition.published) && edition.due_at <= now),
            published: self.last(|edition| edition.published),
        }
    }

    /// The oldest that is being sent and not overtaken.
    pub fn being_sent(&self, newest: Newest) -> Option<EditionNumber> {
        let sending = |(number, edition): &(&EditionNumber, &EditionPosition)| {
            edition.state == EditionState::Sending && newest.overtaker(**number).is_none()
        };
        self.0.iter().find(sending).map(|(number, _)| *number)
    }

    pub fn last(&self, mut wanted: impl FnMut(&EditionPosition) -> bool) -> Option<EditionNumber> {
        self.0.iter().rev().find(|(_, edition)| wanted(edition)).map(|(number, _)| *number)
    }
}
