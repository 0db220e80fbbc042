//! Subscribers, mailboxes and subscriptions as rows, and what follows for a mailbox when one of them changes.

use rusqlite::{Connection, Row};

use super::bands::BandBook;
use super::{audit, requests};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{MailboxState, Origin, Profile, SuppressionReason};
use crate::domain::suppression::AddressHasher;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// One request's view of the people in the store.
pub(in crate::store::sqlite) struct People<'a> {
    pub(in crate::store::sqlite) conn: &'a Connection,
    pub(in crate::store::sqlite) hasher: &'a AddressHasher,
    pub(in crate::store::sqlite) bands: BandBook,
    /// The moment of the request.
    pub(in crate::store::sqlite) at: i64,
}

/// A mailbox's row.
pub(in crate::store::sqlite) struct Mailbox {
    pub(in crate::store::sqlite) id: i64,
    pub(in crate::store::sqlite) owner: i64,
    pub(in crate::store::sqlite) bands: i64,
    pub(in crate::store::sqlite) state: MailboxState,
}

impl<'a> People<'a> {
    pub(in crate::store::sqlite) fn open(
        conn: &'a Connection,
        hasher: &'a AddressHasher,
        at: i64,
    ) -> Result<Self, SqliteError> {
        Ok(Self { conn, hasher, bands: BandBook::open(conn)?, at })
    }

    /// The mask of a set that somebody asks for.
    pub(in crate::store::sqlite) fn mask(&mut self, set: &BandSet) -> Result<i64, SqliteError> {
        if set.is_empty() {
            return Err(SqliteError::refused("a mailbox without a band would get nothing: name at least one"));
        }
        self.bands.learn(self.conn, set)
    }

    /// Why this address is never mailed, if so.
    pub(in crate::store::sqlite) fn suppression(
        &self,
        address: &Address,
    ) -> Result<Option<SuppressionReason>, SqliteError> {
        let key = self.hasher.key(address).0;
        sql::row(self.conn, "SELECT reason FROM suppressions WHERE mac = ?1", [key], |row| word(row, 0))
    }

    /// Why the config file must not bring this address in, if so: it is suppressed, or its reader left or complained and
    /// has not been subscribed since.
    pub(in crate::store::sqlite) fn kept_out(
        &self,
        address: &Address,
    ) -> Result<Option<SuppressionReason>, SqliteError> {
        if let Some(reason) = self.suppression(address)? {
            return Ok(Some(reason));
        }
        let query = "SELECT s.ended_by FROM recipients r JOIN subscriptions s ON s.recipient = r.id
                     WHERE r.folded = ?1 AND r.state <> 'active' AND s.ended_by IN ('unsubscribed', 'complained')
                     ORDER BY s.ended DESC LIMIT 1";
        if let Some(reason) = sql::row(self.conn, query, [address.folded()], |row| word(row, 0))? {
            return Ok(Some(reason));
        }
        // Whoever left and was forgotten is known by the hash, unless they have come back since.
        let query = "SELECT s.ended_by FROM recipients r JOIN subscriptions s ON s.recipient = r.id
                     WHERE r.mac = ?1 AND r.address IS NULL AND s.ended_by IN ('unsubscribed', 'complained')
                       AND NOT EXISTS (SELECT 1 FROM recipients n WHERE n.folded = ?2 AND n.state = 'active')
                     ORDER BY s.ended DESC LIMIT 1";
        sql::row(self.conn, query, (self.hasher.key(address).0, address.folded()), |row| word(row, 0))
    }

    /// The mailbox of this address, in whatever state.
    pub(in crate::store::sqlite) fn find(&self, address: &Address) -> Result<Option<Mailbox>, SqliteError> {
        let query = "SELECT id, owner, bands, state FROM recipients WHERE folded = ?1";
        sql::row(self.conn, query, [address.folded()], |row| {
            Ok(Mailbox { id: row.get(0)?, owner: row.get(1)?, bands: row.get(2)?, state: word(row, 3)? })
        })
    }

    /// A new mailbox; it becomes active with its first subscription.
    pub(in crate::store::sqlite) fn add_mailbox(
        &self,
        address: &Address,
        owner: i64,
        bands: i64,
    ) -> Result<i64, SqliteError> {
        let insert = "INSERT INTO recipients (address, folded, mac, owner, bands, state, created_at)
                      VALUES (?1, ?2, ?3, ?4, ?5, 'ended', ?6)";
        let key = self.hasher.key(address).0;
        sql::run(self.conn, insert, (address.as_str(), address.folded(), key, owner, bands, self.at))?;
        Ok(self.conn.last_insert_rowid())
    }

    /// What is known of a subscriber.
    pub(in crate::store::sqlite) fn profile(&self, subscriber: i64) -> Result<Profile, SqliteError> {
        let query = "SELECT n.name, s.sector, s.locale, s.urn
                     FROM subscribers s JOIN names n ON n.id = s.name_id WHERE s.id = ?1";
        sql::row(self.conn, query, [subscriber], |row| profile(row, 0))?
            .ok_or_else(|| SqliteError::refused(format!("there is no subscriber {subscriber}")))
    }

    /// A new subscriber.
    pub(in crate::store::sqlite) fn add_subscriber(
        &self,
        profile: &Profile,
        origin: Origin,
    ) -> Result<i64, SqliteError> {
        let insert = "INSERT INTO subscribers (name_id, sector, locale, urn, origin, created_at)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let name = self.name(&profile.name)?;
        let words = (profile.sector.as_str(), profile.locale.as_str(), profile.urn.as_deref());
        sql::run(self.conn, insert, (name, words.0, words.1, words.2, origin.as_str(), self.at))?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Gives a subscriber a new profile.
    pub(in crate::store::sqlite) fn update_subscriber(
        &self,
        subscriber: i64,
        profile: &Profile,
    ) -> Result<(), SqliteError> {
        let update = "UPDATE subscribers SET name_id = ?2, sector = ?3, locale = ?4, urn = ?5 WHERE id = ?1";
        let name = self.name(&profile.name)?;
        let words = (profile.sector.as_str(), profile.locale.as_str(), profile.urn.as_deref());
        sql::run(self.conn, update, (subscriber, name, words.0, words.1, words.2)).map(drop)
    }

    /// Begins a subscription, or begins one anew that had ended.
    pub(in crate::store::sqlite) fn join(
        &self,
        recipient: i64,
        subscriber: i64,
        origin: Origin,
        bands: i64,
    ) -> Result<(), SqliteError> {
        let put = "INSERT INTO subscriptions (recipient, subscriber, origin, bands, since) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO UPDATE SET bands = excluded.bands,
                       since = CASE WHEN ended IS NULL THEN since ELSE excluded.since END,
                       ended = NULL, ended_by = NULL";
        sql::run(self.conn, put, (recipient, subscriber, origin.as_str(), bands, self.at)).map(drop)
    }

    /// Ends every subscription of a mailbox. Those that ended before, but not by its reader's wish, count as ended by this too.
    pub(in crate::store::sqlite) fn end_all(&self, recipient: i64, by: &str) -> Result<(), SqliteError> {
        let end = "UPDATE subscriptions SET ended = coalesce(ended, ?2), ended_by = ?3
                   WHERE recipient = ?1 AND (ended IS NULL OR ended_by NOT IN ('unsubscribed', 'complained'))";
        sql::run(self.conn, end, (recipient, self.at, by))?;
        requests::close(self.conn, recipient, self.at)?;
        self.refresh(recipient)
    }

    /// Sets or drops the mailbox's own choice of bands.
    pub(in crate::store::sqlite) fn choose(&self, recipient: i64, bands: Option<i64>) -> Result<(), SqliteError> {
        sql::run(self.conn, "UPDATE recipients SET chosen = ?2 WHERE id = ?1", (recipient, bands)).map(drop)
    }

    /// Derives owner, bands and state from the active subscriptions: it belongs to whoever named it first, gets its
    /// own choice or else the union, and has ended when no subscription is left.
    pub(in crate::store::sqlite) fn refresh(&self, recipient: i64) -> Result<(), SqliteError> {
        let query = "SELECT subscriber, bands, origin = 'config' FROM subscriptions
                     WHERE recipient = ?1 AND ended IS NULL ORDER BY since, subscriber, origin";
        let active = sql::rows(self.conn, query, [recipient], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?))
        })?;
        let Some((owner, ..)) = active.first() else {
            return sql::run(self.conn, "UPDATE recipients SET state = 'ended' WHERE id = ?1", [recipient]).map(drop);
        };
        // Without a choice of its own: the union of the entries that name it, else of whatever does (contract §3, Sync).
        let named = active.iter().any(|(.., config)| *config);
        let union = active.iter().filter(|(.., config)| *config == named).fold(0, |mask, (_, bands, _)| mask | bands);
        let update = "UPDATE recipients SET owner = ?2, bands = coalesce(chosen, ?3), state = 'active' WHERE id = ?1";
        sql::run(self.conn, update, (recipient, owner, union)).map(drop)
    }

    /// One audit row about a mailbox.
    pub(in crate::store::sqlite) fn note(
        &self,
        actor: &str,
        action: &str,
        recipient: i64,
        detail: &str,
    ) -> Result<(), SqliteError> {
        audit::write(self.conn, self.at, actor, action, &format!("recipient {recipient}"), detail)
    }

    pub(in crate::store::sqlite) fn name(&self, name: &str) -> Result<i64, SqliteError> {
        if let Some(id) = sql::row(self.conn, "SELECT id FROM names WHERE name = ?1", [name], |row| Ok(row.get(0)?))? {
            return Ok(id);
        }
        sql::run(self.conn, "INSERT INTO names (name) VALUES (?1)", [name])?;
        Ok(self.conn.last_insert_rowid())
    }
}

/// A word of the domain in a column.
pub(in crate::store::sqlite) fn word<T: std::str::FromStr<Err: std::fmt::Display>>(
    row: &Row<'_>,
    at: usize,
) -> Result<T, SqliteError> {
    sql::parse(row.get_ref(at)?.as_str().map_err(rusqlite::Error::from)?)
}

/// A profile in four columns: name, sector, locale, urn.
pub(in crate::store::sqlite) fn profile(row: &Row<'_>, at: usize) -> Result<Profile, SqliteError> {
    Ok(Profile { name: row.get(at)?, sector: word(row, at + 1)?, locale: word(row, at + 2)?, urn: row.get(at + 3)? })
}
