//! Where the relay is, how the connection is protected, and how long each phase may take.

use std::time::Duration;

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
