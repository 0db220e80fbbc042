//! One module for each table or group of tables: rows in, rows out.

pub(super) mod archive;
pub(super) mod audit;
pub(super) mod bands;
pub(super) mod edition_rows;
pub(super) mod editions;
pub(super) mod forget;
pub(super) mod leave;
pub(super) mod listing;
pub(super) mod meta;
pub(super) mod outbox;
pub(super) mod people;
pub(super) mod privacy;
pub(super) mod publish;
pub(super) mod reports;
pub(super) mod requests;
pub(super) mod restored;
pub(super) mod subscribe;
pub(super) mod sync;
