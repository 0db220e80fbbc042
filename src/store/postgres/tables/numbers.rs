//! The numbers that rows get. They lie in a table, which a transaction that is taken back leaves as it was: no number is left out.
//!
//! Whoever gives one of these holds the lock of the mailing list, or for a user's that of the users, so they are read without another.

use super::columns::each;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

pub(in crate::store::postgres) const SUBSCRIBER: &str = "subscriber";
pub(in crate::store::postgres) const RECIPIENT: &str = "recipient";
pub(in crate::store::postgres) const REQUEST: &str = "request";
pub(in crate::store::postgres) const WAVE: &str = "wave";
pub(in crate::store::postgres) const NAME: &str = "name";
pub(in crate::store::postgres) const USER: &str = "user";
pub(in crate::store::postgres) const MAIL: &str = "mail";

/// The numbers that come next, of each of these kinds.
pub(in crate::store::postgres) async fn next<const N: usize>(
    transaction: &Transaction,
    kinds: [&'static str; N],
) -> Result<[u64; N], PostgresError> {
    let query = "SELECT coalesce(n.next, 1) FROM unnest($1::text[]) WITH ORDINALITY AS k (kind, place)
                 LEFT JOIN numbers n ON n.kind = k.kind ORDER BY k.place";
    let found = transaction.rows(query, params![kinds.to_vec()], |row| Ok(sql::count(row.try_get(0)?))).await?;
    found.try_into().map_err(|_| sql::damaged("the table of numbers"))
}

/// Remembers the numbers that come next. None ever comes again.
pub(in crate::store::postgres) async fn put(
    transaction: &Transaction,
    next: &[(&'static str, u64)],
) -> Result<(), PostgresError> {
    if next.is_empty() {
        return Ok(());
    }
    let put = "INSERT INTO numbers AS n (kind, next) SELECT * FROM unnest($1::text[], $2::bigint[])
               ON CONFLICT (kind) DO UPDATE SET next = greatest(n.next, excluded.next)";
    let numbers = next.iter().map(|(_, number)| sql::column(*number)).collect::<Result<Vec<i64>, _>>()?;
    transaction.run(put, params![each(next, |(kind, _)| *kind), numbers]).await.map(drop)
}
