//! A value as it was written, in the file or the environment, and its reading as text, number, date or time.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime};
use toml::de::{DeArray, DeValue};

use super::file::is_world_readable;
use super::findings::{Findings, Place, did_you_mean, shown};
use super::keys::{Key, Table};
use super::reading;
use super::slips::is_odd_space;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::WordError;
use crate::domain::text::{TextError, check_line};

/// What was written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    /// A TOML value.
    Toml(&'a DeValue<'a>),
    /// The text of an environment variable.
    Plain(&'a str),
}

/// A value, the key that it was given to, and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) table: &'static Table,
    pub(super) key: &'static Key,
    pub(super) value: Value<'a>,
    pub(super) place: Place<'a>,
}

impl<'a> Raw<'a> {
    /// How messages name it.
    pub(super) fn subject(&self) -> String {
        match self.place {
            Place::Variable(name) => name.to_owned(),
            Place::File | Place::At(_) => self.table.path(self.key.name),
        }
    }

    /// The help that shows how to write it.
    pub(super) fn like_this(&self) -> String {
        match self.place {
            Place::Variable(name) => format!("write it like this: {name}={}", self.key.example.trim_matches('"')),
            Place::File | Place::At(_) => format!("write it like this: {} = {}", self.key.name, self.key.example),
        }
    }

    /// The help that shows `value` (as it stands in the file) for this key.
    pub(super) fn write(&self, value: &str) -> String {
        match self.place {
            Place::Variable(name) => format!("write {name}={}", value.trim_matches('"')),
            Place::File | Place::At(_) => format!("write {} = {value}", self.key.name),
        }
    }

    /// Notes an error about it; `what` completes the sentence that begins with its name.
    pub(super) fn error(&self, f: &mut Findings<'_>, code: &'static str, what: impl Display, help: impl Into<String>) {
        f.add(self.place, Diagnostic::error(code, format!("{} {what}", self.subject())).help(help));
    }

    /// Notes that `text` will not do; `what` completes the sentence. A web address with a login is not repeated.
    pub(super) fn bad(&self, f: &mut Findings<'_>, text: &str, what: impl Display, help: impl Into<String>) {
        if text.contains("://") && text.contains('@') {
            return self.error(f, "bad-value", what, help);
        }
        self.error(f, "bad-value", format_args!("{} {what}", shown(text)), help);
    }

    /// Warns when every user of the machine may read the secret that this key names.
    pub(super) fn warn_if_world_readable(&self, f: &mut Findings<'_>, path: &Path) {
        if is_world_readable(path) {
            let shown = path.display();
            let what = format!("{} {shown} can be read by every user of this machine", self.subject());
            f.add(self.place, Diagnostic::warning("secret-readable", what).help(format!("run: chmod 600 {shown}")));
        }
    }

    fn wrong_type(&self, f: &mut Findings<'_>, value: &DeValue<'_>, expected: &str) {
        self.error(f, "wrong-type", format_args!("is {}, not {expected}", kind(value)), self.like_this());
    }

    /// Text.
    pub(super) fn text(&self, f: &mut Findings<'_>) -> Option<&'a str> {
        match self.value {
            Value::Plain(text) => Some(text),
            Value::Toml(DeValue::String(text)) => Some(text),
            Value::Toml(other) => {
                self.wrong_type(f, other, "text in quotes");
                None
            }
        }
    }

    /// Text that `T` takes; its error completes the sentence.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, f: &mut Findings<'_>) -> Option<T> {
        let text = self.text(f)?;
        text.parse().map_err(|error| self.bad_text::<T>(f, text, error)).ok()
    }

    /// Notes that `text` is no `T`; if that is because of spaces round it or characters that cannot be seen, says so.
    fn bad_text<T: FromStr<Err: Display>>(&self, f: &mut Findings<'_>, text: &str, error: T::Err) {
        let clean: String = text.chars().filter(|c| !is_odd_space(*c) && !c.is_control()).collect();
        let clean = clean.trim();
        if clean == text || clean.parse::<T>().is_err() {
            return self.bad(f, text, error, self.like_this());
        }
        let what = "has a space or an invisible character before, after or within it";
        let example = format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""));
        self.bad(f, text, what, self.write(&example));
    }

    /// One of the words of `T`.
    pub(super) fn word<T: FromStr<Err = WordError>>(&self, f: &mut Findings<'_>) -> Option<T> {
        let text = self.text(f)?;
        text.parse().map_err(|error: WordError| self.bad_word(f, text, &error.expected)).ok()
    }

    /// Notes that `text` is none of `options`.
    pub(super) fn bad_word(&self, f: &mut Findings<'_>, text: &str, options: &[&str]) {
        if let [only] = options {
            return self.bad(f, text, "is not known", format!("only “{only}” can be used so far"));
        }
        self.bad(f, text, format_args!("is not one of: {}", options.join(", ")), did_you_mean(text, options));
    }

    /// One line of text: not empty, not too long, no control characters.
    pub(super) fn line(&self, f: &mut Findings<'_>) -> Option<String> {
        let text = self.text(f)?;
        match check_line(text) {
            Ok(()) => Some(text.trim().to_owned()),
            Err(error) => {
                let (what, help) = self.wrong_line(text, error);
                self.error(f, "bad-value", what, help);
                None
            }
        }
    }

    /// What is wrong with text that must be one line, and how it could be written.
    fn wrong_line(&self, text: &str, error: TextError) -> (String, String) {
        let one_line = reading::one_line(self.key.name, text).replace('\t', " ");
        let is_usable = check_line(&one_line).is_ok() && !one_line.contains(['"', '\\']);
        let help = if is_usable { self.write(&format!("\"{one_line}\"")) } else { self.like_this() };
        match error {
            TextError::Control(0x0A | 0x0D) if self.key.name == "postal_address" => {
                ("must be one line: put commas between its parts".to_owned(), help)
            }
            TextError::Control(0x0A | 0x0D) => {
                ("contains a control character (a line break): it must be one line".to_owned(), help)
            }
            TextError::Control(0x09) => ("contains a tab: put a space in its place".to_owned(), help),
            _ => (error.to_string(), self.like_this()),
        }
    }

    /// A whole number within `range`.
    pub(super) fn whole<N>(&self, f: &mut Findings<'_>, range: RangeInclusive<N>) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        let number = match self.value {
            Value::Plain(text) => text.trim().parse::<i64>().ok(),
            Value::Toml(DeValue::Integer(number)) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            Value::Toml(other) => {
                self.wrong_type(f, other, "a whole number without quotes");
                return None;
            }
        };
        let fits = number.and_then(|number| N::try_from(number).ok()).filter(|number| range.contains(number));
        if fits.is_none() {
            let what = format!("must be a whole number from {} to {}", range.start(), range.end());
            self.error(f, "bad-value", what, self.like_this());
        }
        fits
    }

    /// A local date.
    pub(super) fn date(&self, f: &mut Findings<'_>) -> Option<NaiveDate> {
        let date = match self.value {
            Value::Plain(text) => NaiveDate::from_str(text.trim()).ok(),
            Value::Toml(DeValue::Datetime(found)) => found.date.filter(|_| found.time.is_none()).and_then(|date| {
                NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
            }),
            Value::Toml(_) => None,
        };
        if date.is_none() {
            self.bad_date(f);
        }
        date
    }

    /// A local time; seconds may be left out.
    pub(super) fn time(&self, f: &mut Findings<'_>) -> Option<NaiveTime> {
        let time = match self.value {
            Value::Plain(text) => {
                ["%H:%M:%S", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text.trim(), form).ok())
            }
            Value::Toml(DeValue::Datetime(found)) => found.time.filter(|_| found.date.is_none()).and_then(|time| {
                let second = time.second.unwrap_or(0);
                NaiveTime::from_hms_opt(u32::from(time.hour), u32::from(time.minute), u32::from(second))
            }),
            Value::Toml(_) => None,
        };
        if time.is_none() {
            self.bad_time(f);
        }
        time
    }

    fn bad_date(&self, f: &mut Findings<'_>) {
        let meant = match self.value {
            Value::Toml(DeValue::Datetime(found)) => found.date.map(|date| date.to_string()),
            _ => reading::date_to_write(self.as_written()),
        };
        let help = meant.map_or_else(|| self.like_this(), |date| self.write(&date));
        self.error(f, "wrong-type", self.wrong_form("a date", "year-month-day"), help);
    }

    fn bad_time(&self, f: &mut Findings<'_>) {
        let meant = match self.value {
            Value::Toml(DeValue::Datetime(found)) => found.time.map(|time| time.to_string()),
            _ => reading::time_to_write(self.as_written()),
        };
        let help = meant.map_or_else(|| self.like_this(), |time| self.write(&time));
        self.error(f, "wrong-type", self.wrong_form("a time of day", "hours:minutes:seconds"), help);
    }

    /// What is wrong with a date or time of day, as the end of a sentence.
    fn wrong_form(&self, what: &str, form: &str) -> String {
        match (self.value, self.as_written()) {
            (Value::Plain(_), text) => format!("{} is not {what} ({form})", shown(text)),
            (_, "") => format!("is not {what} ({form})"),
            (Value::Toml(DeValue::String(_)), text) => {
                format!("{} must be written as {form}, without quotes", shown(text))
            }
            (_, text) => format!("{} must be written as {form}", shown(text)),
        }
    }

    /// Text or a number as it stands in the file; empty for anything else.
    fn as_written(&self) -> &'a str {
        match self.value {
            Value::Plain(text) => text,
            Value::Toml(DeValue::String(text)) => text,
            Value::Toml(DeValue::Integer(number)) => number.as_str(),
            Value::Toml(DeValue::Float(number)) => number.as_str(),
            Value::Toml(_) => "",
        }
    }

    /// The elements of a list, each with its own place.
    pub(super) fn list(&self, f: &mut Findings<'_>) -> Option<Vec<Raw<'a>>> {
        match self.value {
            Value::Toml(DeValue::Array(list)) => Some(self.elements(list)),
            Value::Toml(other) => {
                self.wrong_type(f, other, "a list in square brackets");
                None
            }
            Value::Plain(_) => None,
        }
    }

    fn elements(&self, list: &'a DeArray<'a>) -> Vec<Raw<'a>> {
        let element = |value: &'a toml::Spanned<DeValue<'a>>| Raw {
            value: Value::Toml(value.get_ref()),
            place: Place::At(value.span().start),
            ..*self
        };
        list.iter().map(element).collect()
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
