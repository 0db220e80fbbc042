//! What people read of it: every reason, state and refusal as a sentence, with the command to type.
//!
//! The one place where sentences about the service are made, for `cli`, `daemon` and the console alike. Nothing here is
//! ever read back: whoever has to decide asks the enums.

pub mod attention;
pub mod audit;
pub mod backup;
pub mod bulletins;
pub mod console;
pub mod decisions;
pub mod deliverability;
pub mod edition;
pub mod errors;
pub mod log;
pub mod mailbox;
pub mod nodes;
pub mod notices;
pub mod occasions;
pub mod picks;
pub mod plan;
pub mod preview;
pub mod sectors;
pub mod sending;
pub mod sentence;
pub mod sign_on;
pub mod subscription;
pub mod templates;
pub mod troubles;
pub mod users;
pub mod waves;
pub mod withdrawing;
pub mod writing;
pub mod year_report;
