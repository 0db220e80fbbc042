//! The parts of a message that someone sent us: few, shallow, and never more than we are ready to read.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use memchr::memmem;

/// How deep parts may be nested.
const DEPTH: u32 = 8;

/// How many parts there may be.
const PARTS: usize = 100;

/// A part: its media type in lower case, and its decoded content.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) kind: String,
    pub(super) content: Cow<'a, [u8]>,
}

impl Part<'_> {
    /// Whether a person could read it as it is.
    pub(super) fn is_text(&self) -> bool {
        self.kind.starts_with("text/")
    }

    /// Whether it is a mail, or the header of one, that came back.
    pub(super) fn is_copy(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "message/rfc822" | "text/rfc822-headers" | "message/global" | "message/global-headers" | "text/rfc822"
        )
    }
}

/// Why a message is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

/// The leaves of a message, in order; a message inside the message is a leaf.
pub(super) fn leaves(message: &[u8]) -> Result<Vec<Part<'_>>, TooMuch> {
    let (mut leaves, mut seen) = (Vec::new(), 0);
    walk(message, DEPTH, &mut seen, &mut leaves)?;
    Ok(leaves)
}

fn walk<'a>(raw: &'a [u8], depth: u32, seen: &mut usize, leaves: &mut Vec<Part<'a>>) -> Result<(), TooMuch> {
    *seen += 1;
    if depth == 0 || *seen > PARTS {
        return Err(TooMuch);
    }
    // A part may have no header at all (RFC 2046 §5.1).
    let header = MessageParser::default().parse_headers(raw);
    let (header, body) = (header.as_ref(), body(raw));
    let kind = kind(header);
    let boundary = header.and_then(|header| header.content_type()?.attribute("boundary"));
    match boundary.filter(|_| kind.starts_with("multipart/")) {
        Some(boundary) => {
            for part in split(body, boundary.as_bytes()) {
                walk(part, depth - 1, seen, leaves)?;
            }
        }
        None => leaves.push(Part { kind, content: decoded(header, body) }),
    }
    Ok(())
}

/// The media type, `text/plain` where none is named (RFC 2045 §5.2).
fn kind(header: Option<&Message<'_>>) -> String {
    header.and_then(|header| header.content_type()).map_or_else(
        || "text/plain".to_owned(),
        |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase(),
    )
}

/// What follows the first empty line.
fn body(raw: &[u8]) -> &[u8] {
    if raw.starts_with(b"\n") || raw.starts_with(b"\r\n") {
        return raw;
    }
    let end = |pattern: &[u8]| memmem::find(raw, pattern).map(|at| at + pattern.len());
    let end = [end(b"\n\n"), end(b"\n\r\n")].into_iter().flatten().min();
    end.map_or(&[], |end| &raw[end..])
}

/// What stands between the delimiter lines (RFC 2046 §5.1.1). A last one that is missing ends with the message.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut begin, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|b| *b == b'\n') {
        let rest = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)).map(<[u8]>::trim_ascii);
        let closes = rest == Some(b"--");
        if closes || rest == Some(b"") {
            parts.extend(begin.map(|begin| &body[begin..at]));
            begin = (!closes).then_some(at + line.len());
            if closes {
                return parts;
            }
        }
        at += line.len();
        if parts.len() > PARTS {
            return parts;
        }
    }
    parts.extend(begin.map(|begin| &body[begin..]));
    parts
}

fn decoded<'a>(header: Option<&Message<'_>>, body: &'a [u8]) -> Cow<'a, [u8]> {
    let encoding =
        header.and_then(|header| header.content_transfer_encoding()).unwrap_or_default().to_ascii_lowercase();
    let plain = match encoding.as_str() {
        "base64" => base64_decode(body),
        "quoted-printable" => quoted_printable_decode(body).or_else(|| Some(without_soft_breaks(body))),
        _ => None,
    };
    plain.map_or(Cow::Borrowed(body), Cow::Owned)
}

/// What is left to do for a part that says that it is quoted-printable, and is not (RFC 2045 §6.7 (5)).
fn without_soft_breaks(body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let soft = line.strip_suffix(b"=\r\n").or_else(|| line.strip_suffix(b"=\n"));
        joined.extend_from_slice(soft.unwrap_or(line));
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(message: &str) -> Vec<String> {
        leaves(message.as_bytes()).unwrap().into_iter().map(|part| part.kind).collect()
    }

    #[test]
    fn leaves_come_in_order_and_decoded() {
        let message = "Content-Type: multipart/report; boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\n\r\nhello\r\n\
            --a b\r\nContent-Type: Message/Delivery-Status\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n\
            --a b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: message/rfc822\r\n\r\n\
            Content-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n\r\nx\r\n--d--\r\n--c--\r\n--a b--\r\nepilogue";
        assert_eq!(kinds(message), ["text/plain", "message/delivery-status", "message/rfc822"]);
        assert_eq!(leaves(message.as_bytes()).unwrap()[1].content.as_ref(), b"abc");
        assert_eq!(kinds(&message.replace("\r\n", "\n")), kinds(message));
        assert_eq!(kinds("Subject: x\n\nhello"), ["text/plain"]);
        assert_eq!(kinds(""), ["text/plain"]);
    }

    #[test]
    fn too_deep_and_too_many_are_refused() {
        let nest = |depth: usize| {
            (0..depth).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect::<String>()
        };
        assert!(leaves(format!("{}\nx", nest(7)).as_bytes()).is_ok());
        assert!(leaves(format!("{}\nx", nest(8)).as_bytes()).is_err());
        let many =
            |parts: usize| format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(parts));
        assert_eq!(leaves(many(99).as_bytes()).unwrap().len(), 99);
        assert!(leaves(many(100).as_bytes()).is_err());
        // A million octets of the worst kind are refused at once.
        assert!(leaves(nest(30_000).as_bytes()).is_err());
        assert!(leaves(many(200_000).as_bytes()).is_err());
    }
}
