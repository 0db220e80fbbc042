//! What lies beside a database under its name with something at the end.

use std::path::{Path, PathBuf};

/// What `SQLite` keeps beside a database (<https://sqlite.org/tempfiles.html>).
pub const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// `x.db` → `x.db-wal`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
