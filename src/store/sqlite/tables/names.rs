//! What subscribers are called, and were called. Each name belongs to one subscriber, and its row stays: a delivery refers to
//! the name as it was when its edition was published.

use rusqlite::Connection;

use crate::store::shared::mailboxes::NAMELESS;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{name_words, sql};

/// The number of a new subscriber's name.
pub(super) fn insert(conn: &Connection, name: &str) -> Result<i64, SqliteError> {
    sql::run(conn, "INSERT INTO names (name) VALUES (?1)", [name])?;
    Ok(conn.last_insert_rowid())
}

/// Gives a subscriber another name, which may be one that it had before.
pub(super) fn rename(conn: &Connection, subscriber: i64, name: &str) -> Result<(), SqliteError> {
    let keep =
        "INSERT OR IGNORE INTO former_names (subscriber, name_id) SELECT id, name_id FROM subscribers WHERE id = ?1";
    sql::run(conn, keep, [subscriber])?;
    let former = "SELECT n.id FROM former_names f CROSS JOIN names n ON n.id = f.name_id
                  WHERE f.subscriber = ?1 AND n.name = ?2";
    let id = match sql::row(conn, former, (subscriber, name), |row| Ok(row.get(0)?))? {
        Some(known) => known,
        None => insert(conn, name)?,
    };
    sql::run(conn, "UPDATE subscribers SET name_id = ?2 WHERE id = ?1", (subscriber, id)).map(drop)
}

/// The numbers of all names of the subscriber `?1`.
macro_rules! own {
    () => {
        "(SELECT name_id FROM subscribers WHERE id = ?1 UNION ALL SELECT name_id FROM former_names WHERE subscriber = ?1)"
    };
}

const FORGET: &str = concat!("UPDATE names SET name = ?2 WHERE id IN ", own!(), " AND name <> ?2");

// Older versions let subscribers share a name. So a mail may refer to one that is someone else's now.
const FORGET_IN_MAILS: &str = concat!(
    "UPDATE deliveries SET name_id = (SELECT name_id FROM subscribers WHERE id = ?1)
     WHERE recipient IN (SELECT id FROM recipients WHERE owner = ?1 UNION SELECT ?2) AND mailing IN (SELECT number FROM editions) AND name_id NOT IN ",
    own!(),
    " AND (SELECT name FROM names WHERE id = name_id) IN (
          SELECT name FROM names WHERE id IN ",
    own!(),
    " UNION SELECT detail FROM audit WHERE subject = ?3)"
);

/// Forgets what a subscriber is and was called, also in the audit and in what was sent to its mailboxes; whether it had a
/// name that was not forgotten before.
pub(super) fn forget(conn: &Connection, subscriber: i64, recipient: i64) -> Result<bool, SqliteError> {
    let subject = format!("subscriber {subscriber}");
    name_words::forget(conn, subscriber)?;
    sql::run(conn, FORGET_IN_MAILS, (subscriber, recipient, &subject))?;
    let forgotten = sql::run(conn, FORGET, (subscriber, NAMELESS))?;
    sql::run(conn, "DELETE FROM former_names WHERE subscriber = ?1", [subscriber])?;
    sql::run(conn, "UPDATE subscribers SET urn = NULL WHERE id = ?1", [subscriber])?;
    sql::run(conn, "UPDATE audit SET detail = '' WHERE subject = ?1", [&subject])?;
    Ok(forgotten > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    /// Of millions of mails and names, only those of one mailbox and one subscriber.
    #[test]
    fn a_name_is_forgotten_without_reading_the_others() {
        let conn = connect::memory().unwrap();
        for query in [FORGET, FORGET_IN_MAILS] {
            let mut steps = sql::plan(&conn, query);
            steps.retain(|step| step != "SCAN CONSTANT ROW");
            assert!(steps.iter().all(|step| !step.starts_with("SCAN")), "{steps:?}");
        }
    }
}
