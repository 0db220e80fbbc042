//! What a killed program left: drafts of backups, restores and exports, and copies of the store. Addresses are in them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::own_files::store_file;
use crate::config::{Config, temp_folder};
use crate::output;
use crate::store::sqlite::side_files::{SIDES, beside};

/// Removes what nobody works on any more, wherever it is looked for: beside the store, the keys and the config. What cannot
/// be removed is named by [`remaining`].
pub fn remove(config: &Config) {
    for folder in folders(config) {
        output::remove_leftovers(folder);
    }
    for old in of_older_versions(config) {
        let sides = SIDES.map(|suffix| beside(&old, suffix));
        for file in std::iter::once(&old).chain(&sides) {
            let _ = fs::remove_file(file);
        }
        if let Some(folder) = old.parent().filter(|folder| is_copy_folder(folder)) {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// What is there all the same: another program works on it, or it could not be removed.
pub fn remaining(config: &Config) -> Vec<PathBuf> {
    let mut all: Vec<_> = folders(config).flat_map(output::drafts).collect();
    all.extend(of_older_versions(config));
    all.sort();
    all.dedup();
    all
}

fn folders(config: &Config) -> impl Iterator<Item = &Path> {
    let store = store_file(config).map(output::folder);
    store.into_iter().chain([output::folder(&config.web.secret_file), &config.folder])
}

/// Databases of ours that older versions called `.tmp…`, and those in a folder of their own among the temporary files.
fn of_older_versions(config: &Config) -> Vec<PathBuf> {
    let is_draft = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        name.len() == 10 && name.starts_with(b".tmp")
    };
    let temp = temp_folder();
    let drafts = folders(config).flat_map(entries).filter(is_draft);
    let copies = entries(&temp).filter(|folder| is_copy_folder(folder)).map(|folder| folder.join("copy.db"));
    drafts.chain(copies).filter(|path| is_database_of_ours(path)).collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn is_copy_folder(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().as_encoded_bytes();
    name.len() == 18
        && name.starts_with(b"fortnightly-")
        && fs::symlink_metadata(folder).is_ok_and(|about| about.is_dir())
}

/// Whether it begins as a store of ours does: `SQLite`'s magic, and our application id
/// (<https://sqlite.org/fileformat2.html#application_id>).
fn is_database_of_ours(path: &Path) -> bool {
    let mut header = [0; 72];
    fs::symlink_metadata(path).is_ok_and(|about| about.is_file())
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut header).is_ok())
        && header.starts_with(b"SQLite format 3\0")
        && header.ends_with(b"FNly")
}
