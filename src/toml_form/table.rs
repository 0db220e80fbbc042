//! What may stand in a TOML file: its tables, their keys, and how each value is written.

/// The keys that may stand below one heading, or at the top of a file.
#[derive(Debug)]
pub(crate) struct Table {
    /// The heading with its brackets; empty for the top of a file.
    pub(crate) heading: &'static str,
    /// What people call it: `an activity` for a whole file, `subscriber` for one of a list.
    pub(crate) noun: &'static str,
    /// What it is for, in a sentence; empty where nothing is made of it.
    pub(crate) about: &'static str,
    /// Its keys, in the order in which help names them.
    pub(crate) keys: &'static [Key],
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) presence: Presence,
    /// A value, without quotation marks where the form has them.
    pub(crate) example: &'static str,
    /// What it means, in a sentence; empty where nothing is made of it.
    pub(crate) about: &'static str,
    /// What a form calls it; empty where no form asks for it.
    pub(crate) label: &'static str,
}

/// Whether a key must or may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// May be left out, and then has this value, without quotation marks.
    Default(&'static str),
    /// A secret, which must come from elsewhere.
    Secret,
    /// Known, but this version does nothing with it, so it is refused.
    NotYet,
}

/// How a value is written.
#[derive(Debug)]
pub(crate) enum Form {
    /// Text of this pattern (ECMA-262; empty for any), with at most so many characters.
    Text {
        pattern: &'static str,
        limit: Option<usize>,
    },
    /// One line of text; where someone wrote several, `joint` goes between them.
    Line {
        joint: &'static str,
    },
    Words(fn() -> Vec<&'static str>),
    /// A whole number from `least` to `most`.
    Whole {
        least: i64,
        most: i64,
    },
    /// `true` or `false`.
    Flag,
    Date,
    /// A local time of day.
    Time,
    /// A length of time, such as `72h`.
    Length,
    /// A list with so many values.
    List {
        of: &'static Form,
        least: usize,
        most: Option<usize>,
    },
    /// One value, or a list of them.
    OneOrMore(&'static Form),
    /// A table with a heading of its own.
    Table(&'static Table),
    /// A list of tables, each with its heading.
    Tables {
        of: &'static Table,
        least: usize,
        most: Option<usize>,
    },
}

impl Form {
    /// Whether a value begins with a quotation mark.
    pub(crate) fn is_quoted(&self) -> bool {
        match self {
            Self::Text { .. } | Self::Line { .. } | Self::Words(_) | Self::Length => true,
            Self::OneOrMore(of) => of.is_quoted(),
            _ => false,
        }
    }
}

impl Key {
    pub(crate) fn example_in_file(&self) -> String {
        if self.form.is_quoted() { format!("\"{}\"", self.example) } else { self.example.to_owned() }
    }

    /// A key that must be there, without a description.
    pub(crate) const fn required(name: &'static str, form: Form, example: &'static str) -> Self {
        Self { name, form, presence: Presence::Required, example, about: "", label: "" }
    }

    /// A key that may be left out, without a description.
    pub(crate) const fn optional(name: &'static str, form: Form, example: &'static str) -> Self {
        Self { name, form, presence: Presence::Optional, example, about: "", label: "" }
    }

    /// With what a form calls it, and what it says about it.
    pub(crate) const fn asked(self, label: &'static str, about: &'static str) -> Self {
        Self { about, label, ..self }
    }

    /// The table that stands below it.
    pub(crate) fn table(&self) -> Option<&'static Table> {
        match self.form {
            Form::Table(table) | Form::Tables { of: table, .. } => Some(table),
            _ => None,
        }
    }

    /// Whether it may be used in the file.
    pub(crate) fn is_offered(&self) -> bool {
        !matches!(self.presence, Presence::Secret | Presence::NotYet)
    }
}

impl Table {
    /// The top of a file.
    pub(crate) const fn of_file(noun: &'static str, keys: &'static [Key]) -> Self {
        Self { heading: "", noun, about: "", keys }
    }

    /// What stands once, below `[heading]`.
    pub(crate) const fn section(heading: &'static str, about: &'static str, keys: &'static [Key]) -> Self {
        Self { heading, noun: "", about, keys }
    }

    /// What repeats, each below `[[heading]]`.
    pub(crate) const fn list(
        heading: &'static str,
        noun: &'static str,
        about: &'static str,
        keys: &'static [Key],
    ) -> Self {
        Self { heading, noun, about, keys }
    }

    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of the keys that may be used in the file.
    pub(crate) fn offered(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().filter(|key| key.is_offered()).map(|key| key.name)
    }

    /// The names of the keys that must be there.
    pub(crate) fn required(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().filter(|key| key.presence == Presence::Required).map(|key| key.name)
    }

    /// The heading without its brackets.
    pub(crate) fn bare_heading(&self) -> &'static str {
        self.heading.trim_matches(['[', ']'])
    }

    /// Whether entries of this table repeat, each below a heading in double brackets.
    pub(crate) fn is_list(&self) -> bool {
        self.heading.starts_with("[[")
    }

    /// Whether it holds nothing but tables, as the top of a file may.
    pub(crate) fn is_of_sections(&self) -> bool {
        self.keys.iter().all(|key| key.table().is_some())
    }

    /// How messages name a key: with its section, where it has one.
    pub(crate) fn path(&self, key: &str) -> String {
        if self.heading.is_empty() || self.is_list() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.bare_heading())
        }
    }

    /// This table and all below it, the outer ones first.
    pub(crate) fn all(&'static self) -> Vec<&'static Self> {
        let mut all = vec![self];
        let mut at = 0;
        while let Some(table) = all.get(at) {
            let inner: Vec<_> = table.keys.iter().filter_map(Key::table).collect();
            all.extend(inner);
            at += 1;
        }
        all
    }

    /// The table below this one that `line` is the heading of, whatever the number of its brackets.
    pub(crate) fn of_heading(&'static self, line: &str) -> Option<&'static Self> {
        let inner = line.trim_start().strip_prefix('[')?;
        let inner = inner.strip_prefix('[').unwrap_or(inner);
        let end = inner.find(']').unwrap_or(inner.len());
        let name: String = inner[..end].chars().filter(|c| !c.is_whitespace()).collect();
        self.all().into_iter().skip(1).find(|table| table.bare_heading() == name)
    }

    /// Where in the file a key of this name may stand, when there is just one place.
    pub(crate) fn home_of(&'static self, name: &str) -> Option<&'static Self> {
        if self.key(name).is_some_and(|key| key.is_offered() && key.table().is_none()) {
            return Some(self);
        }
        let takes = |table: &&'static Self| table.offered().any(|key| key == name);
        let mut homes = self.keys.iter().filter_map(Key::table).filter(takes);
        let first = homes.next()?;
        homes.next().is_none().then_some(first)
    }
}
