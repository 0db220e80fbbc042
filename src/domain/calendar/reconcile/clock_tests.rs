//! Every minute around every clock change from 2024 to 2040, with clocks that leap and programs that restart
//! (invariant 1).

use std::thread;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::super::testing::{Sim, example, time, utc};
use super::*;
use crate::domain::edition::EditionState::{Sending, Sent};

/// Clocks that change by an hour, on different dates, and by half an hour.
const ZONES: [Tz; 3] = [Tz::Europe__London, Tz::America__New_York, Tz::Australia__Lord_Howe];

/// Before, inside and after the gaps and folds of all three, and at breakfast.
const TIMES: [&str; 4] = ["00:30:00", "01:30:00", "02:15:00", "08:00:00"];

/// How far the clock leaps, both ways.
const LEAPS: [TimeDelta; 6] = [
    TimeDelta::hours(1),
    TimeDelta::hours(-1),
    TimeDelta::days(1),
    TimeDelta::days(-1),
    TimeDelta::days(365),
    TimeDelta::days(-365),
];

/// The fortnight in which the clocks change.
const THIRD: EditionNumber = EditionNumber(3);

/// The instants from 2024 to 2040 at which the zone's offset changes.
fn changes(zone: Tz) -> Vec<DateTime<Utc>> {
    let offset = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
    let half_hours = |count: i64| utc("2024-01-01T00:00:00Z") + TimeDelta::minutes(30 * count);
    (1..17 * 366 * 48).map(half_hours).filter(|at| offset(*at) != offset(*at - TimeDelta::minutes(30))).collect()
}

#[test]
fn every_minute_around_every_clock_change_makes_the_same_one_edition() {
    thread::scope(|scope| {
        for zone in ZONES {
            scope.spawn(move || {
                let changes = changes(zone);
                assert_eq!(changes.len(), 34, "{zone}");
                for (at, change) in changes.into_iter().enumerate() {
                    for (nth, send_at) in TIMES.into_iter().enumerate() {
                        Around::new(zone, change, send_at).walk(at + nth);
                    }
                }
            });
        }
    });
}

/// A fortnight that begins on the day of a clock change.
struct Around {
    schedule: Schedule,
    change: DateTime<Utc>,
    date: NaiveDate,
    due_at: DateTime<Utc>,
}

impl Around {
    fn new(zone: Tz, change: DateTime<Utc>, send_at: &str) -> Self {
        let date = change.with_timezone(&zone).date_naive();
        let schedule = Schedule {
            anchor: date - TimeDelta::days(28),
            send_at: time(send_at),
            timezone: zone,
            plan_ahead: 1,
            pauses: Vec::new(),
            ..example()
        };
        let (day, due_at) = schedule.sends(THIRD).expect("it is not paused");
        assert_eq!(day, date);
        Self { schedule, change, date, due_at }
    }

    /// From 3 hours before the change to 3 after it, minute by minute. At each minute the clock leaps away and comes
    /// back, on a copy of the store: the leaps take turns, and `turn` says which comes first.
    fn walk(&self, turn: usize) {
        let mut sim = Sim::default().with(&self.schedule, 1, Sent).with(&self.schedule, 2, Sent);
        for (nth, minute) in (-180..=180).enumerate() {
            let now = self.change + TimeDelta::minutes(minute);
            self.tick(&mut sim, now);
            let leap = LEAPS[(turn + nth) % LEAPS.len()];
            self.leap(sim.clone(), now, leap);
            if minute % 11 == 0 {
                finish(&mut sim);
            }
        }
        self.tick(&mut sim, self.change + TimeDelta::hours(12));
        self.check(&sim, 1, "after the walk");
    }

    /// Away, back, and on to the evening: nothing is remembered but the store.
    fn leap(&self, mut sim: Sim, now: DateTime<Utc>, leap: TimeDelta) {
        self.tick(&mut sim, now + leap);
        finish(&mut sim);
        self.tick(&mut sim, now);
        if !sim.published.iter().any(|(number, _)| *number == THIRD) {
            self.tick(&mut sim, self.change + TimeDelta::hours(12));
        }
        // Whoever was in the next year has let this edition's time pass.
        let least = usize::from(leap != TimeDelta::days(365));
        self.check(&sim, least, &format!("{now}, leap of {} hours", leap.num_hours()));
    }

    /// One reconcile, applied (and repeated, see [`Sim::tick`]): at most one edition is due, and none moves.
    fn tick(&self, sim: &mut Sim, now: DateTime<Utc>) {
        let actions = sim.tick(&self.schedule, now, 1);
        let sends = actions.iter().filter(|action| matches!(action, Action::Send(_))).count();
        assert!(sends <= 1, "two are due: {actions:?}");
        let moves = |action: &Action| matches!(action, Action::Redate { .. } | Action::Unplan(_));
        assert!(!actions.iter().any(moves), "{:?} {now}: {actions:?}", self.schedule.timezone);
        if let Some(third) = sim.get(3) {
            assert_eq!((third.date, third.due_at), (self.date, self.due_at));
        }
    }

    /// No fortnight was published twice; the third one, at least `least` times, on its date.
    fn check(&self, sim: &Sim, least: usize, when: &str) {
        let of = |number| sim.published.iter().filter(move |(published, _)| *published == number);
        for (number, _) in &sim.published {
            assert_eq!(of(*number).count(), 1, "{:?} {when}: {:?}", self.schedule.timezone, sim.published);
        }
        assert!(of(THIRD).count() >= least, "{:?} {when}: {:?}", self.schedule.timezone, sim.published);
        assert!(of(THIRD).all(|(_, date)| *date == self.date));
    }
}

fn finish(sim: &mut Sim) {
    sim.editions.iter_mut().filter(|edition| edition.state == Sending).for_each(|edition| edition.state = Sent);
}
