//! `[mail]`: how mail leaves, and with which secrets.

use std::path::Path;

use secrecy::SecretString;

use super::dkim;
use super::environment::Environment;
use super::fields::Fields;
use super::file::{read_password, reason, resolve};
use super::findings::Findings;
use super::network::{HostPort, host_port, is_loopback};
use super::raw::Raw;
use super::service::{path_after, path_text};
use super::{Mail, OnUncertain, Pace, Relay, Service, Tls, TransportUrl};
use crate::domain::address::Address;
use crate::domain::token::TOKEN_LENGTH;

/// Port of message submission (RFC 6409 §3.1).
const SUBMISSION: u16 = 587;

/// Port of message submission with implicit TLS (RFC 8314 §7.3).
const SUBMISSIONS: u16 = 465;

/// The longest part before the @ that leaves room for `+` and a token within 64 octets (RFC 5321 §4.5.3.1.1).
const BOUNCE_LOCAL_LIMIT: usize = 64 - 1 - TOKEN_LENGTH;

/// The highest limits that make sense: whoever has none leaves the keys out.
const FASTEST: u32 = 100_000;
const MOST_A_DAY: u32 = 1_000_000_000;

/// A transport as its URL alone says it.
enum Form {
    Maildir(std::path::PathBuf),
    Smtp { at: HostPort, implicit: bool },
}

/// Checks `[mail]`. The service is there for the default of `bounce_address`.
pub(super) fn read(
    f: &mut Findings<'_>,
    fields: &Fields<'_>,
    folder: &Path,
    environment: &Environment,
    service: Option<&Service>,
) -> Option<Mail> {
    let form = match fields.get("transport") {
        Some(raw) => form(f, &raw, folder),
        None => Some(Form::Maildir(resolve(folder, "var/mail"))),
    };
    let tls = tls(f, fields, form.as_ref());
    let transport = match form {
        Some(Form::Maildir(path)) => Some(TransportUrl::Maildir(path)),
        Some(Form::Smtp { at, implicit }) => {
            let port = at.port.unwrap_or(if implicit { SUBMISSIONS } else { SUBMISSION });
            let login = login(f, fields, folder, environment);
            let ca_file = ca_file(f, fields, folder);
            Some(TransportUrl::Smtp(Relay { host: at.host, port, tls, login, ca_file }))
        }
        None => None,
    };
    let connections = fields.or(f, "connections", 8, |raw, f| raw.whole(f, 1..=64_u16));
    let pace = Pace {
        per_second: fields.get("rate_per_second").and_then(|raw| raw.whole(f, 1..=FASTEST)),
        per_day: fields.get("daily_cap").and_then(|raw| raw.whole(f, 1..=MOST_A_DAY)),
    };
    let window = fields.or(f, "window", 2, |raw, f| raw.whole(f, 1..=64_u16));
    let on_uncertain = fields.or(f, "on_uncertain", OnUncertain::Resend, Raw::word);
    let bounce_address = bounce_address(f, fields, service);
    let bounce_maildir = fields.get("bounce_maildir").and_then(|raw| {
        let text = raw.text(f)?;
        Some(resolve(folder, path_text(f, &raw, text)?))
    });
    let dkim = dkim::read(f, fields, folder, service);
    Some(Mail {
        transport: transport?,
        bounce_address: bounce_address?,
        bounce_maildir,
        on_uncertain,
        connections,
        pace,
        window,
        dkim,
    })
}

fn form(f: &mut Findings<'_>, raw: &Raw<'_>, folder: &Path) -> Option<Form> {
    let text = raw.text(f)?;
    let (implicit, rest) = match text.split_once(':') {
        Some(("maildir", path)) => return path_after(f, raw, path, folder).map(Form::Maildir),
        Some(("smtp", rest)) => (false, rest),
        Some(("smtps", rest)) => (true, rest),
        _ => {
            let help = "write maildir:var/mail to keep mail in a folder, or smtps://relay.example.org (or smtp://…) to send it";
            raw.bad(f, text, "is not a way to send mail that this program knows", help);
            return None;
        }
    };
    let Some(authority) = rest.strip_prefix("//") else {
        raw.bad(f, text, "lacks two slashes after the colon", raw.like_this());
        return None;
    };
    if authority.contains('@') {
        let help = "write the host alone, the name as username = \"…\", and put the password into a file that password_file names";
        raw.error(f, "secret-in-file", "must not contain a user name or password", help);
        return None;
    }
    match host_port(authority.strip_suffix('/').unwrap_or(authority)) {
        Ok(at) => Some(Form::Smtp { at, implicit }),
        Err(what) => {
            raw.bad(f, text, what, raw.like_this());
            None
        }
    }
}

fn tls(f: &mut Findings<'_>, fields: &Fields<'_>, form: Option<&Form>) -> Tls {
    let usual = if matches!(form, Some(Form::Smtp { implicit: true, .. })) { Tls::Implicit } else { Tls::Starttls };
    let Some(raw) = fields.get("tls") else { return usual };
    match (raw.text(f), form) {
        (Some("none"), Some(Form::Smtp { implicit: true, .. })) => {
            raw.error(
                f,
                "bad-value",
                "is “none”, but the transport begins with smtps://, which always uses TLS",
                "remove tls",
            );
        }
        (Some("none"), Some(Form::Smtp { at, .. })) if is_loopback(&at.host) => return Tls::None,
        (Some("none"), Some(Form::Smtp { .. })) => {
            let what = "is “none”, which is allowed only for a relay on this machine (localhost): mail and password would cross the network in the clear";
            raw.error(f, "bad-value", what, "remove tls, or write tls = \"required\"");
        }
        (None | Some("required" | "none"), _) => {}
        (Some(other), _) => raw.bad_word(f, other, &["required", "none"]),
    }
    usual
}

/// User name and password: both or neither.
fn login(
    f: &mut Findings<'_>,
    fields: &Fields<'_>,
    folder: &Path,
    environment: &Environment,
) -> Option<(String, SecretString)> {
    let named = fields.get("username");
    let file = fields.get("password_file");
    let before = f.count();
    let username = named.and_then(|raw| raw.line(f));
    let password = environment.password.clone().or_else(|| file.and_then(|raw| password_from(f, &raw, folder)));
    if f.count() > before && (username.is_none() && named.is_some() || password.is_none() && file.is_some()) {
        return None; // Said already.
    }
    match (username, password) {
        (Some(username), Some(password)) => return Some((username, password)),
        (None, None) => {}
        (Some(_), None) => {
            if fields.has_refused_secret() {
                return None; // It was in the file: said already.
            }
            if let Some(raw) = named {
                let help = "name the file that holds it, password_file = \"secrets/smtp-password\", or set FORTNIGHTLY__MAIL__PASSWORD";
                raw.error(f, "missing-key", "has no password to go with it", help);
            }
        }
        (None, Some(_)) => {
            let help = "add below [mail]: username = \"digest\", or remove the password if the relay wants none";
            fields.missing(f, "mail.username is missing: there is a password, but no user name to go with it", help);
        }
    }
    None
}

fn password_from(f: &mut Findings<'_>, raw: &Raw<'_>, folder: &Path) -> Option<SecretString> {
    let text = raw.text(f)?;
    let path = resolve(folder, path_text(f, raw, text)?);
    let shown = path.display();
    match read_password(&path) {
        Ok(password) => {
            raw.warn_if_world_readable(f, &path);
            Some(SecretString::from(password))
        }
        Err(what) => {
            let help = "put the password alone, on one line, into that file, and let only the user that runs fortnightly read it";
            raw.error(f, "unreadable", format_args!("{shown} {what}"), help);
            None
        }
    }
}

fn ca_file(f: &mut Findings<'_>, fields: &Fields<'_>, folder: &Path) -> Option<std::path::PathBuf> {
    let raw = fields.get("ca_file")?;
    let text = raw.text(f)?;
    let path = resolve(folder, path_text(f, &raw, text)?);
    if let Err(error) = std::fs::File::open(&path) {
        let help = "name the PEM file with the certificates to trust, or remove the key to trust the public ones";
        raw.error(f, "unreadable", format_args!("{} cannot be read: {}", path.display(), reason(&error)), help);
    }
    Some(path)
}

fn bounce_address(f: &mut Findings<'_>, fields: &Fields<'_>, service: Option<&Service>) -> Option<Address> {
    if let Some(raw) = fields.get("bounce_address") {
        return raw.parsed(f).filter(|address| has_room_for_token(f, &raw, address));
    }
    let default: Option<Address> = format!("bounces@{}", service?.from.address.domain()).parse().ok();
    if default.is_none() {
        fields.missing(
            f,
            "mail.bounce_address is missing: the domain of service.from is too long for the usual one",
            "add below [mail]: bounce_address = \"bounces@example.org\"",
        );
    }
    default
}

fn has_room_for_token(f: &mut Findings<'_>, raw: &Raw<'_>, address: &Address) -> bool {
    let fits = address.local().len() <= BOUNCE_LOCAL_LIMIT;
    if !fits {
        let what = format!("must have at most {BOUNCE_LOCAL_LIMIT} characters before the @");
        let help = format!(
            "shorten it, such as bounces@{}: the program adds a + and {TOKEN_LENGTH} characters, and mail servers take 64 in all",
            address.domain()
        );
        raw.bad(f, address.as_str(), what, help);
    }
    fits
}
