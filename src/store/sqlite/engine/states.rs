//! Words of the domain as columns, and what `domain::delivery` says about states as a piece of a statement about many rows.

use std::fmt::Display;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use crate::domain::delivery::{DeliveryState, Event, OutcomeKind};
use crate::domain::subscriber::{Locale, MailboxState, Origin, Sector};
use crate::store::shared::states::more_accepted;

/// What the domain gives a number is stored as that.
macro_rules! stored_as_code {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.code()))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let code = u8::column_result(value)?;
                Self::from_code(code).ok_or(FromSqlError::OutOfRange(i64::from(code)))
            }
        }
    )*};
}
stored_as_code!(DeliveryState, Locale, MailboxState, Origin, Sector);

/// Attempts are many, so an outcome is a letter. Older versions wrote the whole word.
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
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(letter(*self)))
    }
}

impl FromSql for OutcomeKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        let found = Self::ALL.iter().find(|kind| letter(**kind) == text || kind.as_str() == text);
        found.copied().ok_or(FromSqlError::InvalidType)
    }
}

/// A list for `outcome IN …`, as this and older versions write them.
pub(in crate::store::sqlite) fn outcomes(kinds: &[OutcomeKind]) -> String {
    let both: Vec<&str> = kinds.iter().flat_map(|kind| [letter(*kind), kind.as_str()]).collect();
    words(&both)
}

/// A list for `state IN …`. Literal, because an index on some states is only used when the statement names them.
pub(in crate::store::sqlite) fn list(states: &[DeliveryState]) -> String {
    let codes: Vec<String> = states.iter().map(|state| state.code().to_string()).collect();
    format!("({})", codes.join(", "))
}

/// What deliveries have that ended without being accepted, as the index `deliveries_ended` has it.
pub(in crate::store::sqlite) fn ended() -> String {
    format!("state > {}", DeliveryState::Deferred.code())
}

/// A list of words for `state IN …` and the like.
pub(in crate::store::sqlite) fn words(words: &[impl Display]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    format!("({})", words.join(", "))
}

/// What an event does to many deliveries at once, as the domain decides it for one.
pub(in crate::store::sqlite) struct Change {
    /// The states in which it can happen, for `state IN …`.
    pub(in crate::store::sqlite) from: String,
    /// The state that it leads to, for `SET state = …`; it reads the columns `state` and `repeated`.
    pub(in crate::store::sqlite) to: String,
    /// How many more are accepted with each that it happens to: 1, 0 or -1.
    pub(in crate::store::sqlite) accepted: i64,
}

/// See [`Change`].
pub(in crate::store::sqlite) fn change(event: Event<'_>) -> Change {
    let arrows = DeliveryState::arrows(event);
    let cases: Vec<String> = arrows
        .iter()
        .map(|arrow| {
            let (from, to, if_repeated) = (arrow.from.code(), arrow.to.code(), arrow.if_repeated.code());
            format!("WHEN {from} THEN iif(repeated, {if_repeated}, {to})")
        })
        .collect();
    let from: Vec<DeliveryState> = arrows.iter().map(|arrow| arrow.from).collect();
    let to = format!("CASE state {} ELSE state END", cases.join(" "));
    Change { from: list(&from), to, accepted: more_accepted(&arrows) }
}
