//! A connection for questions so short that going to another thread would cost more than the answer.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::fault::Fault;
use crate::store::StoreError;

/// Answers in the caller's thread. In WAL mode a reader waits for nobody.
pub(super) struct Glance(Mutex<Connection>);

impl Glance {
    pub(super) fn new(conn: Connection) -> Self {
        Self(Mutex::new(conn))
    }

    /// Runs one query; it must take microseconds.
    pub(super) fn look<T>(
        &self,
        place: &str,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let conn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&conn).map_err(|fault| fault.at(place))
    }
}
