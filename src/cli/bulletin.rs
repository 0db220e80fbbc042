//! `bulletin`: sends one mail outside the calendar, in the foreground.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::preview::show_bulletin;
use super::send::operators;
use super::watcher::Watcher;
use crate::app::bulletins::Bulletins;
use crate::app::bulletins::error::BulletinError;
use crate::app::bulletins::send::{BulletinOrder, BulletinSent};
use crate::app::sender::Ended;
use crate::app::{Loaded, bootstrap};
use crate::domain::address::Address;
use crate::domain::band::BandName;
use crate::domain::bulletin::{BulletinId, BulletinName, MailingName, Narrowing};
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::subscriber::Sector;
use crate::messages::bulletins;

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub(super) struct Bulletin {
    /// Its name: its file is activities/bulletins/NAME.md
    #[arg(value_name = "NAME", value_parser = name)]
    name: BulletinName,
    /// Only readers of one of these bands
    #[arg(long, value_name = "B,B", value_delimiter = ',')]
    bands: Vec<BandName>,
    /// Only organisations of this sector; may be given several times
    #[arg(long, value_name = "S", value_delimiter = ',')]
    sector: Vec<Sector>,
    /// Only those whose mail of this edition was accepted, or may have been, and who haven't left since
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(BulletinId::LAST_EDITION.0)))]
    edition: Option<u32>,
    /// Only those whose mail of this other bulletin was accepted, or may have been, and who haven't left since
    #[arg(long = "bulletin", value_name = "OTHER", conflicts_with = "edition", value_parser = name)]
    other: Option<BulletinName>,
    /// Only say who would get it
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Send one marked copy to this address; nothing but a line in the log records it
    #[arg(long, value_name = "ADDRESS", conflicts_with = "dry_run")]
    to: Option<Address>,
    /// Send it although an edition is being sent, or is due within the hour or before all of it has left; or although mails of the
    /// edition that it is about may still leave
    #[arg(long)]
    beside_edition: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// A name, or the path of its file as a shell completes it.
fn name(text: &str) -> Result<BulletinName, String> {
    let path = text.strip_prefix("./").unwrap_or(text);
    let path = path.strip_prefix("activities/bulletins/").unwrap_or(path);
    let path = path.strip_prefix("bulletin:").unwrap_or(path);
    path.strip_suffix(".md").unwrap_or(path).parse().map_err(|error| format!("{error}"))
}

impl From<BulletinError> for Failure {
    fn from(error: BulletinError) -> Self {
        match error {
            BulletinError::App(error) => error.into(),
            BulletinError::Send(error) => error.into(),
            BulletinError::UnknownBand(_) | BulletinError::CorrectsNothing(_) | BulletinError::Unconfirmed { .. } => {
                Self::Usage(bulletins::refusal(&error))
            }
            error => Self::Refused(bulletins::refusal(&error)),
        }
    }
}

impl Bulletin {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        if self.dry_run {
            return self.dry_run(context).await;
        }
        let config = context.config()?;
        context.refuse_pretended_time(&config)?;
        if let Some(to) = &self.to {
            return self.test_copy(context, to).await;
        }
        // What was published before needs neither library nor templates, so errors in them don't keep it from being finished.
        let loaded = bootstrap::loaded(&config);
        if let Loaded::WithoutContent(findings) = &loaded {
            out::findings(findings);
        }
        let app = bootstrap::open(config.clone(), context.clock).await?;
        let watcher = Watcher::of_bulletin(config, self.json);
        let stop = CancellationToken::new();
        let sent = Bulletins::new(&app, loaded.content()).send(&self.order(), &watcher, &stop).await;
        Box::pin(operators::tell(&app, loaded.content(), &watcher, &stop)).await;
        Ok(self.report(&sent?))
    }

    fn order(&self) -> BulletinOrder {
        // No filter is everyone; an empty one would be nobody.
        let bands = (!self.bands.is_empty()).then(|| self.bands.iter().cloned().collect());
        let sectors = (!self.sector.is_empty()).then(|| self.sector.iter().copied().collect());
        let edition = self.edition.map(|number| MailingName::Edition(EditionNumber(number)));
        let readers_of = edition.or_else(|| self.other.clone().map(MailingName::Bulletin));
        let narrowing = Narrowing { bands, sectors, readers_of };
        let (beside_edition, confirmed) = (self.beside_edition, self.yes);
        let before_the_last_has_left = beside_edition;
        BulletinOrder { name: self.name.clone(), narrowing, beside_edition, before_the_last_has_left, confirmed }
    }

    async fn dry_run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let (app, content) = context.open_whole_copy().await?;
        let rehearsal = Bulletins::new(&app, Some(&content)).rehearse(&self.order()).await?;
        // On a shared store others wait for what it has changed.
        drop(app);
        if self.json {
            out::json(&rehearsal.proof);
            return Ok(ExitCode::SUCCESS);
        }
        show_bulletin(&rehearsal);
        out::line(&bulletins::preview::look_at(&self.name, self.order().narrowing.readers_of.as_ref()));
        out::line("Dry run: nothing was sent or recorded.");
        Ok(ExitCode::SUCCESS)
    }

    async fn test_copy(&self, context: &Context, to: &Address) -> Result<ExitCode, Failure> {
        let (app, content) = context.open_whole_copy().await?;
        let copy = Bulletins::new(&app, Some(&content)).test_copy(&self.order(), to).await?;
        let config = Arc::clone(&app.config);
        // On a shared store others wait for what it has changed, and a relay may take its time.
        drop(app);
        let copy = copy.ok_or_else(|| Failure::Refused(bulletins::nobody_to_copy(&self.name)))?;
        let segment = copy.send(&config).await?;
        let (app, content) = bootstrap::open_whole(context.config()?, context.clock).await?;
        Bulletins::new(&app, Some(&content)).note_copy(&self.name, &segment).await?;
        if self.json {
            out::json_line(&json!({ "bulletin": self.name, "segment": segment }));
        } else {
            out::line(&format!("Sent a test copy of bulletin {} ({segment}) to {to}. Nobody else got it.", self.name));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn report(&self, sent: &BulletinSent) -> ExitCode {
        match sent {
            BulletinSent::NotWanted => {
                out::note("Nothing was sent.");
                ExitCode::FAILURE
            }
            BulletinSent::Nobody(state) => {
                self.say_nobody(*state);
                ExitCode::SUCCESS
            }
            BulletinSent::Run(report) => {
                let Tally { accepted, suppressed, total, .. } = report.tally;
                let is_settled = accepted + suppressed == total && report.ended == Ended::Finished;
                if is_settled { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
        }
    }

    fn say_nobody(&self, state: EditionState) {
        let told = bulletins::nobody(&self.name);
        if !self.json {
            return out::line(&told);
        }
        let (name, none) = (&self.name, Tally::default());
        out::json_line(
            &json!({ "bulletin": name, "state": state, "deliveries": none, "seconds": 0.0, "per_second": 0.0 }),
        );
        out::note(&told);
    }
}
