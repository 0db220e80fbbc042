//! What goes wrong inside the store, and how it is told to the person who must act.

use std::io;

use rusqlite::ErrorCode;

use crate::domain::address::Address;
use crate::domain::refusal::Refusal;
use crate::store::StoreError;

/// An error that does not know yet which store it is about.
#[derive(Debug)]
pub(in crate::store::sqlite) enum SqliteError {
    /// `SQLite` said so.
    Sqlite(rusqlite::Error),
    /// The file system said so.
    Io(io::Error),
    /// A rule of the domain was broken.
    Refused(Refusal),
    /// No mailbox has this address.
    UnknownMailbox(Address),
    /// The file was removed or replaced while it was open.
    Gone,
    /// A foreign file, or a value that we never write.
    NotOurs(String),
    /// It was moved to this place.
    Moved(String),
    /// A move that fills it has not ended.
    Incomplete,
    /// The schema was changed while the store was open.
    Migrated {
        /// The schema of the file.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The schema is newer than the newest we know.
    Newer {
        /// The schema of the file.
        found: i64,
        /// The newest we know.
        known: i64,
    },
}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Refusal> for SqliteError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for SqliteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl SqliteError {
    /// Whether waiting may help.
    pub(in crate::store::sqlite) fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite(e) if matches!(
            e.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        ))
    }

    /// The error as the trait speaks it.
    pub(in crate::store::sqlite) fn at(&self, place: &str) -> StoreError {
        let place = place.to_owned();
        match self {
            Self::Sqlite(error) => sqlite(error, place),
            Self::Io(error) => file_system(error, place),
            Self::Refused(why) => StoreError::Refused(why.clone()),
            Self::UnknownMailbox(address) => StoreError::UnknownMailbox(address.clone()),
            Self::Gone => StoreError::Gone { place },
            Self::NotOurs(reason) => StoreError::NotOurs { place, reason: reason.clone() },
            Self::Moved(to) => StoreError::Moved { place, to: to.clone() },
            Self::Incomplete => StoreError::Incomplete { place },
            Self::Migrated { found, known } => StoreError::Migrated { place, found: *found, known: *known },
            Self::Newer { found, known } => StoreError::Newer { place, found: *found, known: *known },
        }
    }
}

/// Result codes: <https://sqlite.org/rescode.html>.
fn sqlite(error: &rusqlite::Error, place: String) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { place },
        // A folder that takes no side files shows as "unable to open".
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly { place }
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StoreError::NotOurs { place, reason: error.to_string() }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { place },
        Some(ErrorCode::SystemIoFailure) => StoreError::Disk { place, reason: error.to_string() },
        _ => StoreError::Backend { place, reason: error.to_string() },
    }
}

fn file_system(error: &io::Error, place: String) -> StoreError {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { place },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { place },
        _ => StoreError::Backend { place, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: i32) -> StoreError {
        SqliteError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)).at("var/x.db")
    }

    #[test]
    fn every_code_that_a_person_can_act_on_has_its_own_error() {
        assert!(matches!(told(5), StoreError::Locked { .. }), "SQLITE_BUSY");
        assert!(matches!(told(5 | 2 << 8), StoreError::Locked { .. }), "SQLITE_BUSY_SNAPSHOT");
        assert!(matches!(told(8), StoreError::ReadOnly { .. }), "SQLITE_READONLY");
        assert!(matches!(told(8 | 6 << 8), StoreError::ReadOnly { .. }), "SQLITE_READONLY_DIRECTORY");
        assert!(matches!(told(14), StoreError::ReadOnly { .. }), "SQLITE_CANTOPEN");
        assert!(matches!(told(26), StoreError::NotOurs { .. }), "SQLITE_NOTADB");
        assert!(matches!(told(11), StoreError::NotOurs { .. }), "SQLITE_CORRUPT");
        assert!(matches!(told(13), StoreError::Full { .. }), "SQLITE_FULL");
        assert!(matches!(told(10), StoreError::Disk { .. }), "SQLITE_IOERR");
        assert!(told(13).to_string().contains("var/x.db"));
    }

    #[test]
    fn the_file_system_is_understood_too() {
        let told = |kind| SqliteError::from(io::Error::from(kind)).at("x");
        assert!(matches!(told(io::ErrorKind::PermissionDenied), StoreError::ReadOnly { .. }));
        assert!(matches!(told(io::ErrorKind::StorageFull), StoreError::Full { .. }));
        assert!(matches!(told(io::ErrorKind::NotADirectory), StoreError::Backend { .. }));
    }
}
