//! Numbered migrations, and whether a database is ours at all.

use rusqlite::{Connection, TransactionBehavior};

use super::error::SqliteError;

/// "FNly": marks a file as Fortnightly's (<https://sqlite.org/fileformat2.html#application_id>).
pub(in crate::store::sqlite) const APPLICATION_ID: i64 = 0x464E_6C79;

/// Migration *n* brings schema *n* − 1 to *n*. Published ones never change.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_decisions.sql"),
    include_str!("migrations/0003_sending.sql"),
    include_str!("migrations/0004_reports.sql"),
    include_str!("migrations/0005_reading.sql"),
    include_str!("migrations/0006_privacy.sql"),
    include_str!("migrations/0007_moved.sql"),
    include_str!("migrations/0008_reasons.sql"),
    include_str!("migrations/0009_outbox.sql"),
    include_str!("migrations/0010_lasting.sql"),
    include_str!("migrations/0011_waves.sql"),
];

/// The newest schema that this program knows.
pub(in crate::store::sqlite) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("there are few migrations")
}

/// The schema of the database, 0 for an empty one; an error when it is not ours, or newer.
pub(in crate::store::sqlite) fn version(conn: &Connection) -> Result<i64, SqliteError> {
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (owner, version) = (pragma("application_id")?, pragma("user_version")?);
    if owner == APPLICATION_ID {
        return if version > known() {
            Err(SqliteError::Newer { found: version, known: known() })
        } else {
            Ok(version)
        };
    }
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner == 0 && version == 0 && objects == 0 {
        return Ok(0);
    }
    Err(SqliteError::NotOurs("it belongs to another program".to_owned()))
}

/// [`version`] as one consistent view, while others may be migrating.
pub(in crate::store::sqlite) fn version_seen(conn: &Connection) -> Result<i64, SqliteError> {
    let view = conn.unchecked_transaction()?;
    let found = version(conn)?;
    view.commit()?;
    Ok(found)
}

/// Brings the database to the newest schema, each migration in its own transaction. Safe when several processes race:
/// whoever gets the write lock looks again. It always takes that lock once, so a store that cannot be written is
/// found here, before anything is.
pub(in crate::store::sqlite) fn migrate(conn: &mut Connection) -> Result<(), SqliteError> {
    loop {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = version(&step)?;
        let Some(sql) = usize::try_from(found).ok().and_then(|at| MIGRATIONS.get(at)) else {
            return Ok(());
        };
        step.execute_batch(sql)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", found + 1)?;
        step.commit()?;
    }
}
