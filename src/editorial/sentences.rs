//! Plain English text cut into sentences and words.

use std::ops::Range;

/// Short forms that no sentence ends with, in lower case. Others (“etc.”, “a.m.”, “min.”) may be the last word: they
/// are when no small letter follows.
const NEVER_LAST: [&str; 3] = ["e.g", "i.e", "vs"];

/// Short forms only before a number, in lower case: “the answer is no.” ends its sentence.
const BEFORE_NUMBER: [&str; 2] = ["no", "approx"];

/// Short forms only before a name. Not “St.”: nothing tells “St. Mary” from “in the High St. Mary …”.
const TITLES: [&str; 4] = ["Mr", "Mrs", "Ms", "Dr"];

/// A sentence, by the bytes of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Where its first word begins.
    pub(super) start: usize,
    /// Its words, numbers included; never empty.
    pub(super) words: Vec<Range<usize>>,
    /// The same words in small letters, with ’ for every apostrophe.
    pub(super) small: Vec<String>,
}

impl Sentence {
    /// Where its last word ends.
    pub(super) fn end(&self) -> usize {
        self.words.last().map_or(self.start, |word| word.end)
    }

    /// Whether no comma, colon, dash or bracket stands between the words of these numbers.
    pub(super) fn runs_on(&self, text: &str, words: Range<usize>) -> bool {
        let marks = [',', ';', ':', '.', '–', '—', '(', ')'];
        let words = self.words.get(words).unwrap_or_default();
        words.windows(2).all(|pair| !text[pair[0].end..pair[1].start].contains(marks))
    }
}

/// The sentences of `text`. One ends at `.`, `!`, `?` or `…` before white space or the end; the text's end ends the last.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut all = Vec::new();
    let mut words: Vec<Range<usize>> = Vec::new();
    for token in tokens(text) {
        words.extend(words_in(text, token.clone()));
        if ends_sentence(text, &token) {
            all.extend(close(text, &mut words));
        }
    }
    all.extend(close(text, &mut words));
    all
}

fn close(text: &str, words: &mut Vec<Range<usize>>) -> Option<Sentence> {
    let words = std::mem::take(words);
    let start = words.first()?.start;
    let small = words.iter().map(|word| text[word.clone()].to_lowercase().replace('\'', "’")).collect();
    Some(Sentence { start, words, small })
}

/// What stands between white space.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_whitespace().map(|token| {
        let start = token.as_ptr() as usize - text.as_ptr() as usize;
        start..start + token.len()
    })
}

/// The words of one token: a web or mail address has none, `and/or` has two, `well-being` and `child’s` are one.
fn words_in(text: &str, token: Range<usize>) -> Vec<Range<usize>> {
    let bare = text[token.clone()].trim_matches(|c: char| !c.is_alphanumeric());
    let is_address =
        bare.contains('@') || bare.contains("://") || bare.split('.').filter(|part| part.len() > 1).count() > 1;
    if is_address {
        return Vec::new();
    }
    let mut words = Vec::new();
    let mut start = None;
    for (index, c) in text[token.clone()].char_indices() {
        let index = token.start + index;
        match (is_in_word(c), start) {
            (true, None) if c.is_alphanumeric() => start = Some(index),
            (false, Some(from)) => {
                words.push(from..index);
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| from..token.end));
    // Marks after the last letter belong to no word: ‘so-’, dogs’.
    let trim = |word: Range<usize>| {
        let bare = text[word.clone()].trim_end_matches(|c: char| !c.is_alphanumeric());
        word.start..word.start + bare.len()
    };
    words.into_iter().map(trim).collect()
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '\u{2011}')
}

fn ends_sentence(text: &str, token: &Range<usize>) -> bool {
    let token_text = text[token.clone()].trim_end_matches(['”', '’', '"', '\'', ')', ']', '*']);
    if !token_text.ends_with(['.', '!', '?', '…']) {
        return false;
    }
    let next = text[token.end..].trim_start().chars().find(|c| c.is_alphanumeric());
    // “Wait … then”, “‘Stop!’ says Mia”: a small letter goes on with the sentence.
    if next.is_some_and(char::is_lowercase) {
        return false;
    }
    !is_short_form(&text[token.clone()], text[token.end..].trim_start())
}

/// Whether the full stop of `token`, with `next` after it, only marks a short form.
fn is_short_form(token: &str, next: &str) -> bool {
    let Some(word) = token.strip_suffix('.') else { return false };
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let small = word.to_lowercase();
    NEVER_LAST.contains(&small.as_str())
        || BEFORE_NUMBER.contains(&small.as_str()) && next.starts_with(|c: char| c.is_ascii_digit())
        || TITLES.contains(&word) && next.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(text: &str) -> Vec<usize> {
        sentences(text).iter().map(|sentence| sentence.words.len()).collect()
    }

    #[test]
    fn sentences_end_where_a_reader_takes_a_breath() {
        assert_eq!(counts("One two. Three! Four five six? Seven"), [2, 1, 3, 1]);
        assert_eq!(counts("Say: “Oh! Rabbit feels sad. Rabbit did nothing wrong.” Now help."), [2, 3, 4, 2]);
        assert_eq!(counts("“Stop!” says Mia. Wait … then go."), [3, 3]);
        assert_eq!(counts("Ask Mr. Bell, e.g. about apps. Go to www.example.org. Now."), [7, 2, 1]);
        assert_eq!(counts("Call 0800 1111 (it is free). It’s the child’s well-being and/or yours."), [6, 7]);
        assert_eq!(counts(""), [] as [usize; 0]);
        assert_eq!(counts(" … ! — "), [] as [usize; 0]);
    }

    #[test]
    fn a_short_form_ends_a_sentence_where_it_is_the_last_word() {
        assert_eq!(counts("The good answer for Rabbit is no. Tell the child that."), [7, 4]);
        assert_eq!(counts("He says “no.” 3 children laugh. No. We wait. Is it no? No."), [3, 3, 1, 2, 3, 1]);
        assert_eq!(counts("Open door no. 3 and No. 12 now. Count approx. 20 beans."), [8, 4]);
        assert_eq!(counts("Ten beans approx. Then stop. We wait 5 min. Then we go."), [3, 2, 4, 3]);
        assert_eq!(counts("Use pens, glue, etc. Then draw. Bring pens etc. and paper."), [4, 2, 5]);
        assert_eq!(counts("Get up at 7 a.m. Then eat. At 7 a.m. we eat."), [6, 2, 6]);
        assert_eq!(counts("Go down the High St. Then stop."), [5, 2]);
        assert_eq!(counts("Ask Dr. Bell or Mrs. Day. It took ms. Then we won."), [6, 3, 3]);
        assert_eq!(counts("Ask for the Dr. 3 people wait."), [4, 3]);
        assert_eq!(counts("Play Fox vs. Hen, i.e. Hen runs. Go (e.g. Monday)."), [8, 4]);
    }

    proptest! {
        #[test]
        fn every_word_is_a_word_of_the_text(text in "\\PC{0,80}") {
            let mut last = 0;
            for sentence in sentences(&text) {
                prop_assert!(!sentence.words.is_empty());
                prop_assert_eq!(sentence.start, sentence.words[0].start);
                for word in sentence.words {
                    prop_assert!(word.start >= last && !text[word.clone()].is_empty());
                    prop_assert!(text[word.clone()].chars().all(|c| !c.is_whitespace()));
                    last = word.end;
                }
            }
        }
    }
}
