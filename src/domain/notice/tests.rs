//! Which notices are due: by cases, and for every history of findings.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::calendar::Approval;
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber, EditionState, HoldReason, Selection, StateReason, ThemeReason};
use crate::domain::fingerprint::Fingerprint;

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

const SEVEN: EditionNumber = EditionNumber(7);

fn due_at() -> DateTime<Utc> {
    "2026-11-30T08:00:00Z".parse().expect("an instant")
}

fn edition(state: EditionState, reason: Option<HoldReason>) -> Edition {
    let selection = Selection {
        theme: "kindness".to_owned(),
        theme_reason: ThemeReason::NeverUsed,
        theme_fingerprint: Fingerprint::default(),
        picks: Vec::new(),
    };
    let reason = reason.map(StateReason::Held);
    Edition { state, reason, ..Edition::planned(SEVEN, due_at().date_naive(), due_at(), selection) }
}

/// What is found of an edition so many minutes after it was due.
fn found(edition: &Edition, tally: Tally, minutes: i64) -> Option<Finding> {
    let rules = Rules { ahead: TimeDelta::days(4), approval: Approval::Required };
    let tallies = BTreeMap::from([(SEVEN, tally)]);
    of_editions(rules, due_at() + TimeDelta::minutes(minutes), std::slice::from_ref(edition), &tallies).pop()
}

#[test]
fn an_edition_is_coming_from_the_notice_until_it_is_due() {
    for state in [EditionState::Planned, EditionState::Approved] {
        let is_told =
            |minutes| matches!(found(&edition(state, None), Tally::default(), minutes), Some(Finding::Coming { .. }));
        assert_eq!([-5_761, -5_760, -1, 0].map(is_told), [false, true, true, false], "{state}");
    }
    let moved = Edition { due_at: due_at() + TimeDelta::days(1), ..edition(EditionState::Planned, None) };
    let key = |edition: &Edition| found(edition, Tally::default(), -60).map(|finding| finding.key());
    assert_ne!(key(&moved), key(&edition(EditionState::Planned, None)), "another day is news");
}

#[test]
fn a_hold_after_a_release_is_another_one_and_its_words_are_not_kept() {
    let why = || HoldReason::SenderRefused { reply: "550 <jane@hillside.example> no".to_owned() };
    let stopped = Edition { published_at: Some(due_at()), ..edition(EditionState::Held, Some(why())) };
    let again = Edition { released_at: Some(due_at() + TimeDelta::minutes(9)), ..stopped.clone() };
    let finding = |edition: &Edition| found(edition, Tally::default(), 60).expect("it is held");
    assert_eq!([&stopped, &again].map(|one| finding(one).kind()), [NoticeKind::Stopped; 2]);
    assert_ne!(finding(&stopped).key(), finding(&again).key());
    assert!(!finding(&stopped).key().contains("jane"), "{}", finding(&stopped).key());
    let by_hand = edition(EditionState::Held, Some(HoldReason::Operator { why: None }));
    assert_eq!(finding(&Edition { published_at: Some(due_at()), ..by_hand }).kind(), NoticeKind::Held);
    assert_eq!(finding(&edition(EditionState::Held, Some(why()))).kind(), NoticeKind::Held);
}

#[test]
fn an_edition_has_gone_out_though_a_few_mailboxes_are_tried_for_days() {
    let sending = Edition { published_at: Some(due_at()), ..edition(EditionState::Sending, None) };
    let sent = Edition { state: EditionState::Sent, ..sending.clone() };
    let tally = |queued, deferred| Tally {
        total: 100,
        queued,
        deferred,
        accepted: 100 - queued - deferred,
        ..Tally::default()
    };
    let is_told = |edition: &Edition, tally, minutes| {
        matches!(found(edition, tally, minutes), Some(Finding::Finished { edition: SEVEN }))
    };
    assert!(
        is_told(&sent, tally(0, 0), 1) && !is_told(&sent, tally(0, 0), 7 * 24 * 60 + 1),
        "news of last month is none"
    );
    assert!(is_told(&sending, tally(0, 5), 60) && !is_told(&sending, tally(0, 5), 59));
    assert!(!is_told(&sending, tally(0, 6), 60) && !is_told(&sending, tally(1, 0), 600));
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
