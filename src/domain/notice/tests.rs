//! Which notices are due: by cases, and for every history of findings.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;

fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 1).expect("a date") + Days::new(number)
}

fn attention(key: u8) -> Finding {
    Finding::Attention { key: key.to_string() }
}

fn review(key: u8) -> Finding {
    Finding::Review { text: key.to_string(), by: day(40) }
}

fn tell(today: NaiveDate, findings: &[Finding], told: &mut Vec<Told>) -> Vec<DueNotice> {
    let notices = due(today, findings.to_vec(), told);
    for notice in &notices {
        told.extend(notice.findings.iter().map(|finding| Told {
            kind: finding.kind(),
            finding: finding.key(),
            day: today,
        }));
    }
    notices
}

#[test]
fn what_is_found_together_is_told_together_and_what_comes_later_the_next_day() {
    let mut told = Vec::new();
    let first = tell(day(0), &[attention(1), attention(2), review(1)], &mut told);
    assert_eq!(first.iter().map(|notice| notice.findings.len()).collect::<Vec<_>>(), [2, 1]);
    let all = [attention(1), attention(2), attention(3)];
    assert!(tell(day(0), &all, &mut told).is_empty());
    assert_eq!(tell(day(1), &all, &mut told)[0].findings, [attention(3)]);
    assert!(tell(day(2), &all, &mut told).is_empty());
}

#[test]
fn reviews_are_told_once_a_week() {
    let mut told = Vec::new();
    assert_eq!(tell(day(0), &[review(1)], &mut told).len(), 1);
    for number in 1..=6 {
        assert!(tell(day(number), &[review(1), review(2)], &mut told).is_empty(), "day {number}");
    }
    assert_eq!(tell(day(7), &[review(1), review(2)], &mut told)[0].findings, [review(2)]);
}

#[test]
fn a_clock_that_ran_ahead_keeps_nothing_back() {
    let mut told = Vec::new();
    tell(day(20), &[attention(1)], &mut told);
    assert_eq!(tell(day(0), &[attention(1), attention(2)], &mut told)[0].findings, [attention(2)]);
}

/// What is found on one of some days, several times a day.
fn histories() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    let moment = prop::collection::vec(0_u8..12, 0..6);
    prop::collection::vec(prop::collection::vec(moment, 1..4), 1..12)
}

proptest! {
    #[test]
    fn nothing_is_told_twice_nor_two_of_a_kind_on_a_day_and_what_stays_is_told_in_the_end(days in histories()) {
        let (mut told, mut of_days) = (Vec::new(), Vec::new());
        let finding = |key: u8| if key.is_multiple_of(3) { review(key) } else { attention(key) };
        for (number, moments) in (0_u64..).zip(&days) {
            for keys in moments {
                let findings: Vec<Finding> = keys.iter().copied().map(finding).collect();
                for notice in tell(day(number), &findings, &mut told) {
                    prop_assert!(!notice.findings.is_empty());
                    of_days.push((notice.kind, day(number)));
                }
            }
        }
        let mut once: Vec<_> = told.iter().map(|told| (told.kind, &told.finding)).collect();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), told.len());
        let mut kinds = of_days.clone();
        kinds.sort();
        kinds.dedup();
        prop_assert_eq!(kinds.len(), of_days.len());
        // Whatever is still so a week later is told by then.
        let last: Vec<Finding> = (0..12).map(finding).collect();
        tell(day(days.len() as u64 + 7), &last, &mut told);
        for one in &last {
            prop_assert!(told.iter().any(|told| told.kind == one.kind() && told.finding == one.key()));
        }
    }
}
