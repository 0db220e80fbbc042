//! Reads finished HTML with a browser's tokeniser (HTML §13.2.5), as far as slots and our own rules need it.

use html5gum::{Error, StartTag, State, Token, Tokenizer};

use crate::domain::rendered::{Body, Piece, Slot};
use crate::render::templates::slot_markers::Nonce;

/// What was found. Character references are resolved.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Every opening tag in order, including those that only Outlook reads.
    pub(super) elements: Vec<Element>,
    /// The text that a reader sees. A tag counts as a space unless it may stand inside a word.
    pub(super) text: String,
    /// The content of every style element.
    pub(super) styles: String,
    /// Slots in wrong places.
    pub(super) misplaced: Vec<(Slot, &'static str)>,
    /// The document ends in the middle of a tag, a comment or a style.
    pub(super) unfinished: bool,
}

/// An opening tag, its names in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

/// Elements that may stand inside a word.
const INLINE: [&str; 8] = ["a", "b", "em", "i", "span", "strong", "sub", "sup"];

const URL_PLACE: &str =
    "where it is not the whole address of a link; write href=\"{{slot …}}\" and nothing else between the quotes";
const TEXT_PLACE: &str = "inside a tag, a comment, a title or a style; it may stand only in the text of the page";

/// Reads a body cut at its slots.
pub(super) fn scan(body: &Body) -> Scan {
    let (html, markers) = marked(body);
    let mut scan = Scan::default();
    scan.read(&html, true);
    for marker in markers {
        let quoted = format!("\"{}\"", marker.text);
        let is_link = |element: &Element| element.name == "a" && element.attribute("href") == Some(&marker.text);
        let (fits, problem) = if marker.slot.is_url() {
            (html.contains(&quoted) && scan.elements.iter().any(is_link), URL_PLACE)
        } else {
            (scan.text.contains(&marker.text), TEXT_PLACE)
        };
        if !fits {
            scan.misplaced.push((marker.slot, problem));
        }
        scan.text = scan.text.replace(&marker.text, "");
    }
    scan
}

/// What stands for a slot while the HTML is read.
struct Marker {
    slot: Slot,
    text: String,
}

/// The body with a marker, different each time, for every slot.
fn marked(body: &Body) -> (String, Vec<Marker>) {
    let nonce = Nonce::absent_from(&body.fill(|_| String::new()));
    let mut markers: Vec<Marker> = Vec::new();
    let mut html = String::new();
    for piece in &body.0 {
        match piece {
            Piece::Literal(text) => html.push_str(text),
            Piece::Slot(slot) => {
                let text = format!("{}n{}e", nonce.as_str(), markers.len());
                html.push_str(&text);
                markers.push(Marker { slot: *slot, text });
            }
        }
    }
    (html, markers)
}

impl Scan {
    /// Reads `html`; only when `is_seen` do its text and an open end count.
    fn read(&mut self, html: &str, is_seen: bool) {
        let mut tokens = Tokenizer::new(html);
        // The element whose content is no markup.
        let mut inside: Option<String> = None;
        while let Some(Ok(token)) = tokens.next() {
            match token {
                Token::StartTag(tag) => {
                    let element = Element::new(&tag);
                    if let Some(state) = content_state(&element.name) {
                        tokens.set_state(state);
                        inside = Some(element.name.clone());
                    }
                    self.part_words(&element.name);
                    self.elements.push(element);
                }
                Token::EndTag(tag) => {
                    inside = None;
                    self.part_words(&text(&tag.name));
                }
                Token::String(string) => match inside.as_deref() {
                    None if is_seen => self.text.push_str(&text(&string)),
                    Some("style") => self.styles.push_str(&text(&string)),
                    _ => {}
                },
                // Conditional comments do not nest.
                Token::Comment(comment) if is_seen => self.read_conditional(&text(&comment)),
                Token::Comment(_) | Token::Doctype(_) => {}
                Token::Error(error) => self.unfinished |= is_seen && is_open_end(*error),
            }
        }
        self.unfinished |= is_seen && inside.is_some();
    }

    /// A comment that begins with `[if …]>` is markup to Outlook (Microsoft, “About conditional comments”).
    fn read_conditional(&mut self, comment: &str) {
        let is_conditional = comment.trim_start().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("[if"));
        if let Some((_, markup)) = comment.split_once('>').filter(|_| is_conditional) {
            self.read(markup, false);
        }
    }

    fn part_words(&mut self, tag: &str) {
        if !INLINE.contains(&tag) {
            self.text.push(' ');
        }
    }
}

/// How the content of these elements is read where scripts do not run, so that `noscript` holds markup (HTML §13.2.6).
fn content_state(element: &str) -> Option<State> {
    match element {
        "title" | "textarea" => Some(State::RcData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(State::RawText),
        "script" => Some(State::ScriptData),
        _ => None,
    }
}

fn is_open_end(error: Error) -> bool {
    matches!(
        error,
        Error::EofBeforeTagName | Error::EofInTag | Error::EofInComment | Error::EofInDoctype | Error::EofInCdata
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Element {
    fn new(tag: &StartTag<()>) -> Self {
        let attributes = tag.attributes.iter().map(|(name, value)| (text(name), text(value)));
        Self { name: text(&tag.name), attributes: attributes.collect() }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What its attributes say.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(_, value)| value.as_str())
    }

    /// The name of an attribute that holds a script, such as `onclick`, or an address that is one.
    pub(super) fn script(&self) -> Option<&str> {
        let holds_script = |(name, value): &&(String, String)| name.starts_with("on") || is_script(value);
        self.attributes.iter().find(holds_script).map(|(name, _)| name.as_str())
    }

    /// Whether this is a picture that nobody is meant to see: at most one pixel wide or high.
    pub(super) fn is_pixel(&self) -> bool {
        ["width", "height"].iter().any(|side| {
            // What follows the number in an attribute means nothing, a percent sign apart (HTML §2.4.4.4).
            self.attribute(side).is_some_and(|size| is_tiny(size, |unit| !unit.starts_with('%')))
                || self.style(side).any(|size| is_tiny(size, |unit| ["", "px", "pt"].contains(&unit)))
        })
    }

    /// The values of a property in the style attribute.
    fn style<'a>(&'a self, property: &'a str) -> impl Iterator<Item = &'a str> {
        let declarations = self.attribute("style").unwrap_or_default().split(';');
        let pairs = declarations.filter_map(|declaration| declaration.split_once(':'));
        pairs.filter(move |(name, _)| name.trim().eq_ignore_ascii_case(property)).map(|(_, value)| value)
    }
}

/// Whether `size` is nothing, or at most 1 in a unit of about a pixel.
fn is_tiny(size: &str, is_pixels: impl Fn(&str) -> bool) -> bool {
    let size = size.trim().to_ascii_lowercase();
    let (number, rest) = size.split_at(size.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(size.len()));
    let unit = rest.split([' ', '!']).next().unwrap_or_default();
    number.parse::<f64>().is_ok_and(|number| number == 0.0 || number <= 1.0 && is_pixels(unit))
}

/// Whether a browser would run this address as a script: it passes over white space and letter case (URL §4.4).
fn is_script(address: &str) -> bool {
    let plain: String = address.chars().filter(|c| *c > ' ').collect::<String>().to_ascii_lowercase();
    ["javascript:", "vbscript:"].iter().any(|scheme| plain.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::prose::escape;

    fn page(html: &str) -> Scan {
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
            "<p §G>x</p>",
            "<title>§G</title>",
            "<style>§G</style>",
            "<!-- §G -->",
            "<!--[if mso]><p>§G</p><![endif]-->",
            "<p>§U</p>",
            "<a href=\"§U&x=1\">x</a>",
            "<a href=\"https://x.example/§U\">x</a>",
            "<a href=§U>x</a>",
            "<a href='§U'>x</a>",
            "<a href='\"§U\"'>x</a>",
            "<a title=\"§U\">x</a>",
            "<b href=\"§U\">x</b>",
            "<a href=\"x\" href=\"§U\">x</a>",
        ] {
            assert_eq!(page(html).misplaced.len(), 1, "{html}");
        }
    }

    #[test]
    fn an_open_end_is_seen() {
        for html in ["<p", "<p>x<", "</p", "<!-- x", "<style>a", "<title>a", "<a href=\"x", "<a href='x", "<a href=x"] {
            assert!(page(html).unfinished, "{html}");
        }
    }

    #[test]
    fn attributes_are_read_however_they_are_written() {
        for html in [
            "<img src=\"https://x.example/?a&amp;b\">",
            "<img src='https://x.example/?a&#38;b'>",
            "<IMG SRC=https://x.example/?a&b>",
            "<img\n\tsrc = &#x68;ttps://x.example/?a&AMP;b />",
            "<img/src='https://x.example/?a&b'/src=y>",
            "<noscript><img src=https://x.example/?a&b></noscript>",
            "<!--[if mso]><img src='https://x.example/?a&b'><![endif]-->",
            "<!--[if !mso]><!--><img src='https://x.example/?a&b'><!--<![endif]-->",
        ] {
            let page = page(html);
            let picture = page.elements.iter().find(|element| element.name == "img").expect(html);
            assert_eq!(picture.attribute("src"), Some("https://x.example/?a&b"), "{html}");
            assert!(!page.unfinished, "{html}");
        }
        for html in
            ["<!-- <img src=x> -->", "<title><img src=x></title>", "<style><img src=x></style>", "&lt;img src=x>"]
        {
            assert!(page(html).elements.iter().all(|element| element.name != "img"), "{html}");
        }
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back_whole(text in any::<String>()) {
            // No control character gets into a mail (`check_characters`), and HTML reads some of them as others.
            let text = text.replace(char::is_control, " ");
            let body = Body(vec![Piece::Literal(escape::html(&text))]);
            prop_assert_eq!(scan(&body).text, text);
        }

        #[test]
        fn anything_can_be_read(html in "(\\PC|[<>\"'=/!-]|<a href=|<style>|<!--\\[if ){0,40}") {
            page(&html);
        }
    }
}
