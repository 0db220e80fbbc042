//! An operator's own choice for one band.

use chrono::NaiveDate;

use super::index::Index;
use super::shelf::{History, Shelf, ineligibility};
use crate::domain::activity::{Activity, ActivityId};
use crate::domain::band::BandName;
use crate::domain::edition::{EditionNumber, Ineligibility, Pick, PickReason, Selection};
use crate::domain::fingerprint::Fingerprint;

/// Why an activity may not be swapped in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    #[error("the activity may not go out on that day")]
    Ineligible(Ineligibility),
    #[error("the activity is for other bands")]
    For(Vec<BandName>),
}

/// `current` with the activity `id` for `band`; picks stay in the bands' order.
///
/// # Errors
/// When it may not be picked on `date` for that band.
pub fn swap(
    shelf: Shelf<'_>,
    history: &History,
    (number, date): (EditionNumber, NaiveDate),
    current: &Selection,
    (band, id): (&BandName, &ActivityId),
) -> Result<Selection, Unsuitable> {
    let activity = suitable(shelf, date, band, id)?;
    let index = Index::new(shelf, history, number, date);
    let mut picks = current.picks.clone();
    let before = picks.iter().position(|pick| pick.band == *band).map(|at| picks.remove(at));
    let places = history.0.iter().filter(|(_, selection)| selection.picks.iter().any(|pick| pick.id == *id));
    let (before_us, after_us): (Vec<_>, Vec<_>) =
        places.map(|(edition, _)| *edition).filter(|edition| *edition != number).partition(|edition| *edition < number);
    let (last, next) = (before_us.into_iter().max(), after_us.into_iter().min());
    picks.push(Pick {
        band: band.clone(),
        id: id.clone(),
        title: activity.title.clone(),
        reason: PickReason::Operator { instead: before.map(|pick| pick.id), last, next },
        fingerprint: Fingerprint::of_activity(activity),
    });
    picks.sort_by_key(|pick| index.bands.iter().position(|band| **band == pick.band));
    Ok(Selection { picks, ..current.clone() })
}

fn suitable<'a>(
    shelf: Shelf<'a>,
    date: NaiveDate,
    band: &BandName,
    id: &ActivityId,
) -> Result<&'a Activity, Unsuitable> {
    let activity = shelf.activities.iter().find(|activity| activity.id == *id);
    let activity = activity.ok_or(Unsuitable::Ineligible(Ineligibility::Gone))?;
    if let Some(because) = ineligibility(activity, date, shelf.withdrawn) {
        return Err(Unsuitable::Ineligible(because));
    }
    if activity.bands.contains(band) {
        return Ok(activity);
    }
    Err(Unsuitable::For(activity.bands.clone()))
}
