//! What every backend does with values before they are columns, and after.

pub(super) mod audit;
pub(super) mod meta;
pub(super) mod reasons;
pub(super) mod segments;
