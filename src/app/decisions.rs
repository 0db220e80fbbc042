//! An operator's decisions about editions, and what each does to what is planned already.

mod say;

use std::slice;

use chrono::{DateTime, Utc};

use super::planning::{PlanRow, filled};
use super::{AppError, Service, TRIES, edits};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::calendar::{Approval, Fortnight, Lateness};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, Selection};
use crate::domain::text::suggest::nearest;
use crate::store::sqlite::maintenance::backup::RESTORED;

/// Who decides here.
const OPERATOR: &str = "operator";

/// How the reason of an operator's hold begins.
pub const HELD_BY_OPERATOR: &str = "an operator held it";

/// How many fortnights ahead a decision may reach: what lies before is planned, too, and keeps its picks.
pub const REACH: u32 = 26;

/// What came of a decision.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Whether anything changed; not when it was so already.
    pub changed: bool,
    /// The edition as it was.
    pub before: Edition,
    /// The edition as it stands now.
    pub edition: Edition,
    /// What the operator should know besides.
    pub notes: Vec<String>,
}

impl Service {
    /// Lets an edition go out: as it reads now.
    ///
    /// # Errors
    /// When it is sent, missed or withdrawn, or the store fails.
    pub async fn approve(&self, number: EditionNumber) -> Result<Decided, AppError> {
        let approve = async |edition: &Edition| {
            if edition.is_published() && edition.state != EditionState::Held {
                return Err(self.too_late_for(edition, "there is nothing left to approve").await?);
            }
            say::refuse_ended(edition)?;
            if edition.is_published() {
                self.refuse_restored().await?;
            }
            let mut changes = Vec::new();
            if let Some(material) = self.material.as_ref().filter(|_| !edition.is_published()) {
                let selection = edits::refreshed(&material.library, &edition.selection);
                if selection != edition.selection {
                    changes.push(EditionChange::Repick { number, selection });
                }
            }
            if edition.state != EditionState::Approved || !changes.is_empty() {
                changes.push(EditionChange::Approve(number));
            }
            Ok(changes)
        };
        let mut decided = self.decide(number, approve).await?;
        if !decided.edition.is_published() {
            let objection = self.objection(&decided.edition).await?;
            decided.notes.extend(objection.map(|why| format!("It would still be held: {why}.")));
        }
        self.note_what_follows(&mut decided).await?;
        Ok(decided)
    }

    /// Approves of an edition that is held or late, because somebody sends it all the same. Returns whether an approval
    /// was required and missing until then.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn approve_late(&self, number: EditionNumber) -> Result<bool, AppError> {
        let now = self.clock.now();
        self.refuse_restored().await?;
        for _ in 0..TRIES {
            let edition = self.edition(number).await?;
            let late = edition.is_open() && self.config.schedule.lateness_of(&edition, now) == Lateness::Late;
            if edition.state != EditionState::Held && !late {
                return Ok(false);
            }
            let approve = [EditionChange::Approve(number)];
            if self.store.change_seen(slice::from_ref(&edition), &approve, "send --late", now).await? {
                let required = self.config.schedule.approval == Approval::Required;
                return Ok(required && edition.approved_at.is_none() && !edition.is_published());
            }
        }
        Err(AppError::busy())
    }

    /// Stops an edition, in the middle of its sending too.
    ///
    /// # Errors
    /// When it is sent, missed or withdrawn, or the store fails.
    pub async fn hold(&self, number: EditionNumber, why: Option<&str>) -> Result<Decided, AppError> {
        let reason = why.map_or_else(|| HELD_BY_OPERATOR.to_owned(), |why| format!("{HELD_BY_OPERATOR}: {why}"));
        let hold = async |edition: &Edition| {
            if edition.state == EditionState::Sent {
                return Err(self.too_late_for(edition, "mail that was handed over cannot be called back").await?);
            }
            say::refuse_ended(edition)?;
            // A person's hold outlasts whatever else held it.
            let held = edition.state == EditionState::Held
                && edition.reason.as_deref() != Some(RESTORED)
                && (why.is_none() || edition.reason.as_ref() == Some(&reason) || edition.is_published());
            Ok(if held { Vec::new() } else { vec![EditionChange::Hold(number, reason.clone())] })
        };
        let mut decided = self.decide(number, hold).await?;
        if !decided.changed {
            return Ok(decided);
        }
        if decided.edition.is_published() {
            let tally = self.store.tally(number).await?;
            decided.notes.push(format!(
                "{} of {} mails were accepted before; they cannot be called back. The rest waits.",
                tally.accepted, tally.total
            ));
        }
        decided
            .notes
            .push(format!("It stays held until `fortnightly release {number}`, or until the next edition falls due."));
        Ok(decided)
    }

    /// Lets a held edition go its way again.
    ///
    /// # Errors
    /// When it is sent, missed or withdrawn, its approval is missing, or the store fails.
    pub async fn release(&self, number: EditionNumber) -> Result<Decided, AppError> {
        let now = self.clock.now();
        let release = async |edition: &Edition| {
            if edition.state == EditionState::Sent {
                return Err(self.too_late_for(edition, "there is nothing to release").await?);
            }
            say::refuse_ended(edition)?;
            if edition.state != EditionState::Held {
                return Ok(Vec::new());
            }
            self.refuse_restored().await?;
            let unapproved = self.config.schedule.approval == Approval::Required && edition.approved_at.is_none();
            if unapproved && !edition.is_published() && edition.due_at <= now {
                return Err(AppError::Refused(format!(
                    "edition {number} is held because its approval is missing: look at \
                     `fortnightly preview --edition {number}`, then `fortnightly approve {number}`"
                )));
            }
            Ok(vec![EditionChange::Release(number)])
        };
        let mut decided = self.decide(number, release).await?;
        if decided.changed {
            self.note_what_follows(&mut decided).await?;
        }
        Ok(decided)
    }

    /// Cancels an edition that was not published.
    ///
    /// # Errors
    /// When it was published or missed, or the store fails.
    pub async fn withdraw(&self, number: EditionNumber) -> Result<Decided, AppError> {
        let withdraw = async |edition: &Edition| {
            if edition.is_published() {
                let instead = match edition.state {
                    EditionState::Sent => "mail that was handed over cannot be called back".to_owned(),
                    EditionState::Held => {
                        "leave it held, and the rest expires when the next edition falls due".to_owned()
                    }
                    _ => format!("`fortnightly hold {number}` stops what is left"),
                };
                return Err(self.too_late_for(edition, &instead).await?);
            }
            if edition.state == EditionState::Withdrawn {
                return Ok(Vec::new());
            }
            say::refuse_ended(edition)?;
            Ok(vec![EditionChange::Withdraw(number, "an operator withdrew it".to_owned())])
        };
        let mut decided = self.decide(number, withdraw).await?;
        decided.notes.push(format!(
            "Nobody gets a digest in that fortnight. To take this back: `fortnightly withdraw {number} --undo`."
        ));
        if decided.changed && decided.before.approved_at.is_some() {
            decided.notes.push("Its approval is gone with it.".to_owned());
        }
        Ok(decided)
    }

    /// Takes the withdrawal of an edition back.
    ///
    /// # Errors
    /// When its fortnight has no edition any more, or the store fails.
    pub async fn reinstate(&self, number: EditionNumber) -> Result<Decided, AppError> {
        let reinstate = async |edition: &Edition| {
            if edition.state != EditionState::Withdrawn {
                return Ok(Vec::new());
            }
            self.refuse_paused(number)?;
            Ok(vec![EditionChange::Reinstate(number)])
        };
        let mut decided = self.decide(number, reinstate).await?;
        if decided.changed {
            self.note_what_follows(&mut decided).await?;
        }
        Ok(decided)
    }

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
                return Err(self.too_late_for(edition, "its activities are fixed").await?);
            }
            say::refuse_ended(edition)?;
            if edition.selection.picks.iter().any(|pick| pick.band == *band && pick.id == *activity) {
                return Ok(Vec::new());
            }
            let selection = self.swapped(edition, band, activity).await?;
            Ok(vec![EditionChange::Repick { number, selection }])
        };
        let mut decided = self.decide(number, swap).await?;
        if decided.changed && decided.before.approved_at.is_some() {
            decided.notes.push(format!(
                "Its approval was for other activities: approve it again with `fortnightly approve {number}`."
            ));
        }
        Ok(decided)
    }

    /// Decides on the edition as it is, applies that unless somebody changed it meanwhile (then decides again), and lets
    /// the calendar follow.
    async fn decide(
        &self,
        number: EditionNumber,
        decision: impl AsyncFn(&Edition) -> Result<Vec<EditionChange>, AppError>,
    ) -> Result<Decided, AppError> {
        let now = self.clock.now();
        for _ in 0..TRIES {
            let before = self.at_hand(number, now).await?;
            let changes = decision(&before).await?;
            if changes.is_empty() {
                return Ok(Decided { changed: false, edition: before.clone(), before, notes: Vec::new() });
            }
            if !self.store.change_seen(slice::from_ref(&before), &changes, OPERATOR, now).await? {
                continue;
            }
            if self.material.is_some() {
                self.reconcile(now).await?;
            }
            let edition = self.edition(number).await?;
            return Ok(Decided { changed: true, edition, before, notes: Vec::new() });
        }
        Err(AppError::busy())
    }

    /// The edition, planned now if it is not yet.
    async fn at_hand(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<Edition, AppError> {
        if self.material.is_some() {
            self.reconcile(now).await?;
        }
        let found = |editions: Vec<Edition>| editions.into_iter().find(|edition| edition.number == number);
        if let Some(edition) = found(self.store.editions().await?) {
            return Ok(edition);
        }
        self.refuse_paused(number)?;
        let current = self.config.schedule.fortnight_at(now);
        let refused = |why: String| Err(AppError::Refused(why));
        if number < current {
            return refused(format!("there is no edition {number}: its fortnight is over, and nothing was sent in it"));
        }
        if number.0 - current.0 > REACH {
            let last = current.0 + REACH;
            return refused(format!("edition {number} is too far ahead: decide on editions up to {last}"));
        }
        if self.material.is_none() {
            return refused(format!(
                "edition {number} is not planned yet, and the library has errors: run `fortnightly check` and mend them"
            ));
        }
        self.plan_through(number, now).await?;
        found(self.store.editions().await?)
            .ok_or_else(|| AppError::Refused(format!("edition {number} could not be planned")))
    }

    fn refuse_paused(&self, number: EditionNumber) -> Result<(), AppError> {
        let Fortnight::Paused { date, reason, .. } = self.config.schedule.fortnight(number) else { return Ok(()) };
        let day = crate::domain::text::dates::day(date);
        Err(AppError::Refused(format!("fortnight {number} ({day}) has no edition: {reason}")))
    }

    fn known_band(&self, band: &BandName) -> Result<(), AppError> {
        let bands = &self.config.bands;
        if bands.get(band).is_some() {
            return Ok(());
        }
        let names: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
        Err(AppError::Refused(format!("there is no band {band}: the bands are {}", names.join(", "))))
    }

    /// That the library has it, or an edition had it once.
    pub(super) fn known_activity(&self, id: &ActivityId, editions: &[Edition]) -> Result<(), AppError> {
        let Some(material) = &self.material else { return Ok(()) };
        let used = editions.iter().flat_map(|edition| &edition.selection.picks).any(|pick| pick.id == *id);
        if used || material.library.activity(id).is_some() {
            return Ok(());
        }
        let ids = material.library.activities.iter().map(|activity| activity.id.as_str());
        let hint = nearest(id.as_str(), ids).map(|id| format!("; did you mean {id}?")).unwrap_or_default();
        Err(AppError::Refused(format!("there is no activity {id} in the library{hint}")))
    }

    async fn swapped(&self, edition: &Edition, band: &BandName, activity: &ActivityId) -> Result<Selection, AppError> {
        let editions = self.store.editions().await?;
        self.planner(&editions).await?.swap(edition, band, activity).map_err(|why| {
            let number = edition.number;
            AppError::Refused(format!("{activity} cannot be swapped into edition {number} for {band}: {why}"))
        })
    }
}

impl Decided {
    /// The edition as `plan` shows it.
    pub fn row(&self, service: &Service) -> PlanRow {
        filled(service, &self.edition)
    }
}
