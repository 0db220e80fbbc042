//! Markdown → checked [`Prose`]: what the digest cannot show is refused, with its place.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, LinkType, Tag};

use crate::domain::prose::{Block, Inline, Prose};

use super::page::Page;
use super::reader::{PlacedText, Reader};
use super::{link, words};

/// A body, cut at its headings of level 1 and 2.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// What stands before the first heading.
    pub(crate) opening: Prose,
    /// Where it begins, or where it would.
    pub(crate) opening_at: usize,
    /// Whether something in it was refused, so that its emptiness proves nothing.
    pub(crate) opening_refused: bool,
    /// The headings with what follows them.
    pub(crate) sections: Vec<Section>,
}

/// A heading and the text below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) title: String,
    /// Where the heading stands.
    pub(crate) at: usize,
    /// Whether it has level 2, as it should.
    pub(crate) level_two: bool,
    /// Whether a line of dashes below a text made it a heading.
    pub(crate) underlined: bool,
    pub(crate) body: Prose,
    /// Whether something in it was refused, so that its emptiness proves nothing.
    pub(crate) refused: bool,
}

/// Reads the page from byte `start` on.
pub(crate) fn read(page: &Page, start: usize) -> Outline {
    let body = &page.text()[start..];
    let blank = body.len() - body.trim_start().len();
    let mut reader = Reader::new(page, start);
    let mut outline = Outline { opening_at: start + blank, ..Outline::default() };
    while let Some((event, range)) = reader.next() {
        if let Event::Start(Tag::Heading { level: level @ (HeadingLevel::H1 | HeadingLevel::H2), .. }) = event {
            outline.sections.push(section(&mut reader, level == HeadingLevel::H2, &range));
            continue;
        }
        let errors = page.count();
        let block = block(&mut reader, event, range);
        let (body, refused) = match outline.sections.last_mut() {
            Some(section) => (&mut section.body, &mut section.refused),
            None => (&mut outline.opening, &mut outline.opening_refused),
        };
        body.0.extend(block);
        *refused |= page.count() > errors;
    }
    outline
}

fn section(reader: &mut Reader<'_>, level_two: bool, range: &Range<usize>) -> Section {
    let underlined = !reader.page.text()[range.clone()].trim_start().starts_with('#');
    let words = reader.inside(range.start, run);
    let title = Prose(vec![Block::Heading(words)]).plain();
    Section { title, at: range.start, level_two, underlined, body: Prose::default(), refused: false }
}

fn blocks(reader: &mut Reader<'_>) -> Prose {
    let mut blocks = Vec::new();
    while !matches!(reader.peek(), None | Some(Event::End(_))) {
        let Some((event, range)) = reader.next() else { break };
        blocks.extend(block(reader, event, range));
    }
    Prose(blocks)
}

fn block<'p>(reader: &mut Reader<'p>, event: Event<'p>, range: Range<usize>) -> Option<Block> {
    let at = range.start;
    match event {
        Event::Start(Tag::Paragraph) => {
            let content = reader.inside(at, run);
            check_hashes(reader.page, &content, at);
            paragraph(content)
        }
        Event::Start(Tag::Heading { level: HeadingLevel::H3, .. }) if reader.depth == 0 => {
            let content = reader.inside(at, run);
            if plain(&content).is_empty() {
                reader.page.error(at, "empty-heading", "a heading without words", "write the words after ###");
            }
            Some(Block::Heading(content))
        }
        Event::Start(Tag::BlockQuote(_)) => Some(Block::Quote(reader.inside(at, blocks))),
        Event::Start(Tag::List(start)) => {
            let items = reader.inside(at, items);
            Some(Block::List { start, items })
        }
        event if is_inline(&event) => paragraph(run_from(reader, event, range)),
        event => {
            reader.refuse(&event, at);
            None
        }
    }
}

fn items(reader: &mut Reader<'_>) -> Vec<Prose> {
    let mut items = Vec::new();
    while matches!(reader.peek(), Some(Event::Start(Tag::Item))) {
        let Some((_, range)) = reader.next() else { break };
        let item = reader.inside(range.start, blocks);
        if item.plain().is_empty() {
            reader.page.error(range.start, "empty-item", "an empty list item", "write its words, or take it out");
        }
        items.push(item);
    }
    items
}

/// A heading without a space after its `##` is printed as text, and its section is lost.
fn check_hashes(page: &Page, content: &[Inline], at: usize) {
    let Some(Inline::Text(text)) = content.first() else { return };
    let rest = text.trim_start_matches('#');
    if text.len() - rest.len() >= 2 && rest.starts_with(char::is_alphabetic) {
        let message = format!("{} is not a heading: there is no space after the #", words::shown(text));
        page.error(at, "heading-without-space", message, "put a space after the last #");
    }
}

fn paragraph(content: Vec<Inline>) -> Option<Block> {
    (!plain(&content).is_empty()).then_some(Block::Paragraph(content))
}

/// Words that say nothing about where a link leads (WCAG 2.2, 2.4.4).
const EMPTY_WORDS: [&str; 8] =
    ["here", "click here", "link", "this link", "click", "read more", "more", "follow this link"];

/// Whether an event is a piece of a line, allowed or not.
fn is_inline(event: &Event<'_>) -> bool {
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
fn run(reader: &mut Reader<'_>) -> Vec<Inline> {
    let mut run = Run::default();
    run.fill(reader);
    run.close(reader)
}

/// As [`run`], beginning with an event that was taken already: a list item without a paragraph around its words.
fn run_from<'p>(reader: &mut Reader<'p>, event: Event<'p>, range: Range<usize>) -> Vec<Inline> {
    let mut run = Run::default();
    run.push(reader, event, range);
    run.fill(reader);
    run.close(reader)
}

/// Pieces so far; neighbouring texts become one, and are checked as one.
#[derive(Default)]
struct Run {
    done: Vec<Inline>,
    text: PlacedText,
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
            Event::Text(text) => self.text.push(&text.replace('\t', " "), at),
            Event::SoftBreak => self.text.push(" ", at),
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

    fn piece(&mut self, reader: &Reader<'_>, piece: Inline) {
        self.flush(reader);
        self.done.push(piece);
    }

    fn flush(&mut self, reader: &Reader<'_>) {
        let placed = std::mem::take(&mut self.text);
        let is_fit = |text: &str| words::check(reader.page, |index| placed.place(index), "the text", text);
        if !placed.text.is_empty() && is_fit(&placed.text) {
            self.done.push(Inline::Text(placed.text));
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
fn plain(content: &[Inline]) -> String {
    Prose(vec![Block::Paragraph(content.to_vec())]).plain()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::Parser;

    use super::*;

    fn outline(text: &str) -> (Outline, Vec<crate::domain::diagnostic::Diagnostic>) {
        let page = super::super::page::new("x.md".to_owned(), text.to_owned());
        (read(&page, 0), page.take_diagnostics())
    }

    fn text(words: &str) -> Inline {
        Inline::Text(words.to_owned())
    }

    #[test]
    fn neighbouring_texts_become_one() {
        let (outline, found) = outline("Fish &amp; chips\\!\nand *peas*");
        assert_eq!(found, []);
        let words = vec![text("Fish & chips! and "), Inline::Emphasis(vec![text("peas")])];
        assert_eq!(outline.opening.0, [Block::Paragraph(words)]);
    }

    #[test]
    fn nothing_is_made_smart() {
        let (outline, _) = outline("\"Really\" -- he said...");
        assert_eq!(outline.opening.plain(), "\"Really\" -- he said...");
    }

    #[test]
    fn a_slip_late_in_a_paragraph_is_placed() {
        let (_, found) = outline("one \\* two\nthree C:\\games");
        assert_eq!((found[0].code, found[0].line, found[0].column), ("backslash", Some(2), Some(9)));
    }

    /// Whether every link is of an allowed kind and every text printable.
    fn is_safe(blocks: &[Block]) -> bool {
        blocks.iter().all(|block| match block {
            Block::Paragraph(content) | Block::Heading(content) => inlines_are_safe(content),
            Block::List { items, .. } => items.iter().all(|item| is_safe(&item.0)),
            Block::Quote(inner) => is_safe(&inner.0),
        })
    }

    fn inlines_are_safe(content: &[Inline]) -> bool {
        content.iter().all(|inline| match inline {
            Inline::Text(text) => !text.contains(['\\', '\n', '\u{202E}', '\0']),
            Inline::Emphasis(inner) | Inline::Strong(inner) => inlines_are_safe(inner),
            Inline::Link { href, content } => {
                ["https://", "mailto:", "tel:"].iter().any(|scheme| href.starts_with(scheme))
                    && href.is_ascii()
                    && inlines_are_safe(content)
            }
            Inline::Break => true,
        })
    }

    fn check(source: &str) {
        let (outline, found) = outline(source);
        assert!(is_safe(&outline.opening.0), "{source:?}");
        assert!(outline.sections.iter().all(|section| is_safe(&section.body.0)), "{source:?}");
        let has_html = Parser::new(source).any(|event| matches!(event, Event::Html(_) | Event::InlineHtml(_)));
        if has_html && found.len() < 100 {
            assert!(found.iter().any(crate::domain::diagnostic::Diagnostic::is_error), "{source:?}");
        }
    }

    #[test]
    fn endless_nesting_is_refused_without_a_deep_stack() {
        check(&">".repeat(100_000));
        check(&"- ".repeat(20_000));
        check(&("*a **b ".repeat(5_000) + &"** c*".repeat(5_000)));
        check(&"[".repeat(50_000));
    }

    proptest! {
        #[test]
        fn any_text_is_read(source in any::<String>()) {
            check(&source);
        }

        #[test]
        fn any_markup_is_read(parts in prop::collection::vec(prop::sample::select(vec![
            "<b>", "</b>", "<script>", "<!--", "-->", "<", ">", "&lt;", "&#92;", "\\", "*", "**", "_", "`", "```", "[", "](",
            ")", "!", "https://a.example", "javascript:x", "<https://a.example>", "<a@b.example>", "# ", "## ", "### ", "- ",
            "1. ", "> ", "    ", "\t", "\n", "\r\n", "\n\n", "---", "|", "|-|", "~~", "[^1]", "[^1]: ", "[ ] ", "é", "\u{202E}",
            "\0", "word ", "?", "+++",
        ]), 0..60)) {
            check(&parts.concat());
        }
    }
}
