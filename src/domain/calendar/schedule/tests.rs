//! Dates and due instants: the contract's calendar, clock changes, and what holds for every schedule.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;

use super::super::testing::{date, example, pause, schedules, time, utc};
use super::super::{ClosedDay, ClosedDayPolicy, Fortnight, Occasion, PauseReason, Schedule};
use crate::domain::edition::EditionNumber;

fn sends(schedule: &Schedule, number: u32) -> (NaiveDate, String, Option<ClosedDay>) {
    match schedule.fortnight(EditionNumber(number)) {
        Fortnight::Sends { date, due_at, shifted } => (date, due_at.to_rfc3339(), shifted),
        paused @ Fortnight::Paused { .. } => panic!("{number}: {paused:?}"),
    }
}

/// The first day of example 1 is closed.
fn closed(reason: &str, rule: ClosedDayPolicy) -> ClosedDay {
    ClosedDay { day: date("2026-09-07"), reason: reason.to_owned(), rule }
}

fn paused(schedule: &Schedule, number: u32) -> (NaiveDate, PauseReason) {
    match schedule.fortnight(EditionNumber(number)) {
        Fortnight::Paused { date, reason, .. } => (date, reason),
        sent @ Fortnight::Sends { .. } => panic!("{number}: {sent:?}"),
    }
}

fn due_in(timezone: Tz, day: &str, at: &str) -> String {
    let schedule = Schedule { anchor: date(day), send_at: time(at), timezone, pauses: Vec::new(), ..example() };
    sends(&schedule, 1).1
}

#[test]
fn follows_the_british_school_year() {
    let schedule = example();
    assert_eq!(sends(&schedule, 1), (date("2026-09-07"), "2026-09-07T08:00:00+01:00".into(), None));
    // The clocks go back on 25 October 2026: eight o'clock stays eight o'clock.
    assert_eq!(sends(&schedule, 4).1, "2026-10-19T08:00:00+01:00");
    assert_eq!(sends(&schedule, 5).1, "2026-11-02T08:00:00+00:00");
    assert_eq!(sends(&schedule, 7).0, date("2026-11-30"));
    assert_eq!(sends(&schedule, 8).0, date("2026-12-14"));
    let day = date("2026-12-28");
    let christmas = ClosedDay { day, ..closed("Christmas holidays", ClosedDayPolicy::Skip) };
    assert_eq!(paused(&schedule, 9), (day, PauseReason::Closed(christmas)));
    assert_eq!(sends(&schedule, 10).0, date("2027-01-11"));
}

#[test]
fn finds_the_fortnight_by_the_local_date() {
    let schedule = example();
    let at = |moment: &str| schedule.fortnight_at(utc(moment)).0;
    assert_eq!(at("1999-01-01T00:00:00Z"), 1);
    assert_eq!(at("2026-09-06T22:59:59Z"), 1);
    assert_eq!(at("2026-09-20T22:59:59Z"), 1);
    assert_eq!(at("2026-09-20T23:00:00Z"), 2);
    assert_eq!(at("2027-01-11T00:00:00Z"), 10);
}

#[test]
fn shifts_to_the_next_open_day() {
    let mut schedule = Schedule { pauses: Vec::new(), ..example() };
    schedule.holidays = vec![(date("2026-09-07"), "Bank holiday".into()), (date("2026-09-08"), "Another".into())];
    let (day, due_at, shifted) = sends(&schedule, 1);
    assert_eq!((day, due_at.as_str()), (date("2026-09-09"), "2026-09-09T08:00:00+01:00"));
    assert_eq!(shifted, Some(closed("Bank holiday", ClosedDayPolicy::Shift)));
    assert_eq!(sends(&schedule, 2).0, date("2026-09-21"), "parity never moves");
}

#[test]
fn shifts_over_a_weekend_but_no_further_than_a_week() {
    let with = |to: &str| Schedule { pauses: vec![pause("2026-09-07", to, "Inset", None)], ..example() };
    assert_eq!(sends(&with("2026-09-11"), 1).0, date("2026-09-14"));
    let inset = closed("Inset", ClosedDayPolicy::Shift);
    assert_eq!(paused(&with("2026-09-14"), 1).1, PauseReason::Closed(inset));
    let saturday = Schedule {
        anchor: date("2026-09-05"),
        pauses: vec![pause("2026-09-05", "2026-09-05", "Fair", None)],
        ..example()
    };
    assert_eq!(sends(&saturday, 1).0, date("2026-09-06"), "a weekend anchor may shift to a weekend");
}

#[test]
fn obeys_the_rule_of_the_pause_before_the_general_one() {
    let one = |rule, general| Schedule {
        on_closed_day: general,
        pauses: vec![pause("2026-09-07", "2026-09-07", "Inset", rule)],
        ..example()
    };
    let (shift, skip, send) = (ClosedDayPolicy::Shift, ClosedDayPolicy::Skip, ClosedDayPolicy::Send);
    assert_eq!(sends(&one(Some(shift), skip), 1).0, date("2026-09-08"));
    assert_eq!(sends(&one(Some(send), skip), 1), (date("2026-09-07"), "2026-09-07T08:00:00+01:00".into(), None));
    assert_eq!(paused(&one(None, skip), 1).1, PauseReason::Closed(closed("Inset", skip)));
    assert_eq!(sends(&one(None, send), 1).0, date("2026-09-07"));

    let mut several = one(None, shift);
    several.pauses.push(pause("2026-09-01", "2026-09-30", "Works", Some(skip)));
    several.pauses.push(pause("2026-09-01", "2026-09-30", "Never asked", Some(send)));
    assert_eq!(paused(&several, 1).1, PauseReason::Closed(closed("Works", skip)));
}

#[test]
fn lets_a_holiday_follow_the_general_rule() {
    let holiday = |general| Schedule {
        on_closed_day: general,
        pauses: Vec::new(),
        holidays: vec![(date("2026-09-07"), "Bank holiday".into())],
        ..example()
    };
    assert_eq!(paused(&holiday(ClosedDayPolicy::Skip), 1).0, date("2026-09-07"));
    assert_eq!(sends(&holiday(ClosedDayPolicy::Send), 1).0, date("2026-09-07"));
    let mut shifted = holiday(ClosedDayPolicy::Shift);
    shifted.pauses = vec![pause("2026-09-08", "2026-09-08", "Open all the same", Some(ClosedDayPolicy::Send))];
    assert_eq!(sends(&shifted, 1).0, date("2026-09-08"), "a closure that is ignored leaves its day open");
    shifted.pauses = vec![pause("2026-09-07", "2026-09-07", "Open all the same", Some(ClosedDayPolicy::Send))];
    assert_eq!(sends(&shifted, 1).0, date("2026-09-07"), "a pause's own word goes before a holiday");
}

#[test]
fn sends_after_a_gap_and_at_the_first_of_two() {
    assert_eq!(due_in(Tz::Europe__London, "2027-03-28", "01:30:00"), "2027-03-28T02:00:00+01:00");
    assert_eq!(due_in(Tz::Europe__London, "2027-03-28", "00:59:59"), "2027-03-28T00:59:59+00:00");
    assert_eq!(due_in(Tz::Europe__London, "2026-10-25", "01:30:00"), "2026-10-25T01:30:00+01:00");
    assert_eq!(due_in(Tz::America__New_York, "2027-03-14", "02:00:00"), "2027-03-14T03:00:00-04:00");
    assert_eq!(due_in(Tz::America__New_York, "2026-11-01", "01:59:00"), "2026-11-01T01:59:00-04:00");
    // Half an hour: 02:00 becomes 02:30, and in April 02:00 becomes 01:30.
    assert_eq!(due_in(Tz::Australia__Lord_Howe, "2026-10-04", "02:10:00"), "2026-10-04T02:30:00+11:00");
    assert_eq!(due_in(Tz::Australia__Lord_Howe, "2027-04-04", "01:45:00"), "2027-04-04T01:45:00+11:00");
    // Samoa had no 30 December 2011.
    assert_eq!(due_in(Tz::Pacific__Apia, "2011-12-30", "08:00:00"), "2011-12-31T00:00:00+14:00");
    assert_eq!(due_in(Tz::UTC, "2026-09-07", "08:00:00.750"), "2026-09-07T08:00:00+00:00");
}

/// Most of the zone's changes from 1990 to 2028, as (the wished local time, the instant just before the change).
fn wishes_near_changes(zone: Tz) -> Vec<(NaiveDateTime, DateTime<Utc>)> {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    let offset = |at: DateTime<Utc>| local(at) - at.naive_utc();
    let days = (0..500).map(|months| utc("1990-01-01T00:00:00Z") + TimeDelta::days(28 * months));
    let mut wishes = Vec::new();
    for (from, to) in days.clone().zip(days.skip(1)).filter(|(from, to)| offset(*from) != offset(*to)) {
        let (mut before, mut after) = (from, to);
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            if offset(middle) == offset(from) { before = middle } else { after = middle }
        }
        let minutes = [-61, -30, -1, 0, 1, 29, 30, 59, 60, 61, 700];
        wishes.extend(minutes.map(|more| (local(before) + TimeDelta::minutes(more), before)));
    }
    wishes
}

#[test]
fn is_due_at_the_first_instant_that_has_reached_the_wish_in_every_zone() {
    for (at, zone) in TZ_VARIANTS.into_iter().enumerate() {
        for (wish, change) in wishes_near_changes(zone).into_iter().skip(at % 17).step_by(17) {
            let schedule =
                Schedule { anchor: wish.date(), send_at: wish.time(), timezone: zone, pauses: Vec::new(), ..example() };
            let due_at = schedule.instant(wish.date()).to_utc();
            let local = |at: DateTime<Utc>| zone.from_utc_datetime(&at.naive_utc()).naive_local();
            assert!(local(due_at) >= wish, "{zone} {wish}: {due_at} is before the wish");
            let in_gap = zone.from_local_datetime(&wish).earliest().is_none();
            assert_eq!(local(due_at) != wish, in_gap, "{zone} {wish}: {due_at}");
            let earlier = (1..=40).map(|some| due_at - TimeDelta::minutes(3 * some));
            let reached = earlier.chain([due_at - TimeDelta::seconds(1)]).find(|at| local(*at) >= wish);
            assert!(
                reached.is_none_or(|at| at < change - TimeDelta::days(2)),
                "{zone} {wish}: {reached:?} was earlier"
            );
        }
    }
}

#[test]
fn never_overflows() {
    for timezone in TZ_VARIANTS {
        let schedule = Schedule { timezone, ..example() };
        for number in [0, 1, 207_900, 208_000, 20_000_000, u32::MAX - 1, u32::MAX] {
            let _ = schedule.fortnight(EditionNumber(number));
            let _ = schedule.occasions_of(EditionNumber(number));
        }
        for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, utc("9999-12-31T23:59:59Z")] {
            let _ = schedule.fortnight_at(now);
            let _ = schedule.next_after(now);
        }
    }
    assert_eq!(paused(&example(), u32::MAX), (date("9999-12-17"), PauseReason::BeyondCalendar));
    assert_eq!(example().next_after(DateTime::<Utc>::MAX_UTC), None);
    assert_eq!(Schedule { anchor: NaiveDate::MAX, ..example() }.next_after(utc("2026-09-07T07:00:00Z")), None);
    let _ = Schedule { anchor: NaiveDate::MIN, ..example() }.fortnight(EditionNumber(1));
}

#[test]
fn finds_the_next_edition() {
    let schedule = example();
    let next = |moment: &str| schedule.next_after(utc(moment)).map(|number| number.0);
    assert_eq!(next("2020-01-01T00:00:00Z"), Some(1));
    assert_eq!(next("2026-09-07T06:59:59Z"), Some(1));
    assert_eq!(next("2026-09-07T07:00:00Z"), Some(2));
    assert_eq!(next("2026-12-14T08:00:00Z"), Some(10));
    let shifted = Schedule { pauses: vec![pause("2026-09-07", "2026-09-08", "Inset", None)], ..example() };
    assert_eq!(shifted.next_after(utc("2026-09-08T12:00:00Z")), Some(EditionNumber(1)));
    let closed = Schedule { pauses: vec![pause("2026-09-14", "2040-01-01", "Works", None)], ..example() };
    assert_eq!(closed.next_after(utc("2026-09-14T12:00:00Z")), None);
}

#[test]
fn gives_each_occasion_to_the_edition_before_it() {
    let occasion = |name: &str, on: &str| Occasion { name: name.into(), on: date(on) };
    let schedule = Schedule {
        occasions: vec![
            occasion("twelfth-night", "2027-01-05"),
            occasion("next", "2027-01-11"),
            occasion("first-day", "2026-12-14"),
            occasion("too-early", "2026-12-13"),
        ],
        ..example()
    };
    let names =
        |number| schedule.occasions_of(EditionNumber(number)).iter().map(|o| o.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(7), ["too-early"]);
    assert_eq!(names(8), ["first-day", "twelfth-night"], "over the pause, up to the next real edition");
    assert!(names(9).is_empty(), "a paused fortnight has no edition");
    assert_eq!(names(10), ["next"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn keeps_parity_order_and_weekends(schedule in schedules()) {
        let weekend = |day: NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let mut last = (NaiveDate::MIN, DateTime::<Utc>::MIN_UTC);
        for number in 1..=40 {
            let first_day = schedule.anchor + TimeDelta::days(14 * (i64::from(number) - 1));
            let Fortnight::Sends { date, due_at, shifted } = schedule.fortnight(EditionNumber(number)) else { continue };
            prop_assert!(first_day <= date && date <= first_day + TimeDelta::days(7));
            prop_assert_eq!(shifted.is_some(), date != first_day);
            prop_assert!(date == first_day || !weekend(date) || weekend(schedule.anchor));
            let wish = date.and_time(schedule.send_at);
            let exists = schedule.timezone.from_local_datetime(&wish).earliest().is_some();
            let local = due_at.naive_local();
            prop_assert!(local == wish || (!exists && local > wish), "{} instead of {}", local, wish);
            prop_assert!(last.0 < date && last.1 < due_at.to_utc());
            prop_assert_eq!(schedule.fortnight_at(due_at.to_utc()), EditionNumber(number));
            last = (date, due_at.to_utc());
        }
    }

    /// However late a fortnight's edition is sent, it fell due before the next fortnight began.
    #[test]
    fn leaves_nothing_of_an_older_fortnight_ahead(schedule in schedules(), minutes in 0_i64..600_000) {
        let start = schedule.anchor.and_time(schedule.send_at).and_utc();
        let now = start + TimeDelta::minutes(minutes);
        let current = schedule.fortnight_at(now);
        for number in 1..current.0 {
            prop_assert!(schedule.sends(EditionNumber(number)).is_none_or(|(_, due_at)| due_at <= now));
        }
        let next = schedule.next_after(now);
        let expected = (1..400).find(|number| schedule.sends(EditionNumber(*number)).is_some_and(|(_, due)| due > now));
        prop_assert_eq!(next.map(|number| number.0), expected);
    }
}
