//! Statements without a name, and columns as values and back.
//!
//! No statement is prepared under a name: behind `PgBouncer` in transaction mode the next transaction has another connection
//! (<https://www.pgbouncer.org/features.html>). So each says which types its parameters have, and takes one round trip.
//!
//! Statements that do not need each other's answers are sent together, with `try_join!(biased; …)`: they are carried out in the
//! order in which they stand, and of an error the first is told. Those after it only say that the transaction has failed, which
//! does not show whether it is worth another try.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::error::PostgresError;
use crate::domain::refusal::Refusal;

/// A parameter and its type; [`params`] makes them.
pub(in crate::store::postgres) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A Rust type that a parameter may have, and what it is there.
pub(in crate::store::postgres) trait Column: ToSql + Sync {
    fn kind() -> Type;
}

macro_rules! columns {
    ($($rust:ty => $one:ident, $many:ident;)*) => {$(
        impl Column for $rust {
            fn kind() -> Type {
                Type::$one
            }
        }
        impl Column for Vec<$rust> {
            fn kind() -> Type {
                Type::$many
            }
        }
        impl Column for &[$rust] {
            fn kind() -> Type {
                Type::$many
            }
        }
        impl Column for Vec<Option<$rust>> {
            fn kind() -> Type {
                Type::$many
            }
        }
    )*};
}
columns! {
    bool => BOOL, BOOL_ARRAY;
    i16 => INT2, INT2_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    &str => TEXT, TEXT_ARRAY;
    String => TEXT, TEXT_ARRAY;
    &[u8] => BYTEA, BYTEA_ARRAY;
    Vec<u8> => BYTEA, BYTEA_ARRAY;
}

impl<T: Column> Column for Option<T> {
    fn kind() -> Type {
        T::kind()
    }
}

impl<T: Column> Column for &T {
    fn kind() -> Type {
        T::kind()
    }
}

/// A parameter with its type.
pub(in crate::store::postgres) fn param<T: Column>(value: &T) -> Param<'_> {
    (value, T::kind())
}

/// The parameters of a statement, in their order.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::postgres::engine::sql::param(&$value)),*]
    };
}
pub(in crate::store::postgres) use params;

/// An instant as it is stored.
pub(in crate::store::postgres) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A stored instant.
pub(in crate::store::postgres) fn instant(millis: i64) -> Result<DateTime<Utc>, PostgresError> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| damaged("an instant is out of range"))
}

/// A stored instant that may be null.
pub(in crate::store::postgres) fn maybe_instant(millis: Option<i64>) -> Result<Option<DateTime<Utc>>, PostgresError> {
    millis.map(instant).transpose()
}

/// A stored word, name, date or address.
pub(in crate::store::postgres) fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, PostgresError> {
    text.parse().map_err(|error: T::Err| damaged(&error.to_string()))
}

/// A word of the domain in a column.
pub(in crate::store::postgres) fn word<T: FromStr<Err: Display>>(row: &Row, at: usize) -> Result<T, PostgresError> {
    parse(row.try_get::<_, &str>(at)?)
}

/// A word of the domain in a column that may be null.
pub(in crate::store::postgres) fn maybe_word<T: FromStr<Err: Display>>(
    row: &Row,
    at: usize,
) -> Result<Option<T>, PostgresError> {
    row.try_get::<_, Option<&str>>(at)?.map(parse).transpose()
}

/// A value as JSON text.
pub(in crate::store::postgres) fn to_json(value: &impl Serialize) -> Result<String, PostgresError> {
    serde_json::to_string(value).map_err(|error| damaged(&error.to_string()))
}

/// A value from JSON text.
pub(in crate::store::postgres) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, PostgresError> {
    serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))
}

/// A count, which is never negative.
pub(in crate::store::postgres) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A number of the domain as a column.
pub(in crate::store::postgres) fn column(id: u64) -> Result<i64, PostgresError> {
    i64::try_from(id).map_err(|_| Refusal::TooLarge(id).into())
}

/// A value that we never write.
pub(in crate::store::postgres) fn damaged(what: &str) -> PostgresError {
    PostgresError::NotOurs(format!("a stored value is not valid: {what}"))
}
