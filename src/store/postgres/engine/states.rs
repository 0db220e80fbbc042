//! Words of the domain as columns, and what `domain::delivery` says about states as a piece of a statement about many rows.

use std::error::Error;
use std::fmt::Display;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use super::sql::Column;
use crate::domain::delivery::{DeliveryState, Event, OutcomeKind};
use crate::domain::subscriber::{Locale, MailboxState, Origin, Sector};
use crate::store::shared::states::more_accepted;

/// What the domain gives a number is stored as that.
macro_rules! stored_as_code {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
                i16::from(self.code()).to_sql(kind, out)
            }
            accepts!(INT2);
            to_sql_checked!();
        }

        impl<'a> FromSql<'a> for $name {
            fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
                let code = i16::from_sql(kind, raw)?;
                let found = u8::try_from(code).ok().and_then(Self::from_code);
                found.ok_or_else(|| format!("{code} is no {}", stringify!($name)).into())
            }
            accepts!(INT2);
        }

        impl Column for $name {
            fn kind() -> Type {
                Type::INT2
            }
        }

        impl Column for Vec<$name> {
            fn kind() -> Type {
                Type::INT2_ARRAY
            }
        }
    )*};
}
stored_as_code!(DeliveryState, Locale, MailboxState, Origin, Sector);

/// Attempts are many, so an outcome is a letter.
fn letter(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Accepted => "a",
        OutcomeKind::Transient => "t",
        OutcomeKind::Permanent => "p",
        OutcomeKind::Uncertain => "u",
        OutcomeKind::SenderRefused => "s",
        OutcomeKind::Throttled => "h",
        OutcomeKind::Withheld => "w",
    }
}

impl ToSql for OutcomeKind {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        letter(*self).to_sql(kind, out)
    }
    accepts!(TEXT);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for OutcomeKind {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let text = <&str>::from_sql(kind, raw)?;
        let found = Self::ALL.iter().find(|kind| letter(**kind) == text);
        found.copied().ok_or_else(|| format!("{text} is no outcome").into())
    }
    accepts!(TEXT);
}

impl Column for OutcomeKind {
    fn kind() -> Type {
        Type::TEXT
    }
}

impl Column for Vec<OutcomeKind> {
    fn kind() -> Type {
        Type::TEXT_ARRAY
    }
}

/// A list for `outcome IN …`.
pub(in crate::store::postgres) fn outcomes(kinds: &[OutcomeKind]) -> String {
    let letters: Vec<&str> = kinds.iter().copied().map(letter).collect();
    words(&letters)
}

/// A list for `state IN …`. Literal, because an index on some states is only used when the statement names them.
pub(in crate::store::postgres) fn list(states: &[DeliveryState]) -> String {
    let codes: Vec<String> = states.iter().map(|state| state.code().to_string()).collect();
    format!("({})", codes.join(", "))
}

/// What deliveries have that ended without being accepted, as the index `deliveries_ended` has it.
pub(in crate::store::postgres) fn ended() -> String {
    format!("state > {}", DeliveryState::Deferred.code())
}

/// A list of words for `state IN …` and the like.
pub(in crate::store::postgres) fn words(words: &[impl Display]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    format!("({})", words.join(", "))
}

/// What an event does to many deliveries at once, as the domain decides it for one.
pub(in crate::store::postgres) struct Change {
    /// The states in which it can happen, for `state IN …`.
    pub(in crate::store::postgres) from: String,
    /// The state that it leads to, for `SET state = …`; it reads the columns `state` and `repeated`.
    pub(in crate::store::postgres) to: String,
    /// How many more are accepted with each that it happens to: 1, 0 or -1.
    pub(in crate::store::postgres) accepted: i64,
}

/// See [`Change`].
pub(in crate::store::postgres) fn change(event: Event<'_>) -> Change {
    let arrows = DeliveryState::arrows(event);
    let cases: Vec<String> = arrows
        .iter()
        .map(|arrow| {
            let (from, to, if_repeated) = (arrow.from.code(), arrow.to.code(), arrow.if_repeated.code());
            format!("WHEN {from} THEN CASE WHEN repeated THEN {if_repeated} ELSE {to} END")
        })
        .collect();
    let from: Vec<DeliveryState> = arrows.iter().map(|arrow| arrow.from).collect();
    let to = format!("CASE state {} ELSE state END", cases.join(" "));
    Change { from: list(&from), to, accepted: more_accepted(&arrows) }
}
