//! The SMTP transport: one connection, one message after the other, every reply read (RFC 5321).
//!
//! lettre speaks the protocol; what it leaves open is decided here: a time limit on every phase, a 2xx and nothing
//! else at the dot, and a connection that is dropped as soon as nobody can know where it stands.

mod ahead;
mod connect;
mod connection;
mod relay;
mod replies;
mod secrets;
mod stream;
mod transaction;

use async_trait::async_trait;

use self::ahead::Ahead;
use self::connect::Connector;
use self::connection::Connection;
use self::secrets::Secrets;
use self::transaction::{evaluate_replies, opening};
use super::error::MailError;
use super::reply::{Stage, classify_reply};
use super::transport::{Counters, Handover, Transport};
use crate::domain::delivery::{Outcome, Reply};

pub use relay::{Capabilities, SmtpSettings, Timeouts, Tls};

/// One connection to a relay, made when it is first needed and again after it was lost.
pub struct Smtp {
    connector: Connector,
    secrets: Secrets,
    timeouts: Timeouts,
    connection: Option<Connection>,
    ahead: Ahead,
    counters: Counters,
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
        let mut connection = self.ready().await?;
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
        let secrets = Secrets::of_login(settings.login.as_ref());
        Ok(Self {
            connector: Connector::new(settings)?,
            secrets,
            timeouts,
            connection: None,
            ahead: Ahead::default(),
            counters: Counters::default(),
        })
    }

    /// The open connection, or a new one where there is none or it died of old age.
    async fn ready(&mut self) -> Result<Connection, Outcome> {
        if let Some(mut connection) = self.connection.take()
            && !connection.is_stale().await
        {
            return Ok(connection);
        }
        self.counters.connections += 1;
        self.connector.connect().await.map_err(|outcome| self.secrets.cut_out(outcome))
    }

    /// MAIL, RCPT and DATA, if the gate is open just before.
    async fn open(&mut self, mail: &Handover<'_>) -> Result<(Connection, Vec<Reply>), Outcome> {
        let mut connection = self.ready().await?;
        if !mail.gate.is_open().await {
            self.connection = Some(connection);
            return Err(Outcome::Withheld);
        }
        let commands = opening(mail, &connection.capabilities);
        let replies = connection.ask_all(self.timeouts.command, &commands).await;
        Ok((connection, replies))
    }

    /// A transaction that is open, or was refused: its connection and the answers.
    async fn opened(&mut self, mail: &Handover<'_>) -> Result<(Connection, Vec<Reply>), Outcome> {
        if let Some(opened) = self.ahead.go_on(mail, &mut self.connection, &self.timeouts).await? {
            return Ok(opened);
        }
        let reused = self.connection.is_some();
        let (mut connection, replies) = self.open(mail).await?;
        if reused && connection.has_ended(replies.first()).await {
            // It died of old age between two mails: nothing was said about this one.
            drop(connection);
            return self.open(mail).await;
        }
        Ok((connection, replies))
    }

    /// One transaction, from MAIL to the reply after the dot, and perhaps the opening of the next one.
    async fn transact(
        &mut self,
        mail: &Handover<'_>,
        message: &[u8],
        next: Option<Handover<'_>>,
    ) -> Result<Reply, Outcome> {
        let Timeouts { command, data, quit, .. } = self.timeouts;
        let (mut connection, replies) = self.opened(mail).await?;
        self.counters.taken +=
            u64::from(replies.first().is_some_and(|mail| mail.code.is_some_and(|code| code / 100 == 2)));
        if let Err(refusal) = evaluate_replies(&replies) {
            if matches!(refusal.outcome, Outcome::SenderRefused(_)) && refusal.reusable {
                connection.quit(quit).await;
            } else if refusal.reusable && connection.reset(command).await {
                self.connection = Some(connection);
            }
            return Err(refusal.outcome);
        }
        let opening = self.ahead.opening(next, &connection.capabilities).await;
        let (reply, unsent) = connection.say(data, message, &opening).await;
        let code = reply.code;
        self.counters.answers += u64::from(code.is_some());
        let verdict = classify_reply(if unsent { Stage::Data } else { Stage::Dot }, reply);
        match &verdict {
            Err(Outcome::SenderRefused(_)) if opening.is_empty() => connection.quit(quit).await,
            Err(Outcome::SenderRefused(_)) => {}
            // The transaction ended with this reply (RFC 5321 §4.1.1.4); there is nothing to reset.
            _ if code.is_some_and(|code| matches!(code / 100, 2 | 4 | 5) && code != 421) => {
                self.connection = Some(connection);
                self.ahead.note_opened(next.filter(|_| !opening.is_empty()));
            }
            _ => {}
        }
        verdict
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn prepare(&mut self) -> Result<(), Outcome> {
        self.ahead.hear(&mut self.connection, self.timeouts.command).await;
        if !self.ahead.has_opened() {
            self.connection = Some(self.ready().await?);
        }
        Ok(())
    }

    async fn deliver(&mut self, mail: Handover<'_>, message: &[u8], next: Option<Handover<'_>>) -> Outcome {
        if !message.is_ascii() {
            let text = "the message is not 7 bit, so it was not sent: this is a fault in Fortnightly, please report it";
            return Outcome::SenderRefused(Reply { code: None, text: text.to_owned() });
        }
        let outcome = self.transact(&mail, message, next).await;
        let outcome = outcome.map_or_else(|outcome| outcome, Outcome::Accepted);
        self.secrets.and_mail_cut_out(outcome, &mail)
    }

    fn let_go(&mut self) -> bool {
        self.ahead.let_go(&mut self.connection)
    }

    async fn close(&mut self) {
        self.let_go();
        if let Some(connection) = self.connection.take() {
            connection.quit(self.timeouts.quit).await;
        }
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}
