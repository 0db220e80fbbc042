//! Mail: the bytes of a message, the Maildir, and SMTP against a scripted server and a real Postfix.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is how a test says what went wrong")]

mod ahead;
mod dkim;
mod frame;
mod inline;
mod maildir;
mod postfix;
mod smtp;

use chrono::{DateTime, Utc};
use fortnightly::domain::address::Address;
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::rendered::{Body, Piece, Rendered, Slot};
use fortnightly::domain::sender::Sender;
use fortnightly::mail::{Envelope, Frame, Handover, MailError, Open, Personal};

fn address(text: &str) -> Address {
    text.parse().expect("a test's address is valid")
}

fn sender() -> Sender {
    Sender {
        service: "Online Safety at Home".to_owned(),
        from: "Online Safety at Home <activities@example.org>".parse().expect("valid"),
        reply_to: Some("team@example.org".parse().expect("valid")),
        base_url: "https://activities.example.org".to_owned(),
        bounce_address: address("bounces@example.org"),
        key_version: 1,
    }
}

fn at() -> DateTime<Utc> {
    "2026-09-07T07:00:00Z".parse().expect("valid")
}

fn literal(text: &str) -> Piece {
    Piece::Literal(text.to_owned())
}

fn rendered() -> Rendered {
    Rendered {
        subject: "Kind words: 15-minute activities for ages 4–5 and 8–10".to_owned(),
        html: Body(vec![
            literal("<!doctype html>\n<html lang=\"en-GB\"><body><p>"),
            Piece::Slot(Slot::Greeting),
            literal(
                "</p>\n<p>Llŷn’s fox says “stop”. And more, until the line is far too long to be sent as it is.</p>\n<a href=\"",
            ),
            Piece::Slot(Slot::PreferencesUrl),
            literal("\">Change bands</a> <a href=\""),
            Piece::Slot(Slot::UnsubscribeUrl),
            literal("\">Unsubscribe</a>\n</body></html>\n"),
        ]),
        text: Body(vec![
            Piece::Slot(Slot::Greeting),
            literal("\n\n.dots and\nFrom here on = 15 minutes \n\nUnsubscribe: "),
            Piece::Slot(Slot::UnsubscribeUrl),
            literal("\nChange bands: "),
            Piece::Slot(Slot::PreferencesUrl),
            literal("\n"),
        ]),
        pictures: Vec::new(),
    }
}

fn personal<'a>(to: &'a Address, name: &'a str) -> Personal<'a> {
    Personal {
        to,
        name,
        greeting: "Dear families of St. Mary's & Tŷ'r Ysgol <Primary>,",
        unsubscribe_url: "https://activities.example.org/u/uaaabbbcccdddeeefffggghhhiii",
        preferences_url: "https://activities.example.org/preferences/paaabbbcccdddeeefffggghhhiii",
        confirm_url: "",
        unsubscribe_token: "uaaabbbcccdddeeefffggghhhiii",
        bounce_token: "baaabbbcccdddeeefffggghhhiii",
    }
}

/// A mail that nobody takes back.
pub(crate) fn handover<'a>(envelope: &'a Envelope, name: &'a str) -> Handover<'a> {
    Handover { envelope, name, gate: &Open }
}

/// Envelope and message of an ordinary delivery.
pub(crate) fn message(to: &str, name: &str) -> Result<(Envelope, Vec<u8>), MailError> {
    let frame = Frame::build(&rendered(), &sender(), EditionNumber(7), at())?;
    let to = address(to);
    let personal = personal(&to, name);
    let mut bytes = Vec::new();
    frame.join(&personal, &mut bytes);
    Ok((frame.envelope(&personal)?, bytes))
}

/// A file as a Unix program stores it.
fn with_unix_lines(message: &[u8]) -> String {
    String::from_utf8_lossy(message).replace("\r\n", "\n")
}
