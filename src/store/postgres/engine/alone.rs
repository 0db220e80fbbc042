//! A statement that is a transaction by itself: one round trip.

use std::time::Duration;

use tokio_postgres::Row;

use super::error::PostgresError;
use super::open_transaction::in_time;
use super::pool::discard;
use super::source::Source;
use super::sql::Param;
use crate::store::StoreError;

/// How often it is tried anew over another connection, and how long between two tries.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_millis(50);

/// The first row, if there is one. It may be run more than once where a connection is lost, so twice must do no more than once.
pub(in crate::store::postgres) async fn row<T>(
    source: &Source,
    sql: &str,
    params: &[Param<'_>],
    read: impl FnOnce(&Row) -> Result<T, PostgresError>,
) -> Result<Option<T>, StoreError> {
    let mut tries = 1;
    let found = loop {
        match once(source, sql, params).await {
            Err(error) if error.is_cut_off() && tries < TRIES => tokio::time::sleep(PAUSE * tries).await,
            done => break done,
        }
        tries += 1;
    };
    found.and_then(|row| row.as_ref().map(read).transpose()).map_err(|error| error.at(source.place()))
}

async fn once(source: &Source, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, PostgresError> {
    let rows = match source {
        Source::Shared(database) => {
            let connection = database.connection().await?;
            let asked = in_time(source.brief(), connection.query_typed(sql, params)).await;
            if asked.as_ref().is_err_and(PostgresError::is_cut_off) {
                discard(connection);
            }
            asked.inspect_err(|error| source.note(error))?
        }
        Source::Layer { open, .. } => open.lock().await.client().query_typed(sql, params).await?,
    };
    Ok(rows.into_iter().next())
}
