//! A printable's drawing: an SVG file that is whole and asks for nothing but itself.
//!
//! What is not known to be harmless is refused, because a browser opens the file by itself, on the site's own address.

mod paper;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::mem;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::encoding::Decoder;
use quick_xml::events::attributes::{AttrError, Attribute};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use self::paper::{has_its_shape, sets_size, shape, sized_to_paper};
use super::page::{self, Page};
use super::words::shown;
use crate::domain::diagnostic::Diagnostic;
use crate::ordinary_file;

/// The largest drawing, in bytes.
const LIMIT: u64 = 100_000;

const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// The elements that draw or describe, and do nothing else.
const ELEMENTS: [&str; 25] = [
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "title",
    "desc",
    "style",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "marker",
    "pattern",
    "clipPath",
    "mask",
    "linearGradient",
    "radialGradient",
    "stop",
];

/// What fetches something in a style, apart from `url(…)`.
const FETCHING: [&str; 5] = ["@import", "@font-face", "image(", "image-set(", "src("];

/// Prefixes that every XML document has.
const PREFIXES: [&str; 2] = ["xml", "xmlns"];

/// The drawing in this file without a size of its own, if there is no error in it, and what was found.
pub(super) fn read(path: &Path) -> (Option<String>, Vec<Diagnostic>) {
    let page = match open(path) {
        Ok(page) => page,
        Err(unread) => return (None, vec![*unread]),
    };
    Checker {
        page: &page,
        at: 0,
        open: Vec::new(),
        has_root: false,
        style: String::new(),
        uses: Vec::new(),
        with_use: BTreeSet::new(),
    }
    .check();
    let found = page.take_diagnostics();
    let is_whole = !found.iter().any(Diagnostic::is_error);
    (is_whole.then(|| sized_to_paper(page.text())), found)
}

fn open(path: &Path) -> Result<Page, Box<Diagnostic>> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    if let Err(error) = ordinary_file::open(path).and_then(|opened| opened.take(LIMIT + 1).read_to_end(&mut bytes)) {
        return Err(Box::new(page::unreadable(&file, &error)));
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LIMIT) {
        let message = format!("the drawing is larger than {} kB", LIMIT / 1_000);
        let help = "take out what is not seen, or draw it with fewer points";
        return Err(Box::new(Diagnostic::error("svg-too-large", message).in_file(file).help(help)));
    }
    page::from_bytes(file, bytes)
}

/// The elements that are open, and what is known of those before.
struct Checker<'a> {
    page: &'a Page,
    /// Byte offset of the current event.
    at: usize,
    /// From the root inwards.
    open: Vec<Element>,
    has_root: bool,
    /// The text of the open style sheet.
    style: String,
    /// Where each `use` stands, and the id of what it draws.
    uses: Vec<(usize, String)>,
    /// Ids of elements that are or hold a `use`.
    with_use: BTreeSet<String>,
}

/// An open element.
#[derive(Default)]
struct Element {
    name: String,
    id: String,
    /// The prefixes that it declares.
    prefixes: Vec<String>,
    /// How many `use` elements there were before it.
    uses_before: usize,
}

impl Checker<'_> {
    fn check(&mut self) {
        let mut reader = Reader::from_str(self.page.text());
        reader.config_mut().check_comments = true;
        loop {
            self.at = usize::try_from(reader.buffer_position()).unwrap_or_default();
            match reader.read_event() {
                Ok(Event::Eof) => break,
                Ok(event) => self.event(event, reader.decoder()),
                Err(error) => {
                    self.at = usize::try_from(reader.error_position()).unwrap_or_default();
                    return self.broken(&error.to_string());
                }
            }
        }
        if !self.open.is_empty() {
            self.broken("an element is not closed");
        } else if !self.has_root {
            self.broken("there is no element in it");
        }
        self.check_uses();
    }

    /// Thirty nested pairs of `use` would be a thousand million shapes.
    fn check_uses(&self) {
        for (at, id) in self.uses.iter().filter(|(_, id)| self.with_use.contains(id)) {
            let message = format!("<use> draws {}, which has a <use> in it", shown(&format!("#{id}")));
            self.page.error(*at, "svg-use", message, "copy the shapes themselves to one of the two places");
        }
    }

    fn event(&mut self, event: Event<'_>, decoder: Decoder) {
        match event {
            Event::Start(tag) => self.open(&tag, decoder),
            Event::Empty(tag) => {
                self.open(&tag, decoder);
                self.close();
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(&text.decode().unwrap_or_default()),
            Event::CData(text) => self.text(&text.decode().unwrap_or_default()),
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::Decl(declaration) => self.declaration(&declaration),
            Event::DocType(_) => self.instruction("a document type"),
            Event::PI(_) => self.instruction("a processing instruction"),
            Event::Comment(_) | Event::Eof => {}
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, decoder: Decoder) {
        let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
        let is_root = self.open.is_empty();
        if is_root && self.has_root {
            self.broken("there is a second element after the drawing");
        }
        self.has_root = true;
        let attributes = self.attributes(tag, decoder);
        let of = |key: &str| attributes.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str());
        let is_in_style = self.open.last().is_some_and(|around| around.name == "style");
        if is_root {
            self.root(&name, of);
        } else if !ELEMENTS.contains(&name.as_str()) || is_in_style {
            let place = if is_in_style { "a style sheet" } else { "a drawing" };
            let message = format!("<{}> may not stand in {place}", shown(&name).trim_matches(['“', '”']));
            let help = "draw with lines, shapes and text; a drawing program saves that as “plain SVG”";
            self.page.error(self.at, "svg-element", message, help);
        }
        let prefixes = attributes.iter().filter_map(|(key, _)| key.strip_prefix("xmlns:").map(str::to_owned)).collect();
        let id = of("id").or_else(|| of("xml:id")).unwrap_or_default().to_owned();
        self.open.push(Element { name, id, prefixes, uses_before: self.uses.len() });
        for (key, value) in &attributes {
            self.attribute(key, value);
        }
    }

    fn attributes(&self, tag: &BytesStart<'_>, decoder: Decoder) -> Vec<(String, String)> {
        let read = |attribute: Result<Attribute<'_>, _>| {
            let named = attribute.map_err(|error: AttrError| error.to_string()).and_then(|one| named(&one, decoder));
            named.map_err(|problem| self.broken(&problem)).ok()
        };
        tag.attributes().filter_map(read).collect()
    }

    fn root<'v>(&self, name: &str, of: impl Fn(&str) -> Option<&'v str>) {
        let shape = of("viewBox").and_then(shape);
        if name != "svg" || of("xmlns") != Some(NAMESPACE) || shape.is_none() {
            let message = "the file does not begin with an <svg> element that has a namespace and a viewBox";
            let help = format!("its first element is <svg xmlns=\"{NAMESPACE}\" viewBox=\"0 0 595 842\">");
            self.page.error(self.at, "svg-root", message, help);
        } else if shape.is_some_and(|shape| !has_its_shape(shape)) {
            let message = "the drawing has another shape than A4, so a part of the paper stays empty";
            self.page.warning(self.at, "svg-shape", message, "fit it to a page of viewBox=\"0 0 595 842\"");
        }
        if of("style").is_some_and(sets_size) {
            self.sized();
        }
    }

    fn attribute(&mut self, key: &str, value: &str) {
        let (prefix, local) = key.split_once(':').unwrap_or(("", key));
        let is_name = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        if !is_name(local) || !(prefix.is_empty() || is_name(prefix)) || value.contains('<') {
            return self.broken(&format!("the attribute {} is not written as it should be", shown(key)));
        }
        if !(prefix.is_empty() || PREFIXES.contains(&prefix) || self.declares(prefix)) {
            return self.broken(&format!("the prefix “{prefix}:” of {} is not declared", shown(key)));
        }
        if key == "xmlns" && value != NAMESPACE {
            return self.page.error(
                self.at,
                "svg-element",
                format!("elements of {} may not stand in a drawing", shown(value)),
                "take them out: only SVG’s own elements are shown",
            );
        }
        if prefix == "xmlns" || key == "xmlns" {
            return;
        }
        if local.to_ascii_lowercase().starts_with("on") {
            let help = "take it out: a sheet of paper has nothing to react to";
            self.page.error(self.at, "svg-script", format!("{} would run a script", shown(key)), help);
        }
        // A reader would take “%61” for “a”.
        let target = value.trim().strip_prefix('#').filter(|target| !target.contains('%'));
        let lower = value.trim_start().to_ascii_lowercase();
        if matches!(local, "src" | "base")
            || local == "href" && target.is_none()
            || ["//", "javascript:", "data:"].iter().any(|start| lower.starts_with(start))
        {
            return self.elsewhere(&format!("{key}=\"{value}\""));
        }
        self.styled(value);
        if local == "href" && self.open.last().is_some_and(|element| element.name == "use") {
            self.uses.extend(target.map(|target| (self.at, target.to_owned())));
        }
    }

    /// Whether an open element declares this prefix.
    fn declares(&self, prefix: &str) -> bool {
        self.open.iter().any(|element| element.prefixes.iter().any(|declared| declared == prefix))
    }

    fn text(&mut self, text: &str) {
        let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        if text.contains(is_odd) {
            self.broken("there is a control character in it");
        }
        if self.open.is_empty() && !text.trim().is_empty() {
            self.broken("there is text before or after the drawing");
        }
        if self.open.last().is_some_and(|element| element.name == "style") {
            self.style.push_str(text);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let name = reference.decode().unwrap_or_default();
        let meant = match reference.resolve_char_ref() {
            Ok(Some(c)) => Some(c.to_string()),
            Ok(None) => quick_xml::escape::resolve_xml_entity(&name).map(str::to_owned),
            Err(_) => None,
        };
        match meant {
            Some(meant) => self.text(&meant),
            None => self.broken(&format!("“&{name};” is not known: write the character itself")),
        }
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) {
        if self.at > 0 {
            self.broken("“<?xml” may only be the very beginning of a file");
        }
        let encoding = declaration.encoding().and_then(Result::ok);
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"utf-8")) {
            self.broken("it declares another encoding than UTF-8: save it as UTF-8");
        }
    }

    fn instruction(&self, what: &str) {
        let help = "take the line out, or save the drawing as “plain SVG”";
        self.page.error(self.at, "svg-doctype", format!("{what} may not stand in a drawing"), help);
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        if self.uses.len() > closed.uses_before {
            self.with_use.insert(closed.id);
        }
        if closed.name == "style" {
            let style = mem::take(&mut self.style);
            self.styled(&style);
            if sets_size(&style) {
                self.sized();
            }
        }
    }

    fn sized(&self) {
        let message = "a style sets a width or a height, and the drawing would not fit the paper";
        self.page.error(self.at, "svg-size", message, "take it out, or write it as an attribute of one shape");
    }

    /// Notes what a style, or an attribute that is one, would fetch. A backslash could hide it (CSS Syntax §4.3.7).
    fn styled(&self, style: &str) {
        let lower = style.to_ascii_lowercase();
        let mut urls = lower.match_indices("url(").map(|(at, open)| lower[at + open.len()..].trim_start());
        let is_inside = |url: &str| url.trim_start_matches(['"', '\'']).starts_with('#');
        if lower.contains('\\') || FETCHING.iter().any(|word| lower.contains(word)) || urls.any(|url| !is_inside(url)) {
            self.elsewhere(style.trim());
        }
    }

    fn elsewhere(&self, what: &str) {
        let message = format!("{} would fetch something from elsewhere", shown(what));
        self.page.error(
            self.at,
            "svg-reference",
            message,
            "a drawing holds all that it shows: draw it in the file itself",
        );
    }

    fn broken(&self, problem: &str) {
        let message = format!("the drawing is not well-formed SVG: {problem}");
        self.page.error(self.at, "svg-syntax", message, "save it again from the drawing program, as “plain SVG”");
    }
}

/// An attribute's name and value, without character references.
fn named(attribute: &Attribute<'_>, decoder: Decoder) -> Result<(String, String), String> {
    let key = decoder.decode(attribute.key.as_ref()).map_err(|error| error.to_string())?;
    let value = attribute.decoded_and_normalized_value(XmlVersion::Implicit1_0, decoder).map_err(|e| e.to_string())?;
    Ok((key.into_owned(), value.into_owned()))
}
