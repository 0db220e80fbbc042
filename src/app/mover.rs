//! Moves a store to another place: all of it is copied and compared, then the old one is left for good, and only then the new one is
//! live. So there is never more than one, and whatever breaks off can be done again.

use super::error::MoveError;
use super::postgres::Postgres;
use super::{AppError, bootstrap};
use crate::clock::Clock;
use crate::config::{Config, OnUncertain, StoreUrl};
use crate::store::StoreError;
use crate::store::moving::{Checksum, NewStore, OldStore, Standing, TABLES, Table};
use crate::store::sqlite::SqliteStore;

/// What a move did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// All of it, with so many rows of each table.
    Whole(Vec<(&'static str, u64)>),
    /// What was left to do of a move that had broken off after the old store was left.
    Rest,
    /// Nothing: it had been moved there before.
    Before,
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub table: &'static str,
    /// Whether it is compared, and not copied any more.
    pub is_compared: bool,
    /// How many rows were copied, or compared.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// Moves the store of `from` to that of `to`, which `store.url` will name as `url`. `tell` hears how far it is.
///
/// # Errors
/// When a store cannot be reached, something is in hand, or something else is in the way; then the old store is as it was, unless it
/// was left already: then the same again completes it.
pub async fn move_store(
    from: &Config,
    (to, url): (&Config, &str),
    clock: Clock,
    tell: impl FnMut(Progress) + Send,
) -> Result<Moved, AppError> {
    refuse_same(from, to)?;
    if !exists(from).await? {
        return Err(MoveError::NoStore(place(&from.store)).into());
    }
    take_up(from, clock).await?;
    let mut old = leave(from, false).await?;
    let mut new = arrive(to)?;
    Mover { old: old.as_mut(), new: new.as_mut(), url, tell }.go().await
}

/// What would be moved: how many rows of each table. Nothing changes.
///
/// # Errors
/// Whatever would keep the store from being moved now.
pub async fn look(from: &Config, to: &Config) -> Result<Vec<(&'static str, u64)>, AppError> {
    refuse_same(from, to)?;
    if !exists(from).await? {
        return Err(MoveError::NoStore(place(&from.store)).into());
    }
    let mut old = leave(from, true).await?;
    if let Standing::Moved(_, url) = old.standing() {
        return Err(gone(&from.store, url));
    }
    let mut new = arrive(to)?;
    if !matches!(new.standing().await?, Standing::Empty | Standing::BeingFilled(_)) {
        return Err(MoveError::InTheWay(place(&to.store)).into());
    }
    refuse_in_hand(old.as_mut()).await?;
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push((table.name, old.count(table).await?));
    }
    Ok(counts)
}

/// Whether one of the two databases may lose what it answered when another server takes its place.
///
/// # Errors
/// When it cannot be asked.
pub async fn may_lose(from: &Config, to: &Config) -> Result<bool, AppError> {
    for config in [from, to] {
        if let StoreUrl::Postgres(url) = &config.store
            && Postgres::at(url, &config.web.secret_file)?.may_lose().await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn refuse_same(from: &Config, to: &Config) -> Result<(), MoveError> {
    if from.store.is_same(&to.store) { Err(MoveError::SamePlace(place(&from.store))) } else { Ok(()) }
}

async fn exists(config: &Config) -> Result<bool, AppError> {
    match &config.store {
        StoreUrl::Sqlite(path) => Ok(SqliteStore::exists(path)?),
        StoreUrl::Postgres(url) => Postgres::at(url, &config.web.secret_file)?.exists().await,
    }
}

/// Takes up what dead processes left in hand, and sees whether the keys are the store's; one that was moved is only looked at.
async fn take_up(config: &Config, clock: Clock) -> Result<(), AppError> {
    let context = match bootstrap::open_undated(config.clone(), clock).await {
        Err(AppError::Store(StoreError::Moved { .. })) => return Ok(()),
        opened => opened?,
    };
    context.store.recover(config.mail.on_uncertain == OnUncertain::Resend, clock.now()).await?;
    Ok(())
}

async fn leave(config: &Config, is_look: bool) -> Result<Box<dyn OldStore>, AppError> {
    match &config.store {
        StoreUrl::Sqlite(path) if is_look => Ok(SqliteStore::look_at_what_moves(path)?),
        StoreUrl::Sqlite(path) => Ok(SqliteStore::leave(path)?),
        StoreUrl::Postgres(url) => Postgres::at(url, &config.web.secret_file)?.leave(is_look).await,
    }
}

fn arrive(config: &Config) -> Result<Box<dyn NewStore>, AppError> {
    match &config.store {
        StoreUrl::Sqlite(path) => Ok(SqliteStore::arrive(path)),
        StoreUrl::Postgres(url) => Postgres::at(url, &config.web.secret_file)?.arrive(),
    }
}

/// A store as messages name it.
fn place(store: &StoreUrl) -> String {
    match store {
        StoreUrl::Sqlite(path) => path.display().to_string(),
        StoreUrl::Postgres(url) => format!("the database {}", url.database),
    }
}

fn gone(store: &StoreUrl, to: String) -> AppError {
    StoreError::Moved { place: place(store), to }.into()
}

async fn refuse_in_hand(old: &mut dyn OldStore) -> Result<(), AppError> {
    match old.in_hand().await? {
        0 => Ok(()),
        mails => Err(MoveError::InHand(mails).into()),
    }
}

/// A move from one store to another.
pub struct Mover<'a, T> {
    pub old: &'a mut dyn OldStore,
    pub new: &'a mut dyn NewStore,
    /// The new one, as `store.url` will name it.
    pub url: &'a str,
    pub tell: T,
}

impl<T: FnMut(Progress) + Send> Mover<'_, T> {
    /// Does what is left to do.
    ///
    /// # Errors
    /// As those of [`move_store`].
    pub async fn go(mut self) -> Result<Moved, AppError> {
        let there = self.new.standing().await?;
        match (self.old.standing(), there) {
            (Standing::Live(name), Standing::Empty) => self.whole(&name).await,
            (Standing::Live(name), Standing::BeingFilled(of)) if of == name => self.whole(&name).await,
            (Standing::Moved(name, to), Standing::BeingFilled(of)) if to == self.url && of == name => {
                let expected = self.read_old().await?;
                self.compare(&expected).await?;
                self.new.make_live().await?;
                Ok(Moved::Rest)
            }
            (Standing::Moved(name, to), Standing::Live(of)) if to == self.url && of == name => Ok(Moved::Before),
            (Standing::Moved(_, to), Standing::Empty) if to == self.url => Err(MoveError::Lost(to).into()),
            (Standing::Moved(_, to), _) if to != self.url => {
                Err(StoreError::Moved { place: "of config.toml".to_owned(), to }.into())
            }
            (Standing::Empty, _) => Err(MoveError::NoStore("the place that config.toml names".to_owned()).into()),
            (Standing::BeingFilled(_), _) => Err(StoreError::Incomplete { place: "of config.toml".to_owned() }.into()),
            _ => Err(MoveError::InTheWay(self.url.to_owned()).into()),
        }
    }

    async fn whole(&mut self, name: &str) -> Result<Moved, AppError> {
        refuse_in_hand(self.old).await?;
        if !self.new.begin(name).await? {
            return Err(MoveError::InTheWay(self.url.to_owned()).into());
        }
        let copied = self.copy().await?;
        self.new.complete().await?;
        self.compare(&copied).await?;
        self.old.seal(self.url).await?;
        self.new.make_live().await?;
        Ok(Moved::Whole(TABLES.iter().zip(&copied).map(|(table, sum)| (table.name, sum.rows())).collect()))
    }

    /// Copies every table; what was read of each.
    async fn copy(&mut self) -> Result<Vec<Checksum>, AppError> {
        let (mut done, total) = (0, self.total().await?);
        let mut sums = Vec::new();
        for table in TABLES {
            let (mut sum, mut after) = (Checksum::default(), None);
            loop {
                let part = self.old.part(table, after.as_ref()).await?;
                after = part.last().cloned();
                let (rows, is_last) = (part.len(), part.len() < table.part);
                sum.add(&part);
                if rows > 0 {
                    self.new.put(table, part).await?;
                }
                done += rows as u64;
                (self.tell)(Progress { table: table.name, is_compared: false, done, total });
                if is_last {
                    break;
                }
            }
            sums.push(sum);
        }
        Ok(sums)
    }

    async fn total(&mut self) -> Result<u64, AppError> {
        let mut total = 0;
        for table in TABLES {
            total += self.old.count(table).await?;
        }
        Ok(total)
    }

    /// What the old store has, table by table.
    async fn read_old(&mut self) -> Result<Vec<Checksum>, AppError> {
        let mut sums = Vec::new();
        for table in TABLES {
            let (mut sum, mut after) = (Checksum::default(), None);
            loop {
                let part = self.old.part(table, after.as_ref()).await?;
                sum.add(&part);
                if part.len() < table.part {
                    break;
                }
                after = part.last().cloned();
            }
            sums.push(sum);
        }
        Ok(sums)
    }

    /// Refuses a new store that does not hold what was read.
    async fn compare(&mut self, expected: &[Checksum]) -> Result<(), AppError> {
        let (mut done, total) = (0, expected.iter().map(Checksum::rows).sum());
        for (table, expected) in TABLES.iter().zip(expected) {
            let found = self.read_new(table, &mut done, total).await?;
            if !found.is_same(expected) {
                let (expected, found) = (expected.rows(), found.rows());
                return Err(MoveError::Different { table: table.name, to: self.url.to_owned(), expected, found }.into());
            }
        }
        Ok(())
    }

    async fn read_new(&mut self, table: &'static Table, done: &mut u64, total: u64) -> Result<Checksum, AppError> {
        let (mut sum, mut after) = (Checksum::default(), None);
        loop {
            let part = self.new.part(table, after.as_ref()).await?;
            sum.add(&part);
            *done += part.len() as u64;
            (self.tell)(Progress { table: table.name, is_compared: true, done: *done, total });
            if part.len() < table.part {
                return Ok(sum);
            }
            after = part.last().cloned();
        }
    }
}
