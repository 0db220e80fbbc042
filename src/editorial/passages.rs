//! A page's Markdown as an editor reads it: passages of words, links, and where in the file each of them stands.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::library::reader::{self, PlacedText};

/// A paragraph, or a list item or quotation without one: sentences never run on from one to the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Passage {
    /// Its words, without marks, headings and addresses of links.
    pub(super) words: PlacedText,
    /// Whether it stands below the heading that says what to do when something worries you.
    pub(super) is_help: bool,
}

/// The words and links of one body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BodyText {
    /// Its passages, in order; none is empty.
    pub(super) passages: Vec<Passage>,
    /// The address of each link, and the byte of the page at which it begins.
    pub(super) links: Vec<(String, usize)>,
}

/// Reads `page` from byte `start` on.
pub(super) fn read(page: &str, start: usize) -> BodyText {
    let mut reader = Reader::default();
    for (event, range) in Parser::new_ext(&page[start..], reader::options()).into_offset_iter() {
        reader.take(&event, &(start + range.start..start + range.end));
    }
    reader.close();
    reader.text
}

#[derive(Default)]
struct Reader {
    text: BodyText,
    passage: Passage,
    /// The words of the heading that is being read.
    heading: Option<String>,
    is_help: bool,
}

impl Reader {
    fn take(&mut self, event: &Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.close();
                self.heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(level)) => {
                let words = self.heading.take().unwrap_or_default();
                if *level as usize <= 2 {
                    self.is_help = words.trim() == crate::library::activity::HEADINGS[3];
                }
            }
            Event::Text(words) => self.words(words, range.start),
            Event::SoftBreak | Event::HardBreak => self.words(" ", range.start),
            Event::Start(Tag::Link { dest_url, .. }) => self.text.links.push((dest_url.to_string(), range.start)),
            Event::Start(tag) if is_inline(tag) => {}
            Event::Start(_) | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::BlockQuote(_)) => self.close(),
            _ => {}
        }
    }

    fn words(&mut self, words: &str, at: usize) {
        match &mut self.heading {
            Some(heading) => heading.push_str(words),
            None => self.passage.words.push(words, at),
        }
    }

    fn close(&mut self) {
        let passage = std::mem::take(&mut self.passage);
        if !passage.words.text.trim().is_empty() {
            self.text.passages.push(Passage { is_help: self.is_help, ..passage });
        }
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Image { .. })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passages_end_with_their_block_and_headings_are_no_prose() {
        let page = "+++\n## Get ready\n\nOne *two*\nthree &amp; [four](https://a.example/x).\n\n- five\n- six\n\n  > seven\n\n### Eight\n\n## If something worries you\n\nNine.";
        let text = read(page, 4);
        let passages: Vec<&str> = text.passages.iter().map(|passage| passage.words.text.as_str()).collect();
        assert_eq!(passages, ["One two three & four.", "five", "six", "seven", "Nine."]);
        assert_eq!(
            text.passages.iter().map(|passage| passage.is_help).collect::<Vec<_>>(),
            [false, false, false, false, true]
        );
        assert_eq!(text.links, [("https://a.example/x".to_owned(), page.find("[four").expect("it is there"))]);
        let four = text.passages[0].words.text.find("four").expect("it is there");
        assert_eq!(text.passages[0].words.place(four), page.find("four").expect("it is there"));
    }

    /// Bits of Markdown in any order, so that marks open, close, nest and fail to.
    fn markdown() -> impl Strategy<Value = String> {
        let bits = [
            "a",
            "été ",
            "word",
            " two",
            "\n",
            "\n\n",
            "\r\n",
            "  \n",
            "\\\n",
            "*",
            "**",
            "_",
            "[",
            "](https://a.example/x)",
            "](x",
            "<https://b.example>",
            "![",
            "\n- ",
            "\n  1. ",
            "\n> ",
            "\n## ",
            "    ",
            "\t",
            "&amp;",
            "&#39;",
            "&eacute;",
            "\\*",
            "\\&",
            "`",
            "“x”",
            "\"",
            "...",
            "😀",
            "<i>",
            "~~",
            "|",
            "=",
            "\n---\n",
            "\u{0}",
            "!",
            ".",
        ];
        prop::collection::vec(prop::sample::select(bits.to_vec()), 0..40).prop_map(|bits| bits.concat())
    }

    /// Whether `c` is what stands at the beginning of `source`, as itself or by its name.
    fn stands(c: char, source: &str) -> bool {
        source.starts_with(c) || matches!(c, '&' | '\'' | 'é') && source.starts_with('&')
    }

    proptest! {
        #[test]
        fn every_character_stands_in_the_page_where_its_place_says(front in "[+é\n]{0,9}", body in markdown()) {
            let page = format!("{front}{body}");
            let text = read(&page, front.len());
            for passage in &text.passages {
                // A space may stand for a line's end or a part of a tab; nothing is ever reported at one.
                for (index, c) in passage.words.text.char_indices().filter(|(_, c)| *c != ' ') {
                    let place = passage.words.place(index);
                    let source = page.get(place..).expect("a place is where a character begins");
                    prop_assert!(stands(c, source), "{:?} at {:?}", c, source);
                }
            }
            for (href, at) in &text.links {
                prop_assert!(page[*at..].starts_with(['[', '<']), "{:?} at {:?}", href, &page[*at..]);
            }
        }
    }
}
