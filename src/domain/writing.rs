//! What people write for the library: which texts there are, where each lies, and what a form about one holds.

pub mod form;
pub mod version;

use std::fmt;

use super::activity::{ActivityId, is_slug};

/// How a file's name ends whose text is not finished.
pub const DRAFT_ENDING: &str = ".draft.md";

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    Activity,
    Theme,
    Notice,
    Bulletin,
    /// The title and the first sentences of the help block.
    HelpBlock,
    HelpEntry,
    /// What stands below the worries of every activity for some bands.
    Worry,
}

/// A text that can be read, changed and checked by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextRef {
    Activity(ActivityId),
    /// By the name of its folder.
    Theme(String),
    /// By the name of its file, without `.md`.
    Notice(String),
    Bulletin(String),
    Help(HelpPart),
}

/// A part of help.toml. Its entries and blocks are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HelpPart {
    Top,
    Entry(usize),
    Worry(usize),
}

/// The file of the help block.
pub const HELP_FILE: &str = "help.toml";
/// The name that stands for a theme's own text among those in its folder.
pub const THEME: &str = "theme";
/// The folders that hold no theme.
pub const NOTICES: &str = "notices";
pub const BULLETINS: &str = "bulletins";
/// What stands in place of a number for an entry that is to be added.
const NEW: &str = "new";

impl TextRef {
    /// The text in `folder` with this name; `None` when no text may be called so.
    pub fn parse(folder: &str, name: &str) -> Option<Self> {
        if folder == HELP_FILE {
            return HelpPart::parse(name).map(Self::Help);
        }
        if !is_slug(folder) || !is_slug(name) {
            return None;
        }
        match (folder, name) {
            (NOTICES, name) => Some(Self::Notice(name.to_owned())),
            (BULLETINS, name) => Some(Self::Bulletin(name.to_owned())),
            (theme, THEME) => Some(Self::Theme(theme.to_owned())),
            (theme, name) => format!("{theme}/{name}").parse().ok().map(Self::Activity),
        }
    }

    /// The text that lies in this file of the library, such as `games/hold-it-sid.md`. A draft is a draft of the same text.
    pub fn of_file(file: &str) -> Option<Self> {
        if file == HELP_FILE {
            return Some(Self::Help(HelpPart::Top));
        }
        let (folder, name) = file.split_once('/')?;
        Self::parse(folder, name.strip_suffix(DRAFT_ENDING).or_else(|| name.strip_suffix(".md"))?)
    }

    pub fn kind(&self) -> TextKind {
        match self {
            Self::Activity(_) => TextKind::Activity,
            Self::Theme(_) => TextKind::Theme,
            Self::Notice(_) => TextKind::Notice,
            Self::Bulletin(_) => TextKind::Bulletin,
            Self::Help(HelpPart::Top) => TextKind::HelpBlock,
            Self::Help(HelpPart::Entry(_)) => TextKind::HelpEntry,
            Self::Help(HelpPart::Worry(_)) => TextKind::Worry,
        }
    }

    /// The folder below the library's, or the file of the help block.
    pub fn folder(&self) -> &str {
        match self {
            Self::Activity(id) => id.theme(),
            Self::Theme(name) => name,
            Self::Notice(_) => NOTICES,
            Self::Bulletin(_) => BULLETINS,
            Self::Help(_) => HELP_FILE,
        }
    }

    /// Its file, from the library's folder on.
    pub fn file(&self) -> String {
        self.file_ending(".md")
    }

    /// Where its draft lies. The help block has none: it stands in every mail, so it can't be half finished.
    pub fn draft_file(&self) -> Option<String> {
        (!matches!(self, Self::Help(_))).then(|| self.file_ending(DRAFT_ENDING))
    }

    fn file_ending(&self, ending: &str) -> String {
        match self {
            Self::Help(_) => HELP_FILE.to_owned(),
            other => format!("{other}{ending}"),
        }
    }
}

/// `folder/name`, as [`TextRef::parse`] takes them.
impl fmt::Display for TextRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(id) => write!(f, "{id}"),
            Self::Theme(name) => write!(f, "{name}/{THEME}"),
            Self::Notice(name) => write!(f, "{NOTICES}/{name}"),
            Self::Bulletin(name) => write!(f, "{BULLETINS}/{name}"),
            Self::Help(part) => write!(f, "{HELP_FILE}/{part}"),
        }
    }
}

impl HelpPart {
    fn parse(name: &str) -> Option<Self> {
        if name == "top" {
            return Some(Self::Top);
        }
        let (kind, number) = name.split_once('-')?;
        let number = if number == NEW { 0 } else { number.parse().ok().filter(|number| (1..=999).contains(number))? };
        match kind {
            "entry" => Some(Self::Entry(number)),
            "worry" => Some(Self::Worry(number)),
            _ => None,
        }
    }

    /// Whether it is to be added.
    pub fn is_new(self) -> bool {
        matches!(self, Self::Entry(0) | Self::Worry(0))
    }
}

impl fmt::Display for HelpPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => f.write_str("top"),
            Self::Entry(0) => write!(f, "entry-{NEW}"),
            Self::Worry(0) => write!(f, "worry-{NEW}"),
            Self::Entry(number) => write!(f, "entry-{number}"),
            Self::Worry(number) => write!(f, "worry-{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_name_and_one_file() {
        for (name, file, draft) in [
            ("games/hold-it", "games/hold-it.md", Some("games/hold-it.draft.md")),
            ("games/theme", "games/theme.md", Some("games/theme.draft.md")),
            ("notices/exams", "notices/exams.md", Some("notices/exams.draft.md")),
            ("bulletins/a-scam", "bulletins/a-scam.md", Some("bulletins/a-scam.draft.md")),
            ("help.toml/entry-3", "help.toml", None),
            ("help.toml/worry-new", "help.toml", None),
            ("help.toml/top", "help.toml", None),
        ] {
            let (folder, last) = name.split_once('/').unwrap();
            let text = TextRef::parse(folder, last).unwrap();
            assert_eq!(
                (text.to_string().as_str(), text.file().as_str(), text.draft_file().as_deref()),
                (name, file, draft)
            );
            if let Some(draft) = draft {
                assert_eq!(TextRef::of_file(file).as_ref(), Some(&text));
                assert_eq!(TextRef::of_file(draft).as_ref(), Some(&text));
            }
        }
        for (folder, name) in [
            ("..", "x"),
            ("games", "../x"),
            ("games", "a.draft"),
            ("Games", "x"),
            ("help.toml", "entry-0"),
            ("", "x"),
            ("games", ""),
        ] {
            assert_eq!(TextRef::parse(folder, name), None, "{folder}/{name}");
        }
    }
}
