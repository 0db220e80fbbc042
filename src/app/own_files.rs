//! The files and folders that the service lives by: no command writes over them, or into them, by a name that it was given.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{AppError, epochs};
use crate::config::{Config, StoreUrl, TransportUrl};
use crate::output;
use crate::store::sqlite::side_files::{SIDES, beside};

/// The folders beside a configuration that editors write in.
const CONTENT: [&str; 2] = ["activities", "templates"];

/// What a configuration is usually called.
const CONFIG: &str = "config.toml";

/// The file of the store, if it is one.
pub(super) fn store_file(config: &Config) -> Option<&Path> {
    match &config.store {
        StoreUrl::Sqlite(path) => Some(path),
        StoreUrl::Postgres(_) => None,
    }
}

/// Refuses a name that leads to one of them, in whatever words.
///
/// # Errors
/// Names the file or folder of ours.
pub fn spare(config: &Config, target: &Path) -> Result<(), AppError> {
    let place = output::place(target);
    let lies_in = |folder: &PathBuf| place.starts_with(output::place(folder));
    let is = |file: &PathBuf| place == output::place(file) || is_same_file(file, target);
    match folders(config).into_iter().find(lies_in).or_else(|| files(config).into_iter().find(is)) {
        Some(ours) => Err(AppError::OwnFile { target: target.to_owned(), ours }),
        None => Ok(()),
    }
}

/// Refuses a name inside the library or among the templates of any service, for commands that write without having read a
/// configuration; `named` is the one that they would read.
///
/// # Errors
/// Names the folder.
pub fn spare_library(named: &Path, target: &Path) -> Result<(), AppError> {
    let place = output::place(target);
    let named = output::place(named);
    let is_ours = |folder: &&Path| {
        let above = folder.parent().unwrap_or(folder);
        let is_service = named.parent() == Some(above) && named.is_file() || above.join(CONFIG).is_file();
        is_service && CONTENT.iter().any(|name| folder.ends_with(name))
    };
    match place.ancestors().find(is_ours) {
        Some(ours) => Err(AppError::OwnFile { target: target.to_owned(), ours: ours.to_owned() }),
        None => Ok(()),
    }
}

fn files(config: &Config) -> Vec<PathBuf> {
    let mut all = vec![config.file.clone(), config.web.secret_file.clone(), epochs::file(&config.web.secret_file)];
    match &config.store {
        StoreUrl::Sqlite(store) => {
            all.push(store.clone());
            all.extend(SIDES.map(|suffix| beside(store, suffix)));
            all.extend(put_aside(store));
        }
        StoreUrl::Postgres(url) => all.extend(url.password_file.iter().chain(&url.ca_file).cloned()),
    }
    all.extend(config.web.oidc.iter().flat_map(|oidc| oidc.client_secret_file.iter().chain(&oidc.ca_file)).cloned());
    all.extend(config.service.face.logo.iter().cloned());
    all.extend(config.mail.dkim.iter().map(|key| key.private_key_file.clone()));
    if let TransportUrl::Smtp(relay) = &config.mail.transport {
        all.extend(relay.password_file.iter().chain(&relay.ca_file).cloned());
    }
    all
}

fn folders(config: &Config) -> Vec<PathBuf> {
    let mut all: Vec<_> = store_file(config).map(|store| beside(store, ".claims")).into_iter().collect();
    all.extend(CONTENT.map(|name| config.folder.join(name)));
    if let TransportUrl::Maildir(folder) = &config.mail.transport {
        all.push(folder.clone());
    }
    all.extend(config.mail.bounce_maildir.clone());
    all
}

/// What `restore` kept of older stores.
pub fn put_aside(store: &Path) -> Vec<PathBuf> {
    let start = beside(Path::new(store.file_name().unwrap_or_default()), ".before-restore-");
    let is_one = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(start.as_os_str().as_encoded_bytes());
    let all = std::fs::read_dir(output::folder(store)).into_iter().flatten().flatten();
    let mut found: Vec<_> = all.filter(|entry| is_one(&entry.file_name())).map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// Whether both names lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino()));
    id(one).is_some_and(|one| id(other) == Some(one))
}
