//! `subscribers import`: reads a file, says what it changes, and changes it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::super::failure::Failure;
use super::super::sync::sync_and_tell;
use super::report::{Report, skipped};
use crate::app::bootstrap;
use crate::app::csv_import::{self, CsvImport};
use crate::app::importer::{Imported, Importer};
use crate::cli::context::Context;
use crate::cli::out::{self, Answer};
use crate::config::{Config, StoreUrl};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::SubscribeRequest;
use crate::domain::subscription::subscribe::Subscribed;
use crate::{messages, ordinary_file};

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Fortnightly's own columns, as `subscribers export` writes them
    Csv,
    /// The establishment extract of GIAS (Get Information about Schools), with a column of addresses added
    Gias,
}

impl From<Format> for csv_import::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Gias => Self::Gias,
        }
    }
}

#[derive(Debug, Args)]
pub(in super::super) struct Import {
    /// The CSV file; its first line names the columns: name,sector,email,bands,ages,locale,urn
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How the file is laid out
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Import the good rows of a file that has bad ones
    #[arg(long)]
    skip_bad: bool,
    /// Only say what would be added, updated and left out, and why
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let shown = self.file.display().to_string();
        let csv = self.read(&shown, &config)?;
        // A look at a shared store locks what it brings into line with the config: nothing waits for a reader before it has ended.
        let gathers = self.dry_run && matches!(config.store, StoreUrl::Postgres(_));
        let answer = if gathers { Answer::gathered() } else { Answer::new() };
        let mut report = Report::new(&shown, &csv, bad_rows(&csv), !self.dry_run, (self.json, &config.bands), answer);
        let mut notes = Vec::new();
        let imported = self.import(context, &config, &csv, |request, result| {
            match left(request, result, &shown) {
                Some(note) if gathers => notes.push(note),
                note => note.iter().for_each(|note| out::note(note)),
            }
            report.tell(request, result);
        });
        let imported = imported.await;
        for note in &notes {
            out::note(note);
        }
        match imported {
            Ok(imported) => {
                report.end(&imported);
                Ok(ExitCode::SUCCESS)
            }
            Err(Failure::App(error)) => Err(Failure::Refused(report.break_off(&messages::errors::error(&error)))),
            Err(failure) => Err(failure),
        }
    }

    /// What the file asks for, if it may be used.
    fn read(&self, shown: &str, config: &Config) -> Result<CsvImport, Failure> {
        let file = ordinary_file::open_or_piped(&self.file);
        let file = file.map_err(|error| Failure::Refused(format!("{shown}: cannot be read: {error}")))?;
        let csv = csv_import::read(file, shown, self.format.into(), &config.bands);
        out::findings(&csv.findings);
        let bad = bad_rows(&csv);
        if bad > 0 && !self.skip_bad {
            let rows = out::count(bad, "bad row", "bad rows");
            return Err(Failure::Refused(format!(
                "nothing was imported: {shown} has {rows}. Mend the file, or import the good rows with --skip-bad."
            )));
        }
        if csv.wanted == 0 {
            let why = skipped(&csv).map_or_else(String::new, |why| format!(". {why}"));
            return Err(Failure::Refused(format!("{shown} has no row that could be imported{why}")));
        }
        Ok(csv)
    }

    async fn import(
        &self,
        context: &Context,
        config: &Config,
        csv: &CsvImport,
        tell: impl FnMut(&SubscribeRequest, &Subscribed),
    ) -> Result<Imported, Failure> {
        let (config, clock) = (config.clone(), context.clock);
        let app = if self.dry_run {
            bootstrap::open_copy(config, clock).await?
        } else {
            bootstrap::open(config, clock).await?
        };
        // The file's entries first, so that a mailbox that it names is known to be its own.
        sync_and_tell(&app).await?;
        let importer = Importer::new(&app);
        Ok(if self.dry_run { importer.look(csv, tell).await? } else { importer.import(csv, tell).await? })
    }
}

fn bad_rows(csv: &CsvImport) -> u64 {
    csv.findings.iter().filter(|f| f.is_error()).map(|f| f.line).collect::<BTreeSet<_>>().len() as u64
}

/// Names someone who left: no import brings them back.
fn left(request: &SubscribeRequest, result: &Subscribed, file: &str) -> Option<String> {
    let Subscribed::Left(reason) = result else { return None };
    let finding = Diagnostic::warning("left", format!("{} stays out: {reason}", request.address)).in_file(file);
    Some(out::painted(&finding))
}
