//! What the program does with its parts: sync, plan, publish, dispatch, preview, check.

pub mod activities;
pub mod attention;
pub mod backup;
pub mod bootstrap;
pub mod bounce;
pub mod checker;
mod context;
pub mod decisions;
pub mod deliverability;
pub mod deliveries;
mod edition;
mod edition_content;
pub mod error;
pub mod feeds;
pub mod keyring;
pub mod leaving;
pub mod metrics;
pub mod planner;
pub mod preferences;
pub mod previewer;
pub mod public_pages;
pub mod published_view;
pub mod publisher;
pub mod reload;
pub mod reporter;
pub mod restored;
pub mod retention;
pub mod roster;
pub mod sender;
mod service;
pub mod sync;

pub use context::{AppContext, Content, Loaded};
pub use error::AppError;
pub use service::Service;
