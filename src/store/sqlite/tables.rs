//! One module for each table or group of tables: rows in, rows out.

mod approved;
pub(super) mod archive;
pub(super) mod audit;
mod bulletin_rows;
mod bulletins;
pub(super) mod columns;
pub(super) mod edition_rows;
pub(super) mod editions;
pub(super) mod forget;
mod lists;
mod mailing_list;
mod memberships;
pub(super) mod meta;
mod names;
mod nodes;
pub(in crate::store::sqlite) mod notices;
pub(super) mod outbox;
mod pictures;
pub(super) mod privacy;
pub(super) mod publish;
pub(super) mod reports;
pub(super) mod restored;
mod search;
pub(super) mod segments;
mod subjects;
pub(super) mod subscribers;
mod users;
