//! Columns that several statements read in the same way: profiles, subscriptions, sets of bands, numbers.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::{Deref, DerefMut};

use tokio_postgres::Row;

use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{Profile, RecipientId, SubscriberId, Subscription};
use crate::domain::subscription::suppression::{AddressKey, Suppression};
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::band_book;

/// The domain of an address in this column, as the index `recipients_domain` has it.
macro_rules! domain_of {
    ($address:literal) => {
        concat!("lower(substr(", $address, ", position('@' in ", $address, ") + 1))")
    };
}
pub(in crate::store::postgres) use domain_of;

/// What each of many rows has in one column.
pub(in crate::store::postgres) fn each<'a, T, U>(rows: &'a [T], of: impl Fn(&'a T) -> U) -> Vec<U> {
    rows.iter().map(of).collect()
}

/// What was read, by what it belongs to, each in the order in which it was read.
pub(in crate::store::postgres) fn grouped<K: Eq + Hash, T>(rows: Vec<(K, T)>) -> HashMap<K, Vec<T>> {
    let mut found: HashMap<K, Vec<T>> = HashMap::new();
    for (key, one) in rows {
        found.entry(key).or_default().push(one);
    }
    found
}

/// Numbers of the domain as a column.
pub(in crate::store::postgres) fn ids(numbers: impl IntoIterator<Item = u64>) -> Result<Vec<i64>, PostgresError> {
    numbers.into_iter().map(sql::column).collect()
}

/// A mailbox's number.
pub(in crate::store::postgres) fn recipient(row: &Row, at: usize) -> Result<RecipientId, PostgresError> {
    Ok(RecipientId(sql::count(row.try_get(at)?)))
}

/// A subscriber's number.
pub(in crate::store::postgres) fn subscriber(row: &Row, at: usize) -> Result<SubscriberId, PostgresError> {
    Ok(SubscriberId(sql::count(row.try_get(at)?)))
}

/// An edition's number.
pub(in crate::store::postgres) fn edition(row: &Row, at: usize) -> Result<EditionNumber, PostgresError> {
    let number = u32::try_from(row.try_get::<_, i64>(at)?);
    number.map(EditionNumber).map_err(|_| sql::damaged("the number of an edition"))
}

/// The keyed hash of an address.
pub(in crate::store::postgres) fn key(row: &Row, at: usize) -> Result<AddressKey, PostgresError> {
    let bytes = row.try_get::<_, &[u8]>(at)?.try_into();
    bytes.map(AddressKey).map_err(|_| sql::damaged("the hash of an address"))
}

/// A profile in four columns: name, sector, locale, urn.
pub(in crate::store::postgres) fn profile(row: &Row, at: usize) -> Result<Profile, PostgresError> {
    Ok(Profile {
        name: row.try_get(at)?,
        sector: row.try_get(at + 1)?,
        locale: row.try_get(at + 2)?,
        urn: row.try_get(at + 3)?,
    })
}

/// A subscription in six columns: subscriber, origin, bands, since, ended, `ended_by`.
pub(in crate::store::postgres) fn subscription(
    bands: &BandBook,
    row: &Row,
    at: usize,
) -> Result<Subscription, PostgresError> {
    Ok(Subscription {
        subscriber: subscriber(row, at)?,
        origin: row.try_get(at + 1)?,
        bands: bands.set(row.try_get(at + 2)?),
        since: sql::instant(row.try_get(at + 3)?)?,
        ended: sql::maybe_instant(row.try_get(at + 4)?)?,
        ended_by: sql::maybe_word(row, at + 5)?,
    })
}

/// A suppression in four columns: mac, address, reason, at.
pub(in crate::store::postgres) fn suppression(row: &Row) -> Result<Suppression, PostgresError> {
    Ok(Suppression {
        key: key(row, 0)?,
        address: sql::maybe_word(row, 1)?,
        reason: sql::word(row, 2)?,
        since: sql::instant(row.try_get(3)?)?,
    })
}

/// Every name of a band that the store has seen, read once per request.
pub(in crate::store::postgres) struct BandBook(band_book::BandBook);

impl BandBook {
    /// Reads the names and their bits.
    pub(in crate::store::postgres) async fn open(transaction: &Transaction) -> Result<Self, PostgresError> {
        let query = "SELECT id, name FROM bands ORDER BY id";
        let stored = transaction.rows(query, &[], |row| Ok((row.try_get(0)?, sql::word(row, 1)?))).await?;
        Ok(Self(band_book::BandBook::new(stored)))
    }

    /// Stores the names of which a mask was asked for, and that were not known.
    pub(in crate::store::postgres) async fn store_new(
        &mut self,
        transaction: &Transaction,
    ) -> Result<(), PostgresError> {
        let new = self.take_new();
        if new.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO bands (id, name) SELECT * FROM unnest($1::bigint[], $2::text[])";
        let (ids, names) = (each(&new, |(id, _)| *id), each(&new, |(_, name)| name.as_str()));
        transaction.run(insert, params![ids, names]).await.map(drop)
    }
}

impl Deref for BandBook {
    type Target = band_book::BandBook;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for BandBook {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
