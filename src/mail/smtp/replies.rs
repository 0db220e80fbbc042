//! Counts complete replies in a stream of octets (RFC 5321 §4.2.1), however it is cut into pieces.

/// How many octets of a line decide whether another one follows: three digits and the hyphen.
const HEAD: u8 = 4;

/// A reply is complete with its first line whose fourth octet is not a hyphen.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct ReplyCounter {
    complete: u64,
    /// Octets of the current line, counted up to [`HEAD`].
    column: u8,
    /// The current line's fourth octet is a hyphen.
    continued: bool,
}

impl ReplyCounter {
    /// Replies that were complete so far.
    #[cfg(test)]
    fn complete(self) -> u64 {
        self.complete
    }

    /// Whether `taken` replies are all that came, and no line has begun.
    pub(super) fn is_even(self, taken: u64) -> bool {
        self.complete == taken && self.column == 0
    }

    /// Takes what came next.
    pub(super) fn feed(&mut self, octets: &[u8]) {
        for octet in octets {
            if *octet == b'\n' {
                self.complete += u64::from(!self.continued);
                *self = Self { complete: self.complete, ..Self::default() };
            } else if self.column < HEAD {
                self.column += 1;
                self.continued = self.column == HEAD && *octet == b'-';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(octets: &[u8]) -> u64 {
        let mut counter = ReplyCounter::default();
        counter.feed(octets);
        counter.complete()
    }

    #[test]
    fn counts_replies_and_not_lines() {
        assert_eq!(count(b"250 ok\r\n"), 1);
        assert_eq!(count(b"250-one\r\n250-two\r\n250 three\r\n"), 1);
        assert_eq!(count(b"250\r\n354 go\r\n"), 2);
        assert_eq!(count(b"250-one\r\n"), 0);
        assert_eq!(count(b"250 o-k"), 0);
        assert_eq!(count(b"\r\n\n"), 2, "garbage counts: it is more than was asked for");
    }

    proptest! {
        /// However the stream is cut, the count is the number of replies in it.
        #[test]
        fn pieces_do_not_matter(
            replies in prop::collection::vec(prop::collection::vec("[ -~]{0,20}", 1..4), 0..6),
            cuts in prop::collection::vec(1_usize..9, 1..40),
        ) {
            let mut text = Vec::new();
            for lines in &replies {
                for (at, line) in lines.iter().enumerate() {
                    let mark = if at + 1 == lines.len() { ' ' } else { '-' };
                    text.extend_from_slice(format!("250{mark}{line}\r\n").as_bytes());
                }
            }
            let mut counter = ReplyCounter::default();
            let (mut rest, mut cuts) = (text.as_slice(), cuts.into_iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
                counter.feed(piece);
                rest = after;
            }
            prop_assert_eq!(counter.complete(), replies.len() as u64);
        }
    }
}
