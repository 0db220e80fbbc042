//! What can go wrong between an edition and its digests.

use std::fmt;

use crate::domain::band::BandName;
use crate::domain::rendered::Slot;
use crate::domain::text::TextError;

/// One of the two bodies of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The HTML body, from `digest.mjml.hbs`.
    Html,
    /// The text body, from `digest.txt.hbs`.
    Text,
}

impl Part {
    pub fn file(self) -> &'static str {
        match self {
            Self::Html => "digest.mjml.hbs",
            Self::Text => "digest.txt.hbs",
        }
    }

    /// The name that the engine knows the template by.
    pub(super) fn name(self) -> &'static str {
        self.file().trim_end_matches(".hbs")
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
    #[error("digest.mjml.hbs is not valid MJML when it is filled in: {problem}")]
    Mjml {
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
    #[error("the {part} lacks {what}; a digest without it is not sent")]
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
