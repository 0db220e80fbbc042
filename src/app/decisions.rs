//! An operator's decisions about editions, and what each does to what is planned already.

pub mod activity;
mod decided;
pub mod error;
mod seen;

use std::slice;

use chrono::{DateTime, NaiveDate, Utc};

use super::context::{AppContext, Content};
use super::edition::{TRIES, edition};
use super::error::AppError;
use super::planner::{PlanRow, Planner};
use super::publisher::objection;
use super::restored::RestoredStore;
use super::sync;
use crate::domain::audit::OPERATOR;
use crate::domain::calendar::{Approval, Fortnight, Lateness};
use crate::domain::edition::state::change;
use crate::domain::edition::{
    Edition, EditionChange, EditionNumber, EditionState, HoldReason, StateReason, WithdrawReason,
};
use crate::domain::edits::refreshed;

pub use self::decided::{Decided, Note};
use error::{Decision, DecisionError, Stage};

/// How many fortnights ahead a decision may reach: what lies before is planned, too, and keeps its picks.
pub const REACH: u32 = 26;

/// What an operator decides.
pub struct Decisions {
    context: AppContext,
    /// None while the library has errors: nothing can be planned or picked then, but that must not keep anyone from
    /// stopping an edition.
    planner: Option<Planner>,
    /// What was shown to whoever decides, where it has to be so still.
    seen: Option<PlanRow>,
}

impl Decisions {
    /// One that decides from this library; without one, about what is planned already.
    pub fn new(base: &AppContext, content: Option<&Content>) -> Self {
        let planner = content.map(|content| Planner::new(base, content));
        Self { context: base.clone(), planner, seen: None }
    }

    /// Lets an edition go out: as it reads now.
    ///
    /// # Errors
    /// When it is sent, missed or withdrawn, or the store fails.
    pub async fn approve(&self, number: EditionNumber) -> Result<Decided, AppError> {
        let approve = |edition: Edition| async move {
            if edition.is_published() && edition.state != EditionState::Held {
                return Err(self.published(&edition, Decision::Approve).await?);
            }
            refuse_ended(&edition)?;
            if edition.is_published() {
                self.refuse_restored().await?;
            }
            let mut changes = Vec::new();
            if let Some(planner) = self.planner.as_ref().filter(|_| !edition.is_published()) {
                let selection = refreshed(planner.library().texts(), &edition.selection);
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
            decided.notes.extend(objection(&self.context, &decided.edition).await?.map(Note::WouldBeHeld));
        }
        self.note_what_follows(&mut decided).await?;
        Ok(decided)
    }

    /// Approves of an edition that is held or late, because someone sends it all the same. Returns whether an approval
    /// was required and missing until then.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn approve_late(&self, number: EditionNumber) -> Result<bool, AppError> {
        let now = self.context.clock.now();
        let schedule = &self.context.config.schedule;
        self.refuse_restored().await?;
        for _ in 0..TRIES {
            let edition = edition(self.context.store.as_ref(), number).await?;
            self.refuse_changed(&edition, now).await?;
            let late = edition.is_open() && schedule.lateness_of(&edition, now) == Lateness::Late;
            if edition.state != EditionState::Held && !late {
                return Ok(false);
            }
            let seen = slice::from_ref(&edition);
            if self.write(seen, &[EditionChange::Approve(number)], "send --late", now).await? {
                let required = schedule.approval == Approval::Required;
                return Ok(required && edition.approved_at.is_none() && !edition.is_published());
            }
        }
        Err(AppError::Busy)
    }

    /// Stops an edition, in the middle of its sending too.
    ///
    /// # Errors
    /// When it is sent, missed or withdrawn, or the store fails.
    pub async fn hold(&self, number: EditionNumber, why: Option<&str>) -> Result<Decided, AppError> {
        let reason = HoldReason::Operator { why: why.map(str::to_owned) };
        let reason = &reason;
        let hold = |edition: Edition| async move {
            if edition.state == EditionState::Sent {
                return Err(self.published(&edition, Decision::Hold).await?);
            }
            refuse_ended(&edition)?;
            // A person's hold outlasts whatever else held it.
            let held = edition.state == EditionState::Held
                && edition.hold_reason() != Some(&HoldReason::RestoredStore)
                && (why.is_none() || edition.hold_reason() == Some(reason) || edition.is_published());
            Ok(if held { Vec::new() } else { vec![EditionChange::Hold(number, reason.clone())] })
        };
        let mut decided = self.decide(number, hold).await?;
        if !decided.changed {
            return Ok(decided);
        }
        if decided.edition.is_published() {
            let tally = self.context.store.tally(number).await?;
            decided.notes.push(Note::AcceptedBefore { accepted: tally.accepted, total: tally.total });
        }
        let next = self.next_behind(number).await?;
        decided.notes.push(Note::StaysHeld { next, is_published: decided.edition.is_published() });
        Ok(decided)
    }

    /// Lets a held edition go its way again.
    ///
    /// # Errors
    /// When it is sent, missed or withdrawn, its approval is missing, or the store fails.
    pub async fn release(&self, number: EditionNumber) -> Result<Decided, AppError> {
        let now = self.context.clock.now();
        let release = |edition: Edition| async move {
            if edition.state == EditionState::Sent {
                return Err(self.published(&edition, Decision::Release).await?);
            }
            refuse_ended(&edition)?;
            if edition.state != EditionState::Held {
                return Ok(Vec::new());
            }
            self.refuse_restored().await?;
            let required = self.context.config.schedule.approval == Approval::Required;
            if required && edition.approved_at.is_none() && !edition.is_published() && edition.due_at <= now {
                return Err(DecisionError::ApprovalMissing(number).into());
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
        let withdraw = |edition: Edition| async move {
            if edition.is_published() {
                return Err(self.published(&edition, Decision::Withdraw).await?);
            }
            if edition.state == EditionState::Withdrawn {
                return Ok(Vec::new());
            }
            refuse_ended(&edition)?;
            Ok(vec![EditionChange::Withdraw(number, WithdrawReason::Operator)])
        };
        let mut decided = self.decide(number, withdraw).await?;
        decided.notes.push(Note::NoDigest);
        if decided.changed && decided.before.approved_at.is_some() {
            decided.notes.push(Note::ApprovalGone);
        }
        Ok(decided)
    }

    /// Takes the withdrawal of an edition back.
    ///
    /// # Errors
    /// When its fortnight has no edition any more, or the store fails.
    pub async fn reinstate(&self, number: EditionNumber) -> Result<Decided, AppError> {
        let reinstate = |edition: Edition| async move {
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

    /// Decides on the edition as it is, applies that unless someone changed it meanwhile (then decides again, if it is still
    /// as it was shown), and lets the calendar follow.
    async fn decide<F>(&self, number: EditionNumber, decision: impl Fn(Edition) -> F) -> Result<Decided, AppError>
    where
        F: Future<Output = Result<Vec<EditionChange>, AppError>>,
    {
        let now = self.context.clock.now();
        for _ in 0..TRIES {
            let (before, mut changes) = self.at_hand(number, now).await?;
            self.refuse_changed(&before, now).await?;
            let decided = decision(before.clone()).await?;
            if decided.is_empty() {
                return Ok(Decided { changed: false, edition: before.clone(), before, notes: Vec::new() });
            }
            let seen = if changes.is_empty() { slice::from_ref(&before) } else { &[] };
            changes.extend(decided);
            if !self.write(seen, &changes, OPERATOR, now).await? {
                continue;
            }
            if let Some(planner) = &self.planner {
                planner.reconcile(now).await?;
            }
            let edition = edition(self.context.store.as_ref(), number).await?;
            return Ok(Decided { changed: true, edition, before, notes: Vec::new() });
        }
        Err(AppError::Busy)
    }

    /// False when the edition is not as it was `seen`.
    async fn write(
        &self,
        seen: &[Edition],
        changes: &[EditionChange],
        actor: &'static str,
        now: DateTime<Utc>,
    ) -> Result<bool, AppError> {
        let mut after = change(seen, changes, now);
        if let Some(planner) = &self.planner {
            after.keep_approved(planner.library().texts());
        }
        Ok(self.context.store.write_editions(&after, &[], actor, now).await?)
    }

    /// The edition. One that is not planned yet comes with the change that plans it, and nothing else is planned for it.
    async fn at_hand(
        &self,
        number: EditionNumber,
        now: DateTime<Utc>,
    ) -> Result<(Edition, Vec<EditionChange>), AppError> {
        let store = self.context.store.as_ref();
        if let Some(planner) = &self.planner {
            planner.reconcile(now).await?;
        }
        if let Some(edition) = store.edition(number).await? {
            return Ok((edition, Vec::new()));
        }
        self.refuse_paused(number)?;
        let current = self.context.config.schedule.fortnight_at(now);
        if number < current {
            return Err(DecisionError::Over(number).into());
        }
        let last = EditionNumber(current.0 + REACH);
        if number > last {
            return Err(DecisionError::TooFarAhead { number, last }.into());
        }
        let planner = self.planner.as_ref().ok_or(DecisionError::LibraryBroken(number))?;
        let planning = planner.plan_alone(number, now).await?;
        let planned = change(&[], &planning, now).transitions.into_iter().find_map(|transition| transition.after);
        Ok((planned.ok_or(AppError::NoEdition(number))?, planning))
    }

    /// The edition that overtakes this one when it falls due, and its date.
    async fn next_behind(&self, number: EditionNumber) -> Result<Option<(EditionNumber, NaiveDate)>, AppError> {
        let editions = self.context.store.editions().await?;
        let is_over = |next| editions.iter().any(|e| e.number == next && !e.is_open() && !e.is_published());
        let coming = (1..=REACH).map(|ahead| EditionNumber(number.0.saturating_add(ahead)));
        let mut dates = coming.filter(|next| !is_over(*next)).filter_map(|next| {
            match self.context.config.schedule.fortnight(next) {
                Fortnight::Sends { date, .. } => Some((next, date)),
                Fortnight::Paused { .. } => None,
            }
        });
        Ok(dates.next())
    }

    fn refuse_paused(&self, number: EditionNumber) -> Result<(), DecisionError> {
        match self.context.config.schedule.fortnight(number) {
            Fortnight::Paused { date, reason, .. } => Err(DecisionError::Paused { number, date, reason }),
            Fortnight::Sends { .. } => Ok(()),
        }
    }

    /// That the store was not restored, or was released since.
    async fn refuse_restored(&self) -> Result<(), AppError> {
        RestoredStore::new(&self.context).refuse().await
    }

    /// Why this cannot be decided about a published edition.
    async fn published(&self, edition: &Edition, decision: Decision) -> Result<AppError, AppError> {
        let number = edition.number;
        let tally = self.context.store.tally(number).await?;
        let zone = self.context.config.schedule.timezone;
        let stage = match edition.state {
            EditionState::Sent => {
                Stage::SentBy(edition.finished_at.map_or(edition.date, |at| at.with_timezone(&zone).date_naive()))
            }
            EditionState::Held => Stage::Stopped,
            _ => Stage::BeingSent,
        };
        let (accepted, total) = (tally.accepted, tally.total);
        Ok(DecisionError::Published { number, decision, stage, accepted, total }.into())
    }

    /// What the operator should know after letting an edition go.
    async fn note_what_follows(&self, decided: &mut Decided) -> Result<(), AppError> {
        let edition = &decided.edition;
        if edition.is_published() {
            let withdrawn = self.context.store.withdrawn().await?;
            let spoiled = edition.selection.picks.iter().filter(|pick| withdrawn.contains(&pick.id));
            decided.notes.extend(spoiled.map(|pick| Note::CarriesWithdrawn(pick.id.clone())));
        } else if sync::waits(&self.context).await? {
            decided.notes.push(Note::WouldBeHeld(HoldReason::ConsentMissing));
        }
        decided.notes.extend(self.when_it_goes(&decided.edition));
        Ok(())
    }

    /// When an edition goes out after a decision, unless that is only a matter of its date.
    fn when_it_goes(&self, edition: &Edition) -> Option<Note> {
        match edition.state {
            EditionState::Sending => Some(Note::GoesOn),
            EditionState::Planned | EditionState::Approved => {
                let lateness = self.context.config.schedule.lateness_of(edition, self.context.clock.now());
                (lateness != Lateness::Early).then_some(Note::IsDue)
            }
            // Its reason is told already.
            EditionState::Held | EditionState::Sent | EditionState::Missed | EditionState::Withdrawn => None,
        }
    }
}

/// Missed and withdrawn editions do not go out any more.
fn refuse_ended(edition: &Edition) -> Result<(), DecisionError> {
    let number = edition.number;
    match (&edition.state, &edition.reason) {
        (EditionState::Missed, Some(StateReason::Missed(reason))) => {
            Err(DecisionError::Missed { number, reason: Some(reason.clone()) })
        }
        (EditionState::Missed, _) => Err(DecisionError::Missed { number, reason: None }),
        (EditionState::Withdrawn, _) => Err(DecisionError::Withdrawn(number)),
        _ => Ok(()),
    }
}
