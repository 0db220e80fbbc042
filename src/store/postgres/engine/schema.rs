//! The schema: numbered migrations, made by one node while the others wait.

use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::error::PostgresError;
use super::name_words;
use super::pool::Database;
use super::sql::params;
use crate::store::Epoch;

/// Each becomes the next version; one that was shipped is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_counts.sql"),
    include_str!("migrations/0003_pages.sql"),
    include_str!("migrations/0004_users.sql"),
    include_str!("migrations/0005_notices.sql"),
    NAME_WORDS,
    include_str!("migrations/0007_approved_texts.sql"),
    include_str!("migrations/0008_bulletins.sql"),
    include_str!("migrations/0009_pictures.sql"),
    include_str!("migrations/0010_text_revisions.sql"),
    include_str!("migrations/0011_text_versions.sql"),
];

/// After this one, the words by which subscribers are found are filled in.
const NAME_WORDS: &str = include_str!("migrations/0006_name_words.sql");

/// Who made the database.
const APPLICATION: &str = "fortnightly";

/// What every transaction asks first, after the number that it got. These columns are kept for ever, with these meanings: an older
/// program asks for them in a newer schema, too, and only so is it told that it is too old, or that the store was moved.
pub(super) const FACTS: &str = "SELECT s.version, s.moved_to, s.copy_of, s.id, l.value AS list, e.value AS editions
                                FROM store s, epochs l, epochs e WHERE l.what = 'list' AND e.what = 'editions'";

/// What a database says of itself.
pub(super) struct Facts {
    /// The number of the transaction, if it has one.
    pub(super) number: Option<String>,
    /// The word that was in the row in which it leaves its trace.
    pub(super) word_before: Option<i64>,
    pub(super) epoch: Epoch,
}

/// Raises a counter, along with the decision that the transaction is for, and keeps where it got to.
pub(super) fn raise(what: &str, step: i64) -> String {
    format!(
        "WITH raised AS (UPDATE epochs SET value = value + {step} WHERE what = '{what}' RETURNING what, value)
         INSERT INTO past_epochs (what, value) SELECT what, value FROM raised"
    )
}

/// Whether there is a store.
const IS_THERE: &str = "SELECT to_regclass('store') IS NOT NULL";

/// Rows of processes that are no more, and those that were used often enough. The newest stays: it says when a database that was
/// restored was last written to.
const FORGET_TRACES: &str = "DELETE FROM traces WHERE id IN (SELECT id FROM traces
                             WHERE at < (SELECT max(at) FROM traces) - interval '1 day' FOR UPDATE SKIP LOCKED)";

/// Where decisions got to long ago: whoever remembers as little is no judge of what was lost.
const FORGET_EPOCHS: &str = "DELETE FROM past_epochs AS p USING epochs e
                             WHERE p.what = e.what AND p.value <> e.value AND p.at < now() - interval '180 days'";

/// What is forgotten once a day.
pub(in crate::store::postgres) const FORGET: &[&str] = &[FORGET_TRACES, FORGET_EPOCHS];

/// Whoever changes anything has left a trace before it asks which schema there is: so those who were told the old one are waited for,
/// and what they do counts, and the others wait before they ask.
const QUIET: &str = "LOCK TABLE editions, traces, epochs IN SHARE ROW EXCLUSIVE MODE";

/// The lock of whoever migrates, until the transaction ends.
const LOCK: i64 = 0x464E_0001;

/// The newest schema that this program knows.
pub(in crate::store::postgres) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Refuses a schema that is not ours, a store that was moved away unless it is only looked at, and one of which a move has not ended;
/// otherwise what it says.
pub(super) fn check(answers: &[SimpleQueryMessage], is_look: bool) -> Result<Facts, PostgresError> {
    let (mut number, mut version, mut moved_to, mut is_copy, mut epoch) = (None, None, None, false, None);
    let mut word_before = None;
    let is_number = |row: &SimpleQueryRow, name: &str| row.get(name).and_then(|number| number.parse::<i64>().ok());
    for answer in answers {
        let SimpleQueryMessage::Row(row) = answer else { continue };
        match row.columns().first().map(tokio_postgres::SimpleColumn::name) {
            Some("pg_current_xact_id") => number = row.get(0).map(str::to_owned),
            Some("word_before") => word_before = is_number(row, "word_before"),
            Some("version") => {
                version = is_number(row, "version");
                moved_to = row.get("moved_to").map(str::to_owned);
                is_copy = row.get("copy_of").is_some();
                let numbers = (is_number(row, "id"), is_number(row, "list"), is_number(row, "editions"));
                if let (Some(database), Some(list), Some(editions)) = numbers {
                    epoch = Some(Epoch { database, list, editions });
                }
            }
            _ => {}
        }
    }
    let found = version.ok_or_else(|| PostgresError::NotOurs("it does not say which schema it has".to_owned()))?;
    let known = known();
    match moved_to {
        _ if found != known => Err(PostgresError::Migrated { found, known }),
        _ if is_copy => Err(PostgresError::Incomplete),
        Some(to) if !is_look => Err(PostgresError::Moved(to)),
        _ => {
            let epoch =
                epoch.ok_or_else(|| PostgresError::NotOurs("it does not say how far it has come".to_owned()))?;
            Ok(Facts { number, word_before, epoch })
        }
    }
}

/// Whether the database has a store of ours.
pub(in crate::store::postgres) async fn exists(database: &Database) -> Result<bool, PostgresError> {
    is_there(&*database.connection().await?).await
}

/// Makes the schema within the transaction that is open, or what is missing of it; whether there was none. `None` when another was
/// just about to make it, and has done so since the transaction began.
pub(super) async fn make_if_missing(connection: &Client) -> Result<Option<bool>, PostgresError> {
    if is_there(connection).await? {
        make_from(connection, version(connection).await?).await?;
        return Ok(Some(false));
    }
    connection.batch_execute(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    if is_there(connection).await? {
        return Ok(None);
    }
    make_from(connection, 0).await.map(|()| Some(true))
}

/// Whether it has a table of that name, at least.
pub(in crate::store::postgres) async fn is_there(connection: &Client) -> Result<bool, PostgresError> {
    Ok(connection.query_typed_one(IS_THERE, &[]).await?.try_get(0)?)
}

/// Brings the database to the newest schema, all in one transaction; several nodes take turns, and the first does it.
pub(in crate::store::postgres) async fn migrate(database: &Database) -> Result<(), PostgresError> {
    let mut connection = database.connection().await?;
    let transaction = connection.transaction().await?;
    transaction.batch_execute(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    if is_there(transaction.client()).await? && version(transaction.client()).await? < known() {
        transaction.batch_execute(QUIET).await?;
    }
    bring_up_to_date(transaction.client()).await?;
    transaction.batch_execute(FORGET_TRACES).await?;
    Ok(transaction.commit().await?)
}

/// Makes a store of the newest schema, marked as a copy of the store of this name that is not complete. False where a store is there
/// that is neither such a copy nor empty: someone may have begun to use it just now, and whoever is at that is waited for.
pub(in crate::store::postgres) async fn make_copy_of(database: &Database, name: &str) -> Result<bool, PostgresError> {
    let mut connection = database.connection().await?;
    let transaction = connection.transaction().await?;
    transaction.batch_execute(&format!("SET LOCAL lock_timeout = '10s'; SELECT pg_advisory_xact_lock({LOCK})")).await?;
    bring_up_to_date(transaction.client()).await?;
    transaction.batch_execute(QUIET).await?;
    let mark = "UPDATE store SET copy_of = $1 WHERE moved_to IS NULL
                AND coalesce(copy_of = $1, NOT EXISTS (SELECT 1 FROM meta WHERE key = 'keys'))";
    let is_marked = transaction.execute_typed(mark, params![name]).await? == 1;
    if is_marked {
        transaction.commit().await?;
    }
    Ok(is_marked)
}

async fn bring_up_to_date(connection: &Client) -> Result<(), PostgresError> {
    let found = if is_there(connection).await? { version(connection).await? } else { 0 };
    make_from(connection, found).await
}

/// Makes what comes after version `found`.
async fn make_from(connection: &Client, found: i64) -> Result<(), PostgresError> {
    let known = known();
    if found > known {
        return Err(PostgresError::Newer { found, known });
    }
    let missing = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)).unwrap_or_default();
    for migration in missing {
        connection.batch_execute(migration).await?;
        if *migration == NAME_WORDS {
            name_words::fill(connection).await?;
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let note = format!(
        "INSERT INTO store (application, version) VALUES ('{APPLICATION}', {known})
         ON CONFLICT (one) DO UPDATE SET version = {known}"
    );
    Ok(connection.batch_execute(&note).await?)
}

pub(in crate::store::postgres) async fn version(connection: &Client) -> Result<i64, PostgresError> {
    let row = connection.query_typed_opt("SELECT version, application FROM store", &[]).await;
    let foreign = || PostgresError::NotOurs("its table “store” is not one of this program".to_owned());
    let row =
        row.map_err(|error| if error.code().is_some() { foreign() } else { error.into() })?.ok_or_else(foreign)?;
    if row.try_get::<_, &str>(1)? != APPLICATION {
        return Err(foreign());
    }
    Ok(row.try_get(0)?)
}
