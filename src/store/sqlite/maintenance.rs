//! Backups, moves, forgetting, and getting what was forgotten out of the files.

pub mod backup;
pub mod moving;
pub(super) mod retention;
pub(super) mod scrub;
