//! One moment of the store that is looked at, and written to without anything lasting: a transaction that is never committed.
//!
//! What it writes is locked until it ends. Nobody else needs the rows of a mailbox that a look brings into line with the config,
//! but everyone needs the counts, the numbers and the editions: those tables it has for itself before it first writes.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::error::PostgresError;
use super::pool::{Database, Pooled};
use super::schema;

/// What others wait for at most.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '10s'";

/// Small tables of which whoever decides anything needs the same rows. A deleted edition takes its picks along.
const SHARED: &[&str] = &["editions", "list_counts", "meta", "numbers", "picks", "reader_counts"];
const PICKS: &str = "ALTER TABLE picks ADD FOREIGN KEY (edition) REFERENCES editions ON DELETE CASCADE";

/// What it adds to the other tables gets numbers that nobody else gives meanwhile.
const NUMBERS: &str = "UPDATE numbers SET next = next + (1::bigint << 40)";

/// The open transaction.
pub(in crate::store::postgres) struct Layer {
    connection: Pooled,
    is_prepared: bool,
}

impl Layer {
    /// One that begins now; where there is no store, it makes an empty one for itself.
    pub(in crate::store::postgres) async fn begin(database: &Database) -> Result<Self, PostgresError> {
        let connection = database.connection().await?;
        loop {
            connection.batch_execute(BEGIN).await?;
            if let Some(is_made_here) = schema::make_if_missing(&connection).await? {
                return Ok(Self { connection, is_prepared: is_made_here });
            }
            // Another made it meanwhile, which this moment does not show.
            connection.batch_execute("ROLLBACK").await?;
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.connection
    }

    /// From now on those tables are its own: a temporary table goes before one of its name
    /// (<https://www.postgresql.org/docs/15/runtime-config-client.html#GUC-SEARCH-PATH>). A role that may make none looks all the
    /// same, and others wait for it.
    pub(super) async fn prepare_to_write(&mut self) -> Result<(), PostgresError> {
        if self.is_prepared {
            return Ok(());
        }
        let copies = SHARED.iter().map(|table| {
            format!(
                "CREATE TEMPORARY TABLE own_{table} (LIKE {table} INCLUDING ALL);
                 INSERT INTO own_{table} SELECT * FROM {table};
                 ALTER TABLE own_{table} RENAME TO {table};"
            )
        });
        let copies = copies.collect::<String>();
        let copies = format!("SAVEPOINT copies; {copies} {PICKS}; {NUMBERS}; RELEASE SAVEPOINT copies");
        match self.connection.batch_execute(&copies).await {
            Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                self.connection.batch_execute("ROLLBACK TO SAVEPOINT copies").await?;
            }
            made => made?,
        }
        self.is_prepared = true;
        Ok(())
    }
}
