//! What the store remembers about itself: the anchor, and the fortnight in which it began.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::fault::Fault;
use super::{audit, sql};
use crate::domain::edition::EditionNumber;
use crate::store::Facts;

/// The facts, if any are remembered.
pub(super) fn read(conn: &Connection) -> Result<Option<Facts>, Fault> {
    let value =
        |key: &str| sql::row(conn, "SELECT value FROM meta WHERE key = ?1", [key], |row| Ok(row.get::<_, String>(0)?));
    let (Some(anchor), Some(first)) = (value("anchor")?, value("first")?) else { return Ok(None) };
    Ok(Some(Facts { anchor: sql::parse(&anchor)?, first: EditionNumber(sql::parse(&first)?) }))
}

/// Remembers `facts` if nothing is remembered, or if the anchor differs and nothing was published.
pub(super) fn begin(conn: &Connection, facts: Facts, at: DateTime<Utc>) -> Result<Facts, Fault> {
    match read(conn)? {
        Some(known) if known.anchor == facts.anchor => return Ok(known),
        Some(known) => {
            let published = sql::number(conn, "SELECT count(*) FROM editions WHERE published_at IS NOT NULL", [])?;
            if published > 0 {
                return Err(Fault::refused(format!(
                    "schedule.anchor is {}, but this store began with {} and has sent editions since: \
                     set the anchor back, or begin with a new store",
                    facts.anchor, known.anchor
                )));
            }
            sql::run(conn, "DELETE FROM editions", [])?;
        }
        None => {}
    }
    let put = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sql::run(conn, put, ("anchor", facts.anchor.to_string()))?;
    sql::run(conn, put, ("first", facts.first.to_string()))?;
    let detail = format!("anchor {}, first fortnight {}", facts.anchor, facts.first);
    audit::write(conn, sql::millis(at), "program", "begin", "store", &detail)?;
    Ok(facts)
}
