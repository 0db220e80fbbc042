//! The life of an edition: what a change makes of it, and which changes its state forbids.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Edition, EditionChange, EditionNumber, EditionState, HoldReason, StateReason};
use crate::domain::edits::{ApprovedTexts, Texts};

/// Why a change is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no edition of that number.
    #[error("there is no such edition")]
    Absent,
    /// There is one already.
    #[error("the edition exists already")]
    Exists,
    /// Its state does not allow it.
    #[error("an edition that is {0} does not allow it")]
    State(EditionState),
    /// It is so already.
    #[error("it is so already")]
    Unchanged,
}

/// One edition as it was read and as it becomes; `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// As it was read.
    pub before: Option<Edition>,
    pub after: Option<Edition>,
}

/// What changes come to, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Every edition that a change was about, also those that stay as they are.
    pub transitions: Vec<Transition>,
    /// The audit table's lines of the changes that were made: the edition, the action, and more for people.
    pub audit: Vec<(EditionNumber, &'static str, String)>,
    /// What the editions say that someone approved of with this.
    pub approved: Vec<(EditionNumber, ApprovedTexts)>,
}

impl Changed {
    /// Adds the texts of the editions that this approves.
    pub fn keep_approved(&mut self, texts: Texts<'_>) {
        let approved = self.transitions.iter().filter(|transition| transition.approves());
        let editions = approved.filter_map(|transition| transition.after.as_ref());
        let texts_of = |edition: &Edition| (edition.number, ApprovedTexts::of(texts, &edition.selection));
        self.approved = editions.map(texts_of).collect();
    }
}

impl Transition {
    /// Whether someone approves of the edition with this.
    pub fn approves(&self) -> bool {
        let at = |edition: &Option<Edition>| edition.as_ref().and_then(|edition| edition.approved_at);
        at(&self.after).is_some() && at(&self.after) != at(&self.before)
    }

    /// Whether what was approved is needed no longer: it is published, or something else is approved of.
    pub fn ends_approved_texts(&self) -> bool {
        let is_published = |edition: &Option<Edition>| edition.as_ref().is_some_and(Edition::is_published);
        self.approves() || (is_published(&self.after) && !is_published(&self.before))
    }
}

/// Makes one change after the other to the editions as they were `seen`. What a state forbids is skipped.
pub fn change(seen: &[Edition], changes: &[EditionChange], at: DateTime<Utc>) -> Changed {
    let find = |number| seen.iter().find(|edition| edition.number == number);
    let mut now: BTreeMap<EditionNumber, Option<Edition>> = BTreeMap::new();
    let mut audit = Vec::new();
    for change in changes {
        let number = change.number();
        let edition = now.entry(number).or_insert_with(|| find(number).cloned());
        if let Ok(after) = apply(edition.as_ref(), change, at) {
            let (action, detail) = change.audit(edition.as_ref().map_or(&[], |edition| &edition.selection.picks));
            audit.push((number, action, detail));
            *edition = after;
        }
    }
    let transitions =
        now.into_iter().map(|(number, after)| Transition { before: find(number).cloned(), after }).collect();
    Changed { transitions, audit, approved: Vec::new() }
}

/// What a change makes of an edition; `None` stands for no edition.
///
/// # Errors
/// When the edition's state does not allow it, or it changes nothing.
pub fn apply(edition: Option<&Edition>, change: &EditionChange, at: DateTime<Utc>) -> Result<Option<Edition>, Denied> {
    match (edition, change) {
        (None, EditionChange::Plan { number, date, due_at, selection }) => {
            Ok(Some(Edition::planned(*number, *date, *due_at, selection.clone())))
        }
        (None, _) => Err(Denied::Absent),
        (Some(_), EditionChange::Plan { .. }) => Err(Denied::Exists),
        (Some(edition), _) if edition.is_published() => halt_or_go_on(edition, change, at).map(Some),
        (Some(edition), EditionChange::Reinstate(_)) => reinstate(edition).map(Some),
        (Some(edition), EditionChange::Unplan(_)) if edition.is_open() => Ok(None),
        (Some(edition), _) => decide(edition, change, at).map(Some),
    }
}

/// The edition once it is published.
///
/// # Errors
/// Unless it is planned or approved.
pub fn publish(edition: &Edition, at: DateTime<Utc>) -> Result<Edition, Denied> {
    match edition.state {
        EditionState::Planned | EditionState::Approved if !edition.is_published() => {
            Ok(Edition { published_at: Some(at), ..stand(edition, EditionState::Sending, None) })
        }
        state => Err(Denied::State(state)),
    }
}

/// The edition once nothing of it waits or is in hand. One that was held while it was being sent is sent, too: nothing is
/// left that the hold could hold back.
///
/// # Errors
/// Unless it is being sent, or was.
pub fn finish(edition: &Edition, at: DateTime<Utc>) -> Result<Edition, Denied> {
    match edition.state {
        EditionState::Sending | EditionState::Held if edition.is_published() => {
            Ok(Edition { finished_at: Some(at), ..stand(edition, EditionState::Sent, None) })
        }
        EditionState::Sent => Err(Denied::Unchanged),
        state => Err(Denied::State(state)),
    }
}

/// The edition once some of its mails were taken up again. One that is held stays so.
///
/// # Errors
/// Unless it was published.
pub fn resume(edition: &Edition) -> Result<Edition, Denied> {
    match edition.state {
        EditionState::Sent => Ok(Edition { finished_at: None, ..stand(edition, EditionState::Sending, None) }),
        _ if edition.is_published() => Err(Denied::Unchanged),
        state => Err(Denied::State(state)),
    }
}

/// A published edition: all that can still be done is to stop its sending, and to let it go on.
fn halt_or_go_on(edition: &Edition, change: &EditionChange, at: DateTime<Utc>) -> Result<Edition, Denied> {
    match (change, edition.state) {
        (EditionChange::Hold(_, why), EditionState::Sending) => Ok(hold(edition, why)),
        // A person's hold outlasts the release of a restored store.
        (EditionChange::Hold(_, why), EditionState::Held)
            if edition.hold_reason() == Some(&HoldReason::RestoredStore) =>
        {
            Ok(hold(edition, why))
        }
        (EditionChange::Release(_) | EditionChange::Approve(_), EditionState::Held) => {
            Ok(Edition { released_at: Some(at), ..stand(edition, EditionState::Sending, None) })
        }
        (_, state) => Err(Denied::State(state)),
    }
}

/// An edition that was cancelled, missed or held is as if nobody had done so.
fn reinstate(edition: &Edition) -> Result<Edition, Denied> {
    match edition.state {
        EditionState::Withdrawn | EditionState::Missed | EditionState::Held => Ok(let_go(edition)),
        state => Err(Denied::State(state)),
    }
}

/// An edition that was not published.
fn decide(edition: &Edition, change: &EditionChange, at: DateTime<Utc>) -> Result<Edition, Denied> {
    if !edition.is_open() {
        return Err(Denied::State(edition.state));
    }
    match change {
        EditionChange::Redate { date, due_at, .. } if (edition.date, edition.due_at) != (*date, *due_at) => {
            Ok(Edition { date: *date, due_at: *due_at, ..edition.clone() })
        }
        EditionChange::Repick { selection, .. } => Ok(Edition { selection: selection.clone(), ..unapprove(edition) }),
        EditionChange::Approve(_) if edition.state != EditionState::Approved => {
            Ok(Edition { approved_at: Some(at), ..stand(edition, EditionState::Approved, None) })
        }
        EditionChange::Unapprove(..) if edition.approved_at.is_some() => Ok(unapprove(edition)),
        EditionChange::Hold(_, why) if edition.hold_reason() != Some(why) => Ok(hold(edition, why)),
        EditionChange::Miss(_, why) => Ok(stand(edition, EditionState::Missed, Some(StateReason::Missed(why.clone())))),
        EditionChange::Release(_) if edition.state == EditionState::Held => {
            Ok(Edition { released_at: Some(at), ..let_go(edition) })
        }
        EditionChange::Release(_) => Err(Denied::State(edition.state)),
        EditionChange::Withdraw(_, why) => {
            let withdrawn = stand(edition, EditionState::Withdrawn, Some(StateReason::Withdrawn(*why)));
            Ok(Edition { approved_at: None, ..withdrawn })
        }
        _ => Err(Denied::Unchanged),
    }
}

fn stand(edition: &Edition, state: EditionState, reason: Option<StateReason>) -> Edition {
    Edition { state, reason, ..edition.clone() }
}

fn hold(edition: &Edition, why: &HoldReason) -> Edition {
    stand(edition, EditionState::Held, Some(StateReason::Held(why.clone())))
}

/// Approved, if a person did so and it was not taken back; planned otherwise.
fn let_go(edition: &Edition) -> Edition {
    let state = if edition.approved_at.is_some() { EditionState::Approved } else { EditionState::Planned };
    stand(edition, state, None)
}

fn unapprove(edition: &Edition) -> Edition {
    let approved = edition.state == EditionState::Approved;
    let edition = if approved { stand(edition, EditionState::Planned, None) } else { edition.clone() };
    Edition { approved_at: None, ..edition }
}

#[cfg(test)]
mod tests;
