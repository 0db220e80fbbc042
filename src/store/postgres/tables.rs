//! The ports on rows, a module for each table or two.

mod approved;
pub(super) mod archive;
pub(super) mod audit;
pub(super) mod columns;
pub(super) mod edition_rows;
pub(super) mod editions;
pub(super) mod epoch;
mod forget;
mod letters;
mod lists;
mod mailing_list;
mod memberships;
pub(super) mod meta;
mod names;
mod nodes;
pub(in crate::store::postgres) mod notices;
mod numbers;
pub(super) mod outbox;
pub(super) mod privacy;
pub(super) mod publish;
mod reports;
pub(super) mod restored;
mod search;
pub(super) mod segments;
mod set_back;
mod subscribers;
mod users;
