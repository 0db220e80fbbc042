//! The name under which other tables still know `sql::word`.

pub(in crate::store::sqlite) use crate::store::sqlite::engine::sql::word;
