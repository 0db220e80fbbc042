//! What is odd about the year as a whole: themes never reached, long silences, holidays that nobody entered or knows yet.

use std::collections::BTreeSet;

use chrono::{Days, Months, NaiveDate};

use super::coming::{FORTNIGHTS, config_warning, some_of};
use crate::app::planner::{PlanRow, PlanState};
use crate::config::{Config, bank_holidays_known_until};
use crate::domain::calendar::{ClosedDayPolicy, PauseReason};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::dates;
use crate::domain::text::dates::day;
use crate::library::Library;

/// Fortnights in a row without an edition from which on someone should look: the longest school holidays take three.
const SILENCE: usize = 5;

/// How long before the last pause ends the next school year's dates should be in the file.
const PAUSES_AHEAD: Days = Days::new(120);

/// A warning (`theme-never-used`) for each theme that the coming fortnights pass over although there are enough of them:
/// a theme that lacks a band gives way to those that serve them all.
pub(super) fn unreached(config: &Config, library: &Library, rows: &[PlanRow]) -> Vec<Diagnostic> {
    let used: BTreeSet<&str> = rows.iter().filter_map(|row| row.theme()).collect();
    let sends = rows.iter().filter(|row| row.is_ahead()).count();
    if sends < library.themes.len() {
        return Vec::new();
    }
    let Some(day) = rows.last().map(|row| row.date) else { return Vec::new() };
    let mut findings = Vec::new();
    for theme in library.themes.iter().filter(|theme| !used.contains(theme.name.as_str())) {
        let serves = |band: &crate::domain::band::Band| {
            library
                .activities
                .iter()
                .any(|a| a.id.theme() == theme.name && a.bands.contains(&band.id) && a.review_by >= day)
        };
        let lacks: Vec<String> =
            config.bands.iter().filter(|band| !serves(band)).map(|band| band.id.to_string()).collect();
        if lacks.is_empty() || lacks.len() == config.bands.iter().count() {
            continue;
        }
        let message = format!(
            "the theme “{}” is not used in the coming {FORTNIGHTS} fortnights: it has no activity for {} all that time, \
             and themes that serve every band go first",
            theme.title,
            some_of(&lacks)
        );
        let file = library.folder.join(&theme.name).join("theme.md");
        findings.push(
            Diagnostic::warning("theme-never-used", message)
                .in_file(file.display().to_string())
                .help("add an activity for each band that it lacks, or review those that are overdue"),
        );
    }
    findings
}

/// An error (`no-editions`) when nothing goes out in all the coming fortnights, a warning (`long-silence`) when many in a
/// row have no edition: a slip in a year is easily made.
pub(super) fn silence(config: &Config, rows: &[PlanRow]) -> Option<Diagnostic> {
    let paused = |row: &PlanRow| row.is_paused();
    let mut longest: &[PlanRow] = &[];
    for run in rows.chunk_by(|a, b| paused(a) == paused(b)).filter(|run| paused(&run[0])) {
        if run.len() > longest.len() {
            longest = run;
        }
    }
    let (first, last) = (longest.first()?, longest.last()?);
    let reason = closed(first);
    let help = "look at the dates of [[schedule.pauses]]: is a year wrong?";
    if longest.len() == rows.len() {
        let message = format!("none of the coming {FORTNIGHTS} fortnights has an edition: {reason}");
        return Some(Diagnostic::error("no-editions", message).in_file(config.file.display().to_string()).help(help));
    }
    (longest.len() >= SILENCE).then(|| {
        let message = format!(
            "{} fortnights in a row have no edition, from {} to {}: {reason}",
            longest.len(),
            day(first.date),
            day(last.date)
        );
        config_warning(config, "long-silence", message).help(help)
    })
}

/// A warning (`pauses-end`) when the last pause is nearly over: the next school year's holidays are not in the file yet.
pub(super) fn pauses_end(config: &Config, today: NaiveDate) -> Option<Diagnostic> {
    let last = config.schedule.pauses.iter().map(|pause| pause.to).max()?;
    let soon = today.checked_add_days(PAUSES_AHEAD)?;
    (last <= soon).then(|| {
        let when = if last < today { "ended" } else { "ends" };
        let message = format!("the last of the pauses {when} on {}, and no holidays after it are known", day(last));
        config_warning(config, "pauses-end", message)
            .help("enter the coming school year's holidays as [[schedule.pauses]]")
    })
}

/// Why a paused fortnight has no edition, as the end of a sentence.
fn closed(row: &PlanRow) -> String {
    match &row.state {
        PlanState::Paused(PauseReason::Closed(day)) if day.reason.is_empty() => {
            format!("{} is closed", dates::day(day.day))
        }
        PlanState::Paused(PauseReason::Closed(day)) => format!("{} is closed: {}", dates::day(day.day), day.reason),
        _ => "closed".to_owned(),
    }
}

/// A warning (`bank-holidays-end`) when bank holidays are known for less than a year, or not to the end of `rows`.
/// Where closed days change nothing, nobody needs to know.
pub(super) fn holidays_end(config: &Config, rows: &[PlanRow], today: NaiveDate) -> Option<Diagnostic> {
    let known = bank_holidays_known_until();
    let schedule = &config.schedule;
    let year = today.checked_add_months(Months::new(12)).unwrap_or(today);
    let horizon = rows.last().map_or(year, |row| row.date.max(year));
    if known > horizon || schedule.on_closed_day == ClosedDayPolicy::Send {
        return None;
    }
    let nation = config.service.nation.title();
    let first = rows.iter().find(|row| row.date > known);
    let then = first.map_or(String::new(), |row| {
        format!("; edition {} on {} is the first that may have to move", row.edition, day(row.date))
    });
    let message = format!("the bank holidays of {nation} are known until {}, and not after it{then}", day(known));
    let help = "update Fortnightly; until then, add a [[schedule.pauses]] for each bank holiday on an edition's day";
    Some(config_warning(config, "bank-holidays-end", message).help(help))
}
