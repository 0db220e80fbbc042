//! Brings the store into line with `[[subscribers]]`.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::DateTime;

use super::edition::TRIES;
use super::parts::{PART, give_way};
use super::{AppContext, AppError};
use crate::domain::address::Address;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::sync::{Entry, StoredState, SyncPart, SyncPlan, apply_part, plan_sync};
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
    let entries = &config.subscribers;
    let wished = addresses(entries);
    for _ in 0..TRIES {
        let list = store.mailing_list(&Scope::Config(wished.clone()), clock.now()).await?;
        let synced = plan(&list, entries, &wished, consent);
        if !synced.applied || synced.plan.changes.is_empty() || carry_out(context, &synced.plan, list.syncs()).await? {
            return Ok(synced);
        }
    }
    Err(AppError::Busy)
}

/// Applies what was planned on the whole, a part after the other; false when another sync came between, and the rest must be
/// planned anew.
async fn carry_out(context: &AppContext, plan: &SyncPlan, mut syncs: u64) -> Result<bool, AppError> {
    let (plan, mut made) = (Arc::new(plan.clone()), HashMap::new());
    let count = plan.changes.len();
    for begin in (0..count).step_by(PART) {
        let part = SyncPart { plan: Arc::clone(&plan), changes: begin..count.min(begin + PART), made, syncs };
        let (addresses, subscribers) = part.about();
        // Somebody may have left since: of each mailbox that is asked again.
        let decision = move |list: &mut MailingList| apply_part(list, &part);
        let scope = Scope::Sync(addresses, subscribers);
        let (applied, _) = decide(context.store.as_ref(), &scope, context.clock.now(), None, decision).await?;
        let Some(now_made) = applied? else { return Ok(false) };
        (made, syncs) = (now_made, syncs + 1);
        if begin + PART < count {
            give_way().await;
        }
    }
    Ok(true)
}

fn plan(list: &MailingList, entries: &[Entry], wished: &[Address], consent: bool) -> Synced {
    let plan = plan_sync(entries, &StoredState::of(list, wished));
    let applied = consent || !plan.needs_consent();
    Synced { plan, applied }
}

fn addresses(entries: &[Entry]) -> Vec<Address> {
    entries.iter().flat_map(|entry| entry.addresses.iter().cloned()).collect()
}
