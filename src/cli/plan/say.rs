//! A fortnight's dates and reasons in plain words.

use chrono::{Datelike, NaiveDate};

use crate::app::planner::{PlanRow, PlanState};
use crate::domain::calendar::{ClosedDayPolicy, Occasion, Pause};
use crate::domain::edition::EditionState;
use crate::messages;
pub(super) use crate::messages::occasions::title;

/// What there is to say about a row before its activities, each in one line.
pub(super) fn notes(row: &PlanRow) -> Vec<String> {
    let mut notes = Vec::new();
    match (&row.closed, row.is_paused()) {
        (Some(closed), true) => {
            let no_room =
                if closed.rule == ClosedDayPolicy::Shift { ", and no open day within a week after it" } else { "" };
            notes.push(format!("No edition: {}{no_room}", closed.reason));
        }
        (Some(closed), false) => notes.push(format!("Moved from {}: {}", day(closed.day), closed.reason)),
        (None, _) => {}
    }
    if row.closed.is_none() || !row.is_paused() {
        notes.extend(messages::plan::reason(row));
    }
    notes.extend(row.occasions.iter().map(occasion));
    notes
}

/// `Safer Internet Day on Tuesday 9 February`.
fn occasion(occasion: &Occasion) -> String {
    format!("{} on {}", title(&occasion.name), day(occasion.on))
}

/// `Monday 26 October to Friday 30 October: Half-term`; the years where they differ.
pub(super) fn pause(pause: &Pause) -> String {
    let (from, to) = (day(pause.from), day(pause.to));
    if pause.from == pause.to {
        format!("{from}: {}", pause.reason)
    } else if pause.from.year() == pause.to.year() {
        format!("{from} to {to}: {}", pause.reason)
    } else {
        format!("{from} {} to {to} {}: {}", pause.from.year(), pause.to.year(), pause.reason)
    }
}

/// `Monday 3 May`: the heading has month and year.
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%A %-d %B").to_string()
}

/// `May 2027`.
pub(super) fn month(date: NaiveDate) -> String {
    date.format("%B %Y").to_string()
}

/// An edition's state, for people; nothing for one that is only foreseen.
pub(super) fn state(state: &PlanState) -> Option<&'static str> {
    match state {
        PlanState::Projected => None,
        PlanState::Edition(EditionState::Sending) => Some("being sent"),
        PlanState::Edition(EditionState::Held) => Some("held: needs a person"),
        other => Some(other.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_years_of_a_pause_where_they_differ() {
        let date = |text: &str| text.parse().expect("a date");
        let of = |from, to| {
            pause(&Pause { from: date(from), to: date(to), reason: "Closed".to_owned(), on_closed_day: None })
        };
        assert_eq!(of("2026-10-26", "2026-10-30"), "Monday 26 October to Friday 30 October: Closed");
        assert_eq!(of("2026-12-19", "2027-01-03"), "Saturday 19 December 2026 to Sunday 3 January 2027: Closed");
        assert_eq!(of("2026-11-30", "2026-11-30"), "Monday 30 November: Closed");
    }
}
