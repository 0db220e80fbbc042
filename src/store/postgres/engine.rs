//! What the tables stand on: connections, transactions, statements, the schema, and what goes wrong.

pub(super) mod alone;
pub(super) mod connect;
pub(super) mod error;
mod fate;
pub(super) mod keeper;
pub(super) mod known;
pub(super) mod layer;
pub(super) mod lease;
pub(super) mod listen;
pub(super) mod name_words;
mod open_transaction;
pub(super) mod pool;
mod purpose;
pub(super) mod schema;
pub(super) mod settings;
mod source;
pub(super) mod sql;
pub(super) mod states;
mod tls;
mod trace;
pub(super) mod traced;
pub(super) mod transaction;
pub(super) mod watch;
