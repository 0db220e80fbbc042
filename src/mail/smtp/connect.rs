//! From nothing to a connection that may begin a transaction: TCP, greeting, TLS, login.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, crypto};

use super::connection::{Connection, no_answer};
use super::relay::{SmtpSettings, Tls};
use super::stream::Stream;

use crate::domain::delivery::{Outcome, Reply};
use crate::mail::error::MailError;
use crate::mail::reply::{Stage, classify_reply, presentable};

/// The likely mistakes about a port.
const AT_ONCE: &str = "this port may expect TLS from the first byte: if so, begin mail.transport with smtps://";
const NOT_YET: &str = "this port may not expect TLS from the first byte: if so, begin mail.transport with smtp://";

/// Makes connections to one relay.
pub(super) struct Connector {
    settings: SmtpSettings,
    hello: ClientId,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Connector {
    /// # Errors
    /// When the certificates to trust cannot be read.
    pub(super) fn new(settings: SmtpSettings) -> Result<Self, MailError> {
        let tls = match settings.tls {
            Tls::None => None,
            Tls::Implicit | Tls::Starttls => Some(tls(&settings)?),
        };
        Ok(Self { hello: ClientId::Domain(settings.hello.clone()), settings, tls })
    }

    /// Connects, says hello, protects the connection and logs in.
    ///
    /// # Errors
    /// What it means for a delivery that it did not work: transient, or that the relay refuses us.
    pub(super) async fn connect(&self) -> Result<Connection, Outcome> {
        let timeouts = &self.settings.timeouts;
        let mut stream = self.reach().await?;
        if self.settings.tls == Tls::Implicit {
            self.protect(&mut stream).await?;
        }
        let greeted = Connection::greet(stream, timeouts.greeting).await;
        let mut connection = greeted.map_err(|reply| self.ungreeted(self.with_hint(reply)))?;
        connection.hello(&self.hello, timeouts.command).await.map_err(|reply| self.ungreeted(reply))?;
        if self.settings.tls == Tls::Starttls {
            self.starttls(&mut connection).await?;
        }
        if let Some((user, password)) = &self.settings.login {
            login(&mut connection, user, password, timeouts.command).await?;
        }
        Ok(connection)
    }

    async fn reach(&self) -> Result<Stream, Outcome> {
        let limit = self.settings.timeouts.connect;
        let place = (self.settings.host.as_str(), self.settings.port);
        match timeout(limit, TcpStream::connect(place)).await {
            Ok(tcp) => tcp.and_then(Stream::new).map_err(|error| self.unreachable(&error.to_string())),
            Err(_) => Err(self.unreachable(&no_answer(limit))),
        }
    }

    /// The handshake, in which the relay's certificate must be good and for its name.
    async fn protect(&self, stream: &mut Stream) -> Result<(), Outcome> {
        let Some((connector, name)) = &self.tls else { return Ok(()) };
        let limit = self.settings.timeouts.connect;
        let result = timeout(limit, stream.protect(connector, name.clone())).await;
        let why = match result {
            Ok(Ok(())) => return Ok(()),
            // What came is not TLS at all.
            Ok(Err(error)) if self.settings.tls == Tls::Implicit && is_no_tls(&error) => format!("{error}; {NOT_YET}"),
            Ok(Err(error)) => error.to_string(),
            Err(_) => no_answer(limit),
        };
        let (host, port) = (&self.settings.host, self.settings.port);
        Err(broken(&format!("no TLS with {host}:{port}: {why}")))
    }

    /// RFC 3207: asks, protects, and starts over with EHLO.
    async fn starttls(&self, connection: &mut Connection) -> Result<(), Outcome> {
        let limit = self.settings.timeouts.command;
        if !connection.capabilities.starttls {
            return Err(broken("the relay offers no STARTTLS: check mail.transport, or the network in between"));
        }
        classify_reply(Stage::Protect, connection.ask(limit, "STARTTLS\r\n").await)?;
        // What came along with the answer would pass for something said inside TLS.
        if connection.is_stale().await {
            return Err(broken("the relay, or someone in between, said more than it was asked before TLS began"));
        }
        self.protect(connection.stream()).await?;
        connection.hello(&self.hello, limit).await.map_err(|reply| self.ungreeted(reply))
    }

    /// Silence in the place of a greeting is what a relay that waits for TLS sounds like.
    fn with_hint(&self, reply: Reply) -> Reply {
        if reply.code.is_some() || self.settings.tls == Tls::Implicit {
            return reply;
        }
        Reply { text: format!("{}; {AT_ONCE}", reply.text), ..reply }
    }

    fn ungreeted(&self, reply: Reply) -> Outcome {
        match classify_reply(Stage::Hello, reply) {
            Err(Outcome::Transient(Reply { code: None, text })) => self.unreachable(&text),
            Err(outcome) => outcome,
            Ok(reply) => Outcome::Transient(reply),
        }
    }

    fn unreachable(&self, reason: &str) -> Outcome {
        broken(&format!("no connection to {}:{}: {reason}", self.settings.host, self.settings.port))
    }
}

/// RFC 4954, PLAIN or LOGIN.
async fn login(
    connection: &mut Connection,
    user: &str,
    password: &SecretString,
    limit: Duration,
) -> Result<(), Outcome> {
    let Some(mechanism) = connection.capabilities.mechanism() else {
        let text = "the relay offers no way to log in that we know (PLAIN, LOGIN): check mail.username";
        return Err(Outcome::SenderRefused(Reply { code: None, text: text.to_owned() }));
    };
    let credentials = Credentials::new(user.to_owned(), password.expose_secret().to_owned());
    let reply = exchange(connection, mechanism, &credentials, limit).await;
    classify_reply(Stage::Login, reply).map(drop)
}

/// Answers the relay's questions until it says yes or no.
async fn exchange(
    connection: &mut Connection,
    mechanism: Mechanism,
    credentials: &Credentials,
    limit: Duration,
) -> Reply {
    // LOGIN asks for the name and then for the password, in words that are for people.
    let questions: &[Option<&str>] = match mechanism {
        Mechanism::Login => &[None, Some("Username"), Some("Password")],
        _ => &[None],
    };
    for question in questions {
        let answer = Auth::new(mechanism, credentials.clone(), question.map(str::to_owned));
        let Ok(answer) = answer else { break };
        let reply = connection.ask(limit, &answer.to_string()).await;
        if reply.code != Some(334) {
            return reply;
        }
    }
    Reply { code: None, text: "the relay's questions at the login are not understood".to_owned() }
}

fn is_no_tls(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    matches!(error, Some(rustls::Error::InvalidMessage(_)))
}

fn tls(settings: &SmtpSettings) -> Result<(TlsConnector, ServerName<'static>), MailError> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = &settings.ca_pem {
        let unusable = |error: String| MailError::Certificates(error);
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("it has no CERTIFICATE block".to_owned()));
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| MailError::Certificates(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| MailError::Certificates("the relay's name is not valid".to_owned()))?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}

fn broken(text: &str) -> Outcome {
    Outcome::Transient(Reply { code: None, text: presentable(text) })
}
