//! Subscribers by name or domain.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Row};

use super::columns::{self, BandBook, domain_of};
use super::lists;
use crate::domain::name_query::{NameQuery, folded};
use crate::domain::subscriber::{RecipientId, SubscriberId, SubscriberRecord, Subscription};
use crate::store::shared::mailboxes::{self, ENOUGH, LOOKED_AT, past};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

const NAMES: &str = "SELECT s.id, n.name, s.urn FROM subscribers s CROSS JOIN names n ON n.id = s.name_id";

const BY_WORD: &str = "SELECT s.id, n.name, s.urn FROM name_words w CROSS JOIN subscribers s ON s.id = w.subscriber
     CROSS JOIN names n ON n.id = s.name_id WHERE w.word >= ?1 AND w.word < ?2";

const HOW_MANY: &str = "SELECT count(*) FROM (SELECT 1 FROM name_words WHERE word >= ?1 AND word < ?2 LIMIT ?3)";

const IN_DOMAIN: &str = concat!(
    "SELECT DISTINCT owner FROM recipients INDEXED BY recipients_domain WHERE address IS NOT NULL AND ",
    domain_of!("address"),
    " = ?1 LIMIT ?2"
);

/// The numbers of the first `limit` organisations, by name, that the query lets through.
pub(super) fn find(conn: &Connection, query: &NameQuery, limit: usize) -> Result<Vec<SubscriberId>, SqliteError> {
    let mut found = Vec::new();
    let mut take = |row: &Row<'_>| {
        let name = folded(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        let urn = row.get_ref(2)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        if query.matches(&name, urn) {
            found.push((name, SubscriberId(sql::count(row.get(0)?))));
        }
        Ok::<_, SqliteError>(found.len())
    };
    match rarest(conn, query)?.filter(|_| limit < usize::MAX) {
        None => {
            let mut statement = conn.prepare_cached(NAMES)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                take(row)?;
            }
        }
        Some(word) => {
            let mut statement = conn.prepare_cached(BY_WORD)?;
            let (mut rows, mut seen) = (statement.query((word, past(word)))?, HashSet::new());
            while let Some(row) = rows.next()? {
                // One with two words that begin so stands there twice.
                if seen.insert(row.get::<_, i64>(0)?) && take(row)? > limit.max(ENOUGH) {
                    break;
                }
            }
        }
    }
    Ok(mailboxes::first_by_name(found, limit))
}

/// The word of a query that fewest have.
fn rarest<'a>(conn: &Connection, query: &'a NameQuery) -> Result<Option<&'a str>, SqliteError> {
    let mut all = Vec::new();
    for word in query.words() {
        all.push((sql::number(conn, HOW_MANY, (word, past(word), LOOKED_AT))?, word));
    }
    Ok(all.into_iter().min().map(|(_, word)| word))
}

/// The numbers of organisations with a known mailbox in this domain.
pub(super) fn in_domain(conn: &Connection, domain: &str, limit: usize) -> Result<Vec<SubscriberId>, SqliteError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = sql::rows(conn, IN_DOMAIN, (domain, limit), |row| Ok(SubscriberId(sql::count(row.get(0)?))))?;
    found.sort_unstable();
    Ok(found)
}

const SUBSCRIBERS: &str = "SELECT s.id, n.name, s.sector, s.locale, s.urn
     FROM json_each(?1) j CROSS JOIN subscribers s ON s.id = j.value CROSS JOIN names n ON n.id = s.name_id ORDER BY s.id";

const MAILBOXES: &str = "SELECT r.owner, r.id, r.address, r.bands, r.chosen IS NOT NULL, r.state, x.reason
     FROM json_each(?1) j CROSS JOIN recipients r INDEXED BY recipients_owner ON r.owner = j.value
     LEFT JOIN suppressions x ON x.mac = r.mac WHERE r.address IS NOT NULL ORDER BY r.owner, r.id";

const SUBSCRIPTIONS: &str = "SELECT s.recipient, s.subscriber, s.origin, s.bands, s.since, s.ended, s.ended_by
     FROM json_each(?1) j CROSS JOIN recipients r INDEXED BY recipients_owner ON r.owner = j.value
     CROSS JOIN subscriptions s ON s.recipient = r.id WHERE r.address IS NOT NULL";

/// These organisations with their known mailboxes, in this order.
pub(super) fn records(conn: &Connection, ids: &[SubscriberId]) -> Result<Vec<SubscriberRecord>, SqliteError> {
    let (named, bands) = (sql::to_json(&ids)?, BandBook::open(conn)?);
    let mut records = sql::rows(conn, SUBSCRIBERS, [&named], lists::organisation)?;
    let found = sql::rows(conn, MAILBOXES, [&named], |row| lists::owned(&bands, row))?;
    let mut subscriptions: HashMap<RecipientId, Vec<Subscription>> = HashMap::new();
    let all = sql::rows(conn, SUBSCRIPTIONS, [&named], |row| {
        Ok((RecipientId(sql::count(row.get(0)?)), columns::subscription(&bands, row, 1)?))
    })?;
    for (recipient, one) in all {
        subscriptions.entry(recipient).or_default().push(one);
    }
    mailboxes::fill(&mut records, found, subscriptions);
    Ok(mailboxes::in_order_of(ids, records))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    #[test]
    fn whoever_was_found_is_read_without_reading_the_others() {
        let conn = connect::memory().unwrap();
        for query in [SUBSCRIBERS, MAILBOXES, SUBSCRIPTIONS, BY_WORD, IN_DOMAIN] {
            let mut steps = sql::plan(&conn, query);
            steps.retain(|step| !step.contains("VIRTUAL TABLE") && !step.contains("TEMP B-TREE"));
            assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
        }
        let steps = sql::plan(&conn, HOW_MANY);
        assert!(
            steps.iter().any(|step| step.starts_with("SEARCH name_words USING PRIMARY KEY (word>? AND word<?)")),
            "{steps:?}"
        );
    }

    /// Even where all have the same words; all of them would take four times as many steps.
    #[test]
    fn a_search_among_100_000_reads_few() {
        let conn = connect::memory().unwrap();
        let fill = "INSERT INTO names (id, name)
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                        SELECT i, 'School ' || i || ' Hill' FROM n;
                    INSERT INTO subscribers (id, name_id, sector, locale, origin, created_at)
                        SELECT id, id, 0, 0, 2, 1 FROM names;
                    INSERT INTO name_words SELECT 'school', id FROM names;
                    INSERT INTO name_words SELECT 'hill', id FROM names;
                    INSERT INTO name_words SELECT CAST(id AS TEXT), id FROM names;";
        conn.execute_batch(fill).unwrap();
        let (found, steps) = sql::steps(conn, |conn| {
            let find = |words: &str| find(conn, &NameQuery::new(words).unwrap(), 50).unwrap().len();
            [find("school hill"), find("schools"), find("hill 77777 sch"), find("nobody school")]
        });
        assert_eq!(found, [50, 0, 1, 0]);
        assert!(steps < 1_000_000, "{steps} steps");
    }
}
