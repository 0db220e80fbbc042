//! Prose → plain text, wrapped at 72 columns.

use super::phone_numbers;
use crate::domain::prose::{Block, Inline, Prose, is_allowed_link};
use crate::domain::text::one_line;

/// Columns that plain-text mail programs show without folding (RFC 5322 §2.1.1 asks for 78 at most).
pub(crate) const WIDTH: usize = 72;

/// `prose` as lines of at most [`WIDTH`] columns, except for longer words; a blank line separates blocks.
/// Headings are underlined: with dashes at `level` 3, as in the templates, and with dots below that level.
pub(crate) fn prose(prose: &Prose, level: u8) -> String {
    blocks(&prose.0, level, WIDTH)
}

fn blocks(list: &[Block], level: u8, width: usize) -> String {
    let parts: Vec<String> =
        list.iter().map(|block| one(block, level, width)).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn one(block: &Block, level: u8, width: usize) -> String {
    match block {
        Block::Paragraph(content) => wrap(&inlines(content), width),
        Block::Heading(content) => underlined(&inlines(content), if level <= 3 { "-" } else { "." }, width),
        Block::List { start, items } => list_of(*start, items, level, width),
        Block::Quote(inner) => indent(&blocks(&inner.0, level, width.saturating_sub(2)), "> ", "> "),
    }
}

/// `title`, underlined with `mark` to the length of its longest line.
pub(crate) fn underlined(title: &str, mark: &str, width: usize) -> String {
    let wrapped = wrap(title, width);
    let longest = wrapped.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    format!("{wrapped}\n{}", mark.repeat(longest.min(width)))
}

/// A wrapped paragraph; a list item, which begins with `- `, gets a hanging indent.
pub(crate) fn paragraph(text: &str) -> String {
    match text.strip_prefix("- ") {
        Some(item) => indent(&wrap(item, WIDTH - 2), "- ", "  "),
        None => wrap(text, WIDTH),
    }
}

fn list_of(start: Option<u64>, items: &[Prose], level: u8, width: usize) -> String {
    let mut out = Vec::new();
    let roomy = items.iter().any(|item| item.0.len() > 1);
    for (at, item) in (0_u64..).zip(items) {
        let mark = start.map_or_else(|| "- ".to_owned(), |first| format!("{}. ", first.saturating_add(at)));
        let rest = " ".repeat(mark.len());
        out.push(indent(&blocks(&item.0, level, width.saturating_sub(mark.len())), &mark, &rest));
    }
    out.join(if roomy { "\n\n" } else { "\n" })
}

fn indent(text: &str, first: &str, rest: &str) -> String {
    let lines = text.lines().enumerate().map(|(at, line)| {
        let mark = if at == 0 { first } else { rest };
        format!("{mark}{line}").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Wraps each line of `text` at `width` columns; longer words stay whole.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    text.lines().map(|line| wrap_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in line.split([' ', '\t']).filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        // Lines are broken now, and people search and copy with plain spaces.
        out.push_str(&word.replace('\u{a0}', " "));
        column += length;
    }
    out
}

fn inlines(list: &[Inline]) -> String {
    let mut out = String::new();
    for inline in list {
        match inline {
            Inline::Text(text) => out.push_str(&phone_numbers::unbroken(&one_line(text))),
            Inline::Emphasis(inner) | Inline::Strong(inner) => out.push_str(&inlines(inner)),
            Inline::Link { href, content } => out.push_str(&link(href, &inlines(content))),
            Inline::Break => out.push('\n'),
        }
    }
    out
}

/// `words (address)`; the address alone when the words say nothing else.
fn link(href: &str, words: &str) -> String {
    let address = href.strip_prefix("mailto:").or_else(|| href.strip_prefix("tel:")).unwrap_or(href);
    let same = words.chars().filter(|c| !matches!(c, ' ' | '\u{a0}')).eq(address.chars());
    if !is_allowed_link(href) || same { words.to_owned() } else { format!("{words} ({address})") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Block {
        Block::Paragraph(vec![Inline::Text(text.to_owned())])
    }

    #[test]
    fn lists_hang_and_quotes_are_marked() {
        let long = "word ".repeat(20);
        let body = Prose(vec![
            Block::List { start: None, items: vec![Prose(vec![words(&long)]), Prose(vec![words("b")])] },
            Block::List { start: Some(9), items: vec![Prose(vec![words("c")]), Prose(vec![words("d")])] },
            Block::Quote(Prose(vec![words("e"), words("f")])),
        ]);
        let text = prose(&body, 4);
        assert!(text.starts_with("- word word"));
        assert!(text.contains("\n  word"));
        assert!(text.contains("\n- b\n\n9. c\n10. d\n\n> e\n>\n> f"));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn headings_are_underlined_and_items_hang() {
        let body = Prose(vec![Block::Heading(vec![Inline::Text("What is it?".to_owned())]), words("a")]);
        assert_eq!(prose(&body, 3), "What is it?\n-----------\n\na");
        assert_eq!(prose(&body, 4), "What is it?\n...........\n\na");
        let item = format!("- {}", "word ".repeat(20));
        assert!(paragraph(item.trim()).contains("\n  word"));
        assert_eq!(wrap("call\u{a0}0808\u{a0}800\u{a0}5000 now", 12), "call 0808 800 5000\nnow");
    }

    #[test]
    fn a_link_shows_where_it_leads() {
        assert_eq!(link("https://a.example/x", "The guide"), "The guide (https://a.example/x)");
        assert_eq!(link("tel:08008005000", "0808 800 5000"), "0808 800 5000 (08008005000)");
        assert_eq!(link("tel:08088005000", "0808 800 5000"), "0808 800 5000");
        assert_eq!(link("mailto:a@b.example", "a@b.example"), "a@b.example");
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_word(words in proptest::collection::vec("[a-zŷ😀]{1,90}", 0..40), width in 1_usize..90) {
            let wrapped = wrap(&words.join(" "), width);
            prop_assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), words);
            prop_assert!(wrapped.lines().all(|line| line.chars().count() <= width || !line.contains(' ')));
        }
    }
}
