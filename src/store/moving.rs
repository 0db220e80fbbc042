//! The ports of whoever moves a store to another place: its rows, table by table and in parts, in one order everywhere.
//!
//! What both schemas hold, and where each of them keeps it, is described once ([`TABLES`]); a backend reads and writes what the
//! description says. A row keeps its numbers.

mod table;
mod tables;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::StoreError;

pub use table::{Kept, Kind, Table};
pub use tables::{STAYS, TABLES};

/// A value of a row.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The values of a table's columns, in their order.
pub type Row = Vec<Value>;

/// What a place has, as far as a move is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, or a store that nobody has ever used.
    Empty,
    /// A store that is at work: the name that it gave itself when it was made, and keeps wherever it is moved.
    Live(String),
    /// A copy of the store of this name that is not complete, or of which nobody knows.
    BeingFilled(String),
    /// A store that was moved to the place that is named second; the first is its name.
    Moved(String, String),
}

/// The store that is left. Nobody else changes it until this is dropped.
#[async_trait]
pub trait OldStore: Send {
    fn standing(&self) -> Standing;

    /// How many mails are in hand of a process that may be alive.
    async fn in_hand(&mut self) -> Result<u64, StoreError>;

    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError>;

    /// What comes after this row, in the order of the table's key: at most [`Table::part`] rows.
    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError>;

    /// From now on it is only looked at, and names that place. Durable once this is answered.
    async fn seal(&mut self, to: &str) -> Result<(), StoreError>;
}

/// The place that the store is moved to.
#[async_trait]
pub trait NewStore: Send {
    async fn standing(&mut self) -> Result<Standing, StoreError>;

    /// Makes an empty store that nobody can use, marked as a copy of the store of this name. What an earlier move left is gone, and no
    /// other move comes here until this is dropped. False, and nothing has changed, where something else has come since it was asked
    /// what is there.
    async fn begin(&mut self, name: &str) -> Result<bool, StoreError>;

    async fn put(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError>;

    /// All rows are there: they are durable once this is answered.
    async fn complete(&mut self) -> Result<(), StoreError>;

    /// As [`OldStore::part`].
    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError>;

    /// It may be used from now on.
    async fn make_live(&mut self) -> Result<(), StoreError>;
}

/// Rows that were counted, and what they hold.
#[derive(Default, Clone)]
pub struct Checksum {
    rows: u64,
    hash: Sha256,
}

impl Checksum {
    /// These rows come next.
    pub fn add(&mut self, rows: &[Row]) {
        for row in rows {
            self.rows += 1;
            for value in row {
                value.hash(&mut self.hash);
            }
        }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether the other has the same rows in the same order.
    pub fn is_same(&self, other: &Self) -> bool {
        self.rows == other.rows && self.hash.clone().finalize() == other.hash.clone().finalize()
    }
}

impl Value {
    /// No two values, one after the other, are hashed like two others.
    fn hash(&self, hash: &mut Sha256) {
        match self {
            Self::Null => hash.update([0]),
            Self::Number(number) => {
                hash.update([1]);
                hash.update(number.to_le_bytes());
            }
            Self::Text(text) => Self::hash_octets(2, text.as_bytes(), hash),
            Self::Bytes(bytes) => Self::hash_octets(3, bytes, hash),
        }
    }

    fn hash_octets(kind: u8, octets: &[u8], hash: &mut Sha256) {
        hash.update([kind]);
        hash.update((octets.len() as u64).to_le_bytes());
        hash.update(octets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(rows: &[Row]) -> Checksum {
        let mut sum = Checksum::default();
        sum.add(rows);
        sum
    }

    #[test]
    fn a_checksum_tells_values_and_their_places_apart() {
        let text = |text: &str| Value::Text(text.to_owned());
        let rows = vec![vec![text("ab"), text("c"), Value::Null]];
        assert!(checksum(&rows).is_same(&checksum(&rows.clone())));
        for other in [
            vec![text("a"), text("bc"), Value::Null],
            vec![text("ab"), Value::Bytes(b"c".to_vec()), Value::Null],
            vec![text("ab"), text("c"), Value::Number(0)],
            vec![text("c"), text("ab"), Value::Null],
        ] {
            assert!(!checksum(&rows).is_same(&checksum(&[other])));
        }
        assert!(!checksum(&rows).is_same(&checksum(&[])));
    }
}
