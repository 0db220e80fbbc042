//! Mail that comes back to us: whom it was for, and whether a person wrote it.

use mail_parser::{HeaderValue, MessageParser};

use super::report::{self, Report};

/// Headers in which mail servers and writers name the recipient.
const RECIPIENTS: [&str; 6] = ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"];

/// What is known of a message that came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Incoming {
    /// Every address that it names as a recipient.
    pub recipients: Vec<String>,
    /// A program wrote it in answer to a mail of ours (RFC 3834 §5): `auto-replied`. A button that a mail client sends as
    /// `auto-generated` is still its reader's wish.
    pub is_automatic: bool,
    /// The bounce or complaint that it is.
    pub report: Option<Report>,
    /// It is too deep, or has too many parts, to be read.
    pub is_too_much: bool,
}

impl Incoming {
    /// Reads a message. One that makes no sense names nobody.
    pub fn read(message: &[u8]) -> Self {
        let Some(parsed) = MessageParser::default().parse_headers(message) else { return Self::default() };
        let mut incoming = Self::default();
        for header in parsed.headers() {
            let name = header.name();
            if RECIPIENTS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                incoming.recipients.extend(addresses(
                    header.value(),
                    parsed.raw_message(),
                    header.offset_start() as usize..header.offset_end() as usize,
                ));
            }
            if name.eq_ignore_ascii_case("Auto-Submitted") {
                incoming.is_automatic |= header.value().as_text().is_some_and(|text| {
                    let keyword = text.split([';', '(']).next().unwrap_or_default();
                    keyword.trim().eq_ignore_ascii_case("auto-replied")
                });
            }
        }
        match report::read(message) {
            Ok(report) => incoming.report = report,
            Err(_) => incoming.is_too_much = true,
        }
        incoming
    }

    /// What stands after `prefix+` in the local part of a recipient, in any case (RFC 5233: a subaddress).
    pub fn tokens<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.recipients.iter().filter_map(move |address| token_of(address, prefix))
    }
}

impl Report {
    /// As [`Incoming::tokens`], in the header of the mail that it is about.
    pub fn tokens<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.addresses.iter().filter_map(move |address| token_of(address, prefix))
    }
}

/// The last `+` begins the token: the prefix may have one of its own.
fn token_of<'a>(address: &'a str, prefix: &str) -> Option<&'a str> {
    let (local, _) = address.rsplit_once('@')?;
    let (head, token) = local.rsplit_once('+')?;
    head.eq_ignore_ascii_case(prefix).then_some(token)
}

fn addresses(value: &HeaderValue<'_>, raw: &[u8], range: std::ops::Range<usize>) -> Vec<String> {
    if let Some(list) = value.as_address() {
        return list.iter().filter_map(|one| one.address.as_deref()).map(str::to_owned).collect();
    }
    // Headers that the parser does not know are text.
    let text = String::from_utf8_lossy(raw.get(range).unwrap_or_default()).into_owned();
    text.split([' ', '\t', '\r', '\n', '<', '>', ',']).filter(|word| word.contains('@')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_token_wherever_a_server_put_it() {
        let mails = [
            "To: <unsubscribe+abc@example.org>\r\nSubject: x\r\n\r\n",
            "To: UNSUBSCRIBE+abc@EXAMPLE.ORG\n\nhello\n",
            "To: team@example.org\r\nDelivered-To: unsubscribe+abc@example.org\r\n\r\n",
            "X-Original-To: unsubscribe+abc@example.org\r\nTo: \"a, b\" <team@example.org>\r\n\r\n",
            "Cc: Team <team@example.org>, Leave <unsubscribe+abc@example.org>\r\n\r\n",
        ];
        for mail in mails {
            let incoming = Incoming::read(mail.as_bytes());
            assert_eq!(incoming.tokens("unsubscribe").collect::<Vec<_>>(), ["abc"], "{mail}");
            assert!(!incoming.is_automatic && incoming.report.is_none());
        }
    }

    #[test]
    fn knows_what_no_person_wrote() {
        let automatic = |value: &str| {
            Incoming::read(format!("To: unsubscribe+abc@example.org\r\nAuto-Submitted: {value}\r\n\r\n").as_bytes())
                .is_automatic
        };
        for reply in ["auto-replied", "Auto-Replied; owner-email=a@b.example", "auto-replied (vacation)"] {
            assert!(automatic(reply), "{reply}");
        }
        for wish in ["no", "auto-generated", "no (really)", ""] {
            assert!(!automatic(wish), "{wish}");
        }
        let two = Incoming::read(b"To: back+office+abc@example.org\r\n\r\n");
        assert_eq!(two.tokens("back+office").collect::<Vec<_>>(), ["abc"]);
        for nothing in [&b""[..], b"\0\xff", b"no header at all"] {
            assert_eq!(Incoming::read(nothing).tokens("unsubscribe").count(), 0);
        }
    }
}
