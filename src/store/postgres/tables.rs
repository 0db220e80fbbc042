//! The ports on rows, a module for each table or two.

pub(super) mod meta;
pub(super) mod outbox;
