//! What use cases do with one edition or bulletin: read it, name it, and change it as it stands.

use std::slice;

use chrono::{DateTime, Utc};

use super::error::AppError;
use crate::domain::bulletin::{BulletinId, BulletinName, BulletinRecord, MailingName};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, state};
use crate::store::{Actor, Store};

/// How often a decision is made anew when others change what it was made from.
pub(crate) const TRIES: usize = 5;

/// The edition as the store holds it.
pub(crate) async fn edition(store: &dyn Store, number: EditionNumber) -> Result<Edition, AppError> {
    store.edition(number).await?.ok_or(AppError::NoEdition(number))
}

/// The name of the bulletin that is sent under this number; none where it is an edition's.
pub(crate) async fn bulletin_name(store: &dyn Store, number: EditionNumber) -> Result<Option<BulletinName>, AppError> {
    let Some(id) = BulletinId::of(number) else { return Ok(None) };
    let records = store.bulletins().await?;
    Ok(records.into_iter().find(|record| record.id == id).map(|record| record.name))
}

/// What people call whatever was sent under this number.
pub(crate) async fn mailing_name(store: &dyn Store, number: EditionNumber) -> Result<MailingName, AppError> {
    let name = bulletin_name(store, number).await?;
    Ok(name.map_or(MailingName::Edition(number), MailingName::Bulletin))
}

/// Bulletins that are being sent, the oldest first.
pub(crate) async fn bulletins_on_their_way(store: &dyn Store) -> Result<Vec<BulletinRecord>, AppError> {
    let mut bulletins = store.bulletins().await?;
    bulletins.retain(|bulletin| bulletin.state() == EditionState::Sending);
    Ok(bulletins)
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
