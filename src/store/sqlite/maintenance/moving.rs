//! A store that is moved to another place, or here.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::store::moving::{Kept, NewStore, OldStore, Row, Standing, Table, Value};
use crate::store::shared::meta::PUBLIC_NAME;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::connect::{self, PATIENCE};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::in_use::{InUse, Use};
use crate::store::sqlite::engine::moved::{self, Mark};
use crate::store::sqlite::engine::{snapshot, sql};
use crate::store::sqlite::side_files::{SIDES, beside};
use crate::store::sqlite::tables::meta;
use crate::store::{StoreError, sqlite};

/// How many pages the journal of a store that is filled may have.
const JOURNAL: u32 = 1_000;

impl SqliteStore {
    /// The store at `path`, to be left. As long as the answer lives, others can look at it, but not change it.
    ///
    /// # Errors
    /// Returns `Locked` where another program is writing and goes on, or the same errors as [`SqliteStore::open`].
    pub fn leave(path: &Path) -> Result<Box<dyn OldStore>, StoreError> {
        let place = path.display().to_string();
        let leave = || -> Result<Old, SqliteError> {
            let in_use = InUse::note(path, Use::Open)?;
            let conn = connect::writer(path, PATIENCE)?;
            sql::run(&conn, "BEGIN IMMEDIATE", [])?;
            let standing = standing(&conn)?;
            Ok(Old { conn, standing, place: place.clone(), _in_use: in_use })
        };
        Ok(Box::new(leave().map_err(|fault| fault.at(&place))?))
    }

    /// One moment of the store at `path`, to say what would be moved.
    ///
    /// # Errors
    /// Returns the same errors as [`SqliteStore::snapshot`].
    pub fn look_at_what_moves(path: &Path) -> Result<Box<dyn OldStore>, StoreError> {
        let place = path.display().to_string();
        let look = || -> Result<Look, SqliteError> {
            let in_use = InUse::note(path, Use::Look)?;
            let (conn, guard) = snapshot::take(path)?;
            let standing = standing(&conn)?;
            Ok(Look { old: Old { conn, standing, place: place.clone(), _in_use: in_use }, _guard: guard })
        };
        Ok(Box::new(look().map_err(|fault| fault.at(&place))?))
    }

    /// The place for a store at `path`.
    pub fn arrive(path: &Path) -> Box<dyn NewStore> {
        Box::new(New { path: path.to_owned(), open: None, turn: None })
    }
}

/// What a database has; an empty one has no keys.
fn standing(conn: &Connection) -> Result<Standing, SqliteError> {
    let name = meta::get(conn, PUBLIC_NAME)?.unwrap_or_default();
    Ok(match moved::mark(conn)? {
        Some(Mark::Moved(to)) => Standing::Moved(name, to),
        Some(Mark::CopyOf(name)) => Standing::BeingFilled(name),
        None if meta::get(conn, "keys")?.is_none() => Standing::Empty,
        None => Standing::Live(name),
    })
}

/// The store that is left: a transaction that holds the write lock.
struct Old {
    conn: Connection,
    standing: Standing,
    place: String,
    _in_use: InUse,
}

#[async_trait]
impl OldStore for Old {
    fn standing(&self) -> Standing {
        self.standing.clone()
    }

    async fn in_hand(&mut self) -> Result<u64, StoreError> {
        let count = sql::number(&self.conn, "SELECT count(*) FROM deliveries WHERE claim IS NOT NULL", []);
        count.map(sql::count).map_err(|fault| fault.at(&self.place))
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError> {
        let count = sql::number(&self.conn, &table.count(table.sqlite), []);
        count.map(sql::count).map_err(|fault| fault.at(&self.place))
    }

    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        part(&self.conn, table, after).map_err(|fault| fault.at(&self.place))
    }

    async fn seal(&mut self, to: &str) -> Result<(), StoreError> {
        let seal = || -> Result<(), SqliteError> {
            sql::run(&self.conn, "INSERT INTO moved (moved_to) VALUES (?1)", [to])?;
            sql::run(&self.conn, "COMMIT", []).map(drop)
        };
        seal().map_err(|fault| fault.at(&self.place))
    }
}

/// A look at the store: nothing that is done to it lasts.
struct Look {
    old: Old,
    _guard: Option<sqlite::engine::layer::Guard>,
}

#[async_trait]
impl OldStore for Look {
    fn standing(&self) -> Standing {
        self.old.standing()
    }

    async fn in_hand(&mut self) -> Result<u64, StoreError> {
        self.old.in_hand().await
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError> {
        self.old.count(table).await
    }

    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        self.old.part(table, after).await
    }

    async fn seal(&mut self, _: &str) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly { place: self.old.place.clone() })
    }
}

/// The place that a store is moved to.
struct New {
    path: PathBuf,
    open: Option<(Connection, InUse)>,
    /// Keeps other moves away.
    turn: Option<Turn>,
}

/// A file beside the store that one move has locked, until this is dropped.
struct Turn {
    path: PathBuf,
    _file: File,
}

impl Turn {
    /// That of a store; none while another move has it.
    fn take(store: &Path) -> io::Result<Option<Self>> {
        let path = beside(store, ".move");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            locked => locked?,
        }
        // Whoever had it before has removed what we locked.
        let is_there = fs::metadata(&path).is_ok_and(|now| file.metadata().is_ok_and(|ours| ours.ino() == now.ino()));
        Ok(is_there.then_some(Self { path, _file: file }))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // What cannot be removed is litter, not harm.
        let _ = fs::remove_file(&self.path);
    }
}

impl New {
    fn told(&self, fault: &SqliteError) -> StoreError {
        fault.at(&self.path.display().to_string())
    }

    /// The store, which is there.
    fn open(&mut self) -> Result<&Connection, SqliteError> {
        if self.open.is_none() {
            let in_use = InUse::note(&self.path, Use::Open)?;
            let conn = connect::writer(&self.path, PATIENCE)?;
            connect::make_room(&conn)?;
            conn.pragma_update(None, "wal_autocheckpoint", JOURNAL)?;
            self.open = Some((conn, in_use));
        }
        self.open.as_ref().map(|(conn, _)| conn).ok_or(SqliteError::Gone)
    }

    fn look(&self) -> Result<Standing, SqliteError> {
        let _in_use = InUse::note(&self.path, Use::Look)?;
        let (conn, _guard) = snapshot::take(&self.path)?;
        standing(&conn)
    }

    /// Makes it, unless another move is at that, or someone has begun to use what is there.
    fn make(&mut self, name: &str) -> Result<bool, SqliteError> {
        self.open = None;
        // For its folder.
        connect::create(&self.path)?;
        self.turn = Turn::take(&self.path)?;
        if self.turn.is_none() || !self.mark(name)? {
            return Ok(false);
        }
        self.make_anew(name).map(|()| true)
    }

    /// Marks what is there, so that nobody changes it any more; false where that is a store of someone.
    fn mark(&mut self, name: &str) -> Result<bool, SqliteError> {
        let mut is_ours = false;
        in_one(self.open()?, |conn| {
            is_ours = match standing(conn)? {
                Standing::Empty => sql::run(conn, "INSERT INTO moved (copy_of) VALUES (?1)", [name]).map(|_| true)?,
                Standing::BeingFilled(of) => of == name,
                Standing::Live(_) | Standing::Moved(..) => false,
            };
            Ok(())
        })?;
        Ok(is_ours)
    }

    fn make_anew(&mut self, name: &str) -> Result<(), SqliteError> {
        self.open = None;
        for suffix in SIDES.into_iter().chain([""]) {
            match fs::remove_file(beside(&self.path, suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        connect::create(&self.path)?;
        in_one(self.open()?, |conn| {
            sql::run(conn, "INSERT INTO moved (copy_of) VALUES (?1)", [name])?;
            // What every new store begins with.
            ["meta", "list_counts"]
                .iter()
                .try_for_each(|table| sql::run(conn, &format!("DELETE FROM {table}"), []).map(drop))
        })
    }

    fn write(&mut self, table: &'static Table, rows: &[Row]) -> Result<(), SqliteError> {
        in_one(self.open()?, |conn| rows.iter().try_for_each(|row| write(conn, table, row)))
    }
}

#[async_trait]
impl NewStore for New {
    async fn standing(&mut self) -> Result<Standing, StoreError> {
        let standing = match &self.open {
            Some((conn, _)) => standing(conn),
            None => self.look(),
        };
        standing.map_err(|fault| self.told(&fault))
    }

    async fn begin(&mut self, name: &str) -> Result<bool, StoreError> {
        self.make(name).map_err(|fault| self.told(&fault))
    }

    async fn put(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(table, &rows).map_err(|fault| self.told(&fault))
    }

    async fn complete(&mut self) -> Result<(), StoreError> {
        // Each part was durable when it was written.
        Ok(())
    }

    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        let found = self.open().and_then(|conn| part(conn, table, after));
        found.map_err(|fault| self.told(&fault))
    }

    async fn make_live(&mut self) -> Result<(), StoreError> {
        let done = self.open().and_then(|conn| {
            in_one(conn, |conn| sql::run(conn, "DELETE FROM moved WHERE copy_of IS NOT NULL", []).map(drop))
        });
        done.map_err(|fault| self.told(&fault))
    }
}

/// Does it in one transaction.
fn in_one(conn: &Connection, work: impl FnOnce(&Connection) -> Result<(), SqliteError>) -> Result<(), SqliteError> {
    sql::run(conn, "BEGIN IMMEDIATE", [])?;
    let done = work(conn).and_then(|()| sql::run(conn, "COMMIT", []).map(drop));
    if done.is_err() && !conn.is_autocommit() {
        // The first error says more than another one.
        let _ = conn.execute_batch("ROLLBACK");
    }
    done
}

fn part(conn: &Connection, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, SqliteError> {
    let query = table.query(table.sqlite, after.is_some(), |number| format!("?{number}"));
    let key = after.map_or(&[][..], |row| &row[..table.key]);
    sql::rows(conn, &query, params_from_iter(key), |row| {
        (0..table.columns.len()).map(|at| value(row.get_ref(at)?)).collect::<Result<Row, SqliteError>>()
    })
}

/// A value as it moves. Only replies of relays may hold a NUL, which not every backend can keep.
fn value(found: ValueRef<'_>) -> Result<Value, SqliteError> {
    Ok(match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Number(number),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|_| sql::damaged("a text is not UTF-8"))?;
            Value::Text(if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.to_owned() })
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
        ValueRef::Real(_) => return Err(sql::damaged("a number is no whole one")),
    })
}

fn write(conn: &Connection, table: &Table, row: &Row) -> Result<(), SqliteError> {
    if let Kept::Elsewhere { write, .. } = table.sqlite {
        return write.iter().try_for_each(|statement| sql::run(conn, statement, params_from_iter(row)).map(drop));
    }
    let places: Vec<String> = (1..=row.len()).map(|number| format!("?{number}")).collect();
    let columns = table.names(table.columns.len());
    let insert = format!("INSERT INTO {} ({columns}) VALUES ({})", table.name, places.join(", "));
    sql::run(conn, &insert, params_from_iter(row)).map(drop)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
