//! Bands as the store keeps them: an id per name, given once, and sets as masks of ids.

use rusqlite::Connection;

use crate::domain::band::{BandName, BandSet};
use crate::domain::refusal::Refusal;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

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
