//! Numbered migrations, and whether a database is ours at all.

use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior};

use super::error::SqliteError;
use super::{moved, name_words, sql};

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
    include_str!("migrations/0012_segments.sql"),
    include_str!("migrations/0013_counts.sql"),
    include_str!("migrations/0014_deliveries.sql"),
    include_str!("migrations/0015_lists.sql"),
    include_str!("migrations/0016_mailing_list.sql"),
    include_str!("migrations/0017_accepted.sql"),
    include_str!("migrations/0018_former_names.sql"),
    include_str!("migrations/0019_moved.sql"),
    include_str!("migrations/0020_users.sql"),
    include_str!("migrations/0021_notices.sql"),
    NAME_WORDS,
    include_str!("migrations/0023_approved_texts.sql"),
    include_str!("migrations/0024_bulletins.sql"),
    include_str!("migrations/0025_pictures.sql"),
    include_str!("migrations/0026_text_revisions.sql"),
    include_str!("migrations/0027_text_versions.sql"),
];

/// After this one, the words by which subscribers are found are filled in.
const NAME_WORDS: &str = include_str!("migrations/0022_name_words.sql");

/// The newest schema that this program knows.
pub(in crate::store::sqlite) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("there are few migrations")
}

/// The schema of the database, 0 for an empty one; an error when it is not ours, or newer.
pub(in crate::store::sqlite) fn version(conn: &Connection) -> Result<i64, SqliteError> {
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (owner, version) = (pragma("application_id")?, pragma("user_version")?);
    if owner == APPLICATION_ID {
        // We have none, and a foreign one would change what we write: it may undo every suppression.
        let query = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
        if let Some(name) = sql::row(conn, query, [], |row| Ok(row.get::<_, String>(0)?))? {
            return Err(SqliteError::NotOurs(format!("its trigger {name} was made by another program")));
        }
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

/// Refuses a schema that is not to the letter the one that our migrations make: a foreign trigger or view would change what is
/// written or read. What `ANALYZE` makes is allowed.
pub(in crate::store::sqlite) fn check_schema(conn: &Connection) -> Result<(), SqliteError> {
    let mut fresh = Connection::open_in_memory()?;
    migrate_to(&mut fresh, version(conn)?)?;
    let (ours, found) = (objects(&fresh)?, objects(conn)?);
    match ours.symmetric_difference(&found).next() {
        Some((kind, name, _)) => {
            Err(SqliteError::NotOurs(format!("its {kind} {name} is not as this program makes it")))
        }
        None => Ok(()),
    }
}

/// Kind, name and text of everything in the schema.
fn objects(conn: &Connection) -> Result<BTreeSet<(String, String, Option<String>)>, SqliteError> {
    let query = "SELECT type, name, sql FROM sqlite_schema
                 WHERE (name, sql) NOT IN (VALUES ('sqlite_stat1', 'CREATE TABLE sqlite_stat1(tbl,idx,stat)'),
                                                  ('sqlite_stat4', 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'))
                       OR sql IS NULL";
    Ok(sql::rows(conn, query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.into_iter().collect())
}

/// [`version`] as one consistent view, while others may be migrating.
pub(in crate::store::sqlite) fn version_seen(conn: &Connection) -> Result<i64, SqliteError> {
    let view = conn.unchecked_transaction()?;
    let found = version(conn)?;
    view.commit()?;
    Ok(found)
}

/// Refuses where another version of the program has changed the schema since the database was opened, because our statements
/// would write by old rules, and where the store was moved away.
pub(in crate::store::sqlite) fn check_known(conn: &Connection) -> Result<(), SqliteError> {
    let (found, known) = (sql::number(conn, "PRAGMA user_version", [])?, known());
    if found == known { moved::refuse_changes(conn) } else { Err(SqliteError::Migrated { found, known }) }
}

/// Brings the database to the newest schema, each migration in its own transaction. Safe when several processes race:
/// whoever gets the write lock looks again. It always takes that lock once, so a store that cannot be written is
/// found here, before anything is.
pub(in crate::store::sqlite) fn migrate(conn: &mut Connection) -> Result<(), SqliteError> {
    migrate_to(conn, known())
}

fn migrate_to(conn: &mut Connection, wanted: i64) -> Result<(), SqliteError> {
    loop {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !step_to(&step, wanted)? {
            return Ok(());
        }
        step.commit()?;
    }
}

/// Brings the database to the newest schema within the transaction that is open.
pub(in crate::store::sqlite) fn migrate_here(conn: &Connection) -> Result<(), SqliteError> {
    while step_to(conn, known())? {}
    Ok(())
}

/// Makes the next migration; false when there is none up to `wanted`.
fn step_to(conn: &Connection, wanted: i64) -> Result<bool, SqliteError> {
    let found = version(conn)?;
    let next = usize::try_from(found).ok().and_then(|at| MIGRATIONS.get(at)).filter(|_| found < wanted);
    let Some(sql) = next else { return Ok(false) };
    conn.execute_batch(sql)?;
    if *sql == NAME_WORDS {
        name_words::fill(conn)?;
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", found + 1)?;
    Ok(true)
}
