//! Phrases, looked for word by word.

/// The words of a phrase. A word may be several, apart by bars; one that ends in `*` stands for all that begin so.
pub(super) type Phrase = &'static [&'static str];

/// Forms of *themselves*.
pub(super) const SELF: &str = "themselves|themself|himself|herself|itself|yourself|yourselves|myself|ourselves";

/// Where in `words` the phrase first begins.
pub(super) fn find(words: &[String], phrase: Phrase) -> Option<usize> {
    (0..words.len()).find(|from| begins(&words[*from..], phrase))
}

/// Where in `words` the first of the phrases that is there begins.
pub(super) fn find_any(words: &[String], phrases: &[Phrase]) -> Option<usize> {
    phrases.iter().filter_map(|phrase| find(words, phrase)).min()
}

pub(super) fn says(words: &[String], phrases: &[Phrase]) -> bool {
    find_any(words, phrases).is_some()
}

/// Whether `words` begin with the phrase.
pub(super) fn begins(words: &[String], phrase: Phrase) -> bool {
    phrase.len() <= words.len() && phrase.iter().zip(words).all(|(slot, word)| is(slot, word))
}

/// Whether `word` is one of those that `slot` stands for.
pub(super) fn is(slot: &str, word: &str) -> bool {
    slot.split('|').any(|one| one.strip_suffix('*').map_or(one == word, |stem| word.starts_with(stem)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::sentences::sentences;

    #[test]
    fn a_phrase_is_found_where_it_begins() {
        let text = "Some children talk about Hurting themselves, and it’s no one's fault.";
        let words = &sentences(text)[0].small;
        assert_eq!(find(words, &["hurt*", SELF]), Some(4));
        assert_eq!(find(words, &["no", "one’s"]), Some(8));
        assert_eq!(find(words, &["hurt", SELF]), None);
        assert_eq!(find_any(words, &[&["fault"], &["talk|say", "about"]]), Some(2));
        assert!(!says(words, &[&["fault", "line"]]));
    }
}
