//! The file is the wish, the store is the truth: what brings one into line with the other.

mod apply;
mod matching;
mod plan;
mod state;

#[cfg(test)]
mod tests;

pub use apply::{Choices, SyncFigures, SyncPart, UnknownSubscriber, apply_part, choices};
pub use plan::{SyncChange, SyncPlan, Who, plan_sync};
pub use state::{Entry, StoredEntry, StoredMailbox, StoredState};
