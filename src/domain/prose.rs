//! Checked, formatted text: what Markdown may say here, and nothing else.
//!
//! The library makes it from Markdown; digest and web turn it into HTML or plain text.

use serde::{Deserialize, Serialize};

/// A run of blocks, such as the part of an activity below one heading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prose(pub Vec<Block>);

/// A block of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    Paragraph(Vec<Inline>),
    /// A heading below the level-2 headings that divide a file (level 3 in the source).
    Heading(Vec<Inline>),
    /// A list; each item is a run of blocks.
    List {
        /// The first number of an ordered list; `None` for bullets.
        start: Option<u64>,
        items: Vec<Prose>,
    },
    /// A quotation: something to say aloud, or a message from an invented character.
    Quote(Prose),
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inline {
    /// Plain text.
    Text(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    /// A link to an https, mailto or tel address.
    Link {
        href: String,
        content: Vec<Inline>,
    },
    /// A line break inside a paragraph.
    Break,
}

impl Prose {
    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words alone, blocks and lines joined by one space: for counting, searching and hashing.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        blocks(&self.0, &mut out);
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Whether a link to `href` may be made: a library of today holds no others, an older store may.
pub fn is_allowed_link(href: &str) -> bool {
    ["https://", "mailto:", "tel:"].iter().any(|scheme| href.starts_with(scheme))
}

fn blocks(list: &[Block], out: &mut String) {
    for block in list {
        match block {
            Block::Paragraph(content) | Block::Heading(content) => inlines(content, out),
            Block::List { items, .. } => items.iter().for_each(|item| blocks(&item.0, out)),
            Block::Quote(inner) => blocks(&inner.0, out),
        }
        out.push('\n');
    }
}

fn inlines(list: &[Inline], out: &mut String) {
    for inline in list {
        match inline {
            Inline::Text(text) => out.push_str(text),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Link { content: inner, .. } => {
                inlines(inner, out);
            }
            Inline::Break => out.push('\n'),
        }
    }
}
