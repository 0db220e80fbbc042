//! `sync`: the store follows the config.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::sync::{Synced, sync};
use crate::app::{AppContext, bootstrap};
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet, Bands};
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::sync::{SyncChange, SyncPlan, Who};
use crate::domain::text::lists::commas;
use crate::messages::subscription::consent;

#[derive(Debug, Args)]
pub(super) struct Sync {
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Apply it even when many subscriptions would end
    #[arg(long)]
    yes: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Sync {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let clock = context.clock;
        let app = if self.dry_run {
            bootstrap::open_copy(config, clock).await?
        } else {
            bootstrap::open(config, clock).await?
        };
        let config = Arc::clone(&app.config);
        let synced = sync(&app, self.yes).await?;
        // On a shared store others wait for what a look has changed.
        drop(app);
        let mut lines = changes(&synced.done, &config.bands);
        let done = lines.len();
        if !synced.applied {
            lines.extend(changes(&synced.plan.changes, &config.bands));
        }
        if self.json {
            out::json(&json!({
                "applied": synced.applied && !self.dry_run,
                "changes": lines,
                "kept_out": kept_out(&synced.plan, &config),
                "ending": synced.plan.ending,
                "active_before": synced.plan.active_before,
            }));
        } else {
            for (at, text) in lines.iter().enumerate() {
                let would = if at < done && !self.dry_run { "" } else { "would be " };
                out::line(&format!("{would}{text}"));
            }
            for text in kept_out(&synced.plan, &config) {
                out::line(&text);
            }
            if lines.is_empty() {
                out::line("The store agrees with the config: nothing to change.");
            }
        }
        warn_shared(&synced.plan, &config.file.display().to_string());
        if synced.waits_for_consent() {
            out::error(&consent(&synced));
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Syncs inside another command, telling what changed on standard error. It is not applied when it waits for consent.
pub(super) async fn sync_and_tell(app: &AppContext) -> Result<Synced, Failure> {
    let synced = sync(app, false).await?;
    tell(&synced, &app.config);
    Ok(synced)
}

/// Tells on standard error what a sync inside another command changed.
pub(super) fn tell(synced: &Synced, config: &Config) {
    for text in changes(&synced.done, &config.bands) {
        out::note(&text);
    }
    warn_shared(&synced.plan, &config.file.display().to_string());
}

fn warn_shared(plan: &SyncPlan, file: &str) {
    for (address, first, others) in &plan.shared {
        out::note(&format!(
            "warning: {file}:{first}: {address} is also named on line {}: it gets the bands of all and belongs to this entry",
            commas(others)
        ));
    }
}

/// One line per change, for people at a terminal.
pub(super) fn changes(changes: &[SyncChange], bands: &Bands) -> Vec<String> {
    let mut lines = Vec::new();
    let name = |who: &Who| match who {
        Who::New(at) => match changes.get(*at) {
            Some(SyncChange::AddSubscriber(profile)) => profile.name.clone(),
            _ => "a new subscriber".to_owned(),
        },
        Who::Known(id) => format!("subscriber {}", id.0),
    };
    for change in changes {
        lines.push(match change {
            SyncChange::AddSubscriber(profile) => format!("new: {} ({})", profile.name, profile.sector),
            SyncChange::UpdateSubscriber { before, after, .. } if before.name != after.name => {
                format!("renamed: {} is now {}", before.name, after.name)
            }
            SyncChange::UpdateSubscriber { after, .. } => format!("updated: {} ({})", after.name, after.sector),
            SyncChange::Start { subscriber, address, bands: set } => {
                format!("subscribed: {address} for {} ({})", name(subscriber), list(set, bands))
            }
            SyncChange::Restore { address, bands: set, .. } => format!("restored: {address} ({})", list(set, bands)),
            SyncChange::Rebands { address, before, after, .. } => {
                format!("bands: {address} had {}, now {}", list(before, bands), list(after, bands))
            }
            SyncChange::End { address, .. } => format!("ended: {address} (its entry is gone)"),
        });
    }
    lines
}

/// Addresses that the file names although they left.
fn kept_out(plan: &SyncPlan, config: &Config) -> Vec<String> {
    let line = |(address, reason): &(Address, SuppressionReason)| {
        let place = config.line_of_address(address);
        let place = place.map_or_else(String::new, |line| format!(": remove it in {}:{line}", config.file.display()));
        format!("not brought back: {address} ({reason}){place}")
    };
    plan.kept_out.iter().map(line).collect()
}

/// `4-5, 5-7` in the service's order; bands that are no longer configured come last.
pub(super) fn list(set: &BandSet, bands: &Bands) -> String {
    let mut names: Vec<&str> = bands.ordered(set).iter().map(|band| band.id.as_str()).collect();
    names.extend(set.iter().filter(|name| bands.get(name).is_none()).map(BandName::as_str));
    names.join(", ")
}
