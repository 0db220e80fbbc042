//! Mail that comes back to us: whom it was for, what it says, and the marks of ours in it.

use std::borrow::Cow;

use mail_parser::MessageParser;

use super::author::{Author, is_from_nobody};
use super::fields::Fields;
use super::marks::Marks;
use super::parts::{Part, leaves};
use super::report::Event;
use super::{plain, report};

/// Headers in which mail servers and writers name the recipient.
const RECIPIENTS: [&str; 12] = [
    "to",
    "cc",
    "apparently-to",
    "delivered-to",
    "envelope-to",
    "resent-to",
    "x-apparently-to",
    "x-delivered-to",
    "x-envelope-to",
    "x-original-to",
    "x-rcpt-to",
    "x-real-to",
];

/// What is known of a message that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Every address that it names as a recipient.
    pub recipients: Vec<String>,
    /// What it is, as far as its form tells.
    pub content: Content,
    /// The mail server that refused a mail of ours, where a report names it.
    pub server: Option<String>,
    /// It has no sender to answer to, so no person wrote it.
    pub is_from_nobody: bool,
    /// What may be marks of ours, anywhere in it.
    pub marks: Marks,
}

/// What a message that came in is, as far as its form tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The report of a mail server or a provider.
    Report(Event),
    /// Words such as a mail server writes, by someone: a report if it came to a reverse-path of ours.
    PerhapsReport(Event),
    /// A program wrote it in answer to a mail of ours: it is nobody's wish (RFC 3834 §2).
    Automatic,
    /// Someone wrote it.
    Other,
    /// It is too deep, or has too many parts, to be read.
    TooMuch,
}

impl Incoming {
    /// Reads a message. One that makes no sense names nobody.
    pub fn read(message: &[u8]) -> Self {
        let header = Fields::of_header(message);
        let subject = MessageParser::default().parse_headers(message);
        let subject = subject.as_ref().and_then(|parsed| parsed.subject()).unwrap_or_default();
        let mut marks = Marks::default();
        marks.look_into(message);
        let (content, server) = leaves(message).map_or((Content::TooMuch, None), |leaves| {
            let encoded = leaves.iter().filter(|part| matches!(part.content, Cow::Owned(_)));
            encoded.for_each(|part| marks.look_into(&part.content));
            (content(&header, subject, &leaves), report::server(&leaves))
        });
        Self { recipients: recipients(&header), content, server, is_from_nobody: is_from_nobody(&header), marks }
    }

    /// What stands after `prefix+` in the local part of a recipient, in any case (RFC 5233: a subaddress).
    pub fn tokens<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.recipients.iter().filter_map(move |address| token_of(address, prefix))
    }
}

fn content(header: &Fields, subject: &str, leaves: &[Part<'_>]) -> Content {
    if let Some(event) = report::read(header, leaves) {
        return Content::Report(event);
    }
    let said = plain::read(subject, leaves);
    let author = Author::of(header, subject);
    // Exim names in its header who failed.
    if author == Author::MailSystem || header.has("x-failed-recipients") {
        return Content::Report(said.unwrap_or(Event::Failed(None)));
    }
    if author == Author::Responder || leaves.iter().any(|part| part.kind == "message/disposition-notification") {
        return Content::Automatic;
    }
    match said {
        Some(event) if author == Author::Postmaster && is_from_nobody(header) => Content::Report(event),
        Some(event) => Content::PerhapsReport(event),
        None => Content::Other,
    }
}

fn recipients(header: &Fields) -> Vec<String> {
    let named = header.all(&RECIPIENTS);
    // RFC 5321 §4.4: the mailbox that it was for, where it was for one.
    let received = header.all(&["received"]).filter_map(|line| line.split_once(" for ")?.1.split([' ', ';']).next());
    let words = named.chain(received).flat_map(|value| value.split([' ', '\t', '<', '>', ',', ';', '"', '(', ')']));
    words.filter(|word| word.contains('@')).map(str::to_owned).collect()
}

/// The last `+` begins the token: the prefix may have one of its own.
fn token_of<'a>(address: &'a str, prefix: &str) -> Option<&'a str> {
    let (local, _) = address.rsplit_once('@')?;
    let (head, token) = local.rsplit_once('+')?;
    head.eq_ignore_ascii_case(prefix).then_some(token)
}

#[cfg(test)]
mod tests;
