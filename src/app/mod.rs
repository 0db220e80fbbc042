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
pub mod deliveries;
mod edition;
mod edition_content;
pub mod error;
pub mod feeds;
pub mod inbox;
pub mod keyring;
pub mod leftovers;
pub mod maintenance;
pub mod metrics;
pub mod own_files;
pub mod planner;
pub mod previewer;
pub mod privacy;
pub mod public_pages;
pub mod published_view;
pub mod publisher;
pub mod receiver;
pub mod reload;
pub mod reporter;
pub mod restored;
pub mod sender;
pub mod subscriber;
pub mod sync;
pub mod unsubscriber;

pub use context::{AppContext, Content, Loaded};
pub use error::AppError;
