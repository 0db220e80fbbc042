//! How the database is reached: its threads, connections, schema, the locks of processes, and errors.

mod checkpoint;
pub(super) mod connect;
pub(super) mod db_thread;
pub(super) mod error;
pub(super) mod identity;
mod image;
pub(super) mod in_use;
pub(super) mod inline_reader;
pub(super) mod layer;
pub(super) mod moved;
pub(super) mod name_words;
pub(super) mod process_lock;
pub(super) mod schema;
pub(super) mod snapshot;
pub(super) mod sql;
pub(super) mod states;
