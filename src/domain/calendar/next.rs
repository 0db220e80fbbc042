//! Which edition goes out next by itself.

use chrono::{DateTime, FixedOffset, Utc};

use super::{Fortnight, Lateness, Schedule};
use crate::domain::edition::{Edition, EditionNumber, EditionState};

/// The edition that goes out next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextEdition {
    /// Its number.
    pub edition: EditionNumber,
    /// When it is due, in the schedule's zone.
    pub due_at: DateTime<FixedOffset>,
}

/// How many fortnights ahead one is looked for: ten years.
const FURTHEST: u32 = 260;

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
        let from = self.fortnight_at(now).max(first.unwrap_or(EditionNumber(1))).0;
        (from..from.saturating_add(FURTHEST)).map(EditionNumber).find_map(|number| {
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
