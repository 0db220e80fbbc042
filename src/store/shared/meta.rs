//! What a store remembers about itself: under which keys, and in which words.

use std::fmt::Display;
use std::str::FromStr;

use chrono::DateTime;

use crate::domain::subscription::rows::UnfinishedImport;

/// The key of the moment when the backup was made from which the store was restored, until it is released.
pub(in crate::store) const RESTORED: &str = "restored";

/// The key under which a restored store keeps that its release has begun.
pub(in crate::store) const RELEASING: &str = "releasing";

/// The key of the imports that are not done: a line for each.
pub(in crate::store) const IMPORTS: &str = "imports";

/// The key of how often a sync has changed anything.
pub(in crate::store) const SYNCS: &str = "syncs";

/// The key of the moment when everything that was too old was last forgotten.
pub(in crate::store) const TIDIED: &str = "tidied";

/// The key under which is kept that something forgotten may still lie in the files.
pub(in crate::store) const UNSCRUBBED: &str = "unscrubbed";

/// The key of what readers and diaries know this service's editions by.
pub(in crate::store) const PUBLIC_NAME: &str = "public_name";

/// How the keys begin that remember messages which were left behind.
pub(in crate::store) const LEFT_BEHIND: &str = "left-behind ";

/// Imports from their lines; what is wrong where they are not as they should be.
pub(in crate::store) fn read_imports(lines: &str) -> Result<Vec<UnfinishedImport>, String> {
    lines.lines().map(read_import).collect()
}

fn read_import(line: &str) -> Result<UnfinishedImport, String> {
    let mut words = line.split(' ');
    let mut word = || words.next().ok_or_else(|| "an import is not noted as it should be".to_owned());
    let since = DateTime::from_timestamp_millis(parse(word()?)?);
    let since = since.ok_or_else(|| "an instant is out of range".to_owned())?;
    Ok(UnfinishedImport { since, rows: parse(word()?)?, file: word()?.to_owned() })
}

fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// Imports as lines.
pub(in crate::store) fn import_lines(imports: &[UnfinishedImport]) -> String {
    let line = |one: &UnfinishedImport| format!("{} {} {}", one.since.timestamp_millis(), one.rows, one.file);
    imports.iter().map(line).collect::<Vec<_>>().join("\n")
}
