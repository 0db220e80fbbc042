//! One mail to one mailbox: what it is, where it stands, what a reply does to it and when it is tried again.

mod cap;
pub mod listing;
mod mailing;
mod outcome;
pub mod pace;
pub mod refusals;
pub mod retry;
pub mod shared_pace;
pub mod silence;
mod state;
pub mod throttle;
pub mod throughput;
mod timeline;
mod trouble;

pub use cap::DailyCap;
pub use mailing::{DeliveryId, EnqueuedMail, ItemId, Mailing, TransactionalId, TransactionalKind, TransactionalMail};
pub use outcome::{Outcome, OutcomeKind, RelayLimit, Reply};
pub use state::{Arrow, DeliveryState, Event, Impossible, Settled, Tally};
pub use timeline::Timeline;
pub use trouble::Trouble;

#[cfg(test)]
mod tests;
