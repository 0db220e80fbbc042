//! A sheet to print: an SVG file that is whole and asks for nothing but itself.
//!
//! What is not known to be harmless is refused. A browser would open the file by itself, on the site's own address.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::encoding::Decoder;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

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

/// The drawing in this file, if nothing is wrong with it, without a size of its own.
pub(super) fn read(path: &Path) -> Result<String, Vec<Diagnostic>> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    if let Err(error) = ordinary_file::open(path).and_then(|opened| opened.take(LIMIT + 1).read_to_end(&mut bytes)) {
        return Err(vec![page::unreadable(&file, &error)]);
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LIMIT) {
        let message = format!("the drawing is larger than {} kB", LIMIT / 1_000);
        let help = "take out what is not seen, or draw it with fewer points";
        return Err(vec![Diagnostic::error("svg-too-large", message).in_file(file).help(help)]);
    }
    let page = page::from_bytes(file, bytes).map_err(|error| vec![*error])?;
    Checker { page: &page, at: 0, depth: 0, has_root: false, prefixes: BTreeSet::new(), style: None }.check();
    let found = page.take_diagnostics();
    if found.is_empty() { Ok(sized_to_paper(page.text())) } else { Err(found) }
}

/// A walk over the drawing.
struct Checker<'a> {
    page: &'a Page,
    /// Where the event begins that is looked at.
    at: usize,
    depth: usize,
    has_root: bool,
    /// Those that were declared so far.
    prefixes: BTreeSet<String>,
    /// The text of the style sheet that is open.
    style: Option<String>,
}

impl Checker<'_> {
    fn check(&mut self) {
        let mut reader = Reader::from_str(self.page.text());
        reader.config_mut().check_comments = true;
        loop {
            self.at = usize::try_from(reader.buffer_position()).unwrap_or_default();
            match reader.read_event() {
                Ok(Event::Eof) => break,
                Ok(event) => self.take(event, reader.decoder()),
                Err(error) => {
                    self.at = usize::try_from(reader.error_position()).unwrap_or_default();
                    return self.broken(&error.to_string());
                }
            }
        }
        if self.depth > 0 {
            self.broken("an element is not closed");
        } else if !self.has_root {
            self.broken("there is no element in it");
        }
    }

    fn take(&mut self, event: Event<'_>, decoder: Decoder) {
        match event {
            Event::Start(tag) => {
                self.open(&tag, decoder);
                self.depth += 1;
            }
            Event::Empty(tag) => {
                self.open(&tag, decoder);
                self.close();
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.close();
            }
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
        let is_root = self.depth == 0;
        if is_root && self.has_root {
            self.broken("there is a second element after the drawing");
        }
        let mut namespace = None;
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            match attribute.map_err(|error| error.to_string()).and_then(|attribute| named(&attribute, decoder)) {
                Ok((key, value)) => {
                    self.prefixes.extend(key.strip_prefix("xmlns:").map(str::to_owned));
                    if key == "xmlns" {
                        namespace = Some(value.clone());
                    }
                    attributes.push((key, value));
                }
                Err(problem) => self.broken(&problem),
            }
        }
        let has_view_box = attributes.iter().any(|(key, _)| key == "viewBox");
        if is_root && (name != "svg" || namespace.as_deref() != Some(NAMESPACE) || !has_view_box) {
            let message = "the file does not begin with an <svg> element that has a namespace and a viewBox";
            let help = format!("its first element is <svg xmlns=\"{NAMESPACE}\" viewBox=\"0 0 595 842\">");
            self.page.error(self.at, "svg-root", message, help);
        } else if !ELEMENTS.contains(&name.as_str()) {
            let message = format!("<{}> may not stand in a drawing", shown(&name).trim_matches(['“', '”']));
            let help = "draw with lines, shapes and text; a drawing program saves that as “plain SVG”";
            self.page.error(self.at, "svg-element", message, help);
        }
        for (key, value) in &attributes {
            self.attribute(key, value);
        }
        self.has_root = true;
        if name == "style" {
            self.style = Some(String::new());
        }
    }

    fn attribute(&self, key: &str, value: &str) {
        let (prefix, local) = key.split_once(':').unwrap_or(("", key));
        let is_name = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        if !is_name(local) || !(prefix.is_empty() || is_name(prefix)) || value.contains('<') {
            return self.broken(&format!("the attribute {} is not written as it should be", shown(key)));
        }
        if !(prefix.is_empty() || PREFIXES.contains(&prefix) || self.prefixes.contains(prefix)) {
            return self.broken(&format!("nothing says what the “{prefix}:” of {} means", shown(key)));
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
        let is_inside = local != "href" || value.trim_start().starts_with('#');
        let lower = value.to_ascii_lowercase();
        if local == "src"
            || !is_inside
            || lower.contains("//")
            || ["javascript:", "data:"].iter().any(|s| lower.contains(s))
        {
            self.elsewhere(&format!("{key}=\"{value}\""));
        } else {
            self.styled(value);
        }
    }

    fn text(&mut self, text: &str) {
        let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        if text.contains(is_odd) {
            self.broken("there is a control character in it");
        }
        if self.depth == 0 && !text.trim().is_empty() {
            self.broken("there is text before or after the drawing");
        }
        if let Some(style) = &mut self.style {
            style.push_str(text);
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
        let encoding = declaration.encoding().and_then(Result::ok);
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"utf-8")) {
            self.broken("it says that it is not UTF-8: save it with that encoding");
        }
    }

    fn instruction(&self, what: &str) {
        let help = "take the line out, or save the drawing as “plain SVG”";
        self.page.error(self.at, "svg-doctype", format!("{what} may not stand in a drawing"), help);
    }

    fn close(&mut self) {
        if let Some(style) = self.style.take() {
            self.styled(&style);
        }
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

/// A drawing without the width and height of its root: it takes the sheet of paper that it is printed on, and no second one.
fn sized_to_paper(text: &str) -> String {
    let mut reader = Reader::from_str(text);
    loop {
        let start = reader.buffer_position();
        let (tag, end) = match reader.read_event() {
            Ok(Event::Start(tag)) => (tag, ">"),
            Ok(Event::Empty(tag)) => (tag, "/>"),
            Ok(Event::Eof) | Err(_) => return text.to_owned(),
            Ok(_) => continue,
        };
        let mut root = "<svg".to_owned();
        for attribute in tag.attributes().flatten() {
            let (key, value) =
                (String::from_utf8_lossy(attribute.key.as_ref()), String::from_utf8_lossy(&attribute.value));
            if !matches!(key.as_ref(), "width" | "height") {
                let quote = if value.contains('"') { '\'' } else { '"' };
                root.push_str(&format!(" {key}={quote}{value}{quote}"));
            }
        }
        let [start, rest] = [start, reader.buffer_position()].map(|at| usize::try_from(at).unwrap_or_default());
        return format!("{}{root}{end}{}", &text[..start], &text[rest..]);
    }
}

/// An attribute's name and value, without character references.
fn named(attribute: &Attribute<'_>, decoder: Decoder) -> Result<(String, String), String> {
    let key = decoder.decode(attribute.key.as_ref()).map_err(|error| error.to_string())?;
    let value = attribute.decoded_and_normalized_value(XmlVersion::Implicit1_0, decoder).map_err(|e| e.to_string())?;
    Ok((key.into_owned(), value.into_owned()))
}
