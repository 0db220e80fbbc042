//! Subscribers by name or domain.

use std::collections::HashSet;

use tokio_postgres::Row;

use super::columns::{self, BandBook, domain_of};
use super::lists;
use crate::domain::name_query::{NameQuery, folded};
use crate::domain::subscriber::{SubscriberId, SubscriberRecord};
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::mailboxes::{self, ENOUGH, LOOKED_AT, past};

/// How many names are looked at at once.
const NAMES: i64 = 10_000;
const SOME: i64 = 1_000;

/// The numbers of the first `limit` organisations, by name, that the query lets through.
pub(super) async fn find(
    transaction: &Transaction,
    query: &NameQuery,
    limit: usize,
) -> Result<Vec<SubscriberId>, PostgresError> {
    let found = match rarest(transaction, query).await?.filter(|_| limit < usize::MAX) {
        Some(word) => by_word(transaction, query, word, limit.max(ENOUGH)).await?,
        None => all(transaction, query).await?,
    };
    Ok(mailboxes::first_by_name(found, limit))
}

/// Organisations with their names as they are sorted.
type Found = Vec<(String, SubscriberId)>;

async fn all(transaction: &Transaction, query: &NameQuery) -> Result<Found, PostgresError> {
    let names = "SELECT s.id, n.name, s.urn FROM subscribers s JOIN names n ON n.id = s.name_id
                 WHERE s.id > $1 ORDER BY s.id LIMIT $2";
    let read = |row: &Row| Ok((columns::subscriber(row, 0)?, meant(query, row)?));
    let (mut found, mut after) = (Vec::new(), 0);
    while let page @ [.., (last, _)] = &transaction.rows(names, params![after, NAMES], read).await?[..] {
        after = sql::column(last.0)?;
        found.extend(page.iter().filter_map(|(id, name)| name.clone().map(|name| (name, *id))));
    }
    Ok(found)
}

/// The name as it is sorted, of one that the query lets through.
fn meant(query: &NameQuery, row: &Row) -> Result<Option<String>, PostgresError> {
    let (name, urn) = (folded(row.try_get(1)?), row.try_get(2)?);
    Ok(query.matches(&name, urn).then_some(name))
}

/// At most `enough` of those that have a word with this beginning.
async fn by_word(
    transaction: &Transaction,
    query: &NameQuery,
    word: &str,
    enough: usize,
) -> Result<Found, PostgresError> {
    let names = "SELECT s.id, n.name, s.urn, w.word
                 FROM (SELECT word, subscriber FROM name_words
                       WHERE (word, subscriber) > ($1, $2) AND word < $3 ORDER BY word, subscriber LIMIT $4) AS w
                 JOIN subscribers s ON s.id = w.subscriber JOIN names n ON n.id = s.name_id ORDER BY w.word, w.subscriber";
    let read = |row: &Row| Ok((columns::subscriber(row, 0)?, meant(query, row)?, row.try_get::<_, String>(3)?));
    let (end, mut found, mut seen) = (past(word), Vec::new(), HashSet::new());
    let mut after = (word.to_owned(), 0);
    loop {
        let page = transaction.rows(names, params![after.0, after.1, end, SOME], read).await?;
        let Some((last, _, word)) = page.last() else { return Ok(found) };
        after = (word.clone(), sql::column(last.0)?);
        // One with two words that begin so stands there twice.
        found.extend(page.into_iter().filter_map(|(id, name, _)| seen.insert(id).then_some((name?, id))));
        if found.len() > enough {
            return Ok(found);
        }
    }
}

/// The word of a query that fewest have.
async fn rarest<'a>(transaction: &Transaction, query: &'a NameQuery) -> Result<Option<&'a str>, PostgresError> {
    let how_many = "SELECT count(*) FROM (SELECT 1 FROM name_words WHERE word >= $1 AND word < $2 LIMIT $3) AS w";
    let mut all = Vec::new();
    for word in query.words() {
        all.push((transaction.number(how_many, params![word, past(word), LOOKED_AT]).await?, word));
    }
    Ok(all.into_iter().min().map(|(_, word)| word))
}

/// The numbers of organisations with a known mailbox in this domain.
pub(super) async fn in_domain(
    transaction: &Transaction,
    domain: &str,
    limit: usize,
) -> Result<Vec<SubscriberId>, PostgresError> {
    let query = concat!(
        "SELECT DISTINCT owner FROM recipients WHERE address IS NOT NULL AND ",
        domain_of!("address"),
        " COLLATE \"C\" = $1 LIMIT $2"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = transaction.rows(query, params![domain, limit], |row| columns::subscriber(row, 0)).await?;
    found.sort_unstable();
    Ok(found)
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
