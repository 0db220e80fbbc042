//! An operator's decisions about editions and activities, and what each does to what is planned already.

use chrono::{DateTime, Utc};

use super::planning::{PlanRow, filled};
use super::{Service, ServiceError, edits};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::calendar::{Approval, Fortnight, Lateness};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, Selection};
use crate::domain::nearest::nearest;

/// Who decides here.
const OPERATOR: &str = "operator";

/// How many fortnights ahead a decision may reach: what lies before is planned, too, and keeps its picks.
pub const REACH: u32 = 52;

/// What came of a decision.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Whether anything changed; not when it was so already.
    pub changed: bool,
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
    pub async fn approve(&self, number: EditionNumber) -> Result<Decided, ServiceError> {
        let now = self.clock.now();
        let edition = self.at_hand(number, now).await?;
        if edition.is_published() && edition.state != EditionState::Held {
            return Err(self.too_late_for(&edition, "there is nothing left to approve").await?);
        }
        refuse_ended(&edition)?;
        let mut changes = Vec::new();
        if let Some(material) = self.material.as_ref().filter(|_| !edition.is_published()) {
            let selection = edits::refreshed(&material.library, &edition.selection);
            if selection != edition.selection {
                changes.push(EditionChange::Repick { number, selection });
            }
        }
        changes.push(EditionChange::Approve(number));
        let mut decided = self.decide(&edition, &changes, now).await?;
        if !decided.edition.is_published() {
            decided
                .notes
                .extend(self.objection(&decided.edition).await?.map(|why| format!("It would still be held: {why}.")));
            decided.notes.extend(self.when_it_goes(&decided.edition, now));
        }
        Ok(decided)
    }

    /// Stops an edition, in the middle of its sending too.
    ///
    /// # Errors
    /// When it is sent, missed or withdrawn, or the store fails.
    pub async fn hold(&self, number: EditionNumber, why: Option<&str>) -> Result<Decided, ServiceError> {
        let now = self.clock.now();
        let edition = self.at_hand(number, now).await?;
        if edition.state == EditionState::Sent {
            return Err(self.too_late_for(&edition, "mail that was handed over cannot be called back").await?);
        }
        refuse_ended(&edition)?;
        if edition.state == EditionState::Held {
            return Ok(unchanged(edition));
        }
        let reason = why.map_or_else(|| "an operator held it".to_owned(), |why| format!("an operator held it: {why}"));
        let mut decided = self.decide(&edition, &[EditionChange::Hold(number, reason)], now).await?;
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
    pub async fn release(&self, number: EditionNumber) -> Result<Decided, ServiceError> {
        let now = self.clock.now();
        let edition = self.at_hand(number, now).await?;
        if edition.state == EditionState::Sent {
            return Err(self.too_late_for(&edition, "there is nothing to release").await?);
        }
        refuse_ended(&edition)?;
        if edition.state != EditionState::Held {
            return Ok(unchanged(edition));
        }
        let unapproved = self.config.schedule.approval == Approval::Required && edition.approved_at.is_none();
        if unapproved && !edition.is_published() && edition.due_at <= now {
            return Err(ServiceError::Refused(format!(
                "edition {number} is held because its approval is missing: look at `fortnightly preview --edition {number}`, \
                 then `fortnightly approve {number}`"
            )));
        }
        let mut decided = self.decide(&edition, &[EditionChange::Release(number)], now).await?;
        decided.notes.extend(self.when_it_goes(&decided.edition, now));
        Ok(decided)
    }

    /// Cancels an edition that was not published.
    ///
    /// # Errors
    /// When it was published or missed, or the store fails.
    pub async fn withdraw(&self, number: EditionNumber) -> Result<Decided, ServiceError> {
        let now = self.clock.now();
        let edition = self.at_hand(number, now).await?;
        if edition.is_published() {
            let instead = if edition.state == EditionState::Sent {
                "mail that was handed over cannot be called back".to_owned()
            } else {
                format!("`fortnightly hold {number}` stops what is left")
            };
            return Err(self.too_late_for(&edition, &instead).await?);
        }
        if edition.state == EditionState::Withdrawn {
            return Ok(unchanged(edition));
        }
        refuse_ended(&edition)?;
        let change = EditionChange::Withdraw(number, "an operator withdrew it".to_owned());
        let mut decided = self.decide(&edition, &[change], now).await?;
        decided.notes.push(format!(
            "Nobody gets a digest in that fortnight. To take this back: `fortnightly withdraw {number} --undo`."
        ));
        Ok(decided)
    }

    /// Takes the withdrawal of an edition back.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reinstate(&self, number: EditionNumber) -> Result<Decided, ServiceError> {
        let now = self.clock.now();
        let edition = self.at_hand(number, now).await?;
        if edition.state != EditionState::Withdrawn {
            return Ok(unchanged(edition));
        }
        let mut decided = self.decide(&edition, &[EditionChange::Reinstate(number)], now).await?;
        decided.notes.extend(self.when_it_goes(&decided.edition, now));
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
    ) -> Result<Decided, ServiceError> {
        let now = self.clock.now();
        self.known_band(band)?;
        self.known_activity(activity, &[])?;
        let edition = self.at_hand(number, now).await?;
        if edition.is_published() {
            return Err(self.too_late_for(&edition, "its activities are fixed").await?);
        }
        refuse_ended(&edition)?;
        if edition.selection.picks.iter().any(|pick| pick.band == *band && pick.id == *activity) {
            return Ok(unchanged(edition));
        }
        let selection = self.swapped(&edition, band, activity).await.map_err(|why| match why {
            ServiceError::Refused(why) => {
                ServiceError::Refused(format!("{activity} cannot be swapped into edition {number} for {band}: {why}"))
            }
            other => other,
        })?;
        let mut decided = self.decide(&edition, &[EditionChange::Repick { number, selection }], now).await?;
        if edition.approved_at.is_some() {
            decided.notes.push(format!(
                "Its approval was for other activities: approve it again with `fortnightly approve {number}`."
            ));
        }
        Ok(decided)
    }

    /// Applies the changes, lets the calendar follow, and reads what came of it.
    async fn decide(
        &self,
        before: &Edition,
        changes: &[EditionChange],
        now: DateTime<Utc>,
    ) -> Result<Decided, ServiceError> {
        let number = before.number;
        self.store.change_editions(changes, OPERATOR, now).await?;
        if self.material.is_some() {
            self.reconcile(now).await?;
        }
        let edition = self.edition(number).await?;
        // Somebody else may have been quicker, such as a run that published it.
        let overtaken = edition.is_published() && !before.is_published();
        if overtaken && !matches!(changes.last(), Some(EditionChange::Approve(_) | EditionChange::Release(_))) {
            return Err(self.too_late_for(&edition, "it was published a moment ago").await?);
        }
        Ok(Decided { changed: edition != *before, edition, notes: Vec::new() })
    }

    /// The edition, planned now if it is not yet.
    async fn at_hand(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<Edition, ServiceError> {
        if self.material.is_some() {
            self.reconcile(now).await?;
        }
        let found = |editions: Vec<Edition>| editions.into_iter().find(|edition| edition.number == number);
        if let Some(edition) = found(self.store.editions().await?) {
            return Ok(edition);
        }
        let current = self.config.schedule.fortnight_at(now);
        let refused = |why: String| Err(ServiceError::Refused(why));
        if let Fortnight::Paused { date, reason, .. } = self.config.schedule.fortnight(number) {
            let day = super::preview::long_date(date);
            return refused(format!("fortnight {number} ({day}) has no edition: {reason}"));
        }
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
            .ok_or_else(|| ServiceError::Refused(format!("edition {number} could not be planned")))
    }

    /// Why nothing about a published edition can be changed.
    async fn too_late_for(&self, edition: &Edition, so: &str) -> Result<ServiceError, ServiceError> {
        let number = edition.number;
        let tally = self.store.tally(number).await?;
        let what = match edition.state {
            EditionState::Sent => {
                let day = edition.finished_at.map_or(edition.date, |at| self.local(at).date_naive());
                format!("was sent on {}", super::preview::long_date(day))
            }
            _ => format!("is being sent ({} of {} mails accepted)", tally.accepted, tally.total),
        };
        Ok(ServiceError::Refused(format!("edition {number} {what}: {so}")))
    }

    /// A late edition goes out now: the operator should know.
    fn when_it_goes(&self, edition: &Edition, now: DateTime<Utc>) -> Option<String> {
        let number = edition.number;
        if edition.state == EditionState::Held {
            let why = edition.reason.as_deref().unwrap_or("no reason given");
            return Some(format!("It is held again: {why}"));
        }
        let how = format!("`fortnightly run` sends it at its next look; `fortnightly send --edition {number}` at once");
        if edition.is_published() {
            return Some(format!("The rest goes out now: {how}."));
        }
        (self.config.schedule.lateness(edition.due_at, now) != Lateness::Early).then(|| format!("It is due: {how}."))
    }

    fn known_band(&self, band: &BandName) -> Result<(), ServiceError> {
        let bands = &self.config.bands;
        if bands.get(band).is_some() {
            return Ok(());
        }
        let names: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
        Err(ServiceError::Refused(format!("there is no band {band}: the bands are {}", names.join(", "))))
    }

    /// That the library has it, or an edition had it once.
    pub(super) fn known_activity(&self, id: &ActivityId, editions: &[Edition]) -> Result<(), ServiceError> {
        let Some(material) = &self.material else { return Ok(()) };
        let used = editions.iter().flat_map(|edition| &edition.selection.picks).any(|pick| pick.id == *id);
        if used || material.library.activity(id).is_some() {
            return Ok(());
        }
        let ids = material.library.activities.iter().map(|activity| activity.id.as_str());
        let hint = nearest(id.as_str(), ids).map(|id| format!("; did you mean {id}?")).unwrap_or_default();
        Err(ServiceError::Refused(format!("there is no activity {id} in the library{hint}")))
    }

    async fn swapped(
        &self,
        edition: &Edition,
        band: &BandName,
        activity: &ActivityId,
    ) -> Result<Selection, ServiceError> {
        let editions = self.store.editions().await?;
        self.planner(&editions).await?.swap(edition, band, activity).map_err(ServiceError::Refused)
    }
}

/// Missed and withdrawn editions do not go out any more.
fn refuse_ended(edition: &Edition) -> Result<(), ServiceError> {
    let (number, why) = (edition.number, edition.reason.as_deref().unwrap_or("its time passed"));
    match edition.state {
        EditionState::Missed => Err(ServiceError::Refused(format!("edition {number} was missed: {why}"))),
        EditionState::Withdrawn => Err(ServiceError::Refused(format!(
            "edition {number} was withdrawn; to take that back: `fortnightly withdraw {number} --undo`"
        ))),
        _ => Ok(()),
    }
}

fn unchanged(edition: Edition) -> Decided {
    Decided { changed: false, edition, notes: Vec::new() }
}

impl Decided {
    /// The edition as `plan` shows it.
    pub fn row(&self, service: &Service) -> PlanRow {
        filled(service, &self.edition)
    }
}
