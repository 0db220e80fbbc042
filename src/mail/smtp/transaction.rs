//! A transaction's words, and what the answers to MAIL, RCPT and DATA come to (RFC 5321 §3.3, RFC 2920 §3.1).

use std::fmt::Write as _;
use std::io::IoSlice;

use memchr::memmem;

use super::relay::Capabilities;
use crate::domain::delivery::{Outcome, Reply};

use crate::mail::reply::{Stage, classify_reply, goes_on};
use crate::mail::transport::{Envelope, Handover};

/// The commands before the content, in their order.
pub(super) const OPENING: [Stage; 3] = [Stage::Mail, Stage::Recipient, Stage::Data];

/// MAIL, RCPT and DATA, each with its line end. Where the relay takes them, a failed or late delivery is asked to be
/// reported with the delivery's name (RFC 3461 §4), and no more of the mail than its headers.
pub(super) fn opening(mail: &Handover<'_>, capabilities: &Capabilities) -> String {
    let Envelope { from, to, .. } = mail.envelope;
    let mut commands = String::with_capacity(512);
    commands.extend(["MAIL FROM:<", from.as_str(), ">"]);
    if capabilities.dsn {
        commands.push_str(" RET=HDRS ENVID=");
        xtext(mail.name, &mut commands);
    }
    commands.extend(["\r\nRCPT TO:<", to.as_str(), ">"]);
    if capabilities.dsn {
        commands.push_str(" NOTIFY=FAILURE,DELAY ORCPT=rfc822;");
        xtext(to.as_str(), &mut commands);
    }
    commands.push_str("\r\nDATA\r\n");
    commands
}

/// RFC 3461 §4: printable ASCII but `+` and `=` as it is, the rest as `+` and two hexadecimal digits.
fn xtext(text: &str, out: &mut String) {
    for octet in text.bytes() {
        if octet.is_ascii_graphic() && octet != b'+' && octet != b'=' {
            out.push(char::from(octet));
        } else {
            let _ = write!(out, "+{octet:02X}");
        }
    }
}

/// Why a transaction ended before its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What it means for the delivery.
    pub(super) outcome: Outcome,
    /// Whether RSET makes the connection good for the next transaction. Not when nobody can know where it stands, nor
    /// after a 354: what follows that is content (RFC 5321 §4.1.1.4).
    pub(super) reusable: bool,
}

/// Weighs the answers so far, one for each of [`OPENING`] that was asked. The first that refuses decides.
pub(super) fn evaluate_replies(replies: &[Reply]) -> Result<(), Refusal> {
    let reusable =
        replies.iter().all(|reply| reply.code.is_some_and(|code| code != 421 && matches!(code / 100, 2 | 4 | 5)));
    let opened = replies.get(2).is_some_and(|data| data.code == Some(354));
    for (stage, reply) in OPENING.into_iter().zip(replies) {
        if !goes_on(stage, reply)
            && let Err(outcome) = classify_reply(stage, reply.clone())
        {
            return Err(Refusal { outcome, reusable: reusable && !opened });
        }
    }
    Ok(())
}

/// A message with its final dot, in pieces that leave in one write. Lines that begin with a dot get another one
/// (RFC 5321 §4.5.2).
pub(super) fn content(message: &[u8]) -> Vec<IoSlice<'_>> {
    let lines = message.strip_suffix(b"\r\n").unwrap_or(message);
    let mut pieces = Vec::with_capacity(2);
    if lines.starts_with(b".") {
        pieces.push(IoSlice::new(b"."));
    }
    let mut start = 0;
    for at in memmem::find_iter(lines, b"\r\n.") {
        pieces.extend([IoSlice::new(&lines[start..at + 2]), IoSlice::new(b".")]);
        start = at + 2;
    }
    pieces.extend([IoSlice::new(&lines[start..]), IoSlice::new(b"\r\n.\r\n")]);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::Open;

    fn reply(code: u16) -> Reply {
        Reply { code: (code > 0).then_some(code), text: "5.3.0 x".to_owned() }
    }

    fn codes() -> impl Strategy<Value = u16> {
        prop::sample::select(vec![0, 199, 220, 250, 334, 354, 421, 450, 451, 500, 503, 550, 554, 600, 999])
    }

    #[test]
    fn asks_for_reports_where_they_are_offered() {
        let envelope = Envelope {
            from: "bounces+abc@example.org".parse().unwrap(),
            to: "o'neil+x=y@hillside.example".parse().unwrap(),
            personal_links: String::new(),
        };
        let mail = Handover { envelope: &envelope, name: "e7-abc", gate: &Open };
        assert_eq!(
            opening(&mail, &Capabilities::default()),
            "MAIL FROM:<bounces+abc@example.org>\r\nRCPT TO:<o'neil+x=y@hillside.example>\r\nDATA\r\n"
        );
        assert_eq!(
            opening(&mail, &Capabilities { dsn: true, ..Capabilities::default() }),
            "MAIL FROM:<bounces+abc@example.org> RET=HDRS ENVID=e7-abc\r\n\
             RCPT TO:<o'neil+x=y@hillside.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;o'neil+2Bx+3Dy@hillside.example\r\n\
             DATA\r\n"
        );
    }

    #[test]
    fn the_first_refusal_decides() {
        let outcome = |codes: [u16; 3]| evaluate_replies(&codes.map(reply));
        assert_eq!(outcome([250, 250, 354]), Ok(()));
        let refusal = outcome([250, 550, 503]).unwrap_err();
        assert!(matches!(refusal.outcome, Outcome::Permanent { .. }) && refusal.reusable);
        let refusal = outcome([250, 450, 354]).unwrap_err();
        assert!(matches!(refusal.outcome, Outcome::Transient(_)) && !refusal.reusable);
        let refusal = outcome([550, 503, 503]).unwrap_err();
        assert!(matches!(refusal.outcome, Outcome::SenderRefused(_)));
        assert!(!outcome([250, 421, 0]).unwrap_err().reusable);
    }

    proptest! {
        /// Content follows MAIL 2xx, RCPT 2xx and DATA 354, and nothing else; a connection is used again only when every
        /// answer was an ordinary one and no content is waited for.
        #[test]
        fn content_follows_only_three_consents(codes in prop::collection::vec(codes(), 3)) {
            let replies: Vec<_> = codes.iter().map(|code| reply(*code)).collect();
            let consent = codes[0] / 100 == 2 && codes[1] / 100 == 2 && codes[2] == 354;
            match evaluate_replies(&replies) {
                Ok(()) => prop_assert!(consent),
                Err(refusal) => {
                    prop_assert!(!consent);
                    prop_assert!(!matches!(refusal.outcome, Outcome::Accepted(_) | Outcome::Uncertain(_)));
                    if refusal.reusable {
                        prop_assert!(codes.iter().all(|code| [2, 4, 5].contains(&(code / 100)) && *code != 421));
                    }
                }
            }
        }

        /// Whatever the content, the receiver takes away what was added and ends where the message ends.
        #[test]
        fn the_dot_ends_the_content_and_nothing_else(lines in prop::collection::vec("[.a-c]{0,4}", 0..12)) {
            let message = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
            let pieces = content(message.as_bytes());
            let sent: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
            let sent = String::from_utf8(sent).expect("the pieces are ASCII");
            let mut received = String::new();
            let mut rest = sent.as_str();
            loop {
                let (line, after) = rest.split_once("\r\n").expect("a line");
                rest = after;
                if line == "." { break; }
                received += line.strip_prefix('.').unwrap_or(line);
                received += "\r\n";
            }
            prop_assert_eq!(rest, "");
            let wanted = if message.is_empty() { "\r\n".to_owned() } else { message };
            prop_assert_eq!(received, wanted);
        }
    }
}
