//! What people get wrong in TOML, put in plain words: dates in British order, missing or curly quotation marks, broken
//! lines, single brackets. The parser's own messages are for those who know the language.

use std::ops::RangeInclusive;

use toml::de::Error;

use super::human_dates::{date_to_write, time_to_write};
use super::source::{Place, SourceFile, shown};
use super::table::{Form, Key, Table};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::lists::listed;

const CURLY: [char; 8] = ['“', '”', '„', '‘', '’', '‚', '«', '»'];

/// The longest text that an example repeats, in characters.
const EXAMPLE_LIMIT: usize = 100;

/// The most lines over which a text is looked for that someone broke.
const BROKEN_OVER: usize = 8;

/// A line `key = value`, of which the parser could not make sense, read as a person would.
struct Line<'a> {
    /// The key as it was written.
    name: &'a str,
    /// What stands after the = sign, without a remark.
    value: &'a str,
    /// The byte at which the value begins.
    at: usize,
    /// How messages name the key.
    subject: String,
    /// The key, where the heading above has one of this name whose value may be shown.
    known: Option<&'static Key>,
}

impl<'a> Line<'a> {
    /// Reads the line of byte `offset`; `None` where it is a heading or has no = sign.
    fn read(source: &'a SourceFile, root: &'static Table, offset: usize) -> Option<Self> {
        let number = source.line(offset);
        let text = source.text_of(number);
        let (before, after) = text.split_once('=')?;
        let name = before.trim();
        if name.starts_with(['[', '#', '"', '\'']) || name.is_empty() {
            return None;
        }
        // Only ordinary white space is trimmed: an unusual space is an error, and its place matters.
        let value = after.trim_start_matches([' ', '\t']);
        let at = source.start_of(number) + (text.len() - value.len());
        let table = match source.heading_above(number) {
            Some(heading) => root.of_heading(source.text_of(heading)),
            None => Some(root),
        };
        let known = table.and_then(|table| table.key(name)).filter(|key| key.is_offered());
        let subject = match (table, known) {
            (Some(table), Some(_)) => source.subject(table, name),
            _ => name.to_owned(),
        };
        Some(Self { name, value: without_remark(value), at, subject, known })
    }

    fn form(&self) -> Option<&'static Form> {
        self.known.map(|key| &key.form)
    }

    /// Whether the value must begin with a quotation mark.
    fn is_quoted(&self) -> bool {
        self.form().is_some_and(Form::is_quoted)
    }

    /// The help that shows how such a value is written.
    fn like_this(&self) -> Option<String> {
        self.known.map(|key| format!("write it like this: {} = {}", key.name, key.example_in_file()))
    }
}

/// `value` up to a remark. A # inside quotes is no remark, nor is one within a word.
fn without_remark(value: &str) -> &str {
    let is_remark = |at: usize| {
        let before = &value[..at];
        before.ends_with([' ', '\t']) && before.matches('"').count().is_multiple_of(2)
    };
    let end = value.match_indices('#').map(|(at, _)| at).find(|at| is_remark(*at)).unwrap_or(value.len());
    value[..end].trim_end_matches([' ', '\t', '\r'])
}

/// Notes the syntax error of the parser at byte `at` in the words that help most.
pub(super) fn explain(source: &SourceFile, root: &'static Table, at: usize, text: &str, error: &Error) {
    let line = Line::read(source, root, at);
    let found = odd_space(source, at, line.as_ref()).or_else(|| in_value(&line?, error));
    let (at, (what, help)) = found.unwrap_or_else(|| (at, general(source, at, text, error.message())));
    source.add_syntax(at, what, help);
}

/// What is wrong, and what to do.
type Hint = (String, String);

fn hint(what: impl Into<String>, help: impl Into<String>) -> Hint {
    (what.into(), help.into())
}

/// A space that is not one of TOML's, such as those of word processors, stands at byte `at` or before the value.
fn odd_space(source: &SourceFile, at: usize, line: Option<&Line<'_>>) -> Option<(usize, Hint)> {
    let is_odd = |at: &usize| source.text().get(*at..).is_some_and(|rest| rest.starts_with(is_odd_space));
    let at = [Some(at), line.map(|line| line.at)].into_iter().flatten().find(is_odd)?;
    let what = "an unusual, invisible character stands here, as word processors and web pages have them";
    Some((at, hint(what, "delete what looks like a space here, and type it again")))
}

/// White space other than the space and the tab, or a character without width.
pub(super) fn is_odd_space(c: char) -> bool {
    !c.is_ascii() && c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}')
}

/// What is wrong with the value on this line, and where, if it is one of the mistakes that we know.
fn in_value(line: &Line<'_>, error: &Error) -> Option<(usize, Hint)> {
    if line.value.is_empty() || error.message().starts_with("duplicate key") {
        return None;
    }
    if let Some(at) = curly(line.value) {
        let help = "use straight ones, \" before the text and \" after it";
        return Some((line.at + at, hint("these quotation marks are curly", help)));
    }
    Some((line.at, several(line).or_else(|| misformed(line, error.message()))?))
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
fn several(line: &Line<'_>) -> Option<Hint> {
    let parts: Vec<&str> = line.value.split([',', ';']).map(|part| part.trim().trim_matches('"')).collect();
    let may_be_list = matches!(line.form(), Some(Form::OneOrMore(_)));
    let is_list = may_be_list && parts.len() > 1 && parts.iter().all(|part| part.contains('@'));
    if !is_list || line.value.starts_with('[') || line.value.contains(['\\', '\'']) {
        return None;
    }
    let list: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
    let what = format!("{} has several addresses: they need square brackets round them", line.subject);
    Some(hint(what, format!("write a list: {} = [{}]", line.name, list.join(", "))))
}

fn misformed(line: &Line<'_>, message: &str) -> Option<Hint> {
    let is_date = message.starts_with("invalid date") || message.starts_with("invalid time");
    let (form, meant) = match line.form()? {
        Form::Date => ("year-month-day", date_to_write(line.value)),
        Form::Time => ("hours:minutes:seconds", time_to_write(line.value)),
        Form::List { .. } if is_date => {
            let what =
                format!("{} {} is not a list of names in quotes, or of numbers", line.subject, shown(line.value));
            return Some(hint(what, line.like_this()?));
        }
        _ if line.is_quoted() && !line.value.starts_with(['"', '\'', '[']) => return Some(unquoted(line)),
        _ => return None,
    };
    if meant.is_none() && is_date {
        return None; // Of the right form, but there is no such day or hour.
    }
    let what = format!("{} {} must be written as {form}", line.subject, shown(line.value));
    let help = meant.map_or_else(|| line.like_this(), |meant| Some(format!("write {} = {meant}", line.name)))?;
    Some(hint(what, help))
}

/// A web address with a login is not repeated.
fn may_hold_login(text: &str) -> bool {
    text.contains("://") && text.contains('@')
}

fn unquoted(line: &Line<'_>) -> Hint {
    let is_plain = !line.value.contains(['"', '\\']) && !may_hold_login(line.value);
    let mut help = "put a \" before it and another after it".to_owned();
    if is_plain && line.value.chars().count() <= EXAMPLE_LIMIT {
        help = format!("{help}: {} = \"{}\"", line.name, line.value);
    }
    hint("text must stand in quotes", help)
}

/// Notes that the text which begins on the line of byte `at` goes on over the next ones; returns the last of them.
pub(super) fn text_over_lines(
    source: &SourceFile,
    root: &'static Table,
    at: usize,
    message: &str,
) -> Option<RangeInclusive<usize>> {
    let line = Line::read(source, root, at).filter(|_| message.starts_with("invalid basic string"))?;
    let begin = line.value.strip_prefix('"').filter(|rest| !rest.contains('"') && line.is_quoted())?;
    let first = source.line(at);
    let is_more = |number: &usize| {
        let text = source.text_of(*number).trim();
        !text.is_empty() && !text.contains('=') && !text.starts_with(['[', '#', '+'])
    };
    let mut text = begin.to_owned();
    let last = (first + 1..).take(BROKEN_OVER).take_while(is_more).find(|number| {
        text = format!("{text}\n{}", source.text_of(*number));
        source.text_of(*number).contains('"')
    })?;
    let joint = line.form().map_or(" ", joint);
    let text = one_line(joint, text.split('"').next().unwrap_or_default());
    let what = format!("{} must be one line, but its text goes on below", line.subject);
    let mut help = "write it in one line".to_owned();
    if !may_hold_login(&text) {
        help = format!("{help}: {} = \"{text}\"", line.name);
    }
    source.add_syntax(line.at, what, help);
    Some(first..=last)
}

/// What goes between the lines of a text that must be one.
pub(super) fn joint(form: &Form) -> &'static str {
    if let Form::Line { joint } = form { joint } else { " " }
}

/// The lines of `text` as one.
pub(super) fn one_line(joint: &str, text: &str) -> String {
    let mark = |c: char| joint.starts_with(c);
    let parts: Vec<&str> = text.lines().map(|line| line.trim().trim_end_matches(mark)).collect();
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(joint)
}

/// Whether the key or heading on this line is a duplicate only because the headings of a list have single brackets.
/// They are reported once, at the first.
pub(super) fn single_brackets(
    source: &SourceFile,
    root: &'static Table,
    lines: RangeInclusive<usize>,
    line: usize,
) -> bool {
    let is_heading = source.text_of(line).trim_start().starts_with('[');
    let heading = if is_heading { Some(line) } else { source.heading_above(line) };
    let heading = heading.map_or("", |line| source.text_of(line));
    let Some(table) = root.of_heading(heading).filter(|table| table.is_list()) else { return false };
    if !is_heading && !is_single(heading) {
        return false; // A key that stands twice in one entry.
    }
    let is_single_heading =
        |text: &str| is_single(text) && root.of_heading(text).is_some_and(|of| of.heading == table.heading);
    let lines: Vec<usize> = lines.filter(|line| is_single_heading(source.text_of(*line))).collect();
    let Some(first) = lines.first() else { return false };
    if !source.is_broken(*first..=*first) {
        let column = source.text_of(*first).find('[').unwrap_or(0);
        let code = source.dialect().syntax_code;
        source.add(Place::At(source.start_of(*first) + column), begins_with(code, table, &lines));
        for line in &lines {
            source.mark_broken(*line);
        }
    }
    true
}

/// What to say of single brackets on these lines.
pub(super) fn begins_with(code: &'static str, table: &Table, lines: &[usize]) -> Diagnostic {
    let (entry, heading, name) = (table.noun, table.heading, table.bare_heading());
    let help = match lines {
        [] => format!("write {heading} above each {entry}"),
        [one] => format!("write {heading} instead of [{name}] in line {one}"),
        several => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            format!("write {heading} instead of [{name}] in the lines {}", listed(&several))
        }
    };
    Diagnostic::error(code, format!("each {entry} begins with {heading}, in double square brackets")).help(help)
}

fn is_single(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('[') && !text.starts_with("[[")
}

/// The parser's message in plain words. `text` is what it is about.
fn general(source: &SourceFile, at: usize, text: &str, message: &str) -> Hint {
    let is_heading = source.text_of(source.line(at)).trim_start().starts_with('[');
    let is_any = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
    if message.starts_with("duplicate key") {
        return if is_heading {
            let what = format!("the heading [{}] stands in the file twice", text.trim());
            hint(what, "put all its keys below one of the two")
        } else {
            hint(format!("{} is written twice", shown(text)), "keep one and remove the other")
        };
    }
    if is_any(&["invalid date", "invalid time"]) {
        let expected = message.split_once(", expected ").map_or_else(String::new, |(_, e)| format!(" (expected {e})"));
        return hint(
            format!("this is not a date or time that exists{expected}"),
            "write dates as 2026-09-07 and times as 08:00:00, and nothing after them but a remark that begins with #",
        );
    }
    let is_value = is_any(&["string values must be quoted", "unquoted string", "missing value"]);
    if is_value && text.is_empty() {
        return hint("there is nothing after the = sign", "write the value, or remove the line to get the default");
    }
    match GENERAL.iter().find(|(starts, ..)| is_any(starts)) {
        Some((_, what, help)) => hint(*what, *help),
        None => hint(
            format!("this cannot be read ({message})"),
            "look for a missing quotation mark, bracket or = sign, here or on the line above",
        ),
    }
}

/// How the parser's messages begin, the same in plain words, and what to do.
const GENERAL: [(&[&str], &str, &str); 7] = [
    (
        &["string values must be quoted", "unquoted string", "missing value"],
        "text must stand in quotes",
        "put a \" before it and another after it",
    ),
    (
        &["missing opening quote", "invalid basic string", "invalid literal string"],
        "a quotation mark is missing, or stands where it should not",
        "put one \" before the text and one after it; inside the text write \\\"",
    ),
    (
        &["missing escaped value"],
        "a backslash between quotes begins a special character",
        "write two of them, \\\\, or use / in paths",
    ),
    (
        &["key with no value"],
        "there is no = sign here",
        "write: key = value; a remark begins with #, and a heading stands in [square brackets]",
    ),
    (
        &["unclosed table", "unclosed array table"],
        "this heading lacks a closing bracket",
        "close it with as many ] as it opened with [",
    ),
    (&["unclosed array"], "this list lacks its closing bracket", "add a ] at its end"),
    (
        &["missing comma"],
        "a comma or a closing bracket is missing before this",
        "separate the values of a list by commas, and close the list with ]",
    ),
];

#[cfg(test)]
mod tests {
    use super::super::source::Dialect;
    use super::*;

    static ROOT: Table = Table {
        heading: "",
        noun: "a file",
        about: "",
        keys: &[Key::optional("schedule", Form::Table(&SCHEDULE), "[schedule]")],
    };
    static SCHEDULE: Table = Table {
        heading: "[schedule]",
        noun: "",
        about: "",
        keys: &[Key::required("anchor", Form::Date, "2026-09-07")],
    };
    static DIALECT: Dialect =
        Dialect { syntax_code: "syntax", range_code: "bad-value", quotes_keys: false, limit: usize::MAX };

    #[test]
    fn finds_key_and_value() {
        let text = "[ schedule ]\n anchor\t= 30/11/2026  # Monday\r\nx = \"a # b\" # c\n";
        let source = SourceFile::new("a.toml".to_owned(), text.to_owned(), &DIALECT);
        let read = |at| Line::read(&source, &ROOT, at);
        let line = read(20).expect("a key and a value");
        assert_eq!((line.name, line.value, line.at), ("anchor", "30/11/2026", 23));
        assert_eq!(line.subject, "schedule.anchor");
        assert!(matches!(line.form(), Some(Form::Date)));
        let line = read(50).expect("a key and a value");
        assert_eq!(line.value, "\"a # b\"");
        assert!(line.form().is_none() && read(0).is_none());
    }
}
