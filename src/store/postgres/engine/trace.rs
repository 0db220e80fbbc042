//! What a transaction leaves behind, by which it is known whether it was committed.
//!
//! The number that the server gives it is not enough: a standby that is promoted without having heard of a transaction gives its
//! number to another one. So each that may change something writes a word of its own into a row that nobody else writes at
//! the time; the row is used again by the next one.
//!
//! The next one is told which word was there before it. If that is not the one that was left last, the database has lost a
//! transaction that it had answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::error::PostgresError;

/// How long a word is sure to be there: what is older than a day may be forgotten, by the clock of the database.
const KEPT: Duration = Duration::from_hours(12);

/// How often a row is used: as long as someone looks at an early moment, what was in it before is not cleared away, and whoever
/// writes it again has to pass all of that.
const USES: u32 = 1_000;

/// The rows of this process that no transaction has.
#[derive(Default)]
pub(in crate::store::postgres) struct FreeRows(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    free: Vec<Free>,
    /// How many losses were dealt with: what was left before the last one does not count any more.
    losses: u64,
}

struct Free {
    row: i64,
    /// How often it was used.
    uses: u32,
    /// What was left in it last, if that was committed.
    left: Option<Left>,
}

struct Left {
    word: i64,
    /// What transactions may have left since, of which it is not known how they ended.
    or: Vec<i64>,
    at: Instant,
}

impl FreeRows {
    /// What was left does not count any more: the database has lost some of it, and that is dealt with.
    pub(in crate::store::postgres) fn forget(&self) {
        let mut rows = self.0.lock();
        rows.free.clear();
        rows.losses += 1;
    }

    /// How many losses were dealt with.
    pub(super) fn losses(&self) -> u64 {
        self.0.lock().losses
    }

    fn put(&self, losses: u64, place: impl FnOnce(&mut Vec<Free>)) {
        let mut rows = self.0.lock();
        if rows.losses == losses {
            place(&mut rows.free);
        }
    }
}

/// What one transaction leaves.
pub(super) struct Trace {
    row: i64,
    uses: u32,
    word: i64,
    before: Option<Left>,
    /// How many losses were dealt with when it got its row.
    losses: u64,
    free: Arc<FreeRows>,
}

impl Trace {
    pub(super) fn new(free: &Arc<FreeRows>) -> Result<Self, PostgresError> {
        let (known, losses) = {
            let mut rows = free.0.lock();
            (rows.free.pop(), rows.losses)
        };
        let Free { row, uses, left } = match known {
            Some(known) => known,
            None => Free { row: random()?, uses: 0, left: None },
        };
        Ok(Self { row, uses: uses + 1, word: random()?, before: left, losses, free: Arc::clone(free) })
    }

    /// What the transaction does to leave it; by this it gets its number, too.
    pub(super) fn statement(&self) -> String {
        let Self { row, word, .. } = self;
        format!(
            "INSERT INTO traces (id, word, at) VALUES ({row}, {word}, clock_timestamp())
             ON CONFLICT (id) DO UPDATE SET word = excluded.word, at = excluded.at, before = traces.word
             RETURNING before AS word_before"
        )
    }

    /// Whether what was left before it is gone: this word was there, or none.
    pub(super) fn is_lost(&self, found: Option<i64>) -> bool {
        let is_known = |left: &Left| found.is_some_and(|found| found == left.word || left.or.contains(&found));
        self.before.as_ref().is_some_and(|left| left.at.elapsed() < KEPT && !is_known(left))
    }

    /// The row and the word in it.
    pub(super) fn key(&self) -> (i64, i64) {
        (self.row, self.word)
    }

    /// The transaction has ended, and it is known how: the next may have the row. One whose end is not known may still hold it.
    pub(super) fn give_back(self, is_left: bool) {
        let left =
            if is_left { Some(Left { word: self.word, or: Vec::new(), at: Instant::now() }) } else { self.before };
        if self.uses < USES {
            let free = Free { row: self.row, uses: self.uses, left };
            self.free.put(self.losses, |rows| rows.push(free));
        }
    }

    /// It is not known how the transaction ends, and it may still hold the row: the others are used first. What was left before
    /// it is remembered.
    pub(super) fn give_up(self) {
        if let Some(mut left) = self.before {
            left.or.push(self.word);
            let free = Free { row: self.row, uses: self.uses, left: Some(left) };
            self.free.put(self.losses, |rows| rows.insert(0, free));
        }
    }
}

/// A number that nobody else has.
pub(super) fn random() -> Result<i64, PostgresError> {
    let mut bytes = [0; 8];
    let none = |error: getrandom::Error| PostgresError::Unreachable(format!("there are no random bytes: {error}"));
    getrandom::fill(&mut bytes).map_err(none)?;
    Ok(i64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_used_again_but_not_for_ever() {
        let free = Arc::new(FreeRows::default());
        let rows: Vec<i64> = (0..2 * USES)
            .map(|_| {
                let trace = Trace::new(&free).unwrap();
                let row = trace.key().0;
                trace.give_back(true);
                row
            })
            .collect();
        let (first, second) = rows.split_at(USES as usize);
        assert!(first.iter().all(|row| *row == first[0]) && second.iter().all(|row| *row == second[0]));
        assert_ne!(first[0], second[0]);
    }

    /// Whether the next transaction misses what was left if it is told that this word was there; it leaves none.
    fn misses(free: &Arc<FreeRows>, found: Option<i64>) -> bool {
        let trace = Trace::new(free).unwrap();
        let misses = trace.is_lost(found);
        trace.give_back(false);
        misses
    }

    #[test]
    fn what_was_left_is_missed_however_often_it_was_tried_in_vain() {
        let free = Arc::default();
        let trace = Trace::new(&free).unwrap();
        let left = trace.word;
        trace.give_back(true);
        let tried: Vec<i64> = (0..5)
            .map(|_| {
                let trace = Trace::new(&free).unwrap();
                let word = trace.word;
                trace.give_up();
                word
            })
            .collect();
        assert!(misses(&free, None) && misses(&free, Some(left.wrapping_add(1))));
        for may_be_there in tried.into_iter().chain([left]) {
            assert!(!misses(&free, Some(may_be_there)));
        }
    }
}
