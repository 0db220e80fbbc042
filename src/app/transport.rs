//! Opens the configured transport.

use std::path::Path;

use super::{AppError, Service};
use crate::config::{Config, Relay, Tls, TransportUrl};
use crate::mail::{self, Maildir, Smtp, SmtpSettings, Timeouts, Transport};

/// Writers to one Maildir: their commits to the store are shared, and a disk takes no more.
const MAILDIR_WRITERS: usize = 4;

impl Service {
    /// Whether mail would really leave this machine's files.
    pub fn speaks_smtp(&self) -> bool {
        matches!(self.config.mail.transport, TransportUrl::Smtp(_))
    }

    /// As many transports as may work side by side.
    ///
    /// # Errors
    /// When the mail folder cannot be made or the certificates cannot be read.
    pub fn transports(&self) -> Result<Vec<Box<dyn Transport>>, AppError> {
        let count = match &self.config.mail.transport {
            TransportUrl::Maildir(_) => MAILDIR_WRITERS,
            TransportUrl::Smtp(_) => usize::from(self.config.mail.connections),
        };
        (0..count).map(|_| self.transport()).collect()
    }

    /// One transport.
    ///
    /// # Errors
    /// See [`Service::transports`].
    pub fn transport(&self) -> Result<Box<dyn Transport>, AppError> {
        match &self.config.mail.transport {
            TransportUrl::Maildir(path) => Ok(Box::new(Maildir::open(path)?)),
            TransportUrl::Smtp(relay) => Ok(Box::new(Smtp::new(settings(&self.config, relay)?)?)),
        }
    }
}

/// How we speak to the relay.
pub(super) fn settings(config: &Config, relay: &Relay) -> Result<SmtpSettings, AppError> {
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
