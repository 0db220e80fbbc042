//! One transaction, begun with what it needs to know, and ended so that it is known whether that was answered.
//!
//! A sender waits for round trips more than for anything else. So what begins a transaction leaves with its first statement, and
//! the commit may leave with its last.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex as Lock;
use tokio::sync::OwnedMutexGuard;
use tokio_postgres::{Client, Error, Row};

use super::error::PostgresError;
use super::layer::Layer;
use super::pool::{Pooled, discard};
use super::purpose::{Limits, Purpose};
use super::schema;
use super::source::Source;
use super::sql::{Param, damaged};
use super::trace::Trace;
use super::watch::Watch;
use crate::store::Epoch;

/// A transaction that is open. Dropped without its end, it is rolled back, and its connection is closed.
pub(in crate::store::postgres) struct Transaction {
    connection: Connection,
    /// What begins it, until the first statement takes that along.
    begin: Lock<Option<String>>,
    /// By what it is known again, if it may change something.
    trace: Option<Trace>,
    number: OnceLock<String>,
    /// What came of the commit that left with the last statement.
    commit: OnceLock<Result<(), PostgresError>>,
    limits: Limits,
    watch: Watch,
}

#[allow(clippy::large_enum_variant, reason = "each lives as long as a transaction, and nearly all are the large one")]
enum Connection {
    Own(Option<Pooled>),
    Within(OwnedMutexGuard<Layer>),
}

impl Transaction {
    pub(super) fn client(&self) -> &Client {
        match &self.connection {
            Connection::Own(object) => object.as_ref().expect("a transaction has its connection until it ends"),
            Connection::Within(layer) => layer.client(),
        }
    }

    /// The row in which it leaves its trace, which no other transaction has meanwhile; 0 if it leaves none.
    pub(in crate::store::postgres) fn trace_row(&self) -> i64 {
        self.trace.as_ref().map_or(0, |trace| trace.key().0)
    }

    /// How far the database had come when it began, once that was answered.
    pub(in crate::store::postgres) fn epoch(&self) -> Result<Epoch, PostgresError> {
        self.watch.shown().ok_or_else(|| damaged("how far it has come was not asked"))
    }

    /// Takes a connection for it; it begins with its first statement.
    pub(super) async fn begin(source: &Source, purpose: Purpose) -> Result<Self, PostgresError> {
        let (mut trace, mut statement) = (None, String::new());
        let step = purpose.step()?;
        let (connection, begin) = match source {
            Source::Shared(database) => {
                let connection = database.connection().await?;
                if purpose != Purpose::Look {
                    statement = trace.insert(Trace::new(database.free_rows())?).statement();
                }
                (Connection::Own(Some(connection)), purpose.begin(&statement, step))
            }
            Source::Layer { open, .. } => {
                let mut layer = Arc::clone(open).lock_owned().await;
                if purpose != Purpose::Look {
                    layer.prepare_to_write().await?;
                }
                (Connection::Within(layer), format!("SAVEPOINT request; {}", schema::FACTS))
            }
        };
        let watch = Watch::begin(source, purpose, step);
        // A look takes its time, and nobody waits for it.
        let purpose = if matches!(source, Source::Layer { .. }) { Purpose::Look } else { purpose };
        let (number, commit, limits) = (OnceLock::new(), OnceLock::new(), purpose.limits(source.brief()));
        Ok(Self { connection, begin: Lock::new(Some(begin)), trace, number, commit, limits, watch })
    }

    /// Commits, or takes back what was done; whether it is certain that it was committed.
    pub(super) async fn end(mut self, is_done: bool) -> Result<Ended, PostgresError> {
        let is_left = is_done && self.begin.lock().is_none();
        let ended = match self.commit.take() {
            Some(committed) => committed,
            None if self.begin.lock().is_some() => Ok(()),
            None => in_time(self.limits.end, self.client().batch_execute(self.ending(is_done))).await,
        };
        match ended {
            Ok(()) => {
                if let Connection::Own(object) = &mut self.connection {
                    drop(object.take());
                }
                if let Some(trace) = self.trace.take() {
                    trace.give_back(is_left);
                }
                if is_done {
                    self.watch.committed();
                }
                Ok(Ended::Known)
            }
            Err(error) if is_done && error.is_cut_off() => match (self.number.take(), self.trace.take()) {
                (Some(number), Some(trace)) => Ok(Ended::Unanswered(error, number, trace)),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// The statement that ends it.
    fn ending(&self, is_done: bool) -> &'static str {
        match (&self.connection, is_done) {
            (Connection::Own(_), true) => "COMMIT",
            (Connection::Own(_), false) => "ROLLBACK",
            (Connection::Within(_), true) => "RELEASE SAVEPOINT request",
            (Connection::Within(_), false) => "ROLLBACK TO SAVEPOINT request; RELEASE SAVEPOINT request",
        }
    }

    /// The answer to a statement, which is in a box because it would be held more than once. The first one takes along what begins
    /// the transaction, and tells what is wrong with that.
    async fn answer<T>(&self, statement: Pin<Box<impl Future<Output = Result<T, Error>>>>) -> Result<T, PostgresError> {
        let Some(begin) = self.begin.lock().take() else { return in_time(self.limits.statement, statement).await };
        let both = Box::pin(async { Ok(tokio::join!(biased; self.client().simple_query(&begin), statement)) });
        let (begun, answer) = in_time(self.limits.begin + self.limits.statement, both).await?;
        let facts = schema::check(&begun?, self.watch.is_look())?;
        if let Some(number) = facts.number {
            let _ = self.number.set(number);
        }
        let is_lost = self.trace.as_ref().is_some_and(|trace| trace.is_lost(facts.word_before));
        self.watch.look_at(facts.epoch, is_lost)?;
        Ok(answer?)
    }
}

impl Transaction {
    /// Runs a statement that returns no rows; how many it changed.
    pub(in crate::store::postgres) async fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, PostgresError> {
        self.answer(Box::pin(self.client().execute_typed(sql, params))).await
    }

    /// From now on a statement takes no longer than what is done at once.
    pub(super) fn hurry(&mut self) {
        self.limits.statement = self.limits.end;
    }

    /// Runs the last statement of all, and commits: nothing may follow but the end.
    pub(in crate::store::postgres) async fn run_last(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<(), PostgresError> {
        // Only a transaction whose number is known can be asked about.
        if self.number.get().is_none() {
            return self.run(sql, params).await.map(drop);
        }
        let both = Box::pin(async {
            let statement = self.client().execute_typed(sql, params);
            Ok(tokio::join!(biased; statement, self.client().batch_execute("COMMIT")))
        });
        let committed = match in_time(self.limits.statement, both).await {
            // Either may be what the server did not come to say.
            Err(silent) => Err(silent),
            Ok((Err(error), _)) => match PostgresError::from(error) {
                error if error.is_cut_off() => Err(error),
                error => return Err(error),
            },
            Ok((Ok(_), commit)) => commit.map_err(PostgresError::from),
        };
        let _ = self.commit.set(committed);
        Ok(())
    }

    /// Every row of a query.
    pub(in crate::store::postgres) async fn rows<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnMut(&Row) -> Result<T, PostgresError>,
    ) -> Result<Vec<T>, PostgresError> {
        self.answer(Box::pin(self.client().query_typed(sql, params))).await?.iter().map(read).collect()
    }

    /// The first row of a query.
    pub(in crate::store::postgres) async fn row<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row) -> Result<T, PostgresError>,
    ) -> Result<Option<T>, PostgresError> {
        self.answer(Box::pin(self.client().query_typed(sql, params))).await?.first().map(read).transpose()
    }

    /// The integer (`bigint`) in the first column of the only row.
    pub(in crate::store::postgres) async fn number(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<i64, PostgresError> {
        self.row(sql, params, |row| Ok(row.try_get(0)?)).await?.ok_or_else(|| damaged("a row is missing"))
    }

    /// Whether it is so: the boolean in the first column of the only row.
    pub(in crate::store::postgres) async fn is(&self, sql: &str, params: &[Param<'_>]) -> Result<bool, PostgresError> {
        self.row(sql, params, |row| Ok(row.try_get(0)?)).await?.ok_or_else(|| damaged("a row is missing"))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        match self.trace.take() {
            Some(trace) if self.begin.lock().is_some() => trace.give_back(false),
            Some(trace) => trace.give_up(),
            None => {}
        }
        if let Connection::Own(object) = &mut self.connection
            && let Some(object) = object.take()
            && self.begin.lock().is_none()
        {
            discard(object);
        }
    }
}

/// What the server answers, if it does so in time.
pub(super) async fn in_time<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, PostgresError> {
    match tokio::time::timeout(limit, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(PostgresError::Silent(limit)),
    }
}

/// How a transaction ended.
pub(super) enum Ended {
    Known,
    /// The connection was lost before the answer: the transaction of this number, which left this, may be committed.
    Unanswered(PostgresError, String, Trace),
}
