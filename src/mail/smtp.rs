//! The SMTP transport: one connection, one message at a time, every reply read (RFC 5321).
//!
//! lettre speaks the protocol; what it leaves open is decided here: a time limit on every phase, a 2xx and nothing
//! else at the dot, and a connection that is dropped as soon as nobody can know where it stands.

use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::reply::{Stage, judge, presentable};
use super::socket::Socket;
use super::{Envelope, MailError, Transport};
use crate::domain::delivery::{Outcome, Reply};

const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];

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
    /// Finding and reaching the relay, and the handshake of implicit TLS; 30 s.
    pub connect: Duration,
    /// One command and its reply; 5 min.
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
    settings: SmtpSettings,
    hello: ClientId,
    parameters: Option<TlsParameters>,
    connection: Option<Connection>,
}

/// An open connection between two transactions.
struct Connection {
    smtp: AsyncSmtpConnection,
    /// True when the kernel refused some of our bytes: then a final dot among them was not sent.
    write_failed: Arc<AtomicBool>,
}

impl Smtp {
    /// A transport that has not connected yet.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn new(settings: SmtpSettings) -> Result<Self, MailError> {
        let parameters = match settings.tls {
            Tls::None => None,
            Tls::Implicit | Tls::Starttls => Some(tls_parameters(&settings)?),
        };
        let hello = ClientId::Domain(settings.hello.clone());
        Ok(Self { settings, hello, parameters, connection: None })
    }

    /// Connects, says hello, protects the connection and logs in.
    async fn connect(&self) -> Result<Connection, Outcome> {
        let limit = self.settings.timeouts.command;
        let (mut smtp, write_failed) = match self.settings.tls {
            Tls::Implicit => (self.open_implicit().await?, Arc::default()),
            Tls::Starttls | Tls::None => self.open().await?,
        };
        if let (Tls::Starttls, Some(parameters)) = (self.settings.tls, &self.parameters) {
            if !smtp.can_starttls() {
                return Err(broken("the relay offers no STARTTLS: check mail.transport, or the network in between"));
            }
            let upgrade = smtp.starttls(parameters.clone(), &self.hello);
            within(limit, upgrade).await.map_or_else(|reply| judge(Stage::Protect, reply).map(drop), Ok)?;
        }
        if let Some((user, password)) = &self.settings.login {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            if smtp.server_info().get_auth_mechanism(MECHANISMS).is_none() {
                let text = "the relay offers no way to log in that we know (PLAIN, LOGIN): check mail.username";
                return Err(Outcome::SenderRefused(Reply { code: None, text: text.to_owned() }));
            }
            let login = smtp.auth(MECHANISMS, &credentials);
            judge(Stage::Login, answer(within(limit, login).await))?;
        }
        Ok(Connection { smtp, write_failed })
    }

    /// A plain connection, with `TCP_NODELAY`, past EHLO.
    async fn open(&self) -> Result<(AsyncSmtpConnection, Arc<AtomicBool>), Outcome> {
        let Timeouts { connect, command, .. } = self.settings.timeouts;
        let place = (self.settings.host.as_str(), self.settings.port);
        let tcp = match timeout(connect, TcpStream::connect(place)).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(error)) => return Err(self.unreachable(&error.to_string())),
            Err(_) => return Err(self.unreachable(&no_answer(connect))),
        };
        // Commands are short and answered one by one: waiting to fill a segment only costs time.
        tcp.set_nodelay(true).map_err(|error| self.unreachable(&error.to_string()))?;
        let (socket, write_failed) = Socket::new(tcp, self.settings.tls == Tls::Starttls);
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(socket), &self.hello);
        self.greeted(within(command, greeting).await).map(|smtp| (smtp, write_failed))
    }

    /// A connection inside TLS from its first byte, past EHLO.
    async fn open_implicit(&self) -> Result<AsyncSmtpConnection, Outcome> {
        let Timeouts { connect, command, .. } = self.settings.timeouts;
        let place = (self.settings.host.as_str(), self.settings.port);
        let parameters = self.parameters.clone();
        let greeting = AsyncSmtpConnection::connect_tokio1(place, Some(connect), &self.hello, parameters, None);
        self.greeted(within(connect + command, greeting).await)
    }

    fn greeted(&self, result: Result<AsyncSmtpConnection, Reply>) -> Result<AsyncSmtpConnection, Outcome> {
        result.map_err(|reply| match judge(Stage::Hello, reply) {
            Err(Outcome::Transient(Reply { code: None, text })) => self.unreachable(&text),
            Err(outcome) => outcome,
            Ok(reply) => Outcome::Transient(reply),
        })
    }

    fn unreachable(&self, reason: &str) -> Outcome {
        broken(&format!("no connection to {}:{}: {reason}", self.settings.host, self.settings.port))
    }

    /// Begins a transaction, on a connection that may have died of old age since the last one.
    async fn begin(&mut self, from: &str) -> Result<Connection, Outcome> {
        let limit = self.settings.timeouts.command;
        if let Some(mut connection) = self.connection.take() {
            let reply = connection.ask(limit, from).await;
            if !matches!(reply.code, None | Some(421)) {
                return self.go_on(connection, Stage::Mail, reply).await;
            }
        }
        let mut connection = self.connect().await?;
        let reply = connection.ask(limit, from).await;
        self.go_on(connection, Stage::Mail, reply).await
    }

    /// Returns the connection when the transaction goes on; after a refusal keeps it for the next one if it still can be.
    async fn go_on(&mut self, mut connection: Connection, stage: Stage, reply: Reply) -> Result<Connection, Outcome> {
        let usable = reply.code.is_some_and(|code| code >= 400 && code != 421);
        match judge(stage, reply) {
            Ok(_) => Ok(connection),
            Err(outcome @ Outcome::SenderRefused(_)) => {
                connection.quit(self.settings.timeouts.quit).await;
                Err(outcome)
            }
            Err(outcome) => {
                if usable && connection.reset(self.settings.timeouts.command).await {
                    self.connection = Some(connection);
                }
                Err(outcome)
            }
        }
    }

    /// One transaction, from MAIL to the reply after the dot.
    async fn transact(&mut self, envelope: &Envelope, message: &str) -> Result<Reply, Outcome> {
        let Timeouts { command, data, quit, .. } = self.settings.timeouts;
        let mut connection = self.begin(&format!("MAIL FROM:<{}>\r\n", envelope.from)).await?;
        for (stage, line) in
            [(Stage::Recipient, format!("RCPT TO:<{}>\r\n", envelope.to)), (Stage::Data, "DATA\r\n".to_owned())]
        {
            let reply = connection.ask(command, line).await;
            connection = self.go_on(connection, stage, reply).await?;
        }
        let reply = connection.ask(data, Content(message)).await;
        let unsent = reply.code.is_none() && connection.write_failed.load(Ordering::Relaxed);
        let code = reply.code;
        let verdict = judge(if unsent { Stage::Data } else { Stage::Dot }, reply);
        match &verdict {
            Err(Outcome::SenderRefused(_)) => connection.quit(quit).await,
            // The transaction ended with this reply (RFC 5321 §4.1.1.4); there is nothing to reset.
            _ if code.is_some_and(|code| code / 100 != 3 && code != 421) => self.connection = Some(connection),
            _ => {}
        }
        verdict
    }
}

impl Connection {
    /// One command and its reply. Without a reply the caller must let the connection go.
    async fn ask(&mut self, limit: Duration, command: impl Display) -> Reply {
        answer(within(limit, self.smtp.command(command)).await)
    }

    /// Ends a transaction before its dot. False when the connection can no longer be used.
    async fn reset(&mut self, limit: Duration) -> bool {
        self.ask(limit, "RSET\r\n").await.code.is_some_and(|code| code / 100 == 2)
    }

    async fn quit(mut self, limit: Duration) {
        self.ask(limit, "QUIT\r\n").await;
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn deliver(&mut self, envelope: &Envelope, _name: &str, message: &[u8]) -> Outcome {
        let text = std::str::from_utf8(message).ok().filter(|text| text.is_ascii());
        let Some(text) = text else {
            let text = "the message is not 7 bit, so it was not sent: this is a fault in Fortnightly, please report it";
            return Outcome::SenderRefused(Reply { code: None, text: text.to_owned() });
        };
        match self.transact(envelope, text).await {
            Ok(reply) => Outcome::Accepted(reply),
            Err(outcome) => outcome,
        }
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.quit(self.settings.timeouts.quit).await;
        }
    }
}

/// A message with its final dot, in one write. Lines that begin with a dot get another one (RFC 5321 §4.5.2).
struct Content<'a>(&'a str);

impl Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.strip_suffix("\r\n").unwrap_or(self.0).split("\r\n.").enumerate() {
            f.write_str(if index > 0 {
                "\r\n.."
            } else if part.starts_with('.') {
                "."
            } else {
                ""
            })?;
            f.write_str(part)?;
        }
        f.write_str("\r\n.\r\n")
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, MailError> {
    let unusable = |error: Error| MailError::Certificates(error.to_string());
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.ca_pem {
        if !String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(MailError::Certificates("it has no CERTIFICATE block".to_owned()));
        }
        let certificate = Certificate::from_pem(pem).map_err(unusable)?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build().map_err(unusable)
}

/// Runs one phase. An error reply, a broken connection and silence all come back as a [`Reply`].
async fn within<T>(limit: Duration, phase: impl Future<Output = Result<T, Error>>) -> Result<T, Reply> {
    match timeout(limit, phase).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(failure(&error)),
        Err(_) => Err(Reply { code: None, text: no_answer(limit) }),
    }
}

fn answer(result: Result<Response, Reply>) -> Reply {
    result.map_or_else(
        |reply| reply,
        |response| Reply {
            code: Some(response.code().into()),
            text: presentable(&response.message().collect::<Vec<_>>().join(" ")),
        },
    )
}

fn failure(error: &Error) -> Reply {
    let code = error.status().map(u16::from);
    let source = std::error::Error::source(error).map(ToString::to_string);
    let text = match (code, source) {
        (Some(_), Some(said)) => said,
        (Some(_), None) => String::new(),
        (None, _) => error.to_string(),
    };
    Reply { code, text: presentable(&text) }
}

fn no_answer(limit: Duration) -> String {
    format!("no answer within {limit:?}")
}

fn broken(text: &str) -> Outcome {
    Outcome::Transient(Reply { code: None, text: presentable(text) })
}
