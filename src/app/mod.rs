//! What the program does with its parts: sync, plan, publish, dispatch, preview, check.

pub mod activities;
pub mod backup;
pub mod bootstrap;
pub mod bounce;
pub mod check;
mod context;
pub mod decisions;
pub mod dispatch;
pub mod dkim;
pub mod edits;
pub mod error;
pub mod feeds;
pub mod keyring;
pub mod leaving;
pub mod letters;
mod material;
pub mod metrics;
pub mod online;
mod planner;
pub mod planning;
pub mod preferences;
pub mod preview;
pub mod publish;
pub mod reading;
pub mod reload;
pub mod retention;
pub mod roster;
mod service;
pub mod site;
pub mod status;
pub mod sync;
pub mod test_copy;
pub mod transport;
pub mod withdrawal;

pub use context::{AppContext, Content};
pub use error::AppError;
pub use service::Service;

/// How often a decision is made anew when others change what it was made from.
pub(crate) const TRIES: usize = 5;
