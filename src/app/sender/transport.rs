//! Opens the configured transport.

use std::path::Path;

use crate::app::AppError;
use crate::config::{Config, Relay, Tls, TransportUrl};
use crate::mail::{self, Maildir, Smtp, SmtpSettings, Timeouts, Transport};

/// Writers to one Maildir: their commits to the store are shared, and a disk takes no more.
const MAILDIR_WRITERS: usize = 4;

/// As many transports as may work side by side.
pub(super) fn all(config: &Config) -> Result<Vec<Box<dyn Transport>>, AppError> {
    let count = match &config.mail.transport {
        TransportUrl::Maildir(_) => MAILDIR_WRITERS,
        TransportUrl::Smtp(_) => usize::from(config.mail.connections),
    };
    (0..count).map(|_| one(config)).collect()
}

/// One transport; an error when the mail folder cannot be made or the certificates cannot be read.
pub(super) fn one(config: &Config) -> Result<Box<dyn Transport>, AppError> {
    match &config.mail.transport {
        TransportUrl::Maildir(path) => Ok(Box::new(Maildir::open(path)?)),
        TransportUrl::Smtp(relay) => Ok(Box::new(Smtp::new(settings(config, relay)?)?)),
    }
}

/// How the relay is spoken to.
pub(in crate::app) fn settings(config: &Config, relay: &Relay) -> Result<SmtpSettings, AppError> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| AppError::file(path, &error));
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
