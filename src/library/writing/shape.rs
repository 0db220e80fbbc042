//! What each kind of text is made of: its table of keys, and the parts of its body with what they are for.

use crate::domain::writing::TextKind;
use crate::library::activity::{ACTIVITY, HEADINGS};
use crate::library::bulletin::{BULLETIN, CORRECTION};
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
    /// Whether its heading is left out where nothing is written below it.
    pub(super) may_be_left_out: bool,
}

impl Part {
    const fn new(heading: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self { heading, label, hint, may_be_left_out: false }
    }
}

static ACTIVITY_PARTS: [Part; 4] = [
    Part::new(
        HEADINGS[0],
        HEADINGS[0],
        "What you lay out before you start. Two minutes at most, and nothing that has to be drawn.",
    ),
    Part::new(
        HEADINGS[1],
        HEADINGS[1],
        "The steps, with a number and the minutes each takes. Say who does what: “Grown-up: …”, “Child: …”.",
    ),
    Part::new(
        HEADINGS[2],
        HEADINGS[2],
        "Two or three questions with more than one good answer, each on a line of its own that begins with a hyphen.",
    ),
    Part::new(
        HEADINGS[3],
        HEADINGS[3],
        "40 to 60 words about what this activity may stir up, and only that. “Where to turn” is added below it by itself.",
    ),
];

static THEME_PARTS: [Part; 2] = [
    Part::new(
        "",
        "Opening",
        "The first paragraph of the mail, for all ages: why this matters, in three or four sentences.",
    ),
    Part::new(
        ARTICLE,
        ARTICLE,
        "The article on the web page, 300 to 450 words: what is true at which age, three things to do this week, and what to do \
               if it has happened already.",
    ),
];

static BODY: [Part; 1] = [Part::new("", "Text", "What families read.")];

/// A bulletin has a text; one that corrects an edition has two parts instead.
static BULLETIN_PARTS: [Part; 3] = [
    Part::new("", "Text", "What families read. Leave it empty in a correction."),
    Part {
        may_be_left_out: true,
        ..Part::new(CORRECTION[0], CORRECTION[0], "Only in a correction of what went out. Leave it empty otherwise.")
    },
    Part {
        may_be_left_out: true,
        ..Part::new(CORRECTION[1], CORRECTION[1], "Only in a correction of what went out. Leave it empty otherwise.")
    },
];

impl Shape {
    /// What a text of this kind is made of.
    pub(super) fn of(kind: TextKind) -> Self {
        let (table, parts): (_, &[Part]) = match kind {
            TextKind::Activity => (&ACTIVITY, &ACTIVITY_PARTS),
            TextKind::Theme => (&THEME, &THEME_PARTS),
            TextKind::Notice => (&NOTICE, &BODY),
            TextKind::Bulletin => (&BULLETIN, &BULLETIN_PARTS),
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
