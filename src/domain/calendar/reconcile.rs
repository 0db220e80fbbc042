//! From the schedule, the moment and the editions in the store to what must be done.

use chrono::{DateTime, NaiveDate, Utc};

use super::due::{EditionTimeline, Lateness, Newest};
use super::{Approval, Schedule};
use crate::domain::edition::{Deadline, Edition, EditionNumber, EditionState, HoldReason, MissReason, Selection};

/// What `reconcile` finds must be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The fortnight of an open edition is now paused.
    Unplan(EditionNumber),
    /// It was missed or held for being late, and its time is still to come: the clock was wrong then.
    Revive(EditionNumber),
    /// Move an open edition to the date that the config now gives.
    Redate { number: EditionNumber, date: NaiveDate, due_at: DateTime<Utc> },
    /// Give this fortnight an edition (the caller selects its picks).
    Plan { number: EditionNumber, date: NaiveDate, due_at: DateTime<Utc> },
    /// What this edition has not sent yet expires: a newer one fell due.
    Expire(EditionNumber),
    /// An older unsent edition's time passed.
    Miss(EditionNumber, MissReason),
    /// Late beyond grace, or approval missing at the due instant.
    Hold(EditionNumber, HoldReason),
    /// This edition is due now: publish it, or go on sending it. At most one.
    Send(EditionNumber),
}

/// From the schedule, the moment and the editions in the store to what must be done.
///
/// `first` is the fortnight in which the store began; none before it is ever planned.
/// Pure, idempotent: once its actions are applied, a second call with the same `now` gives at most `Send`.
pub fn reconcile(schedule: &Schedule, now: DateTime<Utc>, first: EditionNumber, editions: &[Edition]) -> Vec<Action> {
    let mut timeline = EditionTimeline::new(editions);
    let mut actions = revive(&mut timeline, schedule, now);
    actions.extend(follow(&mut timeline, schedule));
    actions.extend(plan(&mut timeline, schedule, now, first));
    actions.extend(judge(&timeline, schedule, now));
    actions
}

/// What a clock that ran ahead gave up comes back when the clock is right again. Withdrawn editions stay so, and what
/// a person held.
fn revive(timeline: &mut EditionTimeline, schedule: &Schedule, now: DateTime<Utc>) -> Vec<Action> {
    let mut revived = Vec::new();
    for (number, edition) in &mut timeline.0 {
        let ahead = schedule.sends(*number).is_some_and(|(_, due_at)| due_at > now);
        if ahead && !edition.is_published() && is_given_up(edition) {
            (edition.state, edition.reason) = (EditionState::Planned, None);
            revived.push(Action::Revive(*number));
        }
    }
    revived
}

/// Missed, or held for being late.
fn is_given_up(edition: &Edition) -> bool {
    edition.state == EditionState::Missed || edition.hold_reason().is_some_and(HoldReason::is_late)
}

/// Open editions follow the config: first those that lose their fortnight, then those that move.
fn follow(timeline: &mut EditionTimeline, schedule: &Schedule) -> Vec<Action> {
    let (mut unplanned, mut moved) = (Vec::new(), Vec::new());
    timeline.0.retain(|number, edition| {
        if !edition.is_open() {
            return true;
        }
        let Some((date, due_at)) = schedule.sends(*number) else {
            unplanned.push(Action::Unplan(*number));
            return false;
        };
        if (date, due_at) != (edition.date, edition.due_at) {
            (edition.date, edition.due_at) = (date, due_at);
            moved.push(Action::Redate { number: *number, date, due_at });
        }
        true
    });
    unplanned.append(&mut moved);
    unplanned
}

/// The current fortnight, late or not, unless a newer one was published;
/// then the next ones, until `plan_ahead` open editions lie ahead.
fn plan(timeline: &mut EditionTimeline, schedule: &Schedule, now: DateTime<Utc>, first: EditionNumber) -> Vec<Action> {
    let current = schedule.fortnight_at(now).max(first);
    let newest = timeline.newest(now);
    let (mut planned, mut ahead) = (Vec::new(), 0);
    for (number, date, due_at) in schedule.sending_from(current) {
        if number > current && ahead >= schedule.plan_ahead {
            break;
        }
        let wanted = if number == current { !newest.is_behind_published(number) } else { due_at > now };
        if wanted && !timeline.0.contains_key(&number) {
            timeline.0.insert(number, Edition::planned(number, date, due_at, Selection::none()));
            planned.push(Action::Plan { number, date, due_at });
        }
        let lies_ahead = due_at > now && timeline.0.get(&number).is_some_and(Edition::is_open);
        ahead += u32::from(lies_ahead);
    }
    planned
}

/// What the moment makes of every edition.
fn judge(timeline: &EditionTimeline, schedule: &Schedule, now: DateTime<Utc>) -> Vec<Action> {
    let newest = timeline.newest(now);
    let (mut expired, mut missed, mut held, mut ready) = (Vec::new(), Vec::new(), Vec::new(), None);
    for edition in timeline.0.values() {
        match verdict(schedule, now, newest, edition) {
            Some(action @ Action::Expire(_)) => expired.push(action),
            Some(action @ Action::Miss(..)) => missed.push(action),
            Some(Action::Send(number)) => ready = Some(number),
            Some(action) => held.push(action),
            None => {}
        }
    }
    let send = timeline.being_sent(newest).or(ready).map(Action::Send);
    expired.into_iter().chain(missed).chain(held).chain(send).collect()
}

/// What must become of one edition, apart from going on with one that is being sent.
fn verdict(schedule: &Schedule, now: DateTime<Utc>, newest: Newest, edition: &Edition) -> Option<Action> {
    let number = edition.number;
    let overtaker = newest.overtaker(number);
    if edition.is_published() {
        return overtaker.filter(|_| edition.state != EditionState::Sent).map(|_| Action::Expire(number));
    }
    if !edition.is_open() {
        return None;
    }
    let held = edition.state == EditionState::Held;
    if let Some(by) = overtaker {
        return Some(Action::Miss(number, MissReason::Overtaken { by, held }));
    }
    let due = edition.due_at.with_timezone(&schedule.timezone).fixed_offset();
    let deadline = Deadline { due, grace: schedule.grace.num_seconds() };
    let unapproved = schedule.approval == Approval::Required && edition.state == EditionState::Planned;
    match schedule.lateness_of(edition, now) {
        Lateness::Late if newest.is_behind_published(number) => {
            Some(Action::Miss(number, MissReason::LateBehindNewer(deadline)))
        }
        _ if held => None,
        Lateness::Late => Some(Action::Hold(number, HoldReason::Late { deadline, unapproved })),
        Lateness::Due if unapproved => Some(Action::Hold(number, HoldReason::ApprovalMissing { due: Some(due) })),
        Lateness::Due => Some(Action::Send(number)),
        Lateness::Early => None,
    }
}

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walks;
