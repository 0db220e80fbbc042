//! English that reads as translated: words and turns of phrase that nobody would say aloud in Britain.

use super::passages::Passage;
use super::phrases::{self, Phrase};
use super::remark::Remark;
use super::sentences::Sentence;

/// Words, and what to write in their place.
const WORDS: [(&str, &str); 4] = [
    ("somebody", "write “someone”"),
    ("anybody", "write “anyone”"),
    ("everybody", "write “everyone”"),
    ("whom", "write “who”, and move the little word to the end: “who to talk to”, “who they play with”"),
];

/// Who or what a sentence may go on about.
const SUBJECT: &str = "i|you|he|she|it|we|they|this|these|those|there|the|a|an|my|your|his|her|our|their|someone|\
                       somebody|everyone|everybody|nobody|no|all|both|children|people|i’*|you’*|he’*|she’*|it’*|we’*|\
                       they’*|there’*";

/// Phrases that go on with a subject. “I like it when …” and “It’s good that …” are how it is said.
const CLAUSES: [(Phrase, &str); 4] = [
    (
        &["good|brave|clever", "that"],
        "begin with “I’m glad”, “I’m really glad” or “Well done for”: “I’m glad you told me.”",
    ),
    (&["like|likes|liked", "it", "that"], "write “I’m glad”, or “I like it when”: “I’m glad you told me.”"),
    (&["find|finds|found", "it", "good|nice|bad|great", "that"], "write “I’m glad”, or “I like it when”"),
    (&["find|finds", "it", "good|nice|bad|great", "when"], "write “I’m glad”, or “I like it when”"),
];

/// What stands before praise: “that is kind”. “Something nice from you” may be a present.
const IS: &str = "is|was|are|were|how|that’s|it’s";

/// Phrases that are wrong as they stand.
const TURNS: [(Phrase, &str); 3] = [
    (&["fear|fears|feared", "to", "lose|miss|say|tell|ask"], "write “be worried about” or “be afraid of”"),
    (&[IS, "good|kind|nice", "from", "you|him|her|them"], "write “of”: “That’s kind of you”"),
    (&[IS, "very|so|really", "good|kind|nice", "from", "you|him|her|them"], "write “of”: “That’s kind of you”"),
];

/// Remarks on the words of a passage.
pub(super) fn remarks(passage: &Passage) -> Vec<Remark> {
    passage.sentences.iter().flat_map(|sentence| words(passage, sentence).chain(turns(passage, sentence))).collect()
}

fn words<'a>(passage: &'a Passage, sentence: &'a Sentence) -> impl Iterator<Item = Remark> + 'a {
    let text = &passage.words.text;
    let linked = |at: usize| passage.linked.iter().any(|link| link.contains(&at));
    sentence.words.iter().zip(&sentence.small).enumerate().filter_map(move |(index, (word, small))| {
        let said = &text[word.clone()];
        let bare = small.strip_suffix("’s").unwrap_or(small);
        let (_, help) = WORDS.iter().find(|(word, _)| *word == bare)?;
        // “Most of whom work” has no plainer form with *who*.
        let is_part = bare == "whom" && index > 0 && sentence.small[index - 1] == "of";
        // The words of a link may be the title of what it leads to.
        if is_part || linked(word.start) || is_name(text, sentence, index) {
            return None;
        }
        let message = format!("“{said}” sounds stiff");
        Some(Remark::new("stilted-word", passage.words.place(word.start), message, *help))
    })
}

/// Whether a word with a capital letter is one by itself, or together with the next word: a name, or a title.
fn is_name(text: &str, sentence: &Sentence, index: usize) -> bool {
    let capital = |index: usize| {
        let word = sentence.words.get(index).map_or("", |word| &text[word.clone()]);
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    };
    if !capital(index) {
        return false;
    }
    let before = text[..sentence.words[index].start].trim_end();
    let goes_on = before.ends_with(|c: char| c.is_alphanumeric() || c == ',');
    goes_on && index > 0 || capital(index + 1) || is_quoted_title(before, &text[sentence.words[index].end..])
}

/// Whether a quotation that begins between `before` and `after` is a title: “He sang “Everybody hurts” in the bath.” What
/// someone says follows a colon or a comma, or ends like a sentence.
fn is_quoted_title(before: &str, after: &str) -> bool {
    let is_within = before.strip_suffix('“').is_some_and(|before| before.trim_end().ends_with(char::is_alphanumeric));
    is_within && after.split_once('”').is_some_and(|(title, _)| title.ends_with(char::is_alphanumeric))
}

fn turns<'a>(passage: &'a Passage, sentence: &'a Sentence) -> impl Iterator<Item = Remark> + 'a {
    let text = &passage.words.text;
    let words = &sentence.small;
    let clauses = CLAUSES.iter().filter_map(move |(phrase, help)| {
        let at = (0..words.len()).find(|at| is_clause(text, sentence, (*at, phrase)))?;
        Some((at, phrase.len(), *help))
    });
    let turns = TURNS.iter().filter_map(|(phrase, help)| Some((phrases::find(words, phrase)?, phrase.len(), *help)));
    let found = clauses.chain(turns).filter(|(first, length, _)| sentence.runs_on(text, *first..first + length));
    found.map(|(first, length, help)| {
        let (start, end) = (sentence.words[first].start, sentence.words[first + length - 1].end);
        let message = format!("“{}” reads as translated", &text[start..end]);
        Remark::new("stilted-phrase", passage.words.place(start), message, help)
    })
}

/// Whether the phrase stands at word `at` with a subject after it: “like it that you”, not “like it that way”.
fn is_clause(text: &str, sentence: &Sentence, (at, phrase): (usize, Phrase)) -> bool {
    let words = &sentence.small;
    if !phrases::begins(&words[at..], phrase) {
        return false;
    }
    let next = at + phrase.len();
    let is_capital =
        |index: usize| sentence.words.get(index).is_some_and(|word| text[word.start..].starts_with(char::is_uppercase));
    let goes_on = words.get(next).is_some_and(|word| phrases::is(SUBJECT, word) || is_capital(next));
    // “It’s good that you …” is said; only at its beginning, with a capital letter, does “Good that” lack its verb.
    let is_whole = phrase.len() > 2 || is_capital(at);
    goes_on && is_whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::passages;

    fn alarms(page: &str) -> Vec<String> {
        let text = passages::read(page, 0);
        let remarks = text.passages.iter().flat_map(remarks);
        remarks
            .map(|remark| page[remark.at..].split([' ', '.', '?', '’']).next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn old_words_are_found_but_not_in_names_titles_and_addresses() {
        assert_eq!(alarms("Tell somebody. Anybody’s guess! “Everybody in!” ASK ANYBODY. To whom?").len(), 5);
        for fine in [
            "Tell someone. Anyone may. Everyone in!",
            "Read Everybody Worries together.",
            "We like the film Everybody Counts. Everybody Loves Bears is a book.",
            "Look at https://www.example.org/somebody-else or [everybody in](https://www.example.org/everybody).",
            "Ask Mr Anybody. Nobody has to.",
            "He sang “Everybody hurts” in the bath.",
            "The grown-ups, most of whom work, sit down first.",
        ] {
            assert_eq!(alarms(fine), [] as [&str; 0], "{fine}");
        }
    }

    #[test]
    fn turns_of_phrase_are_found_but_not_how_they_should_be_said() {
        for odd in [
            "Say: “Good that you rang the bell.”",
            "Good that I know.",
            "Good that Mum noticed it.",
            "Brave that you said so!",
            "I like it that you tell me these things.",
            "She likes it that he asks.",
            "They fear to lose the screen.",
            "That is good from you.",
            "How kind from them!",
            "That was very nice from you.",
            "I find it good when you ask.",
        ] {
            assert_eq!(alarms(odd).len(), 1, "{odd}");
        }
        for fine in [
            "It’s good that you rang the bell.",
            "I like it when you tell me.",
            "I like it that way.",
            "Good that lasts is rare.",
            "Is it good that people can do that?",
            "I like that you asked.",
            "I’m glad you told me.",
            "Hide something nice from them.",
            "Put in something nice from you, such as a hug.",
            "If you like it, that all counts.",
            "We found it good when the sun came out.",
        ] {
            assert_eq!(alarms(fine), [] as [&str; 0], "{fine}");
        }
    }
}
