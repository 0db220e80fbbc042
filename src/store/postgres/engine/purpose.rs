//! What a transaction is for, and so what it begins with, and how long a server may take for it.

use std::time::Duration;

use super::error::PostgresError;
use super::schema;
use super::trace::random;
use crate::store::Epoch;

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

/// How long the server may take to begin a transaction, to answer a statement, and to end it.
pub(super) struct Limits {
    pub(super) begin: Duration,
    pub(super) statement: Duration,
    pub(super) end: Duration,
}

/// The number of the lock of whoever decides about the mailing list; it ends with the transaction
/// (<https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS>).
const LIST: i64 = 0x464E_0002;

/// How long a transaction waits for others, and how long it may do nothing: a node that is cut off must not hold up the rest.
const LIMITS: &str = "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// How long such a wait is.
const LOCKED: Duration = Duration::from_secs(10);

/// To publish to millions takes minutes, and whoever decides about editions waits for that, again and again.
const PUBLISHING: Duration = Duration::from_mins(10);

/// How long a statement may take that may be about many rows, and one that publishes.
const LONG: Duration = Duration::from_mins(5);
const LONGEST: Duration = Duration::from_hours(2);

/// The number that the server gave the transaction.
const NUMBER: &str = "SELECT pg_current_xact_id()";

/// What each statement sees is what was committed before it, whatever the role's default is.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

impl Purpose {
    /// What it begins with; `trace` is what it does to leave one, and `step` by how much it raises its counter. A counter is raised
    /// only after it was asked for, or nobody would see that the database had lost as much.
    pub(super) fn begin(self, trace: &str, step: i64) -> String {
        let facts = schema::FACTS;
        match self {
            Self::Look => format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {LIMITS}; {facts}"),
            Self::Change => format!("{BEGIN}; {LIMITS}; {trace}; {NUMBER}; {facts}"),
            Self::DecideList => {
                let raise = schema::raise("list", step);
                format!("{BEGIN}; {LIMITS}; SELECT pg_advisory_xact_lock({LIST}); {trace}; {NUMBER}; {facts}; {raise}")
            }
            // A table's lock is waited for before the moment that the transaction sees: an advisory one is not.
            Self::DecideEditions => format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ; {LIMITS}; LOCK TABLE editions IN SHARE ROW EXCLUSIVE MODE;
                 {trace}; {NUMBER}; {facts}; {}",
                schema::raise("editions", step)
            ),
        }
    }

    /// By how much it raises a counter, if it does: hardly ever twice by as much.
    pub(super) fn step(self) -> Result<i64, PostgresError> {
        if self.decides() { Ok(1 + random()?.rem_euclid(Epoch::STEP)) } else { Ok(0) }
    }

    /// Whether it raises a counter.
    pub(super) fn decides(self) -> bool {
        matches!(self, Self::DecideList | Self::DecideEditions)
    }

    /// How far the database has come once it is committed, if it showed this when it began.
    pub(super) fn raised(self, epoch: Epoch, step: i64) -> Epoch {
        match self {
            Self::DecideList => Epoch { list: epoch.list + step, ..epoch },
            Self::DecideEditions => Epoch { editions: epoch.editions + step, ..epoch },
            Self::Look | Self::Change => epoch,
        }
    }

    /// How long the server may take, if it answers what is done at once within `brief`.
    pub(super) fn limits(self, brief: Duration) -> Limits {
        let (begin, statement) = match self {
            Self::Look => (brief, LONG),
            Self::Change => (brief, brief),
            Self::DecideList => (brief + LOCKED, LONG),
            Self::DecideEditions => (brief + LOCKED, LONGEST),
        };
        Limits { begin, statement, end: brief }
    }

    /// For how long it is begun again as long as others hold what it must lock.
    pub(super) fn patience(self) -> Duration {
        if self == Self::DecideEditions { PUBLISHING } else { Duration::ZERO }
    }
}
