//! One edition per fortnight, whatever the clock, the operator and the config do (invariant 1).

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveTime, TimeDelta, Timelike, Utc};
use proptest::prelude::*;

use super::super::testing::{Sim, schedules};
use super::super::{ClosedDayPolicy, Pause};
use super::*;
use crate::domain::edition::EditionState::{Approved, Held, Planned, Sending, Sent, Withdrawn};

/// One thing that happens between two ticks.
#[derive(Debug, Clone)]
enum Event {
    Step(TimeDelta),
    Finish,
    Approve(u32),
    Release(u32),
    Hold(u32),
    Withdraw(u32),
    SendEarly(u32),
    Edit(Option<usize>, NaiveTime),
}

fn steps() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1_i64..180).prop_map(TimeDelta::minutes),
        4 => (-90_i64..180).prop_map(TimeDelta::minutes),
        6 => (-48_i64..24 * 20).prop_map(TimeDelta::hours),
        1 => prop::sample::select(vec![-365_i64, 365]).prop_map(TimeDelta::days),
    ]
    .prop_map(Event::Step)
}

fn events() -> impl Strategy<Value = Event> {
    let number = 0_u32..5;
    let time = (0_u32..24).prop_map(|hour| NaiveTime::from_hms_opt(hour, 30, 0).expect("a time"));
    prop_oneof![
        12 => steps(),
        4 => Just(Event::Finish),
        2 => number.clone().prop_map(Event::Approve),
        1 => number.clone().prop_map(Event::Release),
        1 => number.clone().prop_map(Event::Hold),
        1 => number.clone().prop_map(Event::Withdraw),
        1 => number.prop_map(Event::SendEarly),
        1 => (prop::option::of(0_usize..5), time).prop_map(|(pause, at)| Event::Edit(pause, at)),
    ]
}

/// A walk through the life of a store.
struct Walk {
    schedule: Schedule,
    now: DateTime<Utc>,
    first: EditionNumber,
    sim: Sim,
}

impl Walk {
    fn new(schedule: Schedule) -> Self {
        let now = schedule.anchor.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(30);
        let first = schedule.fortnight_at(now);
        Self { schedule, now, first, sim: Sim::default() }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Step(length) => self.now += *length,
            Event::Finish => self.sim.editions.iter_mut().filter(|e| e.state == Sending).for_each(|e| e.state = Sent),
            Event::Approve(nth) => self.operate(*nth, Approved),
            Event::Release(nth) => self.operate(*nth, Planned),
            Event::Hold(nth) => self.operate(*nth, Held),
            Event::Withdraw(nth) => self.operate(*nth, Withdrawn),
            Event::SendEarly(nth) => {
                if let Some(number) = self.nth_open(*nth) {
                    let date = self.sim.get(number).expect("it is open").date;
                    self.sim.published.push((EditionNumber(number), date));
                    self.sim.set(number, Sending);
                }
            }
            Event::Edit(pause, time) => {
                self.schedule.send_at = *time;
                match pause {
                    Some(at) if *at < self.schedule.pauses.len() => drop(self.schedule.pauses.remove(*at)),
                    _ => self.schedule.pauses.push(self.pause_from_now(time.hour())),
                }
            }
        }
    }

    fn pause_from_now(&self, days: u32) -> Pause {
        let from = self.now.date_naive() + TimeDelta::days(i64::from(days));
        let rule = ClosedDayPolicy::ALL.get(days as usize % 4).copied();
        Pause { from, to: from + TimeDelta::days(3), reason: "an edit".to_owned(), on_closed_day: rule }
    }

    fn operate(&mut self, nth: u32, state: EditionState) {
        if let Some(number) = self.nth_open(nth) {
            self.sim.set(number, state);
        }
    }

    fn nth_open(&self, nth: u32) -> Option<u32> {
        let mut open = self.sim.editions.iter().filter(|edition| edition.is_open());
        open.nth(usize::try_from(nth).expect("a small number")).map(|edition| edition.number.0)
    }

    /// A tick (as after a restart: nothing but the store is remembered), with what must hold whatever happened.
    fn tick(&mut self) -> Result<Vec<Action>, TestCaseError> {
        let actions = self.sim.tick(&self.schedule, self.now, self.first.0);
        let rank = |action: &Action| match action {
            Action::Revive(number) => (-1, *number),
            Action::Unplan(number) => (0, *number),
            Action::Redate { number, .. } => (1, *number),
            Action::Plan { number, .. } => (2, *number),
            Action::Expire(number) => (3, *number),
            Action::Miss(number, _) => (4, *number),
            Action::Hold(number, _) => (5, *number),
            Action::Send(number) => (6, *number),
        };
        prop_assert!(actions.is_sorted_by_key(rank), "{actions:?}");
        prop_assert!(actions.iter().filter(|action| matches!(action, Action::Send(_))).count() <= 1);
        prop_assert!(self.sim.editions.iter().all(|edition| edition.number >= self.first));
        let numbers: BTreeSet<_> = self.sim.published.iter().map(|(number, _)| number).collect();
        prop_assert_eq!(numbers.len(), self.sim.published.len(), "published twice: {:?}", &self.sim.published);
        Ok(actions)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn never_makes_two_editions_of_a_fortnight(schedule in schedules(), events in prop::collection::vec(events(), 1..120)) {
        let mut walk = Walk::new(schedule);
        for event in &events {
            walk.happen(event);
            let before = walk.sim.published.len();
            walk.tick()?;
            for (number, _) in &walk.sim.published[before..] {
                let due_at = walk.sim.get(number.0).expect("it was published").due_at;
                prop_assert_eq!(walk.schedule.lateness(due_at, walk.now), Lateness::Due);
                prop_assert_eq!(Some(due_at), walk.schedule.sends(*number).map(|(_, due_at)| due_at));
            }
        }
    }

    /// While nobody interferes and the clock only ticks, every unpaused fortnight gets its edition, in order.
    #[test]
    fn misses_nothing_while_the_clock_ticks(mut schedule in schedules(), hours in 5_i64..30) {
        schedule.approval = Approval::Automatic;
        schedule.grace = schedule.grace.max(TimeDelta::hours(hours));
        let mut walk = Walk::new(schedule);
        let began = walk.now;
        for _ in 0..24 * 140 / hours {
            walk.tick()?;
            walk.happen(&Event::Finish);
            walk.happen(&Event::Step(TimeDelta::hours(hours)));
        }
        let last = walk.now - TimeDelta::hours(hours);
        let in_time = |due_at| due_at <= last && walk.schedule.lateness(due_at, began) != Lateness::Late;
        let expected: Vec<_> = (walk.first.0..walk.first.0 + 14)
            .filter_map(|number| walk.schedule.sends(EditionNumber(number)).map(|sends| (EditionNumber(number), sends)))
            .filter(|(_, (_, due_at))| in_time(*due_at))
            .map(|(number, (date, _))| (number, date))
            .collect();
        prop_assert_eq!(walk.sim.published, expected);
    }

    /// With a clock that never goes back, a newer edition is never followed by an older one.
    #[test]
    fn goes_forward_with_the_clock(schedule in schedules(), hours in prop::collection::vec(0_i64..900, 1..60)) {
        let mut walk = Walk::new(schedule);
        for hours in hours {
            walk.happen(&Event::Step(TimeDelta::hours(hours)));
            walk.tick()?;
            if hours % 3 == 0 {
                walk.happen(&Event::Approve(0));
            }
        }
        prop_assert!(walk.sim.published.is_sorted_by(|(older, _), (newer, _)| older < newer));
    }
}
