//! The pieces of a line: text, stress, links and breaks.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Tag};

use crate::domain::prose::{Block, Inline, Prose};

use super::reader::Reader;
use super::{link, words};

/// Words that say nothing about where a link leads (WCAG 2.2, 2.4.4).
const EMPTY_WORDS: [&str; 8] =
    ["here", "click here", "link", "this link", "click", "read more", "more", "follow this link"];

/// Whether an event is a piece of a line, allowed or not.
pub(super) fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => matches!(
            tag,
            Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. }
        ),
        Event::End(_) | Event::Html(_) | Event::Rule => false,
        _ => true,
    }
}

/// Reads pieces until the end of what they stand in, or the next block.
pub(super) fn run(reader: &mut Reader<'_>) -> Vec<Inline> {
    let mut run = Run::default();
    run.fill(reader);
    run.close(reader)
}

/// As [`run`], beginning with an event that was taken already: a list item without a paragraph around its words.
pub(super) fn run_from<'p>(reader: &mut Reader<'p>, event: Event<'p>, range: Range<usize>) -> Vec<Inline> {
    let mut run = Run::default();
    run.push(reader, event, range);
    run.fill(reader);
    run.close(reader)
}

/// Pieces so far; neighbouring texts become one, and are checked as one.
#[derive(Default)]
struct Run {
    done: Vec<Inline>,
    text: String,
    /// Where in the page the bytes of `text` from an index on come from.
    marks: Vec<(usize, usize)>,
}

impl Run {
    fn fill(&mut self, reader: &mut Reader<'_>) {
        while reader.peek().is_some_and(is_inline) {
            let Some((event, range)) = reader.next() else { return };
            self.push(reader, event, range);
        }
    }

    fn push<'p>(&mut self, reader: &mut Reader<'p>, event: Event<'p>, range: Range<usize>) {
        let at = range.start;
        match event {
            Event::Text(text) => self.text(&text.replace('\t', " "), at),
            Event::SoftBreak => self.text(" ", at),
            Event::HardBreak => self.piece(reader, Inline::Break),
            Event::Start(Tag::Emphasis) => {
                let inner = reader.inside(at, run);
                self.piece(reader, Inline::Emphasis(inner));
            }
            Event::Start(Tag::Strong) => {
                let inner = reader.inside(at, run);
                self.piece(reader, Inline::Strong(inner));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, .. }) => {
                let content = reader.inside(at, run);
                let href = if link_type == LinkType::Email { format!("mailto:{dest_url}") } else { dest_url.into() };
                if check_link(reader, at, &href, &title, &content) {
                    self.piece(reader, Inline::Link { href, content });
                }
            }
            other => reader.refuse(&other, at),
        }
    }

    fn text(&mut self, text: &str, at: usize) {
        self.marks.push((self.text.len(), at));
        self.text.push_str(text);
    }

    fn piece(&mut self, reader: &Reader<'_>, piece: Inline) {
        self.flush(reader);
        self.done.push(piece);
    }

    fn flush(&mut self, reader: &Reader<'_>) {
        let text = std::mem::take(&mut self.text);
        let marks = std::mem::take(&mut self.marks);
        let place = |index: usize| {
            let mark = marks.partition_point(|(from, _)| *from <= index).saturating_sub(1);
            marks.get(mark).map_or(0, |(from, at)| at + index - from)
        };
        if !text.is_empty() && words::check(reader.page, place, "the text", &text) {
            self.done.push(Inline::Text(text));
        }
    }

    fn close(mut self, reader: &Reader<'_>) -> Vec<Inline> {
        self.flush(reader);
        self.done
    }
}

/// Notes what is wrong with a link. Returns whether it may stand.
fn check_link(reader: &Reader<'_>, at: usize, href: &str, title: &str, content: &[Inline]) -> bool {
    let page = reader.page;
    if let Err(refused) = link::check_any(href) {
        page.error(at, "link-address", refused.message, refused.help);
        return false;
    }
    if !title.is_empty() {
        let help = "take it out: [words](https://address)";
        page.error(at, "link-title", "the text in quotes after a link's address would not be shown", help);
        return false;
    }
    let said = plain(content);
    let bare = said.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if bare.is_empty() || EMPTY_WORDS.contains(&bare.as_str()) {
        let message = format!("the link's words “{said}” do not say where it leads");
        page.error(at, "link-words", message, "name the page: [CEOP Safety Centre](https://…)");
        return false;
    }
    if said.starts_with("https://") {
        let help = "name the page: [CEOP Safety Centre](https://…); a screen reader spells an address out";
        page.warning(at, "link-words", "the link's words are its address", help);
    }
    true
}

/// The words of a run.
pub(crate) fn plain(content: &[Inline]) -> String {
    Prose(vec![Block::Paragraph(content.to_vec())]).plain()
}
