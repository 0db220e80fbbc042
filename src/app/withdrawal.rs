//! Retires an activity, or takes that back: planned editions pick anew, sent ones are named.

use chrono::{DateTime, Utc};

use super::{AppError, Service, TRIES};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, Selection};

/// What came of it.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Whether anything changed; not when it was so already.
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
    /// The edition.
    pub edition: EditionNumber,
    /// The band.
    pub band: BandName,
    /// Title and id of what the band gets now; `None` when nothing suits.
    pub by: Option<(String, ActivityId)>,
    /// Whether the edition was approved, with the old one.
    pub was_approved: bool,
}

impl Service {
    /// Withdraws an activity for good, or takes that back (`undo`); picks that were replaced stay so.
    ///
    /// # Errors
    /// When nobody knows the activity, or the store fails.
    pub async fn withdraw_activity(&self, id: &ActivityId, undo: bool) -> Result<Withdrawal, AppError> {
        let now = self.clock.now();
        if self.material.is_some() {
            self.reconcile(now).await?;
        }
        for _ in 0..TRIES {
            if let Some(withdrawal) = self.try_withdrawal(id, undo, now).await? {
                return Ok(withdrawal);
            }
        }
        Err(AppError::busy())
    }

    /// `None` when an edition changed meanwhile.
    async fn try_withdrawal(
        &self,
        id: &ActivityId,
        undo: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<Withdrawal>, AppError> {
        let editions = self.store.editions().await?;
        if !self.store.withdrawn().await?.contains(id) {
            self.known_activity(id, &editions)?;
        }
        let (mut repicks, mut replaced) = (Vec::new(), Vec::new());
        let looks = !undo && self.material.is_some();
        if looks {
            let mut planner = self.planner(&editions).await?;
            planner.withdraw(id);
            for edition in editions.iter().filter(|edition| edition.is_open()) {
                if let Some(selection) = planner.repair(edition, edition.date) {
                    replaced.extend(places(edition, &selection, id));
                    repicks.push(EditionChange::Repick { number: edition.number, selection });
                }
            }
        }
        let changed = self.store.withdraw_activity(id, !undo, (&editions, &repicks), "operator", now).await?;
        let has = |selection: &Selection| selection.picks.iter().any(|pick| pick.id == *id);
        let out: Vec<&Edition> = editions.iter().filter(|e| e.is_published() && has(&e.selection)).collect();
        let published = out.iter().map(|e| e.number).collect();
        let unfinished = out.iter().filter(|e| e.state != EditionState::Sent).map(|e| e.number).collect();
        Ok(changed.map(|changed| Withdrawal { changed, replaced, published, unfinished, looked: looks || undo }))
    }
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
