//! Brings the store into line with `[[subscribers]]`.

use chrono::{DateTime, Utc};

use super::{AppError, Service};
use crate::domain::address::Address;
use crate::domain::sync::{Entry, SyncPlan, plan_sync};
use crate::store::Store;

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// What it found.
    pub plan: SyncPlan,
    /// Whether it was applied; not when it would end too many subscriptions without consent.
    pub applied: bool,
}

/// Whether a sync of `wish` waits for consent. Changes nothing.
///
/// # Errors
/// When the store cannot be read.
pub async fn waits(store: &dyn Store, wish: &[Entry]) -> Result<bool, AppError> {
    let wished: Vec<Address> = wish.iter().flat_map(|entry| entry.addresses.iter().cloned()).collect();
    Ok(plan_sync(wish, &store.sync_truth(&wished).await?).needs_consent())
}

impl Synced {
    /// Why it waits, and what to do.
    pub fn consent(&self) -> String {
        format!(
            "the config would end {} of {} subscriptions, so nothing was changed: if that is meant, run `fortnightly sync --yes`",
            self.plan.ending, self.plan.active_before
        )
    }

    /// Whether a person must say yes first.
    pub fn waits_for_consent(&self) -> bool {
        !self.applied
    }
}

/// Compares and, unless too many subscriptions would end without `consent`, applies.
///
/// # Errors
/// When the store cannot be read or written; then nothing changed.
pub async fn sync(store: &dyn Store, wish: &[Entry], consent: bool, at: DateTime<Utc>) -> Result<Synced, AppError> {
    let wished: Vec<Address> = wish.iter().flat_map(|entry| entry.addresses.iter().cloned()).collect();
    let truth = store.sync_truth(&wished).await?;
    let plan = plan_sync(wish, &truth);
    let applied = consent || !plan.needs_consent();
    if applied && !plan.changes.is_empty() {
        store.apply_sync(&plan, at).await?;
    }
    Ok(Synced { plan, applied })
}

/// Syncs for the daemon, whose standard error is a log: counts and lines of the file, never an address.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn sync_and_log(service: &Service) -> Result<(), AppError> {
    let config = &service.config;
    let synced = sync(service.store.as_ref(), &config.subscribers, false, service.clock.now()).await?;
    if synced.waits_for_consent() {
        tracing::error!("{}", synced.consent());
    } else if !synced.plan.changes.is_empty() {
        tracing::info!(changes = synced.plan.changes.len(), "the store follows the config");
    }
    for (_, first, others) in &synced.plan.shared {
        tracing::warn!("{}:{first}: a mailbox of this entry is also named on line {others:?}", config.file.display());
    }
    Ok(())
}
