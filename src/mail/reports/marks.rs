//! Our own marks in mail that comes back, wherever a server or a reader's provider has put them.

use crate::domain::token::{NAME_LENGTH, TOKEN_LENGTH};

/// How many words that look like a token are kept: our own mails have one or two.
const TOKENS: usize = 64;

/// How many names are kept: each is looked for among all mailboxes of its edition, and nobody shall make that long.
const NAMES: usize = 2;

/// What may be a mark of ours, in the order in which it stands there. Only a key tells whether it is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Words as long as a token: of a reverse-path or a link.
    pub tokens: Vec<String>,
    /// What has the form of a delivery's name: envelope id (RFC 3461 §4.4) or Message-ID.
    pub names: Vec<String>,
}

impl Marks {
    /// Looks for them in a text of any kind.
    pub(super) fn look_into(&mut self, text: &[u8]) {
        for word in text.split(|b| !b.is_ascii_alphanumeric() && *b != b'-') {
            let (kept, most) = match word {
                _ if word.len() == TOKEN_LENGTH => (&mut self.tokens, TOKENS),
                _ if is_name(word) => (&mut self.names, NAMES),
                _ => continue,
            };
            let word = String::from_utf8_lossy(word);
            if kept.len() < most && !kept.iter().any(|known| *known == word) {
                kept.push(word.into_owned());
            }
        }
    }
}

/// `e7-` and [`NAME_LENGTH`] characters.
fn is_name(word: &[u8]) -> bool {
    let edition = word.len().checked_sub(NAME_LENGTH + 1).and_then(|at| word[..at].split_first());
    edition.is_some_and(|(e, number)| {
        matches!(e, b'e' | b'E') && !number.is_empty() && number.iter().all(u8::is_ascii_digit)
    }) && word[word.len() - NAME_LENGTH - 1] == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_found_whatever_stands_around_them() {
        let (one, two) = ("abcdefgh234567ab".repeat(3), "ABCDEFGH234567AB".repeat(3));
        let (name, other) = (format!("e7-{}", "a2".repeat(13)), format!("E12-{}", "b3".repeat(13)));
        let text = format!(
            "To: <bounces+{one}@example.org>\r\nReceived: for prvs=1={two}@x.example; Mon\n\
             <https://x.example/u/{one}> Message-ID: <{name}@example.org> id={other}; {one}a x{two} e7-{one} f{name} e-{}",
            "a2".repeat(13)
        );
        let mut marks = Marks::default();
        marks.look_into(text.as_bytes());
        assert_eq!(marks, Marks { tokens: vec![one, two], names: vec![name, other] });
    }

    #[test]
    fn there_are_few() {
        let many = |length: usize, begin: &str| (0..500).map(|n| format!("{begin}{n:0>length$} ")).collect::<String>();
        let mut marks = Marks::default();
        marks.look_into(format!("{}{}", many(48, ""), many(26, "e7-")).as_bytes());
        assert_eq!((marks.tokens.len(), marks.names.len()), (64, 2));
    }
}
