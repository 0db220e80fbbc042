//! A year's report for spreadsheets: some tables below each other. No cell is a formula.

use std::io::Write;

use super::figures::{Figures, YearReport};
use crate::app::csv_import::letters::defused;
use crate::app::csv_import::spreadsheet;

/// What stands above the editions.
const EDITIONS: [&str; 12] = [
    "edition",
    "date",
    "theme",
    "state",
    "recipients",
    "accepted",
    "bounced",
    "failed",
    "uncertain",
    "expired",
    "suppressed",
    "waiting",
];

/// Writes a report; `notes` are what must be known of its figures. A figure that is not known is an empty cell.
///
/// # Errors
/// When it cannot be written.
pub fn write_csv(output: impl Write, report: &YearReport, notes: &[String]) -> std::io::Result<()> {
    let mut csv = spreadsheet(output)?;
    let mut is_first = true;
    let mut table = |header: &[&str], rows: Vec<Vec<String>>| -> std::io::Result<()> {
        // A line of one empty cell tells the tables apart.
        if !std::mem::take(&mut is_first) {
            csv.write_record([""])?;
        }
        csv.write_record(header)?;
        for row in rows {
            csv.write_record(row.iter().map(|cell| defused(cell).into_owned()))?;
        }
        Ok(())
    };
    let made = report.made_at.format("%Y-%m-%d").to_string();
    let about = vec![report.service.clone(), report.from.to_string(), report.to.to_string(), made];
    table(&["service", "from", "to", "made"], vec![about])?;
    let editions = report.editions.iter().map(|one| {
        let begin = [one.edition.to_string(), one.date.to_string(), one.theme.clone(), one.state.to_owned()];
        begin.into_iter().chain(cells(&one.figures)).collect()
    });
    let total = ["total", "", "", ""].map(str::to_owned).into_iter().chain(cells(&report.total)).collect();
    table(&EDITIONS, editions.chain([total]).collect())?;
    let sectors = report.sectors.iter();
    let sectors =
        sectors.map(|one| vec![one.sector.to_string(), one.subscribers.to_string(), one.mailboxes.to_string()]);
    table(&["sector", "subscribers", "mailboxes"], sectors.collect())?;
    let bands = report.bands.iter().map(|one| vec![one.band.to_string(), one.label.clone(), one.mailboxes.to_string()]);
    table(&["band", "label", "mailboxes"], bands.collect())?;
    let movement = &report.movement;
    let mut moved =
        vec![("subscribed at the beginning".to_owned(), movement.before), ("joined".to_owned(), movement.joined)];
    moved.extend(movement.left.iter().map(|(by, count)| (format!("left: {by}"), *count)));
    moved.push(("subscribed at the end".to_owned(), movement.after));
    table(&["what", "mailboxes"], moved.into_iter().map(|(what, count)| vec![what, count.to_string()]).collect())?;
    table(&["note"], notes.iter().map(|note| vec![note.clone()]).collect())?;
    csv.flush()
}

fn cells(figures: &Figures) -> [String; 8] {
    let Figures { recipients, accepted, bounced, failed, uncertain, expired, suppressed, waiting } = *figures;
    let bounced = bounced.map_or_else(String::new, |bounced| bounced.to_string());
    let [recipients, accepted] = [recipients, accepted].map(|count| count.to_string());
    let [failed, uncertain, expired, suppressed, waiting] =
        [failed, uncertain, expired, suppressed, waiting].map(|count| count.to_string());
    [recipients, accepted, bounced, failed, uncertain, expired, suppressed, waiting]
}
