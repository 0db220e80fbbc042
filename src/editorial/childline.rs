//! Childline is for children and young people: adults are sent to the NSPCC Helpline, and first.

use super::ages::Ages;
use super::passages::{Part, Passage};
use super::phrases::{self, Phrase};
use super::remark::Remark;
use super::sentences::Sentence;

/// The child is the one who rings: “your child can also ring Childline”.
const CHILD_RINGS: [Phrase; 3] = [
    &["child|teenager|son|daughter|they|he|she|children|people|person|pupils|anyone|everyone", "can|could|may|might"],
    &["child|teenager|son|daughter|they|he|she|children|people|person", "prefer*|want*|like*"],
    &["for|to", "children|young|under-19s|anyone|everyone"],
];

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
    // Whether somebody else was named before.
    let mut is_later = false;
    for passage in passages {
        let text = &passage.words.text;
        let with_words = |sentence: Sentence| {
            let words = phrases::small(text, &sentence);
            (sentence, words)
        };
        let all: Vec<_> = passage.sentences().into_iter().map(with_words).collect();
        let is_for_adult = ages.has_small() || passage.part == Part::Help && is_to_adult(&all, ages);
        for (sentence, words) in &all {
            let childline = words.iter().position(|word| phrases::is("childline*", word));
            is_later |= names_others(
                &words[..childline.unwrap_or(words.len())],
                passage.part == Part::Help && !ages.has_small(),
            );
            let Some(index) = childline else { continue };
            let at = sentence.words[index].start;
            if ages.has_infants {
                return Some(for_infants(passage.words.place(at)));
            }
            let is_to_child = phrases::says(words, &CHILD_RINGS) || !ages.has_small() && is_quoted(text, at);
            if is_for_adult && !is_later && !is_to_child {
                let message = "Childline is the first line that an adult is sent to";
                return Some(Remark::new("childline-first", passage.words.place(at), message, HELP));
            }
        }
    }
    None
}

/// Whether the NSPCC is named; where `any` will do, another line or office.
fn names_others(words: &[String], any: bool) -> bool {
    words.iter().any(|word| word.starts_with("nspcc")) || any && phrases::says(words, &OTHERS)
}

fn for_infants(at: usize) -> Remark {
    let message = "Childline is named in a text for children of 4 or 5";
    Remark::new("childline-first", at, message, "name the NSPCC Helpline for adults: 0808 800 5000, help@nspcc.org.uk")
}

/// Whether a paragraph of a worry section is for the adult. From 11 up the section talks to the young person, unless it
/// says otherwise; below, to the adult.
fn is_to_adult(all: &[(Sentence, Vec<String>)], ages: Ages) -> bool {
    let says = |wanted: &[Phrase]| all.iter().any(|(_, words)| phrases::says(words, wanted));
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
        ] {
            assert!(alarms(wrong, SMALL) && alarms(wrong, MIDDLE), "{wrong}");
        }
        for right in [
            "Ring the NSPCC Helpline on 0808 800 5000. Childline is on 0800 1111.",
            "Listen to them. Your child can also ring Childline on 0800 1111.",
            "They may prefer to talk to Childline.",
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
    fn no_text_for_infants_names_it() {
        let infants = Ages { youngest: 4, has_infants: true };
        assert!(alarms("Ring the NSPCC. Your child can also ring Childline.", infants));
        assert!(!alarms("Ring the NSPCC Helpline on 0808 800 5000.", infants));
    }
}
