//! The headers of a digest: those of a whole segment, and those of one message.
//!
//! There is no `Precedence`: it is in no standard. A digest has no `Auto-Submitted` either: RFC 3834 §5 asks it of
//! answers and of a machine's own words, and these were written by people; autoresponders keep quiet because
//! of `List-Id` (RFC 5230 §4.6). A mail to an operator is a machine's own words and belongs to no list, so it is the other way
//! round there.

use chrono::{DateTime, Utc};

use super::encoded_word::{phrase, unstructured};
use super::error::MailError;
use crate::domain::address::{Address, Mailbox};
use crate::domain::sender::Sender;
use crate::domain::text::check_characters;

/// What differs per recipient.
#[derive(Clone, Copy)]
pub struct Personal<'a> {
    pub to: &'a Address,
    /// The local part of the Message-ID: unique to the delivery.
    pub name: &'a str,
    /// The greeting, plain text.
    pub greeting: &'a str,
    /// The unsubscribe link, ASCII.
    pub unsubscribe_url: &'a str,
    /// The link to change bands, ASCII.
    pub preferences_url: &'a str,
    /// The link that confirms or undoes something, ASCII; empty in a digest.
    pub confirm_url: &'a str,
    /// For `unsubscribe+<token>@…`.
    pub unsubscribe_token: &'a str,
    /// For `bounces+<token>@…`.
    pub bounce_token: &'a str,
}

/// Everything that is the same for a whole segment, without the empty line that ends the headers. `stream` has two fields,
/// such as `e7:digest`: complaints are counted by it.
pub(super) fn common(
    subject: &str,
    sender: &Sender,
    stream: &str,
    at: DateTime<Utc>,
    boundary: &str,
) -> Result<String, MailError> {
    for (what, text) in
        [("subject", subject), ("service.name", &sender.service), ("service.base_url", &sender.base_url)]
    {
        check(what, text)?;
    }
    let domain = sender.from.address.domain();
    let [subject, date] = subject_and_date(subject, at);
    let lines = [
        subject,
        date,
        // RFC 2919 §2: the identifier never changes, and is not an address.
        format!("List-Id: {}<fortnightly.{}>", list_name(&sender.service), list_domain(sender)),
        // RFC 8058 §3.1: only this exact value.
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned(),
        // Four fields, the last one the same for ever: the form that mailbox providers count complaints by.
        format!("Feedback-ID: {stream}:{domain}:fortnightly"),
        MIME_VERSION.to_owned(),
        content_type(boundary),
    ];
    Ok(from(sender)? + &lines.map(|line| line + "\r\n").concat())
}

/// Everything but To and Message-ID of a mail to an operator: it belongs to no list, so nobody can leave one.
pub(super) fn notice(subject: &str, sender: &Sender, at: DateTime<Utc>, boundary: &str) -> Result<String, MailError> {
    check("subject", subject)?;
    let [subject, date] = subject_and_date(subject, at);
    // RFC 3834 §5: nobody's out-of-office reply should answer it.
    let automatic = "Auto-Submitted: auto-generated".to_owned();
    let lines = [subject, date, automatic, MIME_VERSION.to_owned(), content_type(boundary)];
    Ok(from(sender)? + &lines.map(|line| line + "\r\n").concat())
}

const MIME_VERSION: &str = "MIME-Version: 1.0";

fn content_type(boundary: &str) -> String {
    format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"")
}

fn subject_and_date(subject: &str, at: DateTime<Utc>) -> [String; 2] {
    let date = format!("Date: {}", at.format("%a, %d %b %Y %H:%M:%S +0000"));
    [format!("Subject: {}", unstructured(subject, "Subject: ".len())), date]
}

/// `From`, and `Reply-To` where answers go elsewhere.
fn from(sender: &Sender) -> Result<String, MailError> {
    let mut out = mailbox("From", &sender.from)?;
    if let Some(reply_to) = &sender.reply_to {
        out.push_str(&mailbox("Reply-To", reply_to)?);
    }
    Ok(out)
}

/// Appends the headers that every message has for itself.
pub(super) fn addressed(personal: &Personal, from_domain: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"To: ");
    token(personal.to.as_str(), out);
    out.extend_from_slice(b"\r\nMessage-ID: <");
    token(personal.name, out);
    out.push(b'@');
    token(from_domain, out);
    out.extend_from_slice(b">\r\n");
}

/// Appends how the reader of this message leaves the list.
pub(super) fn unsubscribe(personal: &Personal, bounce_domain: &str, out: &mut Vec<u8>) {
    // RFC 2369 §3.2: the preferred way first; RFC 8058 §3.1: exactly one https URL.
    out.extend_from_slice(b"List-Unsubscribe: <");
    token(personal.unsubscribe_url, out);
    out.extend_from_slice(b">,\r\n <mailto:unsubscribe+");
    token(personal.unsubscribe_token, out);
    out.push(b'@');
    token(bounce_domain, out);
    out.extend_from_slice(b">\r\n");
}

/// Appends what may stand between angle brackets: a stray line break or bracket must not start a header of its own.
fn token(text: &str, out: &mut Vec<u8>) {
    out.extend(text.bytes().filter(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>')));
}

fn check(what: &'static str, text: &str) -> Result<(), MailError> {
    check_characters(text).map_err(|source| MailError::Header { what, source })
}

fn mailbox(header: &'static str, mailbox: &Mailbox) -> Result<String, MailError> {
    let what = if header == "From" { "name in service.from" } else { "name in service.reply_to" };
    check(what, &mailbox.name)?;
    if mailbox.name.trim().is_empty() {
        return Ok(format!("{header}: {}\r\n", mailbox.address));
    }
    let column = header.len() + 2;
    let name = phrase(&mailbox.name, column);
    let last = if name.contains("\r\n") { 0 } else { column } + name.rsplit("\r\n").next().map_or(0, str::len);
    let gap = if last + mailbox.address.as_str().len() + 3 > 78 { "\r\n " } else { " " };
    Ok(format!("{header}: {name}{gap}<{}>\r\n", mailbox.address))
}

fn list_name(service: &str) -> String {
    if service.trim().is_empty() { String::new() } else { format!("{}\r\n ", phrase(service, "List-Id: ".len())) }
}

/// The host of the service's address; the domain of `From` where that is a bare IP address or a local name.
fn list_domain(sender: &Sender) -> &str {
    let url = &sender.base_url;
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let is_name = host.contains('.')
        && host.bytes().any(|b| b.is_ascii_alphabetic())
        && host.split('.').all(|label| !label.is_empty())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if is_name { host } else { sender.from.address.domain() }
}
