//! Why an edition must not go out as it is.

use std::collections::BTreeMap;

use super::band::{BandName, Bands};
use super::calendar::Approval;
use super::edition::{Edition, EditionState, HoldReason, UnservedBand};

/// What the answer depends on, apart from the edition.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Whether the store was restored from a backup and not released since.
    pub restored: bool,
    /// Who lets an edition go out.
    pub approval: Approval,
    pub bands: &'a Bands,
    /// Active mailboxes per band.
    pub readers: &'a BTreeMap<BandName, u64>,
}

/// Why the edition must not go out as it is, if so: a restored store, approval, or readers without an activity.
pub fn objection(edition: &Edition, when: Circumstances<'_>) -> Option<HoldReason> {
    if when.restored {
        return Some(HoldReason::RestoredStore);
    }
    if when.approval == Approval::Required && edition.state != EditionState::Approved {
        return Some(HoldReason::ApprovalMissing { due: None });
    }
    unserved(edition, when.bands, when.readers)
}

/// The bands that somebody reads and for which the edition has nothing, if there are any.
pub fn unserved(edition: &Edition, bands: &Bands, readers: &BTreeMap<BandName, u64>) -> Option<HoldReason> {
    let served = |band: &BandName| edition.selection.picks.iter().any(|pick| pick.band == *band);
    let readers = |band: &BandName| readers.get(band).copied().filter(|mailboxes| *mailboxes > 0);
    let unserved: Vec<UnservedBand> = bands
        .iter()
        .filter(|band| !served(&band.id))
        .filter_map(|band| Some(UnservedBand { band: band.id.clone(), mailboxes: readers(&band.id)? }))
        .collect();
    (!unserved.is_empty()).then_some(HoldReason::UnservedBands { bands: unserved })
}
