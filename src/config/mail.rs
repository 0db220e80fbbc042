//! `[mail]`: how mail leaves, and with which secrets.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::files::{path_after, read_password, read_path, warn_if_world_readable};
use super::key_table::DKIM_KEYS;
use super::network::{HostPort, host_port, is_loopback};
use super::settings::{DkimKey, Mail, Pace, Relay, Service, Tls, TransportUrl};
use crate::domain::address::Address;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::token::TOKEN_LENGTH;
use crate::ordinary_file;
use crate::ordinary_file::reason;
use crate::output;
use crate::toml_form::fields::Fields;
use crate::toml_form::source::shown;
use crate::toml_form::value::Value;

/// Port of message submission (RFC 6409 §3.1).
const SUBMISSION: u16 = 587;

/// Port of message submission with implicit TLS (RFC 8314 §7.3).
const SUBMISSIONS: u16 = 465;

/// Port between mail servers (RFC 5321 §4.5.4.2).
const RELAYING: u16 = 25;

/// The longest part before the @ that leaves room for `+` and a token within 64 octets (RFC 5321 §4.5.3.1.1).
const BOUNCE_LOCAL_LIMIT: usize = 64 - 1 - TOKEN_LENGTH;

/// A transport as its URL alone says it.
enum Form {
    Maildir(std::path::PathBuf),
    Smtp { at: HostPort, implicit: bool },
}

/// Checks `[mail]`. `password` is the environment's; the service is there for the default of `bounce_address`.
pub(super) fn read(
    fields: &Fields<'_>,
    folder: &Path,
    password: Option<SecretString>,
    service: Option<&Service>,
) -> Option<Mail> {
    let transport = transport(fields, folder, password);
    let bounce_address = bounce_address(fields, service);
    let pace = Pace {
        per_second: fields.get("rate_per_second").and_then(|value| value.whole()),
        per_day: fields.get("daily_cap").and_then(|value| value.whole()),
    };
    Some(Mail {
        connections: fields.or_default("connections", Value::whole),
        pace,
        window: fields.or_default("window", Value::whole),
        on_uncertain: fields.or_default("on_uncertain", Value::word),
        bounce_maildir: bounce_maildir(fields, folder, transport.as_ref()),
        dkim: read_dkim(fields, folder, service),
        transport: transport?,
        bounce_address: bounce_address?,
    })
}

fn transport(fields: &Fields<'_>, folder: &Path, password: Option<SecretString>) -> Option<TransportUrl> {
    // A transport that cannot be read has no default: it would send mail elsewhere.
    let form = match fields.get("transport") {
        Some(value) => form(&value, folder),
        None => Some(fields.or_default("transport", |value| form(value, folder))),
    };
    let tls = tls(fields, form.as_ref());
    let (at, implicit) = match form? {
        Form::Maildir(path) => return Some(TransportUrl::Maildir(path)),
        Form::Smtp { at, implicit } => (at, implicit),
    };
    let port = at.port.unwrap_or(if implicit { SUBMISSIONS } else { SUBMISSION });
    if let Some(value) = fields.get("transport") {
        warn_of_port(&value, &at.host, port, implicit);
    }
    let password_file = fields.get("password_file").and_then(|value| read_path(&value, folder));
    let login = login(fields, password_file.as_deref(), password);
    let ca_file = ca_file(fields, folder);
    Some(TransportUrl::Smtp(Relay { host: at.host, port, tls, login, password_file, ca_file }))
}

fn form(value: &Value<'_>, folder: &Path) -> Option<Form> {
    let text = value.text()?;
    let (implicit, rest) = match text.split_once(':') {
        Some(("maildir", path)) => return path_after(value, path, folder).map(Form::Maildir),
        Some(("smtp", rest)) => (false, rest),
        Some(("smtps", rest)) => (true, rest),
        _ => {
            let help = "write maildir:var/mail to keep mail in a folder, or smtps://relay.example.org (or smtp://…) to send it";
            value.bad(text, "is not a way to send mail that this program knows", help);
            return None;
        }
    };
    let Some(authority) = rest.strip_prefix("//") else {
        value.bad(text, "lacks two slashes after the colon", value.like_this());
        return None;
    };
    if authority.contains('@') {
        let help = "write the host alone, the name as username = \"…\", and put the password into a file that password_file names";
        value.error("secret-in-file", "must not contain a user name or password", help);
        return None;
    }
    match host_port(authority.strip_suffix('/').unwrap_or(authority)) {
        Ok(at) => Some(Form::Smtp { at, implicit }),
        Err(what) => {
            value.bad(text, what, value.like_this());
            None
        }
    }
}

/// Warns where client and relay would wait for each other: one for TLS, the other for words.
fn warn_of_port(value: &Value<'_>, host: &str, port: u16, implicit: bool) {
    let (scheme, usual) = match (implicit, port) {
        (false, SUBMISSIONS) => ("smtps", "TLS from the first byte"),
        (true, SUBMISSION | RELAYING) => ("smtp", "plain text first and then STARTTLS"),
        _ => return,
    };
    let what = format!("does not go with its port: on port {port} relays expect {usual}");
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    value.warning(
        "port",
        what,
        format!("write transport = \"{scheme}://{host}:{port}\", unless your relay says otherwise"),
    );
}

fn tls(fields: &Fields<'_>, form: Option<&Form>) -> Tls {
    let usual = if matches!(form, Some(Form::Smtp { implicit: true, .. })) { Tls::Implicit } else { Tls::Starttls };
    let Some(value) = fields.get("tls") else { return usual };
    match (value.text(), form) {
        (Some("none"), Some(Form::Smtp { implicit: true, .. })) => {
            value.error(
                "bad-value",
                "is “none”, but the transport begins with smtps://, which always uses TLS",
                "remove tls",
            );
        }
        (Some("none"), Some(Form::Smtp { at, .. })) if is_loopback(&at.host) => return Tls::None,
        (Some("none"), Some(Form::Smtp { .. })) => {
            let what = "is “none”, which is allowed only for a relay on this machine (localhost): mail and password would cross the network in the clear";
            value.error("bad-value", what, "remove tls, or write tls = \"required\"");
        }
        (None | Some("required" | "none"), _) => {}
        (Some(other), _) => value.bad_word(other, &["required", "none"]),
    }
    usual
}

/// User name and password: both or neither. The environment's password goes before that of a file.
fn login(fields: &Fields<'_>, path: Option<&Path>, password: Option<SecretString>) -> Option<(String, SecretString)> {
    let (named, file) = (fields.get("username"), fields.get("password_file"));
    let username = named.and_then(|value| value.line());
    let password = password.or_else(|| password_from(&file?, path?, "password"));
    let is_said = named.is_some() && username.is_none() || file.is_some() && password.is_none();
    match (username, password) {
        (Some(username), Some(password)) => return Some((username, password)),
        (Some(_), None) if !is_said && !fields.has_refused_secret() => {
            let help = "name the file that holds it, password_file = \"secrets/smtp-password\", or set FORTNIGHTLY__MAIL__PASSWORD";
            named?.error("missing-key", "has no password to go with it", help);
        }
        (None, Some(_)) if !is_said => {
            let help = "add below [mail]: username = \"digest\", or remove the password if the relay wants none";
            fields.missing("mail.username is missing: there is a password, but no user name to go with it", help);
        }
        _ => {}
    }
    None
}

pub(super) fn password_from(value: &Value<'_>, path: &Path, what_it_is: &str) -> Option<SecretString> {
    match read_password(path) {
        Ok(password) => {
            warn_if_world_readable(value, path);
            Some(SecretString::from(password))
        }
        Err(what) => {
            let help = format!(
                "put the {what_it_is} alone, on one line, into that file, and let only the user that runs fortnightly read it"
            );
            value.error("unreadable", format_args!("{} {what}", path.display()), help);
            None
        }
    }
}

pub(super) fn ca_file(fields: &Fields<'_>, folder: &Path) -> Option<std::path::PathBuf> {
    let value = fields.get("ca_file")?;
    let path = read_path(&value, folder)?;
    if let Err(error) = ordinary_file::open(&path) {
        let help = "name the PEM file with the certificates to trust, or remove the key to trust the public ones";
        value.error("unreadable", format_args!("{} cannot be read: {}", path.display(), reason(&error)), help);
    }
    Some(path)
}

fn bounce_maildir(fields: &Fields<'_>, folder: &Path, transport: Option<&TransportUrl>) -> Option<PathBuf> {
    let value = fields.get("bounce_maildir")?;
    let path = read_path(&value, folder)?;
    if let Some(TransportUrl::Maildir(outgoing)) = transport
        && output::place(&path) == output::place(outgoing)
    {
        let what = "is the folder that mail.transport writes to: the digests themselves would be read as bounces";
        value.bad(&path.display().to_string(), what, "name the folder in which mail to mail.bounce_address arrives");
    }
    Some(path)
}

fn bounce_address(fields: &Fields<'_>, service: Option<&Service>) -> Option<Address> {
    if let Some(value) = fields.get("bounce_address") {
        return value.parsed().filter(|address| has_room_for_token(&value, address));
    }
    let default: Option<Address> = format!("bounces@{}", service?.from.address.domain()).parse().ok();
    if default.is_none() {
        fields.missing(
            "mail.bounce_address is missing: the domain of service.from is too long for the usual one",
            "add below [mail]: bounce_address = \"bounces@example.org\"",
        );
    }
    default
}

fn has_room_for_token(value: &Value<'_>, address: &Address) -> bool {
    let fits = address.local().len() <= BOUNCE_LOCAL_LIMIT;
    if !fits {
        let what = format!("must have at most {BOUNCE_LOCAL_LIMIT} characters before the @");
        let help = format!(
            "shorten it, such as bounces@{}: the program adds a + and {TOKEN_LENGTH} characters, and mail servers take 64 in all",
            address.domain()
        );
        value.bad(address.as_str(), what, help);
    }
    fits
}

/// The longest name that DNS takes, and the longest part of one, in octets (RFC 1035 §2.3.4).
const NAME_LIMIT: usize = 253;
const LABEL_LIMIT: usize = 63;

/// Checks `[[mail.dkim]]`. What the files hold is for the part that signs.
pub(super) fn read_dkim(mail: &Fields<'_>, folder: &Path, service: Option<&Service>) -> Vec<DkimKey> {
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
    let opened = ordinary_file::open(&path).and_then(|file| file.metadata());
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
