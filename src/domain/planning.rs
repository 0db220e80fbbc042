//! What becomes of every edition: the calendar's actions, the picks that they need, what edits of the library undo, and
//! what keeps one from going out.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Utc};

use super::activity::ActivityId;
use super::band::{BandName, Bands};
use super::calendar::{Action, Approval, Fortnight, Occasion, Schedule};
use super::edition::{
    Edition, EditionChange, EditionNumber, EditionState, HoldReason, Selection, UnapproveReason, UnservedBand,
};
use super::edits::{Texts, edits};
use super::selection::{History, Shelf, Unsuitable, repair, select, swap};

/// Picks for one edition after the other, each knowing those before it.
pub struct Picker<'a> {
    shelf: Shelf<'a>,
    schedule: &'a Schedule,
    history: History,
}

impl<'a> Picker<'a> {
    /// One that knows what these editions used. What never went out and never will is no use of its activities.
    pub fn new(shelf: Shelf<'a>, schedule: &'a Schedule, editions: &[Edition]) -> Self {
        let paused = |e: &Edition| matches!(schedule.fortnight(e.number), Fortnight::Paused { .. });
        let used = |e: &&Edition| match e.state {
            _ if e.is_published() => true,
            EditionState::Missed | EditionState::Withdrawn => false,
            _ => !paused(e),
        };
        let history = History(editions.iter().filter(used).map(|e| (e.number, e.selection.clone())).collect());
        Self { shelf, schedule, history }
    }

    pub fn texts(&self) -> Texts<'a> {
        Texts { themes: self.shelf.themes, activities: self.shelf.activities }
    }

    /// Fresh picks, remembered for what follows. Nothing eligible at all is an edition without picks:
    /// publishing holds it and says so, rather than losing the fortnight in silence.
    pub fn select(&mut self, number: EditionNumber, date: NaiveDate) -> Selection {
        let picked = select(self.shelf, &self.history, number, date, &self.occasions(number));
        let selection = picked.unwrap_or_else(Selection::none);
        self.remember(number, selection.clone());
        selection
    }

    /// The picks with the invalid ones replaced, or `None` when all are valid.
    pub fn repair(&mut self, edition: &Edition, date: NaiveDate) -> Option<Selection> {
        let number = edition.number;
        let mended = repair(self.shelf, &self.history, number, date, &self.occasions(number), &edition.selection)?;
        self.remember(number, mended.clone());
        Some(mended)
    }

    /// The picks with an operator's choice for one band.
    ///
    /// # Errors
    /// When the activity may not be picked for that band on that day.
    pub fn swap(&self, edition: &Edition, band: &BandName, activity: &ActivityId) -> Result<Selection, Unsuitable> {
        swap(self.shelf, &self.history, (edition.number, edition.date), &edition.selection, (band, activity))
    }

    fn occasions(&self, number: EditionNumber) -> Vec<&'a Occasion> {
        self.schedule.occasions_of(number)
    }

    fn remember(&mut self, number: EditionNumber, selection: Selection) {
        self.history.0.retain(|(n, _)| *n != number);
        self.history.0.push((number, selection));
    }
}

/// The changes that the calendar's actions come to, with what else the library now asks of open editions.
pub fn changes(mut picker: Picker<'_>, actions: &[Action], editions: &[Edition]) -> Vec<EditionChange> {
    let gone = |number| actions.iter().any(|a| matches!(a, Action::Unplan(n) | Action::Miss(n, _) if *n == number));
    let revived = |number| actions.iter().any(|a| matches!(a, Action::Revive(n) if *n == number));
    let mut changes: Vec<EditionChange> = actions.iter().filter_map(without_picks).collect();
    // What is unplanned or missed is no use of its activities.
    picker.history.0.retain(|(number, _)| !gone(*number));
    for edition in editions.iter().filter(|e| (e.is_open() || revived(e.number)) && !gone(e.number)) {
        let moved = actions.iter().find_map(|action| match action {
            Action::Redate { number, date, .. } if *number == edition.number => Some(*date),
            _ => None,
        });
        match picker.repair(edition, moved.unwrap_or(edition.date)) {
            Some(selection) => changes.push(EditionChange::Repick { number: edition.number, selection }),
            None => changes.extend(taken_back(&picker, edition)),
        }
    }
    for action in actions {
        match action.clone() {
            Action::Plan { number, date, due_at } => {
                let selection = picker.select(number, date);
                changes.push(EditionChange::Plan { number, date, due_at, selection });
            }
            Action::Hold(number, reason) => changes.push(EditionChange::Hold(number, reason)),
            _ => {}
        }
    }
    changes
}

/// The changes that plan every edition from `from` to `to` that is not planned yet.
pub fn plan_through(
    mut picker: Picker<'_>,
    (from, to): (EditionNumber, EditionNumber),
    editions: &[Edition],
) -> Vec<EditionChange> {
    let new = |number: &EditionNumber| editions.iter().all(|edition| edition.number != *number);
    let numbers = (from.0..=to.0).map(EditionNumber).filter(new);
    let plan = |number| match picker.schedule.fortnight(number) {
        Fortnight::Sends { date, due_at, .. } => {
            let selection = picker.select(number, date);
            Some(EditionChange::Plan { number, date, due_at: due_at.with_timezone(&Utc), selection })
        }
        Fortnight::Paused { .. } => None,
    };
    numbers.filter_map(plan).collect()
}

/// The change of an action that comes before any picking.
fn without_picks(action: &Action) -> Option<EditionChange> {
    match action.clone() {
        Action::Revive(number) => Some(EditionChange::Reinstate(number)),
        Action::Unplan(number) => Some(EditionChange::Unplan(number)),
        Action::Redate { number, date, due_at } => Some(EditionChange::Redate { number, date, due_at }),
        Action::Miss(number, reason) => Some(EditionChange::Miss(number, reason)),
        Action::Plan { .. } | Action::Hold(..) | Action::Expire(_) | Action::Send(_) => None,
    }
}

/// With approval required, an edit of what was approved takes the approval back.
fn taken_back(picker: &Picker<'_>, edition: &Edition) -> Option<EditionChange> {
    if picker.schedule.approval != Approval::Required || edition.approved_at.is_none() {
        return None;
    }
    let edits = edits(picker.texts(), &edition.selection);
    let edited = !edits.is_empty();
    edited.then_some(EditionChange::Unapprove(edition.number, UnapproveReason::Edited { edits }))
}

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

/// The bands that someone reads and for which the edition has nothing, if there are any.
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
