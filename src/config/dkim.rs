//! `[[mail.dkim]]`: the keys that sign every mail.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::files::{read_path, reason, warn_if_world_readable};
use super::key_table::DKIM_KEYS;
use super::settings::{DkimKey, Service};
use crate::domain::diagnostic::Diagnostic;
use crate::toml_form::fields::Fields;
use crate::toml_form::source::shown;
use crate::toml_form::value::Value;

/// The longest name that DNS takes, and the longest part of one, in octets (RFC 1035 §2.3.4).
const NAME_LIMIT: usize = 253;
const LABEL_LIMIT: usize = 63;

/// Checks `[[mail.dkim]]`. What the files hold is for the part that signs.
pub(super) fn read(mail: &Fields<'_>, folder: &Path, service: Option<&Service>) -> Vec<DkimKey> {
    let found = mail.tables("dkim").unwrap_or_default();
    if let Some(extra) = found.get(DKIM_KEYS) {
        let what = format!("there are {} keys below [[mail.dkim]]; at most two may sign", found.len());
        let help = "keep the two whose DNS records are published, and remove the others";
        extra.note(Diagnostic::error("bad-value", what).help(help));
    }
    let mut keys: Vec<DkimKey> = Vec::new();
    for entry in &found {
        let Some(key) = key(entry, folder, service) else { continue };
        if keys.iter().any(|other| (&other.domain, &other.selector) == (&key.domain, &key.selector)) {
            let what = format!("a second key has the selector {} of {}", shown(&key.selector), key.domain);
            let help = "give it a selector of its own: each key has its own DNS record";
            entry.note(Diagnostic::error("bad-value", what).help(help));
        }
        keys.push(key);
    }
    keys
}

fn key(entry: &Fields<'_>, folder: &Path, service: Option<&Service>) -> Option<DkimKey> {
    let domain = entry.get("domain").and_then(|value| domain(&value, service));
    let selector = entry.get("selector").and_then(|value| selector(&value));
    let file = entry.get("private_key_file").and_then(|value| key_file(&value, folder));
    Some(DkimKey { domain: domain?, selector: selector?, private_key_file: file? })
}

fn domain(value: &Value<'_>, service: Option<&Service>) -> Option<String> {
    let text = value.text()?;
    let is_label = |label: &str| !label.starts_with('-') && !label.ends_with('-') && !label.contains('_');
    if !text.contains('.') || !is_name(text) || !text.split('.').all(is_label) {
        let help = "write a domain alone, without @ or https://, such as example.org";
        value.bad(text, "is not a domain", help);
        return None;
    }
    let domain = text.to_ascii_lowercase();
    if let Some(service) = service {
        let from = service.from.address.domain().to_ascii_lowercase();
        if from != domain && !from.ends_with(&format!(".{domain}")) {
            let what = format!("{} is neither the domain of service.from nor one above it", shown(text));
            let help =
                format!("receivers will not count the signature for your mail (DMARC); write domain = \"{from}\"");
            value.warning("dkim-not-aligned", what, help);
        }
    }
    Some(domain)
}

fn selector(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    if is_name(text) && text.len() <= LABEL_LIMIT {
        return Some(text.to_ascii_lowercase());
    }
    let help = "use letters, digits and hyphens, such as s1: it is the part of the DNS name before ._domainkey";
    value.bad(text, "is not a selector", help);
    None
}

/// Whether DNS takes it as a name: parts of letters, digits, hyphens and underscores.
fn is_name(text: &str) -> bool {
    let is_good = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    let is_part = |part: &str| !part.is_empty() && part.len() <= LABEL_LIMIT && part.bytes().all(is_good);
    text.len() <= NAME_LIMIT && text.split('.').all(is_part)
}

fn key_file(value: &Value<'_>, folder: &Path) -> Option<PathBuf> {
    let path = read_path(value, folder)?;
    let shown = path.display();
    let opened = File::open(&path).and_then(|file| file.metadata());
    let why = match &opened {
        Ok(data) if data.is_dir() => Some("it is a folder".to_owned()),
        Ok(_) => None,
        Err(error) => Some(reason(error)),
    };
    if let Some(why) = why {
        let help = format!(
            "name the file, or make a key: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out {shown}"
        );
        value.error("unreadable", format_args!("{shown} cannot be read: {why}"), help);
        return None;
    }
    warn_if_world_readable(value, &path);
    Some(path)
}
