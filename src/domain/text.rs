//! What a short text from outside (a name, a title, a reason) may contain, and small helpers for text that people read.

pub mod dates;
pub mod lists;
pub mod suggest;

/// The most characters that a name may have: longer display names break header folding (RFC 5322 §2.1.1).
pub const NAME_LIMIT: usize = 200;

/// The most characters of an [`excerpt`].
const EXCERPT_LIMIT: usize = 60;

/// Why a short text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("is empty")]
    Empty,
    #[error("is longer than {NAME_LIMIT} characters")]
    TooLong,
    /// A control character, a line or paragraph separator.
    #[error("contains a control character (U+{0:04X})")]
    Control(u32),
    /// A character that reorders text, such as U+202E.
    #[error("contains a character that changes the direction of text (U+{0:04X})")]
    Direction(u32),
}

/// Checks a one-line text: not empty, at most [`NAME_LIMIT`] characters, no controls, no bidi overrides.
pub fn check_line(text: &str) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > NAME_LIMIT {
        return Err(TextError::TooLong);
    }
    check_characters(text)
}

/// Checks only the characters of `text`: no controls, separators or bidi overrides (Unicode TR9 §2.1–2.4).
pub fn check_characters(text: &str) -> Result<(), TextError> {
    for c in text.chars() {
        let code = u32::from(c);
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}') {
            return Err(TextError::Control(code));
        }
        if matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}') {
            return Err(TextError::Direction(code));
        }
    }
    Ok(())
}

/// `text` with every run of white space as one space. A no-break space stays: it is there to hold words together.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' | '\n' | '\r' | '\x0c' if out.ends_with(' ') => {}
            ' ' | '\t' | '\n' | '\r' | '\x0c' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// `text` on one line, with an ellipsis for each word with an @ in it.
pub fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The start of `text` as a message may quote it: one line, without characters that disturb a terminal, at most
/// [`EXCERPT_LIMIT`] characters and an ellipsis.
pub fn excerpt(text: &str) -> String {
    let is_safe = |c: &char| check_characters(c.encode_utf8(&mut [0; 4])).is_ok();
    let mut safe = text.trim_end().chars().map(|c| if c.is_ascii_whitespace() { ' ' } else { c }).filter(is_safe);
    let short: String = safe.by_ref().take(EXCERPT_LIMIT).collect();
    if safe.next().is_some() { format!("{short}…") } else { short }
}

/// Stores these types as the text that they are shown as, and reads it with their `FromStr`.
macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
pub(super) use serde_as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_breaks_a_header() {
        assert_eq!(check_line("  "), Err(TextError::Empty));
        assert_eq!(check_line("a\r\nBcc: x"), Err(TextError::Control(13)));
        assert_eq!(check_line("a\u{202E}b"), Err(TextError::Direction(0x202E)));
        assert_eq!(check_line(&"é".repeat(201)), Err(TextError::TooLong));
        assert_eq!(check_line("Ysgol Gynradd Llŷn & Tŷ’r Ysgol, “Cylch” 😀"), Ok(()));
    }

    #[test]
    fn quotes_no_controls_and_no_novels() {
        assert_eq!(excerpt("a\u{1b}[31mb\u{202e}"), "a[31mb");
        assert_eq!(excerpt("a\r\nb\tc"), "a  b c");
        assert_eq!(excerpt(&"x".repeat(100)), format!("{}…", "x".repeat(60)));
    }
}
