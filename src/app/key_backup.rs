//! The backup of a service whose store is a database: its own tools copy that, and this copies what they do not, the keys, and how far
//! the database had come.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::backup::{existing, free_names, real};
use super::error::BackupError;
use super::{AppError, bootstrap, epochs, keyring, own_files};
use crate::clock::Clock;
use crate::config::Config;
use crate::ordinary_file;
use crate::output::{self, Existing, NewFile, Readers};

/// What such a file begins with.
const HEADER: &str = "fortnightly-keys-of-a-database 1";

/// What a store in a file begins with (<https://sqlite.org/fileformat2.html#the_database_header>).
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Writes keys and epoch to `to`, mode 0600.
///
/// # Errors
/// When the database cannot be asked, has other keys, or the file exists (and is not to be replaced) or cannot be written.
pub async fn back_up(config: &Config, to: &Path, replace: bool, clock: Clock) -> Result<(), AppError> {
    let keys = &config.web.secret_file;
    own_files::spare(config, to)?;
    let new = NewFile::begin(to, Readers::Owner, if replace { Existing::Goes } else { Existing::Stays });
    let new = new.map_err(|error| existing(error, to))?;
    // It refuses keys that are not the database's.
    let context = bootstrap::open_copy_undated(config.clone(), clock).await?;
    let epoch = context.store.epoch().await?.map(epochs::to_line).unwrap_or_default();
    let text = ordinary_file::read_text(keys).map_err(|error| AppError::file(keys, &error))?;
    std::fs::write(new.path(), format!("{HEADER}\n{epoch}\n{text}")).map_err(|error| AppError::file(to, &error))?;
    new.finish().map_err(|error| existing(error, to))
}

/// Puts the keys of such a file in their place, and remembers how far the database had come then. Other keys that are there are kept
/// under another name, which is returned.
///
/// # Errors
/// When the file is none, or the keys cannot be written; then nothing has changed.
pub fn restore(config: &Config, from: &Path, at: DateTime<Utc>) -> Result<Option<PathBuf>, AppError> {
    let keys = &real(&config.web.secret_file);
    ordinary_file::refuse_others(from).map_err(|error| AppError::file(from, &error))?;
    if !from.is_file() {
        return Err(BackupError::NoSuchFile(from.to_owned()).into());
    }
    let bytes = ordinary_file::read(from).map_err(|error| AppError::file(from, &error))?;
    if bytes.starts_with(SQLITE) {
        return Err(BackupError::OfAFile(from.to_owned()).into());
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    let text = text.strip_prefix(HEADER).ok_or_else(|| BackupError::NoKeys(from.to_owned()))?.trim_start_matches('\n');
    let (epoch, text) = match text.split_once('\n').and_then(|(line, rest)| Some((epochs::from_line(line)?, rest))) {
        Some((epoch, rest)) => (Some(epoch), rest.trim_start_matches('\n')),
        None => (None, text),
    };
    keyring::parse(from, text)?;
    let aside = put_keys(keys, text, at)?;
    if let Some(epoch) = epoch {
        epochs::write(&epochs::file(keys), epoch)?;
    }
    Ok(aside)
}

/// Writes the key file, unless it says this already; where the one before is kept.
fn put_keys(keys: &Path, text: &str, at: DateTime<Utc>) -> Result<Option<PathBuf>, AppError> {
    let old = match ordinary_file::read_text(keys) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(AppError::file(keys, &error)),
    };
    if old.as_deref() == Some(text) {
        return Ok(None);
    }
    output::check(keys, Existing::Goes)?;
    let before = format!(".before-restore-{}", at.format("%Y%m%dT%H%M%SZ"));
    let aside = old.is_some().then(|| free_names(keys, keys, &before).0);
    if let Some(aside) = &aside {
        std::fs::hard_link(keys, aside).map_err(|error| AppError::file(aside, &error))?;
    }
    output::make_folder(output::folder(keys))?;
    output::write(keys, text.as_bytes(), Readers::Owner, Existing::Goes)?;
    Ok(aside)
}
