//! `suppressions list|add|remove`: the addresses that are never mailed again.

use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::bootstrap;
use crate::domain::address::Address;
use crate::domain::subscriber::SuppressionReason;

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
        let (store, _) = bootstrap::bare_copy(&config)?;
        let all = store.suppressions().await?;
        let since = |at: chrono::DateTime<chrono::Utc>| {
            at.with_timezone(&config.schedule.timezone).to_rfc3339_opts(SecondsFormat::Secs, false)
        };
        if self.json {
            let rows = all.iter().map(|s| json!({ "address": s.address, "reason": s.reason, "since": since(s.since) }));
            out::json(&rows.collect::<Vec<_>>());
        } else if all.is_empty() && out::is_watched() {
            out::line("No address is suppressed.");
        } else {
            let rows = all.iter().map(|s| {
                let address = s.address.as_ref().map_or_else(|| "(erased)".to_owned(), ToString::to_string);
                vec![address, s.reason.to_string(), since(s.since)]
            });
            out::table(&["Address", "Reason", "Since"], rows.collect());
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
        let service = context.open_bare().await?;
        if let Some(reason) = service.store.suppression(&self.address).await? {
            out::line(&format!("{} is suppressed already ({reason}).", self.address));
            return Ok(ExitCode::SUCCESS);
        }
        let now = service.clock.now();
        let name = service.store.unsubscribe(&self.address, self.reason, "cli", now).await?;
        let ended =
            name.map(|name| format!(" It was a mailbox of {name}, whose subscription ends.")).unwrap_or_default();
        out::line(&format!("{} is never mailed again ({}).{ended}", self.address, self.reason));
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
        let service = context.open_bare().await?;
        let address = &self.address;
        let reason = service.store.suppression(address).await?;
        if let Some(reason @ (SuppressionReason::Unsubscribed | SuppressionReason::Complained)) = reason
            && !self.yes
        {
            let what = if reason == SuppressionReason::Complained { "complained" } else { "left" };
            return Err(crate::app::AppError::Refused(format!(
                "the reader of {address} {what}: only their own wish should bring them back. If you have it in writing, add --yes"
            ))
            .into());
        }
        let Some(reason) = service.store.lift_suppression(address, "cli", service.clock.now()).await? else {
            out::error(&format!("{address} is not suppressed: look at `fortnightly suppressions list`"));
            return Ok(ExitCode::FAILURE);
        };
        let file = match reason {
            SuppressionReason::Unsubscribed | SuppressionReason::Complained => {
                "An entry in config.toml does not bring it back"
            }
            _ => "If config.toml names it, the next sync brings it back",
        };
        out::line(&format!(
            "{address} is no longer suppressed (it was: {reason}). {file}; `fortnightly subscribe` does."
        ));
        Ok(ExitCode::SUCCESS)
    }
}
