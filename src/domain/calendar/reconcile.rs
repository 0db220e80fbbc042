//! From the schedule, the moment and the editions in the store to what must be done (contract §3).

use chrono::{DateTime, NaiveDate, Utc};

use super::due::{LATE, Lateness, Ledger, Row, Standing};
use super::{Approval, Schedule};
use crate::domain::edition::{Edition, EditionNumber, EditionState};
use crate::domain::text::dates;

/// What `reconcile` finds must be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The fortnight of an open edition is now paused.
    Unplan(EditionNumber),
    /// It was missed or held for being late, and its time is still to come: the clock was wrong then.
    Revive(EditionNumber),
    /// Move an open edition to the date that the config now gives.
    Redate {
        /// Its number.
        number: EditionNumber,
        /// The local send date.
        date: NaiveDate,
        /// The instant from which it is due.
        due_at: DateTime<Utc>,
    },
    /// Give this fortnight an edition (the caller selects its picks).
    Plan {
        /// Its number.
        number: EditionNumber,
        /// The local send date.
        date: NaiveDate,
        /// The instant from which it is due.
        due_at: DateTime<Utc>,
    },
    /// What this edition has not sent yet expires: a newer one fell due.
    Expire(EditionNumber),
    /// An older unsent edition's time passed.
    Miss(EditionNumber, String),
    /// Late beyond grace, or approval missing at the due instant.
    Hold(EditionNumber, String),
    /// This edition is due now: publish it, or go on sending it. At most one.
    Send(EditionNumber),
}

/// From the schedule, the moment and the editions in the store to what must be done (contract §3).
///
/// `first` is the fortnight in which the store began; none before it is ever planned.
/// Pure, idempotent: once its actions are applied, a second call with the same `now` gives at most `Send`.
pub fn reconcile(schedule: &Schedule, now: DateTime<Utc>, first: EditionNumber, editions: &[Edition]) -> Vec<Action> {
    let mut ledger = Ledger::new(editions);
    let mut actions = ledger.revive(schedule, now);
    actions.extend(ledger.follow(schedule));
    actions.extend(ledger.plan(schedule, now, first));
    actions.extend(ledger.judge(schedule, now));
    actions
}

impl Ledger {
    /// What a clock that ran ahead gave up comes back when the clock is right again. Withdrawn editions stay so, and what
    /// a person held.
    fn revive(&mut self, schedule: &Schedule, now: DateTime<Utc>) -> Vec<Action> {
        let mut revived = Vec::new();
        for (number, row) in &mut self.0 {
            let ahead = schedule.sends(*number).is_some_and(|(_, due_at)| due_at > now);
            if ahead && row.given_up && !row.published {
                (row.state, row.open, row.given_up) = (EditionState::Planned, true, false);
                revived.push(Action::Revive(*number));
            }
        }
        revived
    }

    /// Open editions follow the config: first those that lose their fortnight, then those that move.
    fn follow(&mut self, schedule: &Schedule) -> Vec<Action> {
        let (mut unplanned, mut moved) = (Vec::new(), Vec::new());
        self.0.retain(|number, row| {
            if !row.open {
                return true;
            }
            let Some((date, due_at)) = schedule.sends(*number) else {
                unplanned.push(Action::Unplan(*number));
                return false;
            };
            if (date, due_at) != (row.date, row.due_at) {
                (row.date, row.due_at) = (date, due_at);
                moved.push(Action::Redate { number: *number, date, due_at });
            }
            true
        });
        unplanned.append(&mut moved);
        unplanned
    }

    /// The current fortnight, late or not, unless a newer one was published;
    /// then the next ones, until `plan_ahead` open editions lie ahead.
    fn plan(&mut self, schedule: &Schedule, now: DateTime<Utc>, first: EditionNumber) -> Vec<Action> {
        let current = schedule.fortnight_at(now).max(first);
        let standing = self.standing(now);
        let (mut planned, mut ahead) = (Vec::new(), 0);
        for (number, date, due_at) in schedule.sending_from(current) {
            if number > current && ahead >= schedule.plan_ahead {
                break;
            }
            let wanted = if number == current { !standing.is_behind_published(number) } else { due_at > now };
            if wanted && !self.0.contains_key(&number) {
                self.0.insert(number, Row::planned(date, due_at));
                planned.push(Action::Plan { number, date, due_at });
            }
            let lies_ahead = due_at > now && self.0.get(&number).is_some_and(|row| row.open);
            ahead += u32::from(lies_ahead);
        }
        planned
    }

    /// What the moment makes of every edition.
    fn judge(&self, schedule: &Schedule, now: DateTime<Utc>) -> Vec<Action> {
        let standing = self.standing(now);
        let (mut expired, mut missed, mut held, mut ready) = (Vec::new(), Vec::new(), Vec::new(), None);
        for (number, row) in &self.0 {
            match verdict(schedule, now, standing, *number, row) {
                Some(action @ Action::Expire(_)) => expired.push(action),
                Some(action @ Action::Miss(..)) => missed.push(action),
                Some(Action::Send(number)) => ready = Some(number),
                Some(action) => held.push(action),
                None => {}
            }
        }
        let send = self.being_sent(standing).or(ready).map(Action::Send);
        expired.into_iter().chain(missed).chain(held).chain(send).collect()
    }
}

/// What must become of one edition, apart from going on with one that is being sent.
fn verdict(
    schedule: &Schedule,
    now: DateTime<Utc>,
    standing: Standing,
    number: EditionNumber,
    row: &Row,
) -> Option<Action> {
    let overtaker = standing.overtaker(number);
    if row.published {
        return overtaker.filter(|_| row.state != EditionState::Sent).map(|_| Action::Expire(number));
    }
    if !row.open {
        return None;
    }
    if let Some(newer) = overtaker {
        let held = if row.state == EditionState::Held { "while it was held" } else { "before it was sent" };
        return Some(Action::Miss(number, format!("edition {newer} fell due {held}")));
    }
    match row.lateness(schedule, now) {
        Lateness::Late if standing.is_behind_published(number) => {
            let why = format!("{}, and a newer edition has been sent", too_late(schedule, row));
            Some(Action::Miss(number, why))
        }
        _ if row.state == EditionState::Held => None,
        Lateness::Late => Some(Action::Hold(number, late_reason(schedule, number, row))),
        Lateness::Due if schedule.approval == Approval::Required && row.state == EditionState::Planned => {
            Some(Action::Hold(number, approval_reason(schedule, number, row)))
        }
        Lateness::Due => Some(Action::Send(number)),
        Lateness::Early => None,
    }
}

fn too_late(schedule: &Schedule, row: &Row) -> String {
    let (due, grace) = (dates::moment(row.due_at, schedule.timezone), dates::length(schedule.grace));
    format!("it was due on {due}, more than {grace} ago")
}

fn late_reason(schedule: &Schedule, number: EditionNumber, row: &Row) -> String {
    if schedule.approval == Approval::Required && row.state == EditionState::Planned {
        return format!(
            "{LATE}: {}, and nobody approved it; look at `fortnightly preview --edition {number}`, then \
             `fortnightly approve {number}` (`fortnightly send --late` approves of it as it is), or wait for the next edition",
            too_late(schedule, row)
        );
    }
    format!("{LATE}: {}; send it with `fortnightly send --late` or wait for the next edition", too_late(schedule, row))
}

fn approval_reason(schedule: &Schedule, number: EditionNumber, row: &Row) -> String {
    let due = dates::moment(row.due_at, schedule.timezone);
    format!(
        "approval is missing: it fell due on {due}; look at `fortnightly preview --edition {number}`, then `fortnightly approve {number}`"
    )
}

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walks;
