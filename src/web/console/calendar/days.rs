//! The days of a month as a grid of weeks, each with what happens on it.

use chrono::{Datelike as _, Days, NaiveDate};
use serde::Serialize;

use crate::app::planner::PlanRow;
use crate::config::Config;
use crate::messages;
use crate::web::console::caller::Caller;

/// One cell of the grid; empty before the first day of the month, and after the last.
#[derive(Debug, Default, Serialize)]
pub(super) struct Day {
    number: u32,
    /// The edition that goes out, and its page.
    edition: String,
    url: String,
    /// What a closed day, or a campaign, is called.
    label: String,
    /// `closed`, `campaign`, or nothing.
    class: &'static str,
    is_today: bool,
}

/// The weeks of a month, Monday first.
pub(super) fn weeks(
    config: &Config,
    caller: &Caller,
    first: NaiveDate,
    today: NaiveDate,
    rows: &[PlanRow],
) -> Vec<Vec<Day>> {
    let before = first.weekday().num_days_from_monday() as usize;
    let mut days: Vec<Day> = std::iter::repeat_with(Day::default).take(before).collect();
    days.extend(
        first
            .iter_days()
            .take_while(|day| day.month() == first.month())
            .map(|day| Day::of(config, caller, day, today, rows)),
    );
    while !days.len().is_multiple_of(7) {
        days.push(Day::default());
    }
    let mut days = days.into_iter().peekable();
    let mut weeks = Vec::new();
    while days.peek().is_some() {
        weeks.push(days.by_ref().take(7).collect());
    }
    weeks
}

impl Day {
    fn of(config: &Config, caller: &Caller, day: NaiveDate, today: NaiveDate, rows: &[PlanRow]) -> Self {
        let schedule = &config.schedule;
        let edition = rows.iter().find(|row| row.date == day && !row.is_paused()).map(|row| row.edition);
        let holiday = schedule.holidays.iter().find(|(closed, _)| *closed == day).map(|(_, name)| name.clone());
        let pause = schedule.pauses.iter().find(|pause| pause.from <= day && day <= pause.to);
        let occasion = schedule.occasions.iter().find(|occasion| occasion.on == day);
        let closed = holiday.or_else(|| pause.map(|pause| pause.reason.clone()));
        let campaign = occasion.map(|occasion| messages::occasions::title(&occasion.name));
        let class = match (&campaign, &closed) {
            (Some(_), _) => "campaign",
            (None, Some(_)) => "closed",
            (None, None) => "",
        };
        Self {
            number: day.day(),
            edition: edition.map(|number| number.to_string()).unwrap_or_default(),
            url: edition.map(|number| caller.link(&format!("/editions/{number}"))).unwrap_or_default(),
            label: [campaign, closed].into_iter().flatten().collect::<Vec<_>>().join(", "),
            class,
            is_today: day == today,
        }
    }
}

/// The first day of the month after this one.
pub(super) fn next_month(first: NaiveDate) -> NaiveDate {
    let somewhere = first.checked_add_days(Days::new(31)).unwrap_or(first);
    somewhere.with_day(1).unwrap_or(somewhere)
}
