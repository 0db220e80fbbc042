//! `[[mail.dkim]]`: the keys that sign every mail.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::fields::{Fields, entries};
use super::file::{reason, resolve};
use super::findings::{Findings, shown};
use super::keys::DKIM;
use super::raw::Raw;
use super::service::path_text;
use super::{DkimKey, Service};
use crate::domain::diagnostic::Diagnostic;

/// Two algorithms, or two keys while one takes the other's place: more signatures help nobody.
pub(super) const KEY_LIMIT: usize = 2;

/// The longest name that DNS takes, and the longest part of one, in octets (RFC 1035 §2.3.4).
const NAME_LIMIT: usize = 253;
const LABEL_LIMIT: usize = 63;

/// Checks `[[mail.dkim]]`. What the files hold is for the part that signs.
pub(super) fn read(
    f: &mut Findings<'_>,
    fields: &Fields<'_>,
    folder: &Path,
    service: Option<&Service>,
) -> Vec<DkimKey> {
    let value = fields.get("dkim").map(|raw| (raw.value, raw.place));
    let found = entries(f, &DKIM, value).unwrap_or_default();
    if let Some(extra) = found.get(KEY_LIMIT) {
        let what = format!("there are {} keys below [[mail.dkim]]; at most two may sign", found.len());
        let help = "keep the two whose DNS records are published, and remove the others";
        f.add(extra.place(), Diagnostic::error("bad-value", what).help(help));
    }
    let mut keys: Vec<DkimKey> = Vec::new();
    for entry in &found {
        let Some(key) = key(f, entry, folder, service) else { continue };
        if keys.iter().any(|other| (&other.domain, &other.selector) == (&key.domain, &key.selector)) {
            let what = format!("a second key has the selector {} of {}", shown(&key.selector), key.domain);
            let help = "give it a selector of its own: each key has its own DNS record";
            f.add(entry.place(), Diagnostic::error("bad-value", what).help(help));
        }
        keys.push(key);
    }
    keys
}

fn key(f: &mut Findings<'_>, entry: &Fields<'_>, folder: &Path, service: Option<&Service>) -> Option<DkimKey> {
    let domain = entry.required(f, "domain").and_then(|raw| domain(f, &raw, service));
    let selector = entry.required(f, "selector").and_then(|raw| selector(f, &raw));
    let file = entry.required(f, "private_key_file").and_then(|raw| key_file(f, &raw, folder));
    Some(DkimKey { domain: domain?, selector: selector?, private_key_file: file? })
}

fn domain(f: &mut Findings<'_>, raw: &Raw<'_>, service: Option<&Service>) -> Option<String> {
    let text = raw.text(f)?;
    let is_label = |label: &str| !label.starts_with('-') && !label.ends_with('-') && !label.contains('_');
    if !text.contains('.') || !is_name(text) || !text.split('.').all(is_label) {
        let help = "write a domain alone, without @ or https://, such as example.org";
        raw.bad(f, text, "is not a domain", help);
        return None;
    }
    let domain = text.to_ascii_lowercase();
    if let Some(service) = service {
        let from = service.from.address.domain().to_ascii_lowercase();
        if from != domain && !from.ends_with(&format!(".{domain}")) {
            let what =
                format!("{} {} is neither the domain of service.from nor one above it", raw.subject(), shown(text));
            let help =
                format!("receivers will not count the signature for your mail (DMARC); write domain = \"{from}\"");
            f.add(raw.place, Diagnostic::warning("dkim-not-aligned", what).help(help));
        }
    }
    Some(domain)
}

fn selector(f: &mut Findings<'_>, raw: &Raw<'_>) -> Option<String> {
    let text = raw.text(f)?;
    if is_name(text) && text.len() <= LABEL_LIMIT {
        return Some(text.to_ascii_lowercase());
    }
    let help = "use letters, digits and hyphens, such as s1: it is the part of the DNS name before ._domainkey";
    raw.bad(f, text, "is not a selector", help);
    None
}

/// Whether DNS takes it as a name: parts of letters, digits, hyphens and underscores.
fn is_name(text: &str) -> bool {
    let is_good = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    let is_part = |part: &str| !part.is_empty() && part.len() <= LABEL_LIMIT && part.bytes().all(is_good);
    text.len() <= NAME_LIMIT && text.split('.').all(is_part)
}

fn key_file(f: &mut Findings<'_>, raw: &Raw<'_>, folder: &Path) -> Option<PathBuf> {
    let text = raw.text(f)?;
    let path = resolve(folder, path_text(f, raw, text)?);
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
        raw.error(f, "unreadable", format_args!("{shown} cannot be read: {why}"), help);
        return None;
    }
    raw.warn_if_world_readable(f, &path);
    Some(path)
}
