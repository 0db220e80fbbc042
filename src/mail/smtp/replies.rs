//! Takes replies off a stream of octets (RFC 5321 §4.2.1), however they are cut into pieces.
//!
//! Only the three digits say anything to a program; the text is for people, in whatever alphabet the relay writes it. So a
//! reply is taken without text, with octets that are not UTF-8, and with any line end.

use std::borrow::Cow;

use crate::domain::subscription::bounce::EnhancedStatus;

/// What a relay said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Its three digits; none where they are missing, or where two lines contradict each other.
    pub(super) code: Option<u16>,
    /// The text of its lines, with `\n` between them.
    pub(super) text: String,
}

impl Said {
    /// The text of each line.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n')
    }

    /// The text in one line. A status that every line repeats is said once.
    pub(super) fn in_one_line(&self) -> Cow<'_, str> {
        let Some((first, rest)) = self.text.split_once('\n') else { return Cow::Borrowed(&self.text) };
        let status = EnhancedStatus::at_start_of(first).and_then(|_| first.split_whitespace().next());
        let mut text = first.to_owned();
        for line in rest.split('\n') {
            let repeated = status.and_then(|status| line.strip_prefix(status)).filter(|rest| rest.starts_with(' '));
            text.push(' ');
            text.push_str(repeated.map_or(line, str::trim_start));
        }
        Cow::Owned(text)
    }
}

/// The first reply in `octets` and its length; none until it is complete.
pub(super) fn first_reply(octets: &[u8]) -> Option<(Said, usize)> {
    let (mut said, mut length) = (Said::default(), 0);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        length += line.len();
        let line = line.strip_suffix(b"\n")?;
        let (code, rest) = code(line).map_or((None, line), |(code, rest)| (Some(code), rest));
        // A line of text that lost its code belongs to the reply that was begun.
        let contradicts = code.is_some() && said.code.is_some() && code != said.code;
        said.code = if contradicts { None } else { said.code.or(code) };
        let is_last = said.code.is_none() || code.is_some() && !rest.starts_with(b"-");
        let text = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b" ")).unwrap_or(rest);
        if length > line.len() + 1 {
            said.text.push('\n');
        }
        said.text.push_str(String::from_utf8_lossy(text).trim_end_matches('\r'));
        if is_last {
            return Some((said, length));
        }
    }
    None
}

/// The three digits that a line begins with, and what follows them.
fn code(line: &[u8]) -> Option<(u16, &[u8])> {
    let digits = line.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let (code, rest) = line.split_at_checked(3).filter(|_| digits == 3)?;
    Some((code.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(octets: &[u8]) -> Option<(Option<u16>, String, usize)> {
        first_reply(octets).map(|(said, length)| (said.code, said.in_one_line().into_owned(), length))
    }

    #[test]
    fn only_the_digits_decide() {
        let taken = |octets: &[u8]| said(octets).map(|(code, text, _)| (code, text));
        let is = |code: u16, text: &str| Some((Some(code), text.to_owned()));
        assert_eq!(taken(b"250 ok\r\n354 go on\r\n"), is(250, "ok"));
        assert_eq!(taken(b"250\r\n"), is(250, ""));
        assert_eq!(taken(b"250-one\r\n250-two\n250\r\r\n"), is(250, "one two "));
        assert_eq!(taken(b"250 accept\xe9\n"), is(250, "accept\u{fffd}"));
        assert_eq!(taken(b"599-no\r\nway\r\n599 out\r\n"), is(599, "no way out"));
        assert_eq!(taken(b"550-5.7.1 [192.0.2.1] is\r\n550 5.7.1 listed\r\n"), is(550, "5.7.1 [192.0.2.1] is listed"));
        assert_eq!(taken(b"550-5.7.2 one\r\n550 5.7.25 other\r\n"), is(550, "5.7.2 one 5.7.25 other"));
        for unread in [&b"no number\r\n250 ok\r\n"[..], b"2500 ok\r\n", b"25 ok\r\n", b"\r\n", b"250-yes\r\n550 no\r\n"]
        {
            assert_eq!(taken(unread).unwrap().0, None, "{unread:?}");
        }
        for incomplete in [&b""[..], b"250", b"250 ok\r", b"250-ok\r\n", b"250-ok\r\n250 o-k"] {
            assert_eq!(said(incomplete), None, "{incomplete:?}");
        }
    }

    proptest! {
        /// Whatever comes after a reply, and however much of it is there, it is taken whole and nothing more is.
        #[test]
        fn a_reply_ends_where_it_ends(
            lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..5),
            after in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut octets = Vec::new();
            for (at, line) in lines.iter().enumerate() {
                octets.extend_from_slice(if at + 1 == lines.len() { b"250 " } else { b"250-" });
                octets.extend(line.iter().filter(|octet| **octet != b'\n'));
                octets.extend_from_slice(b"\r\n");
            }
            for cut in 0..octets.len() {
                prop_assert_eq!(said(&octets[..cut]), None);
            }
            let length = octets.len();
            octets.extend(after);
            let (found, taken) = first_reply(&octets).expect("a reply");
            prop_assert_eq!((found.code, found.lines().count(), taken), (Some(250), lines.len(), length));
        }
    }
}
