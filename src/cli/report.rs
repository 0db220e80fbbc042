//! `report`: what a school year came to.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::year_report::{Span, YearReport, YearReporter, page, write_csv};
use crate::app::{AppError, bootstrap, own_files};
use crate::domain::calendar::{SchoolYear, SchoolYearError};
use crate::domain::sheet::{Cell, Table};
use crate::messages::year_report;
use crate::output::{Existing, NewFile, Readers};

#[derive(Debug, Args)]
pub(super) struct Report {
    /// The school year, from 1 September to 31 August; left out: the one that it is now
    #[arg(long, value_name = "2026-27", value_parser = school_year)]
    year: Option<SchoolYear>,
    /// The first day, instead of a school year
    #[arg(long, value_name = "DATE", requires = "to", conflicts_with = "year")]
    from: Option<NaiveDate>,
    /// The last day
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<NaiveDate>,
    /// Write it to this file: as a page of HTML, or as CSV where the name ends in .csv; `-` is standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write CSV, for spreadsheets
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Answer in JSON
    #[arg(long, conflicts_with = "out")]
    json: bool,
}

fn school_year(text: &str) -> Result<SchoolYear, String> {
    text.parse().map_err(|error: SchoolYearError| format!("it {error}"))
}

impl Report {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let span = self.span()?;
        let config = context.config()?;
        let file = self.out.as_deref().filter(|path| path.as_os_str() != "-");
        // Before anything is opened: what is to be written over may be the store itself.
        file.map_or(Ok(()), |path| own_files::spare(&config, path))?;
        let loaded = bootstrap::loaded(&config);
        let app = bootstrap::open_copy_undated(config, context.clock).await?;
        let report = YearReporter::new(&app, loaded).report(span).await?;
        // On a shared store others wait for what a look has changed.
        drop(app);
        match (file, self.json) {
            (_, true) => out::json(&report),
            (Some(path), _) => {
                write(path, &self.content(&report)?)?;
                out::line(&format!("Wrote {}.", path.display()));
            }
            (None, _) if self.csv || self.out.is_some() => {
                let text = String::from_utf8(self.content(&report)?).map_err(anyhow::Error::from)?;
                out::raw(text.trim_end());
            }
            (None, _) => show(&report),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn span(&self) -> Result<Span, Failure> {
        match (self.year, self.from, self.to) {
            (Some(year), ..) => Ok(Span::Year(year)),
            (None, Some(from), Some(to)) if from > to => {
                Err(Failure::Usage(format!("--from {from} is after --to {to}")))
            }
            (None, Some(from), Some(to)) => Ok(Span::Days(from, to)),
            _ => Ok(Span::Current),
        }
    }

    /// The report as a file has it.
    fn content(&self, report: &YearReport) -> Result<Vec<u8>, Failure> {
        let is_csv = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        if !self.csv && !self.out.as_ref().is_some_and(is_csv) {
            return Ok(page(&year_report::sheet(report)).into_bytes());
        }
        let mut bytes = Vec::new();
        write_csv(&mut bytes, report, &year_report::notes(report)).map_err(anyhow::Error::from)?;
        Ok(bytes)
    }
}

/// Writes a file whole or not at all; an earlier report goes.
fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut new = NewFile::begin(path, Readers::Everyone, Existing::Goes).map_err(AppError::from)?;
    new.file().write_all(content).map_err(anyhow::Error::from)?;
    Ok(new.finish().map_err(AppError::from)?)
}

/// The report as tables.
fn show(report: &YearReport) {
    let sheet = year_report::sheet(report);
    out::line(&format!("{}: {}", sheet.service, sheet.title));
    out::line(&sheet.days);
    for table in &sheet.tables {
        out::line("");
        let lead = table.lead.as_ref().map_or_else(String::new, |lead| format!(". {lead}"));
        out::line(&format!("{}{lead}", table.title));
        tell(table);
    }
    out::line("");
    for note in &sheet.notes {
        out::line(note);
    }
    if out::is_watched() {
        out::line("`fortnightly report --out report.html` writes a page to print, and --out report.csv a spreadsheet.");
    }
}

fn tell(table: &Table) {
    if let (true, Some(nothing)) = (table.rows.is_empty(), &table.nothing) {
        return out::line(nothing);
    }
    // Long words stand last, where there is room for them below a row.
    let is_long: Vec<bool> = table.headings.iter().map(|cell| cell.is_long).collect();
    let columns: Vec<Column<'_>> = last(&is_long, &table.headings).map(column).collect();
    let rows = table.rows.iter().map(|row| {
        let cells: Vec<Cell> = std::iter::once(Cell::text(&row.name)).chain(row.cells.iter().cloned()).collect();
        last(&is_long, &cells).map(|cell| cell.text.clone()).collect()
    });
    out::table(&columns, rows.collect());
}

/// The cells of a row, the long ones after the others.
fn last<'a>(is_long: &'a [bool], cells: &'a [Cell]) -> impl Iterator<Item = &'a Cell> {
    let of =
        move |wanted: bool| cells.iter().zip(is_long).filter(move |(_, long)| **long == wanted).map(|(cell, _)| cell);
    of(false).chain(of(true))
}

fn column(cell: &Cell) -> Column<'_> {
    match cell {
        Cell { is_figure: true, text, .. } => Column::Number(text),
        Cell { is_long: true, text, .. } => Column::Note(text),
        Cell { text, .. } => Column::Text(text),
    }
}
