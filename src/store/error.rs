//! Why a store could not do something.

use crate::domain::address::Address;
use crate::domain::refusal::Refusal;

/// Why the store could not do it. Messages say what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the write lock for longer than we wait.
    #[error("the store {place} is locked by another program: wait for it to finish, or stop it, and try again")]
    Locked { place: String },
    /// The database of several nodes does not answer, or none of its hosts takes writes now.
    #[error(
        "the store {place} cannot be reached ({reason}): see whether the database runs and store.url is right; a run waits \
         and carries on once it answers, any other command has to be run again"
    )]
    Unreachable {
        place: String,
        /// What the connection said.
        reason: String,
    },
    /// Who answers for the database of several nodes cannot be verified.
    #[error("the connection to the store {place} would not be safe, so nothing is sent over it: {reason}")]
    Untrusted {
        place: String,
        /// Which host, why, and what to do.
        reason: String,
    },
    /// The database does not accept who we say we are.
    #[error(
        "the store {place} does not let this program in ({reason}): check the user in store.url and the password, which is read from \
         the environment variable FORTNIGHTLY__STORE__PASSWORD if that is set, and otherwise from the file that \
         store.password_file names. On the database server, pg_hba.conf says who may connect from where"
    )]
    Denied {
        place: String,
        /// What the database said.
        reason: String,
    },
    /// The server has no database of that name.
    #[error(
        "there is no database “{database}” on the server of the store {place}: correct its name in store.url, or create it there, \
         empty and owned by {user}"
    )]
    NoDatabase { place: String, database: String, user: String },
    /// We may not write.
    #[error(
        "the store {place} cannot be written: check the owner and the permissions of the file and its folder, or on PostgreSQL those of \
         the user in store.url"
    )]
    ReadOnly { place: String },
    /// Someone removed or replaced the file of a store that is open.
    #[error(
        "the store {place} was removed or replaced while it was in use, so nothing can be kept: stop the program, put the \
         right file back, and start it again"
    )]
    Gone { place: String },
    /// Made by a newer program.
    #[error(
        "the store {place} was made by a newer Fortnightly (schema {found}, this program knows {known}): use that version or a later one"
    )]
    Newer {
        place: String,
        /// Its schema.
        found: i64,
        /// The newest we know.
        known: i64,
    },
    /// Another version of the program changed the schema of a store that is open.
    #[error(
        "another version of Fortnightly brought the store {place} to its schema {found} while this program, which works with \
         schema {known}, was running: nothing more is written; stop this program and start that version"
    )]
    Migrated {
        place: String,
        /// Its schema now.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database has lost something that was known once; whoever hears of it holds the store back.
    #[error("the store {place} has lost its latest changes, so nothing is sent until it is released")]
    SetBack { place: String },
    /// It was moved: it can be looked at, and nothing else.
    #[error(
        "the store {place} was moved to {to}, and can only be read here: in config.toml, on every machine, set url = \"{to}\" \
         under [store]"
    )]
    Moved {
        place: String,
        /// Where it is now, as `store.url` names it.
        to: String,
    },
    /// A move that fills it has not ended.
    #[error(
        "the store {place} can't be used yet, because a move hasn't finished filling it: wait for it, or if it was \
         interrupted, run the same command again with the old store.url in config.toml"
    )]
    Incomplete { place: String },
    /// Not ours, or damaged.
    #[error(
        "the store {place} is not a Fortnightly database or is damaged ({reason}): restore a backup or move the file away, or let \
         store.url name an empty database"
    )]
    NotOurs {
        place: String,
        /// What the backend said.
        reason: String,
    },
    /// No space left.
    #[error("the disk is full: the store {place} could not be written; make room and run the command again")]
    Full { place: String },
    /// The disk or the file system reports a fault, which may pass.
    #[error("the store {place} cannot be read or written ({reason}): look at the disk, or at the connection to it")]
    Disk {
        place: String,
        /// What the backend said.
        reason: String,
    },
    /// The store has no mailbox with this address.
    #[error("{0} is no mailbox of the store")]
    UnknownMailbox(Address),
    /// A rule of the domain was broken; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Anything else from the backend.
    #[error("the store {place} failed: {reason}")]
    Backend {
        place: String,
        /// What the backend said.
        reason: String,
    },
}

impl StoreError {
    /// The database that its server does not have, and who is to own it.
    pub fn missing_database(&self) -> Option<(&str, &str)> {
        match self {
            Self::NoDatabase { database, user, .. } => Some((database, user)),
            _ => None,
        }
    }

    /// Whether a run waits for as long as it lasts: what a relay accepted must not be forgotten.
    pub fn is_waited_for(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::Unreachable { .. }
                | Self::Untrusted { .. }
                | Self::Denied { .. }
                | Self::NoDatabase { .. }
                | Self::Full { .. }
                | Self::ReadOnly { .. }
                | Self::Disk { .. }
        )
    }

    /// Whether the same request may succeed later without anyone changing it: locked, full, or a fault of the disk.
    pub fn may_pass(&self) -> bool {
        self.is_waited_for() || matches!(self, Self::Backend { .. })
    }
}
