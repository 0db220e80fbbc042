//! The relay: where it is, how the connection is protected, how long each phase may take, and what it offers (RFC 5321 §4.1.1.1).

use std::time::Duration;

use lettre::transport::smtp::authentication::Mechanism;
use secrecy::SecretString;

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
    /// The relay's first words; 5 min.
    pub greeting: Duration,
    /// One command and its reply, or MAIL, RCPT and DATA together; 5 min.
    pub command: Duration,
    /// How long a transaction that was opened ahead waits before it is asked again whether its mail is still wanted; 1 s.
    pub opened: Duration,
    /// The message, its final dot and the reply; 10 min.
    pub data: Duration,
    /// QUIT and its reply; 5 s.
    pub quit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_mins(5),
            command: Duration::from_mins(5),
            opened: Duration::from_secs(1),
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
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// User name and password.
    pub login: Option<(String, SecretString)>,
    /// Certificates to trust instead of the public roots (PEM).
    pub ca_pem: Option<Vec<u8>>,
    /// What we call ourselves in EHLO: a domain name.
    pub hello: String,
    pub timeouts: Timeouts,
}

/// The extensions that matter to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Several commands may be sent without waiting for each reply (RFC 2920).
    pub pipelining: bool,
    /// Delivery status notifications can be asked for (RFC 3461).
    pub dsn: bool,
    /// The connection can become TLS (RFC 3207).
    pub starttls: bool,
    /// The largest message in octets, when it says so (RFC 1870); 0 for no limit.
    pub size: Option<u64>,
    /// Ways to log in, as it names them (RFC 4954).
    pub logins: Vec<String>,
}

impl Capabilities {
    /// Reads the lines of the answer; the first one is the relay's name.
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut capabilities = Self::default();
        for line in lines.skip(1) {
            // Some old relays write AUTH=LOGIN.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "PIPELINING" => capabilities.pipelining = true,
                "DSN" => capabilities.dsn = true,
                "STARTTLS" => capabilities.starttls = true,
                "SIZE" => capabilities.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                "AUTH" => capabilities.logins.extend(words.map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        capabilities.logins.sort();
        capabilities.logins.dedup();
        capabilities
    }

    /// The way to log in that we use: PLAIN before LOGIN.
    pub(super) fn mechanism(&self) -> Option<Mechanism> {
        let known = [("PLAIN", Mechanism::Plain), ("LOGIN", Mechanism::Login)];
        known.into_iter().find(|(name, _)| self.logins.iter().any(|login| login == name)).map(|(_, known)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_relays_say() {
        let lines = ["mx.example at your service", "pipelining", "SIZE 35882577", "AUTH LOGIN PLAIN XOAUTH2", "dsn"];
        let capabilities = Capabilities::read(lines.into_iter());
        assert!(capabilities.pipelining && capabilities.dsn && !capabilities.starttls);
        assert_eq!((capabilities.size, capabilities.mechanism()), (Some(35_882_577), Some(Mechanism::Plain)));
        let old = Capabilities::read(["mx", "AUTH=LOGIN", "SIZE", "STARTTLS"].into_iter());
        assert_eq!((old.mechanism(), old.size, old.starttls), (Some(Mechanism::Login), Some(0), true));
        // A relay's name is no keyword.
        assert_eq!(Capabilities::read(["PIPELINING"].into_iter()), Capabilities::default());
        assert_eq!(Capabilities::read(["mx", "AUTH CRAM-MD5"].into_iter()).mechanism(), None);
    }
}
