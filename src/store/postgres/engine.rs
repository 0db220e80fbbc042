//! What the tables stand on: connections, transactions, statements, the schema, and what goes wrong.

pub(super) mod alone;
pub(super) mod error;
pub(super) mod lease;
pub(super) mod listen;
pub(super) mod pool;
pub(super) mod schema;
pub(super) mod sql;
pub(super) mod states;
mod trace;
pub(super) mod transaction;
