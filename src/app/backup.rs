//! A copy of store and keys in one file, and the way back.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::error::BackupError;
use super::own_files::store_file;
use super::{AppError, keyring, own_files};
use crate::config::Config;
use crate::ordinary_file;
use crate::output::{self, Existing, NewFile, OutputError, Readers};
use crate::store::StoreError;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::side_files::beside;

/// What became of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made: DateTime<Utc>,
    /// Where files are now that were in the way.
    pub aside: Vec<PathBuf>,
}

/// Copies a store that is a file and the key file to `to`, mode 0600, while others may be at work.
///
/// # Errors
/// When there is no store, the keys are missing or others, or the file exists (and is not to be replaced) or cannot be
/// written.
pub fn back_up(config: &Config, to: &Path, replace: bool, at: DateTime<Utc>) -> Result<(), AppError> {
    let store = store_file(config).ok_or(BackupError::OfADatabase)?;
    if !SqliteStore::exists(store)? {
        return Err(BackupError::NoStore(store.to_owned()).into());
    }
    let keys = &config.web.secret_file;
    own_files::spare(config, to)?;
    let new = NewFile::begin(to, Readers::Owner, if replace { Existing::Goes } else { Existing::Stays });
    let new = new.map_err(|error| existing(error, to))?;
    let text = ordinary_file::read_text(keys).map_err(|error| AppError::file(keys, &error))?;
    let hasher = keyring::parse(keys, &text)?.address_hasher();
    SqliteStore::back_up(store, new.path(), (&text, &hasher), at)?;
    new.finish().map_err(|error| existing(error, to))
}

/// A file that is there can be replaced: there is a flag for it.
pub(super) fn existing(error: OutputError, to: &Path) -> AppError {
    match error {
        OutputError::Exists(_) => BackupError::Exists(to.to_owned()).into(),
        error => error.into(),
    }
}

/// Puts the store, which is a file, and the key file of a backup in their places. What is there is kept under another name. The store sends
/// nothing until it is released.
///
/// # Errors
/// When the file is no backup, damaged or newer than this program, or the store is in use; then nothing has changed.
pub fn restore(config: &Config, from: &Path, at: DateTime<Utc>) -> Result<Restored, AppError> {
    let store = &real(store_file(config).ok_or(BackupError::OfADatabase)?);
    let keys = &real(&config.web.secret_file);
    ordinary_file::refuse_others(from).map_err(|error| AppError::file(from, &error))?;
    if !from.is_file() {
        return Err(BackupError::NoSuchFile(from.to_owned()).into());
    }
    output::make_folder(output::folder(store))?;
    let new = NewFile::begin(store, Readers::Owner, Existing::Goes)?;
    let backup = SqliteStore::read_backup(from, new.path(), at).map_err(|error| match error {
        StoreError::NotOurs { reason, .. } => BackupError::Unusable { path: from.to_owned(), reason }.into(),
        other => AppError::from(other),
    })?;
    let backup = backup.ok_or_else(|| BackupError::NoBackup(from.to_owned()))?;
    keyring::parse(from, &backup.keys)?;
    let before = format!(".before-restore-{}", at.format("%Y%m%dT%H%M%SZ"));
    let (store_aside, keys_aside) = free_names(store, keys, &before);
    let old_keys = match ordinary_file::read_text(keys) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(AppError::file(keys, &error)),
    };
    let are_other = old_keys.as_ref() != Some(&backup.keys);
    if are_other {
        output::check(keys, Existing::Goes)?;
    }
    let old_store = SqliteStore::put_aside(store, &store_aside).map_err(|error| match error {
        StoreError::Locked { place } => BackupError::StoreInUse(place).into(),
        other => AppError::from(other),
    })?;
    if are_other {
        if old_keys.is_some() {
            std::fs::hard_link(keys, &keys_aside).map_err(|error| AppError::file(&keys_aside, &error))?;
        }
        output::make_folder(output::folder(keys))?;
        output::write(keys, backup.keys.as_bytes(), Readers::Owner, Existing::Goes)?;
    }
    new.finish()?;
    let aside = [old_store.was_there().then_some(store_aside), (are_other && old_keys.is_some()).then_some(keys_aside)];
    Ok(Restored { made: backup.made, aside: aside.into_iter().flatten().collect() })
}

/// Names for what is put aside that nothing has yet: someone may restore twice within a second.
pub(super) fn free_names(store: &Path, keys: &Path, before: &str) -> (PathBuf, PathBuf) {
    let mut names = (beside(store, before), beside(keys, before));
    for n in 2.. {
        if !names.0.exists() && !names.1.exists() {
            break;
        }
        let before = format!("{before}-{n}");
        names = (beside(store, &before), beside(keys, &before));
    }
    names
}

/// The file itself where its name in the config is a link to it: what belongs to it lies beside it.
pub(super) fn real(file: &Path) -> PathBuf {
    file.canonicalize().ok().filter(|real| real.is_file()).unwrap_or_else(|| file.to_owned())
}
