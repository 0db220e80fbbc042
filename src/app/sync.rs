//! Brings the store into line with `[[subscribers]]`.

use std::sync::Arc;

use chrono::DateTime;

use super::edition::TRIES;
use super::parts::{PART, give_way};
use super::{AppContext, AppError};
use crate::domain::address::Address;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::sync::{
    Choices, Entry, StoredState, SyncChange, SyncFigures, SyncPart, SyncPlan, apply_part, choices, plan_sync,
};
use crate::store::{Scope, decide};

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// What was planned last.
    pub plan: SyncPlan,
    /// Every change that was made, also by plans before.
    pub done: Vec<SyncChange>,
    /// Whether the plan was applied; not when it would end too many subscriptions without consent.
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

/// Compares and, unless too many subscriptions would end without `consent`, applies. Where others change what a plan rests on,
/// the rest is planned anew.
pub async fn sync(context: &AppContext, consent: bool) -> Result<Synced, AppError> {
    let AppContext { config, store, clock, .. } = context;
    let entries = &config.subscribers;
    let wished = addresses(entries);
    let (mut run, mut seen, mut tries) = (None, None, 0);
    loop {
        let list = store.mailing_list(&Scope::Config(wished.clone()), clock.now()).await?;
        let plan = Arc::new(plan_sync(entries, &StoredState::of(&list, &wished)));
        let applied = consent || !plan.needs_consent();
        let run = run.get_or_insert_with(|| Run::of(&list));
        if !applied || run.carry_out(context, &plan, list.syncs()).await? {
            return Ok(Synced { plan: plan.as_ref().clone(), done: std::mem::take(&mut run.done), applied });
        }
        // Whatever a sync wrote meanwhile, this one or another, is progress.
        tries = if seen.replace(list.syncs()) == Some(list.syncs()) { tries + 1 } else { 0 };
        if tries == TRIES {
            return Err(AppError::ListBusy);
        }
        give_way().await;
    }
}

/// What a sync has made.
struct Run {
    choices: Arc<Choices>,
    done: Vec<SyncChange>,
    figures: Option<SyncFigures>,
}

impl Run {
    /// One that begins now.
    fn of(list: &MailingList) -> Self {
        Self { choices: Arc::new(choices(list)), done: Vec::new(), figures: None }
    }

    /// Applies what was planned on the whole, a part after the other; false when the rest must be planned anew.
    async fn carry_out(&mut self, context: &AppContext, plan: &Arc<SyncPlan>, syncs: u64) -> Result<bool, AppError> {
        for (changes, syncs) in plan.parts(PART).into_iter().zip(syncs..) {
            let is_last = changes.end == plan.changes.len();
            let (choices, before) = (Arc::clone(&self.choices), self.figures);
            let part = SyncPart { plan: Arc::clone(plan), changes: changes.clone(), choices, syncs, before };
            let (addresses, subscribers) = part.about();
            // Decided on what the store holds by then: somebody may have left since the plan was made.
            let decision = move |list: &mut MailingList| apply_part(list, &part);
            let scope = Scope::Sync(addresses, subscribers);
            let (applied, _) = decide(context.store.as_ref(), &scope, context.clock.now(), None, decision).await?;
            let Some(figures) = applied? else { return Ok(false) };
            self.figures = Some(figures);
            plan.add_to(&mut self.done, changes);
            if !is_last {
                give_way().await;
            }
        }
        Ok(true)
    }
}

fn addresses(entries: &[Entry]) -> Vec<Address> {
    entries.iter().flat_map(|entry| entry.addresses.iter().cloned()).collect()
}
