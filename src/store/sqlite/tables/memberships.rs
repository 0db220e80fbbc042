//! Every mailbox that there is or was, with its subscriptions, for counts of who came and went.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::columns::{self, BandBook};
use crate::domain::subscriber::{RecipientId, SubscriberId, Subscription};
use crate::domain::subscription::census::Membership;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

const MAILBOXES: &str = "SELECT r.id, r.owner, o.sector, r.chosen FROM recipients r
                         CROSS JOIN subscribers o ON o.id = r.owner WHERE r.id > ?1 ORDER BY r.id LIMIT ?2";

const SUBSCRIPTIONS: &str = "SELECT recipient, subscriber, origin, bands, since, ended, ended_by FROM subscriptions
                             WHERE recipient > ?1 AND recipient <= ?2";

/// Mailboxes by number, after this one.
pub(super) fn page(conn: &Connection, after: Option<RecipientId>, limit: u32) -> Result<Vec<Membership>, SqliteError> {
    let (after, bands) = (sql::column(after.map_or(0, |after| after.0))?, BandBook::open(conn)?);
    let mut page = sql::rows(conn, MAILBOXES, (after, limit), |row| membership(&bands, row))?;
    let Some(last) = page.last() else { return Ok(page) };
    let range = (after, sql::column(last.recipient.0)?);
    let mut subscriptions: HashMap<RecipientId, Vec<Subscription>> = HashMap::new();
    let all = sql::rows(conn, SUBSCRIPTIONS, range, |row| {
        Ok((RecipientId(sql::count(row.get(0)?)), columns::subscription(&bands, row, 1)?))
    })?;
    for (recipient, one) in all {
        subscriptions.entry(recipient).or_default().push(one);
    }
    for mailbox in &mut page {
        mailbox.subscriptions = subscriptions.remove(&mailbox.recipient).unwrap_or_default();
    }
    Ok(page)
}

fn membership(bands: &BandBook, row: &Row<'_>) -> Result<Membership, SqliteError> {
    Ok(Membership {
        recipient: RecipientId(sql::count(row.get(0)?)),
        owner: SubscriberId(sql::count(row.get(1)?)),
        sector: row.get(2)?,
        chosen: row.get::<_, Option<i64>>(3)?.map(|mask| bands.set(mask)),
        subscriptions: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    #[test]
    fn a_page_is_read_in_the_order_of_an_index() {
        let conn = connect::memory().unwrap();
        for query in [MAILBOXES, SUBSCRIPTIONS] {
            let steps = sql::plan(&conn, query);
            assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
        }
    }
}
