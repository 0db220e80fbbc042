//! The SMTP transport: one connection, one message after the other, every reply read (RFC 5321).
//!
//! lettre speaks the protocol; what it leaves open is decided here: a time limit on every phase, a 2xx and nothing
//! else at the dot, and a connection that is dropped as soon as nobody can know where it stands.

mod capabilities;
mod connect;
mod connection;
mod replies;
mod stream;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use self::connect::Connector;
use self::connection::Connection;
use self::transaction::{evaluate_replies, opening};
use super::reply::{Stage, classify_reply};
use super::{Envelope, Gate, MailError, Transport};
use crate::domain::delivery::{Outcome, Reply};

pub use capabilities::Capabilities;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// STARTTLS, required (RFC 3207).
    Starttls,
    /// Not at all; for loopback only.
    None,
}

/// How long each phase may take. Defaults: RFC 5321 §4.5.3.2.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Finding and reaching the relay, and the TLS handshake; 30 s each.
    pub connect: Duration,
    /// One command and its reply, or MAIL, RCPT and DATA together; 5 min.
    pub command: Duration,
    /// The message, its final dot and the reply; 10 min.
    pub data: Duration,
    /// QUIT and its reply; 5 s.
    pub quit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(5),
            data: Duration::from_mins(10),
            quit: Duration::from_secs(5),
        }
    }
}

/// Where and how to connect.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Host name or address; the certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// User name and password.
    pub login: Option<(String, SecretString)>,
    /// Certificates to trust instead of the public roots (PEM).
    pub ca_pem: Option<Vec<u8>>,
    /// What we call ourselves in EHLO: a domain name.
    pub hello: String,
    /// Time limits.
    pub timeouts: Timeouts,
}

/// One connection to a relay, made when it is first needed and again after it was lost.
pub struct Smtp {
    connector: Connector,
    timeouts: Timeouts,
    connection: Option<Connection>,
}

/// What a relay says of itself, for `check --online`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquaintance {
    /// What it offers, inside TLS where there is TLS.
    pub capabilities: Capabilities,
    /// The version of TLS; `None` without.
    pub tls: Option<String>,
}

impl Smtp {
    /// Connects, protects and logs in as for a mail, hands nothing over, and says goodbye.
    ///
    /// # Errors
    /// What a mail would meet: transient, or that the relay refuses us.
    pub async fn meet(&mut self) -> Result<Acquaintance, Outcome> {
        let connection = self.ready().await?;
        let met =
            Acquaintance { capabilities: connection.capabilities.clone(), tls: connection.stream().tls_version() };
        connection.quit(self.timeouts.quit).await;
        Ok(met)
    }

    /// A transport that has not connected yet.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn new(settings: SmtpSettings) -> Result<Self, MailError> {
        let timeouts = settings.timeouts;
        Ok(Self { connector: Connector::new(settings)?, timeouts, connection: None })
    }

    /// The open connection, or a new one where there is none or it died of old age.
    async fn ready(&mut self) -> Result<Connection, Outcome> {
        if let Some(connection) = self.connection.take()
            && !connection.is_stale().await
        {
            return Ok(connection);
        }
        self.connector.connect().await
    }

    /// MAIL, RCPT and DATA, if the gate is open just before.
    async fn open(
        &mut self,
        envelope: &Envelope,
        name: &str,
        gate: &dyn Gate,
    ) -> Result<(Connection, Vec<Reply>), Outcome> {
        let mut connection = self.ready().await?;
        if !gate.is_open().await {
            self.connection = Some(connection);
            return Err(Outcome::Withheld);
        }
        let commands = opening(envelope, name, &connection.capabilities);
        let replies = connection.ask_all(self.timeouts.command, &commands).await;
        Ok((connection, replies))
    }

    /// One transaction, from MAIL to the reply after the dot.
    async fn transact(
        &mut self,
        envelope: &Envelope,
        name: &str,
        message: &str,
        gate: &dyn Gate,
    ) -> Result<Reply, Outcome> {
        let Timeouts { command, data, quit, .. } = self.timeouts;
        let reused = self.connection.is_some();
        let (mut connection, mut replies) = self.open(envelope, name, gate).await?;
        if reused && is_dead(&connection, replies.first()).await {
            // It died of old age between two mails: nothing was said about this one.
            drop(connection);
            (connection, replies) = self.open(envelope, name, gate).await?;
        }
        if let Err(refusal) = evaluate_replies(&replies) {
            if matches!(refusal.outcome, Outcome::SenderRefused(_)) && refusal.reusable {
                connection.quit(quit).await;
            } else if refusal.reusable && connection.reset(command).await {
                self.connection = Some(connection);
            }
            return Err(refusal.outcome);
        }
        let (reply, unsent) = connection.say(data, message).await;
        let code = reply.code;
        let verdict = classify_reply(if unsent { Stage::Data } else { Stage::Dot }, reply);
        match &verdict {
            Err(Outcome::SenderRefused(_)) => connection.quit(quit).await,
            // The transaction ended with this reply (RFC 5321 §4.1.1.4); there is nothing to reset.
            _ if code.is_some_and(|code| matches!(code / 100, 2 | 4 | 5) && code != 421) => {
                self.connection = Some(connection);
            }
            _ => {}
        }
        verdict
    }
}

/// Whether the connection has ended, and not only fallen silent: a relay that says nothing is given its time once.
async fn is_dead(connection: &Connection, first: Option<&Reply>) -> bool {
    match first.map(|reply| reply.code) {
        Some(Some(421)) => true,
        Some(None) => connection.is_stale().await,
        _ => false,
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn prepare(&mut self) -> Result<(), Outcome> {
        self.connection = Some(self.ready().await?);
        Ok(())
    }

    async fn deliver(&mut self, envelope: &Envelope, name: &str, message: &[u8], gate: &dyn Gate) -> Outcome {
        let text = std::str::from_utf8(message).ok().filter(|text| text.is_ascii());
        let Some(text) = text else {
            let text = "the message is not 7 bit, so it was not sent: this is a fault in Fortnightly, please report it";
            return Outcome::SenderRefused(Reply { code: None, text: text.to_owned() });
        };
        match self.transact(envelope, name, text, gate).await {
            Ok(reply) => Outcome::Accepted(reply),
            Err(outcome) => outcome,
        }
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.quit(self.timeouts.quit).await;
        }
    }
}
