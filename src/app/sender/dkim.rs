//! Reads the configured DKIM keys, and says which of them cannot sign.

use zeroize::Zeroizing;

use crate::config::{self, Config};
use crate::domain::diagnostic::Diagnostic;
use crate::mail::{Dkim, DkimKey, MailError};

/// The configured signers, their keys read now; one without keys when none is configured.
pub(in crate::app) fn signers(config: &Config) -> Result<Dkim, MailError> {
    Ok(Dkim::new(config.mail.dkim.iter().map(read).collect::<Result<_, _>>()?))
}

/// An error (`dkim-key`) for every key that cannot sign.
pub(in crate::app) fn unusable(config: &Config) -> Vec<Diagnostic> {
    let found = config.mail.dkim.iter().filter_map(|key| read(key).err());
    found
        .map(|error| Diagnostic::error("dkim-key", error.to_string()).in_file(config.file.display().to_string()))
        .collect()
}

pub(in crate::app) fn read(key: &config::DkimKey) -> Result<DkimKey, MailError> {
    let path = &key.private_key_file;
    let pem = std::fs::read(path)
        .map_err(|error| MailError::DkimKey { path: path.clone(), reason: format!("cannot be read ({error})") })?;
    DkimKey::new(&key.domain, &key.selector, path, &Zeroizing::new(pem))
}
