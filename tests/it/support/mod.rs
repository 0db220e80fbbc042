//! Helpers that start real programs on loopback, and stop what they started.

pub(crate) mod postfix;
