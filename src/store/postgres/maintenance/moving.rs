//! A store that is moved to another place, or here.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row as Found};

use crate::store::StoreError;
use crate::store::moving::{Kept, Kind, NewStore, OldStore, Row, Standing, TABLES, Table, Value};
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::known::Known;
use crate::store::postgres::engine::pool::{Database, Pooled};
use crate::store::postgres::engine::schema;
use crate::store::postgres::engine::settings::PostgresSettings;
use crate::store::postgres::engine::sql::{self, Param, damaged, params};
use crate::store::postgres::tables::epoch::read_epoch;
use crate::store::postgres::tables::outbox;

/// How long others are waited for, and how long our side may be busy with the other store.
const LIMITS: &str = "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '12h'";

/// Whatever the database's own default is: what is answered must last.
const LASTS: &str = "SET LOCAL synchronous_commit = on";

/// The lock of whoever fills a database, for as long as that takes.
const MOVES: i64 = 0x464E_0004;

/// To leave a store is a decision about all of it.
const RAISE: &str =
    "WITH raised AS (UPDATE epochs SET value = value + 1 + floor(random() * 65536)::bigint RETURNING what, value),
                     kept AS (INSERT INTO past_epochs (what, value) SELECT what, value FROM raised)
                     SELECT (SELECT id FROM store), max(value) FILTER (WHERE what = 'list'),
                            max(value) FILTER (WHERE what = 'editions') FROM raised";

/// The tables of which something else moves than their rows, and those of processes.
const COUNTED: &[&str] = &["accepted_counts", "handed_over_counts", "numbers"];
const OF_PROCESSES: &[&str] = &["nodes", "traces", "turns"];

/// Those whose rows get their numbers from the table itself.
const NUMBERED: &[&str] = &["audit", "replies"];

impl PostgresStore {
    /// The store, to be left. As long as the answer lives, others can look at it, but not change it.
    ///
    /// # Errors
    /// Returns `Locked` where someone is writing and goes on, or the same errors as [`PostgresStore::open`].
    pub async fn leave(settings: &PostgresSettings) -> Result<Box<dyn OldStore>, StoreError> {
        let database = super::super::prepare(settings)?;
        schema::migrate(&database).await.map_err(|fault| fault.at(database.place()))?;
        let old = Old::begin(&database, false).await;
        Ok(Box::new(old.map_err(|fault| fault.at(database.place()))?))
    }

    /// One moment of the store, to say what would be moved.
    ///
    /// # Errors
    /// Returns the same errors as [`PostgresStore::snapshot`].
    pub async fn look_at_what_moves(settings: &PostgresSettings) -> Result<Box<dyn OldStore>, StoreError> {
        let database = super::super::prepare(settings)?;
        let old = Old::begin(&database, true).await;
        Ok(Box::new(old.map_err(|fault| fault.at(database.place()))?))
    }

    /// The place for a store.
    ///
    /// # Errors
    /// When the way to the database cannot be prepared.
    pub fn arrive(settings: &PostgresSettings) -> Result<Box<dyn NewStore>, StoreError> {
        Ok(Box::new(New { database: super::super::prepare(settings)?, open: None, turn: None }))
    }
}

/// What the database has; a store that nobody ever used has no keys.
async fn standing(client: &Client) -> Result<Standing, PostgresError> {
    if !schema::is_there(client).await? {
        return Ok(Standing::Empty);
    }
    // Only one of ours says what it is.
    schema::version(client).await?;
    let query = "SELECT (SELECT value FROM meta WHERE key = 'public_name'), moved_to, copy_of,
                        EXISTS (SELECT 1 FROM meta WHERE key = 'keys') FROM store";
    let row = client.query_typed_one(query, &[]).await?;
    let name: String = row.try_get::<_, Option<String>>(0)?.unwrap_or_default();
    Ok(match (row.try_get(1)?, row.try_get(2)?) {
        (Some(to), _) => Standing::Moved(name, to),
        (None, Some(name)) => Standing::BeingFilled(name),
        (None, None) if row.try_get(3)? => Standing::Live(name),
        (None, None) => Standing::Empty,
    })
}

/// The store that is left: a transaction in which every table that moves is locked against whoever would write.
struct Old {
    connection: Pooled,
    standing: Standing,
    known: Arc<Known>,
    place: String,
}

impl Old {
    async fn begin(database: &Database, is_look: bool) -> Result<Self, PostgresError> {
        let connection = database.connection().await?;
        if is_look {
            connection.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        } else {
            let (tables, counted) = (tables().join(", "), COUNTED.join(", "));
            // Editions first, as whoever decides about them does. Whoever changes anything has left a trace before it asks whether
            // the store is live: so those who were told that it is are waited for, and the others wait before they ask.
            let lock = format!("LOCK TABLE editions, traces, epochs, {tables}, {counted} IN SHARE ROW EXCLUSIVE MODE");
            let begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
            connection.batch_execute(&format!("{begin}; {LIMITS}; {LASTS}; {lock}")).await?;
        }
        let standing = standing(&connection).await?;
        Ok(Self { connection, standing, known: Arc::clone(database.known()), place: database.place().to_owned() })
    }

    async fn number(&self, query: &str) -> Result<u64, StoreError> {
        let count = async { Ok(sql::count(self.connection.query_typed_one(query, &[]).await?.try_get(0)?)) };
        count.await.map_err(|fault: PostgresError| fault.at(&self.place))
    }
}

#[async_trait]
impl OldStore for Old {
    fn standing(&self) -> Standing {
        self.standing.clone()
    }

    async fn in_hand(&mut self) -> Result<u64, StoreError> {
        self.number("SELECT count(*) FROM deliveries WHERE claim IS NOT NULL").await
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError> {
        if self.standing == Standing::Empty {
            return Ok(0);
        }
        self.number(&table.count(table.postgres)).await
    }

    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        part(&self.connection, table, after).await.map_err(|fault| fault.at(&self.place))
    }

    async fn seal(&mut self, to: &str) -> Result<(), StoreError> {
        let seal = async {
            self.connection.execute_typed("UPDATE store SET moved_to = $1", params![to]).await?;
            let raised = self.connection.query_typed_one(RAISE, &[]).await?;
            self.connection.batch_execute("COMMIT").await?;
            // Were the seal lost, this machine would know it.
            self.known.note(read_epoch(&raised, 0)?, true);
            self.known.remember();
            Ok(())
        };
        seal.await.map_err(|fault: PostgresError| fault.at(&self.place))
    }
}

/// The place that a store is moved to. It is filled in one transaction.
struct New {
    database: Database,
    open: Option<Pooled>,
    /// A transaction that does nothing but keep other moves away: a pooler may lend a connection for no longer than that.
    turn: Option<Pooled>,
}

impl New {
    async fn connection(&mut self) -> Result<&Pooled, PostgresError> {
        if self.open.is_none() {
            self.open = Some(self.database.connection().await?);
        }
        self.open.as_ref().ok_or_else(|| PostgresError::Unreachable("there is no connection".to_owned()))
    }

    async fn make(&mut self, name: &str) -> Result<bool, PostgresError> {
        let turn = self.database.connection().await?;
        turn.batch_execute(&format!("BEGIN; {LIMITS}; SELECT pg_advisory_xact_lock({MOVES})")).await?;
        self.turn = Some(turn);
        if !schema::make_copy_of(&self.database, name).await? {
            return Ok(false);
        }
        let all = [tables(), COUNTED.to_vec(), OF_PROCESSES.to_vec()].concat().join(", ");
        let begin = format!("BEGIN; {LIMITS}; {LASTS}; TRUNCATE {all}");
        self.connection().await?.batch_execute(&begin).await?;
        Ok(true)
    }

    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), PostgresError> {
        let connection = self.connection().await?;
        let columns = columns(table, rows)?;
        for statement in statements(table) {
            connection.execute_typed(&statement, &borrowed(&columns)).await?;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), PostgresError> {
        let names = "INSERT INTO numbers (kind, next) SELECT 'name', max(id) + 1 FROM names HAVING max(id) IS NOT NULL";
        let handed_over = outbox::cap::count_anew();
        let numbered = NUMBERED.iter().map(|table| {
            format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 0) + 1, false) FROM {table}"
            )
        });
        let numbered: Vec<String> = numbered.collect();
        let connection = self.connection().await?;
        let (numbered, tables) = (numbered.join("; "), tables().join(", "));
        Ok(connection.batch_execute(&format!("{names}; {handed_over}; {numbered}; COMMIT; ANALYZE {tables}")).await?)
    }

    fn told(&self, fault: &PostgresError) -> StoreError {
        fault.at(self.database.place())
    }
}

#[async_trait]
impl NewStore for New {
    async fn standing(&mut self) -> Result<Standing, StoreError> {
        let found = async { standing(self.connection().await?).await }.await;
        found.map_err(|fault| self.told(&fault))
    }

    async fn begin(&mut self, name: &str) -> Result<bool, StoreError> {
        let made = self.make(name).await;
        made.map_err(|fault| self.told(&fault))
    }

    async fn put(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        let written = self.write(table, rows).await;
        written.map_err(|fault| self.told(&fault))
    }

    async fn complete(&mut self) -> Result<(), StoreError> {
        let ended = self.end().await;
        ended.map_err(|fault| self.told(&fault))
    }

    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        let found = async { part(self.connection().await?, table, after).await }.await;
        found.map_err(|fault| self.told(&fault))
    }

    async fn make_live(&mut self) -> Result<(), StoreError> {
        let live = format!("BEGIN; {LASTS}; UPDATE store SET copy_of = NULL; COMMIT");
        let done = async { Ok(self.connection().await?.batch_execute(&live).await?) }.await;
        done.map_err(|fault: PostgresError| self.told(&fault))
    }
}

/// The tables that move as they are.
fn tables() -> Vec<&'static str> {
    let is_here = |table: &&Table| !COUNTED.contains(&table.name) && table.name != "accepted";
    TABLES.iter().filter(is_here).map(|table| table.name).collect()
}

async fn part(client: &Client, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, PostgresError> {
    let query = table.query(table.postgres, after.is_some(), |number| format!("${number}"));
    let key = after.map_or(&[][..], |row| &row[..table.key]).iter().zip(table.columns);
    let key = key.map(|(value, (_, kind))| one(*kind, value)).collect::<Result<Vec<_>, _>>()?;
    let found = client.query_typed(&query, &borrowed(&key)).await?;
    found.iter().map(|row| read(table, row)).collect()
}

fn read(table: &Table, found: &Found) -> Result<Row, PostgresError> {
    let read = |(at, (_, kind)): (usize, &(&str, Kind))| {
        Ok(match kind {
            Kind::Big => found.try_get::<_, Option<i64>>(at)?.map(Value::Number),
            Kind::Int => found.try_get::<_, Option<i32>>(at)?.map(|number| Value::Number(number.into())),
            Kind::Small => found.try_get::<_, Option<i16>>(at)?.map(|number| Value::Number(number.into())),
            Kind::Flag => found.try_get::<_, Option<bool>>(at)?.map(|flag| Value::Number(flag.into())),
            Kind::Text => found.try_get::<_, Option<String>>(at)?.map(Value::Text),
            Kind::Bytes => found.try_get::<_, Option<Vec<u8>>>(at)?.map(Value::Bytes),
        }
        .unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(read).collect()
}

/// The statements that write as many rows as there are.
fn statements(table: &Table) -> Vec<String> {
    if let Kept::Elsewhere { write, .. } = table.postgres {
        return write.iter().map(|&statement| statement.to_owned()).collect();
    }
    let places: Vec<String> = (1..=table.columns.len()).map(|number| format!("${number}")).collect();
    let (columns, places) = (table.names(table.columns.len()), places.join(", "));
    let name = table.name;
    vec![format!("INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest({places})")]
}

/// A parameter that is kept as long as it is used.
type Owned = (Box<dyn ToSql + Sync + Send>, Type);

fn borrowed(params: &[Owned]) -> Vec<Param<'_>> {
    params.iter().map(|(value, kind)| (&**value as &(dyn ToSql + Sync), kind.clone())).collect()
}

/// The rows as columns.
fn columns(table: &Table, rows: Vec<Row>) -> Result<Vec<Owned>, PostgresError> {
    let mut columns: Vec<Vec<Value>> = table.columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    columns.into_iter().zip(table.columns).map(|(values, (_, kind))| many(*kind, values)).collect()
}

fn many(kind: Kind, values: Vec<Value>) -> Result<Owned, PostgresError> {
    Ok(match kind {
        Kind::Big => (Box::new(numbers::<i64>(&values)?), Type::INT8_ARRAY),
        Kind::Int => (Box::new(numbers::<i32>(&values)?), Type::INT4_ARRAY),
        Kind::Small => (Box::new(numbers::<i16>(&values)?), Type::INT2_ARRAY),
        Kind::Flag => {
            let flags: Vec<Option<bool>> = numbers::<i64>(&values)?.iter().map(|n| n.map(|n| n != 0)).collect();
            (Box::new(flags), Type::BOOL_ARRAY)
        }
        Kind::Text => {
            let text = |value| match value {
                Value::Null => Ok(None),
                Value::Text(text) => Ok(Some(text)),
                _ => Err(unlike()),
            };
            (Box::new(values.into_iter().map(text).collect::<Result<Vec<_>, _>>()?), Type::TEXT_ARRAY)
        }
        Kind::Bytes => {
            let bytes = |value| match value {
                Value::Null => Ok(None),
                Value::Bytes(bytes) => Ok(Some(bytes)),
                _ => Err(unlike()),
            };
            (Box::new(values.into_iter().map(bytes).collect::<Result<Vec<_>, _>>()?), Type::BYTEA_ARRAY)
        }
    })
}

/// A value of a key, which is never null.
fn one(kind: Kind, value: &Value) -> Result<Owned, PostgresError> {
    Ok(match (kind, value) {
        (Kind::Big, Value::Number(number)) => (Box::new(*number), Type::INT8),
        (Kind::Int, Value::Number(number)) => (Box::new(narrow::<i32>(*number)?), Type::INT4),
        (Kind::Small, Value::Number(number)) => (Box::new(narrow::<i16>(*number)?), Type::INT2),
        (Kind::Text, Value::Text(text)) => (Box::new(text.clone()), Type::TEXT),
        (Kind::Bytes, Value::Bytes(bytes)) => (Box::new(bytes.clone()), Type::BYTEA),
        _ => return Err(unlike()),
    })
}

fn numbers<T: TryFrom<i64>>(values: &[Value]) -> Result<Vec<Option<T>>, PostgresError> {
    let number = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::Number(number) => narrow(*number).map(Some),
        _ => Err(unlike()),
    };
    values.iter().map(number).collect()
}

fn narrow<T: TryFrom<i64>>(number: i64) -> Result<T, PostgresError> {
    T::try_from(number).map_err(|_| damaged("a number is too large"))
}

fn unlike() -> PostgresError {
    damaged("it is not what its column holds")
}
