//! Markers that stand for slots while a template is filled in, and cutting the result at them.

use sha2::{Digest, Sha256};

use crate::domain::rendered::{Body, Piece, Slot};

/// Hexadecimal digits of a nonce: 64 bits.
const LENGTH: usize = 16;

/// A word that does not occur in some content; the same content always gets the same word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nonce(String);

impl Nonce {
    /// The first of a fixed sequence of candidates that does not occur in `content`.
    pub(crate) fn absent_from(content: &str) -> Self {
        Self::first_absent(content, |counter| {
            let mut hash = Sha256::new();
            hash.update(counter.to_be_bytes());
            hash.update(content);
            data_encoding::HEXLOWER.encode(&hash.finalize())[..LENGTH].to_owned()
        })
    }

    fn first_absent(content: &str, candidate: impl Fn(u32) -> String) -> Self {
        (0..u32::MAX)
            .map(candidate)
            .find(|word| !content.contains(word.as_str()))
            .map(Self)
            .expect("a text shorter than 4 billion words cannot hold every candidate")
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the helper writes for `slot`: ASCII letters and digits, so that nothing escapes or wraps it.
    pub(crate) fn marker(nonce: &str, slot: Slot) -> String {
        format!("slot{nonce}{}", letter(slot))
    }

    /// Cuts `text` at its markers.
    pub(crate) fn cut(&self, text: &str) -> Body {
        let start = format!("slot{}", self.0);
        let mut parts = text.split(start.as_str());
        let mut pieces: Vec<Piece> = Vec::new();
        pieces.extend(parts.next().filter(|first| !first.is_empty()).map(|first| Piece::Literal(first.to_owned())));
        for part in parts {
            let slot = Slot::ALL.iter().copied().find(|slot| part.starts_with(letter(*slot)));
            let rest = if slot.is_some() { &part[1..] } else { part };
            pieces.extend(slot.map(Piece::Slot));
            if !rest.is_empty() {
                pieces.push(Piece::Literal(rest.to_owned()));
            }
        }
        Body(pieces)
    }
}

fn letter(slot: Slot) -> char {
    match slot {
        Slot::Greeting => 'g',
        Slot::UnsubscribeUrl => 'u',
        Slot::PreferencesUrl => 'p',
        Slot::ConfirmUrl => 'c',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn avoids_a_word_that_the_content_has() {
        let words = ["aaaa", "bbbb", "cccc"];
        let nonce = Nonce::first_absent("x aaaa bbbb", |n| words[n as usize].to_owned());
        assert_eq!(nonce.as_str(), "cccc");
        assert_eq!(Nonce::absent_from("same"), Nonce::absent_from("same"));
        assert_ne!(Nonce::absent_from("same"), Nonce::absent_from("other"));
    }

    #[test]
    fn cuts_at_every_marker_and_nowhere_else() {
        let nonce = Nonce::absent_from("");
        let marker = |slot| Nonce::marker(nonce.as_str(), slot);
        let text = format!("{}, slot me <{}>", marker(Slot::Greeting), marker(Slot::UnsubscribeUrl));
        let literal = |text: &str| Piece::Literal(text.to_owned());
        assert_eq!(
            nonce.cut(&text).0,
            [Piece::Slot(Slot::Greeting), literal(", slot me <"), Piece::Slot(Slot::UnsubscribeUrl), literal(">")]
        );
    }
}
