//! What each kind of text is made of: its table of keys, and the parts of its body with what they are for.

use crate::domain::writing::TextKind;
use crate::library::activity::{ACTIVITY, HEADINGS};
use crate::library::help::{ENTRY, TOP, WORRY};
use crate::library::theme::{ARTICLE, NOTICE, THEME};
use crate::toml_form::Table;

/// One kind of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) table: &'static Table,
    pub(super) parts: &'static [Part],
    /// The keys that a form asks for before the text; the others come after it. All of them where it names none.
    pub(super) first: &'static [&'static str],
    /// What those others are about.
    pub(super) rest: &'static str,
}

/// A part of the body.
#[derive(Debug)]
pub(super) struct Part {
    /// The heading that it stands below; empty for what stands before the first.
    pub(super) heading: &'static str,
    /// What a form calls it.
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
}

static ACTIVITY_PARTS: [Part; 4] = [
    Part {
        heading: HEADINGS[0],
        label: HEADINGS[0],
        hint: "What you lay out before you start. Two minutes at most, and nothing that has to be drawn.",
    },
    Part {
        heading: HEADINGS[1],
        label: HEADINGS[1],
        hint: "The steps, with a number and the minutes each takes. Say who does what: “Grown-up: …”, “Child: …”.",
    },
    Part {
        heading: HEADINGS[2],
        label: HEADINGS[2],
        hint: "Two or three questions with more than one good answer, each on a line of its own that begins with a hyphen.",
    },
    Part {
        heading: HEADINGS[3],
        label: HEADINGS[3],
        hint: "40 to 60 words about what this activity may stir up, and only that. “Where to turn” is added below it by itself.",
    },
];

static THEME_PARTS: [Part; 2] = [
    Part {
        heading: "",
        label: "Opening",
        hint: "The first paragraph of the mail, for all ages: why this matters, in three or four sentences.",
    },
    Part {
        heading: ARTICLE,
        label: ARTICLE,
        hint: "The article on the web page, 300 to 450 words: what is true at which age, three things to do this week, and what to do \
               if it has happened already.",
    },
];

static BODY: [Part; 1] = [Part { heading: "", label: "Text", hint: "What families read." }];

impl Shape {
    /// What a text of this kind is made of.
    pub(super) fn of(kind: TextKind) -> Self {
        let (table, parts): (_, &[Part]) = match kind {
            TextKind::Activity => (&ACTIVITY, &ACTIVITY_PARTS),
            TextKind::Theme => (&THEME, &THEME_PARTS),
            // Until bulletins have a table of their own.
            TextKind::Notice | TextKind::Bulletin => (&NOTICE, &BODY),
            TextKind::HelpBlock => (&TOP, &[]),
            TextKind::HelpEntry => (&ENTRY, &[]),
            TextKind::Worry => (&WORRY, &[]),
        };
        let (first, rest): (&[&str], _) = match kind {
            TextKind::Activity => (&["title", "bands", "summary", "skill", "needs", "say"], "Time, care and dates"),
            TextKind::Theme => (&["title", "strand"], "Who wrote it, and dates"),
            _ => (&[], ""),
        };
        Self { table, parts, first, rest }
    }
}
