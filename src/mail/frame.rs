//! The frame of a segment's mails: everything that is encoded once, so that a message is only joined.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::error::MailError;
use super::header::{self, Personal};
use super::inline::InlineParts;
use super::quoted_printable::{encode, encode_slot, finish_run};
use super::transport::Envelope;
use crate::domain::address::Address;
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::rendered::{Body, Piece, Rendered, Slot};
use crate::domain::sender::Sender;

/// `=_` is not a sequence that quoted-printable can produce (RFC 2045 §6.7), so no body ever holds it.
const BOUNDARY: &str = "=_fortnightly";

/// Of what the HTML and its pictures are in. Neither boundary begins with the other (RFC 2046 §5.1.2).
const RELATED: &str = "=_related";

const END: &[u8] = b"\r\n--=_fortnightly--\r\n";
const BETWEEN_RELATED: &[u8] = b"\r\n--=_related\r\n";
const END_OF_RELATED: &[u8] = b"\r\n--=_related--\r\n";

/// A segment's mail, encoded but for what differs per recipient.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Common headers and both bodies, without the slots' values.
    bytes: Vec<u8>,
    /// The pictures that the HTML shows, which other frames share.
    pictures: Vec<Arc<[u8]>>,
    /// The slots, in order of their place in `bytes`.
    holes: Vec<Hole>,
    from_domain: String,
    bounce: Address,
    /// Its readers can leave the list.
    is_of_list: bool,
}

#[derive(Debug, Clone, Copy)]
struct Hole {
    /// The value stands before this byte.
    at: usize,
    slot: Slot,
    html: bool,
}

impl Frame {
    /// Encodes what a segment's mails share, of an edition or of the bulletin that is sent under this number. `at` is every mail's
    /// Date.
    ///
    /// # Errors
    /// When a name or the subject holds a control character, or a body has no unsubscribe link (invariant 12).
    pub fn build(
        rendered: &Rendered,
        sender: &Sender,
        edition: EditionNumber,
        at: DateTime<Utc>,
    ) -> Result<Self, MailError> {
        Self::illustrated(rendered, &InlineParts::default(), sender, edition, at)
    }

    /// As [`Frame::build`], with the pictures that its HTML shows.
    ///
    /// # Errors
    /// As [`Frame::build`], and when one of the pictures is not in `pictures`.
    pub fn illustrated(
        rendered: &Rendered,
        pictures: &InlineParts,
        sender: &Sender,
        edition: EditionNumber,
        at: DateTime<Utc>,
    ) -> Result<Self, MailError> {
        for (part, body) in [("text", &rendered.text), ("HTML", &rendered.html)] {
            if !body.has(Slot::UnsubscribeUrl) {
                return Err(MailError::NoUnsubscribe { part });
            }
        }
        let stream = match BulletinId::of(edition) {
            Some(BulletinId(id)) => format!("b{id}:bulletin"),
            None => format!("e{edition}:digest"),
        };
        let headers = header::common(&rendered.subject, sender, &stream, at, BOUNDARY)?;
        Ok(Self::of(rendered, pictures.chosen(&rendered.pictures)?, sender, headers))
    }

    /// As [`Frame::build`], for mail that is no digest: `kind` is a word for what it is.
    ///
    /// # Errors
    /// When a name or the subject holds a control character.
    pub fn letter(rendered: &Rendered, sender: &Sender, kind: &str, at: DateTime<Utc>) -> Result<Self, MailError> {
        let headers = header::common(&rendered.subject, sender, &format!("e0:{kind}"), at, BOUNDARY)?;
        Ok(Self::of(rendered, Vec::new(), sender, headers))
    }

    /// Encodes a mail to an operator, which belongs to no list.
    ///
    /// # Errors
    /// When a name or the subject holds a control character.
    pub fn notice(rendered: &Rendered, sender: &Sender, at: DateTime<Utc>) -> Result<Self, MailError> {
        let headers = header::notice(&rendered.subject, sender, at, BOUNDARY)?;
        Ok(Self { is_of_list: false, ..Self::of(rendered, Vec::new(), sender, headers) })
    }

    fn of(rendered: &Rendered, pictures: Vec<Arc<[u8]>>, sender: &Sender, headers: String) -> Self {
        let mut frame = Self {
            bytes: headers.into_bytes(),
            pictures,
            holes: Vec::new(),
            from_domain: sender.from.address.domain().to_owned(),
            bounce: sender.bounce_address.clone(),
            is_of_list: true,
        };
        // RFC 2046 §5.1.4: the richest last.
        frame.part(BOUNDARY, "plain", &rendered.text);
        if frame.pictures.is_empty() {
            frame.part(BOUNDARY, "html", &rendered.html);
            frame.bytes.extend_from_slice(END);
        } else {
            // RFC 2387 §3.1: what the first part is. The pictures and both ends follow when a message is joined.
            let head = format!(
                "\r\n--{BOUNDARY}\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"{RELATED}\"\r\n"
            );
            frame.bytes.extend_from_slice(head.as_bytes());
            frame.part(RELATED, "html", &rendered.html);
        }
        frame
    }

    /// Who the message is from and to. The reverse-path carries the bounce token (VERP).
    ///
    /// # Errors
    /// When the bounce address is too long to take the token.
    pub fn envelope(&self, personal: &Personal) -> Result<Envelope, MailError> {
        let path = format!("{}+{}@{}", self.bounce.local(), personal.bounce_token, self.bounce.domain());
        let from = path.parse().map_err(|_| MailError::BouncePath)?;
        let links =
            [personal.unsubscribe_url, personal.preferences_url, personal.confirm_url, personal.unsubscribe_token];
        Ok(Envelope { from, to: personal.to.clone(), personal_links: links.join(" ") })
    }

    /// Appends the whole message to `out`: RFC 5322, 7 bit, CRLF. The same inputs give the same bytes.
    pub fn join(&self, personal: &Personal, out: &mut Vec<u8>) {
        let pictures: usize = self.pictures.iter().map(|picture| picture.len() + 2 * RELATED.len()).sum();
        out.reserve(self.bytes.len() + pictures + 1024);
        header::addressed(personal, &self.from_domain, out);
        if self.is_of_list {
            header::unsubscribe(personal, self.bounce.domain(), out);
        }
        let mut from = 0;
        for hole in &self.holes {
            out.extend_from_slice(&self.bytes[from..hole.at]);
            from = hole.at;
            let value = value(personal, hole.slot);
            if hole.html && value.contains(['&', '<', '>', '"', '\'']) {
                encode_slot(&escape(value), out);
            } else {
                encode_slot(value, out);
            }
        }
        out.extend_from_slice(&self.bytes[from..]);
        for picture in &self.pictures {
            out.extend_from_slice(BETWEEN_RELATED);
            out.extend_from_slice(picture);
        }
        if !self.pictures.is_empty() {
            out.extend_from_slice(END_OF_RELATED);
            out.extend_from_slice(END);
        }
    }

    /// Appends one part of text. Its last line break belongs to the boundary that follows (RFC 2046 §5.1.1).
    fn part(&mut self, boundary: &str, subtype: &str, body: &Body) {
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        );
        self.bytes.extend_from_slice(head.as_bytes());
        let filled = |piece: &&Piece| !matches!(piece, Piece::Literal(text) if text.is_empty());
        let mut pieces = body.0.iter().filter(filled).peekable();
        while let Some(piece) = pieces.next() {
            let is_last = pieces.peek().is_none();
            match piece {
                Piece::Literal(text) => {
                    let column = encode(text, &mut self.bytes);
                    if !is_last {
                        finish_run(column, &mut self.bytes);
                    }
                }
                Piece::Slot(slot) => {
                    self.holes.push(Hole { at: self.bytes.len(), slot: *slot, html: subtype == "html" });
                    if is_last {
                        // A soft break may not be the last thing of a body (RFC 2045 §6.7, rule 3).
                        self.bytes.extend_from_slice(b"\r\n");
                    }
                }
            }
        }
    }
}

fn value<'a>(personal: &Personal<'a>, slot: Slot) -> &'a str {
    match slot {
        Slot::Greeting => personal.greeting,
        Slot::UnsubscribeUrl => personal.unsubscribe_url,
        Slot::PreferencesUrl => personal.preferences_url,
        Slot::ConfirmUrl => personal.confirm_url,
    }
}

fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 16);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
