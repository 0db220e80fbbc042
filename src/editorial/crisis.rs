//! Suicide and self-harm: never mentioned without the crisis line beside them.

use super::passages::Passage;
use super::phrases::{self, Phrase, SELF};
use super::remark::Remark;
use super::sentences::sentences;

/// Whose life is meant in “take their own life”.
const OWNER: &str = "their|his|her|your|my|our|one’s";

/// Phrases that always mean suicide or self-harm.
const PLAIN: [Phrase; 10] = [
    &["suicid*"],
    &["self-harm*|selfharm*|self-injur*"],
    &["self", "harm*|injur*"],
    &["kill|kills|killed|killing", SELF],
    &["take|takes|took|taken|taking", OWNER, "own", "life|lives"],
    &["better", "off", "dead"],
    &["wish|wishes|wished", "i|you|he|she|they", "was|were", "dead"],
    &["not|isn’t", "worth", "living"],
    &["no", "point|reason", "in|to|for", "living|live"],
    &["too", "much", "to", "live", "with"],
];

/// Phrases that mean suicide unless the life is of a kind: “ended their lives of crime”.
const END: [Phrase; 2] =
    [&["end|ends|ended|ending", OWNER, "life|lives"], &["end|ends|ended|ending", OWNER, "own", "life|lives"]];

/// A phrase that means self-harm when someone thinks of it, wants it or talks about it.
const HURT: Phrase = &["hurt|hurts|hurting|harm|harms|harming|cutting", SELF];

/// Phrases for thinking of it, wanting it or talking about it. What someone *said* may be an accident.
const THOUGHT: [Phrase; 2] = [&["think*|thought*|want*|feel*|felt|urge*|plan*|threaten*"], &["talk*|speak*", "about"]];

/// A phrase that means suicide when nothing else follows: “wants to die of laughter”.
const DIE: Phrase = &["want|wants|wanted|wanting", "to", "die"];

/// Phrases that mean suicide when they are denied, and nothing else follows: “doesn’t want to live with Dad”.
const LIVE: [Phrase; 2] =
    [&["want|wants|wanted|wanting", "to", "live"], &["want|wants|wanted|wanting", "to", "be", "alive"]];

/// The lines that answer day and night: NHS 111, Samaritans, Shout, Lifeline and Papyrus.
const LINES: [Phrase; 8] = [
    &["111"],
    &["116", "123"],
    &["samaritans"],
    &["85258"],
    &["text|texting|ring|call|contact", "shout"],
    &["lifeline"],
    &["0808", "808", "8000"],
    &["papyrus|hopeline*"],
];

const EMERGENCY: Phrase = &["999"];

/// How many sentences further on the line may stand.
const NEAR: usize = 2;

const HELP: &str = "say beside it who answers day and night: NHS 111 (choose the mental-health option), Samaritans on 116 123, \
                    or Shout by text to 85258, and 999 when life is at risk";

/// Whether the text names a line.
fn names_line(words: &[String]) -> bool {
    phrases::says(words, &LINES) || phrases::says(words, &[EMERGENCY])
}

/// Whether `text` names a line for someone who thinks of suicide or self-harm; 999 alone is none.
pub fn names_crisis_line(text: &str) -> bool {
    sentences(text).iter().any(|sentence| phrases::says(&sentence.small, &LINES))
}

/// Whether any of `passages` names a line.
pub(super) fn is_answered<'a>(passages: impl IntoIterator<Item = &'a Passage>) -> bool {
    passages.into_iter().flat_map(|passage| &passage.sentences).any(|sentence| names_line(&sentence.small))
}

/// The first mention of each section that has no crisis line in it, nor in the next sentences.
pub(super) fn remarks<'a>(passages: impl IntoIterator<Item = &'a Passage>) -> Vec<Remark> {
    let mut sections: Vec<Section> = Vec::new();
    for passage in passages {
        if sections.last().is_none_or(|last| last.number != passage.section) {
            sections.push(Section { number: passage.section, ..Section::default() });
        }
        for sentence in &passage.sentences {
            let answers = names_line(&sentence.small);
            let at = mention(&sentence.small).map(|index| passage.words.place(sentence.words[index].start));
            sections.iter_mut().rev().take(NEAR + 1).for_each(|section| section.read_on(answers));
            if let Some(section) = sections.last_mut() {
                section.read(at, answers);
            }
        }
    }
    let unanswered = sections.into_iter().filter(|section| !section.answered).filter_map(|section| section.first);
    unanswered
        .map(|at| Remark::new("crisis-line", at, "mentions suicide or self-harm without the crisis line", HELP))
        .collect()
}

/// A section that is being read.
#[derive(Default)]
struct Section {
    number: usize,
    /// Where suicide or self-harm is first mentioned.
    first: Option<usize>,
    /// Sentences since the last mention.
    since: usize,
    answered: bool,
}

impl Section {
    /// A sentence of this section or of a later one.
    fn read_on(&mut self, answers: bool) {
        self.since += 1;
        self.answered |= answers && self.first.is_some() && self.since <= NEAR;
    }

    /// A sentence of this section.
    fn read(&mut self, mention: Option<usize>, answers: bool) {
        if let Some(at) = mention {
            self.first.get_or_insert(at);
            self.since = 0;
        }
        self.answered |= answers;
    }
}

/// The word at which a sentence mentions suicide or self-harm.
fn mention(words: &[String]) -> Option<usize> {
    let plain = phrases::find_any(words, &PLAIN);
    plain.or_else(|| end(words)).or_else(|| hurt(words)).or_else(|| die(words)).or_else(|| live(words))
}

fn end(words: &[String]) -> Option<usize> {
    END.iter().find_map(|phrase| {
        let at = phrases::find(words, phrase)?;
        words.get(at + phrase.len()).is_none_or(|next| !phrases::is("of|as", next)).then_some(at)
    })
}

/// “Think about hurting themselves”, not “so that nobody hurts themselves” or “don’t hurt yourself”.
fn hurt(words: &[String]) -> Option<usize> {
    let at = phrases::find(words, HURT)?;
    let before = words[..at].last().map_or("", String::as_str);
    let is_warning = phrases::is("not|never|nobody|without", before) || before.ends_with("n’t");
    let is_thought = phrases::says(&words[..at], &THOUGHT);
    (is_thought && !is_warning).then_some(at)
}

fn die(words: &[String]) -> Option<usize> {
    let at = phrases::find(words, DIE)?;
    words.get(at + DIE.len()).is_none_or(|next| !phrases::is("of|laughing|less|in|from", next)).then_some(at)
}

fn live(words: &[String]) -> Option<usize> {
    LIVE.iter().find_map(|phrase| {
        let at = phrases::find(words, phrase)?;
        let near = &words[at.saturating_sub(3)..at];
        let is_denied = near.iter().any(|word| phrases::is("not|never|longer", word) || word.ends_with("n’t"));
        let is_whole = words.get(at + phrase.len()).is_none_or(|next| phrases::is("any|anymore|and|or|but", next));
        (is_denied && is_whole).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::passages;

    fn count(page: &str) -> usize {
        remarks(&passages::read(page, 0).passages).len()
    }

    #[test]
    fn suicide_and_self_harm_are_found_in_plain_words_too() {
        for says in [
            "Some videos are about suicide.",
            "They show self-harm.",
            "What if a friend does not want to live? Tell an adult.",
            "They say that they want to die.",
            "Does your child talk about hurting themselves?",
            "If you feel that you could hurt yourself, stop.",
            "She wrote about ending her life.",
            "He has urges to hurt himself.",
            "They ended their life by the river.",
            "He might take his own life.",
            "“I don’t want to be alive any more.”",
            "If it feels too much to live with, tell someone.",
        ] {
            assert_eq!(count(says), 1, "{says}");
        }
        for fine in [
            "Put the scissors away, so that nobody hurts themselves.",
            "Say: “Take care, and don’t hurt yourself.”",
            "He does not want to live with Dad.",
            "She wants to die of laughter.",
            "Where do you want to live?",
            "The game ended their lives of crime.",
            "She said that Tom hurt himself on the swing.",
            "The story is about a boy who hurt himself on a slide.",
        ] {
            assert_eq!(count(fine), 0, "{fine}");
        }
    }

    #[test]
    fn a_line_beside_it_answers() {
        let says = "A friend may speak of suicide.";
        for beside in [
            "Ring NHS 111 and choose the mental-health option.",
            "Samaritans are there on 116 123.",
            "Text Shout on 85258.",
            "Stay with them. Ring 999 if life is at risk.",
            "Lifeline is 0808 808 8000.",
        ] {
            assert_eq!(count(&format!("{says} {beside}")), 0, "{beside}");
            assert_eq!(count(&format!("{beside}\n\nOne. Two. Three.\n\n{says}")), 0, "{beside}");
            assert_eq!(count(&format!("{says}\n\n## Next\n\n{beside}")), 0, "the next sentences: {beside}");
            assert_eq!(count(&format!("{says} Go on. And on. Still on.\n\n## Next\n\n{beside}")), 1, "{beside}");
            assert_eq!(count(&format!("{beside}\n\n## Next\n\n{says}")), 1, "{beside}");
        }
        assert_eq!(count(&format!("{says} Ring Childline on 0800 1111.")), 1);
    }
}
