//! The key file: made on first use, mode 0600, part of a backup.

use std::path::Path;

use super::AppError;
use super::error::KeyringError;
use crate::domain::refusal::Refusal;
use crate::domain::token::{Keyring, Signer};
use crate::ordinary_file;
use crate::output::{self, Existing, OutputError, Readers};

/// Loads the keyring, or makes one when there is no store yet whose keys could be lost.
///
/// # Errors
/// When the file cannot be read or written, is not a keyring, or is missing beside a store that exists.
pub fn load_or_make(file: &Path, store_exists: bool) -> Result<Keyring, AppError> {
    if let Some(keyring) = load(file)? {
        return Ok(keyring);
    }
    if store_exists {
        return Err(lost(file));
    }
    make(file)?;
    // Another process may have been first; whichever file is there now is the one to use.
    Ok(load(file)?.ok_or_else(|| KeyringError::Vanished { path: file.to_owned() })?)
}

/// Loads the keyring if the file exists.
pub fn load(file: &Path) -> Result<Option<Keyring>, AppError> {
    match ordinary_file::read_text(file) {
        Ok(text) => Ok(Some(parse(file, &text)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AppError::file(file, &error)),
    }
}

/// Reads the text of a keyring that was found at `place`.
pub fn parse(place: &Path, text: &str) -> Result<Keyring, KeyringError> {
    Keyring::from_text(text).map_err(|source| KeyringError::Unusable { path: place.to_owned(), source })
}

/// A keyring for previews and dry runs: no server will ever honour its tokens, but it knows who left.
///
/// # Errors
/// When the file cannot be read, is not a keyring, or is missing beside a store that exists.
pub fn throwaway(file: &Path, store_exists: bool) -> Result<Keyring, AppError> {
    match load(file)? {
        Some(keyring) => Ok(keyring.with_throwaway_key(random()?)),
        None if store_exists => Err(lost(file)),
        None => Ok(Keyring::throwaway(random()?)),
    }
}

fn lost(file: &Path) -> AppError {
    KeyringError::Lost { path: file.to_owned() }.into()
}

fn make(file: &Path) -> Result<(), AppError> {
    output::make_folder(output::folder(file))?;
    let text = Keyring::generate(random()?).to_text();
    match output::write(file, text.as_bytes(), Readers::Owner, Existing::Stays) {
        // The first process wins, and nobody sees half a file.
        Err(OutputError::Exists(_)) => Ok(()),
        written => Ok(written?),
    }
}

fn random<const N: usize>() -> Result<[u8; N], KeyringError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| KeyringError::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// The signer of this key version; `file` is named when there is none.
pub fn signer(keyring: &Keyring, version: u8, file: &Path) -> Result<Signer, KeyringError> {
    keyring.signer(version).map_err(|source| KeyringError::Lacks { path: file.to_owned(), source })
}

/// What is wrong with a key file is told otherwise where several nodes need the same one: another has it.
pub(super) fn shared(error: AppError, file: &Path) -> AppError {
    let (path, lacks) = match error {
        AppError::Refused(Refusal::LacksKeys(keys)) => (file.to_owned(), keys),
        AppError::Refused(Refusal::OtherKeys) | AppError::Keyring(KeyringError::Lost { .. }) => {
            (file.to_owned(), Vec::new())
        }
        other => return other,
    };
    // It is looked for on two machines.
    let path = std::path::absolute(&path).unwrap_or(path);
    KeyringError::NotShared { path, lacks, is_there: file.exists() }.into()
}
