//! `suppressions list|add|remove`: the addresses that are never mailed again.

use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::bootstrap;
use crate::app::unsubscriber::{LiftResult, SuppressResult, Unsubscriber};
use crate::domain::address::Address;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::suppression::ListedSuppression;
use crate::messages::subscription::lifting_needs_consent;

#[derive(Debug, Subcommand)]
pub(super) enum Suppressions {
    /// Every suppressed address, why and since when
    List(List),
    /// Never mail an address again
    Add(Add),
    /// Let an address be subscribed again
    Remove(Remove),
}

impl Suppressions {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Add(command) => command.run(context).await,
            Self::Remove(command) => command.run(context).await,
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
        let app = bootstrap::open_copy_undated(config, context.clock)?;
        let config = &app.config;
        let all = Unsubscriber::new(&app).suppressions().await?;
        let since = |at: chrono::DateTime<chrono::Utc>| {
            at.with_timezone(&config.schedule.timezone).to_rfc3339_opts(SecondsFormat::Secs, false)
        };
        if self.json {
            let rows = all.iter().map(|ListedSuppression { suppression: s, subscriber }| {
                json!({
                    "address": s.address, "subscriber": subscriber, "reason": s.reason, "since": since(s.since)
                })
            });
            out::json(&rows.collect::<Vec<_>>());
        } else if all.is_empty() && out::is_watched() {
            out::line("No address is suppressed.");
        } else {
            let rows = all.iter().map(|ListedSuppression { suppression: s, subscriber }| {
                let address = s.address.as_ref().map_or_else(|| "(erased)".to_owned(), ToString::to_string);
                vec![address, s.reason.to_string(), since(s.since), subscriber.clone().unwrap_or_default()]
            });
            out::table(&["Address", "Reason", "Since", "Subscriber"], rows.collect());
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The address
    address: Address,
    /// Why: unsubscribed, bounced, complained or operator
    #[arg(long, default_value = "operator")]
    reason: SuppressionReason,
}

impl Add {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = context.open().await?;
        let (address, reason) = (&self.address, self.reason);
        let ended = match Unsubscriber::new(&app).suppress(address, reason, "cli").await? {
            SuppressResult::Already(reason) => {
                out::line(&format!("{address} is suppressed already ({reason})."));
                return Ok(ExitCode::SUCCESS);
            }
            SuppressResult::Ended(name) => format!(" It was a mailbox of {name}, whose subscription ends."),
            SuppressResult::Stranger => String::new(),
        };
        out::line(&format!("{address} is never mailed again ({reason}).{ended}"));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// The address
    address: Address,
    /// Also when its reader left or complained
    #[arg(long)]
    yes: bool,
}

impl Remove {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = context.open().await?;
        let address = &self.address;
        let reason = match Unsubscriber::new(&app).lift(address, self.yes, "cli").await? {
            LiftResult::Lifted(reason) => reason,
            LiftResult::NeedsConsent(reason) => {
                return Err(Failure::Refused(lifting_needs_consent(address, reason)));
            }
            LiftResult::NotSuppressed => {
                out::error(&format!("{address} is not suppressed: look at `fortnightly suppressions list`"));
                return Ok(ExitCode::FAILURE);
            }
        };
        let file = if reason.is_readers_wish() {
            "An entry in config.toml does not bring it back"
        } else {
            "If config.toml names it, the next sync brings it back"
        };
        out::line(&format!(
            "{address} is no longer suppressed (it was: {reason}). {file}; `fortnightly subscribe` does."
        ));
        Ok(ExitCode::SUCCESS)
    }
}
