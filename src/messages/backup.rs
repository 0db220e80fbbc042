//! What the backup of a service has in it whose store is a database, and what is left to the database's own tools.

use std::path::Path;

use crate::config::PostgresUrl;

/// That the keys are in this file, and what else a backup needs.
pub fn keys_backed_up(file: &Path, url: &PostgresUrl) -> String {
    format!(
        "Wrote the keys, and how far the database has come, to {}. Keep it as safe as the keys, and apart from the database.\n\
         The store itself is the database {}, which its own tools copy while mail is sent: `pg_basebackup` with an archive of \
         its write-ahead log, from which every moment can be restored, or `pg_dump --format=custom`. Config, activities, \
         templates and the files of secrets are in neither.",
        file.display(),
        url.database
    )
}

/// That the keys are back, where those before them are, and what else is to be done.
pub fn keys_restored(aside: Option<&Path>, url: &PostgresUrl) -> String {
    let aside = aside.map_or_else(String::new, |aside| format!(" Those before are kept in {}.", aside.display()));
    format!(
        "Restored the keys.{aside}\n\
         The database {} is restored by its own tools (a base backup and its archive, or `pg_restore`), while no process of \
         Fortnightly runs; copy the key file to every machine. If the database turns out to have lost something, nothing \
         is sent until you run `fortnightly release`.",
        url.database
    )
}
