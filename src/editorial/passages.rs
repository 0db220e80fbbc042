//! A page's Markdown as an editor reads it: passages of words, links, and where in the file each of them stands.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::sentences::{Sentence, sentences};
use crate::library::activity::HEADINGS;
use crate::library::reader::{self, PlacedText};

/// A paragraph, or a list item or quotation without one: sentences never run on from one to the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Passage {
    /// Its words, without marks, headings and addresses of links.
    pub(super) words: PlacedText,
    /// The sentences of its words: every rule reads them, so they are found once.
    pub(super) sentences: Vec<Sentence>,
    pub(super) part: Part,
    /// The section, counted over headings of any level.
    pub(super) section: usize,
    /// The item of an outermost list that it belongs to, counted over the whole body.
    pub(super) item: Option<usize>,
    /// Whether it stands in a block quotation: words to read aloud, or a rhyme.
    pub(super) is_quotation: bool,
    /// The bytes of its words that are bold.
    pub(super) bold: Vec<Range<usize>>,
    /// The bytes of its words that are the words of a link.
    pub(super) linked: Vec<Range<usize>>,
}

/// The part of an activity, by its level-2 heading.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Other,
    /// What is done together, step by step.
    Steps,
    /// What to do when something worries you.
    Help,
}

/// The words and links of one body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BodyText {
    /// Its passages, in order; none is empty.
    pub(super) passages: Vec<Passage>,
    /// The address of each link, and the byte of the page at which it begins.
    pub(super) links: Vec<(String, usize)>,
}

impl Passage {
    /// A passage of these words alone.
    pub(super) fn of(words: PlacedText) -> Self {
        Self { sentences: sentences(&words.text), words, ..Self::default() }
    }

    /// Whether the sentence is all bold, as the name of a step is.
    pub(super) fn is_label(&self, sentence: &Sentence) -> bool {
        self.bold.iter().any(|bold| bold.start <= sentence.start && sentence.end() <= bold.end)
    }
}

/// Reads `page` from byte `start` on.
pub(super) fn read(page: &str, start: usize) -> BodyText {
    let mut reader = Reader::default();
    for (event, range) in Parser::new_ext(&page[start..], reader::options()).into_offset_iter() {
        reader.read(&event, &(start + range.start..start + range.end));
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
    part: Part,
    section: usize,
    /// Items of outermost lists so far.
    items: usize,
    /// Lists and quotations that are open.
    lists: usize,
    quotations: usize,
    /// Where in the passage the open bold text and the open link begin.
    bold: usize,
    link: usize,
}

impl Reader {
    fn read(&mut self, event: &Event<'_>, range: &Range<usize>) {
        match event {
            Event::Text(words) => self.words(words, range.start),
            Event::SoftBreak | Event::HardBreak => self.words(" ", range.start),
            Event::Start(tag) if is_inline(tag) => self.open_inline(tag, range.start),
            Event::End(TagEnd::Strong) => self.passage.bold.push(self.bold..self.passage.words.text.len()),
            Event::End(TagEnd::Link) => self.passage.linked.push(self.link..self.passage.words.text.len()),
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.end(*tag),
            _ => {}
        }
    }

    fn open_inline(&mut self, tag: &Tag<'_>, at: usize) {
        let begins = self.passage.words.text.len();
        match tag {
            Tag::Strong => self.bold = begins,
            Tag::Link { dest_url, .. } => {
                self.link = begins;
                self.text.links.push((dest_url.to_string(), at));
            }
            _ => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        self.close();
        match tag {
            Tag::Heading { .. } => {
                self.section += 1;
                self.heading = Some(String::new());
            }
            Tag::List(_) => self.lists += 1,
            Tag::Item => self.items += usize::from(self.lists == 1),
            Tag::BlockQuote(_) => self.quotations += 1,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let words = self.heading.take().unwrap_or_default();
                if level as usize <= 2 {
                    self.part = part(words.trim());
                }
            }
            TagEnd::Paragraph | TagEnd::Item => self.close(),
            TagEnd::BlockQuote(_) => {
                self.close();
                self.quotations = self.quotations.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.close();
                self.lists = self.lists.saturating_sub(1);
            }
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
        (self.bold, self.link) = (0, 0);
        if !passage.words.text.trim().is_empty() {
            let item = (self.lists > 0).then_some(self.items);
            let (part, section, is_quotation) = (self.part, self.section, self.quotations > 0);
            let sentences = sentences(&passage.words.text);
            self.text.passages.push(Passage { sentences, part, section, item, is_quotation, ..passage });
        }
    }
}

fn part(heading: &str) -> Part {
    match heading {
        _ if heading == HEADINGS[1] => Part::Steps,
        _ if heading == HEADINGS[3] => Part::Help,
        _ => Part::Other,
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Image { .. } | Tag::Link { .. })
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
            text.passages.iter().map(|passage| passage.part == Part::Help).collect::<Vec<_>>(),
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
