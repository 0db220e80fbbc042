//! A walk over the events of Markdown, and what it may not be used for here.

use std::iter::Peekable;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, OffsetIter, Options, Parser, Tag};

use super::page::Page;

/// How many lists, quotations, links and stresses may stand inside each other.
pub(crate) const DEPTH_LIMIT: usize = 12;

/// How Markdown is read. The extensions are switched on to be refused: otherwise their marks would be printed as text.
pub(crate) fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

/// A walk over the events of one body. Ranges are moved to count from the start of the page.
pub(crate) struct Reader<'p> {
    pub(crate) page: &'p Page,
    start: usize,
    events: Peekable<OffsetIter<'p>>,
    pub(crate) depth: usize,
}

impl<'p> Reader<'p> {
    /// A walk over the page from byte `start` on.
    pub(crate) fn new(page: &'p Page, start: usize) -> Self {
        let events = Parser::new_ext(&page.text()[start..], options()).into_offset_iter().peekable();
        Self { page, start, events, depth: 0 }
    }

    /// The next event and its bytes in the page.
    pub(crate) fn next(&mut self) -> Option<(Event<'p>, Range<usize>)> {
        self.events.next().map(|(event, range)| (event, self.start + range.start..self.start + range.end))
    }

    /// The next event, not taken.
    pub(crate) fn peek(&mut self) -> Option<&Event<'p>> {
        self.events.peek().map(|(event, _)| event)
    }

    /// Takes everything up to the end that belongs to the start taken last.
    pub(crate) fn skip_to_end(&mut self) {
        let mut open = 1;
        while open > 0 {
            match self.events.next() {
                Some((Event::Start(_), _)) => open += 1,
                Some((Event::End(_), _)) => open -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    /// Reads what is inside the start taken last, unless it is nested too deeply; then takes its end.
    pub(crate) fn inside<T: Default>(&mut self, at: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth == DEPTH_LIMIT {
            let message = "lists, quotations or stresses stand too deep inside each other";
            self.page.error(at, "nested-too-deep", message, "two levels of list are as much as a reader can follow");
            self.skip_to_end();
            return T::default();
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        self.skip_to_end();
        inner
    }

    /// Notes what may not stand here, and skips it.
    pub(crate) fn refuse(&mut self, event: &Event<'p>, at: usize) {
        let (code, message, help) = refusal(event);
        self.page.error(at, code, message, help);
        if matches!(event, Event::Start(_)) {
            self.skip_to_end();
        }
    }
}

/// A text, and where in the page it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PlacedText {
    pub(crate) text: String,
    /// Where in the page the bytes of `text` from an index on come from, in order.
    marks: Vec<(usize, usize)>,
}

impl PlacedText {
    /// Adds a text that begins at byte `at` of the page.
    pub(crate) fn push(&mut self, text: &str, at: usize) {
        self.marks.push((self.text.len(), at));
        self.text.push_str(text);
    }

    /// A value of the page that begins at byte `at`. One that is written with escapes stands at its beginning as a whole.
    pub(crate) fn of_value(page: &str, value: &str, at: usize) -> Self {
        let mut placed = Self::default();
        if page.get(at..).is_some_and(|rest| rest.starts_with(value)) {
            placed.push(value, at);
            return placed;
        }
        let mut utf8 = [0; 4];
        value.chars().for_each(|c| placed.push(c.encode_utf8(&mut utf8), at));
        placed
    }

    /// Moves the text on by `by` bytes of the page.
    pub(crate) fn shift(&mut self, by: usize) {
        self.marks.iter_mut().for_each(|(_, at)| *at += by);
    }

    /// The byte of the page at which byte `index` of the text stands.
    pub(crate) fn place(&self, index: usize) -> usize {
        let mark = self.marks.partition_point(|(from, _)| *from <= index).saturating_sub(1);
        self.marks.get(mark).map_or(0, |(from, at)| at + index - from)
    }
}

/// A code, what was found, and what to write instead.
type Refusal = (&'static str, &'static str, &'static str);

/// Says why an event that no reader understood may not stand where it does.
fn refusal(event: &Event<'_>) -> Refusal {
    match event {
        Event::Start(tag) => start(tag),
        Event::Html(html) | Event::InlineHtml(html) => html_refusal(html),
        Event::Rule => ("rule", "a line across the page cannot be shown", "take it out; a ### heading divides a part"),
        Event::Code(_) => ("code", "text between backticks (`) cannot be shown", "use “quotation marks” or **stress**"),
        Event::FootnoteReference(_) => ("footnote", "a footnote cannot be shown", "say it in the sentence"),
        Event::TaskListMarker(_) => ("task-list", "a tick box cannot be shown", "write a plain list: - one thing"),
        _ => ("markdown", "this cannot be shown in a digest", "write it as plain sentences or a list"),
    }
}

fn start(tag: &Tag<'_>) -> Refusal {
    match tag {
        Tag::Heading { .. } => (
            "heading",
            "a heading of this level may not stand here",
            "divide a part with ### headings, outside lists and quotations",
        ),
        Tag::CodeBlock(CodeBlockKind::Indented) => (
            "code",
            "lines that begin with four spaces are taken for program code",
            "take the spaces away; below a list item, indent by two spaces only",
        ),
        Tag::CodeBlock(CodeBlockKind::Fenced(_)) => {
            ("code", "program code (between ``` lines) cannot be shown", "write it as a paragraph or a > quotation")
        }
        Tag::HtmlBlock => html_refusal("<"),
        Tag::Table(_) => ("table", "a table cannot be shown on a phone", "write it as a list: - **First:** …"),
        Tag::Image { .. } => (
            "image",
            "a picture cannot stand in the text",
            "name it in the front matter: [image] with file, alt and credit",
        ),
        Tag::FootnoteDefinition(_) => ("footnote", "a footnote cannot be shown", "say it in the sentence"),
        Tag::Strikethrough => ("strikethrough", "struck-out text cannot be shown", "take it out, with its ~ marks"),
        _ => ("markdown", "this cannot be shown in a digest", "write it as plain sentences or a list"),
    }
}

fn html_refusal(html: &str) -> Refusal {
    if html.starts_with("<!--") {
        return ("html", "an HTML comment may not stand here", "put notes for editors in the front matter, after a #");
    }
    (
        "html",
        "HTML may not stand here",
        "write Markdown: **stress**, [words](https://address), - list; a plain < is written &lt;",
    )
}
