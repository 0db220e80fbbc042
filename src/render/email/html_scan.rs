//! Reads finished HTML the way a browser's tokeniser does, as far as slots and our own rules need (HTML §13.2.5).

use crate::domain::rendered::{Body, Piece, Slot};
use crate::render::prose::escape;

/// Where the reader stands.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Text,
    /// After `<`; what was read since.
    Tag(String),
    /// Inside `"…"` of a tag: the tag so far, and the value so far.
    Quoted(String, String),
    /// Inside `<!--`.
    Comment,
    /// Inside an element whose content is no markup: its closing tag.
    Raw(&'static str),
}

/// An opening tag: its name in lower case, and its attributes as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The name of an attribute that holds a script, such as `onclick`.
    pub(super) fn event(&self) -> Option<&str> {
        let names = self.attributes.iter().map(|(key, _)| key.as_str());
        names.into_iter().find(|key| key.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on")))
    }

    /// Whether this is a picture that nobody is meant to see.
    pub(super) fn is_pixel(&self) -> bool {
        let tiny = |name| self.attribute(name).is_some_and(|size| matches!(size.trim_end_matches("px"), "0" | "1"));
        tiny("width") || tiny("height")
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Every opening tag outside comments.
    pub(super) elements: Vec<Element>,
    /// The text that a reader sees, references resolved; tags that are not inside a line count as a space.
    pub(super) text: String,
    /// The content of every style element.
    pub(super) styles: String,
    /// Slots in wrong places.
    pub(super) misplaced: Vec<(Slot, &'static str)>,
    /// The document ends in the middle of a tag, a comment or a style.
    pub(super) unfinished: bool,
}

const RAW: [(&str, &str); 3] = [("style", "</style>"), ("script", "</script>"), ("title", "</title>")];
const INLINE: [&str; 8] = ["a", "b", "em", "i", "span", "strong", "sub", "sup"];

struct Reader {
    state: State,
    page: Page,
    text: String,
    /// A URL slot was just read: the next character must close the attribute.
    closing: Option<Slot>,
}

/// Reads a body cut at its slots.
pub(super) fn scan(body: &Body) -> Page {
    let mut reader = Reader { state: State::Text, page: Page::default(), text: String::new(), closing: None };
    for piece in &body.0 {
        match piece {
            Piece::Literal(text) => reader.read(text),
            Piece::Slot(slot) => reader.slot(*slot),
        }
    }
    reader.flush();
    reader.page.unfinished = reader.state != State::Text;
    reader.page
}

impl Reader {
    fn read(&mut self, literal: &str) {
        if let Some(slot) = self.closing.take().filter(|_| !literal.starts_with('"')) {
            self.page.misplaced.push((slot, URL_PLACE));
        }
        let mut rest = literal;
        while !rest.is_empty() {
            rest = match std::mem::replace(&mut self.state, State::Text) {
                State::Text => self.read_text(rest),
                State::Tag(tag) => self.read_tag(tag, rest),
                State::Quoted(tag, value) => self.read_value(tag, value, rest),
                State::Comment => self.skip_to("-->", State::Comment, rest).1,
                State::Raw(end) => {
                    let (inside, after) = self.skip_to(end, State::Raw(end), rest);
                    if end == "</style>" {
                        self.page.styles.push_str(inside);
                    }
                    after
                }
            };
        }
    }

    fn read_text<'a>(&mut self, rest: &'a str) -> &'a str {
        let (text, after) = rest.split_once('<').map_or((rest, None), |(text, after)| (text, Some(after)));
        self.text.push_str(text);
        after.map_or("", |after| {
            self.state = State::Tag(String::new());
            after
        })
    }

    fn read_tag<'a>(&mut self, mut tag: String, rest: &'a str) -> &'a str {
        if let Some(after) = rest.strip_prefix("!--").filter(|_| tag.is_empty()) {
            self.state = State::Comment;
            return after;
        }
        let Some(at) = rest.find(['>', '"']) else {
            self.state = State::Tag(tag + rest);
            return "";
        };
        tag.push_str(&rest[..at]);
        if rest[at..].starts_with('>') {
            self.state = self.close(&tag);
        } else if tag.ends_with('=') {
            self.state = State::Quoted(tag, String::new());
        } else {
            self.state = State::Tag(tag + "\"");
        }
        &rest[at + 1..]
    }

    fn read_value<'a>(&mut self, tag: String, value: String, rest: &'a str) -> &'a str {
        if let Some((end, after)) = rest.split_once('"') {
            self.state = State::Tag(format!("{tag}\"{value}{end}\""));
            after
        } else {
            self.state = State::Quoted(tag, value + rest);
            ""
        }
    }

    /// What comes before and after `end`; without an end, everything is before, and the state stays.
    fn skip_to<'a>(&mut self, end: &str, stay: State, rest: &'a str) -> (&'a str, &'a str) {
        rest.split_once(end).unwrap_or_else(|| {
            self.state = stay;
            (rest, "")
        })
    }

    fn close(&mut self, tag: &str) -> State {
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        if !INLINE.contains(&name.as_str()) {
            self.text.push(' ');
        }
        self.flush();
        if tag.starts_with(['/', '!']) {
            return State::Text;
        }
        let element = element(tag);
        let raw = RAW.iter().find(|(name, _)| *name == element.name);
        self.page.elements.push(element);
        raw.map_or(State::Text, |(_, end)| State::Raw(end))
    }

    fn slot(&mut self, slot: Slot) {
        let in_href = matches!(&self.state, State::Quoted(tag, value)
            if value.is_empty() && tag.starts_with("a ") && tag.ends_with(" href="));
        if slot.is_url() && in_href {
            self.closing = Some(slot);
        } else if slot.is_url() {
            self.page.misplaced.push((slot, URL_PLACE));
        } else if self.state != State::Text {
            self.page.misplaced.push((slot, TEXT_PLACE));
        }
    }

    fn flush(&mut self) {
        self.page.text.push_str(&escape::undo(&self.text));
        self.text.clear();
    }
}

const URL_PLACE: &str =
    "where it is not the whole address of a link; write href=\"{{slot …}}\" and nothing else between the quotes";
const TEXT_PLACE: &str = "inside a tag, a comment, a title or a style; it may stand only in the text of the page";

/// Splits `name a="b" c` of a tag.
fn element(tag: &str) -> Element {
    let tag = tag.trim_end_matches('/');
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let key = rest[..end].to_lowercase();
        rest = &rest[end..];
        let quoted = rest.strip_prefix("=\"").and_then(|value| value.split_once('"'));
        let (value, after) = quoted.unwrap_or_else(|| ("", rest.strip_prefix('=').unwrap_or(rest)));
        rest = after;
        attributes.push((key, escape::undo(value)));
    }
    Element { name: name.to_lowercase(), attributes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        let pieces = html.split('§').flat_map(|part| match part.strip_prefix('U') {
            Some(rest) => vec![Piece::Slot(Slot::UnsubscribeUrl), Piece::Literal(rest.to_owned())],
            None => match part.strip_prefix('G') {
                Some(rest) => vec![Piece::Slot(Slot::Greeting), Piece::Literal(rest.to_owned())],
                None => vec![Piece::Literal(part.to_owned())],
            },
        });
        scan(&Body(pieces.collect()))
    }

    #[test]
    fn slots_in_their_places_pass() {
        let page = page("<!doctype html><p>§G, <a class=\"b\" href=\"§U\">Leave &amp; go</a></p><!-- <b --><i>x</i>");
        assert_eq!(page.misplaced, []);
        assert_eq!(page.text.split_whitespace().collect::<Vec<_>>().join(" "), ", Leave & go x");
        assert_eq!(page.elements[1].attribute("class"), Some("b"));
        assert!(!page.unfinished);
    }

    #[test]
    fn slots_elsewhere_do_not() {
        for html in [
            "<p title=\"§G\">x</p>",
            "<title>§G</title>",
            "<!-- §G -->",
            "<p>§U</p>",
            "<a href=\"§U&x=1\">x</a>",
            "<a href=\"https://x.example/§U\">x</a>",
            "<a href=§U>x</a>",
            "<a title=\"§U\">x</a>",
        ] {
            assert_eq!(page(html).misplaced.len(), 1, "{html}");
        }
    }

    #[test]
    fn an_open_end_is_seen() {
        for html in ["<p", "<!-- x", "<style>a", "<a href=\"x"] {
            assert!(page(html).unfinished, "{html}");
        }
    }
}
