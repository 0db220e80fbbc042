//! The values under one heading, with the environment's on top; keys that nobody knows are reported here.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::brackets;
use super::environment::Environment;
use super::findings::{Findings, Place, shown};
use super::keys::{Key, TOP, Table, Usage, home_of};
use super::raw::{Raw, Value, kind};
use super::strays::{Stray, and};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::suggest::nearest;

/// The values under one heading, by key.
pub(super) struct Fields<'a> {
    table: &'static Table,
    place: Place<'a>,
    values: Vec<Raw<'a>>,
    /// Keys that an unknown one was probably meant for: they are not reported as missing, too.
    meant: Vec<&'static str>,
    /// Why the whole section is missing was said already.
    is_explained: bool,
}

impl<'a> Fields<'a> {
    /// A section: what stands in the file (if only without its heading), overridden by the environment.
    pub(super) fn section(
        f: &mut Findings<'_>,
        table: &'static Table,
        root: &'a DeTable<'a>,
        strays: &[Stray<'a>],
        environment: &'a Environment,
    ) -> Self {
        let stray = strays.iter().find(|stray| stray.table.name == table.name);
        let mut fields = match (root.get(table.name).filter(|value| !is_lost(value)), stray) {
            (Some(value), _) => Self::section_of(f, table, value),
            (None, Some(stray)) => Self::of_strays(stray),
            (None, None) => Self { is_explained: is_misspelt(table, root), ..Self::empty(table, Place::File) },
        };
        for (name, key, text) in environment.values(table) {
            fields.values.retain(|raw| raw.key.name != key.name);
            fields.values.push(Raw { table, key, value: Value::Plain(text), place: Place::Variable(name) });
        }
        if matches!(fields.place, Place::File) && !fields.is_explained {
            fields.explain_missing(f);
        }
        fields
    }

    fn of_strays(stray: &Stray<'a>) -> Self {
        let table = stray.table;
        let raw = |(name, value): &(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)| {
            let key = table.key(name.get_ref())?;
            Some(Raw { table, key, value: Value::Toml(value.get_ref()), place: Place::At(value.span().start) })
        };
        Self { values: stray.keys.iter().filter_map(raw).collect(), ..Self::empty(table, Place::At(stray.at())) }
    }

    /// Notes once that the section is missing, if it must be there.
    fn explain_missing(&mut self, f: &mut Findings<'_>) {
        let is_missing = |name: &&&str| self.values.iter().all(|raw| raw.key.name != **name);
        let missing: Vec<&str> = self.table.required().iter().filter(is_missing).copied().collect();
        let Some(first) = missing.first().and_then(|name| self.table.key(name)) else { return };
        let heading = self.table.heading;
        let paths: Vec<String> = missing.iter().map(|name| self.table.path(name)).collect();
        let what = and(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        let help = match missing.len() {
            1 => format!("write {heading} on a line of its own, and below it: {} = {}", first.name, first.example),
            _ => format!(
                "write {heading} on a line of its own, and below it a line for each, such as: {} = {}",
                first.name, first.example
            ),
        };
        self.missing(f, &format!("the heading {heading} is missing, and below it {what}"), help);
        self.is_explained = true;
    }

    fn section_of(f: &mut Findings<'_>, table: &'static Table, value: &'a Spanned<DeValue<'a>>) -> Self {
        let place = Place::At(value.span().start);
        if let DeValue::Table(found) = value.get_ref() {
            return Self::entry(f, table, found, place);
        }
        let what = format!("{} is {}, not a section with keys below it", table.name, kind(value.get_ref()));
        f.add(
            place,
            Diagnostic::error("wrong-type", what).help(format!("write {} on a line of its own", table.heading)),
        );
        Self::empty(table, place)
    }

    fn empty(table: &'static Table, place: Place<'a>) -> Self {
        Self { table, place, values: Vec::new(), meant: Vec::new(), is_explained: false }
    }

    /// One entry of a list of tables.
    pub(super) fn entry(f: &mut Findings<'_>, table: &'static Table, found: &'a DeTable<'a>, place: Place<'a>) -> Self {
        let mut fields = Self { values: Vec::with_capacity(found.len()), ..Self::empty(table, place) };
        for (name, value) in found {
            if is_lost(value) {
                continue;
            }
            match usable_key(f, table, name.get_ref(), name.span().start) {
                Ok(key) => {
                    let (value, place) = (Value::Toml(value.get_ref()), Place::At(value.span().start));
                    fields.values.push(Raw { table, key, value, place });
                }
                Err(meant) => fields.meant.extend(meant),
            }
        }
        fields
    }

    /// The heading's place.
    pub(super) fn place(&self) -> Place<'a> {
        self.place
    }

    /// What was written for this key.
    pub(super) fn get(&self, name: &str) -> Option<Raw<'a>> {
        debug_assert!(self.table.key(name).is_some(), "{name} is no key of {}", self.table.heading);
        self.values.iter().copied().find(|raw| raw.key.name == name)
    }

    /// What was written for this key, which must be there.
    pub(super) fn required(&self, f: &mut Findings<'_>, name: &str) -> Option<Raw<'a>> {
        let found = self.get(name);
        if found.is_none() && !self.is_explained && !self.meant.contains(&name) {
            let example = self.table.key(name).map_or("", |key| key.example);
            let heading = self.table.heading;
            let help = format!("add below {heading}: {name} = {example}");
            self.missing(f, &format!("{} is missing", self.table.path(name)), help);
        }
        found
    }

    /// Whether a password stood here and was refused.
    pub(super) fn has_refused_secret(&self) -> bool {
        self.meant.iter().filter_map(|name| self.table.key(name)).any(|key| key.usage == Usage::Secret)
    }

    /// Notes that something must be added under this heading.
    pub(super) fn missing(&self, f: &mut Findings<'_>, what: &str, help: impl Into<String>) {
        f.add(self.place, Diagnostic::error("missing-key", what).help(help));
    }

    /// What `read` makes of this key; `default` when it was left out. When `read` fails it has noted why,
    /// and the default stands in so that the checks can go on.
    pub(super) fn or<T>(
        &self,
        f: &mut Findings<'_>,
        name: &str,
        default: T,
        read: impl FnOnce(&Raw<'a>, &mut Findings<'_>) -> Option<T>,
    ) -> T {
        self.get(name).and_then(|raw| read(&raw, f)).unwrap_or(default)
    }
}

/// Whether the parser found no value here, and said so: then it makes one up, without a place.
pub(super) fn is_lost(value: &Spanned<DeValue<'_>>) -> bool {
    value.span().end == 0
}

/// Whether something else stands at the top that was probably meant to be this section.
pub(super) fn is_misspelt(table: &Table, root: &DeTable<'_>) -> bool {
    let known = || TOP.iter().map(|(name, _)| *name);
    root.keys().any(|name| {
        let name = name.get_ref().as_ref();
        known().all(|known| known != name) && nearest(name, known()) == Some(table.name)
    })
}

/// The key of this name, if it may be used here; else says why not, and returns the key that was probably meant.
fn usable_key(
    f: &mut Findings<'_>,
    table: &'static Table,
    name: &str,
    at: usize,
) -> Result<&'static Key, Option<&'static str>> {
    if f.is_explained(at) {
        return Err(None);
    }
    let path = table.path(name);
    let known = table.key(name);
    let finding = match known.map(|key| (key, key.usage)) {
        Some((key, Usage::Scalar | Usage::Nested)) => return Ok(key),
        Some((_, Usage::Later)) => Diagnostic::error(
            "not-supported-yet",
            format!("{path} is not honoured by this version yet: remove it"),
        ),
        Some((_, Usage::Secret)) => Diagnostic::error(
            "secret-in-file",
            format!("{path} must not stand in this file, which others may read"),
        )
        .help("put the password alone into a file and name it: password_file = \"secrets/smtp-password\"; then change the password, because it stood here"),
        None => Diagnostic::error("unknown-key", format!("{} is not a key of {}", shown(name), table.heading))
            .help(help_unknown(table, name)),
    };
    f.add(Place::At(at), finding);
    Err(known.map(|key| key.name).or_else(|| nearest(name, table.keys.iter().map(|key| key.name))))
}

fn help_unknown(table: &'static Table, name: &str) -> String {
    if let Some(home) = home_of(name) {
        return format!("it belongs below {home}: move it there");
    }
    match nearest(name, table.offered()) {
        Some(option) => format!("did you mean “{option}”?"),
        None => format!("remove it, or use one of: {}", table.offered().collect::<Vec<_>>().join(", ")),
    }
}

/// The entries of a list of tables such as `[[bands]]`; `None` when there is none.
pub(super) fn entries<'a>(
    f: &mut Findings<'_>,
    table: &'static Table,
    value: Option<(Value<'a>, Place<'a>)>,
) -> Option<Vec<Fields<'a>>> {
    let (Value::Toml(value), place) = value? else { return None };
    let DeValue::Array(list) = value else {
        let lines = match place {
            Place::At(offset) if value.is_table() => vec![f.line(offset)],
            _ => Vec::new(),
        };
        f.add(place, brackets::finding("wrong-type", table, &lines));
        return Some(Vec::new());
    };
    let mut all = Vec::with_capacity(list.len());
    for element in list {
        let place = Place::At(element.span().start);
        if let DeValue::Table(found) = element.get_ref() {
            all.push(Fields::entry(f, table, found, place));
        } else {
            let what = format!("this entry is {}, not a table of keys", kind(element.get_ref()));
            let help = format!("write {} and the keys of the entry below it", table.heading);
            f.add(place, Diagnostic::error("wrong-type", what).help(help));
        }
    }
    Some(all)
}
