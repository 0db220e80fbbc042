//! How to reach the database, as whoever opens the store knows it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::store::EpochMemory;

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
    /// Where it is remembered how far the database has come.
    pub memory: Option<Arc<dyn EpochMemory>>,
}

impl PostgresSettings {
    /// As messages name it: everything but the password.
    pub(in crate::store::postgres) fn place(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        format!("postgres://{}@{}/{}", self.user, hosts.join(","), self.database)
    }
}
