//! One transaction: begun with what it needs to know, and ended so that whether it was committed is always known.
//!
//! A sender waits for round trips more than for anything else. So what begins a transaction leaves with its first statement, and
//! the commit may leave with its last.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool_postgres::Object;
use parking_lot::Mutex as Lock;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_postgres::{Client, Error, Row};

use super::error::PostgresError;
use super::pool::Database;
use super::schema;
use super::sql::{Param, damaged, params};
use super::trace::Trace;
use crate::store::StoreError;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::postgres) enum Purpose {
    /// To look at one moment of the store.
    Look,
    /// To change rows of which each is locked as it is read.
    Change,
    /// To decide about the mailing list, and nobody else meanwhile.
    DecideList,
    /// To decide about editions, and nobody else meanwhile; at one moment of everything else.
    DecideEditions,
}

/// The number of the lock of whoever decides about the mailing list; it ends with the transaction
/// (<https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS>).
const LIST: i64 = 0x464E_0002;

/// How long a transaction waits for others, and how long it may do nothing: a node that is cut off must not hold up the rest.
const LIMITS: &str = "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// The number that the server gave the transaction.
const NUMBER: &str = "SELECT pg_current_xact_id()";

/// How often a transaction is begun again that came in another's way, or whose connection was lost.
const TRIES: u32 = 8;

/// How long between the first two of these tries, which grows by the square: a database that is started again, or promoted, takes
/// a few seconds, a conflict is over at once.
const AFTER_CONFLICT: Duration = Duration::from_millis(5);
const AFTER_LOSS: Duration = Duration::from_millis(25);

/// How often it is asked what became of a commit that was not answered, and how long between two such questions: nothing else
/// is done before that is known.
const QUESTIONS: u32 = 480;
const BETWEEN: Duration = Duration::from_millis(250);

impl Purpose {
    /// What it begins with; `trace` is what it does to leave one.
    fn begin(self, trace: &str) -> String {
        let facts = schema::FACTS;
        match self {
            Self::Look => format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {LIMITS}; {facts}"),
            Self::Change => format!("BEGIN; {LIMITS}; {trace}; {NUMBER}; {facts}"),
            Self::DecideList => {
                format!("BEGIN; {LIMITS}; SELECT pg_advisory_xact_lock({LIST}); {trace}; {NUMBER}; {facts}")
            }
            // A table's lock is waited for before the moment that the transaction sees: an advisory one is not.
            Self::DecideEditions => format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ; {LIMITS}; LOCK TABLE editions IN SHARE ROW EXCLUSIVE MODE;
                 {trace}; {NUMBER}; {facts}"
            ),
        }
    }
}

/// Where transactions come from.
#[derive(Clone)]
pub(in crate::store::postgres) enum Source {
    /// Connections that others use, too.
    Shared(Arc<Database>),
    /// One transaction that is never committed: what is changed in it is gone with it.
    Layer { database: Arc<Database>, open: Arc<Mutex<Object>> },
}

impl Source {
    /// Where it is, as messages name it.
    pub(in crate::store::postgres) fn place(&self) -> &str {
        match self {
            Self::Shared(database) | Self::Layer { database, .. } => database.place(),
        }
    }
}

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
}

#[allow(clippy::large_enum_variant, reason = "each lives as long as a transaction, and nearly all are the large one")]
enum Connection {
    Own(Option<Object>),
    Within(OwnedMutexGuard<Object>),
}

impl Transaction {
    pub(super) fn client(&self) -> &Client {
        match &self.connection {
            Connection::Own(object) => object.as_ref().expect("a transaction has its connection until it ends"),
            Connection::Within(object) => object,
        }
    }

    /// The row in which it leaves its trace, which no other transaction has meanwhile; 0 if it leaves none.
    pub(in crate::store::postgres) fn trace_row(&self) -> i64 {
        self.trace.as_ref().map_or(0, |trace| trace.key().0)
    }

    async fn begin(source: &Source, purpose: Purpose) -> Result<Self, PostgresError> {
        let (mut trace, mut statement) = (None, String::new());
        let (connection, begin) = match source {
            Source::Shared(database) => {
                if purpose != Purpose::Look {
                    statement = trace.insert(Trace::new(database.free_rows())?).statement();
                }
                (Connection::Own(Some(database.connection().await?)), purpose.begin(&statement))
            }
            Source::Layer { open, .. } => {
                let begin = format!("SAVEPOINT request; {}", schema::FACTS);
                (Connection::Within(Arc::clone(open).lock_owned().await), begin)
            }
        };
        let (number, commit) = (OnceLock::new(), OnceLock::new());
        Ok(Self { connection, begin: Lock::new(Some(begin)), trace, number, commit })
    }

    /// Commits, or takes back what was done; whether it is certain that it was committed.
    async fn end(mut self, is_done: bool) -> Result<Ended, PostgresError> {
        let ended = match self.commit.take() {
            Some(committed) => committed,
            None if self.begin.lock().is_some() => Ok(()),
            None => self.client().batch_execute(self.ending(is_done)).await.map_err(PostgresError::from),
        };
        match ended {
            Ok(()) => {
                if let Connection::Own(object) = &mut self.connection {
                    drop(object.take());
                }
                if let Some(trace) = self.trace.take() {
                    trace.give_back();
                }
                Ok(Ended::Known)
            }
            Err(error) if is_done && error.is_cut_off() => match (self.number.take(), self.trace.take()) {
                (Some(number), Some(trace)) => Ok(Ended::Unanswered(number, trace)),
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

    /// The answer to a statement; the first one takes along what begins the transaction, and tells what is wrong with that.
    async fn answer<T>(&self, statement: impl Future<Output = Result<T, Error>>) -> Result<T, PostgresError> {
        let Some(begin) = self.begin.lock().take() else { return Ok(statement.await?) };
        let (begun, answer) = tokio::join!(biased; self.client().simple_query(&begin), statement);
        if let Some(number) = schema::check(&begun?)? {
            let _ = self.number.set(number);
        }
        Ok(answer?)
    }
}

impl Transaction {
    /// Runs a statement that returns no rows; how many it changed.
    pub(in crate::store::postgres) async fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, PostgresError> {
        self.answer(self.client().execute_typed(sql, params)).await
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
        let statement = self.client().execute_typed(sql, params);
        let (answer, commit) = tokio::join!(biased; statement, self.client().batch_execute("COMMIT"));
        let committed = match (answer.map_err(PostgresError::from), commit) {
            // Either may be what the server did not come to say.
            (Err(error), _) if error.is_cut_off() => Err(error),
            (Err(error), _) => return Err(error),
            (Ok(_), commit) => commit.map_err(PostgresError::from),
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
        self.answer(self.client().query_typed(sql, params)).await?.iter().map(read).collect()
    }

    /// The first row of a query.
    pub(in crate::store::postgres) async fn row<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row) -> Result<T, PostgresError>,
    ) -> Result<Option<T>, PostgresError> {
        self.answer(self.client().query_typed(sql, params)).await?.first().map(read).transpose()
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
        if let Connection::Own(object) = &mut self.connection
            && let Some(object) = object.take()
            && self.begin.lock().is_none()
        {
            // Out of the pool with it: the server takes everything back.
            drop(Object::take(object));
        }
    }
}

enum Ended {
    Known,
    /// The connection was lost before the answer: the transaction of this number, which left this, may be committed.
    Unanswered(String, Trace),
}

/// Tries at one piece of work, each in a transaction of its own; see [`within`].
pub(in crate::store::postgres) struct Turns<'a> {
    source: &'a Source,
    purpose: Purpose,
    tries: u32,
}

impl<'a> Turns<'a> {
    pub(in crate::store::postgres) fn new(source: &'a Source, purpose: Purpose) -> Self {
        Self { source, purpose, tries: 0 }
    }

    /// Begins the next one.
    pub(in crate::store::postgres) async fn begin(&mut self) -> Result<Transaction, StoreError> {
        loop {
            self.tries += 1;
            match Transaction::begin(self.source, self.purpose).await {
                Ok(transaction) => return Ok(transaction),
                Err(error) if self.is_worth_another(&error) => self.pause(&error).await,
                Err(error) => return Err(error.at(self.place())),
            }
        }
    }

    /// Ends it with what came of the work; or the work is to be done again, in another.
    pub(in crate::store::postgres) async fn end<T>(
        &mut self,
        transaction: Transaction,
        result: Result<T, PostgresError>,
    ) -> ControlFlow<Result<T, StoreError>> {
        let ended = transaction.end(result.is_ok()).await;
        let error = match (result, ended) {
            (Ok(value), Ok(Ended::Known)) => return ControlFlow::Break(Ok(value)),
            (Ok(value), Ok(Ended::Unanswered(number, trace))) => match self.is_committed(&number, &trace).await {
                Ok(true) => return ControlFlow::Break(Ok(value)),
                Ok(false) => PostgresError::Unreachable("the connection was lost at the commit".to_owned()),
                // To do it again might be to do it twice.
                Err(error) => return ControlFlow::Break(Err(error.at(self.place()))),
            },
            (Err(error), _) | (Ok(_), Err(error)) => error,
        };
        if self.is_worth_another(&error) {
            self.pause(&error).await;
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(Err(error.at(self.place())))
    }

    fn is_worth_another(&self, error: &PostgresError) -> bool {
        let may_go = match self.source {
            Source::Shared(_) => error.is_conflict() || error.is_cut_off(),
            Source::Layer { .. } => false,
        };
        may_go && self.tries < TRIES
    }

    async fn pause(&self, error: &PostgresError) {
        let first = if error.is_cut_off() { AFTER_LOSS } else { AFTER_CONFLICT };
        tokio::time::sleep(first * self.tries.pow(2)).await;
    }

    fn place(&self) -> &str {
        self.source.place()
    }

    /// What became of a transaction whose commit was not answered
    /// (<https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-PG-SNAPSHOT>). A primary that never heard of it was
    /// promoted without it, and may have given its number to another one.
    async fn is_committed(&self, number: &str, trace: &Trace) -> Result<bool, PostgresError> {
        let mut was_unheard = false;
        let mut error = PostgresError::Unreachable("it is not known whether the last commit was made".to_owned());
        for _ in 0..QUESTIONS {
            tokio::time::sleep(BETWEEN).await;
            match self.status_of(number, trace).await {
                Ok(status) if status == "committed" => return Ok(true),
                Ok(status) if status == "aborted" => return Ok(false),
                // It may have ended after the moment that was looked at and before its lock was looked for; not twice.
                Ok(status) if status == "unheard" && was_unheard => return Ok(false),
                Ok(status) => was_unheard = status == "unheard",
                Err(fault) => error = fault,
            }
        }
        Err(error)
    }

    async fn status_of(&self, number: &str, trace: &Trace) -> Result<String, PostgresError> {
        let query = "SELECT CASE WHEN EXISTS (SELECT 1 FROM traces WHERE id = $2 AND word = $3) THEN 'committed'
                                 WHEN EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'transactionid'
                                              AND transactionid = $1::xid8::xid) THEN 'in progress'
                                 WHEN $1::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) THEN 'unheard'
                                 WHEN pg_visible_in_snapshot($1::xid8, pg_current_snapshot()) THEN 'aborted'
                                 ELSE 'in progress' END";
        let (row, word) = trace.key();
        let looked = Transaction::begin(self.source, Purpose::Look).await?;
        let status = looked.row(query, params![number, row, word], |row| Ok(row.try_get(0)?)).await?;
        Ok(status.unwrap_or_default())
    }
}

/// Does `$work` in a transaction `$transaction` of this purpose, again where it came in another's way; the answer comes once it
/// is committed.
macro_rules! within {
    ($store:expr, $purpose:ident, |$transaction:ident| $work:expr) => {{
        use $crate::store::postgres::engine::transaction::{Purpose, Turns};
        let mut turns = Turns::new(&$store.source, Purpose::$purpose);
        loop {
            let $transaction = turns.begin().await?;
            let result = async { $work }.await;
            match turns.end($transaction, result).await {
                std::ops::ControlFlow::Break(answer) => break answer,
                std::ops::ControlFlow::Continue(()) => {}
            }
        }
    }};
}
pub(in crate::store::postgres) use within;
