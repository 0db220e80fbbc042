//! How wide the terminal is, and how a long line is laid out in it: no word and no command to type is ever broken in two.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use crate::config::terminal_columns;

/// Terminals that are narrower, or do not know their width and say 0, are left to break lines themselves.
const NARROWEST: usize = 40;

/// How many columns there are; `None` where lines are left as they are. `COLUMNS` counts for more than what the terminal says.
pub(super) fn width() -> Option<usize> {
    let width = terminal_columns().or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
    width.filter(|width| *width >= NARROWEST)
}

/// How many columns a text takes. Colours take none.
pub(super) fn width_of(text: &str) -> usize {
    if text.contains('\u{1b}') { anstream::adapter::strip_str(text).to_string().width() } else { text.width() }
}

/// The text in lines of at most `width` columns; all but the first begin with `indent` spaces. A word that is wider has a line
/// of its own.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut taken = 0;
    for word in words(text) {
        let wide = width_of(word);
        if taken > 0 && taken + 1 + wide > width {
            lines.push(" ".repeat(indent));
            taken = indent;
        } else if taken > 0 {
            push(&mut lines, " ");
            taken += 1;
        }
        push(&mut lines, word);
        taken += wide;
    }
    lines
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

/// One line of an answer as it stands on a terminal: what follows its first line is indented by two columns more.
pub(super) fn fold(line: &str, width: usize) -> Cow<'_, str> {
    if width_of(line) <= width {
        return Cow::Borrowed(line);
    }
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let lines = wrap(text, width.saturating_sub(indent), 2);
    let indent = " ".repeat(indent);
    Cow::Owned(lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n"))
}

/// How wide the widest word is.
pub(super) fn longest_word(text: &str) -> usize {
    words(text).map(width_of).max().unwrap_or_default()
}

/// What stands between spaces. What stands between backticks is one word: someone will copy it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start_matches(' ');
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut is_quoted = false;
        let end = rest.char_indices().find(|(_, c)| {
            is_quoted ^= *c == '`';
            *c == ' ' && !is_quoted
        });
        // A backtick that nothing closes quotes nothing.
        let end = if is_quoted { rest.find(' ') } else { end.map(|(at, _)| at) };
        let (word, more) = rest.split_at(end.unwrap_or(rest.len()));
        rest = more.trim_start_matches(' ');
        Some(word)
    })
}

/// A text that runs from right to left, or partly so, kept from moving what stands beside it (UAX 9 §2.4.2).
pub(super) fn isolated(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_right_to_left) { Cow::Owned(format!("\u{2068}{text}\u{2069}")) } else { Cow::Borrowed(text) }
}

/// The blocks of Hebrew, Arabic, Syriac, Thaana, N'Ko and their like.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_and_no_command_is_broken() {
        let text = "edition 4 is held: look at `fortnightly preview --edition 4`, then `fortnightly approve 4`";
        let lines = wrap(text, 40, 2);
        let expected =
            ["edition 4 is held: look at", "  `fortnightly preview --edition 4`,", "  then `fortnightly approve 4`"];
        assert_eq!(lines, expected);
        assert_eq!(wrap("a `b c d", 4, 0), ["a `b", "c d"]);
        assert_eq!(wrap("so averyverylongword is whole", 8, 0), ["so", "averyverylongword", "is whole"]);
        assert_eq!(wrap("", 8, 0), [""]);
    }

    #[test]
    fn a_line_keeps_its_indent_and_its_colours() {
        assert_eq!(fold("    one two three", 12), "    one two\n      three");
        let red = "\u{1b}[31merror:\u{1b}[0m one two";
        assert_eq!(fold(red, 14), red);
        assert_eq!(width_of("东方小学 🌈 Llŷn"), 16);
    }

    #[test]
    fn what_runs_from_right_to_left_moves_nothing_else() {
        assert_eq!(isolated("مدرسة"), "\u{2068}مدرسة\u{2069}");
        assert_eq!(isolated("Llŷn 东方小学"), "Llŷn 东方小学");
    }
}
