//! Gives a band of an edition another activity.

use super::error::{Decision, DecisionError};
use super::{Decided, Decisions, Note, refuse_ended};
use crate::app::error::AppError;
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, Selection};
use crate::domain::text::suggest::nearest;

impl Decisions {
    /// Gives a band of an edition another activity.
    ///
    /// # Errors
    /// When the edition was published or ended, band or activity do not exist or do not suit, or the store fails.
    pub async fn swap(
        &self,
        number: EditionNumber,
        band: &BandName,
        activity: &ActivityId,
    ) -> Result<Decided, AppError> {
        self.known_band(band)?;
        self.known_activity(activity, &[])?;
        let swap = async |edition: &Edition| {
            if edition.is_published() {
                return Err(self.published(edition, Decision::Swap).await?);
            }
            refuse_ended(edition)?;
            if edition.selection.picks.iter().any(|pick| pick.band == *band && pick.id == *activity) {
                return Ok(Vec::new());
            }
            let selection = self.swapped(edition, band, activity).await?;
            Ok(vec![EditionChange::Repick { number, selection }])
        };
        let mut decided = self.decide(number, swap).await?;
        if decided.changed && decided.before.approved_at.is_some() {
            decided.notes.push(Note::ApprovalWasForOthers);
        }
        Ok(decided)
    }

    fn known_band(&self, band: &BandName) -> Result<(), DecisionError> {
        let bands = &self.context.config.bands;
        if bands.get(band).is_some() {
            return Ok(());
        }
        let bands = bands.iter().map(|band| band.id.clone()).collect();
        Err(DecisionError::UnknownBand { band: band.clone(), bands })
    }

    /// That the library has it, or an edition had it once.
    pub(super) fn known_activity(&self, id: &ActivityId, editions: &[Edition]) -> Result<(), DecisionError> {
        let Some(planner) = &self.planner else { return Ok(()) };
        let library = planner.library();
        let used = editions.iter().flat_map(|edition| &edition.selection.picks).any(|pick| pick.id == *id);
        if used || library.activity(id).is_some() {
            return Ok(());
        }
        let ids = library.activities.iter().map(|activity| activity.id.as_str());
        let near = nearest(id.as_str(), ids).map(str::to_owned);
        Err(DecisionError::UnknownActivity { id: id.clone(), near })
    }

    async fn swapped(&self, edition: &Edition, band: &BandName, activity: &ActivityId) -> Result<Selection, AppError> {
        let number = edition.number;
        let planner = self.planner.as_ref().ok_or(DecisionError::LibraryBroken(number))?;
        let store = &self.context.store;
        let (editions, withdrawn) = (store.editions().await?, store.withdrawn().await?);
        let swapped = planner.picker(&withdrawn, &editions).swap(edition, band, activity);
        swapped.map_err(|why| {
            DecisionError::Unsuitable { activity: activity.clone(), number, band: band.clone(), why }.into()
        })
    }
}
