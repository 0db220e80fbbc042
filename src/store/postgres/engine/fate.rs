//! What became of a commit that was not answered.

use std::time::{Duration, Instant};

use super::alone;
use super::error::PostgresError;
use super::open_transaction::Transaction;
use super::purpose::Purpose;
use super::source::Source;
use super::sql::params;
use super::trace::Trace;
use super::watch::unwatched;

/// For how long it is asked what became of a commit that was not answered, and how long between two such questions: nothing else
/// is done before that is known.
const ASKING: Duration = Duration::from_mins(10);
const BETWEEN: Duration = Duration::from_millis(250);

/// What takes no longer than this is not worth a word.
const BRIEF: Duration = Duration::from_secs(2);

/// What became of a transaction whose commit was not answered
/// (<https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-PG-SNAPSHOT>). A primary that never heard of it was
/// promoted without it, and may have given its number to another one.
pub(super) async fn is_committed(source: &Source, number: &str, trace: &Trace) -> Result<bool, PostgresError> {
    let mut was_unheard = false;
    let mut error = PostgresError::Unreachable("it is not known whether the last commit was made".to_owned());
    let (begun, mut is_told) = (Instant::now(), false);
    while begun.elapsed() < ASKING {
        tokio::time::sleep(BETWEEN).await;
        match unwatched(status_of(source, number, trace)).await {
            Ok(status) if status == "committed" => return Ok(true),
            Ok(status) if status == "aborted" => return Ok(false),
            // It may have ended after the moment that was looked at and before its lock was looked for; not twice.
            Ok(status) if status == "unheard" && was_unheard => return Ok(false),
            Ok(status) => {
                was_unheard = status == "unheard";
                if !was_unheard && begun.elapsed() > BRIEF && !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(
                        "still waiting for the database to confirm a change: if its commits wait for a standby \
                         (synchronous_standby_names), see whether that runs"
                    );
                }
            }
            Err(fault) => {
                source.note(&fault);
                error = fault;
            }
        }
    }
    Err(error)
}

async fn status_of(source: &Source, number: &str, trace: &Trace) -> Result<String, PostgresError> {
    let query = "SELECT CASE WHEN EXISTS (SELECT 1 FROM traces WHERE id = $2 AND word = $3) THEN 'committed'
                             WHEN EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'transactionid'
                                          AND transactionid = $1::xid8::xid) THEN 'in progress'
                             WHEN $1::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) THEN 'unheard'
                             WHEN pg_visible_in_snapshot($1::xid8, pg_current_snapshot()) THEN 'aborted'
                             ELSE 'in progress' END";
    let (row, word) = trace.key();
    let mut looked = Transaction::begin(source, Purpose::Look).await?;
    looked.hurry();
    let status = looked.row(query, params![number, row, word], |row| Ok(row.try_get(0)?)).await?;
    Ok(status.unwrap_or_default())
}

/// Whether a statement that was not answered has left its trace. If it has not, it never does: it fails if it comes late.
pub(super) async fn is_left(source: &Source, trace: &Trace) -> Result<bool, PostgresError> {
    let (row, word) = trace.key();
    let begun = Instant::now();
    loop {
        tokio::time::sleep(BETWEEN).await;
        let read = |row: &tokio_postgres::Row| Ok(row.try_get::<_, bool>(0)?);
        match alone::row(source, "SELECT is_left($1, $2)", params![row, word], read).await {
            Ok(is_left) => return Ok(is_left.unwrap_or_default()),
            Err(error) if begun.elapsed() >= ASKING => return Err(PostgresError::Unreachable(error.to_string())),
            Err(_) => {}
        }
    }
}
