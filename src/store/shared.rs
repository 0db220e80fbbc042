//! What every backend does with values before they are columns, and after.

pub(super) mod approved;
pub(super) mod audit;
pub(super) mod band_book;
pub(super) mod counting;
pub(super) mod decisions;
pub(super) mod in_hand;
pub(super) mod items;
pub(super) mod mailboxes;
pub(super) mod meta;
pub(super) mod reasons;
pub(super) mod replies;
pub(super) mod segments;
pub(super) mod states;
pub(super) mod texts;
