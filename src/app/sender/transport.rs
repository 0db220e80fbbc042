//! Opens the configured transport, and reads the keys that sign what it hands over.

use std::path::Path;

use zeroize::Zeroizing;

use crate::app::AppError;
use crate::config::{Config, Relay, Tls, TransportUrl};
use crate::domain::delivery::Outcome;
use crate::domain::diagnostic::Diagnostic;
use crate::mail::{Dkim, DkimKey, Handover, MailError, Maildir, Smtp, SmtpSettings, Timeouts, Transport};
use crate::{config, mail, ordinary_file};

/// Writers to one Maildir: their commits to the store are shared, and a disk takes no more.
const MAILDIR_WRITERS: usize = 4;

/// So many transports.
pub(super) fn some(config: &Config, many: usize) -> Result<Vec<Box<dyn Transport>>, AppError> {
    (0..many).map(|_| one(config)).collect()
}

/// How many transports may work side by side.
pub(super) fn count(config: &Config) -> usize {
    match &config.mail.transport {
        TransportUrl::Maildir(_) => MAILDIR_WRITERS,
        TransportUrl::Smtp(_) => usize::from(config.mail.connections),
    }
}

/// Hands one message over, on a connection of its own.
pub(in crate::app) async fn hand_over_one(
    config: &Config,
    mail: Handover<'_>,
    message: &[u8],
) -> Result<Outcome, AppError> {
    let mut transport = one(config)?;
    let outcome = transport.deliver(mail, message, None).await;
    transport.close().await;
    Ok(outcome)
}

/// One transport; an error when the mail folder cannot be made or the certificates cannot be read.
fn one(config: &Config) -> Result<Box<dyn Transport>, AppError> {
    match &config.mail.transport {
        TransportUrl::Maildir(path) => Ok(Box::new(Maildir::open(path)?)),
        TransportUrl::Smtp(relay) => Ok(Box::new(Smtp::new(settings(config, relay)?)?)),
    }
}

/// How the relay is spoken to.
pub(in crate::app) fn settings(config: &Config, relay: &Relay) -> Result<SmtpSettings, AppError> {
    let read = |path: &Path| ordinary_file::read(path).map_err(|error| AppError::file(path, &error));
    Ok(SmtpSettings {
        host: relay.host.clone(),
        port: relay.port,
        tls: match relay.tls {
            Tls::Implicit => mail::Tls::Implicit,
            Tls::Starttls => mail::Tls::Starttls,
            Tls::None => mail::Tls::None,
        },
        login: relay.login.clone(),
        ca_pem: relay.ca_file.as_deref().map(read).transpose()?,
        hello: config.service.from.address.domain().to_owned(),
        timeouts: Timeouts::default(),
    })
}

/// Whether mail would really leave this machine's files.
pub fn speaks_smtp(config: &Config) -> bool {
    matches!(config.mail.transport, TransportUrl::Smtp(_))
}

/// The configured signers, their keys read now; one without keys when none is configured.
pub(in crate::app) fn signers(config: &Config) -> Result<Dkim, MailError> {
    Ok(Dkim::new(config.mail.dkim.iter().map(read_key).collect::<Result<_, _>>()?))
}

/// An error (`dkim-key`) for every key that cannot sign.
pub(in crate::app) fn unusable_keys(config: &Config) -> Vec<Diagnostic> {
    let found = config.mail.dkim.iter().filter_map(|key| read_key(key).err());
    found
        .map(|error| Diagnostic::error("dkim-key", error.to_string()).in_file(config.file.display().to_string()))
        .collect()
}

pub(in crate::app) fn read_key(key: &config::DkimKey) -> Result<DkimKey, MailError> {
    let path = &key.private_key_file;
    let pem = ordinary_file::read(path)
        .map_err(|error| MailError::DkimKey { path: path.clone(), reason: format!("cannot be read ({error})") })?;
    DkimKey::new(&key.domain, &key.selector, path, &Zeroizing::new(pem))
}
