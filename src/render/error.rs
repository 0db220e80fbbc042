//! What can go wrong between a text and its mails.

use std::fmt;

use crate::domain::band::BandName;
use crate::domain::rendered::Slot;
use crate::domain::text::TextError;

/// One of the two bodies of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Html,
    Text,
}

impl Part {
    pub const ALL: [Self; 2] = [Self::Html, Self::Text];
}

/// A mail with templates of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    Digest,
    Bulletin,
}

impl MailKind {
    pub const ALL: [Self; 2] = [Self::Digest, Self::Bulletin];

    /// The template of a body, in the templates' folder.
    pub fn file(self, part: Part) -> &'static str {
        match (self, part) {
            (Self::Digest, Part::Html) => "digest.mjml.hbs",
            (Self::Digest, Part::Text) => "digest.txt.hbs",
            (Self::Bulletin, Part::Html) => "bulletin.mjml.hbs",
            (Self::Bulletin, Part::Text) => "bulletin.txt.hbs",
        }
    }

    /// The name that the engine knows the template by.
    pub(super) fn name(self, part: Part) -> &'static str {
        self.file(part).trim_end_matches(".hbs")
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Html => "HTML",
            Self::Text => "text",
        })
    }
}

/// Why a digest could not be made, or must not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The segment reads no band at all (invariant 6).
    #[error("the segment has no band, so there is nothing to send")]
    NoBand,
    #[error("the edition has no activity for the band {0}")]
    NoCard(BandName),
    #[error("{field} {problem}")]
    Character {
        /// The field's path in the view.
        field: String,
        problem: TextError,
    },
    #[error("templates/{file}{} cannot be filled in: {reason}", at(*.line, *.column))]
    Template {
        /// File in the templates' folder.
        file: String,
        /// Line, from 1.
        line: Option<usize>,
        /// Column, from 1.
        column: Option<usize>,
        reason: String,
    },
    #[error("{file} is not valid MJML when it is filled in: {problem}")]
    Mjml {
        /// The template.
        file: &'static str,
        /// The MJML engine's message.
        problem: String,
        /// The piece of the template that is to blame, if that is known.
        found: String,
    },
    #[error("the {part} has the slot “{}” {problem}", slot.name())]
    SlotPlace {
        part: Part,
        slot: Slot,
        /// What is wrong, with what to write instead.
        problem: &'static str,
    },
    /// Something without which no digest is sent (invariant 12).
    #[error("the {part} lacks {what}; a mail without it is not sent")]
    Missing { part: Part, what: String },
    #[error("the HTML has {problem}")]
    Markup {
        /// What it has, and what to write instead.
        problem: String,
        /// How it begins in the template.
        found: String,
    },
    #[error("the HTML has {bytes} bytes, more than the {limit} that every mail program shows whole; shorten the texts")]
    TooLarge {
        /// Its size with typical slot values, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
}

impl RenderError {
    /// The body that is to blame, when one is.
    pub fn part(&self) -> Option<Part> {
        match self {
            Self::SlotPlace { part, .. } | Self::Missing { part, .. } => Some(*part),
            Self::Markup { .. } | Self::Mjml { .. } | Self::TooLarge { .. } => Some(Part::Html),
            _ => None,
        }
    }
}

fn at(line: Option<usize>, column: Option<usize>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    }
}
