//! What use cases do with one edition: read it, and change it as it stands.

use std::slice;

use chrono::{DateTime, Utc};

use super::error::AppError;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, state};
use crate::store::{Actor, Store};

/// How often a decision is made anew when others change what it was made from.
pub(crate) const TRIES: usize = 5;

/// The edition as the store holds it.
pub(crate) async fn edition(store: &dyn Store, number: EditionNumber) -> Result<Edition, AppError> {
    store.edition(number).await?.ok_or(AppError::NoEdition(number))
}

/// Makes one change to an edition as it stands, whatever that is; nothing where its state does not allow it.
pub(crate) async fn change_now(
    store: &dyn Store,
    change: EditionChange,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    for _ in 0..TRIES {
        let edition = store.edition(change.number()).await?;
        let changed = state::change(edition.as_slice(), slice::from_ref(&change), at);
        if store.write_editions(&changed, &[], actor, at).await? {
            return Ok(());
        }
    }
    Err(AppError::Busy)
}
