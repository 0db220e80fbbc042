//! What a piece of text may contain, wherever in the library it stands.

use crate::domain::text::{TextError, check_characters};

use super::page::Page;

/// Notes everything in `text` that cannot be printed or was not meant. `offset` is where it begins; `name` is what
/// the reader would call it. Returns whether the text may be used.
pub(super) fn check(page: &Page, offset: usize, name: &str, text: &str) -> bool {
    if let Some((code, message, help)) = refusal(name, text) {
        page.error(offset, code, message, help);
        return false;
    }
    if text.contains("](") {
        let message = format!("{name} holds “](”, so a link here was not understood");
        page.error(
            offset,
            "broken-link",
            message,
            "write it as [words](https://address), with no spaces in the address",
        );
        return false;
    }
    if text.contains("**") {
        let message = format!("{name} holds “**”, which would be printed as it is");
        page.warning(offset, "stray-mark", message, "put the stars right against the words: **like this**");
    }
    true
}

/// The first character that no digest can carry.
fn refusal(name: &str, text: &str) -> Option<(&'static str, String, String)> {
    let refused = |code, what: &str, help: &str| Some((code, format!("{name} holds {what}"), help.to_owned()));
    if text.contains('\\') {
        let help = "take it out; Markdown drops one before a mark such as \\*, and a digest cannot print any other";
        return refused("backslash", "a backslash (\\)", help);
    }
    if text.contains('\u{FFFD}') {
        let help = "a letter was lost when the text was copied: type it again";
        return refused("lost-character", "the sign � (U+FFFD)", help);
    }
    match check_characters(text) {
        Ok(()) => None,
        Err(TextError::Control(code @ (9 | 10 | 13))) => {
            let what = if code == 9 { "a tab" } else { "a line break" };
            refused("control-character", what, "write it in one line, with single spaces")
        }
        Err(error @ TextError::Direction(_)) => {
            refused("control-character", hidden(error).as_str(), "delete it and type the words around it again")
        }
        Err(error) => refused("control-character", hidden(error).as_str(), "delete it; it may not be visible"),
    }
}

/// The error's text behind “holds”.
fn hidden(error: TextError) -> String {
    error.to_string().trim_start_matches("contains ").to_owned()
}

/// Joins words as a sentence lists them: `a, b and c`.
pub(super) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

/// `did you mean “x”? ` when one of `options` is like `word`, then `rest`.
pub(super) fn suggest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>, rest: &str) -> String {
    match crate::domain::nearest::nearest(word, options) {
        Some(near) => format!("did you mean “{near}”? {rest}"),
        None => rest.to_owned(),
    }
}

/// A text from the file as a message may show it: one line, without controls, not too long.
pub(super) fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean: String = line.chars().filter(|c| check_characters(c.encode_utf8(&mut [0; 4])).is_ok()).collect();
    if clean.chars().count() <= 60 {
        return clean;
    }
    clean.chars().take(59).chain(['…']).collect()
}
