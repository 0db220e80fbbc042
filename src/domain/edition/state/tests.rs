//! Every change in every state.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::super::{Edit, EditionNumber, MissReason, Selection, ThemeReason, UnapproveReason, WithdrawReason};
use super::*;
use crate::domain::fingerprint::{Fingerprint, TextPart};
use EditionState::{Approved, Held, Missed, Planned, Sending, Sent, Withdrawn};

const SEVEN: EditionNumber = EditionNumber(7);

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn selection(theme: &str) -> Selection {
    Selection {
        theme: theme.to_owned(),
        theme_reason: ThemeReason::NeverUsed,
        theme_fingerprint: Fingerprint::default(),
        picks: Vec::new(),
    }
}

fn operator(why: &str) -> HoldReason {
    HoldReason::Operator { why: Some(why.to_owned()) }
}

/// Every edition there can be: its state, whether it was published, and whether a person approved it.
fn editions() -> Vec<Edition> {
    let planned = Edition::planned(SEVEN, day("2026-09-07"), at(0), selection("sharing"));
    let reason = |state| match state {
        Held => Some(StateReason::Held(operator("wait"))),
        Missed => Some(StateReason::Missed(MissReason::Overtaken { by: EditionNumber(8), held: false })),
        Withdrawn => Some(StateReason::Withdrawn(WithdrawReason::Operator)),
        Planned | Approved | Sending | Sent => None,
    };
    let edition = |state, published: bool, approved: bool| Edition {
        state,
        reason: reason(state),
        published_at: published.then(|| at(2)),
        approved_at: approved.then(|| at(1)),
        ..planned.clone()
    };
    let mut editions = vec![edition(Planned, false, false), edition(Approved, false, true)];
    for approved in [false, true] {
        editions.extend([Held, Missed].map(|state| edition(state, false, approved)));
        editions.extend([Held, Sending, Sent].map(|state| edition(state, true, approved)));
    }
    editions.push(edition(Withdrawn, false, false));
    editions
}

fn changes() -> Vec<EditionChange> {
    let edits = vec![Edit { id: "sharing".to_owned(), title: "Sharing".to_owned(), parts: vec![TextPart::Title] }];
    vec![
        EditionChange::Plan { number: SEVEN, date: day("2026-09-07"), due_at: at(0), selection: selection("sharing") },
        EditionChange::Redate { number: SEVEN, date: day("2026-09-08"), due_at: at(9) },
        EditionChange::Repick { number: SEVEN, selection: selection("kindness") },
        EditionChange::Unplan(SEVEN),
        EditionChange::Approve(SEVEN),
        EditionChange::Unapprove(SEVEN, UnapproveReason::Edited { edits }),
        EditionChange::Hold(SEVEN, operator("stop")),
        EditionChange::Miss(SEVEN, MissReason::Overtaken { by: EditionNumber(9), held: true }),
        EditionChange::Release(SEVEN),
        EditionChange::Withdraw(SEVEN, WithdrawReason::Operator),
        EditionChange::Reinstate(SEVEN),
    ]
}

/// The state after a change, by name; `gone`, or `-` when the change is denied.
fn after(edition: &Edition, change: &EditionChange) -> String {
    match apply(Some(edition), change, at(5)) {
        Ok(Some(after)) => after.state.to_string(),
        Ok(None) => "gone".to_owned(),
        Err(_) => "-".to_owned(),
    }
}

#[test]
fn every_change_in_every_state() {
    // plan redate repick unplan approve unapprove hold miss release withdraw reinstate
    let rows = [
        ("planned", "- planned planned gone approved - held missed - withdrawn -"),
        ("approved, approved", "- approved planned gone - planned held missed - withdrawn -"),
        ("held", "- held held gone approved - held missed planned withdrawn planned"),
        ("missed", "- - - - - - - - - - planned"),
        ("held, published", "- - - - sending - - - sending - -"),
        ("sending, published", "- - - - - - held - - - -"),
        ("sent, published", "- - - - - - - - - - -"),
        ("held, approved", "- held held gone approved held held missed approved withdrawn approved"),
        ("missed, approved", "- - - - - - - - - - approved"),
        ("held, published, approved", "- - - - sending - - - sending - -"),
        ("sending, published, approved", "- - - - - - held - - - -"),
        ("sent, published, approved", "- - - - - - - - - - -"),
        ("withdrawn", "- - - - - - - - - - planned"),
    ];
    let editions = editions();
    assert_eq!(editions.len(), rows.len());
    for (edition, (name, expected)) in editions.iter().zip(rows) {
        let published = if edition.is_published() { ", published" } else { "" };
        let approved = if edition.approved_at.is_some() { ", approved" } else { "" };
        assert_eq!(format!("{}{published}{approved}", edition.state), name);
        let found: Vec<String> = changes().iter().map(|change| after(edition, change)).collect();
        assert_eq!(found.join(" "), expected, "{name}");
    }
}

#[test]
fn of_none_only_a_plan_makes_one() {
    for change in changes() {
        match (&change, apply(None, &change, at(5))) {
            (EditionChange::Plan { .. }, Ok(Some(planned))) => assert_eq!(planned.state, Planned),
            (_, Err(Denied::Absent)) => {}
            (change, other) => panic!("{change:?}: {other:?}"),
        }
    }
}

#[test]
fn a_change_keeps_the_rest_as_it_was() {
    let sending = &editions()[5];
    assert_eq!(sending.state, Sending);
    let held =
        apply(Some(sending), &EditionChange::Hold(SEVEN, operator("stop")), at(5)).expect("it may").expect("one");
    assert_eq!(held, Edition { state: Held, reason: Some(StateReason::Held(operator("stop"))), ..sending.clone() });
    let on = apply(Some(&held), &EditionChange::Approve(SEVEN), at(6)).expect("it may").expect("one");
    assert_eq!(on, Edition { released_at: Some(at(6)), ..sending.clone() });
    let planned = &editions()[0];
    let approved = apply(Some(planned), &EditionChange::Approve(SEVEN), at(5)).expect("it may").expect("one");
    assert_eq!(approved, Edition { state: Approved, approved_at: Some(at(5)), ..planned.clone() });
    let withdrawn = EditionChange::Withdraw(SEVEN, WithdrawReason::Operator);
    let withdrawn = apply(Some(&approved), &withdrawn, at(6)).expect("it may").expect("one");
    assert_eq!((withdrawn.approved_at, withdrawn.state), (None, Withdrawn), "its approval goes with it");
}

#[test]
fn what_is_so_already_changes_nothing() {
    let held = &editions()[2];
    for change in [
        EditionChange::Hold(SEVEN, operator("wait")),
        EditionChange::Redate { number: SEVEN, date: held.date, due_at: held.due_at },
    ] {
        assert_eq!(apply(Some(held), &change, at(5)), Err(Denied::Unchanged));
    }
    let other = apply(Some(held), &EditionChange::Hold(SEVEN, operator("stop")), at(5));
    assert_eq!(other.expect("it may").expect("one").hold_reason(), Some(&operator("stop")), "a newer reason counts");
}

#[test]
fn a_persons_hold_outlasts_the_release_of_a_restored_store() {
    let sending = &editions()[5];
    let reason = Some(StateReason::Held(HoldReason::RestoredStore));
    let restored = Edition { state: Held, reason, ..sending.clone() };
    let hold = apply(Some(&restored), &EditionChange::Hold(SEVEN, operator("stop")), at(5)).expect("it may");
    assert_eq!(hold.expect("one").hold_reason(), Some(&operator("stop")));
}

#[test]
fn only_planned_or_approved_editions_are_published() {
    for edition in editions() {
        let published = publish(&edition, at(5));
        assert_eq!(published.is_ok(), matches!(edition.state, Planned | Approved), "{}", edition.state);
        if let Ok(published) = published {
            assert_eq!(published, Edition { state: Sending, published_at: Some(at(5)), ..edition });
        }
    }
}

#[test]
fn changes_follow_one_another_and_leave_a_line_each() {
    let seen = [editions().remove(0)];
    let changes = [
        EditionChange::Release(SEVEN),
        EditionChange::Approve(SEVEN),
        EditionChange::Hold(SEVEN, operator("stop")),
        EditionChange::Unplan(EditionNumber(8)),
    ];
    let after = change(&seen, &changes, at(5));
    let told: Vec<_> =
        after.audit.iter().map(|(number, action, detail)| (number.0, *action, detail.as_str())).collect();
    assert_eq!(
        told,
        [(7, "approve", ""), (7, "hold", r#"{"code":"operator","detail":{"why":"stop"}}"#)],
        "what is denied is no decision"
    );
    let [first, second] = after.transitions.as_slice() else { panic!("{after:?}") };
    assert_eq!(first.before.as_ref(), Some(&seen[0]));
    assert_eq!(first.after.as_ref().map(|edition| (edition.state, edition.approved_at)), Some((Held, Some(at(5)))));
    assert_eq!((&second.before, &second.after), (&None, &None), "read, and so looked at again");
}
