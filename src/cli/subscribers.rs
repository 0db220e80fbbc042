//! `subscribers list|show|change|import|export`.

mod show;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::failure::Failure;
use super::sync::list;
use super::{Context, out};
use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{MailboxRecord, Subscribed, SubscriberRecord};
use crate::service::{ServiceError, open, roster};
use show::Show;

#[derive(Debug, Subcommand)]
pub(super) enum Subscribers {
    /// Every subscriber with its mailboxes
    List(List),
    /// All that is held about one mailbox
    Show(Show),
    /// Move a mailbox to a new address
    Change(Change),
    /// Add or update subscribers from a CSV file
    Import(Import),
    /// Write every active mailbox as CSV
    Export(Export),
}

impl Subscribers {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::Change(command) => command.run(context).await,
            Self::Import(command) => command.run(context).await,
            Self::Export(command) => command.run(context).await,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl List {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let (store, _) = open::bare_copy(&config)?;
        let records = store.subscribers().await?;
        if self.json {
            out::json(&records.iter().map(|record| to_json(record, &config.bands)).collect::<Vec<_>>());
            return Ok(ExitCode::SUCCESS);
        }
        let mut rows = Vec::new();
        for record in &records {
            for mailbox in &record.mailboxes {
                let profile = &record.profile;
                rows.push(vec![
                    profile.name.clone(),
                    profile.sector.to_string(),
                    mailbox.address.to_string(),
                    list(&mailbox.bands, &config.bands),
                    state(mailbox),
                ]);
            }
        }
        if rows.is_empty() && out::is_watched() {
            out::line(
                "There are no subscribers in the store yet. Entries of the config join it with `fortnightly sync`.",
            );
        } else {
            out::table(&["Name", "Sector", "Email", "Bands", "State"], rows);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn state(mailbox: &MailboxRecord) -> String {
    match mailbox.suppressed {
        Some(reason) => format!("{} ({reason})", mailbox.state),
        None => mailbox.state.to_string(),
    }
}

fn names(set: &crate::domain::band::BandSet, bands: &Bands) -> Vec<String> {
    list(set, bands).split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn to_json(record: &SubscriberRecord, bands: &Bands) -> Value {
    json!({
        "id": record.id,
        "name": record.profile.name,
        "sector": record.profile.sector,
        "locale": record.profile.locale,
        "urn": record.profile.urn,
        "mailboxes": record.mailboxes.iter().map(|mailbox| json!({
            "email": mailbox.address,
            "bands": names(&mailbox.bands, bands),
            "chosen": mailbox.chosen,
            "state": mailbox.state,
            "suppressed": mailbox.suppressed,
            "subscriptions": mailbox.subscriptions.iter().map(|s| json!({
                "subscriber": s.subscriber,
                "origin": s.origin,
                "bands": names(&s.bands, bands),
                "since": s.since,
                "ended": s.ended,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
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
                return Err(ServiceError::Refused(format!(
                    "{address} is named in {}:{line}: change it there, and the next sync follows",
                    config.file.display()
                ))
                .into());
            }
        }
        let (store, _) = open::store(&config, context.clock).await?;
        store.change_address(&self.old, &self.new, context.clock.now()).await?;
        out::line(&format!("{} is now {}.", self.old, self.new));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The CSV file, with a header row: name,sector,email,bands,ages,locale,urn
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How the file is laid out
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Import the good rows of a file that has bad ones
    #[arg(long)]
    skip_bad: bool,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let Format::Csv = self.format;
        let config = context.config()?;
        let shown = self.file.display().to_string();
        let file = File::open(&self.file)
            .map_err(|error| ServiceError::Refused(format!("{shown}: cannot be read: {error}")))?;
        let roster = roster::read(file, &shown, &config.bands);
        let errors = roster.findings.iter().filter(|f| f.is_error());
        let bad = errors.map(|f| f.line).collect::<BTreeSet<_>>().len();
        out::findings(&roster.findings);
        if bad > 0 && !self.skip_bad {
            let rows = out::count(bad as u64, "bad row", "bad rows");
            return Err(ServiceError::Refused(format!(
                "nothing was imported: {shown} has {rows}. Mend the file, or import the good rows with --skip-bad."
            ))
            .into());
        }
        if roster.requests.is_empty() {
            return Err(ServiceError::Refused(format!("{shown} has no row that could be imported")).into());
        }
        let clock = context.clock;
        let (store, _) =
            if self.dry_run { open::copy(&config, clock).await? } else { open::store(&config, clock).await? };
        // The file's entries first, so that a mailbox that it names is known to be its own.
        super::sync::sync_and_tell(store.as_ref(), &config, clock.now()).await?;
        let results = store.subscribe(&roster.requests, clock.now()).await?;
        let tally = Counts::of(&results);
        for (request, result) in roster.requests.iter().zip(&results) {
            if let Subscribed::Left(reason) = result {
                let finding =
                    Diagnostic::warning("left", format!("{} stays out: {reason}", request.address)).in_file(&shown);
                out::note(&out::painted(&finding));
            }
        }
        if self.json {
            out::json(&json!({
                "added": tally.added, "updated": tally.updated, "unchanged": tally.unchanged,
                "left": tally.left, "bad": bad, "applied": !self.dry_run,
            }));
        } else {
            let would = if self.dry_run { "Would import" } else { "Imported" };
            out::line(&format!(
                "{would} {shown}: {} added, {} updated, {} unchanged, {} kept out, {bad} bad.",
                tally.added, tally.updated, tally.unchanged, tally.left
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Default)]
struct Counts {
    added: u64,
    updated: u64,
    unchanged: u64,
    left: u64,
}

impl Counts {
    fn of(results: &[Subscribed]) -> Self {
        let mut counts = Self::default();
        for result in results {
            match result {
                Subscribed::Added => counts.added += 1,
                Subscribed::Updated { before, after } if before == after => counts.unchanged += 1,
                Subscribed::Updated { .. } => counts.updated += 1,
                Subscribed::Left(_) => counts.left += 1,
            }
        }
        counts
    }
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Where to write it (mode 0600) instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let (store, _) = open::bare_copy(&config)?;
        let records = store.subscribers().await?;
        let written = match &self.out {
            Some(path) => {
                use std::os::unix::fs::OpenOptionsExt as _;
                let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
                let file = file.map_err(|error| ServiceError::Refused(format!("{}: {error}", path.display())))?;
                roster::write(file, &records, &config.bands)
            }
            None => roster::write(std::io::stdout().lock(), &records, &config.bands),
        };
        let rows = written.map_err(|error| ServiceError::Refused(format!("the export broke off: {error}")))?;
        out::note(&format!("Exported {}.", out::count(rows, "mailbox", "mailboxes")));
        Ok(ExitCode::SUCCESS)
    }
}
