//! Columns that several statements read in the same way: profiles, subscriptions, sets of bands, the numbers of names.

use std::ops::Deref;

use rusqlite::{Connection, Row};

use crate::domain::band::BandSet;
use crate::domain::subscriber::{Profile, SubscriberId, Subscription};
use crate::domain::subscription::suppression::{AddressKey, Suppression};
use crate::store::shared::band_book;
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

/// A suppression in four columns: mac, address, reason, at.
pub(in crate::store::sqlite) fn suppression(row: &Row<'_>) -> Result<Suppression, SqliteError> {
    Ok(Suppression {
        key: AddressKey(row.get(0)?),
        address: sql::maybe_word(row, 1)?,
        reason: sql::word(row, 2)?,
        since: sql::instant(row.get(3)?)?,
    })
}

/// Every name of a band that the store has seen, read once per request.
pub(in crate::store::sqlite) struct BandBook(band_book::BandBook);

impl BandBook {
    /// Reads the names and their bits.
    pub(in crate::store::sqlite) fn open(conn: &Connection) -> Result<Self, SqliteError> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, sql::word(row, 1)?));
        Ok(Self(band_book::BandBook::new(sql::rows(conn, "SELECT id, name FROM bands ORDER BY id", [], read)?)))
    }

    /// The mask of a set; names seen for the first time get an id.
    pub(in crate::store::sqlite) fn learn(&mut self, conn: &Connection, set: &BandSet) -> Result<i64, SqliteError> {
        let mask = self.0.mask(set)?;
        for (id, name) in self.0.take_new() {
            sql::run(conn, "INSERT INTO bands (id, name) VALUES (?1, ?2)", (id, name.as_str()))?;
        }
        Ok(mask)
    }
}

impl Deref for BandBook {
    type Target = band_book::BandBook;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
