//! The way to the database: which hosts, with which TLS, and a few connections that are kept.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::error::PostgresError;
use super::trace::FreeRows;

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// Names or addresses, each with its port; a name that begins with `/` is the folder of a socket.
    pub hosts: Vec<(String, u16)>,
    pub user: String,
    pub database: String,
    pub password: Option<SecretString>,
    /// Whether the certificate is verified, name and all; without, nothing is encrypted.
    pub tls: bool,
    /// The certificates that are trusted, as PEM; without, the public ones.
    pub ca_pem: Option<Vec<u8>>,
    /// How many connections are kept at most.
    pub connections: usize,
    /// How long a node that gives no sign of life keeps what it has in hand.
    pub lease: Duration,
}

/// How long connecting to one host may take, and how long a server that says nothing is believed to be there.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(15);

/// How long is waited for a connection while others use all of them.
const TURN: Duration = Duration::from_secs(30);

/// The database and the connections to it.
pub(in crate::store::postgres) struct Database {
    pool: Pool,
    config: Config,
    tls: Option<MakeRustlsConnect>,
    free_rows: Arc<FreeRows>,
    place: String,
}

impl Database {
    /// Prepares the way; nothing is connected yet.
    pub(in crate::store::postgres) fn new(settings: &PostgresSettings) -> Result<Self, PostgresError> {
        let config = config(settings);
        let kept = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let tls = if settings.tls { Some(MakeRustlsConnect::new(tls(settings.ca_pem.as_deref())?)) } else { None };
        let manager = match tls.clone() {
            Some(tls) => Manager::from_config(config.clone(), tls, kept),
            None => Manager::from_config(config.clone(), NoTls, kept),
        };
        let timeouts = Timeouts { wait: Some(TURN), create: Some(CONNECT * 3), recycle: Some(CONNECT) };
        let pool = Pool::builder(manager).max_size(settings.connections).timeouts(timeouts).runtime(Runtime::Tokio1);
        let pool = pool.build().map_err(|error| PostgresError::Unreachable(error.to_string()))?;
        Ok(Self { pool, config, tls, free_rows: Arc::default(), place: place(settings) })
    }

    /// Where it is, without the password.
    pub(in crate::store::postgres) fn place(&self) -> &str {
        &self.place
    }

    /// Where transactions leave their traces.
    pub(super) fn free_rows(&self) -> &Arc<FreeRows> {
        &self.free_rows
    }

    /// How a connection is made that is in no pool.
    pub(super) fn way(&self) -> (&Config, Option<MakeRustlsConnect>) {
        (&self.config, self.tls.clone())
    }

    /// A connection to the host that takes writes now.
    pub(in crate::store::postgres) async fn connection(&self) -> Result<Object, PostgresError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => PostgresError::Postgres(error),
            PoolError::Timeout(_) => PostgresError::Unreachable("no connection is to be had in time".to_owned()),
            other => PostgresError::Unreachable(other.to_string()),
        })
    }
}

fn config(settings: &PostgresSettings) -> Config {
    let mut config = Config::new();
    config.user(&settings.user).dbname(&settings.database).application_name("fortnightly");
    if let Some(password) = &settings.password {
        config.password(password.expose_secret());
    }
    for (host, port) in &settings.hosts {
        config.host(host).port(*port);
    }
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    config.ssl_mode(if settings.tls { SslMode::Require } else { SslMode::Disable });
    config.connect_timeout(CONNECT).keepalives_idle(SILENCE).keepalives_interval(SILENCE / 5).keepalives_retries(3);
    config.tcp_user_timeout(SILENCE);
    config
}

fn tls(ca_pem: Option<&[u8]>) -> Result<ClientConfig, PostgresError> {
    let unusable = |error: String| PostgresError::Unreachable(format!("the certificates of store.ca_file: {error}"));
    let mut roots = RootCertStore::empty();
    if let Some(pem) = ca_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("there is no CERTIFICATE block".to_owned()));
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| unusable(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// As messages name it: everything but the password.
fn place(settings: &PostgresSettings) -> String {
    let hosts: Vec<String> = settings.hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect();
    format!("postgres://{}@{}/{}", settings.user, hosts.join(","), settings.database)
}
