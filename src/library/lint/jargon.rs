//! Words that need an explanation, and whether a text gives them one.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use super::sentences::Sentence;

/// The list: forms, and what to say instead.
static LIST: &str = include_str!("jargon.txt");

/// An entry of the list.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Each form, word by word.
    forms: Vec<Vec<&'static str>>,
    /// In plain words.
    plain: &'static str,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| LIST.lines().filter_map(entry).collect());

/// The entries with a form that begins with a word in small letters.
static BY_FIRST: LazyLock<HashMap<String, BTreeSet<usize>>> = LazyLock::new(|| {
    let mut by_first: HashMap<String, BTreeSet<usize>> = HashMap::new();
    for (index, entry) in ENTRIES.iter().enumerate() {
        for first in entry.forms.iter().filter_map(|form| form.first()) {
            by_first.entry(first.to_lowercase()).or_default().insert(index);
        }
    }
    by_first
});

fn entry(line: &'static str) -> Option<Entry> {
    let (forms, plain) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    let forms = forms.split(',').map(|form| form.split_whitespace().collect()).collect();
    Some(Entry { forms, plain: plain.trim() })
}

/// A word of the list that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Which entry.
    pub(super) entry: usize,
    /// Where it begins in its text.
    pub(super) at: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether the words around it say what it is.
    pub(super) explained: bool,
}

impl Found {
    /// What to do.
    pub(super) fn help(self) -> String {
        let plain = ENTRIES[self.entry].plain;
        format!("say it in other words ({plain}), or explain it there: “…, which means …”, “… (…)”")
    }
}

/// The words of the list in one sentence of `text`.
pub(super) fn find(text: &str, sentence: &Sentence) -> Vec<Found> {
    let mut found = Vec::new();
    let mut next = 0;
    for (index, word) in sentence.words.iter().enumerate() {
        if index < next {
            continue;
        }
        let first = text[word.clone()].to_lowercase();
        let one = bare(&first);
        let entries =
            [one, one.strip_suffix('s').unwrap_or(one)].into_iter().filter_map(|form| BY_FIRST.get(form)).flatten();
        let longest = entries.filter_map(|entry| Some((fits(text, &sentence.words[index..], *entry)?, *entry))).max();
        if let Some((length, entry)) = longest {
            let whole = word.start..sentence.words[index + length - 1].end;
            found.push(Found { entry, at: whole.start, end: whole.end, explained: is_explained(text, &whole) });
            next = index + length;
        }
    }
    found
}

/// How many words the longest form has that stands at the beginning of `words`.
fn fits(text: &str, words: &[Range<usize>], entry: usize) -> Option<usize> {
    let is = |form: &str, word: &Range<usize>| {
        let word = &text[word.clone()];
        let has_capital = form.contains(|c: char| c.is_ascii_uppercase());
        let same = |a: &str| if has_capital { a == form } else { a.eq_ignore_ascii_case(form) };
        same(word) || same(bare(word)) || same(bare(word).strip_suffix('s').unwrap_or_default())
    };
    let stands =
        |form: &&Vec<&str>| form.len() <= words.len() && form.iter().zip(words).all(|(form, word)| is(form, word));
    ENTRIES[entry].forms.iter().filter(stands).map(Vec::len).max()
}

/// Without a possessive ending.
fn bare(word: &str) -> &str {
    word.strip_suffix("’s").or_else(|| word.strip_suffix("'s")).unwrap_or(word)
}

/// What comes before or after a word that is being explained.
const BEFORE: [&str; 5] = ["called ", "known as ", "the word ", "that is ", "("];
const AFTER: [&str; 18] = [
    " (",
    ", which ",
    ", that is",
    ", a ",
    ", an ",
    ", the ",
    ", or ",
    ", where ",
    ", when ",
    ": ",
    " – ",
    " — ",
    " means ",
    " mean ",
    " is ",
    " are ",
    " happens when ",
    " stands for ",
];

/// Whether the words around `word` say what it is: an explanation follows, or it stands in quotes, as a word that is new.
fn is_explained(text: &str, word: &Range<usize>) -> bool {
    let before = text[..word.start].to_lowercase();
    let before = ["a ", "an "].iter().find_map(|article| before.strip_suffix(article)).unwrap_or(&before);
    let after = text[word.end..].to_lowercase();
    let quote = |c: char| matches!(c, '“' | '”' | '‘' | '’' | '"' | '\'');
    let is_quoted = before.ends_with(quote) && after.trim_start_matches(['.', ',', '!', '?']).starts_with(quote);
    is_quoted
        || BEFORE.iter().any(|words| before.ends_with(words))
        || AFTER.iter().any(|words| after.starts_with(words))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sentences::sentences;
    use super::*;

    fn look(text: &str) -> Vec<(&str, bool)> {
        let all = sentences(text).iter().flat_map(|sentence| find(text, sentence)).collect::<Vec<_>>();
        all.iter()
            .map(|found| (text[found.at..].split([' ', '.']).next().unwrap_or_default(), found.explained))
            .collect()
    }

    #[test]
    fn every_line_of_the_list_is_an_entry_with_plain_words() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(ENTRIES.len(), lines);
        assert!(lines > 30);
        for entry in ENTRIES.iter() {
            assert!(entry.plain.len() > 5 && entry.forms.iter().all(|form| !form.is_empty()), "{entry:?}");
        }
        let mut forms: Vec<_> = ENTRIES.iter().flat_map(|entry| &entry.forms).collect();
        let all = forms.len();
        forms.sort();
        forms.dedup();
        assert_eq!(forms.len(), all, "a form is listed twice");
    }

    #[test]
    fn words_are_found_in_any_form_and_no_others() {
        assert_eq!(look("Beware of Phishing and deepfakes."), [("Phishing", false), ("deepfakes", false)]);
        assert_eq!(look("Turn on two-factor authentication now."), [("two-factor", false)]);
        assert_eq!(look("Loot boxes cost money. The algorithm’s choice."), [("Loot", false), ("algorithm’s", false)]);
        assert_eq!(look("She sent a DM. My URLs."), [("DM", false), ("URLs", false)]);
        assert_eq!(look("The dm is small. A box of loot. Algorithmically."), [] as [(&str, bool); 0]);
    }

    #[test]
    fn an_explanation_is_seen() {
        for text in [
            "An algorithm, which picks what to show, is at work.",
            "Phishing means a message that lies.",
            "Malware (harmful programs) can hide.",
            "This is called grooming.",
            "People say “deepfake”.",
            "Turn on two-factor authentication: a code as well as a password.",
            "A false picture (a deepfake) can fool anyone.",
            "It follows a set of rules, called an algorithm.",
        ] {
            assert!(look(text).iter().all(|(_, explained)| *explained) && !look(text).is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched(text in "(\\PC|deepfake|DM|loot boxes?|’s| ){0,30}") {
            look(&text);
        }
    }
}
