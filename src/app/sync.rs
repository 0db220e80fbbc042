//! Brings the store into line with `[[subscribers]]`.

use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::DateTime;

use super::edition::TRIES;
use super::parts::{PART, in_parts};
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

/// What a sync would do.
#[derive(Debug)]
pub struct Planned {
    pub plan: SyncPlan,
    state: StoredState,
}

impl Planned {
    /// Whose subscriptions would end: the subscriber's name and the address, in order of the names.
    pub fn leaving(&self) -> Vec<(&str, &Address)> {
        let name = |id| {
            self.state.entries.iter().find(|entry| entry.subscriber == id).map(|entry| entry.profile.name.as_str())
        };
        let ends = self.plan.changes.iter().filter_map(|change| match change {
            SyncChange::End { subscriber, address } => Some((name(*subscriber).unwrap_or_default(), address)),
            _ => None,
        });
        let mut leaving: Vec<_> = ends.collect();
        leaving.sort();
        leaving
    }
}

/// What a sync would do. Changes nothing.
pub async fn look(context: &AppContext) -> Result<Planned, AppError> {
    let entries = &context.config.subscribers;
    let wished = addresses(entries);
    // Nothing that is asked here depends on the moment.
    let list = context.store.mailing_list(&Scope::Config(wished.clone()), DateTime::UNIX_EPOCH).await?;
    let state = StoredState::of(&list, &wished);
    Ok(Planned { plan: plan_sync(entries, &state), state })
}

/// Whether a sync would wait for consent. Changes nothing.
pub async fn waits(context: &AppContext) -> Result<bool, AppError> {
    Ok(look(context).await?.plan.needs_consent())
}

/// Compares and, unless too many subscriptions would end without `consent`, applies. Where others change what a plan rests on,
/// the rest is planned anew.
pub async fn sync(context: &AppContext, consent: bool) -> Result<Synced, AppError> {
    let AppContext { config, store, clock, .. } = context;
    let entries = &config.subscribers;
    let wished = addresses(entries);
    let wished = &wished;
    in_parts((None, None, 0), |(progress, seen, tries)| async move {
        let list = store.mailing_list(&Scope::Config(wished.clone()), clock.now()).await?;
        let plan = Arc::new(plan_sync(entries, &StoredState::of(&list, wished)));
        let mut progress = progress.unwrap_or_else(|| Progress::of(&list));
        let applied = consent || !plan.needs_consent();
        if !applied || progress.carry_out(context, &plan, list.syncs()).await? {
            let plan = plan.as_ref().clone();
            return Ok(ControlFlow::Break(Synced { plan, done: progress.done, applied }));
        }
        // Whatever a sync wrote meanwhile, this one or another, is progress.
        let tries = if seen == Some(list.syncs()) { tries + 1 } else { 0 };
        if tries == TRIES {
            Err(AppError::ListBusy)
        } else {
            Ok(ControlFlow::Continue((Some(progress), Some(list.syncs()), tries)))
        }
    })
    .await
}

/// What a sync has made so far.
struct Progress {
    choices: Arc<Choices>,
    done: Vec<SyncChange>,
    figures: Option<SyncFigures>,
}

impl Progress {
    /// One that begins now.
    fn of(list: &MailingList) -> Self {
        Self { choices: Arc::new(choices(list)), done: Vec::new(), figures: None }
    }

    /// Applies what was planned on the whole, a part after the other; false when the rest must be planned anew.
    async fn carry_out(&mut self, context: &AppContext, plan: &Arc<SyncPlan>, syncs: u64) -> Result<bool, AppError> {
        let parts = plan.parts(PART).into_iter().zip(syncs..).peekable();
        in_parts((self, parts), |(progress, mut parts)| async move {
            let Some((changes, syncs)) = parts.next() else { return Ok(ControlFlow::Break(true)) };
            let (choices, before) = (Arc::clone(&progress.choices), progress.figures);
            let part = SyncPart { plan: Arc::clone(plan), changes: changes.clone(), choices, syncs, before };
            let (addresses, subscribers) = part.about();
            // Decided on what the store holds by then: someone may have left since the plan was made.
            let decision = move |list: &mut MailingList| apply_part(list, &part);
            let scope = Scope::Sync(addresses, subscribers);
            let (applied, _) = decide(context.store.as_ref(), &scope, context.clock.now(), None, decision).await?;
            let Some(figures) = applied? else { return Ok(ControlFlow::Break(false)) };
            progress.figures = Some(figures);
            plan.add_to(&mut progress.done, changes);
            let is_over = parts.peek().is_none();
            Ok(if is_over { ControlFlow::Break(true) } else { ControlFlow::Continue((progress, parts)) })
        })
        .await
    }
}

fn addresses(entries: &[Entry]) -> Vec<Address> {
    entries.iter().flat_map(|entry| entry.addresses.iter().cloned()).collect()
}
