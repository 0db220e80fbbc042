//! Each rule of the calendar by itself.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::testing::{Sim, date, example, pause, time, utc};
use super::super::{ClosedDayPolicy, due, late};
use super::*;
use crate::domain::edition::EditionState::{Approved, Held, Missed, Planned, Sending, Sent, Withdrawn};

/// Edition 1 of the example is due at this moment.
const DUE: &str = "2026-09-07T07:00:00Z";

fn short(actions: &[Action]) -> Vec<String> {
    let word = |action: &Action| match action {
        Action::Revive(number) => format!("revive {number}"),
        Action::Unplan(number) => format!("unplan {number}"),
        Action::Redate { number, date, .. } => format!("redate {number} {date}"),
        Action::Plan { number, date, .. } => format!("plan {number} {date}"),
        Action::Expire(number) => format!("expire {number}"),
        Action::Miss(number, _) => format!("miss {number}"),
        Action::Hold(number, _) => format!("hold {number}"),
        Action::Send(number) => format!("send {number}"),
    };
    actions.iter().map(word).collect()
}

/// The first hold.
fn held(actions: &[Action]) -> &HoldReason {
    let hold = actions.iter().find_map(|action| if let Action::Hold(_, reason) = action { Some(reason) } else { None });
    hold.expect("a hold")
}

/// Edition 1's, with the example's grace.
fn deadline() -> Deadline {
    Deadline { due: "2026-09-07T08:00:00+01:00".parse().expect("an instant"), grace: 72 * 3600 }
}

fn required() -> Schedule {
    Schedule { approval: Approval::Required, ..example() }
}

fn hours_after(start: &str, hours: i64) -> DateTime<Utc> {
    utc(start) + TimeDelta::hours(hours)
}

#[test]
fn plans_ahead_and_sends_each_when_due() {
    let (schedule, mut sim) = (example(), Sim::default());
    let tick = |sim: &mut Sim, moment: &str| short(&sim.tick(&schedule, utc(moment), 1));
    assert_eq!(tick(&mut sim, "2026-09-01T00:00:00Z"), ["plan 1 2026-09-07", "plan 2 2026-09-21", "plan 3 2026-10-05"]);
    assert!(tick(&mut sim, "2026-09-07T06:59:59.999Z").is_empty());
    assert_eq!(tick(&mut sim, DUE), ["plan 4 2026-10-19", "send 1"]);
    assert_eq!(tick(&mut sim, "2026-09-07T07:01:00Z"), ["send 1"], "goes on while it is being sent");
    sim.set(1, Sent);
    assert!(tick(&mut sim, "2026-09-07T07:02:00Z").is_empty());
    assert_eq!(tick(&mut sim, "2026-09-21T07:00:00Z"), ["plan 5 2026-11-02", "send 2"]);
    sim.set(2, Sent);
    assert_eq!(tick(&mut sim, "2026-10-05T07:00:00Z"), ["plan 6 2026-11-16", "send 3"]);
    sim.set(3, Sent);
    assert_eq!(tick(&mut sim, "2026-10-19T07:00:00Z"), ["plan 7 2026-11-30", "send 4"]);
    sim.set(4, Sent);
    assert_eq!(tick(&mut sim, "2026-11-02T07:59:59Z"), Vec::<String>::new());
    assert_eq!(tick(&mut sim, "2026-11-02T08:00:00Z"), ["plan 8 2026-12-14", "send 5"]);
    sim.set(5, Sent);
    assert_eq!(tick(&mut sim, "2026-11-16T08:00:00Z"), ["plan 10 2027-01-11", "send 6"], "9 is at Christmas");
}

#[test]
fn catches_up_on_the_newest_within_grace() {
    let schedule = example();
    let mut sim = Sim::default().with(&schedule, 1, Planned).with(&schedule, 2, Held).with(&schedule, 3, Approved);
    let actions = sim.tick(&schedule, utc("2026-10-08T07:00:00Z"), 1);
    assert_eq!(
        short(&actions),
        ["plan 4 2026-10-19", "plan 5 2026-11-02", "plan 6 2026-11-16", "miss 1", "miss 2", "send 3"]
    );
    let overtaken = |held| MissReason::Overtaken { by: EditionNumber(3), held };
    assert_eq!(actions[3], Action::Miss(EditionNumber(1), overtaken(false)));
    assert_eq!(actions[4], Action::Miss(EditionNumber(2), overtaken(true)));
}

#[test]
fn holds_the_newest_beyond_grace_until_a_newer_one_falls_due() {
    let schedule = Schedule { plan_ahead: 1, ..example() };
    let mut sim = Sim::default().with(&schedule, 1, Planned).with(&schedule, 2, Planned);
    assert_eq!(short(&sim.clone().tick(&schedule, utc("2026-09-10T07:00:00Z"), 1)), ["send 1"], "grace is inclusive");
    let actions = sim.tick(&schedule, utc("2026-09-10T07:00:00.001Z"), 1);
    assert_eq!(short(&actions), ["hold 1"]);
    assert_eq!(*held(&actions), HoldReason::Late { deadline: deadline(), unapproved: false });
    assert!(sim.tick(&schedule, utc("2026-09-21T06:59:00Z"), 1).is_empty());
    assert_eq!(short(&sim.tick(&schedule, utc("2026-09-21T07:00:00Z"), 1)), ["plan 3 2026-10-05", "miss 1", "send 2"]);
}

#[test]
fn a_long_sleep_plans_and_holds_the_current_fortnight_in_one_go() {
    let schedule = example();
    let mut sim = Sim::default().with(&schedule, 1, Sending).with(&schedule, 2, Planned).with(&schedule, 3, Planned);
    assert_eq!(
        short(&sim.tick(&schedule, utc("2027-01-22T00:00:00Z"), 1)),
        [
            "plan 10 2027-01-11",
            "plan 11 2027-01-25",
            "plan 12 2027-02-08",
            "plan 13 2027-02-22",
            "expire 1",
            "miss 2",
            "miss 3",
            "hold 10"
        ]
    );
}

#[test]
fn a_new_store_begins_with_its_first_fortnight() {
    let schedule = example();
    let at = |moment: &str, first| short(&Sim::default().tick(&schedule, utc(moment), first));
    assert_eq!(at("2026-10-20T09:00:00Z", 4)[0], "plan 4 2026-10-19");
    assert_eq!(at("2026-10-20T09:00:00Z", 4).last().map(String::as_str), Some("send 4"));
    let unplanned = Schedule { plan_ahead: 0, ..example() };
    assert_eq!(short(&Sim::default().tick(&unplanned, utc(DUE), 1)), ["plan 1 2026-09-07", "send 1"]);
    let back = at("2026-09-08T09:00:00Z", 4);
    assert_eq!(back, ["plan 4 2026-10-19", "plan 5 2026-11-02", "plan 6 2026-11-16"], "nothing before the first");
}

#[test]
fn an_edition_without_approval_is_held_when_due() {
    let mut sim = Sim::default();
    sim.tick(&required(), utc("2026-09-01T00:00:00Z"), 1);
    sim.set(2, Approved);
    let actions = sim.tick(&required(), utc(DUE), 1);
    assert_eq!(short(&actions), ["plan 4 2026-10-19", "hold 1"]);
    assert_eq!(*held(&actions), HoldReason::ApprovalMissing { due: Some(deadline().due) });
    assert!(sim.tick(&required(), hours_after(DUE, 1), 1).is_empty());
    let mut approved = sim.clone();
    approved.set(1, Approved);
    assert_eq!(short(&approved.tick(&required(), hours_after(DUE, 2), 1)), ["send 1"]);
    assert!(sim.tick(&required(), hours_after(DUE, 100), 1).is_empty(), "held is held");
    assert_eq!(
        short(&sim.tick(&required(), utc("2026-09-21T07:00:00Z"), 1)),
        ["plan 5 2026-11-02", "miss 1", "send 2"]
    );
}

#[test]
fn a_newer_one_expires_what_is_still_being_sent() {
    let schedule = Schedule { plan_ahead: 1, ..example() };
    let mut sim = Sim::default().with(&schedule, 1, Sending).with(&schedule, 2, Planned).with(&schedule, 3, Planned);
    assert_eq!(short(&sim.tick(&schedule, utc("2026-09-21T06:59:59Z"), 1)), ["send 1"], "long beyond grace");
    assert_eq!(short(&sim.tick(&schedule, utc("2026-09-21T07:00:00Z"), 1)), ["expire 1", "send 2"]);
    for newer in [Held, Sent] {
        let mut sim = Sim::default().with(&schedule, 1, Sending).with(&schedule, 2, newer).with(&schedule, 3, Planned);
        assert_eq!(short(&sim.tick(&schedule, utc("2026-09-21T07:00:00Z"), 1)), ["expire 1"], "{newer}");
    }
    let mut sim = Sim::default().with(&schedule, 1, Sending).with(&schedule, 2, Withdrawn).with(&schedule, 3, Planned);
    assert_eq!(
        short(&sim.tick(&schedule, utc("2026-09-21T07:00:00Z"), 1)),
        ["send 1"],
        "withdrawn ones do not fall due"
    );
}

#[test]
fn one_sent_early_leaves_the_older_one_due() {
    let schedule = Schedule { plan_ahead: 1, ..example() };
    let mut sim = Sim::default().with(&schedule, 1, Planned).with(&schedule, 2, Sent);
    assert_eq!(
        short(&sim.clone().tick(&schedule, utc("2026-09-06T00:00:00Z"), 1)),
        Vec::<String>::new(),
        "edition 1 is still ahead"
    );
    assert_eq!(short(&sim.tick(&schedule, utc(DUE), 1)), ["plan 3 2026-10-05", "send 1"]);

    for state in [Planned, Approved, Held] {
        let mut sim = Sim::default().with(&schedule, 1, state).with(&schedule, 2, Sent).with(&schedule, 3, Planned);
        let actions = sim.tick(&schedule, hours_after(DUE, 73), 1);
        assert_eq!(actions, [Action::Miss(EditionNumber(1), MissReason::LateBehindNewer(deadline()))]);
    }
    let mut two = Sim::default().with(&schedule, 1, Planned).with(&schedule, 2, Sending).with(&schedule, 3, Planned);
    assert_eq!(short(&two.tick(&schedule, utc(DUE), 1)), ["send 2"], "one at a time: that which is being sent");
    two.set(2, Sent);
    assert_eq!(short(&two.tick(&schedule, hours_after(DUE, 1), 1)), ["send 1"]);
}

#[test]
fn never_plans_again_what_is_in_the_store() {
    let schedule = Schedule { plan_ahead: 1, ..example() };
    for state in [Withdrawn, Missed, Sent] {
        let mut sim = Sim::default().with(&schedule, 1, state);
        assert_eq!(short(&sim.tick(&schedule, utc(DUE), 1)), ["plan 2 2026-09-21"], "{state}");
    }
    let mut sim = Sim::default().with(&schedule, 5, Sent);
    assert_eq!(short(&sim.tick(&schedule, utc(DUE), 1)), ["plan 2 2026-09-21"], "nothing late after a newer one");
}

#[test]
fn follows_edits_of_the_schedule() {
    let mut sim = Sim::default();
    sim.tick(&example(), utc("2026-09-01T00:00:00Z"), 1);
    sim.set(2, Held);
    let closed = |from, to, rule| {
        let mut schedule = example();
        schedule.pauses.push(pause(from, to, "Inset", rule));
        schedule
    };
    let skip = Some(ClosedDayPolicy::Skip);
    let actions = sim.clone().tick(&closed("2026-09-21", "2026-09-21", skip), utc("2026-09-02T00:00:00Z"), 1);
    assert_eq!(short(&actions), ["unplan 2", "plan 4 2026-10-19"]);

    let mut moved = sim.clone();
    let actions = moved.tick(&closed("2026-09-21", "2026-09-22", None), utc("2026-09-02T00:00:00Z"), 1);
    assert_eq!(short(&actions), ["redate 2 2026-09-23"]);
    assert_eq!(moved.state(2), Some(Held), "a held one moves and stays held");
    assert_eq!(moved.get(2).map(|edition| edition.due_at), Some(utc("2026-09-23T07:00:00Z")));

    let mut both = closed("2026-09-21", "2026-09-21", None);
    both.pauses.push(pause("2026-10-05", "2026-10-05", "Strike", skip));
    let actions = sim.clone().tick(&both, utc("2026-09-02T00:00:00Z"), 1);
    assert_eq!(short(&actions), ["unplan 3", "redate 2 2026-09-22", "plan 4 2026-10-19"]);

    let earlier = Schedule { send_at: time("07:30:00"), ..example() };
    assert_eq!(
        short(&sim.tick(&earlier, utc("2026-09-07T06:45:00Z"), 1)),
        ["redate 1 2026-09-07", "redate 2 2026-09-21", "redate 3 2026-10-05", "plan 4 2026-10-19", "send 1"],
        "judged by the new moment"
    );
    assert_eq!(
        short(&sim.tick(&example(), utc("2026-09-07T06:46:00Z"), 1))[..2],
        ["redate 2 2026-09-21", "redate 3 2026-10-05"]
    );
}

#[test]
fn a_clock_that_steps_back_plans_nothing_twice() {
    let (schedule, mut sim) = (example(), Sim::default());
    for moment in ["2026-09-07T07:00:00Z", "2027-09-06T07:00:00Z", "2026-09-08T07:00:00Z"] {
        sim.tick(&schedule, utc(moment), 1);
        let sending = sim.editions.iter().find(|edition| edition.state == Sending).map(|edition| edition.number.0);
        if let Some(number) = sending {
            sim.set(number, Sent);
        }
    }
    assert_eq!(sim.published.iter().map(|(number, _)| number.0).collect::<Vec<_>>(), [1, 27]);
    assert_eq!(sim.state(2), Some(Planned), "its time is still to come");
    assert_eq!(sim.state(28), Some(Planned), "what lies far ahead stays");
    assert_eq!(sim.state(4), Some(Planned), "and the service goes on");
}

#[test]
fn tells_what_is_due_and_what_is_late() {
    let schedule = example();
    let sim = Sim::default().with(&schedule, 1, Held).with(&schedule, 2, Held).with(&schedule, 3, Planned);
    let both = |now: &str| {
        let number = |found: Option<EditionNumber>| found.map(|number| number.0);
        (number(due(&schedule, utc(now), &sim.editions)), number(late(&schedule, utc(now), &sim.editions)))
    };
    assert_eq!(both("2026-09-07T06:59:59Z"), (None, None));
    assert_eq!(both(DUE), (Some(1), None));
    assert_eq!(both("2026-09-11T00:00:00Z"), (None, Some(1)));
    assert_eq!(both("2026-09-22T00:00:00Z"), (Some(2), None));
    assert_eq!(both("2026-10-20T00:00:00Z"), (None, Some(3)));
    let sending = Sim::default().with(&schedule, 1, Sending).with(&schedule, 2, Planned);
    assert_eq!(due(&schedule, utc("2026-09-20T00:00:00Z"), &sending.editions), Some(EditionNumber(1)));
    assert_eq!(due(&schedule, utc("2026-09-21T07:00:00Z"), &sending.editions), Some(EditionNumber(2)));
    let early = Sim::default().with(&schedule, 1, Held).with(&schedule, 2, Sent);
    assert_eq!(late(&schedule, utc("2026-09-11T00:00:00Z"), &early.editions), None, "a newer one has been sent");
}

#[test]
fn extreme_moments_do_no_harm() {
    for schedule in [
        example(),
        Schedule { grace: TimeDelta::MAX, ..example() },
        Schedule { anchor: date("0001-01-01"), ..example() },
    ] {
        for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, utc("9999-12-31T23:59:59Z")] {
            let mut sim = Sim::default().with(&schedule, 1, Sending).with(&schedule, 2, Planned);
            sim.tick(&schedule, now, 1);
            let _ = reconcile(&schedule, now, EditionNumber(u32::MAX), &sim.editions);
        }
    }
}

#[test]
fn what_a_clock_that_ran_ahead_gave_up_comes_back() {
    let schedule = example();
    let mut sim = Sim::default();
    sim.tick(&schedule, hours_after(DUE, -24), 1);
    // A year ahead, once: everything planned is missed, and the current fortnight is late.
    sim.tick(&schedule, hours_after(DUE, 24 * 370), 1);
    assert_eq!(sim.state(1), Some(Missed));
    let back = sim.tick(&schedule, hours_after(DUE, -1), 1);
    assert!(short(&back).contains(&"revive 1".to_owned()), "{back:?}");
    assert_eq!(sim.state(1), Some(Planned));
    assert!(short(&sim.tick(&schedule, utc(DUE), 1)).contains(&"send 1".to_owned()));
    // A few days ahead: held for being late before it was due.
    let mut sim = Sim::default();
    sim.tick(&schedule, hours_after(DUE, -24), 1);
    sim.tick(&schedule, hours_after(DUE, 24 * 5), 1);
    assert_eq!(sim.state(1), Some(Held));
    sim.tick(&schedule, hours_after(DUE, -1), 1);
    assert_eq!(sim.state(1), Some(Planned));
}

#[test]
fn what_a_person_held_or_withdrew_does_not_come_back_by_itself() {
    let schedule = example();
    let mut sim = Sim::default();
    sim.tick(&schedule, hours_after(DUE, -24), 1);
    sim.set(1, Held);
    sim.set(2, Withdrawn);
    let told = short(&sim.tick(&schedule, hours_after(DUE, -23), 1));
    assert!(!told.iter().any(|action| action.starts_with("revive")), "{told:?}");
    assert_eq!((sim.state(1), sim.state(2)), (Some(Held), Some(Withdrawn)));
}
