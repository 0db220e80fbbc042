//! The audit table: one row per decision, never with an address in it.

use rusqlite::{Connection, Row};

use crate::domain::audit::OPERATOR;
use crate::store::AuditRecord;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// What older versions wrote for some of an operator's commands.
const CLI: &str = "cli";

/// Writes one row. `subject` is such as `edition 7`, `recipient 34`.
pub(in crate::store::sqlite) fn write(
    conn: &Connection,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), SqliteError> {
    let insert = "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
    sql::run(conn, insert, (at, actor, action, subject, detail)).map(drop)
}

/// Every row, oldest first.
pub(in crate::store::sqlite) fn all(conn: &Connection) -> Result<Vec<AuditRecord>, SqliteError> {
    sql::rows(conn, "SELECT at, actor, action, subject, detail FROM audit ORDER BY id", [], record)
}

/// Every row about `subject`, oldest first.
pub(in crate::store::sqlite) fn about(conn: &Connection, subject: &str) -> Result<Vec<AuditRecord>, SqliteError> {
    let query = "SELECT at, actor, action, subject, detail FROM audit WHERE subject = ?1 ORDER BY id";
    sql::rows(conn, query, [subject], record)
}

fn record(row: &Row<'_>) -> Result<AuditRecord, SqliteError> {
    Ok(AuditRecord {
        at: sql::instant(row.get(0)?)?,
        actor: Some(row.get(1)?).filter(|actor| actor != CLI).unwrap_or_else(|| OPERATOR.to_owned()),
        action: row.get(2)?,
        subject: row.get(3)?,
        detail: row.get(4)?,
    })
}
