//! Connecting: to one host after the other, until one takes writes.
//!
//! A host that is stopped, or whose disk hangs, still accepts connections, since its kernel does. So the time that one may take
//! covers everything, its first answer to a question included.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{PostgresError, reason, silent};
use super::settings::PostgresSettings;
use super::tls;

/// How long connecting to one host may take, and how long a server that says nothing is believed to be there.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(15);

/// Makes connections for the pool.
pub(in crate::store::postgres) struct Connector {
    hosts: Vec<Host>,
    tls: Option<MakeRustlsConnect>,
    /// Where connections are driven, whoever asks for one: a run of senders has a runtime of its own, which ends with it.
    runtime: Handle,
    /// The host that took us last, and is asked first.
    preferred: AtomicUsize,
    /// How often the connections that were there were found to lead nowhere.
    generation: AtomicU64,
}

struct Host {
    /// As messages name it.
    place: String,
    config: Config,
}

/// A connection to the database.
pub(in crate::store::postgres) struct Connection {
    client: Client,
    driver: AbortHandle,
    generation: u64,
}

/// Where what other processes say goes (`NOTIFY`).
pub(super) type Words = mpsc::UnboundedSender<String>;

/// What moves the bytes of a connection until it ends.
type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connector {
    /// For a store that is opened now, within the runtime that lives as long as it does.
    pub(super) fn new(settings: &PostgresSettings) -> Result<Self, PostgresError> {
        let hosts = settings.hosts.iter().map(|host| Host { place: place(host), config: config(settings, host) });
        let tls = settings.tls.then(|| tls::client(settings.ca_pem.as_deref())).transpose()?;
        Ok(Self {
            hosts: hosts.collect(),
            tls: tls.map(MakeRustlsConnect::new),
            runtime: Handle::current(),
            preferred: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
        })
    }

    /// Connections that are there now lead to a host that does not answer, or takes no writes any more: none is used again.
    pub(super) fn distrust(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Connects to the first host that takes writes; what is told over the connection goes to `words`, if someone listens.
    pub(super) async fn connect_somewhere(&self, words: Option<Words>) -> Result<Connection, PostgresError> {
        let (first, mut failures) = (self.preferred.load(Ordering::Relaxed), Vec::new());
        for at in (0..self.hosts.len()).map(|step| (first + step) % self.hosts.len()) {
            match self.connect(&self.hosts[at], words.clone()).await {
                Ok(connection) => {
                    self.preferred.store(at, Ordering::Relaxed);
                    return Ok(connection);
                }
                Err(error) => failures.push((self.hosts[at].place.as_str(), error)),
            }
        }
        Err(all_failed(failures))
    }

    async fn connect(&self, host: &Host, words: Option<Words>) -> Result<Connection, PostgresError> {
        let generation = self.generation.load(Ordering::Relaxed);
        let (config, tls) = (host.config.clone(), self.tls.clone());
        let connecting = self.runtime.spawn(tokio::time::timeout(CONNECT, async move {
            match tls {
                Some(tls) => connected(&config, tls, words).await,
                None => connected(&config, NoTls, words).await,
            }
        }));
        let (client, driver) = match connecting.await {
            Ok(Ok(connected)) => connected.map_err(|error| not_connected(error, &host.config))?,
            Ok(Err(_)) => return Err(PostgresError::Silent(CONNECT)),
            Err(broken) => return Err(PostgresError::Unreachable(broken.to_string())),
        };
        Ok(Connection { client, driver: self.runtime.spawn(driver).abort_handle(), generation })
    }
}

impl Manager for Connector {
    type Type = Connection;
    type Error = PostgresError;

    async fn create(&self) -> Result<Connection, PostgresError> {
        self.connect_somewhere(None).await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<PostgresError> {
        if connection.is_closed() || connection.generation != self.generation.load(Ordering::Relaxed) {
            return Err(RecycleError::message("it leads nowhere"));
        }
        Ok(())
    }
}

async fn connected<T>(config: &Config, tls: T, words: Option<Words>) -> Result<(Client, Driver), tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await?;
    Ok((client, Box::pin(drive(connection, words))))
}

/// Moves the bytes until the connection is lost, or nobody has it any more. What goes wrong is told to whoever waits for an answer.
async fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, words: Option<Words>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let (Some(words), AsyncMessage::Notification(told)) = (&words, message)
            && words.send(told.payload().to_owned()).is_err()
        {
            return;
        }
    }
}

/// Why a host did not take us.
fn not_connected(error: tokio_postgres::Error, config: &Config) -> PostgresError {
    let is_without_password = || config.get_password().is_none() && reason(&error).ends_with("password missing");
    match error.code() {
        Some(code) if [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION].contains(code) => {
            PostgresError::Denied(reason(&error))
        }
        Some(code) if *code == SqlState::INVALID_CATALOG_NAME => PostgresError::NoDatabase {
            database: config.get_dbname().unwrap_or_default().to_owned(),
            user: config.get_user().unwrap_or_default().to_owned(),
        },
        None if is_without_password() => PostgresError::Denied("it asks for a password, and none is given".to_owned()),
        _ => PostgresError::Postgres(error),
    }
}

/// What is told when no host could be used. One that cannot be trusted is told before one that is not there.
fn all_failed(mut failures: Vec<(&str, PostgresError)>) -> PostgresError {
    let distrusted = failures.iter().find_map(|(host, error)| match error {
        PostgresError::Postgres(error) => tls::distrust(error).map(|why| format!("{host} {why}")),
        _ => None,
    });
    if let Some(why) = distrusted {
        return PostgresError::Untrusted(why);
    }
    match failures.as_slice() {
        // Whoever is there and refuses us says why.
        [_, ..] if failures.iter().all(|(_, error)| !error.is_cut_off()) => failures.remove(0).1,
        _ => {
            let told = failures.iter().map(|(host, error)| format!("{host}: {}", why(error)));
            PostgresError::Unreachable(told.collect::<Vec<_>>().join("; "))
        }
    }
}

fn why(error: &PostgresError) -> String {
    match error {
        PostgresError::Postgres(error) if is_read_only(error) => "it takes no writes now, as a standby does".to_owned(),
        PostgresError::Postgres(error) => reason(error),
        PostgresError::Silent(time) => silent(*time),
        PostgresError::Unreachable(reason) | PostgresError::Untrusted(reason) | PostgresError::Denied(reason) => {
            reason.clone()
        }
        PostgresError::NoDatabase { database, .. } => format!("it has no database “{database}”"),
        // Nothing else comes of connecting.
        _ => String::new(),
    }
}

/// That is what a connection says whose sessions are read only (`target_session_attrs=read-write`).
fn is_read_only(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied && cause.raw_os_error().is_none())
}

fn config(settings: &PostgresSettings, (host, port): &(String, u16)) -> Config {
    let mut config = Config::new();
    config.user(&settings.user).dbname(&settings.database).application_name("fortnightly").host(host).port(*port);
    if let Some(password) = &settings.password {
        config.password(password.expose_secret());
    }
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    config.ssl_mode(if settings.tls { SslMode::Require } else { SslMode::Disable });
    config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 5).keepalives_retries(3);
    config.tcp_user_timeout(SILENCE);
    config
}

fn place((host, port): &(String, u16)) -> String {
    format!("{host}:{port}")
}
