//! Plans editions: the calendar's actions put into the store, and the plan as people read it.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::Serialize;

use super::planner::Planner;
use super::{AppError, Service, TRIES, edits};
use crate::domain::calendar::{self, Action, Approval, ClosedDay, Fortnight, Occasion};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, Pick, Selection};
use crate::library::Library;

/// One fortnight as `plan` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct PlanRow {
    /// Its number.
    pub edition: EditionNumber,
    /// The local send date.
    pub date: NaiveDate,
    /// The instant from which it is due.
    #[serde(serialize_with = "crate::domain::text::dates::with_offset")]
    pub due_at: DateTime<FixedOffset>,
    /// `paused`, `projected`, or an edition state.
    pub state: &'static str,
    /// Why it is paused or held.
    pub reason: Option<String>,
    /// The theme's folder name.
    pub theme: Option<String>,
    /// The picks.
    pub activities: Vec<PlanPick>,
    /// Theme and picks as the store holds or would hold them; `None` for a paused fortnight.
    #[serde(skip)]
    pub selection: Option<Selection>,
    /// Why the date is not the fortnight's first day.
    #[serde(skip)]
    pub shifted: Option<String>,
    /// The closed day that moved or cancelled it.
    #[serde(skip)]
    pub closed: Option<ClosedDay>,
    /// The dated campaigns that fall to it, by date.
    #[serde(skip)]
    pub occasions: Vec<Occasion>,
}

/// One pick as `plan` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct PlanPick {
    /// The band.
    pub band: String,
    /// The activity's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Why it was picked.
    pub reason: String,
}

impl Service {
    /// A planner that knows what these editions used.
    pub(super) async fn planner(&self, editions: &[Edition]) -> Result<Planner<'_>, AppError> {
        Planner::new(self, editions).await
    }

    /// Puts into the store what the calendar says must be done now, and returns the edition to send, if one is due.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn reconcile(&self, now: DateTime<Utc>) -> Result<Option<EditionNumber>, AppError> {
        let Some(facts) = self.store.facts().await? else { return Ok(None) };
        for _ in 0..TRIES {
            let editions = self.store.editions().await?;
            let actions = calendar::reconcile(&self.config.schedule, now, facts.first, &editions);
            let changes = self.changes(&actions, &editions).await?;
            if changes.is_empty() || self.store.change_seen(&editions, &changes, "calendar", now).await? {
                return self.follow(actions, now).await;
            }
        }
        Err(AppError::busy())
    }

    /// What the calendar's actions ask for besides changes of editions.
    async fn follow(&self, actions: Vec<Action>, now: DateTime<Utc>) -> Result<Option<EditionNumber>, AppError> {
        let mut due = None;
        for action in actions {
            match action {
                Action::Expire(number) => {
                    let expired = self.store.expire(number, now).await?;
                    self.store.finish(number, now).await?;
                    tracing::warn!(edition = number.0, expired, "a newer edition is due: what was not sent expires");
                }
                Action::Hold(number, reason) => tracing::info!(edition = number.0, "held: {reason}"),
                Action::Miss(number, reason) => tracing::info!(edition = number.0, "missed: {reason}"),
                Action::Send(number) => due = Some(number),
                _ => {}
            }
        }
        Ok(due)
    }

    /// Repairs picks and takes approvals back, as the next look of the daemon would, whatever the time: for looking on a
    /// private copy. Returns what was replaced, in words.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn follow_edits(&self, now: DateTime<Utc>) -> Result<Vec<String>, AppError> {
        let editions = self.store.editions().await?;
        let changes = self.changes(&[], &editions).await?;
        self.store.change_seen(&editions, &changes, "calendar", now).await?;
        let mut told = Vec::new();
        for change in changes {
            let EditionChange::Repick { number, selection } = change else { continue };
            let replaced = selection.picks.iter().filter(|pick| pick.reason.starts_with("replaces "));
            let before = editions.iter().find(|edition| edition.number == number);
            let new = replaced.filter(|pick| before.is_some_and(|e| !e.selection.picks.contains(pick)));
            told.extend(new.map(|pick| {
                format!("edition {number} changed since it was planned: {}: {} {}", pick.band, pick.id, pick.reason)
            }));
        }
        Ok(told)
    }

    /// Plans every edition up to `number`, so that `number` can be published before its time.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn plan_through(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<(), AppError> {
        let from = self.config.schedule.fortnight_at(now);
        for _ in 0..TRIES {
            let editions = self.store.editions().await?;
            let mut planner = Planner::new(self, &editions).await?;
            let mut changes = Vec::new();
            for number in (from.0..=number.0).map(EditionNumber) {
                if editions.iter().any(|e| e.number == number) {
                    continue;
                }
                if let Fortnight::Sends { date, due_at, .. } = self.config.schedule.fortnight(number) {
                    let due_at = due_at.with_timezone(&Utc);
                    let selection = planner.select(number, date);
                    changes.push(EditionChange::Plan { number, date, due_at, selection });
                }
            }
            if changes.is_empty() || self.store.change_seen(&editions, &changes, "calendar", now).await? {
                return Ok(());
            }
        }
        Err(AppError::busy())
    }

    async fn changes(&self, actions: &[Action], editions: &[Edition]) -> Result<Vec<EditionChange>, AppError> {
        let mut planner = Planner::new(self, editions).await?;
        let gone = |number| actions.iter().any(|a| matches!(a, Action::Unplan(n) | Action::Miss(n, _) if *n == number));
        let mut changes: Vec<EditionChange> = Vec::new();
        for action in actions {
            match action.clone() {
                Action::Revive(number) => changes.push(EditionChange::Reinstate(number)),
                Action::Unplan(number) => changes.push(EditionChange::Unplan(number)),
                Action::Redate { number, date, due_at } => changes.push(EditionChange::Redate { number, date, due_at }),
                Action::Miss(number, reason) => changes.push(EditionChange::Miss(number, reason)),
                _ => {}
            }
        }
        // What is unplanned or missed is no use of its activities.
        planner.history.0.retain(|(number, _)| !gone(*number));
        let revived = |number| actions.iter().any(|a| matches!(a, Action::Revive(n) if *n == number));
        for edition in editions.iter().filter(|e| (e.is_open() || revived(e.number)) && !gone(e.number)) {
            let moved = actions.iter().find_map(|a| match a {
                Action::Redate { number, date, .. } if *number == edition.number => Some(*date),
                _ => None,
            });
            if let Some(selection) = planner.repair(edition, moved.unwrap_or(edition.date)) {
                changes.push(EditionChange::Repick { number: edition.number, selection });
            } else {
                changes.extend(self.taken_back(planner.library, edition));
            }
        }
        for action in actions {
            match action.clone() {
                Action::Plan { number, date, due_at } => {
                    let selection = planner.select(number, date);
                    changes.push(EditionChange::Plan { number, date, due_at, selection });
                }
                Action::Hold(number, reason) => changes.push(EditionChange::Hold(number, reason)),
                _ => {}
            }
        }
        Ok(changes)
    }

    /// With approval required, an edit of what was approved takes the approval back (contract §3).
    fn taken_back(&self, library: &Library, edition: &Edition) -> Option<EditionChange> {
        if self.config.schedule.approval != Approval::Required || edition.approved_at.is_none() {
            return None;
        }
        let edits = edits::edits(library, &edition.selection);
        let why = format!("edited after it was approved: {}", edits::told(&edits));
        (!edits.is_empty()).then_some(EditionChange::Unapprove(edition.number, why))
    }

    /// The calendar of `count` fortnights from the one that contains `now`, planned or projected. Changes nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn plan(&self, now: DateTime<Utc>, count: u32) -> Result<Vec<PlanRow>, AppError> {
        let from = self.config.schedule.fortnight_at(now);
        self.plan_rows(from, count).await
    }

    /// The row of one fortnight, with every fortnight between now and then projected before it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn plan_of(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<PlanRow, AppError> {
        let from = self.config.schedule.fortnight_at(now).min(number);
        let rows = self.plan_rows(from, number.0 - from.0 + 1).await?;
        rows.into_iter().last().ok_or_else(|| AppError::Refused(format!("there is no fortnight {number}")))
    }

    async fn plan_rows(&self, from: EditionNumber, count: u32) -> Result<Vec<PlanRow>, AppError> {
        let editions = self.store.editions().await?;
        let mut planner = Planner::new(self, &editions).await?;
        let numbers = (from.0..from.0.saturating_add(count)).map(EditionNumber);
        Ok(numbers.map(|number| self.annotated(self.row(&mut planner, &editions, number))).collect())
    }

    /// With what the calendar has to say about its date.
    fn annotated(&self, row: PlanRow) -> PlanRow {
        let schedule = &self.config.schedule;
        let counts = |closed: &ClosedDay| row.state == "paused" || closed.day != row.date;
        PlanRow {
            closed: schedule.closed_day(row.edition).filter(counts),
            occasions: schedule.occasions_of(row.edition).into_iter().cloned().collect(),
            ..row
        }
    }

    fn row(&self, planner: &mut Planner<'_>, editions: &[Edition], number: EditionNumber) -> PlanRow {
        let stored = editions.iter().find(|e| e.number == number);
        if let Some(edition) = stored.filter(|e| !e.is_open()) {
            return filled(self, edition);
        }
        match self.config.schedule.fortnight(number) {
            Fortnight::Paused { date, due_at, reason } => PlanRow {
                edition: number,
                date,
                due_at: due_at.fixed_offset(),
                state: "paused",
                reason: Some(reason),
                theme: None,
                activities: Vec::new(),
                selection: None,
                shifted: None,
                closed: None,
                occasions: Vec::new(),
            },
            Fortnight::Sends { date, due_at, shifted } => {
                let edition = match stored {
                    Some(e) => {
                        let selection = planner.repair(e, date).unwrap_or_else(|| e.selection.clone());
                        Edition { selection: edits::retitled(planner.library, &selection), date, ..e.clone() }
                    }
                    None => Edition::planned(number, date, due_at.with_timezone(&Utc), planner.select(number, date)),
                };
                let state = if stored.is_some() { edition.state.as_str() } else { "projected" };
                let edition = Edition { due_at: due_at.with_timezone(&Utc), ..edition };
                PlanRow { state, shifted, ..filled(self, &edition) }
            }
        }
    }
}

/// An edition as `plan` shows it.
pub(super) fn filled(service: &Service, edition: &Edition) -> PlanRow {
    let pick = |p: &Pick| PlanPick {
        band: p.band.to_string(),
        id: p.id.to_string(),
        title: p.title.clone(),
        reason: p.reason.clone(),
    };
    let selection = edition.selection.clone();
    PlanRow {
        edition: edition.number,
        date: edition.date,
        due_at: service.local(edition.due_at),
        state: edition.state.as_str(),
        reason: edition.reason.clone(),
        theme: Some(selection.theme.clone()).filter(|theme| !theme.is_empty()),
        activities: selection.picks.iter().map(pick).collect(),
        selection: Some(selection),
        shifted: None,
        closed: None,
        occasions: Vec::new(),
    }
}
