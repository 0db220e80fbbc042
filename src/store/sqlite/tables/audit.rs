//! The audit table: one row per decision, never with an address in it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use crate::store::acting;
use crate::store::shared::audit;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{AuditNumber, AuditRecord};

/// Writes one row. `subject` is such as `edition 7`, `recipient 34`.
pub(in crate::store::sqlite) fn write(
    conn: &Connection,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), SqliteError> {
    let insert = "INSERT INTO audit (at, actor, action, subject, detail, person) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    sql::run(conn, insert, (at, actor, action, subject, detail, acting::person())).map(drop)
}

/// Writes what a number of parts came to: each part updates the row that the part before wrote. Where nothing changed, nothing is
/// written.
pub(in crate::store::sqlite) fn write_parts(
    conn: &Connection,
    at: DateTime<Utc>,
    [actor, action, subject]: [&str; 3],
    (before, more): (u64, u64),
    detail: impl Fn(u64) -> String,
) -> Result<(), SqliteError> {
    if more == 0 || before > 0 && replace(conn, [actor, action, subject, &detail(before)], &detail(before + more))? {
        return Ok(());
    }
    write(conn, sql::millis(at), actor, action, subject, &detail(before + more))
}

/// Gives the newest row of this actor, this person, action, subject and detail another detail; whether there is one.
pub(in crate::store::sqlite) fn replace(
    conn: &Connection,
    [actor, action, subject, before]: [&str; 4],
    detail: &str,
) -> Result<bool, SqliteError> {
    Ok(sql::run(conn, REPLACE, (actor, action, subject, before, detail, acting::person()))? > 0)
}

const REPLACE: &str = "UPDATE audit SET detail = ?5 WHERE id = (
                           SELECT id FROM audit INDEXED BY audit_subject
                           WHERE subject = ?3 AND actor = ?1 AND action = ?2 AND detail = ?4 AND person IS ?6
                           ORDER BY id DESC LIMIT 1)";

/// Rows of all, or of these subjects, oldest first, after this one.
pub(in crate::store::sqlite) fn page(
    conn: &Connection,
    subjects: Option<&BTreeSet<String>>,
    after: Option<AuditNumber>,
    limit: u32,
) -> Result<Vec<(AuditNumber, AuditRecord)>, SqliteError> {
    let after = sql::column(after.map_or(0, |after| after.0))?;
    let Some(subjects) = subjects else { return sql::rows(conn, PAGE, (after, limit), numbered) };
    sql::rows(conn, PAGE_ABOUT, (after, limit, sql::to_json(subjects)?), numbered)
}

const PAGE: &str =
    "SELECT at, actor, action, subject, detail, person, id FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2";

const PAGE_ABOUT: &str = "SELECT at, actor, action, subject, detail, person, id FROM audit INDEXED BY audit_subject
                          WHERE subject IN (SELECT value FROM json_each(?3)) AND id > ?1 ORDER BY id LIMIT ?2";

/// Rows of all, newest first, before this one.
pub(in crate::store::sqlite) fn page_before(
    conn: &Connection,
    before: Option<AuditNumber>,
    limit: u32,
) -> Result<Vec<(AuditNumber, AuditRecord)>, SqliteError> {
    let before = before.map_or(Ok(i64::MAX), |before| sql::column(before.0))?;
    sql::rows(conn, PAGE_BEFORE, (before, limit), numbered)
}

fn numbered(row: &Row<'_>) -> Result<(AuditNumber, AuditRecord), SqliteError> {
    Ok((AuditNumber(sql::count(row.get(6)?)), record(row)?))
}

const PAGE_BEFORE: &str =
    "SELECT at, actor, action, subject, detail, person, id FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

/// Every row about `subject`, oldest first.
pub(in crate::store::sqlite) fn about(conn: &Connection, subject: &str) -> Result<Vec<AuditRecord>, SqliteError> {
    let query = "SELECT at, actor, action, subject, detail, person FROM audit WHERE subject = ?1 ORDER BY id";
    sql::rows(conn, query, [subject], record)
}

fn record(row: &Row<'_>) -> Result<AuditRecord, SqliteError> {
    Ok(AuditRecord {
        at: sql::instant(row.get(0)?)?,
        actor: audit::actor(row.get(1)?),
        action: row.get(2)?,
        subject: row.get(3)?,
        detail: row.get(4)?,
        by: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    #[test]
    fn a_page_is_read_by_number_and_a_subject_by_its_index() {
        let conn = connect::memory().unwrap();
        assert_eq!(sql::plan(&conn, PAGE), ["SEARCH audit USING INTEGER PRIMARY KEY (rowid>?)"]);
        assert_eq!(sql::plan(&conn, PAGE_BEFORE), ["SEARCH audit USING INTEGER PRIMARY KEY (rowid<?)"]);
        let steps = sql::plan(&conn, PAGE_ABOUT);
        assert_eq!(steps[0], "SEARCH audit USING INDEX audit_subject (subject=? AND rowid>?)", "{steps:?}");
        assert!(sql::plan(&conn, REPLACE).contains(&"SEARCH audit USING INDEX audit_subject (subject=?)".to_owned()));
    }
}
