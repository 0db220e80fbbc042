//! DKIM signatures (RFC 6376, RFC 8463) in front of a joined message.
//!
//! mail-auth canonicalises headers, hashes and signs; its own signer is passed over because it takes the time from the system's
//! clock, and every attempt of a delivery must send the same bytes.

mod body;
mod key;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use mail_auth::common::crypto::HashOutput;
use mail_auth::common::headers::{Writable, Writer};
use mail_auth::dkim::{Canonicalization, Signature};

use super::error::MailError;
use body::RelaxedBody;
use key::PrivateKey;

/// What is signed, each name twice (RFC 6376 §8.15): a second one that is added on the way breaks the signature.
const SIGNED: [&str; 12] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "MIME-Version",
    "Content-Type",
];

/// Room for one signature header: 1 kB with RSA-2048, 1.4 kB with RSA-4096.
const HEADER_ROOM: usize = 1536;

/// Signs messages with every configured key; without keys it changes nothing. Cloning shares the keys.
#[derive(Clone, Default)]
pub struct Dkim {
    keys: Arc<[DkimKey]>,
}

/// A private key, and the domain and selector under which its public half is published.
pub struct DkimKey {
    domain: String,
    selector: String,
    key: PrivateKey,
}

impl DkimKey {
    /// Takes the PEM text of a private key: RSA with 2048 to 4096 bits (PKCS#8 or PKCS#1), or Ed25519 (PKCS#8).
    /// `file` is for messages alone.
    ///
    /// # Errors
    /// When the text holds no such key.
    pub fn new(domain: &str, selector: &str, file: &Path, pem: &[u8]) -> Result<Self, MailError> {
        let key = PrivateKey::from_pem(pem)
            .map_err(|reason| MailError::DkimKey { path: file.to_owned(), reason: reason.to_owned() })?;
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), key })
    }

    /// The TXT record to publish: its name, without a dot at the end, and its value (RFC 6376 §3.6.1, RFC 8463 §4).
    pub fn dns_record(&self) -> (String, String) {
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; k={}; p={}", self.key.kind(), self.key.public()))
    }

    fn sign(&self, at: DateTime<Utc>, headers: &[u8], body: &HashOutput) -> Result<Signature, mail_auth::Error> {
        let mut signature = Signature {
            v: 1,
            a: self.key.algorithm(),
            d: self.domain.clone(),
            s: self.selector.clone(),
            h: SIGNED.iter().flat_map(|name| [(*name).to_owned(), (*name).to_owned()]).collect(),
            bh: body.as_ref().to_vec(),
            t: u64::try_from(at.timestamp()).unwrap_or(0),
            ch: Canonicalization::Relaxed,
            cb: Canonicalization::Relaxed,
            ..Signature::default()
        };
        let mut input = Vec::with_capacity(headers.len() + HEADER_ROOM);
        input.extend_from_slice(headers);
        signature.write(&mut input, false); // RFC 6376 §3.7: itself, with an empty b=, comes last.
        signature.b = self.key.sign(Bytes(&input))?;
        Ok(signature)
    }
}

impl Dkim {
    /// Signs with these keys, the first one's signature on top.
    pub fn new(keys: Vec<DkimKey>) -> Self {
        Self { keys: keys.into() }
    }

    /// The keys.
    pub fn keys(&self) -> &[DkimKey] {
        &self.keys
    }

    /// Whether a signature costs more than handing a message to another thread: one with RSA does, by far.
    pub fn is_slow(&self) -> bool {
        self.keys.iter().any(|key| key.key.is_rsa())
    }

    /// Puts a signature of every key before `message`, which is complete and has CRLF line ends. `at` is its Date: the
    /// same message and moment give the same bytes.
    ///
    /// # Errors
    /// When the cryptography library refuses, which it does for want of memory or random bytes alone.
    pub fn sign(&self, at: DateTime<Utc>, message: &mut Vec<u8>) -> Result<(), MailError> {
        let Some(first) = self.keys.first() else { return Ok(()) };
        let (headers, body) = canonical(message, &first.key);
        let mut out = Vec::with_capacity(self.keys.len() * HEADER_ROOM);
        for key in self.keys.iter() {
            let signature = key.sign(at, &headers, &body).map_err(|error| MailError::Dkim(error.to_string()))?;
            signature.write(&mut out, true);
        }
        message.splice(0..0, out);
        Ok(())
    }
}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter()).finish()
    }
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.dns_record().0, self.key.kind())
    }
}

/// The signed headers in their relaxed form (RFC 6376 §3.4.2), and the hash of the relaxed body (§3.4.4).
fn canonical(message: &[u8], key: &PrivateKey) -> (Vec<u8>, HashOutput) {
    let (found, body) = split(message);
    let mut chosen = Vec::with_capacity(SIGNED.len());
    for name in SIGNED {
        // RFC 6376 §5.4.2: of several, from the last one upwards; one that is not there counts as nothing.
        let is_it = |header: &&(&[u8], &[u8])| header.0.eq_ignore_ascii_case(name.as_bytes());
        chosen.extend(found.iter().rev().filter(is_it).take(2).copied());
    }
    let mut headers = Vec::with_capacity(HEADER_ROOM);
    Canonicalization::Relaxed.canonicalize_headers(chosen.into_iter(), &mut headers);
    (headers, key.hash(RelaxedBody(body)))
}

/// A header field: its name, and its value with the line break at its end.
type Header<'a> = (&'a [u8], &'a [u8]);

/// The header fields, folded as they stand (RFC 5322 §2.2.3), and the body after the empty line.
fn split(message: &[u8]) -> (Vec<Header<'_>>, &[u8]) {
    let mut fields = Vec::with_capacity(16);
    let (mut start, mut at) = (0, 0);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if at > start && !matches!(line.first(), Some(b' ' | b'\t')) {
            let field = &message[start..at];
            let colon = field.iter().position(|byte| *byte == b':').unwrap_or(field.len() - 1);
            fields.push((&field[..colon], &field[colon + 1..]));
            start = at;
        }
        at += line.len();
        if line == b"\r\n" {
            break;
        }
    }
    (fields, &message[at..])
}

/// Bytes in the form that mail-auth's keys take.
struct Bytes<'a>(&'a [u8]);

impl Writable for Bytes<'_> {
    fn write(self, writer: &mut impl Writer) {
        writer.write(self.0);
    }
}
