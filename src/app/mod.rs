//! What the program does with its parts: sync, plan, publish, dispatch, preview, check.

pub mod activities;
pub mod attention;
pub mod backup;
pub mod bootstrap;
pub mod checker;
mod context;
pub mod csv_import;
pub mod decisions;
pub mod deliverability;
pub mod dispatch;
pub mod dkim;
mod edition_content;
pub mod edits;
pub mod error;
pub mod feeds;
pub mod keyring;
pub mod letters;
pub mod maintenance;
pub mod metrics;
mod planner;
pub mod planning;
pub mod previewer;
pub mod privacy;
pub mod public_pages;
pub mod publish;
pub mod published_view;
pub mod receiver;
pub mod reload;
pub mod reporter;
pub mod restored;
mod service;
pub mod subscriber;
pub mod sync;
pub mod test_copy;
mod transactional;
pub mod transport;
pub mod unsubscriber;
pub mod withdrawal;

pub use context::{AppContext, Content, Loaded};
pub use error::AppError;
pub use service::Service;

/// How often a decision is made anew when others change what it was made from.
pub(crate) const TRIES: usize = 5;
