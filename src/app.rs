//! What the program does with its parts: sync, plan, publish, dispatch, preview, check.

pub mod acting;
pub mod activities;
pub mod attention;
pub mod backup;
pub mod bootstrap;
mod bulletin_content;
pub mod bulletins;
pub mod checker;
mod context;
pub mod csv_import;
pub mod decisions;
pub mod deliverability;
pub mod deliveries;
mod edition;
mod edition_content;
pub mod edition_report;
#[cfg_attr(
    not(feature = "postgres"),
    allow(dead_code, reason = "only a store that is shared can lose what it answered")
)]
mod epochs;
pub mod error;
pub mod feeds;
pub mod importer;
pub mod inbox;
pub mod key_backup;
pub mod keyring;
pub mod leftovers;
pub mod maintenance;
pub mod metrics;
pub mod mover;
mod network;
pub mod nodes;
pub mod operator_notices;
pub mod own_files;
mod parts;
pub mod pictures;
pub mod planner;
mod postgres;
pub mod previewer;
pub mod privacy;
mod public_bulletins;
pub mod public_pages;
pub mod published_view;
pub mod publisher;
mod random_token;
pub mod readiness;
pub mod receiver;
pub mod reload;
mod report_counts;
pub mod reporter;
pub mod restored;
pub mod reviews;
pub mod sender;
pub mod sign_in;
pub mod slips;
pub mod subscriber;
pub mod sync;
pub mod template_update;
pub mod unsubscriber;
pub mod users;
pub mod waves;
pub mod writing;
pub mod year_report;

pub use context::{AppContext, Content, Loaded};
pub use error::AppError;
pub use random_token::random_token;
