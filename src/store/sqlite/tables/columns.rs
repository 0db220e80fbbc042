//! Columns that several statements read in the same way: profiles, subscriptions, sets of bands, the numbers of names.

use rusqlite::{Connection, Row};

use crate::domain::band::{BandName, BandSet};
use crate::domain::refusal::Refusal;
use crate::domain::subscriber::{Profile, SubscriberId, Subscription};
use crate::domain::subscription::suppression::{AddressKey, Suppression};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// The domain of an address in this column, as the index `recipients_domain` has it.
macro_rules! domain_of {
    ($address:literal) => {
        concat!("lower(substr(", $address, ", instr(", $address, ", '@') + 1))")
    };
}
pub(in crate::store::sqlite) use domain_of;

/// A profile in four columns: name, sector, locale, urn.
pub(in crate::store::sqlite) fn profile(row: &Row<'_>, at: usize) -> Result<Profile, SqliteError> {
    Ok(Profile { name: row.get(at)?, sector: row.get(at + 1)?, locale: row.get(at + 2)?, urn: row.get(at + 3)? })
}

/// A subscription in six columns: subscriber, origin, bands, since, ended, `ended_by`.
pub(in crate::store::sqlite) fn subscription(
    bands: &BandBook,
    row: &Row<'_>,
    at: usize,
) -> Result<Subscription, SqliteError> {
    Ok(Subscription {
        subscriber: SubscriberId(sql::count(row.get(at)?)),
        origin: row.get(at + 1)?,
        bands: bands.set(row.get(at + 2)?),
        since: sql::instant(row.get(at + 3)?)?,
        ended: sql::maybe_instant(row.get(at + 4)?)?,
        ended_by: sql::maybe_word(row, at + 5)?,
    })
}

/// A mailbox's subscriptions, the oldest first.
pub(in crate::store::sqlite) fn oldest_first(subscriptions: &mut [Subscription]) {
    subscriptions.sort_by_key(|one| (one.since, one.subscriber, one.origin.as_str()));
}

/// A suppression in four columns: mac, address, reason, at.
pub(in crate::store::sqlite) fn suppression(row: &Row<'_>) -> Result<Suppression, SqliteError> {
    Ok(Suppression {
        key: AddressKey(row.get(0)?),
        address: sql::maybe_word(row, 1)?,
        reason: sql::word(row, 2)?,
        since: sql::instant(row.get(3)?)?,
    })
}

/// How many different names a store can know: masks are 63 bits wide, and one stays free.
const LIMIT: usize = 62;

/// Every name that the store has seen, read once per request.
pub(in crate::store::sqlite) struct BandBook(Vec<(BandName, i64)>);

impl BandBook {
    /// Reads the names and their bits.
    pub(in crate::store::sqlite) fn open(conn: &Connection) -> Result<Self, SqliteError> {
        let read = |row: &rusqlite::Row<'_>| {
            let bit = 1_i64 << (row.get::<_, i64>(0)? - 1).clamp(0, 61);
            Ok((sql::parse(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?, bit))
        };
        Ok(Self(sql::rows(conn, "SELECT id, name FROM bands ORDER BY id", [], read)?))
    }

    /// The mask of a set; names seen for the first time get an id.
    pub(in crate::store::sqlite) fn learn(&mut self, conn: &Connection, set: &BandSet) -> Result<i64, SqliteError> {
        set.iter().try_fold(0, |mask, name| Ok(mask | self.bit(conn, name)?))
    }

    /// The mask of those names in `set` that the store has seen: no mailbox has any other.
    pub(in crate::store::sqlite) fn seen(&self, set: &BandSet) -> i64 {
        self.0.iter().filter(|(name, _)| set.contains(name)).fold(0, |mask, (_, bit)| mask | bit)
    }

    /// The set of a mask.
    pub(in crate::store::sqlite) fn set(&self, mask: i64) -> BandSet {
        self.0.iter().filter(|(_, bit)| mask & bit != 0).map(|(name, _)| name.clone()).collect()
    }

    fn bit(&mut self, conn: &Connection, name: &BandName) -> Result<i64, SqliteError> {
        if let Some((_, bit)) = self.0.iter().find(|(known, _)| known == name) {
            return Ok(*bit);
        }
        if self.0.len() >= LIMIT {
            return Err(Refusal::TooManyBands { band: name.clone(), limit: LIMIT }.into());
        }
        sql::run(
            conn,
            "INSERT INTO bands (id, name) VALUES (?1, ?2)",
            (u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX), name.as_str()),
        )?;
        let bit = 1 << self.0.len();
        self.0.push((name.clone(), bit));
        Ok(bit)
    }
}
