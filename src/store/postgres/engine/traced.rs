//! A statement that is a transaction by itself, and leaves a trace: one round trip, and it is known whether it was committed.

use tokio_postgres::Row;

use super::error::PostgresError;
use super::fate;
use super::open_transaction::in_time;
use super::pool::discard;
use super::purpose::Purpose;
use super::source::Source;
use super::sql::Param;
use super::trace::Trace;
use super::watch::Watch;
use crate::store::Epoch;

/// One that is about to be run. Dropped before it has ended, its row is not used by another soon.
pub(in crate::store::postgres) struct Traced<'a> {
    source: &'a Source,
    trace: Option<Trace>,
    watch: Watch,
}

/// How it ended.
pub(in crate::store::postgres) enum Ended<T> {
    /// With this answer; and whether the database has lost something.
    Answered(T, bool),
    /// It was committed, and its answer was lost.
    DoneUnanswered,
    /// Nothing was done, and won't be.
    NotDone,
}

/// What its row says of the database, beside the answer.
pub(in crate::store::postgres) struct Facts {
    pub(in crate::store::postgres) epoch: Epoch,
    /// The word that was in the row where it left its own.
    pub(in crate::store::postgres) word_before: Option<i64>,
}

impl<'a> Traced<'a> {
    /// `None` for a look, whose layer is one open transaction.
    pub(in crate::store::postgres) fn new(source: &'a Source) -> Result<Option<Self>, PostgresError> {
        let Source::Shared(database) = source else { return Ok(None) };
        let watch = Watch::begin(source, Purpose::Change, 0);
        Ok(Some(Self { source, trace: Some(Trace::new(database.free_rows())?), watch }))
    }

    /// The row and the word that the statement leaves.
    pub(in crate::store::postgres) fn key(&self) -> (i64, i64) {
        self.trace.as_ref().map_or((0, 0), Trace::key)
    }

    /// Runs it.
    ///
    /// # Errors
    /// Returns an error when it is not known whether it was committed.
    pub(in crate::store::postgres) async fn run<T>(
        mut self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row) -> Result<(T, Facts), PostgresError>,
    ) -> Result<Ended<T>, PostgresError> {
        let connection = match self.source.database().connection().await {
            Ok(connection) => connection,
            Err(error) => return Ok(self.not_done(&error)),
        };
        match in_time(self.source.brief(), connection.query_typed_one(sql, params)).await {
            Ok(row) => {
                let (answer, facts) = read(&row)?;
                let is_lost = self.trace.as_ref().is_some_and(|trace| trace.is_lost(facts.word_before));
                self.give_back(true);
                Ok(Ended::Answered(answer, self.watch.look_at(facts.epoch, is_lost).is_err()))
            }
            Err(error) if error.is_cut_off() => {
                discard(connection);
                self.source.note(&error);
                self.unanswered(error).await
            }
            Err(error) => Ok(self.not_done(&error)),
        }
    }

    async fn unanswered<T>(&mut self, error: PostgresError) -> Result<Ended<T>, PostgresError> {
        let Some(trace) = &self.trace else { return Err(error) };
        if !fate::is_left(self.source, trace).await? {
            return Ok(self.not_done(&error));
        }
        self.give_back(true);
        Ok(Ended::DoneUnanswered)
    }

    fn not_done<T>(&mut self, error: &PostgresError) -> Ended<T> {
        self.source.note(error);
        self.give_back(false);
        Ended::NotDone
    }

    fn give_back(&mut self, is_left: bool) {
        if let Some(trace) = self.trace.take() {
            trace.give_back(is_left);
        }
    }
}

impl Drop for Traced<'_> {
    fn drop(&mut self) {
        if let Some(trace) = self.trace.take() {
            trace.give_up();
        }
    }
}
