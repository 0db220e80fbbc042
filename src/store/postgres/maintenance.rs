//! What is done to the rows as a whole.

pub(super) mod moving;
pub(super) mod retention;
