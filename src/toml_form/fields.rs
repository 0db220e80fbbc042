//! The values under one heading, with the overrides on top; keys that nobody knows are reported here.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, Entry, Misplaced, is_lost};
use super::hints;
use super::source::{Place, SourceFile, shown};
use super::table::{Key, Presence, Table};
use super::value::{Given, Value, kind};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::lists::listed;
use crate::domain::text::suggest::nearest;

/// The values under one heading, by key.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    document: &'a Document<'a>,
    table: &'static Table,
    place: Place<'a>,
    values: Vec<Value<'a>>,
    /// Keys that an unknown one was probably meant for: they are not reported as missing, too.
    meant: Vec<&'static str>,
    /// Why the whole section is missing was said already.
    is_explained: bool,
    /// At the top: the keys of sections without their heading.
    misplaced: Vec<Misplaced<'a>>,
}

impl<'a> Fields<'a> {
    /// What stands at the top of the document. Missing headings and unknown keys are noted.
    pub(crate) fn top(document: &'a Document<'a>) -> Self {
        let misplaced = document.misplaced();
        let place = if document.root.is_of_sections() { Place::File } else { Place::At(0) };
        Self { misplaced, ..Self::of_table(document, document.root, &document.table, place) }
    }

    /// A section at the top: what stands in the file (if only without its heading), with the overrides on top.
    pub(crate) fn section(&self, name: &str) -> Self {
        let table = self.inner(name);
        let misplaced = self.misplaced.iter().find(|misplaced| misplaced.table.heading == table.heading);
        let mut fields = match (self.document.get(name), misplaced) {
            (Some(value), _) => {
                let place = Place::At(self.document.at(&value.span()));
                self.section_of(table, value).unwrap_or_else(|| self.empty(table, place))
            }
            (None, Some(misplaced)) => {
                let place = Place::At(self.document.start(misplaced));
                let values = misplaced.keys.iter().filter_map(|(name, value)| {
                    Some(Value::of_toml(self.document, table, table.key(name.get_ref())?, value))
                });
                Self { values: values.collect(), ..self.empty(table, place) }
            }
            (None, None) => Self { is_explained: self.document.is_misspelt(table), ..self.empty(table, Place::File) },
        };
        fields.put_overrides_on_top();
        if matches!(fields.place, Place::File) && !fields.is_explained {
            fields.explain_missing();
        }
        fields
    }

    /// A section within this one, if the file or an override has something of it.
    pub(crate) fn subsection(&self, name: &str) -> Option<Self> {
        let table = self.inner(name);
        let in_file = self.value_in_file(name).map(|value| self.section_of(table, value));
        let is_overridden = || self.document.overrides.iter().any(|over| over.table.heading == table.heading);
        let elsewhere = || is_overridden().then(|| self.empty(table, Place::File));
        let mut fields = in_file.unwrap_or_else(elsewhere)?;
        fields.put_overrides_on_top();
        Some(fields)
    }

    fn put_overrides_on_top(&mut self) {
        let table = self.table;
        for over in self.document.overrides.iter().filter(|over| over.table.heading == table.heading) {
            self.values.retain(|value| value.key.name != over.key.name);
            let place = Place::Variable(&over.variable);
            self.values.push(Value::new(self.document, table, over.key, Given::Plain(&over.text), place));
        }
    }

    /// The table of this key, if it is there.
    pub(crate) fn table(&self, name: &str) -> Option<Self> {
        self.get(name)?;
        self.section_of(self.inner(name), self.value_in_file(name)?)
    }

    /// The entries of the list of tables of this key. `None` when it was left out.
    pub(crate) fn tables(&self, name: &str) -> Option<Vec<Self>> {
        let place = self.get(name)?.place;
        let (table, value) = (self.inner(name), self.value_in_file(name)?);
        let source = self.source();
        let DeValue::Array(list) = value.get_ref() else {
            let lines = match place {
                Place::At(offset) if value.get_ref().is_table() => vec![source.line(offset)],
                _ => Vec::new(),
            };
            source.add(place, hints::begins_with("wrong-type", table, &lines));
            return Some(Vec::new());
        };
        let mut all = Vec::with_capacity(list.len());
        for element in list {
            let place = Place::At(self.document.at(&element.span()));
            if let DeValue::Table(found) = element.get_ref() {
                all.push(Self::of_table(self.document, table, found, place));
            } else {
                let what = format!("this entry is {}, not a table of keys", kind(element.get_ref()));
                let help = format!("write {} and the keys of the entry below it", table.heading);
                source.add(place, Diagnostic::error("wrong-type", what).help(help));
            }
        }
        Some(all)
    }

    /// The file, for checks of its own.
    pub(crate) fn source(&self) -> &'a SourceFile {
        self.document.source
    }

    /// The line of the heading, from 1.
    pub(crate) fn line(&self) -> usize {
        if let Place::At(offset) = self.place { self.source().line(offset) } else { 1 }
    }

    /// What was written for this key. If it must be there and is not, that is noted.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        let found = self.values.iter().copied().find(|value| value.key.name == name);
        let key = self.key(name);
        if found.is_none() && key.presence == Presence::Required && !self.is_explained && !self.meant.contains(&name) {
            let help = match self.table.heading {
                "" => format!("add a line such as {name} = {}", key.example_in_file()),
                heading => format!("add below {heading}: {name} = {}", key.example_in_file()),
            };
            self.missing(&format!("{} is missing", self.source().subject(self.table, name)), help);
        }
        found
    }

    /// Whether something was written for this key. If not, nothing is noted.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.iter().any(|value| value.key.name == name)
    }

    /// What `read` makes of the value of this key; `None` when it was left out, too.
    pub(crate) fn read<T>(&self, name: &str, read: impl FnOnce(&Value<'a>) -> Option<T>) -> Option<T> {
        read(&self.get(name)?)
    }

    /// What `read` makes of this key, or of its default when it was left out. When `read` fails it has noted why, and
    /// the default stands in so that the checks can go on.
    pub(crate) fn or_default<T>(&self, name: &str, read: impl Fn(&Value<'a>) -> Option<T>) -> T {
        if let Some(read) = self.get(name).and_then(|value| read(&value)) {
            return read;
        }
        let key = self.key(name);
        let Presence::Default(default) = key.presence else {
            unreachable!("{name} has a default in the table of keys")
        };
        let given = Given::Plain(default);
        let read = read(&Value::new(self.document, self.table, key, given, self.place));
        read.expect("a test reads every default")
    }

    /// Whether a secret stood here and was refused.
    pub(crate) fn has_refused_secret(&self) -> bool {
        self.meant.iter().any(|name| self.key(name).presence == Presence::Secret)
    }

    /// Notes that something must be added under this heading.
    pub(crate) fn missing(&self, what: &str, help: impl Into<String>) {
        self.note(Diagnostic::error("missing-key", what).help(help));
    }

    /// Notes a diagnostic at the heading.
    pub(crate) fn note(&self, diagnostic: Diagnostic) {
        self.source().add(self.place, diagnostic);
    }

    fn of_table(document: &'a Document<'a>, table: &'static Table, found: &'a DeTable<'a>, place: Place<'a>) -> Self {
        let mut fields = Self {
            document,
            table,
            place,
            values: Vec::with_capacity(found.len()),
            meant: Vec::new(),
            is_explained: false,
            misplaced: Vec::new(),
        };
        for entry in found.iter().filter(|(_, value)| !is_lost(value)) {
            match fields.usable_key(entry) {
                Ok(key) => fields.values.push(Value::of_toml(document, table, key, entry.1)),
                Err(meant) => fields.meant.extend(meant),
            }
        }
        fields
    }

    /// What stands below a heading; `None`, and a note, where the value of its name is no table.
    fn section_of(&self, table: &'static Table, value: &'a Spanned<DeValue<'a>>) -> Option<Self> {
        let place = Place::At(self.document.at(&value.span()));
        if let DeValue::Table(found) = value.get_ref() {
            return Some(Self::of_table(self.document, table, found, place));
        }
        let subject = self.source().subject(self.table, table.bare_heading());
        let what = format!("{subject} is {}, not a section with keys below it", kind(value.get_ref()));
        let help = format!("write {} on a line of its own", table.heading);
        self.source().add(place, Diagnostic::error("wrong-type", what).help(help));
        None
    }

    fn empty(&self, table: &'static Table, place: Place<'a>) -> Self {
        let (values, meant, misplaced) = (Vec::new(), Vec::new(), Vec::new());
        Self { document: self.document, table, place, values, meant, is_explained: false, misplaced }
    }

    fn key(&self, name: &str) -> &'static Key {
        self.table.key(name).unwrap_or_else(|| unreachable!("the table of keys has {} {name}", self.table.heading))
    }

    fn inner(&self, name: &str) -> &'static Table {
        let table = self.key(name).table();
        table.unwrap_or_else(|| unreachable!("in the table of keys, {name} is a table"))
    }

    fn value_in_file(&self, name: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.values.iter().find(|value| value.key.name == name).and_then(Value::in_file)
    }

    /// Notes once that the section is missing, if it must be there.
    fn explain_missing(&mut self) {
        let is_missing = |name: &&str| self.values.iter().all(|value| value.key.name != *name);
        let missing: Vec<&str> = self.table.required().filter(is_missing).collect();
        let Some(first) = missing.first().map(|name| self.key(name)) else { return };
        let heading = self.table.heading;
        let paths: Vec<String> = missing.iter().map(|name| self.table.path(name)).collect();
        let lines = if missing.len() == 1 { "and below it" } else { "and below it a line for each, such as" };
        let help =
            format!("write {heading} on a line of its own, {lines}: {} = {}", first.name, first.example_in_file());
        self.missing(&format!("the heading {heading} is missing, and below it {}", listed(&paths)), help);
        self.is_explained = true;
    }

    /// The key of this name, if it may be used here; else says why not, and returns the key that was probably meant.
    fn usable_key(&self, (name, value): Entry<'a>) -> Result<&'static Key, Option<&'static str>> {
        let at = self.document.at(&name.span());
        let name = name.get_ref().as_ref();
        if self.source().is_explained(at) {
            return Err(None);
        }
        let path = self.table.path(name);
        let known = self.table.key(name);
        let diagnostic = match known.map(|key| (key, key.presence)) {
            Some((_, Presence::NotYet)) => {
                let what = format!("{path} is not honoured by this version yet: remove it");
                Diagnostic::error("not-supported-yet", what)
            }
            Some((key, Presence::Secret)) => {
                let what = format!("{path} must not stand in this file, which others may read");
                let name = name.replace('_', " ");
                let help = format!(
                    "put the {name} alone into a file and name it: {}; then change the {name}, because it stood here",
                    key.example
                );
                Diagnostic::error("secret-in-file", what).help(help)
            }
            Some((key, _)) => return Ok(key),
            None => self.unknown(name, value.get_ref()),
        };
        self.source().add(Place::At(at), diagnostic);
        Err(known.map(|key| key.name).or_else(|| nearest(name, self.table.keys.iter().map(|key| key.name))))
    }

    fn unknown(&self, name: &str, value: &DeValue<'_>) -> Diagnostic {
        let table = self.table;
        let is_heading = value.is_table() || value.is_array();
        let home = self.document.root.home_of(name).filter(|_| !table.is_of_sections() || !is_heading);
        let near = nearest(name, table.offered());
        let called = if table.heading.is_empty() { table.noun } else { table.heading };
        let what = match (table.is_of_sections(), is_heading) {
            (true, true) => format!("is not a section of {called}"),
            (true, false) => "stands outside its section".to_owned(),
            _ => format!("is not a key of {called}"),
        };
        let help = match (home, near.and_then(|near| table.key(near))) {
            (Some(home), _) if home.heading.is_empty() => {
                "it belongs to the keys at the top: move it above the first line in [square brackets]".to_owned()
            }
            (Some(home), _) => format!("it belongs below {}: move it there", home.heading),
            (None, Some(key)) if table.is_of_sections() => format!("did you mean {}?", key.example),
            (None, Some(key)) => format!("did you mean “{}”?", key.name),
            (None, None) if table.is_of_sections() => {
                let headings: Vec<&str> = table.keys.iter().map(|key| key.example).collect();
                format!("the sections are: {}", headings.join(" "))
            }
            (None, None) => format!("remove it, or use one of: {}", table.offered().collect::<Vec<_>>().join(", ")),
        };
        Diagnostic::error("unknown-key", format!("{} {what}", shown(name))).help(help)
    }
}
