//! An operator's own choice for one band.

use chrono::NaiveDate;

use super::barrier::{Barrier, closed};
use super::index::Index;
use super::{History, Shelf};
use crate::domain::activity::{Activity, ActivityId};
use crate::domain::band::BandName;
use crate::domain::edition::{EditionNumber, Pick, Selection};
use crate::domain::fingerprint::Fingerprint;

/// `current` with the activity `id` for `band`; picks stay in the bands' order.
///
/// # Errors
/// Why it may not be picked on `date`, completing “it cannot be swapped in: …”.
pub fn swap(
    shelf: Shelf<'_>,
    history: &History,
    (number, date): (EditionNumber, NaiveDate),
    current: &Selection,
    (band, id): (&BandName, &ActivityId),
) -> Result<Selection, String> {
    let activity = suitable(shelf, date, band, id)?;
    let index = Index::new(shelf, history, number, date);
    let mut picks = current.picks.clone();
    let before = picks.iter().position(|pick| pick.band == *band).map(|at| picks.remove(at));
    let instead = before.map(|pick| format!(" instead of {}", pick.id)).unwrap_or_default();
    let places = history.0.iter().filter(|(_, selection)| selection.picks.iter().any(|pick| pick.id == *id));
    let (before_us, after_us): (Vec<_>, Vec<_>) =
        places.map(|(edition, _)| *edition).filter(|edition| *edition != number).partition(|edition| *edition < number);
    let used = match (before_us.iter().max(), after_us.iter().min()) {
        (None, None) => "never used before".to_owned(),
        (Some(last), None) => format!("last in edition {last}"),
        (None, Some(next)) => format!("planned for edition {next} too"),
        (Some(last), Some(next)) => format!("last in edition {last}, planned for edition {next} too"),
    };
    picks.push(Pick {
        band: band.clone(),
        id: id.clone(),
        title: activity.title.clone(),
        reason: format!("chosen by an operator{instead}; {used}"),
        fingerprint: Fingerprint::of_activity(activity),
    });
    picks.sort_by_key(|pick| index.bands.iter().position(|band| **band == pick.band));
    Ok(Selection { picks, ..current.clone() })
}

fn suitable<'a>(shelf: Shelf<'a>, date: NaiveDate, band: &BandName, id: &ActivityId) -> Result<&'a Activity, String> {
    let activity =
        shelf.activities.iter().find(|activity| activity.id == *id).ok_or_else(|| Barrier::Gone.to_string())?;
    if let Some(barrier) = closed(activity, date, shelf.withdrawn) {
        return Err(barrier.to_string());
    }
    if activity.bands.contains(band) {
        return Ok(activity);
    }
    let bands: Vec<&str> = activity.bands.iter().map(BandName::as_str).collect();
    Err(format!("it is for {}, not for {band}", bands.join(", ")))
}
