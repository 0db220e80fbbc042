//! The sentence about nude pictures: it belongs where pictures, live calls, pressure or fakes are what a text is about.

use super::passages::Passage;
use super::phrases::{self, Phrase};
use super::remark::Remark;
use super::sentences::sentences;

/// What a nude one may be.
const PICTURE: &str = "picture*|photo*|image*|video*|selfie*|pic|pics|clip|clips";

/// How many words may stand between the two: “nude or sexual pictures”.
const BETWEEN: usize = 3;

/// What shows that a text is about it.
const ABOUT: [Phrase; 6] = [
    &["picture|pictures|photo*|image|images|selfie*|camera*|nude*"],
    &["live|video", "call*|chat*|stream*|video*"],
    &["live-stream*|livestream*|video-call*|webcam*"],
    &["pressure*|pressuring|threat*|dare|dares|dared"],
    &["blackmail*|sextort*|groom*"],
    &["fake*|deepfake*"],
];

/// Whether `text` (a title, a summary, an opening) speaks of what makes the sentence belong there.
pub(super) fn is_about(text: &str) -> bool {
    sentences(text).iter().any(|sentence| phrases::says(&phrases::small(text, sentence), &ABOUT))
}

/// A remark for each passage that speaks of a nude picture. `why` says why it may not.
pub(super) fn remarks<'a>(
    passages: impl IntoIterator<Item = &'a Passage, IntoIter: 'a>,
    why: (&'static str, &'static str),
) -> impl Iterator<Item = Remark> + 'a {
    passages.into_iter().filter_map(move |passage| {
        let text = &passage.words.text;
        let at = passage.sentences().iter().find_map(|sentence| {
            let nude = position(&phrases::small(text, sentence))?;
            Some(sentence.words[nude].start)
        })?;
        Some(Remark::new("nude-picture", passage.words.place(at), why.0, why.1))
    })
}

/// Why a text for small children may not.
pub(super) const SMALL: (&str, &str) = (
    "a nude picture is spoken of, in a text for children under 8",
    "say “pictures of your body” to small children; parents find the rest under “Where to turn”",
);

/// Why a text that is about something else may not.
pub(super) const ELSEWHERE: (&str, &str) = (
    "a nude picture is spoken of, and the text is about something else",
    "take the sentence out: it stands under “Where to turn”, and where pictures, live calls, pressure or fakes are the subject",
);

fn position(words: &[String]) -> Option<usize> {
    (0..words.len()).find(|at| match words[*at].as_str() {
        "nudes" => true,
        "nude" => words[at + 1..].iter().take(BETWEEN + 1).any(|word| phrases::is(PICTURE, word)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::passages;

    #[test]
    fn the_sentence_is_found_in_its_forms() {
        let count = |page: &str| remarks(passages::read(page, 0).passages.iter(), ELSEWHERE).count();
        for says in [
            "Do not copy a nude picture of anyone under 18.",
            "Never send on nude or sexual photos.",
            "They ask for nudes.",
            "Nude videos are for telling.",
        ] {
            assert_eq!(count(says), 1, "{says}");
        }
        for fine in ["A nude mouse is a pet.", "Ask before you take a picture.", "Keep pictures of your body private."]
        {
            assert_eq!(count(fine), 0, "{fine}");
        }
    }

    #[test]
    fn what_a_text_is_about_is_told_by_its_title_and_summary() {
        for about in [
            "What could happen to a photo?",
            "Going live: live calls and streams",
            "Pressure and tricks",
            "Spot the deepfake.",
            "What to do about threats",
        ] {
            assert!(is_about(about), "{about}");
        }
        for other in
            ["Be kind online", "Stop the game when the song ends.", "Where do we live?", "Videos that never end"]
        {
            assert!(!is_about(other), "{other}");
        }
    }
}
