//! What was found that operators have to be told.

use std::collections::BTreeMap;

use crate::app::attention::Attention;
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::notice::Finding;

/// What was found, and what more is known about it.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) editions: Vec<Edition>,
    pub(super) tallies: BTreeMap<EditionNumber, Tally>,
    /// Everything that needs a person.
    pub(super) attention: Vec<Attention>,
    /// What is told of it under [`NoticeKind::Attention`](crate::domain::notice::NoticeKind), by its key.
    pub(super) needs_a_person: BTreeMap<String, Attention>,
}
