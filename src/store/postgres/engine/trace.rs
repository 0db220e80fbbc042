//! What a transaction leaves behind, by which it is known whether it was committed.
//!
//! The number that the server gives it is not enough: a standby that is promoted without having heard of a transaction gives its
//! number to another one. So each that may change something writes a word of its own into a row that nobody else writes at
//! the time; the row is used again by the next one.

use std::sync::Arc;

use parking_lot::Mutex;

use super::error::PostgresError;

/// The rows of this process that no transaction has.
#[derive(Default)]
pub(super) struct FreeRows(Mutex<Vec<i64>>);

/// What one transaction leaves.
pub(super) struct Trace {
    row: i64,
    word: i64,
    free: Arc<FreeRows>,
}

impl Trace {
    pub(super) fn new(free: &Arc<FreeRows>) -> Result<Self, PostgresError> {
        let known = free.0.lock().pop();
        let row = known.map_or_else(random, Ok)?;
        Ok(Self { row, word: random()?, free: Arc::clone(free) })
    }

    /// What the transaction does to leave it; by this it gets its number, too.
    pub(super) fn statement(&self) -> String {
        let Self { row, word, .. } = self;
        format!(
            "INSERT INTO traces (id, word, at) VALUES ({row}, {word}, clock_timestamp())
             ON CONFLICT (id) DO UPDATE SET word = excluded.word, at = excluded.at"
        )
    }

    /// The row and the word in it.
    pub(super) fn key(&self) -> (i64, i64) {
        (self.row, self.word)
    }

    /// The transaction has ended, and it is known how: the next may have the row. One whose end is not known may still hold it.
    pub(super) fn give_back(self) {
        self.free.0.lock().push(self.row);
    }
}

pub(super) fn random() -> Result<i64, PostgresError> {
    let mut bytes = [0; 8];
    let none = |error: getrandom::Error| PostgresError::Unreachable(format!("there are no random bytes: {error}"));
    getrandom::fill(&mut bytes).map_err(none)?;
    Ok(i64::from_le_bytes(bytes))
}
