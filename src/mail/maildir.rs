//! The Maildir transport: each message becomes one file that any mail program opens, and nothing is sent.
//!
//! A file's name follows from the delivery and from its content, so handing the same delivery over again, after a
//! crash between the rename and the record, finds the file and writes nothing.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use chrono::DateTime;
use data_encoding::HEXLOWER;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::error::MailError;
use super::transport::{Envelope, Handover, Transport};
use crate::domain::delivery::{Outcome, Reply};

/// A mail folder with `cur`, `new` and `tmp`, readable by its owner alone.
#[derive(Debug, Clone)]
pub struct Maildir {
    path: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

/// What lies in `cur`, where mail programs move what they have seen: names without their flags.
#[derive(Debug, Default)]
struct Seen {
    changed: Option<SystemTime>,
    names: HashSet<String>,
}

impl Maildir {
    /// Opens a mail folder, and makes it where it is missing.
    ///
    /// # Errors
    /// When a folder can be neither found nor made.
    pub fn open(path: &Path) -> Result<Self, MailError> {
        // `new` comes last: whoever waits for it to deliver needs the others.
        for folder in ["tmp", "cur", "new"] {
            let folder = path.join(folder);
            let failed = |error: io::Error| MailError::Maildir { path: folder.clone(), reason: error.to_string() };
            DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        }
        let failed = |error: io::Error| MailError::Maildir { path: path.to_owned(), reason: error.to_string() };
        sync_folder(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), seen: Arc::default() })
    }

    /// Writes the file unless it is there already.
    fn store(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let target = self.path.join("new").join(name);
        // First `new`, then `cur`: the way in which mail programs move files.
        if target.try_exists()? || self.was_seen(name)? {
            // Whoever put it there may have died before the name was safe.
            return sync_folder(&self.path.join("new"));
        }
        let draft = self.path.join("tmp").join(name);
        let written = write_whole(&draft, content).and_then(|()| fs::rename(&draft, &target));
        if written.is_err() {
            // Room on a full disk matters more than a second error.
            let _ = fs::remove_file(&draft);
        }
        written?;
        sync_folder(&self.path.join("new"))
    }

    /// Whether a mail program has moved the file to `cur`, as `name` or `name:2,FLAGS`. The folder is listed again only
    /// when it changed.
    fn was_seen(&self, name: &str) -> io::Result<bool> {
        let folder = self.path.join("cur");
        let changed = fs::metadata(&folder)?.modified()?;
        let mut seen = self.seen.lock();
        if seen.changed != Some(changed) {
            seen.changed = None;
            seen.names.clear();
            for entry in fs::read_dir(&folder)? {
                let file = entry?.file_name();
                let file = file.to_string_lossy();
                seen.names.insert(file.split(':').next().unwrap_or_default().to_owned());
            }
            // A change in the clock tick of the listing would not show in the folder's time.
            let settled = SystemTime::now().duration_since(changed).is_ok_and(|age| age.as_secs() >= 1);
            seen.changed = settled.then_some(changed);
        }
        Ok(seen.names.contains(name))
    }
}

#[async_trait]
impl Transport for Maildir {
    async fn deliver(&mut self, mail: Handover<'_>, message: &[u8], _next: Option<Handover<'_>>) -> Outcome {
        if !mail.gate.is_open().await {
            return Outcome::Withheld;
        }
        let content = content(mail.envelope, message);
        let file = file_name(mail.name, message, &content);
        let folder = self.clone();
        let task = tokio::task::spawn_blocking(move || folder.store(&file, &content).map(|()| file));
        match task.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(file) => Outcome::Accepted(Reply { code: None, text: format!("new/{file}") }),
            Err(error) => Outcome::Transient(Reply { code: None, text: self.explain(&error) }),
        }
    }
}

impl Maildir {
    fn explain(&self, error: &io::Error) -> String {
        let folder = self.path.display();
        let text = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                format!(
                    "the disk is full: nothing was written to the mail folder {folder}; make room, and it is tried again"
                )
            }
            _ => format!("the mail folder {folder} could not be written: {error}"),
        };
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
    }
}

/// The message as a delivery agent stores it: the envelope in front (RFC 5321 §4.4), line ends of the system.
fn content(envelope: &Envelope, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 256);
    out.extend_from_slice(format!("Return-Path: <{}>\nDelivered-To: {}\n", envelope.from, envelope.to).as_bytes());
    let mut rest = message;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\n');
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    out
}

/// `time.unique.host`: the time is the message's Date, the unique part names delivery and content. Nothing in it
/// depends on when, where or by which process it is written.
fn file_name(name: &str, message: &[u8], content: &[u8]) -> String {
    let mut unique = String::new();
    for b in name.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'+' | b'=' => unique.push(char::from(b)),
            _ => {
                let _ = write!(unique, "\\{b:03o}");
            }
        }
    }
    let digest = HEXLOWER.encode(&Sha256::digest(content)[..8]);
    format!("{}.{unique}_{digest}.fortnightly", seconds(message).unwrap_or(0))
}

/// The message's Date, in seconds since 1970.
fn seconds(message: &[u8]) -> Option<i64> {
    let mut lines = message.split(|b| *b == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let date = lines.find_map(|line| line.strip_prefix(b"Date: "))?;
    let date = std::str::from_utf8(date).ok()?.trim();
    DateTime::parse_from_rfc2822(date).ok().map(|at| at.timestamp())
}

/// Writes a draft to the disk, in the place of whatever a killed process left there.
fn write_whole(draft: &Path, content: &[u8]) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
