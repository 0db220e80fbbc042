//! What goes wrong inside the store, and how it is told to the person who must act.

use std::error::Error;
use std::io;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::domain::address::Address;
use crate::domain::refusal::Refusal;
use crate::store::StoreError;

/// An error that does not know yet which store it is about.
#[derive(Debug)]
pub(in crate::store::postgres) enum PostgresError {
    /// The database or the connection to it said so.
    Postgres(tokio_postgres::Error),
    /// No connection is to be had.
    Unreachable(String),
    /// Nothing was heard for so long.
    Silent(Duration),
    /// Who answers cannot be verified: which host, why, and what to do.
    Untrusted(String),
    /// Who we say we are is not accepted.
    Denied(String),
    /// The server has no database of that name.
    NoDatabase { database: String, user: String },
    /// A rule of the domain was broken.
    Refused(Refusal),
    /// No mailbox has this address.
    UnknownMailbox(Address),
    /// A foreign database, or a value that we never write.
    NotOurs(String),
    /// The database has lost something that was known once.
    SetBack,
    /// The store was moved to this place.
    Moved(String),
    /// A move that fills it has not ended.
    Incomplete,
    /// The schema was changed while the store was open.
    Migrated {
        /// The schema of the database.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The schema is newer than the newest we know.
    Newer {
        /// The schema of the database.
        found: i64,
        /// The newest we know.
        known: i64,
    },
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<Refusal> for PostgresError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl PostgresError {
    /// Whether the transaction came in another's way, and would succeed when it is run again
    /// (<https://www.postgresql.org/docs/15/mvcc-serialization-failure-handling.html>). Of statements that were sent together, one
    /// may be heard first that only says that the transaction had failed before it.
    pub(in crate::store::postgres) fn is_conflict(&self) -> bool {
        let code = self.code();
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::IN_FAILED_SQL_TRANSACTION]
            .iter()
            .any(|conflict| code == Some(conflict))
    }

    /// Whether the connection is gone, or is one to a server that does not take writes now: another may be had.
    pub(in crate::store::postgres) fn is_cut_off(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Silent(_) => true,
            Self::Postgres(error) => match error.code() {
                Some(code) => ends_connection(code),
                // Anything else without a code is about a value, and would be so again.
                None => error.is_closed() || error.source().is_some_and(<dyn Error>::is::<io::Error>),
            },
            _ => false,
        }
    }

    /// Whether others held what was to be locked for longer than one waits.
    pub(super) fn is_locked(&self) -> bool {
        self.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    /// Whether other connections to the same host would fare no better.
    pub(super) fn is_of_host(&self) -> bool {
        matches!(self, Self::Silent(_)) || self.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            _ => None,
        }
    }

    /// The error as the trait speaks it.
    pub(in crate::store::postgres) fn at(&self, place: &str) -> StoreError {
        let place = place.to_owned();
        match self {
            Self::Unreachable(reason) => StoreError::Unreachable { place, reason: reason.clone() },
            Self::Silent(time) => StoreError::Unreachable { place, reason: silent(*time) },
            Self::Untrusted(reason) => StoreError::Untrusted { place, reason: reason.clone() },
            Self::Denied(reason) => StoreError::Denied { place, reason: reason.clone() },
            Self::NoDatabase { database, user } => {
                StoreError::NoDatabase { place, database: database.clone(), user: user.clone() }
            }
            Self::Postgres(error) => database(error, self.is_cut_off(), place),
            Self::Refused(why) => StoreError::Refused(why.clone()),
            Self::UnknownMailbox(address) => StoreError::UnknownMailbox(address.clone()),
            Self::NotOurs(reason) => StoreError::NotOurs { place, reason: reason.clone() },
            Self::SetBack => StoreError::SetBack { place },
            Self::Moved(to) => StoreError::Moved { place, to: to.clone() },
            Self::Incomplete => StoreError::Incomplete { place },
            Self::Migrated { found, known } => StoreError::Migrated { place, found: *found, known: *known },
            Self::Newer { found, known } => StoreError::Newer { place, found: *found, known: *known },
        }
    }
}

/// A server that is going down, starting, full, or was the primary until now, or one that gave up on us
/// (<https://www.postgresql.org/docs/15/errcodes-appendix.html>).
fn ends_connection(code: &SqlState) -> bool {
    let class = &code.code()[..2];
    let others = [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    class == "08" || class == "57" && *code != SqlState::QUERY_CANCELED || others.contains(code)
}

pub(super) fn silent(time: Duration) -> String {
    format!("it did not answer within {} s", time.as_secs_f32())
}

fn database(error: &tokio_postgres::Error, is_cut_off: bool, place: String) -> StoreError {
    let reason = reason(error);
    match error.code() {
        _ if is_cut_off => StoreError::Unreachable { place, reason },
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => StoreError::Locked { place },
        Some(code) if *code == SqlState::DISK_FULL => StoreError::Full { place },
        Some(code) if *code == SqlState::IO_ERROR => StoreError::Disk { place, reason },
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => StoreError::ReadOnly { place },
        _ => StoreError::Backend { place, reason },
    }
}

/// What happened, without the values of a row: they may be an address.
pub(in crate::store::postgres) fn reason(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(told) => format!("{}: {}", told.code().code(), told.message()),
        None => error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
    }
}
