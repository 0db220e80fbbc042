//! The sentence about nude pictures: it belongs where pictures, live calls, pressure or fakes are what a text is about.

use super::passages::{Part, Passage};
use super::phrases::{self, Phrase};
use super::remark::Remark;
use super::sentences::sentences;

/// What a nude one may be.
const PICTURE: &str = "picture*|photo*|image*|video*|selfie*|pic|pics|clip|clips";

/// How many words may stand between the two: “nude or sexual pictures”.
const BETWEEN: usize = 3;

/// How near a picture is when a word is about it: “send me one more funny picture”.
const NEAR: usize = 5;

/// What shows that a text is about it.
const ABOUT: [Phrase; 6] = [
    &["picture|pictures|photo*|image|images|selfie*|camera*|nude*"],
    &["live|video", "call*|chat*|stream*|video*"],
    &["live-stream*|livestream*|video-call*|webcam*"],
    &["pressure*|pressuring|threat*|dare|dares|dared"],
    &["blackmail*|sextort*|groom*"],
    &["fake*|deepfake*"],
];

/// What shows in a game that it is about it: a picture that is asked for or made up, blackmail.
const STRONG: [Phrase; 2] = [&["blackmail*|sextort*|deepfake*"], &["nudify*"]];

/// Words that make it so when a picture comes soon after.
const WITH_PICTURE: &str = "fake|faked|ask|asks|asked|asking|send|sends|sent|sending|want|wants|threat*";

/// Whether `text` (a title, a summary, an opening) speaks of what makes the sentence belong there.
pub(super) fn is_about(text: &str) -> bool {
    sentences(text).iter().any(|sentence| phrases::says(&phrases::small(text, sentence), &ABOUT))
}

/// Whether a text speaks of it before its first heading, in other sentences than those that may not stand there.
pub(super) fn opens_on_it(passages: &[Passage]) -> bool {
    passages.iter().filter(|passage| passage.section == 0).any(|passage| {
        let sentences = passage.sentences();
        let mut words = sentences.iter().map(|sentence| phrases::small(&passage.words.text, sentence));
        words.any(|words| position(&words).is_none() && phrases::says(&words, &ABOUT))
    })
}

/// Whether what is done together is about it. “Never send on a nude picture” alone does not make it so.
pub(super) fn is_in_game(passages: &[Passage]) -> bool {
    passages.iter().filter(|passage| passage.part != Part::Help).any(|passage| {
        let text = &passage.words.text;
        passage.sentences().iter().any(|sentence| is_strong(&phrases::small(text, sentence)))
    })
}

fn is_strong(words: &[String]) -> bool {
    let nude = position(words).is_some();
    let with_picture = words.iter().enumerate().any(|(at, word)| {
        let counts = if nude { "fake|faked|threat*" } else { WITH_PICTURE };
        phrases::is(counts, word) && words[at + 1..].iter().take(NEAR).any(|word| phrases::is(PICTURE, word))
    });
    with_picture || phrases::says(words, &STRONG)
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
    fn a_game_about_it_is_told_from_a_warning() {
        let game = |page: &str| is_in_game(&passages::read(page, 0).passages);
        assert!(game("- “Can you send me a picture?”") && game("The last one is about a fake nude picture."));
        assert!(game("He blackmails Sam.") && game("Someone asks Maya for one more photo."));
        assert!(!game("Never copy or send on a nude picture of anyone under 18."));
        assert!(!game("Draw a picture.\n\n## If something worries you\n\nSomeone may ask for pictures."));
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
