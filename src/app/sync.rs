//! Brings the store into line with `[[subscribers]]`.

use std::sync::Arc;

use chrono::DateTime;

use super::{AppContext, AppError};
use crate::domain::address::Address;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::sync::{Entry, StoredState, SyncPlan, UnknownSubscriber, apply, plan_sync};
use crate::store::{Scope, decide};

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    pub plan: SyncPlan,
    /// Whether it was applied; not when it would end too many subscriptions without consent.
    pub applied: bool,
}

impl Synced {
    /// Whether a person must say yes first.
    pub fn waits_for_consent(&self) -> bool {
        !self.applied
    }
}

/// Whether a sync would wait for consent. Changes nothing.
pub async fn waits(context: &AppContext) -> Result<bool, AppError> {
    let entries = &context.config.subscribers;
    let wished = addresses(entries);
    // Nothing that is asked here depends on the moment.
    let list = context.store.mailing_list(&Scope::Config(wished.clone()), DateTime::UNIX_EPOCH).await?;
    Ok(plan_sync(entries, &StoredState::of(&list, &wished)).needs_consent())
}

/// Compares and, unless too many subscriptions would end without `consent`, applies.
pub async fn sync(context: &AppContext, consent: bool) -> Result<Synced, AppError> {
    let AppContext { config, store, clock, .. } = context;
    let (entries, at) = (&config.subscribers, clock.now());
    let wished = addresses(entries);
    let scope = Scope::Config(wished.clone());
    let looked = plan(&store.mailing_list(&scope, at).await?, entries, &wished, consent);
    if !looked.applied || looked.plan.changes.is_empty() {
        return Ok(looked);
    }
    let config = Arc::clone(config);
    // Somebody may have left since we looked: it is decided again where it is written.
    let decision = move |list: &mut MailingList| {
        let synced = plan(list, &config.subscribers, &wished, consent);
        if synced.applied {
            apply(list, &synced.plan)?;
        }
        Ok::<_, UnknownSubscriber>(synced)
    };
    Ok(decide(store.as_ref(), &scope, at, None, decision).await?.0?)
}

fn plan(list: &MailingList, entries: &[Entry], wished: &[Address], consent: bool) -> Synced {
    let plan = plan_sync(entries, &StoredState::of(list, wished));
    let applied = consent || !plan.needs_consent();
    Synced { plan, applied }
}

fn addresses(entries: &[Entry]) -> Vec<Address> {
    entries.iter().flat_map(|entry| entry.addresses.iter().cloned()).collect()
}
