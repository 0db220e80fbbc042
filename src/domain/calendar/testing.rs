//! For the calendar's tests: schedules, moments, and a store that is a list.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::{Action, Approval, ClosedDayPolicy, Pause, Schedule, reconcile};
use crate::domain::edition::{Edition, EditionNumber, EditionState, Selection, StateReason, ThemeReason};
use crate::domain::fingerprint::Fingerprint;

/// Zones with a whole hour, half an hour, a quarter and a whole day in their rules.
pub(super) const ZONES: [Tz; 6] = [
    Tz::Europe__London,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Asia__Kathmandu,
    Tz::Pacific__Apia,
    Tz::UTC,
];

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub(super) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

pub(super) fn time(text: &str) -> NaiveTime {
    text.parse().expect("a time")
}

/// The contract's example: every second Monday at 8 in London, a Christmas pause that skips.
pub(super) fn example() -> Schedule {
    Schedule {
        anchor: date("2026-09-07"),
        send_at: time("08:00:00"),
        timezone: Tz::Europe__London,
        grace: TimeDelta::hours(72),
        plan_ahead: 3,
        on_closed_day: ClosedDayPolicy::Shift,
        approval: Approval::Automatic,
        pauses: vec![pause("2026-12-19", "2027-01-03", "Christmas holidays", Some(ClosedDayPolicy::Skip))],
        holidays: Vec::new(),
        occasions: Vec::new(),
    }
}

pub(super) fn pause(from: &str, to: &str, reason: &str, rule: Option<ClosedDayPolicy>) -> Pause {
    Pause { from: date(from), to: date(to), reason: reason.to_owned(), on_closed_day: rule }
}

/// A store that holds editions only and, like the real one, refuses what its state does not allow.
#[derive(Debug, Clone, Default)]
pub(super) struct Sim {
    pub(super) editions: Vec<Edition>,
    /// What was published by a `Send`, in order.
    pub(super) published: Vec<(EditionNumber, NaiveDate)>,
}

impl Sim {
    pub(super) fn get(&self, number: u32) -> Option<&Edition> {
        self.editions.iter().find(|edition| edition.number.0 == number)
    }

    pub(super) fn state(&self, number: u32) -> Option<EditionState> {
        self.get(number).map(|edition| edition.state)
    }

    /// As an operator or a finished run would.
    pub(super) fn set(&mut self, number: u32, state: EditionState) {
        self.change(EditionNumber(number), |edition| edition.state = state);
    }

    /// Puts an edition in by hand, with the dates of the schedule.
    pub(super) fn with(mut self, schedule: &Schedule, number: u32, state: EditionState) -> Self {
        let (date, due_at) = schedule.sends(EditionNumber(number)).expect("an unpaused fortnight");
        self.editions.push(edition(EditionNumber(number), state, date, due_at));
        self
    }

    /// One reconcile, applied; then a second one, which must ask for nothing new.
    pub(super) fn tick(&mut self, schedule: &Schedule, now: DateTime<Utc>, first: u32) -> Vec<Action> {
        let first = EditionNumber(first);
        let actions = reconcile(schedule, now, first, &self.editions);
        for action in &actions {
            self.apply(action);
        }
        if actions.is_empty() {
            // Nothing was applied, so a second call would get the same and, being pure, give the same.
            return actions;
        }
        let again = reconcile(schedule, now, first, &self.editions);
        let send = |actions: &[Action]| actions.iter().find(|action| matches!(action, Action::Send(_))).cloned();
        assert_eq!(again, send(&actions).into_iter().collect::<Vec<_>>(), "not idempotent after {actions:?}");
        actions
    }

    fn apply(&mut self, action: &Action) {
        match action {
            Action::Plan { number, date, due_at } => {
                assert!(self.get(number.0).is_none(), "planned twice: {number}");
                self.editions.push(edition(*number, EditionState::Planned, *date, *due_at));
                self.editions.sort_by_key(|edition| edition.number);
            }
            Action::Redate { number, date, due_at } => self.change(*number, |edition| {
                assert!(edition.is_open());
                (edition.date, edition.due_at) = (*date, *due_at);
            }),
            Action::Unplan(number) => {
                assert!(self.get(number.0).is_some_and(Edition::is_open));
                self.editions.retain(|edition| edition.number != *number);
            }
            Action::Miss(number, reason) => {
                self.close(*number, EditionState::Missed, StateReason::Missed(reason.clone()));
            }
            Action::Hold(number, reason) => {
                self.close(*number, EditionState::Held, StateReason::Held(reason.clone()));
            }
            Action::Expire(number) => self.change(*number, |edition| {
                assert_eq!(edition.state, EditionState::Sending);
                edition.state = EditionState::Sent;
            }),
            Action::Revive(number) => self.change(*number, |edition| {
                assert!(!edition.is_published());
                (edition.state, edition.reason) = (EditionState::Planned, None);
            }),
            Action::Send(number) => self.send(*number),
        }
    }

    fn close(&mut self, number: EditionNumber, state: EditionState, reason: StateReason) {
        self.change(number, |edition| {
            assert!(edition.is_open() && edition.state != state);
            edition.state = state;
            edition.reason = Some(reason);
        });
    }

    fn send(&mut self, number: EditionNumber) {
        let edition = self.get(number.0).expect("a planned edition");
        if edition.state == EditionState::Sending {
            return;
        }
        assert!(matches!(edition.state, EditionState::Planned | EditionState::Approved), "sent while {edition:?}");
        let date = edition.date;
        self.published.push((number, date));
        self.set(number.0, EditionState::Sending);
    }

    fn change(&mut self, number: EditionNumber, change: impl FnOnce(&mut Edition)) {
        change(self.editions.iter_mut().find(|edition| edition.number == number).expect("an edition"));
    }
}

fn edition(number: EditionNumber, state: EditionState, date: NaiveDate, due_at: DateTime<Utc>) -> Edition {
    let selection = Selection {
        theme: "passwords".to_owned(),
        theme_reason: ThemeReason::NeverUsed,
        theme_fingerprint: Fingerprint::default(),
        picks: Vec::new(),
    };
    Edition { state, ..Edition::planned(number, date, due_at, selection) }
}

/// Any schedule whose fortnights lie in the years around 2011 or 2026.
pub(super) fn schedules() -> impl Strategy<Value = Schedule> {
    let anchor = prop_oneof![Just(date("2011-09-01")), Just(date("2026-09-01"))];
    let day = (anchor, 0_i64..14).prop_map(|(day, more)| day + TimeDelta::days(more));
    (
        (day, 0_u32..86_400, prop::sample::select(&ZONES[..])),
        (1_i64..400, 1_u32..5, policies(), prop::sample::select(Approval::ALL)),
        prop::collection::vec(pauses(), 0..5),
        prop::collection::vec(0_i64..400, 0..8),
    )
        .prop_map(
            |((anchor, seconds, timezone), (grace, plan_ahead, on_closed_day, approval), pauses, holidays)| {
                let later = |days: i64| anchor + TimeDelta::days(days);
                let pause = |(from, length, rule): (i64, i64, Option<ClosedDayPolicy>)| Pause {
                    from: later(from),
                    to: later(from + length),
                    reason: "a break".to_owned(),
                    on_closed_day: rule,
                };
                Schedule {
                    anchor,
                    send_at: NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).expect("a time"),
                    timezone,
                    grace: TimeDelta::hours(grace),
                    plan_ahead,
                    on_closed_day,
                    approval,
                    pauses: pauses.into_iter().map(pause).collect(),
                    holidays: holidays.into_iter().map(|days| (later(days), "a holiday".to_owned())).collect(),
                    occasions: Vec::new(),
                }
            },
        )
}

fn policies() -> impl Strategy<Value = ClosedDayPolicy> {
    prop::sample::select(ClosedDayPolicy::ALL)
}

/// First day after the anchor, days, own rule.
fn pauses() -> impl Strategy<Value = (i64, i64, Option<ClosedDayPolicy>)> {
    (0_i64..400, 0_i64..40, prop::option::of(policies()))
}
