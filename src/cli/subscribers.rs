//! `subscribers list|show|change|import|export|erase`.

mod erase;
mod import;
mod report;
mod show;
mod view;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use super::listing::{JsonList, TableList};
use super::out;
use super::sync::list;
use super::table::Column;
use crate::app::csv_import::{self, CsvExport};
use crate::app::subscriber::Subscriber;
use crate::app::{AppContext, AppError, bootstrap, own_files};
use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::name_query::NameQuery;
use crate::domain::subscriber::SubscriberRecord;
use crate::output::{Existing, NewFile, Readers};
use erase::Erase;
use show::Show;
use view::{state, view};

#[derive(Debug, Subcommand)]
pub(super) enum Subscribers {
    /// Every subscriber with its mailboxes, by name
    List(List),
    /// All that is held about one mailbox, or about the mailboxes of one subscriber
    ///
    /// A name is found by its words, or by how they begin; capitals, accents and apostrophes make no difference. Where several
    /// subscribers have such a name, they are listed, with the command that shows each.
    Show(Show),
    /// Move a mailbox to a new address
    Change(Change),
    /// Add or update subscribers from a CSV file, or schools from the GIAS extract
    ///
    /// A mailbox that is subscribed already is updated. Nobody who left is brought back, and nobody is removed. Nothing is
    /// imported from a file with an error, unless you say --skip-bad. Look with --dry-run first.
    ///
    /// With --format gias, the file is the register of England's schools as GIAS gives it out, in Windows' encoding or in
    /// UTF-8, with one more column named email that you added, joined by URN. `MainEmail` and "School email" will do; a head
    /// teacher's address is not taken by itself. The ages of the register choose the bands. Schools that are not open, and
    /// those without an address, without ages, or with ages that no band has, are counted and left out.
    Import(import::Import),
    /// Write every active mailbox as CSV, in the order in which they were subscribed
    Export(Export),
    /// Remove a person from the store, its journal and every later backup
    ///
    /// Every subscription of the address ends, and it is never mailed again: a keyed hash that keeps it so is all that is left
    /// of it. What mail servers said about it goes, and a name that named nobody else. How many mails there were stays.
    Erase(Erase),
}

impl Subscribers {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::Change(command) => command.run(context).await,
            Self::Import(command) => command.run(context).await,
            Self::Export(command) => command.run(context).await,
            Self::Erase(command) => command.run(context).await,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those with these words in their names, or with this register number; capitals and accents make no difference
    #[arg(value_name = "NAME|URN")]
    words: Vec<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

const COLUMNS: &[Column<'_>] = &[
    Column::Text("Name"),
    Column::Text("Sector"),
    Column::Text("Email"),
    Column::Text("Bands"),
    Column::Text("State"),
];

impl List {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let app = bootstrap::open_copy_undated(config, context.clock).await?;
        let (subscriber, bands) = (Subscriber::new(&app), &app.config.bands);
        let query = if self.words.is_empty() { NameQuery::everyone() } else { show::query(&self.words)? };
        if self.json {
            let mut json = JsonList::new();
            subscriber
                .each_by_name(&query, |page| page.iter().try_for_each(|record| json.add(&view(record, bands))))
                .await?;
            json.end("");
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = TableList::new(COLUMNS);
        subscriber
            .each_by_name(&query, |page| {
                page.iter().flat_map(|record| rows(record, bands)).try_for_each(|row| table.add(row))
            })
            .await?;
        if !self.words.is_empty() {
            table.end("No subscriber has such a name or register number.");
            return Ok(ExitCode::SUCCESS);
        }
        table.end("There are no subscribers in the store yet. Entries of the config join it with `fortnightly sync`.");
        Ok(ExitCode::SUCCESS)
    }
}

/// One row for each mailbox.
fn rows(record: &SubscriberRecord, bands: &Bands) -> impl Iterator<Item = Vec<String>> {
    let profile = &record.profile;
    record.mailboxes.iter().map(|mailbox| {
        vec![
            profile.name.clone(),
            profile.sector.to_string(),
            mailbox.address.to_string(),
            list(&mailbox.bands, bands),
            state(mailbox),
        ]
    })
}

#[derive(Debug, Args)]
pub(super) struct Change {
    /// The address now
    #[arg(value_name = "OLD")]
    old: Address,
    /// The address from now on
    #[arg(value_name = "NEW")]
    new: Address,
}

impl Change {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        for address in [&self.old, &self.new] {
            if let Some(line) = config.line_of_address(address) {
                return Err(Failure::Refused(format!(
                    "{address} is named in {}:{line}: change it there, and the next sync follows",
                    config.file.display()
                )));
            }
        }
        let app = bootstrap::open(config, context.clock).await?;
        Subscriber::new(&app).change_address(&self.old, &self.new).await?;
        out::line(&format!("{} is now {}.", self.old, self.new));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Where to write it (mode 0600) instead of standard output, which `-` stands for, too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let file = self.out.as_ref().filter(|path| path.as_os_str() != "-");
        // Before anything is opened: what is to be written over may be the store itself.
        file.map_or(Ok(()), |path| own_files::spare(&config, path))?;
        let app = bootstrap::open_copy_undated(config, context.clock).await?;
        let rows = match file {
            Some(path) => {
                let existing = if csv_import::is_list(path) { Existing::Goes } else { Existing::Stays };
                let mut new = NewFile::begin(path, Readers::Owner, existing).map_err(AppError::from)?;
                let rows = export(&app, new.file()).await?;
                new.finish().map_err(AppError::from)?;
                rows
            }
            None => export(&app, std::io::stdout()).await?,
        };
        out::note(&format!("Exported {}.", out::count(rows, "mailbox", "mailboxes")));
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes every active mailbox to `output`; how many.
async fn export(app: &AppContext, output: impl Write) -> Result<u64, Failure> {
    let broke_off = |error| Failure::Refused(format!("the export broke off: {error}"));
    let mut csv = CsvExport::begin(output, &app.config.bands).map_err(broke_off)?;
    let mut written = Ok(());
    let add = |page: &[SubscriberRecord]| {
        written = csv.add(page);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    Subscriber::new(app).each(add).await?;
    written.and_then(|()| csv.finish()).map_err(broke_off)
}
