//! What someone types to find a subscriber: words of its name, or its register number.

use std::borrow::Cow;
use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Words that a subscriber's name must all have, at least as the beginnings of its own. One may be its register number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameQuery {
    words: Vec<String>,
}

impl NameQuery {
    /// The words of a text; `None` where it has none.
    pub fn new(text: &str) -> Option<Self> {
        let folded = folded(text);
        let words: Vec<String> =
            folded.split(' ').filter(|word| !word.is_empty()).map(|word| format!(" {word}")).collect();
        (!words.is_empty()).then_some(Self { words })
    }

    /// What lets everyone through.
    pub fn everyone() -> Self {
        Self { words: Vec::new() }
    }

    /// Its words, as [`index_words`] has them or begins with them; none lets everyone through.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.trim_start())
    }

    /// Whether a subscriber is meant, whose name is given as [`folded`] makes it.
    pub fn matches(&self, folded_name: &str, urn: Option<&str>) -> bool {
        let is_number = |word: &str| urn.is_some_and(|urn| urn.eq_ignore_ascii_case(word.trim_start()));
        self.words.iter().all(|word| folded_name.contains(word.as_str()) || is_number(word))
    }
}

/// The words by which a subscriber is found: those of its name, and its register number.
pub fn index_words(name: &str, urn: Option<&str>) -> BTreeSet<String> {
    let mut words: BTreeSet<String> = folded(name).split(' ').map(str::to_owned).collect();
    words.extend(urn.map(str::to_ascii_lowercase));
    words.remove("");
    words
}

/// A name as it is compared and sorted: without capitals, accents, apostrophes and other marks, and a space before each word.
pub fn folded(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 1);
    let mut is_between = true;
    let plain = if name.is_ascii() { Cow::Borrowed(name) } else { Cow::Owned(without_marks(name)) };
    for c in plain.chars() {
        if is_apostrophe(c) {
            continue;
        }
        if !c.is_alphanumeric() {
            is_between = true;
            continue;
        }
        if is_between {
            text.push(' ');
            is_between = false;
        }
        text.extend(c.to_lowercase());
    }
    text
}

/// “Mary's” is found as “marys”.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`')
}

/// Letters without accents (UAX 15, NFKD), and those that have none to take away.
fn without_marks(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ø' | 'Ø' => text.push('o'),
            'ł' | 'Ł' => text.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => text.push('d'),
            'æ' | 'Æ' => text.push_str("ae"),
            'œ' | 'Œ' => text.push_str("oe"),
            'ß' | 'ẞ' => text.push_str("ss"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_is_found_by_words_of_its_name_or_by_its_number() {
        let found = |query: &str, name: &str| NameQuery::new(query).unwrap().matches(&folded(name), Some("123456"));
        for (query, name) in [
            ("st marys", "St Mary’s C of E Primary School"),
            ("MARY'S st", "St. Mary's"),
            ("llyn", "Ysgol Gynradd Llŷn"),
            ("Llŷn", "Ysgol Gynradd Llyn"),
            ("saint etienne", "École Élémentaire Saint-Étienne"),
            ("strasse lodz", "Straße Łódź"),
            ("学", "东方 学"),
            ("مدرسة", "مدرسة النور"),
            ("123456", "Hillside"),
            ("hill 123456", "Hillside"),
            ("prim", "Hillside Primary"),
        ] {
            assert!(found(query, name), "{query}: {name}");
        }
        for (query, name) in
            [("side", "Hillside"), ("12345", "Hillside"), ("hill vale", "Hillside"), ("mary x", "St Mary’s")]
        {
            assert!(!found(query, name), "{query}: {name}");
        }
        assert_eq!(NameQuery::new(" … ’ "), None);
        assert!(NameQuery::everyone().matches(&folded("Anyone"), None));
    }
}
