//! A form about a text: its fields with what stands in them, and what someone filled in.

use crate::domain::diagnostic::Diagnostic;

/// A finding, and the field that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFinding {
    pub finding: Diagnostic,
    /// Its name in the form; empty where no field is to blame.
    pub field: String,
    pub label: String,
}

/// Words that depend on the service, each with what people call it: what some fields are chosen from.
#[derive(Debug, Clone, Default)]
pub struct FormWords {
    pub bands: Vec<(String, String)>,
    /// The dated campaigns of the config.
    pub occasions: Vec<(String, String)>,
    pub sectors: Vec<(String, String)>,
}

/// What a form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextForm {
    pub groups: Vec<FieldGroup>,
    /// The parts of the text itself, in Markdown.
    pub parts: Vec<FormField>,
}

/// Fields that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldGroup {
    /// Empty for the first, which needs none.
    pub title: String,
    pub hint: &'static str,
    pub fields: Vec<FormField>,
    /// Whether nothing stands in it: it may be folded away.
    pub is_empty: bool,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// Its name in the form, such as `resources.0.url`.
    pub name: String,
    pub label: String,
    pub hint: &'static str,
    pub is_required: bool,
    pub input: Input,
}

/// How a field is filled in, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// One line.
    Line(String),
    /// A sentence or two.
    Sentences(String),
    /// One thing a line.
    Lines(String),
    Number {
        least: i64,
        most: i64,
        value: String,
    },
    Date(String),
    Flag(bool),
    /// One of several.
    Choice(Vec<Choice>),
    /// Any of several.
    Ticks(Vec<Choice>),
    /// A passage in Markdown.
    Passage(String),
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// What someone filled in: the values of each field, by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled(pub Vec<(String, String)>);

impl Filled {
    /// The values of a field, with line ends as a file has them.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.replace("\r\n", "\n").replace('\r', "\n"))
    }

    /// The first value of a field; empty when it is not there.
    pub fn value(&self, name: &str) -> String {
        self.values(name).next().unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }

    /// How many groups of a list are filled in or left empty: one more than the highest number in `list.N.…`.
    pub fn groups(&self, list: &str) -> usize {
        let number = |name: &str| name.strip_prefix(list)?.strip_prefix('.')?.split('.').next()?.parse::<usize>().ok();
        let highest = self.0.iter().filter_map(|(name, _)| number(name)).max();
        highest.map_or(0, |highest| (highest + 1).min(MOST_GROUPS))
    }
}

/// More than anyone adds to one text.
const MOST_GROUPS: usize = 100;
