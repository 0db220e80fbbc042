//! `subscribe` and `unsubscribe`.

use std::process::ExitCode;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::sync::list;
use crate::app::sender::Dispatcher;
use crate::app::subscriber::Subscriber;
use crate::app::unsubscriber::{SuppressResult, Unsubscriber};
use crate::app::{AppContext, bootstrap, csv_import};
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::band::Bands;
use crate::domain::subscriber::{Locale, Origin, Profile, Sector, SubscribeRequest, SuppressionReason, is_urn};
use crate::domain::subscription::confirm::Asked;
use crate::domain::subscription::subscribe::Subscribed;
use crate::domain::text::check_line;
use crate::domain::text::dates;
use crate::messages::subscription::{asked_too_often, never_mailed};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("wanted").required(true).args(["bands", "ages"]))]
pub(super) struct Subscribe {
    /// Name of the school or organisation
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The mailbox that gets the digest
    #[arg(long, value_name = "ADDRESS")]
    email: Address,
    /// school, social-care, law-enforcement, health, charity or other
    #[arg(long, value_name = "SECTOR", default_value = "school")]
    sector: Sector,
    /// Bands, separated by commas: 4-5,5-7
    #[arg(long, value_name = "BANDS")]
    bands: Option<String>,
    /// Pupils from LOW until they turn HIGH: 4-11
    #[arg(long, value_name = "LOW-HIGH")]
    ages: Option<String>,
    /// Language and region
    #[arg(long, value_name = "LOCALE", default_value = "en-GB")]
    locale: Locale,
    /// Number in a register of schools
    #[arg(long, value_name = "URN")]
    urn: Option<String>,
    /// Send an email that asks the reader to confirm; nothing begins before the click
    #[arg(long)]
    confirm: bool,
}

impl Subscribe {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = context.open().await?;
        let request = self.request(&app.config.bands)?;
        let address = request.address.clone();
        let bands = &app.config.bands;
        let asked = list(&request.bands, bands);
        let name = request.profile.name.clone();
        // The file's entries first, so that a mailbox that it names is known to be its own.
        super::sync::sync_and_tell(&app).await?;
        if self.confirm && self.ask(context, &app, &request).await? {
            return Ok(ExitCode::SUCCESS);
        }
        match Subscriber::new(&app).subscribe(&request).await? {
            Subscribed::Added => {
                out::line(&format!("Subscribed {name} <{address}> to {asked}."));
            }
            Subscribed::Updated { before, after } if before == after => {
                out::line(&format!(
                    "{address} is subscribed already, with just these bands: {asked}. Nothing changed."
                ));
            }
            Subscribed::Updated { before, after } => {
                out::line(&format!("Updated {address}:"));
                out::line(&format!("  old: {} ({})", before.0.name, list(&before.1, bands)));
                out::line(&format!("  new: {} ({})", after.0.name, list(&after.1, bands)));
                tell_config_name(&app.config, &address, &name, &after.0);
            }
            Subscribed::Left(reason) => return Err(Failure::Refused(never_mailed(&address, reason))),
        }
        first_edition(&app).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// Asks for the click. False when the mailbox has a subscription already, which is updated without one.
    async fn ask(&self, context: &Context, app: &AppContext, wish: &SubscribeRequest) -> Result<bool, Failure> {
        context.refuse_pretended_time(&app.config)?;
        let address = &wish.address;
        match Subscriber::new(app).ask_to_subscribe(wish).await? {
            Asked::Already => return Ok(false),
            Asked::Waits(_) => {}
            Asked::Never(reason) => return Err(Failure::Refused(never_mailed(address, reason))),
            Asked::TooOften => return Err(Failure::Refused(asked_too_often(address))),
            Asked::Nobody => return Err(Failure::Refused("the store gave no answer".into())),
        }
        let name = &wish.profile.name;
        out::line(&format!(
            "{name} <{address}> is asked to confirm. The subscription begins with the click, within 7 days."
        ));
        let posted = Dispatcher::new(app).post(&CancellationToken::new()).await?;
        match posted.trouble {
            None => Ok(true),
            Some(reply) => {
                Err(Failure::Refused(format!("the email was not taken yet: {reply}. `fortnightly run` tries again")))
            }
        }
    }

    fn request(&self, bands: &Bands) -> Result<SubscribeRequest, Failure> {
        check_line(&self.name).map_err(|error| Failure::Usage(format!("--name {error}")))?;
        if self.urn.as_ref().is_some_and(|urn| !is_urn(urn)) {
            return Err(Failure::Usage("--urn must be 1 to 20 letters and digits".into()));
        }
        let wanted =
            csv_import::bands_of(self.bands.as_deref().unwrap_or(""), self.ages.as_deref().unwrap_or(""), bands);
        Ok(SubscribeRequest {
            profile: Profile {
                name: self.name.clone(),
                sector: self.sector,
                locale: self.locale,
                urn: self.urn.clone(),
            },
            address: self.email.clone(),
            bands: wanted.map_err(Failure::Usage)?,
            origin: Origin::Cli,
        })
    }
}

fn tell_config_name(config: &Config, address: &Address, asked: &str, now: &Profile) {
    if let (true, Some(line)) = (now.name != asked, config.line_of_address(address)) {
        out::line(&format!("  The name comes from {}:{line}; change it there.", config.file.display()));
    }
}

async fn first_edition(app: &AppContext) -> Result<(), Failure> {
    match app.next_edition().await? {
        Some(next) => out::line(&format!(
            "Its first edition is number {}, on {}.",
            next.edition,
            dates::day(next.due_at.date_naive())
        )),
        None => out::line("No edition is planned yet."),
    }
    Ok(())
}

#[derive(Debug, Args)]
pub(super) struct Unsubscribe {
    /// The mailbox that gets nothing more
    #[arg(value_name = "ADDRESS")]
    address: Address,
    /// Do not ask at a terminal when nobody has subscribed this address
    #[arg(long)]
    yes: bool,
}

impl Unsubscribe {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        // Leaving works whatever else is wrong: a changed anchor is no reason to go on mailing someone.
        let app = bootstrap::open_undated(config, context.clock).await?;
        let (address, config) = (&self.address, &app.config);
        let in_config = config.line_of_address(address).is_some();
        if !in_config && Unsubscriber::new(&app).is_stranger(address).await? {
            out::note(&stranger(&app, address).await?);
            // In a script nobody is asked: the command itself says what is meant.
            let question = format!("Put {address} on the list of addresses that are never mailed?");
            if !self.yes && out::ask(&question) == Some(false) {
                out::note("Nothing changed.");
                return Ok(ExitCode::FAILURE);
            }
        }
        match Unsubscriber::new(&app).suppress(address, SuppressionReason::Unsubscribed, OPERATOR).await? {
            SuppressResult::Already(_) => {
                out::line(&format!(
                    "{address} is already on the list of addresses that are never mailed; that it unsubscribed is noted, too."
                ));
                return Ok(ExitCode::SUCCESS);
            }
            SuppressResult::Ended(name) => {
                out::line(&format!("Unsubscribed {address} ({name}). It is never mailed again."));
            }
            SuppressResult::Stranger => {
                out::line(&format!("{address} is now on the list of addresses that are never mailed."));
            }
        }
        if let Some(line) = config.line_of_address(address) {
            out::note(&format!(
                "{}:{line} still names it; the entry no longer has any effect for it.",
                config.file.display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What to say of an address that nobody has subscribed: perhaps it is a slip.
async fn stranger(app: &AppContext, address: &Address) -> Result<String, Failure> {
    let near = Unsubscriber::new(app).nearest(address).await?;
    let near = near.map_or(String::new(), |near| format!(" Did you mean {near}?"));
    Ok(format!("No subscriber has the address {address}.{near}"))
}
