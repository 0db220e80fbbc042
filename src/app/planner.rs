//! Plans editions: the calendar's actions put into the store, and the plan as people look at it.

pub(super) mod row;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::{AppContext, Content};
use super::edition::TRIES;
use super::error::AppError;
use super::parts::{DELIVERIES, deliveries_in_parts};
use crate::config::Config;
use crate::domain::activity::ActivityId;
use crate::domain::calendar::{self, Action, ClosedDay, Fortnight};
use crate::domain::edition::state::change;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, Pick, PickReason};
use crate::domain::edits::retitled;
use crate::domain::planning::{self, Picker};
use crate::domain::selection::Shelf;
use crate::library::Library;
use crate::store::Store;

pub use row::{PlanRow, PlanState};

/// Who plans, in the audit table.
const CALENDAR: &str = "calendar";

/// Plans editions.
#[derive(Clone)]
pub struct Planner {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    library: Arc<Library>,
}

/// What a look at the calendar came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    pub due: Option<EditionNumber>,
    pub actions: Vec<Action>,
}

/// A pick that took the place of one that could no longer be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pub edition: EditionNumber,
    pub pick: Pick,
}

impl Planner {
    /// One that picks from this library.
    pub fn new(base: &AppContext, content: &Content) -> Self {
        Self { config: Arc::clone(&base.config), store: Arc::clone(&base.store), library: Arc::clone(&content.library) }
    }

    pub(super) fn library(&self) -> &Library {
        &self.library
    }

    /// One that knows what these editions used.
    pub(super) fn picker<'a>(&'a self, withdrawn: &'a BTreeSet<ActivityId>, editions: &[Edition]) -> Picker<'a> {
        let Library { themes, activities, .. } = self.library.as_ref();
        let choice = Shelf { themes, activities, bands: &self.config.bands, withdrawn };
        Picker::new(choice, &self.config.schedule, editions)
    }

    /// Puts into the store what the calendar says must be done now.
    pub async fn reconcile(&self, now: DateTime<Utc>) -> Result<Reconciled, AppError> {
        let Some(meta) = self.store.meta().await? else { return Ok(Reconciled::default()) };
        for _ in 0..TRIES {
            let editions = self.store.editions().await?;
            let actions = calendar::reconcile(&self.config.schedule, now, meta.first, &editions);
            let changes = self.changes(&actions, &editions).await?;
            if self.write(&editions, &changes, now).await? {
                return self.follow(actions, now).await;
            }
        }
        Err(AppError::Busy)
    }

    /// What the calendar's actions ask for besides changes of editions.
    async fn follow(&self, actions: Vec<Action>, now: DateTime<Utc>) -> Result<Reconciled, AppError> {
        let mut due = None;
        for action in &actions {
            match action {
                Action::Expire(number) => {
                    let part = |before| self.store.expire(*number, before, DELIVERIES, now);
                    let expired = deliveries_in_parts(part).await?;
                    self.store.finish(*number, now).await?;
                    tracing::warn!(edition = number.0, expired, "a newer edition is due: what was not sent expires");
                }
                Action::Send(number) => due = Some(*number),
                _ => {}
            }
        }
        Ok(Reconciled { due, actions })
    }

    /// Repairs picks and takes approvals back, as the next look of the daemon would, whatever the time: for
    /// looking at one moment of the store. Returns what was replaced.
    pub async fn follow_edits(&self, now: DateTime<Utc>) -> Result<Vec<Replacement>, AppError> {
        let editions = self.store.editions().await?;
        let changes = self.changes(&[], &editions).await?;
        self.write(&editions, &changes, now).await?;
        let mut replacements = Vec::new();
        for change in changes {
            let EditionChange::Repick { number, selection } = change else { continue };
            let before = editions.iter().find(|edition| edition.number == number);
            let replaces = |pick: &Pick| matches!(pick.reason, PickReason::Replaces { .. });
            let is_new = |pick: &Pick| before.is_some_and(|edition| !edition.selection.picks.contains(pick));
            let new = selection.picks.into_iter().filter(|pick| replaces(pick) && is_new(pick));
            replacements.extend(new.map(|pick| Replacement { edition: number, pick }));
        }
        Ok(replacements)
    }

    /// Plans every edition up to `number`, so that `number` can be published before its time.
    pub async fn plan_through(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<(), AppError> {
        let from = self.config.schedule.fortnight_at(now);
        for _ in 0..TRIES {
            let (editions, withdrawn) = (self.store.editions().await?, self.store.withdrawn().await?);
            let changes = planning::plan_through(self.picker(&withdrawn, &editions), (from, number), &editions);
            if self.write(&editions, &changes, now).await? {
                return Ok(());
            }
        }
        Err(AppError::Busy)
    }

    /// The change that plans one edition alone, with picks that know what those before it will have; none where its
    /// fortnight has no edition.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn plan_alone(
        &self,
        number: EditionNumber,
        now: DateTime<Utc>,
    ) -> Result<Vec<EditionChange>, AppError> {
        let from = self.config.schedule.fortnight_at(now);
        let (editions, withdrawn) = (self.store.editions().await?, self.store.withdrawn().await?);
        let mut changes = planning::plan_through(self.picker(&withdrawn, &editions), (from, number), &editions);
        changes.retain(|change| change.number() == number);
        Ok(changes)
    }

    async fn changes(&self, actions: &[Action], editions: &[Edition]) -> Result<Vec<EditionChange>, AppError> {
        let withdrawn = self.store.withdrawn().await?;
        Ok(planning::changes(self.picker(&withdrawn, editions), actions, editions))
    }

    /// False when an edition is not as it was `seen`.
    async fn write(&self, seen: &[Edition], changes: &[EditionChange], now: DateTime<Utc>) -> Result<bool, AppError> {
        Ok(changes.is_empty() || self.store.write_editions(&change(seen, changes, now), &[], CALENDAR, now).await?)
    }

    /// The calendar of `count` fortnights from the one that contains `now`, planned or projected. Changes nothing.
    pub async fn plan(&self, now: DateTime<Utc>, count: u32) -> Result<Vec<PlanRow>, AppError> {
        self.plan_rows(self.config.schedule.fortnight_at(now), count).await
    }

    /// The row of one fortnight, with every fortnight between now and then projected before it.
    pub async fn plan_of(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<PlanRow, AppError> {
        let from = self.config.schedule.fortnight_at(now).min(number);
        let rows = self.plan_rows(from, number.0 - from.0 + 1).await?;
        rows.into_iter().last().ok_or(AppError::NoEdition(number))
    }

    async fn plan_rows(&self, from: EditionNumber, count: u32) -> Result<Vec<PlanRow>, AppError> {
        let (editions, withdrawn) = (self.store.editions().await?, self.store.withdrawn().await?);
        let mut picker = self.picker(&withdrawn, &editions);
        let numbers = (from.0..from.0.saturating_add(count)).map(EditionNumber);
        Ok(numbers.map(|number| self.annotated(self.row(&mut picker, &editions, number))).collect())
    }

    /// With what the calendar has to say about its date.
    fn annotated(&self, row: PlanRow) -> PlanRow {
        let schedule = &self.config.schedule;
        let counts = |closed: &ClosedDay| row.is_paused() || closed.day != row.date;
        PlanRow {
            closed: schedule.closed_day(row.edition).filter(counts),
            occasions: schedule.occasions_of(row.edition).into_iter().cloned().collect(),
            ..row
        }
    }

    fn row(&self, picker: &mut Picker<'_>, editions: &[Edition], number: EditionNumber) -> PlanRow {
        let zone = self.config.schedule.timezone;
        let stored = editions.iter().find(|e| e.number == number);
        if let Some(edition) = stored.filter(|e| !e.is_open()) {
            return PlanRow::of(edition, zone);
        }
        match self.config.schedule.fortnight(number) {
            Fortnight::Paused { date, due_at, reason } => PlanRow {
                edition: number,
                date,
                due_at: due_at.fixed_offset(),
                state: PlanState::Paused(reason),
                reason: None,
                selection: None,
                shifted: None,
                closed: None,
                occasions: Vec::new(),
            },
            Fortnight::Sends { date, due_at, shifted } => {
                let due_at = due_at.with_timezone(&Utc);
                let (edition, state) = if let Some(e) = stored {
                    let selection = picker.repair(e, date).unwrap_or_else(|| e.selection.clone());
                    let selection = retitled(picker.texts(), &selection);
                    (Edition { date, due_at, selection, ..e.clone() }, PlanState::Edition(e.state))
                } else {
                    let selection = picker.select(number, date);
                    (Edition::planned(number, date, due_at, selection), PlanState::Projected)
                };
                PlanRow { state, shifted, ..PlanRow::of(&edition, zone) }
            }
        }
    }
}
