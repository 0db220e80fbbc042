//! The values under one heading, as the table of keys describes them: read from TOML or from a form, shown in a form, written to TOML.

use toml_edit::{Array, ArrayOfTables, Datetime, Item, Table as Toml, TableLike, Value};

use super::words::{choice, ticks};
use crate::domain::text::NAME_LIMIT;
use crate::domain::writing::form::{FieldGroup, Filled, FormField, FormWords, Input};
use crate::toml_form::{Form, Key, Presence, Table};

/// A text of more characters than this is a passage.
const SENTENCES_LIMIT: usize = 1_000;

/// One value for each key of the table, in its order.
#[derive(Debug, Clone)]
pub(super) struct Group {
    table: &'static Table,
    entries: Vec<Entry>,
}

/// Two of one table.
impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

/// A key's value; empty where the key is left out.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Text(String),
    Lines(Vec<String>),
    Flag(bool),
    Group(Group),
    Groups(Vec<Group>),
}

impl Group {
    /// Nothing filled in.
    pub(super) fn empty(table: &'static Table) -> Self {
        Self { table, entries: table.keys.iter().map(|key| Entry::empty(&key.form)).collect() }
    }

    /// What the file says. `None` where something is written in a way that no form shows.
    pub(super) fn of_toml(table: &'static Table, toml: &dyn TableLike) -> Option<Self> {
        let entry = |key: &Key| match toml.get(key.name) {
            None => Some(Entry::empty(&key.form)),
            Some(item) => Entry::of_toml(&key.form, item),
        };
        Some(Self { table, entries: table.keys.iter().map(entry).collect::<Option<_>>()? })
    }

    /// What someone filled in; `prefix` stands before the names of its fields.
    pub(super) fn of_form(table: &'static Table, prefix: &str, filled: &Filled) -> Self {
        let entry = |key: &Key| Entry::of_form(&key.form, &format!("{prefix}{}", key.name), filled);
        Self { table, entries: table.keys.iter().map(entry).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.iter().all(Entry::is_empty)
    }

    /// The text of a key; empty when it is left out, or is no text.
    pub(super) fn text(&self, name: &str) -> &str {
        match self.entry(name) {
            Some(Entry::Text(text)) => text,
            _ => "",
        }
    }

    pub(super) fn set_text(&mut self, name: &str, text: &str) {
        if let Some(at) = self.table.keys.iter().position(|key| key.name == name) {
            self.entries[at] = match self.table.keys[at].form {
                Form::List { .. } => Entry::Lines(vec![text.to_owned()]),
                _ => Entry::Text(text.to_owned()),
            };
        }
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        let at = self.table.keys.iter().position(|key| key.name == name)?;
        self.entries.get(at)
    }

    /// Takes out texts that only say what is to be written.
    pub(super) fn clear(&mut self, is_placeholder: impl Fn(&str) -> bool) {
        for entry in &mut self.entries {
            if let Entry::Text(text) = entry
                && is_placeholder(text)
            {
                text.clear();
            }
        }
    }

    /// With an example wherever something must stand and doesn't: so what there is can be looked at.
    pub(super) fn with_examples(&self) -> Self {
        let mut group = self.clone();
        for (key, entry) in self.table.keys.iter().zip(&mut group.entries) {
            match entry {
                _ if key.presence != Presence::Required || !entry.is_empty() => {}
                Entry::Text(text) => key.example.clone_into(text),
                Entry::Lines(lines) => *lines = vec![key.example.trim_matches(['[', ']', '"']).to_owned()],
                _ => {}
            }
        }
        group
    }

    /// Writes into `toml` what differs from what stands there; the rest of it stays as it is written, with its comments.
    pub(super) fn write(&self, toml: &mut dyn TableLike) {
        for (key, entry) in self.table.keys.iter().zip(&self.entries) {
            let before = toml.get(key.name).and_then(|item| Entry::of_toml(&key.form, item));
            let is_same = before.as_ref() == Some(entry);
            let is_left_out = toml.get(key.name).is_none() && entry.is_empty();
            if !is_same && !is_left_out {
                entry.write(key, toml);
            }
        }
    }

    /// Its fields: those of its own first, then those of the tables in it.
    pub(super) fn fields(&self, prefix: &str, words: &FormWords) -> Vec<FieldGroup> {
        let mut own = FieldGroup { is_empty: self.is_empty(), ..FieldGroup::default() };
        let mut others = Vec::new();
        for (key, entry) in self.table.keys.iter().zip(&self.entries) {
            let name = format!("{prefix}{}", key.name);
            match entry {
                Entry::Group(group) => others.push(group.titled(key, key.label.to_owned(), &format!("{name}."), words)),
                Entry::Groups(groups) => {
                    let one_more = Self::empty(inner(key));
                    for (at, group) in groups.iter().chain([&one_more]).enumerate() {
                        let title = if at == 0 { key.label.to_owned() } else { format!("{}: another", key.label) };
                        others.push(group.titled(key, title, &format!("{name}.{at}."), words));
                    }
                }
                entry => own.fields.push(entry.field(key, name, words)),
            }
        }
        [own].into_iter().chain(others).collect()
    }

    fn titled(&self, key: &Key, title: String, prefix: &str, words: &FormWords) -> FieldGroup {
        let fields = self.fields(prefix, words).into_iter().flat_map(|group| group.fields);
        let may_be_empty = |field| FormField { is_required: false, ..field };
        FieldGroup { title, hint: key.about, fields: fields.map(may_be_empty).collect(), is_empty: self.is_empty() }
    }
}

/// The table that stands below a key.
fn inner(key: &Key) -> &'static Table {
    key.table().unwrap_or_else(|| unreachable!("in the table of keys, {} is a table", key.name))
}

impl Entry {
    fn empty(form: &Form) -> Self {
        match form {
            Form::Flag => Self::Flag(false),
            Form::List { .. } | Form::OneOrMore(_) => Self::Lines(Vec::new()),
            Form::Table(table) => Self::Group(Group::empty(table)),
            Form::Tables { .. } => Self::Groups(Vec::new()),
            _ => Self::Text(String::new()),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Lines(lines) => lines.is_empty(),
            Self::Flag(is_set) => !is_set,
            Self::Group(group) => group.is_empty(),
            Self::Groups(groups) => groups.iter().all(Group::is_empty),
        }
    }

    fn of_toml(form: &Form, item: &Item) -> Option<Self> {
        Some(match form {
            Form::Flag => Self::Flag(item.as_bool()?),
            Form::List { .. } | Form::OneOrMore(_) => {
                let lines = item.as_array()?.iter().map(|one| one.as_str().map(|text| text.trim().to_owned()));
                Self::Lines(lines.collect::<Option<_>>()?)
            }
            Form::Table(table) => Self::Group(Group::of_toml(table, item.as_table_like()?)?),
            Form::Tables { of, .. } => {
                let groups = item.as_array_of_tables()?.iter().map(|one| Group::of_toml(of, one));
                Self::Groups(groups.collect::<Option<_>>()?)
            }
            form => Self::Text(match item.as_value()? {
                Value::String(text) => tidied(form, text.value()),
                Value::Integer(number) => number.value().to_string(),
                Value::Datetime(date) => date.value().to_string(),
                _ => return None,
            }),
        })
    }

    fn of_form(form: &Form, name: &str, filled: &Filled) -> Self {
        match form {
            Form::Flag => Self::Flag(filled.has(name)),
            Form::List { .. } | Form::OneOrMore(_) => {
                let values: Vec<String> = filled.values(name).collect();
                let lines = values.iter().flat_map(|value| value.lines()).map(|line| line.trim().to_owned());
                Self::Lines(lines.filter(|line| !line.is_empty()).collect())
            }
            Form::Table(table) => Self::Group(Group::of_form(table, &format!("{name}."), filled)),
            Form::Tables { of, .. } => {
                let group = |at: usize| Group::of_form(of, &format!("{name}.{at}."), filled);
                Self::Groups((0..filled.groups(name)).map(group).filter(|group| !group.is_empty()).collect())
            }
            form => Self::Text(tidied(form, &filled.value(name))),
        }
    }

    fn write(&self, key: &Key, toml: &mut dyn TableLike) {
        match self {
            entry if entry.is_empty() && !matches!(entry, Self::Flag(_)) => {
                toml.remove(key.name);
            }
            Self::Text(text) => put(toml, key.name, value(&key.form, text)),
            Self::Lines(lines) => put(toml, key.name, lines.iter().map(String::as_str).collect::<Array>().into()),
            Self::Flag(is_set) => put(toml, key.name, (*is_set).into()),
            Self::Group(group) => {
                if toml.get(key.name).is_none_or(|item| item.as_table_like().is_none()) {
                    toml.insert(key.name, Item::Table(Toml::new()));
                }
                toml.get_mut(key.name)
                    .and_then(Item::as_table_like_mut)
                    .into_iter()
                    .for_each(|inner| group.write(inner));
            }
            Self::Groups(groups) => {
                let mut list = match toml.get(key.name) {
                    Some(Item::ArrayOfTables(list)) => list.clone(),
                    _ => ArrayOfTables::new(),
                };
                while list.len() > groups.len() {
                    list.remove(list.len() - 1);
                }
                for (at, group) in groups.iter().enumerate() {
                    if at == list.len() {
                        list.push(Toml::new());
                    }
                    list.get_mut(at).into_iter().for_each(|inner| group.write(inner));
                }
                toml.insert(key.name, Item::ArrayOfTables(list));
            }
        }
    }

    fn field(&self, key: &Key, name: String, words: &FormWords) -> FormField {
        let input = match (self, &key.form) {
            (Self::Flag(is_set), _) => Input::Flag(*is_set),
            (Self::Lines(lines), _) => ticks(words, key.name, lines).unwrap_or_else(|| Input::Lines(lines.join("\n"))),
            (Self::Text(text), Form::Whole { least, most }) => {
                Input::Number { least: *least, most: *most, value: text.clone() }
            }
            (Self::Text(text), Form::Date) => Input::Date(text.clone()),
            (Self::Text(text), form) => choice(key.name, text).unwrap_or_else(|| written(form, text)),
            (Self::Group(_) | Self::Groups(_), _) => Input::Line(String::new()),
        };
        let is_required = key.presence == Presence::Required;
        FormField { name, label: key.label.to_owned(), hint: key.about, is_required, input }
    }
}

/// How a text is written: in a line, in a few sentences, or as a passage.
fn written(form: &Form, text: &str) -> Input {
    match form {
        Form::Text { limit: Some(limit), .. } if *limit > SENTENCES_LIMIT => Input::Passage(text.to_owned()),
        Form::Text { limit: Some(limit), .. } if *limit > NAME_LIMIT => Input::Sentences(text.to_owned()),
        _ => Input::Line(text.to_owned()),
    }
}

/// A passage keeps its lines, anything else is one line.
fn tidied(form: &Form, text: &str) -> String {
    if matches!(written(form, ""), Input::Passage(_)) {
        return text.trim().replace("\r\n", "\n");
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What isn't the number or the day that it should be is written as text: whoever checks it says what is wrong.
fn value(form: &Form, text: &str) -> Value {
    match form {
        Form::Whole { .. } => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Form::Date => text.parse::<Datetime>().map_or_else(|_| text.into(), Value::from),
        _ if text.contains('\n') => passage(text),
        _ => text.into(),
    }
}

/// A text over several lines, as people write one.
fn passage(text: &str) -> Value {
    let inside = text.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    format!("\"\"\"\n{inside}\n\"\"\"").parse().unwrap_or_else(|_| text.into())
}

/// Puts a value in the place of the one before, with the comment beside it.
fn put(toml: &mut dyn TableLike, name: &str, mut value: Value) {
    if let Some(old) = toml.get_mut(name).and_then(Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    } else {
        toml.insert(name, Item::Value(value));
    }
}
