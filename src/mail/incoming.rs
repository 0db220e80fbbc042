//! Mail that comes back to us: whom it was for, and whether a person wrote it.

use mail_parser::{HeaderValue, MessageParser, MimeHeaders as _};

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
    /// It is a delivery status notification or a feedback report (RFC 3464, RFC 5965).
    pub is_report: bool,
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
        let kind = parsed
            .content_type()
            .map(|kind| (kind.ctype().to_ascii_lowercase(), kind.subtype().unwrap_or_default().to_ascii_lowercase()));
        incoming.is_report = kind == Some(("multipart".to_owned(), "report".to_owned()));
        incoming
    }

    /// What stands after `prefix+` in the local part of a recipient, in any case (RFC 5233: a subaddress).
    pub fn tokens<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.recipients.iter().filter_map(move |address| {
            let (local, _) = address.rsplit_once('@')?;
            let (head, token) = local.split_once('+')?;
            head.eq_ignore_ascii_case(prefix).then_some(token)
        })
    }
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
            assert!(!incoming.is_automatic && !incoming.is_report);
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
        let report = b"To: bounces+abc@example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x--\r\n";
        assert!(Incoming::read(report).is_report);
        for nothing in [&b""[..], b"\0\xff", b"no header at all"] {
            assert_eq!(Incoming::read(nothing).tokens("unsubscribe").count(), 0);
        }
    }
}
