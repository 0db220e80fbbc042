//! What a configuration says once it is checked.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::TimeDelta;
use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::network::is_loopback;
use crate::domain::activity::Nation;
use crate::domain::address::{Address, Mailbox};
use crate::domain::band::Bands;
use crate::domain::calendar::Schedule;
use crate::domain::colour::BrandColour;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{WordError, words};
use crate::domain::subscription::sync::Entry;

/// The whole configuration, checked. Paths are absolute or relative to the working directory.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from, as it was named on the command line.
    pub file: PathBuf,
    /// The folder of the file: `activities/` and `templates/` lie here.
    pub folder: PathBuf,
    pub service: Service,
    pub store: StoreUrl,
    pub schedule: Schedule,
    /// `[[bands]]`, or the five shipped ones.
    pub bands: Bands,
    pub mail: Mail,
    pub web: Web,
    pub retention: Retention,
    pub subscribers: Vec<Entry>,
    /// Line and column of `schedule.anchor`, from 1; `None` when the environment gave it.
    pub anchor_place: Option<(usize, usize)>,
    /// Line and column of `mail.transport`, likewise.
    pub transport_place: Option<(usize, usize)>,
    /// Line and column of `service.logo`, likewise.
    pub logo_place: Option<(usize, usize)>,
    /// Diagnostics that stop nothing.
    pub warnings: Vec<Diagnostic>,
}

/// `[retention]`: how long what is about people is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What a relay said about a mail; 90 days when left out.
    pub attempts: TimeDelta,
    /// The address of someone whose subscriptions have ended; 28 days when left out.
    pub ended: TimeDelta,
}

/// `[service]`.
#[derive(Debug, Clone)]
pub struct Service {
    pub name: String,
    /// `From`.
    pub from: Mailbox,
    /// `Reply-To`.
    pub reply_to: Option<Mailbox>,
    /// One line.
    pub postal_address: String,
    /// Public https (or, on loopback, http) address, without a trailing slash.
    pub base_url: String,
    pub nation: Nation,
    /// Who gets mail about the service itself.
    pub operators: Vec<Address>,
    /// How long before an edition is due the operators are told of it; 4 days when left out.
    pub operator_notice: TimeDelta,
    pub face: Face,
}

/// What mails and pages show of the organisation besides its name; nothing of it must be there.
#[derive(Debug, Clone, Default)]
pub struct Face {
    /// The file of its logo, which may not be a picture that can be shown.
    pub logo: Option<PathBuf>,
    pub colour: Option<BrandColour>,
    /// One line at the foot; empty for none.
    pub footer: String,
    /// The https address of the privacy notice; empty for none.
    pub privacy_url: String,
}

/// `store.url`.
#[derive(Debug, Clone)]
pub enum StoreUrl {
    /// `sqlite:PATH`.
    Sqlite(PathBuf),
    /// `postgres://…`.
    Postgres(PostgresUrl),
}

impl StoreUrl {
    /// Whether both are one store.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => one == other,
            (Self::Postgres(one), Self::Postgres(other)) => {
                let place = |url: &PostgresUrl| (url.hosts.clone(), url.user.clone(), url.database.clone(), url.tls);
                place(one) == place(other)
            }
            _ => false,
        }
    }
}

/// The database that several nodes share.
#[derive(Debug, Clone)]
pub struct PostgresUrl {
    /// Each with its port; one that begins with `/` is the folder of a socket.
    pub hosts: Vec<(String, u16)>,
    pub user: String,
    pub database: String,
    /// Whether the connection is encrypted and the server's certificate verified, name and all.
    pub tls: bool,
    pub password: Option<SecretString>,
    pub password_file: Option<PathBuf>,
    /// Certificates (PEM) to trust instead of the public roots.
    pub ca_file: Option<PathBuf>,
}

/// `[mail]`.
#[derive(Debug, Clone)]
pub struct Mail {
    pub transport: TransportUrl,
    /// Where bounces go; `bounces@` the domain of `service.from` when left out.
    pub bounce_address: Address,
    /// Where mail to it arrives, if this program is to read it.
    pub bounce_maildir: Option<PathBuf>,
    pub on_uncertain: OnUncertain,
    /// SMTP connections at once, 1 to 64; 8 when left out.
    pub connections: u16,
    pub pace: Pace,
    /// Deliveries that a connection may have begun and not recorded, 1 to 64; 2 when left out. A killed process repeats at
    /// most as many per connection.
    pub window: u16,
    /// `[[mail.dkim]]`: at most two.
    pub dkim: Vec<DkimKey>,
}

/// `mail.rate_per_second` and `mail.daily_cap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Mails handed over in a second, all connections together; `None` for no limit.
    pub per_second: Option<u32>,
    /// Mails handed over from midnight to midnight in `schedule.timezone`; `None` for no limit.
    pub per_day: Option<u32>,
}

/// One `[[mail.dkim]]`. The file was there when the configuration was read; what it holds is not looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// `d=`: a domain in lower case.
    pub domain: String,
    pub selector: String,
    /// The private key (PEM).
    pub private_key_file: PathBuf,
}

words! {
    /// What happens to deliveries that may have been accepted.
    OnUncertain, "rule" {
        /// Send again, the same bytes.
        Resend = "resend",
        /// Wait for a person.
        Hold = "hold",
    }
}

/// `mail.transport`.
#[derive(Debug, Clone)]
pub enum TransportUrl {
    /// `maildir:PATH`.
    Maildir(PathBuf),
    /// `smtp://HOST[:PORT]` or `smtps://HOST[:PORT]`.
    Smtp(Relay),
}

/// An SMTP relay.
#[derive(Debug, Clone)]
pub struct Relay {
    pub host: String,
    /// Port: 587, or 465 for `smtps`, when left out.
    pub port: u16,
    pub tls: Tls,
    pub login: Option<(String, SecretString)>,
    /// The file that the password is in.
    pub password_file: Option<PathBuf>,
    /// Certificates to trust instead of the public roots (PEM).
    pub ca_file: Option<PathBuf>,
}

impl Relay {
    /// Whether its name or address is this machine's own.
    pub fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// STARTTLS, required (RFC 3207).
    Starttls,
    /// Not at all; loopback only.
    None,
}

/// Where the operators' pages listen unless told otherwise, if it is free.
pub const CONSOLE: std::net::SocketAddr =
    std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8026);

/// `[web]`.
#[derive(Debug, Clone)]
pub struct Web {
    pub listen: std::net::SocketAddr,
    pub console_listen: std::net::SocketAddr,
    /// The console's public address, without a trailing slash.
    pub console_url: Option<String>,
    /// Whose word on where a request comes from counts.
    pub trusted_proxies: Vec<IpNet>,
    /// The keyring.
    pub secret_file: PathBuf,
    /// The organisation's own sign-on.
    pub oidc: Option<Oidc>,
}

/// `[web.oidc]`: a provider of `OpenID` Connect, and how the console is registered there.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// Exactly as the provider writes it: a slash at its end belongs to it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// The file that the secret is in.
    pub client_secret_file: Option<PathBuf>,
    /// Certificates to trust instead of the public roots (PEM).
    pub ca_file: Option<PathBuf>,
}

impl Config {
    /// The line of the first entry that names this address, from 1.
    pub fn line_of_address(&self, address: &Address) -> Option<usize> {
        self.subscribers.iter().find(|entry| entry.addresses.contains(address)).map(|entry| entry.line)
    }
}
