//! Subscribers by name: every name is looked at, so that no copy of them need be kept, or forgotten.

use tokio_postgres::Row;

use super::columns::{self, BandBook};
use super::lists;
use crate::domain::name_query::{NameQuery, folded};
use crate::domain::subscriber::{SubscriberId, SubscriberRecord};
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::mailboxes;

/// How many names are looked at at once.
const NAMES: i64 = 10_000;

/// The numbers of the first `limit` organisations, by name, that the query lets through.
pub(super) async fn find(
    transaction: &Transaction,
    query: &NameQuery,
    limit: usize,
) -> Result<Vec<SubscriberId>, PostgresError> {
    let names = "SELECT s.id, n.name, s.urn FROM subscribers s JOIN names n ON n.id = s.name_id
                 WHERE s.id > $1 ORDER BY s.id LIMIT $2";
    let read = |row: &Row| {
        let (name, urn) = (folded(row.try_get(1)?), row.try_get(2)?);
        Ok((columns::subscriber(row, 0)?, query.matches(&name, urn).then_some(name)))
    };
    let (mut found, mut after) = (Vec::new(), 0);
    while let page @ [.., (last, _)] = &transaction.rows(names, params![after, NAMES], read).await?[..] {
        after = sql::column(last.0)?;
        found.extend(page.iter().filter_map(|(id, name)| name.clone().map(|name| (name, *id))));
    }
    Ok(mailboxes::first_by_name(found, limit))
}

/// These organisations with their known mailboxes, in this order.
pub(super) async fn records(
    transaction: &Transaction,
    ids: &[SubscriberId],
) -> Result<Vec<SubscriberRecord>, PostgresError> {
    let numbers = ids.iter().map(|id| sql::column(id.0)).collect::<Result<Vec<i64>, _>>()?;
    let organisations =
        "SELECT s.id, n.name, s.sector, s.locale, s.urn FROM subscribers s JOIN names n ON n.id = s.name_id
                         WHERE s.id = ANY($1) ORDER BY s.id";
    let of = "SELECT r.owner, r.id, r.address, r.bands, r.chosen IS NOT NULL, r.state, x.reason
              FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac
              WHERE r.owner = ANY($1) AND r.address IS NOT NULL ORDER BY r.owner, r.id";
    let all = "SELECT s.recipient, s.subscriber, s.origin, s.bands, s.since, s.ended, s.ended_by
               FROM recipients r JOIN subscriptions s ON s.recipient = r.id
               WHERE r.owner = ANY($1) AND r.address IS NOT NULL";
    let bands = BandBook::open(transaction).await?;
    let subscription = |row: &Row| Ok((columns::recipient(row, 0)?, columns::subscription(&bands, row, 1)?));
    let mut records = transaction.rows(organisations, params![numbers], lists::organisation).await?;
    let found = transaction.rows(of, params![numbers], |row| lists::owned(&bands, row)).await?;
    let subscriptions = transaction.rows(all, params![numbers], subscription).await?;
    mailboxes::fill(&mut records, found, columns::grouped(subscriptions));
    Ok(mailboxes::in_order_of(ids, records))
}
