//! `suppressions`: the addresses that are never mailed again, and bounces that wait for a person.

mod remove;
mod waves;

use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::listing::{JsonList, TableList};
use super::out;
use super::table::Column;
use crate::app::bootstrap;
use crate::app::unsubscriber::{SuppressResult, Unsubscriber};
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::suppression::ListedSuppression;
use crate::domain::subscription::wave::WaveId;

#[derive(Debug, Subcommand)]
pub(super) enum Suppressions {
    /// Every suppressed address, why and since when: the oldest first
    List(List),
    /// Never mail an address again
    Add(Add),
    /// Let an address be subscribed again, or take back all that were suppressed since a moment
    Remove(remove::Remove),
    /// The mailboxes of a wave of bounces are gone: never mail them again
    Confirm(waves::Settle),
    /// The server was wrong about a wave of bounces: its mailboxes stay subscribed
    Dismiss(waves::Settle),
}

impl Suppressions {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Add(command) => command.run(context).await,
            Self::Remove(command) => command.run(context).await,
            Self::Confirm(command) => command.confirm(context).await,
            Self::Dismiss(command) => command.dismiss(context).await,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The bounces of this wave instead: whose they are, and what was said
    #[arg(long, value_name = "ID")]
    wave: Option<u64>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

const COLUMNS: &[Column<'_>] =
    &[Column::Text("Address"), Column::Text("Reason"), Column::Text("Since"), Column::Note("Subscriber")];

impl List {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let app = bootstrap::open_copy_undated(config, context.clock).await?;
        let config = &app.config;
        if let Some(id) = self.wave {
            return waves::list(&app, WaveId(id), self.json).await;
        }
        let since = |at: chrono::DateTime<chrono::Utc>| {
            at.with_timezone(&config.schedule.timezone).to_rfc3339_opts(SecondsFormat::Secs, false)
        };
        let unsubscriber = Unsubscriber::new(&app);
        if self.json {
            let mut list = JsonList::new();
            let mut add = |ListedSuppression { suppression: s, subscriber }: &ListedSuppression| {
                list.add(&json!({
                    "address": s.address, "subscriber": subscriber, "reason": s.reason, "since": since(s.since)
                }))
            };
            unsubscriber.each_suppression(|page| page.iter().try_for_each(&mut add)).await?;
            list.end("");
        } else {
            let mut table = TableList::new(COLUMNS);
            let mut add = |ListedSuppression { suppression: s, subscriber }: &ListedSuppression| {
                let address = s.address.as_ref().map_or_else(|| "(erased)".to_owned(), ToString::to_string);
                let since = out::moment(s.since, config);
                table.add(vec![address, s.reason.to_string(), since, subscriber.clone().unwrap_or_default()])
            };
            unsubscriber.each_suppression(|page| page.iter().try_for_each(&mut add)).await?;
            table.end("No address is suppressed.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The address
    address: Address,
    /// Why: unsubscribed, bounced, complained or operator
    #[arg(long, default_value = "operator", value_parser = remove::reason)]
    reason: SuppressionReason,
}

impl Add {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = context.open().await?;
        let (address, reason) = (&self.address, self.reason);
        let ended = match Unsubscriber::new(&app).suppress(address, reason, OPERATOR).await? {
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
