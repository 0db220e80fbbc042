//! Childline is for children and young people: adults are sent to the NSPCC Helpline, and first.

use super::ages::Ages;
use super::passages::{Part, Passage};
use super::phrases::{self, Phrase};
use super::remark::Remark;
use super::sentences::Sentence;

/// Who may ring Childline by themselves.
const CHILD: &str = "child|children|teenager|teenagers|son|daughter|they|he|she|brother|sister|pupil|pupils|friend";

/// The same in more words.
const YOUNG: [Phrase; 2] = [&["young", "person|people"], &["under", "18|19"]];

/// What they do.
const RING: &str = "ring|call|chat|talk|speak|contact|text|reach|phone|message|email|try|use|turn|go";

/// What may stand between the two: “can also ring”, “may prefer to talk”.
const MAY: &str = "can|could|may|might|will|would|also|always|even|rather|prefer|prefers|want|wants|like|likes|to";

/// The most words between *ring* and Childline: “talk to someone at Childline”.
const BETWEEN: usize = 3;

/// What may stand between Childline and its readers: “Childline is free for anyone under 19”.
const IS: &str = "is|also|free|there|a|the|line|helpline|number";

/// Phrases that say that it is for young people.
const FOR: Phrase = &["for", "children|young|under-19s|anyone|everyone|older"];

/// Words by which a paragraph talks to the adult.
const TO_ADULT: [Phrase; 5] = [
    &["your", "child|child’s|children|son|daughter|teenager|teenager’s|toddler"],
    &["you", "both"],
    &["you", "can", "both"],
    &["you’re|are", "the|an", "adult|grown-up"],
    &["as", "a", "parent|carer"],
];

/// Words by which a paragraph talks to the child. *Grown-up* is what adults are called towards children.
const TO_CHILD: [Phrase; 4] = [
    &["a|any|another|your|the", "grown-up|grown-ups"],
    &["an|another|any|the|trusted", "adult", "you|at|in|straight|today|now|who’ll"],
    &["a", "trusted", "adult"],
    &["if|when", "you’re", "under|worried|scared|upset|a"],
];

/// Lines and people that may come first in a worry section.
const OTHERS: [Phrase; 6] = [
    &["ceop|samaritans|lifeline|shout|police|999|101|111|papyrus"],
    &["116", "123"],
    &["report", "remove"],
    &["the|your|their", "school|nursery|doctor|gp"],
    &["children’s", "services"],
    &["social", "work|care"],
];

const HELP: &str = "name the NSPCC Helpline for adults first (0808 800 5000, help@nspcc.org.uk), then: “Your child can also ring \
                    Childline on 0800 1111.”";

/// A remark when Childline is where a text sends an adult first. `passages` in the order in which they are read.
pub(super) fn remark<'a>(passages: impl IntoIterator<Item = &'a Passage>, ages: Ages) -> Option<Remark> {
    // Whether someone else was named before.
    let mut is_later = false;
    for passage in passages {
        let text = &passage.words.text;
        let is_help = passage.part == Part::Help;
        let is_for_adult = ages.has_small() || is_help && is_to_adult(&passage.sentences, ages);
        for sentence in &passage.sentences {
            let words = &sentence.small;
            let childline = words.iter().position(|word| phrases::is("childline*", word));
            is_later |= names_others(&words[..childline.unwrap_or(words.len())], is_help && !ages.has_small());
            let Some(index) = childline else { continue };
            let at = sentence.words[index].start;
            let is_to_child = child_rings(text, sentence, index, ages)
                || is_for_young(text, sentence, index)
                || !ages.has_small() && is_quoted(text, at);
            if is_for_adult && !is_later && !is_to_child {
                let message = "Childline is the first line that an adult is sent to";
                return Some(Remark::new("childline-first", passage.words.place(at), message, HELP));
            }
        }
    }
    None
}

/// Whether the child is the one who rings the Childline that is word `index`: “your child can also ring Childline”. Not
/// “ring Childline, and they can tell you”, nor “if they like, ring Childline”. A child of 4 or 5 never does, but an
/// older brother or sister may.
fn child_rings(text: &str, sentence: &Sentence, index: usize, ages: Ages) -> bool {
    let words = &sentence.small;
    let Some(verb) = words[..index].iter().rposition(|word| phrases::is(RING, word)) else { return false };
    let Some(last) = words[..verb].iter().rposition(|word| !phrases::is(MAY, word)) else { return false };
    let is_child = phrases::is(if ages.has_infants { "brother|sister" } else { CHILD }, &words[last])
        || last > 0 && !ages.has_infants && phrases::says(&words[last - 1..=last], &YOUNG);
    is_child && index - verb <= BETWEEN + 1 && sentence.runs_on(text, last..index + 1)
}

/// Whether the words behind the name say that Childline is for young people.
fn is_for_young(text: &str, sentence: &Sentence, index: usize) -> bool {
    let words = &sentence.small;
    let is_sent_there = index > 0 && phrases::is(RING, &words[index - 1]);
    let behind = words[index + 1..].iter().take_while(|word| phrases::is(IS, word)).count() + index + 1;
    !is_sent_there && phrases::begins(&words[behind..], FOR) && sentence.runs_on(text, index..behind + 1)
}

/// Whether the NSPCC is named; where `any` will do, another line or office.
fn names_others(words: &[String], any: bool) -> bool {
    words.iter().any(|word| word.starts_with("nspcc")) || any && phrases::says(words, &OTHERS)
}

/// Whether a paragraph of a worry section is for the adult. From 11 up the section talks to the young person, unless it
/// says otherwise; below, to the adult.
fn is_to_adult(all: &[Sentence], ages: Ages) -> bool {
    let says = |wanted: &[Phrase]| all.iter().any(|sentence| phrases::says(&sentence.small, wanted));
    says(&TO_ADULT) || !ages.has_young_people() && !says(&TO_CHILD)
}

/// Whether byte `at` stands between quotation marks.
fn is_quoted(text: &str, at: usize) -> bool {
    text[..at].rfind('“').is_some_and(|open| !text[open..at].contains('”'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::passages;

    const SMALL: Ages = Ages { youngest: 5, has_infants: false };
    const MIDDLE: Ages = Ages { youngest: 8, has_infants: false };
    const TEENS: Ages = Ages { youngest: 14, has_infants: false };

    fn alarms(worry: &str, ages: Ages) -> bool {
        let page = format!("## Do it together\n\nPlay.\n\n## If something worries you\n\n{worry}");
        remark(&passages::read(&page, 0).passages, ages).is_some()
    }

    #[test]
    fn an_adult_is_sent_to_the_nspcc_first() {
        for wrong in [
            "Childline on 0800 1111 listens to you both.",
            "Ring Childline with your child.",
            "Worried about your child? Ring Childline on 0800 1111, or the NSPCC.",
            "Ring Childline on 0800 1111, or the police on 101.",
            "You can both ring Childline.",
            "Ring Childline on 0800 1111, and they can tell you both what to do.",
            "If they like, ring Childline about your child.",
            "People can ring Childline about your child.",
            "Childline, a line for children, helps parents of your child, too: ring it first.",
            "Ring Childline for children and parents.",
        ] {
            assert!(alarms(wrong, SMALL) && alarms(wrong, MIDDLE), "{wrong}");
        }
        for right in [
            "Ring the NSPCC Helpline on 0808 800 5000. Childline is on 0800 1111.",
            "Listen to them. Your child can also ring Childline on 0800 1111.",
            "They may prefer to talk to Childline.",
            "They might also want to chat with someone at Childline.",
            "Young people can always call Childline.",
            "Childline is free for anyone under 19.",
        ] {
            assert!(!alarms(right, SMALL) && !alarms(right, MIDDLE), "{right}");
        }
    }

    #[test]
    fn children_are_sent_to_childline() {
        assert!(!alarms("Tell an adult you trust. You can ring Childline on 0800 1111.", TEENS));
        assert!(!alarms("Ring Childline on 0800 1111, or look under “Where to turn”.", TEENS));
        assert!(!alarms("Show a grown-up. You can ring Childline on 0800 1111.", MIDDLE));
        assert!(!alarms("Read out: “You can always ring Childline on 0800 1111.”", MIDDLE));
        assert!(!alarms("Stay with your teenager. Ring NHS 111. Childline is on 0800 1111, too.", TEENS));
        assert!(alarms("Ring Childline on 0800 1111.", MIDDLE));
        assert!(alarms("If you’re the adult, begin with Childline.", TEENS));
    }

    #[test]
    fn a_child_of_four_does_not_ring() {
        let infants = Ages { youngest: 4, has_infants: true };
        assert!(alarms("Listen. Your child can also ring Childline.", infants));
        assert!(!alarms("Ring the NSPCC Helpline on 0808 800 5000.", infants));
        assert!(!alarms("Ring the NSPCC. Childline is for older children.", infants));
        assert!(!alarms("An older brother or sister can ring Childline.", infants));
    }
}
