//! A value as it was written, in the file or the environment, and its reading as text, number, date or time.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use toml::Spanned;
use toml::de::DeValue;

use super::document::Document;
use super::hints::{is_odd_space, joint, one_line};
use super::human_dates::{date_to_write, length, time_to_write};
use super::source::{Place, SourceFile, shown};
use super::table::{Form, Key, Table};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::WordError;
use crate::domain::text::suggest::nearest;
use crate::domain::text::{TextError, check_line};

/// What was written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    Toml(&'a Spanned<DeValue<'a>>),
    /// The text of an environment variable, or a default.
    Plain(&'a str),
}

/// A value, the key that it was given to, and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    document: &'a Document<'a>,
    table: &'static Table,
    pub(super) key: &'static Key,
    /// How it is written: as the key says, or as the elements of the key's list.
    form: &'static Form,
    given: Given<'a>,
    pub(crate) place: Place<'a>,
}

impl<'a> Value<'a> {
    pub(super) fn new(
        document: &'a Document<'a>,
        table: &'static Table,
        key: &'static Key,
        given: Given<'a>,
        place: Place<'a>,
    ) -> Self {
        Self { document, table, key, form: &key.form, given, place }
    }

    pub(super) fn of_toml(
        document: &'a Document<'a>,
        table: &'static Table,
        key: &'static Key,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Self {
        Self::new(document, table, key, Given::Toml(value), Place::At(document.at(&value.span())))
    }

    /// The TOML value, unless an override took its place.
    pub(super) fn in_file(&self) -> Option<&'a Spanned<DeValue<'a>>> {
        match self.given {
            Given::Toml(value) => Some(value),
            Given::Plain(_) => None,
        }
    }

    /// The file, for checks of its own.
    pub(crate) fn source(&self) -> &'a SourceFile {
        self.document.source
    }

    /// The byte of the file at which it begins.
    pub(crate) fn offset(&self) -> usize {
        if let Place::At(offset) = self.place { offset } else { 0 }
    }

    /// The most characters that it may have.
    pub(crate) fn limit(&self) -> Option<usize> {
        if let Form::Text { limit, .. } = self.form { *limit } else { None }
    }

    /// How messages name it.
    pub(crate) fn subject(&self) -> String {
        match self.place {
            Place::Variable(name) => name.to_owned(),
            _ => self.source().subject(self.table, self.key.name),
        }
    }

    /// The help that shows how to write it.
    pub(crate) fn like_this(&self) -> String {
        match self.place {
            Place::Variable(name) => format!("write it like this: {name}={}", self.key.example),
            _ => format!("write it like this: {} = {}", self.key.name, self.key.example_in_file()),
        }
    }

    /// The help that shows `value` (as it stands in the file) for this key.
    fn write(&self, value: &str) -> String {
        match self.place {
            Place::Variable(name) => format!("write {name}={}", value.trim_matches('"')),
            _ => format!("write {} = {value}", self.key.name),
        }
    }

    /// The help that shows `text`, without quotation marks of its own, for this key.
    pub(crate) fn to_write(self, text: &impl Display) -> String {
        self.write(&format!("\"{text}\""))
    }

    /// Notes an error about it; `what` completes the sentence that begins with its name.
    pub(crate) fn error(&self, code: &'static str, what: impl Display, help: impl Into<String>) {
        self.note(Diagnostic::error(code, format!("{} {what}", self.subject())).help(help));
    }

    /// Notes a warning about it; `what` completes the sentence that begins with its name.
    pub(crate) fn warning(&self, code: &'static str, what: impl Display, help: impl Into<String>) {
        self.note(Diagnostic::warning(code, format!("{} {what}", self.subject())).help(help));
    }

    /// Notes a diagnostic at its place.
    pub(crate) fn note(&self, diagnostic: Diagnostic) {
        self.source().add(self.place, diagnostic);
    }

    /// Notes that `text` will not do; `what` completes the sentence. A web address with a login is not repeated.
    pub(crate) fn bad(&self, text: &str, what: impl Display, help: impl Into<String>) {
        if text.contains("://") && text.contains('@') {
            return self.error("bad-value", what, help);
        }
        self.error("bad-value", format_args!("{} {what}", shown(text)), help);
    }

    fn wrong_type(&self, value: &DeValue<'_>, expected: &str) {
        self.error("wrong-type", format_args!("is {}, not {expected}", kind(value)), self.like_this());
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        match self.given {
            Given::Plain(text) => Some(text),
            Given::Toml(value) => match value.get_ref() {
                DeValue::String(text) => Some(text),
                other => {
                    self.wrong_type(other, "text in quotes");
                    None
                }
            },
        }
    }

    /// Text that `T` takes; its error completes the sentence.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self) -> Option<T> {
        let text = self.text()?;
        text.parse().map_err(|error| self.bad_text::<T>(text, error)).ok()
    }

    /// Notes that `text` is no `T`; if that is because of spaces round it or characters that cannot be seen, says so.
    fn bad_text<T: FromStr<Err: Display>>(&self, text: &str, error: T::Err) {
        let clean: String = text.chars().filter(|c| !is_odd_space(*c) && !c.is_control()).collect();
        let clean = clean.trim();
        if clean == text || clean.parse::<T>().is_err() {
            return self.bad(text, error, self.like_this());
        }
        let what = "has a space or an invisible character before, after or within it";
        let example = format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""));
        self.bad(text, what, self.write(&example));
    }

    /// One of the words of `T`.
    pub(crate) fn word<T: FromStr<Err = WordError>>(&self) -> Option<T> {
        let text = self.text()?;
        text.parse().map_err(|error: WordError| self.bad_word(text, &error.expected)).ok()
    }

    /// Notes that `text` is none of `options`.
    pub(crate) fn bad_word(&self, text: &str, options: &[&str]) {
        if let [only] = options {
            return self.bad(text, "is not known", format!("only “{only}” can be used so far"));
        }
        self.bad(text, format_args!("is not one of: {}", options.join(", ")), did_you_mean(text, options));
    }

    /// One line of text: not empty, not too long, no control characters.
    pub(crate) fn line(&self) -> Option<String> {
        let text = self.text()?;
        match check_line(text) {
            Ok(()) => Some(text.trim().to_owned()),
            Err(error) => {
                let (what, help) = self.wrong_line(text, error);
                self.error("bad-value", what, help);
                None
            }
        }
    }

    /// What is wrong with text that must be one line, and how it could be written.
    fn wrong_line(&self, text: &str, error: TextError) -> (String, String) {
        let joint = joint(self.form);
        let one_line = one_line(joint, text).replace('\t', " ");
        let is_usable = check_line(&one_line).is_ok() && !one_line.contains(['"', '\\']);
        let help = if is_usable { self.write(&format!("\"{one_line}\"")) } else { self.like_this() };
        match error {
            TextError::Control(0x0A | 0x0D) if joint != " " => {
                ("must be one line: put commas between its parts".to_owned(), help)
            }
            TextError::Control(0x0A | 0x0D) => {
                ("contains a control character (a line break): it must be one line".to_owned(), help)
            }
            TextError::Control(0x09) => ("contains a tab: put a space in its place".to_owned(), help),
            _ => (error.to_string(), self.like_this()),
        }
    }

    /// A whole number of the range that the table of keys says.
    pub(crate) fn whole<N: TryFrom<i64>>(&self) -> Option<N> {
        let Form::Whole { least, most } = self.form else {
            unreachable!("{} is a number in the table of keys", self.key.name)
        };
        let number = match self.given {
            Given::Plain(text) => text.trim().parse::<i64>().ok(),
            Given::Toml(value) => match value.get_ref() {
                DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
                other => {
                    self.wrong_type(other, "a whole number without quotes");
                    return None;
                }
            },
        };
        let number = number.filter(|number| (least..=most).contains(&number));
        if number.is_none() {
            let what = format!("must be a whole number from {least} to {most}");
            self.error(self.source().dialect().range_code, what, self.like_this());
        }
        number.and_then(|number| N::try_from(number).ok())
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        match self.given {
            Given::Plain(text) => text.trim().parse().ok(),
            Given::Toml(value) => match value.get_ref() {
                DeValue::Boolean(flag) => Some(*flag),
                other => {
                    self.wrong_type(other, "true or false without quotes");
                    None
                }
            },
        }
    }

    pub(crate) fn date(&self) -> Option<NaiveDate> {
        let date = match self.given {
            Given::Plain(text) => NaiveDate::from_str(text.trim()).ok(),
            Given::Toml(value) => match value.get_ref() {
                DeValue::Datetime(found) => found.date.filter(|_| found.time.is_none()).and_then(|date| {
                    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
                }),
                _ => None,
            },
        };
        if date.is_none() {
            self.bad_moment("a date", "year-month-day", |found| found.date.map(|d| d.to_string()), date_to_write);
        }
        date
    }

    /// A local time; seconds may be left out.
    pub(crate) fn time(&self) -> Option<NaiveTime> {
        let time = match self.given {
            Given::Plain(text) => {
                ["%H:%M:%S", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text.trim(), form).ok())
            }
            Given::Toml(value) => match value.get_ref() {
                DeValue::Datetime(found) => found.time.filter(|_| found.date.is_none()).and_then(|time| {
                    let second = time.second.unwrap_or(0);
                    NaiveTime::from_hms_opt(u32::from(time.hour), u32::from(time.minute), u32::from(second))
                }),
                _ => None,
            },
        };
        if time.is_none() {
            let (what, form) = ("a time of day", "hours:minutes:seconds");
            self.bad_moment(what, form, |found| found.time.map(|time| time.to_string()), time_to_write);
        }
        time
    }

    pub(crate) fn length(&self) -> Option<TimeDelta> {
        let text = self.text()?;
        length(text).map_err(|error| self.bad(text, error, self.like_this())).ok()
    }

    /// Notes that this is not `what`, which is written as `form`, and how it was probably meant.
    fn bad_moment(
        &self,
        what: &str,
        form: &str,
        part: impl Fn(&toml::value::Datetime) -> Option<String>,
        to_write: impl Fn(&str) -> Option<String>,
    ) {
        let value = self.in_file().map(Spanned::get_ref);
        let text = self.as_written();
        let meant = if let Some(DeValue::Datetime(found)) = value { part(found) } else { to_write(text) };
        let help = meant.map_or_else(|| self.like_this(), |meant| self.write(&meant));
        let what = match (value, text) {
            (None, text) => format!("{} is not {what} ({form})", shown(text)),
            (_, "") => format!("is not {what} ({form})"),
            (Some(DeValue::String(_)), text) => format!("{} must be written as {form}, without quotes", shown(text)),
            (_, text) => format!("{} must be written as {form}", shown(text)),
        };
        self.error("wrong-type", what, help);
    }

    /// Text or a number as it stands in the file; empty for anything else.
    fn as_written(&self) -> &'a str {
        match self.given {
            Given::Plain(text) => text,
            Given::Toml(value) => match value.get_ref() {
                DeValue::String(text) => text,
                DeValue::Integer(number) => number.as_str(),
                DeValue::Float(number) => number.as_str(),
                _ => "",
            },
        }
    }

    /// The elements of a list, each with its own place; a single value where one may stand for a list.
    pub(crate) fn list(&self) -> Option<Vec<Self>> {
        let (Form::List { of: form, .. } | Form::OneOrMore(form)) = self.form else {
            unreachable!("{} is a list in the table of keys", self.key.name)
        };
        match (self.in_file().map(Spanned::get_ref), self.form) {
            (Some(DeValue::Array(list)), _) => {
                let element = |value| Self { form, ..Self::of_toml(self.document, self.table, self.key, value) };
                Some(list.iter().map(element).collect())
            }
            (_, Form::OneOrMore(_)) => Some(vec![Self { form, ..*self }]),
            (Some(other), _) => {
                self.wrong_type(other, "a list in square brackets");
                None
            }
            (None, _) => None,
        }
    }
}

/// The help for a word that is unknown, below a message that lists those that are known.
pub(crate) fn did_you_mean(word: &str, options: &[&str]) -> String {
    match nearest(word, options.iter().copied()) {
        Some(option) => format!("did you mean “{option}”?"),
        None => "choose one of those".to_owned(),
    }
}

/// What a TOML value is, in plain words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a decimal point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table of its own",
    }
}
