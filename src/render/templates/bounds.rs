//! How deep, long and costly templates may be. Beyond this they would fill the stack or the memory, or never end.
//!
//! Everything is counted before anything is parsed or rendered, so that the same files are always refused.

use std::io;

use handlebars::Output;

/// The largest file, and all files together, in bytes.
pub(crate) const FILE: u64 = 64 * 1024;
pub(crate) const ALL_FILES: usize = 1024 * 1024;

/// The most partials in one folder.
pub(crate) const PARTIALS: usize = 500;

/// Blocks and partials inside one another. A thread with 2 MiB of stack has room for them.
pub(crate) const DEPTH: usize = 32;

/// Tags in one file: the engine counts lines anew for each.
const TAGS: usize = 2_000;

/// Opening brackets in one tag.
const BRACKETS: usize = 32;

/// What one rendering may come to, in parts of a template: a loop counts for [`LOOP`] rounds, a literal for a part each
/// [`LITERAL`] bytes. The shipped templates come to some 8,000.
pub(crate) const COST: usize = 250_000;
pub(crate) const LOOP: usize = 30;
pub(crate) const LITERAL: usize = 64;

/// The most that a template may come to when it is filled in, in bytes.
pub(crate) const OUTPUT: usize = 4 * 1024 * 1024;

/// Elements of MJML inside one another, and the longest attribute in bytes: defaults repeat it for every element.
const ELEMENTS: usize = 64;
const ATTRIBUTE: usize = 4 * 1024;

/// What a template comes to, as long as that is within [`OUTPUT`].
#[derive(Default)]
pub(crate) struct Filled(Vec<u8>);

impl Filled {
    pub(crate) fn into_text(self) -> String {
        // Only whole texts are written.
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl io::Write for Filled {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.0.len() + piece.len() > OUTPUT {
            return Err(io::Error::other("it comes to more than 4 MiB when it is filled in"));
        }
        self.0.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output for Filled {
    fn write(&mut self, piece: &str) -> io::Result<()> {
        io::Write::write_all(self, piece.as_bytes())
    }
}

/// Where a template is too much for the engine, in bytes from its start, and why; the text is not parsed for that.
pub(crate) fn beyond_engine(text: &str) -> Option<(usize, &'static str)> {
    // The depth to which each open block returns when it is closed: every `else if` goes one deeper until then.
    let (mut open, mut depth) = (Vec::new(), 0_usize);
    let (mut from, mut tags) = (0, 0);
    while let Some(found) = text[from..].find("{{") {
        let at = from + found;
        tags += 1;
        if tags > TAGS {
            return Some((at, "has more than 2,000 tags"));
        }
        let inside = text[at..].trim_start_matches('{').trim_start_matches(['~', ' ', '\t', '\r', '\n']);
        let start = text.len() - inside.len();
        let (end, brackets) = tag(text, start);
        if brackets > BRACKETS {
            return Some((at, "has too many brackets in one tag"));
        }
        let words = inside[1.min(inside.len())..].trim_start();
        match inside.as_bytes().first() {
            Some(b'#') => {
                open.push(depth);
                depth += 1;
            }
            Some(b'/') => depth = open.pop().unwrap_or_default(),
            Some(b'^') if !words.starts_with(['}', '~']) => depth += 1,
            Some(b'e') if inside.starts_with("else") && !inside[4..].trim_start().starts_with(['}', '~']) => depth += 1,
            _ => {}
        }
        if depth > DEPTH {
            return Some((at, "has too many blocks inside one another"));
        }
        from = end;
    }
    None
}

/// Where the tag ends whose words begin at `start`, and how many brackets it opens outside quotation marks.
fn tag(text: &str, start: usize) -> (usize, usize) {
    let rest = &text[start..];
    if let Some(comment) = rest.strip_prefix('!') {
        let close = if comment.starts_with("--") { "--}}" } else { "}}" };
        return (rest.find(close).map_or(text.len(), |at| start + at + close.len()), 0);
    }
    let (mut quote, mut escaped, mut brackets) = (None, false, 0);
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) => quote = quote.filter(|_| byte != open),
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => brackets += 1,
            (None, b'}') if rest.as_bytes().get(at + 1) == Some(&b'}') => return (start + at + 2, brackets),
            _ => {}
        }
    }
    (text.len(), brackets)
}

/// Elements that hold nothing (HTML §13.1.2).
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// Why finished MJML is not parsed: the problem, and the tag that has it.
pub(crate) fn beyond_mjml(mjml: &str) -> Option<(&'static str, &str)> {
    let (mut depth, mut from) = (0_usize, 0);
    while let Some(found) = mjml[from..].find('<') {
        let at = from + found;
        let rest = &mjml[at..];
        if rest.starts_with("<!--") {
            from = rest.find("-->").map_or(mjml.len(), |end| at + end + 3);
            continue;
        }
        let (length, longest) = element(rest);
        let whole = &rest[..length];
        if longest > ATTRIBUTE {
            return Some(("has an attribute of more than 4 KiB", &rest[..rest.floor_char_boundary(40)]));
        }
        let name = whole[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if whole.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty() && !whole.ends_with("/>") && !VOID.contains(&name) {
            depth += 1;
        }
        if depth > ELEMENTS {
            return Some(("has too many elements inside one another", whole));
        }
        from = at + length;
    }
    None
}

/// The length of the tag that `text` begins with, and of its longest attribute, in bytes.
fn element(text: &str) -> (usize, usize) {
    let (mut quote, mut longest) = (None, 0);
    for (at, byte) in text.bytes().enumerate() {
        match quote {
            Some((open, since)) if byte == open => {
                longest = longest.max(at - since);
                quote = None;
            }
            None if byte == b'"' || byte == b'\'' => quote = Some((byte, at)),
            None if byte == b'>' => return (at + 1, longest),
            _ => {}
        }
    }
    (text.len(), longest.max(quote.map_or(0, |(_, since)| text.len() - since)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_as_the_engine_nests() {
        let deep = |open: &str, n: usize| beyond_engine(&open.repeat(n)).is_some();
        for open in ["{{#if a}}", "{{~ # if a}}", "{{#each b}}x", "{{{{#raw}}}}", "{{else if a}}", "{{^if a}}"] {
            assert!(!deep(open, DEPTH), "{open}");
            assert!(deep(open, DEPTH + 1), "{open}");
        }
        let beside =
            "{{#if a}}x{{else if b}}y{{else}}z{{^}}{{/if}}{{!-- {{#if a}} --}}{{! ( }}{{> p q=\"((\"}}".repeat(100);
        assert_eq!(beyond_engine(&beside), None);
        assert!(beyond_engine(&format!("{{{{a \"}}}}\" {}", "(".repeat(BRACKETS + 1))).is_some());
    }

    #[test]
    fn elements_are_counted_as_they_nest() {
        assert_eq!(beyond_mjml(&"<br><img src=\"a>b\"><b>x</b><p/><!-- <b> -->".repeat(500)), None);
        assert!(beyond_mjml(&"<b>".repeat(ELEMENTS + 1)).is_some());
        assert!(beyond_mjml(&format!("<b a='{}'>", "x".repeat(ATTRIBUTE))).is_some());
        assert!(beyond_mjml(&format!("<b a='{}", "x".repeat(ATTRIBUTE))).is_some());
    }
}
