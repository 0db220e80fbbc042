//! The sentences in which a text talks to its reader.
//!
//! What is quoted (between quotation marks or in a block quotation), the names of steps, and labels in a list are shorter
//! or longer for good reasons: a character speaks, a rhyme scans, a card has two words on it.

use std::ops::Range;

use super::passages::Passage;
use super::sentences::Sentence;

/// A sentence, and whether it is the writer's own.
pub(super) struct Narration<'a> {
    pub(super) sentence: &'a Sentence,
    pub(super) is_own: bool,
    pub(super) is_question: bool,
}

/// The sentences of a passage, in order.
pub(super) fn sentences(passage: &Passage) -> Vec<Narration<'_>> {
    let text = &passage.words.text;
    let speech = speech(text);
    let all = &passage.sentences;
    let next = all.iter().skip(1).map(|sentence| sentence.start).chain([text.len()]).collect::<Vec<_>>();
    let is_other = passage.is_quotation || is_list_label(passage);
    let voiced = all.iter().zip(next).map(|(sentence, next)| {
        let is_own = !is_other && !passage.is_label(sentence) && !is_spoken(sentence, next, &speech);
        let mut marks = text[sentence.end()..].chars().take_while(|c| !c.is_whitespace());
        Narration { sentence, is_own, is_question: marks.any(|c| c == '?') }
    });
    voiced.collect()
}

/// An item of a list that is no sentence: it does not end like one.
fn is_list_label(passage: &Passage) -> bool {
    let text = passage.words.text.trim_end_matches(|c: char| c.is_whitespace() || "”’\"')".contains(c));
    passage.item.is_some() && !text.ends_with(['.', '!', '?', '…', ':'])
}

/// Whether a sentence, with the next one at `next`, begins in a quotation or leaves one open.
fn is_spoken(sentence: &Sentence, next: usize, speech: &[Range<usize>]) -> bool {
    let around = |at: usize| {
        let before = speech.partition_point(|span| span.start <= at);
        before.checked_sub(1).map(|index| &speech[index]).filter(|span| at < span.end)
    };
    around(sentence.start).is_some() || around(next).is_some_and(|span| span.start < sentence.end())
}

/// What stands between quotation marks; one that is not closed lasts to the end.
fn speech(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut open: Option<usize> = None;
    for (at, c) in text.char_indices() {
        match (c, open) {
            ('“' | '"', None) => open = Some(at),
            ('”' | '"', Some(from)) => {
                spans.push(from..at);
                open = None;
            }
            _ => {}
        }
    }
    spans.extend(open.map(|from| from..text.len()));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::passages;

    fn own(page: &str) -> Vec<String> {
        let text = passages::read(page, 0);
        let one = |passage: &Passage| {
            let words = &passage.words.text;
            let own = sentences(passage).into_iter().filter(|voiced| voiced.is_own);
            own.map(|voiced| words[voiced.sentence.start..voiced.sentence.end()].to_owned()).collect::<Vec<_>>()
        };
        text.passages.iter().flat_map(one).collect()
    }

    #[test]
    fn speech_rhymes_and_labels_are_not_the_writers_own() {
        assert_eq!(own("Say: “Oh! I see. Come here.” Now help."), ["Now help"]);
        assert_eq!(own("He asks. “Who? Why? When?” You say: “No.” Sit down."), ["He asks", "You say: “No", "Sit down"]);
        assert_eq!(
            own("1. **Play the game (2 minutes).** Sit down.\n2. **Stop.** It is late."),
            ["Sit down", "It is late"]
        );
        assert_eq!(own("> Round and round. Stop and look.\n\nThat is the song."), ["That is the song"]);
        assert_eq!(own("- MUTE\n- “LEAVE”\n- Block it.\n"), ["Block it"]);
        assert_eq!(own("\"Stop. Go.\" It *was* **very** late."), ["It was very late"]);
    }
}
