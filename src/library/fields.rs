//! A TOML table, key by key: each value checked, each slip noted with its place and an example.

use std::ops::RangeInclusive;
use std::rc::Rc;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::domain::text::NAME_LIMIT;

use super::page::Page;
use super::words;

/// The keys of one kind of table.
#[derive(Debug)]
pub(super) struct Kind {
    /// What a reader calls it: `an activity`.
    pub(super) what: &'static str,
    /// Each key with an example of its line.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// The table that this one stands in, if it does: its keys are easily written below it by mistake.
    pub(super) outer: Option<&'static Kind>,
}

impl Kind {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|(name, _)| *name)
    }

    fn example(&self, key: &str) -> &'static str {
        self.keys.iter().find(|(name, _)| *name == key).map_or("", |(_, example)| example)
    }
}

/// A value with the byte at which it begins in the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) offset: usize,
    pub(super) value: T,
}

/// What is left to read of a table.
#[derive(Debug)]
pub(super) struct Fields<'p> {
    page: &'p Page,
    base: usize,
    table: DeTable<'p>,
    kind: &'static Kind,
    /// Where a missing key is reported.
    place: usize,
    /// Lines with a syntax error. Where there are any, a missing key proves nothing.
    broken: Rc<[usize]>,
}

impl<'p> Fields<'p> {
    /// The table whose spans count from `base`.
    pub(super) fn new(
        page: &'p Page,
        base: usize,
        table: DeTable<'p>,
        kind: &'static Kind,
        broken: Rc<[usize]>,
    ) -> Self {
        Self { page, base, table, kind, place: 0, broken }
    }

    /// The page the table is in.
    pub(super) fn page(&self) -> &'p Page {
        self.page
    }

    /// Where the value of a key begins, if it is there and was not read yet.
    pub(super) fn place_of(&self, key: &'static str) -> Option<usize> {
        self.table.get(key).map(|value| self.offset(value))
    }

    /// A text of one line that must be there and not empty.
    pub(super) fn line(&mut self, key: &'static str) -> Option<String> {
        self.required_line(key).map(|at| at.value)
    }

    /// As [`Fields::line`], with its place.
    pub(super) fn required_line(&mut self, key: &'static str) -> Option<At<String>> {
        self.must_have(key).then(|| self.optional_line(key)).flatten()
    }

    /// A text of one line that may be left out, but not be empty.
    pub(super) fn optional_line(&mut self, key: &'static str) -> Option<At<String>> {
        let value = self.take(key)?;
        self.line_from(key, &value)
    }

    /// A list of one-line texts without repeats; `None` when left out, or when none of it could be read.
    pub(super) fn lines(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        let value = self.take(key)?;
        let items = self.array(key, value)?;
        let was_empty = items.is_empty();
        let mut lines: Vec<At<String>> = Vec::new();
        for item in items {
            let Some(line) = self.line_from(key, &item) else { continue };
            if lines.iter().any(|known| known.value == line.value) {
                let message = format!("“{key}” names “{}” twice", words::shown(&line.value));
                self.page.error(line.offset, "repeated-value", message, "take one of them out");
            } else {
                lines.push(line);
            }
        }
        (was_empty || !lines.is_empty()).then_some(lines)
    }

    /// As [`Fields::lines`], but the key must be there.
    pub(super) fn required_lines(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        self.must_have(key).then(|| self.lines(key)).flatten()
    }

    /// A bare date that must be there.
    pub(super) fn date(&mut self, key: &'static str) -> Option<At<NaiveDate>> {
        self.must_have(key).then(|| self.optional_date(key)).flatten()
    }

    /// A bare date that may be left out.
    pub(super) fn optional_date(&mut self, key: &'static str) -> Option<At<NaiveDate>> {
        let value = self.take(key)?;
        let offset = self.offset(&value);
        let DeValue::Datetime(moment) = value.get_ref() else {
            self.wrong(key, &value, "a date without quotes");
            return None;
        };
        let date = moment.date.filter(|_| moment.time.is_none() && moment.offset.is_none());
        let date = date.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()));
        if date.is_none() {
            self.wrong(key, &value, "a date without a time");
        }
        date.map(|value| At { offset, value })
    }

    /// A whole number within `range`, which must be there.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        self.must_have(key).then(|| self.optional_number(key, range)).flatten()
    }

    /// A whole number within `range` that may be left out.
    pub(super) fn optional_number(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.take(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong(key, &value, "a whole number without quotes");
            return None;
        };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| range.contains(n));
        if number.is_none() {
            let message = format!("“{key}” must be a whole number from {} to {}", range.start(), range.end());
            self.page.error(self.offset(&value), "out-of-range", message, self.such_as(key));
        }
        number
    }

    /// `true` or `false`; `false` when left out.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        let Some(value) = self.take(key) else { return false };
        if let DeValue::Boolean(flag) = value.get_ref() {
            return *flag;
        }
        self.wrong(key, &value, "true or false, without quotes");
        false
    }

    /// The table `key`, if it is there.
    pub(super) fn table(&mut self, key: &'static str, kind: &'static Kind) -> Option<Self> {
        let value = self.take(key)?;
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            self.wrong(key, &value, "lines of its own");
            return None;
        }
        self.inner(value, kind)
    }

    /// The tables `[[key]]`, in order. `None` when it is something else.
    pub(super) fn tables(&mut self, key: &'static str, kind: &'static Kind) -> Option<Vec<Self>> {
        let Some(value) = self.take(key) else { return Some(Vec::new()) };
        let offset = self.offset(&value);
        let items = match value.into_inner() {
            DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) => items,
            _ => {
                let message = format!("“{key}” must be lines of its own, below [[{key}]]");
                let help = format!("begin each one with a line [[{key}]], and write its keys below");
                self.page.error(offset, "wrong-type", message, help);
                return None;
            }
        };
        Some(items.into_iter().filter_map(|item| self.inner(item, kind)).collect())
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in &self.table {
            let name = words::shown(key.get_ref());
            let outer = self.kind.outer.is_some_and(|outer| outer.names().any(|valid| valid == name));
            let help = if outer {
                format!(
                    "it belongs to the keys at the top: move it above the first line in [ ] (here stand only {})",
                    { words::listed(&self.kind.names().collect::<Vec<_>>()) }
                )
            } else {
                let valid = format!("the keys here are {}", words::listed(&self.kind.names().collect::<Vec<_>>()));
                words::suggest(&name, self.kind.names(), &valid)
            };
            let message = format!("{} has no key “{name}”", self.kind.what);
            self.page.error(self.base + key.span().start, "unknown-key", message, help);
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'p>>> {
        debug_assert!(self.kind.names().any(|name| name == key), "{key} is listed in its kind");
        self.table.remove(key)
    }

    /// Notes the absence of a key.
    fn must_have(&self, key: &'static str) -> bool {
        let there = self.table.contains_key(key);
        if !there && self.broken.is_empty() {
            let message = format!("{} needs the key “{key}”", self.kind.what);
            let help = format!("add a line such as {}", self.kind.example(key));
            self.page.error(self.place, "missing-key", message, help);
        }
        there
    }

    fn line_from(&self, key: &'static str, value: &Spanned<DeValue<'p>>) -> Option<At<String>> {
        let offset = self.offset(value);
        let DeValue::String(text) = value.get_ref() else {
            self.wrong(key, value, "a text in straight quotes");
            return None;
        };
        let text = text.trim();
        if text.is_empty() {
            self.page.error(offset, "empty-value", format!("“{key}” is empty"), self.such_as(key));
            return None;
        }
        let limit = NAME_LIMIT.max(if LONG.contains(&key) { LONG_LIMIT } else { 0 });
        if text.chars().count() > limit {
            let message = format!("“{key}” is longer than {limit} characters");
            self.page.error(offset, "too-long", message, "say it in fewer words");
            return None;
        }
        words::check(self.page, |_| offset, &format!("“{key}”"), text).then(|| At { offset, value: text.to_owned() })
    }

    fn array(&self, key: &'static str, value: Spanned<DeValue<'p>>) -> Option<DeArray<'p>> {
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            self.wrong(key, &value, "a list in square brackets");
            return None;
        }
        match value.into_inner() {
            DeValue::Array(items) => Some(items),
            _ => None,
        }
    }

    fn inner(&self, value: Spanned<DeValue<'p>>, kind: &'static Kind) -> Option<Self> {
        let place = self.offset(&value);
        let DeValue::Table(table) = value.into_inner() else { return None };
        Some(Self { page: self.page, base: self.base, table, kind, place, broken: Rc::clone(&self.broken) })
    }

    fn offset(&self, value: &Spanned<DeValue<'p>>) -> usize {
        self.base + value.span().start
    }

    fn wrong(&self, key: &'static str, value: &Spanned<DeValue<'p>>, expected: &str) {
        let message = format!("“{key}” must be {expected}, not {}", kind_of(value.get_ref()));
        self.page.error(self.offset(value), "wrong-type", message, self.such_as(key));
    }

    fn such_as(&self, key: &'static str) -> String {
        format!("write it as in {}", self.kind.example(key))
    }
}

/// Keys that hold sentences, and the most characters they may have.
const LONG: [&str; 3] = ["summary", "intro", "what"];
const LONG_LIMIT: usize = 1_000;

/// What a value is, in words.
fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(date) if date.time.is_none() => "a date",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
