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
mod edition;
pub mod error;
pub mod feeds;
pub mod keyring;
pub mod leaving;
pub mod letters;
mod material;
pub mod metrics;
pub mod online;
pub mod planner;
pub mod preferences;
pub mod preview;
pub mod publisher;
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

pub use context::{AppContext, Content};
pub use error::AppError;
pub use service::Service;
