//! Decisions about one activity: it takes another one's place in an edition, or none has it any more.

use chrono::{DateTime, Utc};

use super::error::{Decision, DecisionError};
use super::{Decided, Decisions, Note, OPERATOR, refuse_ended};
use crate::app::edition::TRIES;
use crate::app::error::AppError;
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::edition::state::{Changed, change};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, Selection};
use crate::domain::text::suggest::nearest;
use crate::store::ActivityWithdrawal;

/// What came of a withdrawal, or would come of it.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Whether anything changes: false if it was like that already.
    pub changed: bool,
    /// What took its place in planned editions.
    pub replaced: Vec<Replaced>,
    /// Published editions that it is in.
    pub published: Vec<EditionNumber>,
    /// Those of them that are not finished: mails of them still wait.
    pub unfinished: Vec<EditionNumber>,
    /// Whether planned editions could be looked at; not while the library has errors.
    pub looked: bool,
}

/// One place that the activity had.
#[derive(Debug, Clone)]
pub struct Replaced {
    pub edition: EditionNumber,
    pub band: BandName,
    /// Title and id of what the band gets now; `None` when nothing suits.
    pub by: Option<(String, ActivityId)>,
    /// Whether the edition was approved, with the old one.
    pub was_approved: bool,
}

impl Decisions {
    /// Withdraws an activity for good, or takes that back (`undo`); picks that were replaced stay so.
    ///
    /// # Errors
    /// When nobody knows the activity, or the store fails.
    pub async fn withdraw_activity(&self, id: &ActivityId, undo: bool) -> Result<Withdrawal, AppError> {
        let now = self.context.clock.now();
        if let Some(planner) = &self.planner {
            planner.reconcile(now).await?;
        }
        for _ in 0..TRIES {
            if let Some(withdrawal) = self.try_withdrawal(id, undo, now).await? {
                return Ok(withdrawal);
            }
        }
        Err(AppError::Busy)
    }

    /// What withdrawing it would come to, or taking that back. Nothing is changed.
    ///
    /// # Errors
    /// As [`Self::withdraw_activity`].
    pub async fn would_withdraw(&self, id: &ActivityId, undo: bool) -> Result<Withdrawal, AppError> {
        Ok(self.draft(id, undo, self.context.clock.now()).await?.withdrawal)
    }

    /// `None` when an edition changed meanwhile.
    async fn try_withdrawal(
        &self,
        id: &ActivityId,
        undo: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<Withdrawal>, AppError> {
        let Draft { withdrawal, repicked } = self.draft(id, undo, now).await?;
        let activity = ActivityWithdrawal { activity: id.clone(), withdrawn: !undo };
        let activity = withdrawal.changed.then_some(activity);
        let written = self.context.store.write_editions(&repicked, activity.as_slice(), OPERATOR, now).await?;
        Ok(written.then_some(withdrawal))
    }

    async fn draft(&self, id: &ActivityId, undo: bool, now: DateTime<Utc>) -> Result<Draft, AppError> {
        let store = self.context.store.as_ref();
        let (editions, mut withdrawn) = (store.editions().await?, store.withdrawn().await?);
        let was = withdrawn.contains(id);
        if !was {
            self.known_activity(id, &editions)?;
        }
        let (mut repicks, mut replaced) = (Vec::new(), Vec::new());
        let planner = self.planner.as_ref().filter(|_| !undo);
        if let Some(planner) = planner {
            withdrawn.insert(id.clone());
            let mut picker = planner.picker(&withdrawn, &editions);
            for edition in editions.iter().filter(|edition| edition.is_open()) {
                if let Some(selection) = picker.repair(edition, edition.date) {
                    replaced.extend(places(edition, &selection, id));
                    repicks.push(EditionChange::Repick { number: edition.number, selection });
                }
            }
        }
        let has = |selection: &Selection| selection.picks.iter().any(|pick| pick.id == *id);
        let out: Vec<&Edition> = editions.iter().filter(|e| e.is_published() && has(&e.selection)).collect();
        let published = out.iter().map(|e| e.number).collect();
        let unfinished = out.iter().filter(|e| e.state != EditionState::Sent).map(|e| e.number).collect();
        let (changed, looked) = (was == undo, planner.is_some() || undo);
        let withdrawal = Withdrawal { changed, replaced, published, unfinished, looked };
        Ok(Draft { withdrawal, repicked: change(&editions, &repicks, now) })
    }
}

/// A withdrawal before it's written.
struct Draft {
    withdrawal: Withdrawal,
    repicked: Changed,
}

fn places(edition: &Edition, after: &Selection, id: &ActivityId) -> Vec<Replaced> {
    let lost = edition.selection.picks.iter().filter(|pick| pick.id == *id);
    lost.map(|pick| {
        let now = after.picks.iter().find(|new| new.band == pick.band);
        Replaced {
            edition: edition.number,
            band: pick.band.clone(),
            by: now.map(|new| (new.title.clone(), new.id.clone())),
            was_approved: edition.approved_at.is_some(),
        }
    })
    .collect()
}

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
        let swap = |edition: Edition| async move {
            if edition.is_published() {
                return Err(self.published(&edition, Decision::Swap).await?);
            }
            refuse_ended(&edition)?;
            if edition.selection.picks.iter().any(|pick| pick.band == *band && pick.id == *activity) {
                return Ok(Vec::new());
            }
            let selection = self.swapped(&edition, band, activity).await?;
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
