//! A copy of store and keys in one file, and the way back.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::error::BackupError;
use super::{AppError, bootstrap, keyring};
use crate::config::Config;
use crate::ordinary_file;
use crate::store::StoreError;
use crate::store::sqlite::SqliteStore;

/// What became of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made: DateTime<Utc>,
    /// Where files are now that were in the way.
    pub aside: Vec<PathBuf>,
}

/// Copies store and key file to `to`, mode 0600, while others may be at work.
///
/// # Errors
/// When there is no store, the keys are missing or others, or the file exists (and is not to be replaced) or cannot be
/// written.
pub fn back_up(config: &Config, to: &Path, replace: bool, at: DateTime<Utc>) -> Result<(), AppError> {
    let store = bootstrap::store_file(config);
    if !store.exists() {
        return Err(BackupError::NoStore(store.to_owned()).into());
    }
    let keys = &config.web.secret_file;
    let side = |suffix: &str| PathBuf::from(format!("{}{suffix}", store.display()));
    let ours = [store.to_owned(), side("-wal"), side("-shm"), side("-journal"), keys.clone(), config.file.clone()];
    if let Some(ours) = ours.iter().find(|ours| is_same_file(ours, to)) {
        return Err(BackupError::OwnFile(ours.clone()).into());
    }
    if !replace && to.exists() {
        return Err(BackupError::Exists(to.to_owned()).into());
    }
    let text = ordinary_file::read_text(keys).map_err(|error| AppError::file(keys, &error))?;
    let hasher = keyring::parse(keys, &text)?.address_hasher();
    Ok(SqliteStore::back_up(store, to, (&text, &hasher), replace, at)?)
}

/// Whether both names lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |path: &Path| std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino()));
    id(one).is_some_and(|one| id(other) == Some(one))
}

/// Puts the store and the key file of a backup in their places. What is there is kept under another name. The store sends
/// nothing until it is released.
///
/// # Errors
/// When the file is no backup, damaged or newer than this program, or the store is in use; then nothing has changed.
pub fn restore(config: &Config, from: &Path, at: DateTime<Utc>) -> Result<Restored, AppError> {
    let store = bootstrap::store_file(config);
    let keys = &config.web.secret_file;
    ordinary_file::refuse_others(from).map_err(|error| AppError::file(from, &error))?;
    if !from.is_file() {
        return Err(BackupError::NoSuchFile(from.to_owned()).into());
    }
    let ready = SqliteStore::read_backup(from, store, at)?.ok_or_else(|| BackupError::NoBackup(from.to_owned()))?;
    keyring::parse(from, &ready.keys)?;
    let (made, text) = (ready.made, ready.keys.clone());
    let suffix = format!("before-restore-{}", at.format("%Y%m%dT%H%M%SZ"));
    let store_aside = beside(store, &suffix);
    let mut aside = Vec::new();
    let put_keys = || {
        let differs = match ordinary_file::read_text(keys) {
            Ok(old) => old != text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if differs {
            let name = beside(keys, &suffix);
            std::fs::hard_link(keys, &name)?;
            aside.push(name);
        }
        write_keys(keys, &text)
    };
    let moved = ready.put(store, &store_aside, put_keys).map_err(|error| match error {
        StoreError::Locked { place } => BackupError::StoreInUse(place).into(),
        other => AppError::from(other),
    })?;
    if moved {
        aside.insert(0, store_aside);
    }
    Ok(Restored { made, aside })
}

/// `x.db` → `x.db.SUFFIX`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn write_keys(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let draft = beside(file, "new");
    let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&draft, file)?;
    std::fs::File::open(folder)?.sync_all()
}
