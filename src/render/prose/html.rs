//! Prose → HTML with the few inline styles that mail programs need.

use super::{escape, phone_numbers};
use crate::domain::prose::{Block, Inline, Prose, is_allowed_link};
use crate::domain::text::one_line;

const SPACE_BELOW: &str = "margin:0 0 14px";
const LIST: &str = "margin:0 0 14px;padding:0 0 0 26px";
const ITEM: &str = "margin:0 0 8px";
const QUOTE: &str = "margin:0 0 14px;padding:2px 0 2px 16px;border-left:4px solid #b9ad97";

/// `prose` as HTML; its headings have `level`.
pub(crate) fn prose(prose: &Prose, level: u8) -> String {
    let mut out = String::new();
    blocks(&prose.0, level, &mut out);
    out
}

fn blocks(list: &[Block], level: u8, out: &mut String) {
    for block in list {
        match block {
            Block::Paragraph(content) => element("p", SPACE_BELOW, content, out),
            Block::Heading(content) => element(&format!("h{level}"), &heading(level), content, out),
            Block::List { start, items } => list_of(*start, items, level, out),
            Block::Quote(inner) => quote(&inner.0, level, out),
        }
    }
}

fn quote(inner: &[Block], level: u8, out: &mut String) {
    open("blockquote", QUOTE, out);
    // Without space below the last paragraph, the line beside the quotation ends with the text.
    match inner.split_last() {
        Some((Block::Paragraph(last), before)) => {
            blocks(before, level, out);
            element("p", "margin:0", last, out);
        }
        _ => blocks(inner, level, out),
    }
    close("blockquote", out);
}

fn heading(level: u8) -> String {
    let size = if level <= 3 { 19 } else { 17 };
    format!("margin:18px 0 8px;font-size:{size}px;line-height:1.4")
}

fn list_of(start: Option<u64>, items: &[Prose], level: u8, out: &mut String) {
    let (tag, attribute) = match start {
        None => ("ul", String::new()),
        Some(1) => ("ol", String::new()),
        Some(first) => ("ol", format!(" start=\"{first}\"")),
    };
    open(&format!("{tag}{attribute}"), LIST, out);
    for item in items {
        open("li", ITEM, out);
        // A lone paragraph needs no tag of its own: a tight list is easier to read and shorter.
        if let [Block::Paragraph(content)] = item.0.as_slice() {
            inlines(content, out);
        } else {
            blocks(&item.0, level, out);
        }
        close("li", out);
    }
    close(tag, out);
}

fn element(tag: &str, style: &str, content: &[Inline], out: &mut String) {
    open(tag, style, out);
    inlines(content, out);
    close(tag, out);
}

fn open(tag: &str, style: &str, out: &mut String) {
    out.extend(["<", tag, " style=\"", style, "\">"]);
}

fn close(tag: &str, out: &mut String) {
    out.extend(["</", tag, ">"]);
}

fn inlines(list: &[Inline], out: &mut String) {
    for inline in list {
        match inline {
            Inline::Text(text) => out.push_str(&phone_numbers::unbroken_html(&one_line(text))),
            Inline::Emphasis(inner) => wrap("em", inner, out),
            Inline::Strong(inner) => wrap("strong", inner, out),
            Inline::Link { href, content } if is_allowed_link(href) => {
                out.extend(["<a href=\"", &escape::html(href), "\">"]);
                inlines(content, out);
                out.push_str("</a>");
            }
            Inline::Link { content, .. } => inlines(content, out),
            Inline::Break => out.push_str("<br />"),
        }
    }
}

fn wrap(tag: &str, inner: &[Inline], out: &mut String) {
    out.extend(["<", tag, ">"]);
    inlines(inner, out);
    close(tag, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    #[test]
    fn writes_every_kind_of_block() {
        let body = Prose(vec![
            Block::Heading(vec![text("A & B")]),
            Block::Paragraph(vec![text("Ask: "), Inline::Emphasis(vec![text("why?")]), Inline::Break, text("<b>")]),
            Block::List { start: Some(3), items: vec![Prose(vec![Block::Paragraph(vec![text("Tea")])])] },
            Block::Quote(Prose(vec![Block::Paragraph(vec![Inline::Link {
                href: "https://a.example/?q=\"x\"".to_owned(),
                content: vec![text("Guide")],
            }])])),
        ]);
        let html = prose(&body, 4);
        assert!(html.starts_with("<h4 style=\"margin:18px 0 8px;font-size:17px;line-height:1.4\">A &amp; B</h4>"));
        assert!(html.contains("Ask: <em>why?</em><br />&lt;b&gt;</p>"));
        assert!(html.contains("<ol start=\"3\" style=\"margin:0 0 14px;padding:0 0 0 26px\"><li"));
        assert!(html.contains("<a href=\"https://a.example/?q=&quot;x&quot;\">Guide</a>"));
    }

    #[test]
    fn a_script_link_is_only_words() {
        let link = Inline::Link { href: "javascript:alert(1)".to_owned(), content: vec![text("Click")] };
        assert!(!prose(&Prose(vec![Block::Paragraph(vec![link])]), 4).contains("javascript"));
    }
}
