//! The slips that explain a syntax error: dates in British order, missing or curly quotation marks, broken lines.

use toml::de::Error;

use super::findings::{Findings, Place, shown};
use super::keys::Form;
use super::line::Line;
use super::reading::{date_to_write, one_line, time_to_write};
use crate::domain::diagnostic::Diagnostic;

const CURLY: [char; 8] = ['“', '”', '„', '‘', '’', '‚', '«', '»'];

/// The longest text that an example repeats, in characters.
const LIMIT: usize = 100;

/// A space that is not one of TOML's, such as those of word processors, stands at byte `at` or before the value.
pub(super) fn odd_space(f: &Findings<'_>, at: usize) -> Option<(usize, Diagnostic)> {
    let is_odd = |at: &usize| f.source().get(*at..).is_some_and(|rest| rest.starts_with(is_odd_space));
    let at = [Some(at), Line::read(f, at).map(|line| line.at)].into_iter().flatten().find(is_odd)?;
    let what = "an unusual, invisible character stands here, as word processors and web pages have them";
    Some((at, Diagnostic::error("syntax", what).help("delete what looks like a space here, and type it again")))
}

/// White space other than the space and the tab, or a character without width.
pub(super) fn is_odd_space(c: char) -> bool {
    !c.is_ascii() && c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}')
}

/// What is wrong with the value on this line, and where, if it is one of the slips that we know.
pub(super) fn in_value(line: &Line<'_>, error: &Error) -> Option<(usize, Diagnostic)> {
    if line.value.is_empty() || error.message().starts_with("duplicate key") {
        return None;
    }
    if let Some(at) = curly(line.value) {
        let help = "use straight ones, \" before the text and \" after it";
        return Some((line.at + at, Diagnostic::error("syntax", "these quotation marks are curly").help(help)));
    }
    let (what, help) = several(line).or_else(|| misformed(line, error.message()))?;
    Some((line.at, Diagnostic::error("syntax", what).help(help)))
}

/// Where a curly mark stands instead of a quotation mark, round the value or round one of a list.
fn curly(value: &str) -> Option<usize> {
    let Some(list) = value.strip_prefix('[') else { return curly_round(value) };
    let mut at = 1;
    for part in list.split(',') {
        if let Some(found) = curly_round(part.trim_end_matches([' ', ']'])) {
            return Some(at + found);
        }
        at += part.len() + 1;
    }
    None
}

fn curly_round(value: &str) -> Option<usize> {
    let text = value.trim_start_matches(' ');
    if text.starts_with(CURLY) {
        return Some(value.len() - text.len());
    }
    let lacks_end = text.starts_with('"') && text.matches('"').count() % 2 == 1;
    let last = text.chars().next_back().filter(|c| lacks_end && CURLY.contains(c))?;
    Some(value.len() - last.len_utf8())
}

/// Several addresses, which need a list.
fn several(line: &Line<'_>) -> Option<(String, String)> {
    let parts: Vec<&str> = line.value.split([',', ';']).map(|part| part.trim().trim_matches('"')).collect();
    let is_list = line.name == "email" && parts.len() > 1 && parts.iter().all(|part| part.contains('@'));
    if !is_list || line.value.starts_with('[') || line.value.contains(['\\', '\'']) {
        return None;
    }
    let list: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
    let what = format!("{} has several addresses: they need square brackets round them", line.subject());
    Some((what, format!("write a list: {} = [{}]", line.name, list.join(", "))))
}

fn misformed(line: &Line<'_>, message: &str) -> Option<(String, String)> {
    let is_date = message.starts_with("invalid date") || message.starts_with("invalid time");
    let (form, meant) = match line.form()? {
        Form::Date => ("year-month-day", date_to_write(line.value)),
        Form::Time => ("hours:minutes:seconds", time_to_write(line.value)),
        Form::Text if !line.value.starts_with(['"', '\'', '[']) => return Some(unquoted(line)),
        Form::Other if is_date => {
            let what =
                format!("{} {} is not a list of names in quotes, or of numbers", line.subject(), shown(line.value));
            return Some((what, line.like_this()?));
        }
        Form::Text | Form::Other => return None,
    };
    if meant.is_none() && is_date {
        return None; // Of the right form, but there is no such day or hour.
    }
    let what = format!("{} {} must be written as {form}", line.subject(), shown(line.value));
    let help = meant.map_or_else(|| line.like_this(), |meant| Some(format!("write {} = {meant}", line.name)))?;
    Some((what, help))
}

/// A web address with a login is not repeated.
fn may_hold_login(text: &str) -> bool {
    text.contains("://") && text.contains('@')
}

fn unquoted(line: &Line<'_>) -> (String, String) {
    let is_plain = !line.value.contains(['"', '\\']) && !may_hold_login(line.value);
    let help = if !is_plain || line.value.chars().count() > LIMIT {
        "put a \" before it and another after it".to_owned()
    } else {
        format!("put a \" before it and another after it: {} = \"{}\"", line.name, line.value)
    };
    ("text must stand in quotes".to_owned(), help)
}

/// Notes that the text which begins on the line of byte `at` goes on over the next ones; returns the last of them.
pub(super) fn text_over_lines(f: &mut Findings<'_>, at: usize, message: &str) -> Option<usize> {
    let line = Line::read(f, at).filter(|_| message.starts_with("invalid basic string"))?;
    let begin = line.value.strip_prefix('"').filter(|rest| !rest.contains('"') && line.form() == Some(Form::Text))?;
    let first = f.line(at);
    let is_more = |number: &usize| {
        let text = f.text_of(*number).trim();
        !text.is_empty() && !text.contains('=') && !text.starts_with(['[', '#'])
    };
    let mut text = begin.to_owned();
    let last = (first + 1..=f.lines()).take(8).take_while(is_more).find(|number| {
        text = format!("{text}\n{}", f.text_of(*number));
        f.text_of(*number).contains('"')
    })?;
    let text = one_line(line.name, text.split('"').next().unwrap_or_default());
    let what = format!("{} must be one line, but its text goes on below", line.subject());
    let help = if may_hold_login(&text) {
        "write it in one line".to_owned()
    } else {
        format!("write it in one line: {} = \"{text}\"", line.name)
    };
    let finding = Diagnostic::error("syntax", what).help(help);
    f.add(Place::At(line.at), finding);
    Some(last)
}
