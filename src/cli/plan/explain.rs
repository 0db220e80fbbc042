//! `plan --explain`: the fortnights and the closed days between them, month by month, with every reason.

use chrono::{Days, NaiveDate};

use super::say;
use crate::app::Content;
use crate::app::planner::{PlanRow, PlanState};
use crate::config::{Config, bank_holidays_known_until};
use crate::domain::band::Band;
use crate::domain::calendar::{ClosedDayPolicy, Pause};
use crate::messages::picks;

/// How long the last fortnight goes on after its edition's day.
const REST: Days = Days::new(13);

/// One thing with a day of its own.
enum Entry<'a> {
    Pause(&'a Pause),
    Row(&'a PlanRow),
    /// From here on, bank holidays are not known.
    Unknown,
}

/// The lines of the calendar.
pub(super) fn calendar(config: &Config, content: &Content, rows: &[PlanRow]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut heading = String::new();
    for (day, entry) in entries(config, rows) {
        let month = say::month(day);
        if month != heading {
            lines.push(month.clone());
            lines.push(String::new());
            heading = month;
        }
        match entry {
            Entry::Pause(pause) => lines.push(say::pause(pause)),
            Entry::Row(row) => lines.extend(fortnight(config, content, row)),
            Entry::Unknown => lines.push(format!(
                "Bank holidays after {} are not known yet: what follows may still move.",
                bank_holidays_known_until().format("%-d %B %Y")
            )),
        }
        lines.push(String::new());
    }
    if rows.iter().any(|row| row.state == PlanState::Projected) {
        lines.push(
            "Where nothing follows the time, the edition is not planned yet: its activities may still change."
                .to_owned(),
        );
    } else {
        lines.pop();
    }
    lines
}

/// Everything in the order of its days; a pause that began earlier stands at the beginning.
fn entries<'a>(config: &'a Config, rows: &'a [PlanRow]) -> Vec<(NaiveDate, Entry<'a>)> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Vec::new() };
    let schedule = &config.schedule;
    let begins = first.closed.as_ref().map_or(first.date, |closed| closed.day).min(first.date);
    let ends = last.date.checked_add_days(REST).unwrap_or(last.date);
    let pauses = schedule.pauses.iter().filter(|pause| pause.to >= begins && pause.from <= ends);
    let mut entries: Vec<_> = pauses.map(|pause| (pause.from.max(begins), Entry::Pause(pause))).collect();
    let known = bank_holidays_known_until();
    if schedule.on_closed_day != ClosedDayPolicy::Send
        && let Some(row) = rows.iter().find(|row| row.date > known)
    {
        entries.push((row.date, Entry::Unknown));
    }
    entries.extend(rows.iter().map(|row| (row.date, Entry::Row(row))));
    entries.sort_by_key(|(day, _)| *day);
    entries
}

fn fortnight(config: &Config, content: &Content, row: &PlanRow) -> Vec<String> {
    let mut lines = Vec::new();
    let mut title = format!("Edition {} · {}", row.edition, say::day(row.date));
    if !row.is_paused() {
        title.push_str(&format!(" at {}", row.due_at.format("%H:%M")));
        title.extend(say::state(&row.state).map(|state| format!(" · {state}")));
    }
    lines.push(title);
    lines.extend(say::notes(row).into_iter().map(|note| format!("  {note}")));
    lines.extend(theme(content, row));
    lines.extend(picks(row));
    lines.extend(lacking(config, row));
    lines
}

/// `  Theme: Being kind (kindness), never used before`.
fn theme(content: &Content, row: &PlanRow) -> Option<String> {
    let name = row.theme()?;
    let title = content.library.theme(name).map_or(name, |theme| theme.title.as_str());
    let why = picks::theme_titled(row.selection.as_ref()?, &say::title);
    Some(format!("  Theme: {title} ({name}): {why}"))
}

/// A line for each band that gets nothing, though the fortnight has an edition to come.
fn lacking(config: &Config, row: &PlanRow) -> Vec<String> {
    if !row.is_ahead() {
        return Vec::new();
    }
    let has = |band: &Band| row.picks().iter().any(|pick| pick.band == band.id);
    let bands = config.bands.iter().filter(|band| !has(band));
    bands
        .map(|band| format!("    {}: no activity suits; if anyone reads this band, the edition is held", band.id))
        .collect()
}

/// One line per band. A reason that all share is said once.
fn picks(row: &PlanRow) -> Vec<String> {
    let told: Vec<String> = row.picks().iter().map(|pick| picks::pick_titled(pick, &say::title)).collect();
    let shared = told.first().filter(|first| told.len() > 1 && told.iter().all(|why| why == *first));
    let width = row.picks().iter().map(|pick| pick.band.as_str().chars().count()).max().unwrap_or_default();
    let lines = row.picks().iter().zip(&told).map(|(pick, why)| {
        let why = if shared.is_some() { String::new() } else { format!(": {why}") };
        format!("    {:>width$}  {} ({}){why}", pick.band.as_str(), pick.title, pick.id)
    });
    lines.chain(shared.map(|why| format!("    {:>width$}  Each: {why}", ""))).collect()
}
