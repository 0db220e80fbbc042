//! What a piece of text may contain, wherever in the library it stands.

use super::page::Page;
use crate::domain::text::suggest::nearest;
use crate::domain::text::{TextError, check_characters};

pub(crate) use crate::domain::text::lists::listed;
pub(crate) use crate::toml_form::shown;

/// Notes what in `text` cannot be printed or was not meant. `place` turns a byte of it into a byte of the page;
/// `name` is what the reader would call it. Returns whether the text may be used.
pub(crate) fn check(page: &Page, place: impl Fn(usize) -> usize, name: &str, text: &str) -> bool {
    if let Some((index, c)) = text.char_indices().find(|(_, c)| is_refused(*c)) {
        let (code, what, help) = refusal(c);
        page.error(place(index), code, format!("{name} holds {what}"), help);
        return false;
    }
    if let Some(index) = text.find("](") {
        let message = format!("{name} holds “](”, so a link here was not understood");
        let help = "write it as [words](https://address), with no spaces in the address";
        page.error(place(index), "broken-link", message, help);
        return false;
    }
    if let Some(index) = text.find("**") {
        let message = format!("{name} holds “**”, which would be printed as it is");
        page.warning(place(index), "stray-mark", message, "put the stars right against the words: **like this**");
    }
    true
}

/// Whether no digest can carry this character. The renderer breaks on a backslash.
fn is_refused(c: char) -> bool {
    matches!(c, '\\' | '\u{FFFD}') || check_characters(c.encode_utf8(&mut [0; 4])).is_err()
}

/// A code, what was found, and what to do.
fn refusal(c: char) -> (&'static str, String, &'static str) {
    match (c, check_characters(c.encode_utf8(&mut [0; 4]))) {
        ('\\', _) => ("backslash", "a backslash (\\)".to_owned(), "take it out: a digest cannot print it"),
        ('\u{FFFD}', _) => {
            let help = "a letter was lost when the text was copied: type it again";
            ("lost-character", "the sign � (U+FFFD)".to_owned(), help)
        }
        ('\n' | '\r', _) => ("control-character", "a line break".to_owned(), "write it in one line"),
        ('\t', _) => ("control-character", "a tab".to_owned(), "write a space instead"),
        (_, Err(TextError::Direction(code))) => {
            let what = format!("an invisible character that turns the direction of text (U+{code:04X})");
            ("control-character", what, "delete it and type the words around it again")
        }
        _ => {
            let what = format!("an invisible control character (U+{:04X})", u32::from(c));
            ("control-character", what, "delete it and type the words around it again")
        }
    }
}

/// `did you mean “x”? ` when one of `options` is like `word`, then `rest`.
pub(crate) fn suggest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>, rest: &str) -> String {
    match nearest(word, options) {
        Some(near) => format!("did you mean “{near}”? {rest}"),
        None => rest.to_owned(),
    }
}
