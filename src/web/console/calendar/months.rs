//! The months of a school year, each with its grid and with what happens in it, in words.

use chrono::NaiveDate;
use serde::Serialize;

use super::days::{Day, next_month, weeks};
use crate::app::planner::PlanRow;
use crate::domain::calendar::SchoolYear;
use crate::domain::text::dates;
use crate::messages;
use crate::web::console::caller::Caller;
use crate::web::console::edition_state::StateView;
use crate::web::console::parts::ConsoleParts;

#[derive(Debug, Serialize)]
pub(super) struct Month {
    name: String,
    /// For an anchor.
    id: String,
    weeks: Vec<Vec<Day>>,
    entries: Vec<Entry>,
    /// Whether it is over.
    is_past: bool,
}

/// Something that happens, with its day.
#[derive(Debug, Serialize)]
struct Entry {
    when: String,
    /// What it is called, and its page if it has one.
    title: String,
    url: String,
    state: Option<StateView>,
    notes: Vec<String>,
    #[serde(skip)]
    day: NaiveDate,
}

/// From September to August.
pub(super) fn of(
    parts: &ConsoleParts,
    caller: &Caller,
    (year, today): (SchoolYear, NaiveDate),
    rows: &[PlanRow],
) -> Vec<Month> {
    let (mut first, _) = year.days();
    let mut months = Vec::new();
    for _ in 0..12 {
        let next = next_month(first);
        let mut entries = of_rows(parts, caller, rows, (first, next));
        entries.extend(of_files(parts, (first, next)));
        entries.sort_by_key(|entry| entry.day);
        months.push(Month {
            name: first.format("%B %Y").to_string(),
            id: first.format("%Y-%m").to_string(),
            weeks: weeks(parts.config(), caller, first, today, rows),
            entries,
            is_past: next <= today,
        });
        first = next;
    }
    months
}

type Span = (NaiveDate, NaiveDate);

fn of_rows(parts: &ConsoleParts, caller: &Caller, rows: &[PlanRow], (from, to): Span) -> Vec<Entry> {
    let here = rows.iter().filter(|row| from <= row.date && row.date < to);
    here.map(|row| fortnight(parts, caller, row)).collect()
}

fn fortnight(parts: &ConsoleParts, caller: &Caller, row: &PlanRow) -> Entry {
    let theme = row.theme().map(|name| {
        let theme = parts.content().and_then(|content| content.library.theme(name));
        theme.map_or_else(|| name.to_owned(), |theme| theme.title.clone())
    });
    let mut notes: Vec<String> = Vec::new();
    match (&row.closed, row.is_paused()) {
        (Some(closed), true) => notes.push(format!("{} is closed: {}.", dates::day(closed.day), closed.reason)),
        (Some(closed), false) => notes.push(format!("Moved from {}: {}.", dates::day(closed.day), closed.reason)),
        (None, _) => {}
    }
    notes.extend(row.reason.as_ref().map(messages::console::why));
    notes.extend(
        row.occasions.iter().map(|occasion| {
            format!("For {} on {}.", messages::occasions::title(&occasion.name), dates::day(occasion.on))
        }),
    );
    let number = row.edition;
    Entry {
        when: row.date.format("%a %-d %b").to_string(),
        title: match (row.is_paused(), theme) {
            (true, _) => "No edition".to_owned(),
            (false, Some(theme)) => format!("Edition {number}: {theme}"),
            (false, None) => format!("Edition {number}"),
        },
        url: if row.is_paused() { String::new() } else { caller.link(&format!("/editions/{number}")) },
        state: (!row.is_paused()).then(|| StateView::of_row(parts.config(), row)),
        notes,
        day: row.date,
    }
}

/// Pauses, bank holidays, campaigns and notices that begin in this month.
fn of_files(parts: &ConsoleParts, (from, to): Span) -> Vec<Entry> {
    let schedule = &parts.config().schedule;
    let is_here = |day: NaiveDate| from <= day && day < to;
    let plain = |day: NaiveDate, until: Option<NaiveDate>, title: String| Entry {
        when: until
            .filter(|until| *until != day)
            .map_or_else(|| short(day), |until| format!("{} to {}", short(day), short(until))),
        title,
        url: String::new(),
        state: None,
        notes: Vec::new(),
        day,
    };
    let pauses =
        schedule.pauses.iter().map(|pause| plain(pause.from, Some(pause.to), format!("Pause: {}", pause.reason)));
    let holidays = schedule.holidays.iter().map(|(day, name)| plain(*day, None, format!("Bank holiday: {name}")));
    let occasions = schedule.occasions.iter();
    let occasions = occasions
        .map(|occasion| plain(occasion.on, None, format!("Campaign: {}", messages::occasions::title(&occasion.name))));
    let notices = parts.content().into_iter().flat_map(|content| &content.library.notices);
    let notices = notices.map(|notice| plain(notice.from, Some(notice.until), format!("Notice: {}", notice.title)));
    pauses.chain(holidays).chain(occasions).chain(notices).filter(|entry| is_here(entry.day)).collect()
}

fn short(day: NaiveDate) -> String {
    day.format("%a %-d %b").to_string()
}
