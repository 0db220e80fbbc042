//! Reviews that fall due within the coming fortnights.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use super::coming::some_of;
use crate::app::planner::PlanRow;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::dates;
use crate::library::Library;

/// The texts that are to be checked again by one day.
#[derive(Default)]
struct Day {
    activities: Vec<String>,
    themes: Vec<String>,
}

/// A warning (`review-due`) for each day from `today` to the last of `rows` by which texts are to be checked again.
pub(super) fn due(library: &Library, rows: &[PlanRow], today: NaiveDate) -> Vec<Diagnostic> {
    let Some(last) = rows.iter().rfind(|row| row.is_ahead()) else { return Vec::new() };
    let is_near = |date: NaiveDate| today <= date && date < last.date;
    let name = |path: &Path| path.display().to_string();
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for activity in library.activities.iter().filter(|activity| is_near(activity.review_by)) {
        let file = name(&library.activity_file(activity));
        days.entry(activity.review_by).or_default().activities.push(file);
    }
    for theme in library.themes.iter().filter(|theme| is_near(theme.review_by)) {
        let file = name(&library.folder.join(&theme.name).join("theme.md"));
        days.entry(theme.review_by).or_default().themes.push(file);
    }
    days.into_iter().map(|(date, day)| finding(date, day, rows)).collect()
}

fn finding(date: NaiveDate, day: Day, rows: &[PlanRow]) -> Diagnostic {
    let Day { mut activities, themes } = day;
    let without = rows.iter().find(|row| row.is_ahead() && row.date > date).filter(|_| !activities.is_empty());
    let count = activities.len();
    activities.extend(themes);
    let files = activities;
    let subject = match files.as_slice() {
        [_] => "is to be checked again".to_owned(),
        many => format!("{} texts are to be checked again", many.len()),
    };
    let mut message = format!("{subject} by {}", dates::day(date));
    if files.len() > 1 {
        message.push_str(&format!(": {}", some_of(&files)));
    }
    if let Some(row) = without {
        let which = match (count, files.len()) {
            (1, 1) => "it",
            (1, _) => "the activity among them",
            _ => "the activities among them",
        };
        message.push_str(&format!(
            "; edition {} on {} is the first without {which}",
            row.edition,
            dates::day(row.date)
        ));
    }
    let help = "check facts and links, then set “reviewed” to that day and a new “review_by”";
    let finding = Diagnostic::warning("review-due", message).help(help);
    match files.into_iter().next() {
        Some(file) => finding.in_file(file),
        None => finding,
    }
}
