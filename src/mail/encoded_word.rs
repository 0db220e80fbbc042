//! Text in headers: as it is where that is safe, else as encoded words (RFC 2047).
//!
//! Unlike most encoders this one leaves no choice to the reader: text that could be misread (a literal `=?…?=`,
//! two spaces in a row, a lone dot) is encoded whole, so it comes back exactly.

use std::fmt::Write as _;

use data_encoding::BASE64;

/// The longest encoded word (RFC 2047 §2).
const WORD: usize = 75;
const PREFIX: usize = "=?utf-8?q?".len();
const SUFFIX: usize = "?=".len();
/// The longest text that is left as it is: with any header name it stays under 78 columns (RFC 5322 §2.1.1).
const PLAIN: usize = 60;

/// A header's free text, such as a subject. `column` is where the value starts.
pub(super) fn unstructured(text: &str, column: usize) -> String {
    if text.is_empty() || is_tidy(text) { fold(text, column) } else { encode(text, column) }
}

/// A display name (RFC 5322 `phrase`): atoms, a quoted string, or encoded words.
pub(super) fn phrase(name: &str, column: usize) -> String {
    if !is_tidy(name) || name.len() > PLAIN {
        encode(name, column)
    } else if name.bytes().all(|b| is_atext(b) || b == b' ') {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Printable ASCII, single spaces between words of a length that folds, nothing that looks like an encoded word.
fn is_tidy(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b))
        && !text.contains("=?")
        && text.split(' ').all(|word| !word.is_empty() && word.len() <= PLAIN)
}

/// RFC 5322 §3.2.3.
fn is_atext(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b)
}

/// Folds at spaces to lines of at most 78 columns.
fn fold(text: &str, mut column: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            if column + 1 + word.len() > 78 {
                out.push_str("\r\n");
                column = 0;
            }
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

/// Encoded words, each of whole characters (RFC 2047 §5), folded one to a line after the first.
fn encode(text: &str, column: usize) -> String {
    let q_total: usize = text.chars().map(q_length).sum();
    // Q is longer but can be read as it is; it is worth that while most letters are plain.
    let base64 = q_total > 2 * text.len();
    let mut out = String::new();
    let mut room = WORD.min(76_usize.saturating_sub(column)).max(40) - PREFIX - SUFFIX;
    let mut word = String::new();
    for c in text.chars() {
        let needed = if base64 {
            (word.len() + c.len_utf8()).div_ceil(3) * 4
        } else {
            word.chars().map(q_length).sum::<usize>() + q_length(c)
        };
        if needed > room {
            push_word(&word, base64, &mut out);
            word.clear();
            room = WORD - PREFIX - SUFFIX;
        }
        word.push(c);
    }
    push_word(&word, base64, &mut out);
    out
}

fn push_word(word: &str, base64: bool, out: &mut String) {
    if !out.is_empty() {
        out.push_str("\r\n ");
    }
    if base64 {
        let _ = write!(out, "=?utf-8?b?{}?=", BASE64.encode(word.as_bytes()));
        return;
    }
    out.push_str("=?utf-8?q?");
    for b in word.bytes() {
        match b {
            b' ' => out.push('_'),
            _ if is_plain_in_q(b) => out.push(char::from(b)),
            _ => {
                let _ = write!(out, "={b:02X}");
            }
        }
    }
    out.push_str("?=");
}

fn q_length(c: char) -> usize {
    if c == ' ' || u8::try_from(c).is_ok_and(is_plain_in_q) { 1 } else { 3 * c.len_utf8() }
}

/// What may stand in a Q-encoded word inside a phrase (RFC 2047 §5, rule 3).
fn is_plain_in_q(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!*+-/".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_plain_text_alone_and_folds_it() {
        assert_eq!(unstructured("Kind words: 15 minutes", 9), "Kind words: 15 minutes");
        let long = "word ".repeat(40);
        let folded = unstructured(long.trim_end(), 9);
        assert_eq!(folded.replace("\r\n", ""), long.trim_end());
        assert!(folded.split("\r\n").all(|line| line.len() <= 78));
    }

    #[test]
    fn encodes_what_could_be_misread() {
        assert_eq!(unstructured("=?x?=", 9), "=?utf-8?b?PT94Pz0=?=");
        assert_eq!(unstructured("a  b", 9), "=?utf-8?q?a__b?=");
        assert_eq!(unstructured("Tŷ Ni", 9), "=?utf-8?q?T=C5=B7_Ni?=");
        assert_eq!(unstructured("😀😀😀", 9), "=?utf-8?b?8J+YgPCfmIDwn5iA?=");
    }

    #[test]
    fn names_are_atoms_quoted_or_encoded() {
        assert_eq!(phrase("Online Safety at Home", 6), "Online Safety at Home");
        assert_eq!(phrase("St. Mary's, \"A\\B\"", 6), r#""St. Mary's, \"A\\B\"""#);
        assert_eq!(phrase("Safety . Home", 6), "\"Safety . Home\"");
        assert_eq!(phrase("Llŷn, A", 6), "=?utf-8?q?Ll=C5=B7n=2C_A?=");
    }

    #[test]
    fn words_stay_within_75_columns() {
        for text in ["é".repeat(200), "a é ".repeat(50), "😀".repeat(200), "x".repeat(200)] {
            for (index, line) in unstructured(&text, 9).split("\r\n").enumerate() {
                assert!(line.len() <= 76 && (index > 0 || line.len() + 9 <= 78), "{line}");
            }
        }
    }
}
