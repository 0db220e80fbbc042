//! The sentence about nude pictures: it belongs where shared pictures, live calls, threats or fakes are what a text is about.

use super::passages::{Part, Passage};
use super::phrases::{self, Phrase};
use super::remark::Remark;

/// Words for a picture of any kind.
const PICTURE: &str = "picture*|photo*|image*|video*|selfie*|pic|pics|clip|clips";

/// How many words may stand between *nude* and the picture: “nude or sexual pictures”.
const BETWEEN: usize = 3;

/// How near a picture is to what is done with it: “share one more funny picture”.
const NEAR: usize = 5;

/// Phrases by which a title, a summary or a skill shows that the sentence about nude pictures belongs in the text.
const ABOUT: [Phrase; 5] = [
    &["nude|nudes|nudify*|sexting"],
    &["live|video", "call*|chat*|stream*|video*"],
    &["live-stream*|livestream*|video-call*|webcam*"],
    &["threat*|blackmail*|sextort*|groom*|deepfake*"],
    &["private|intimate", PICTURE],
];

/// What may be done to a picture, or for one, in a title, a summary or a skill on the subject.
const SHARED: &str =
    "fake*|share|shares|shared|sharing|post|posts|posted|posting|send|sends|sent|sending|push*|pressure*";

/// Phrases by which the game itself shows that the sentence belongs there.
const IN_GAME: [Phrase; 1] = [&["blackmail*|sextort*|deepfake*|nudify*"]];

/// What is done to a picture, or for one, in such a game. Asking for a picture happens in any game.
const FORCED: &str = "fake|faked|threat*|push*|pressure*";

/// What makes a sentence that mentions a nude picture more than a warning: “never pressure anyone for nudes” is one.
const FAKED: &str = "fake|faked|threat*";

/// Why a text may not mention a nude picture.
#[derive(Clone, Copy)]
pub(super) struct Reason {
    message: &'static str,
    help: &'static str,
}

/// A text for small children never may.
pub(super) const SMALL: Reason = Reason {
    message: "mentions a nude picture in a text for children under 8",
    help: "say “pictures of your body” to small children; parents find the rest under “Where to turn”",
};

/// A text on another subject need not.
pub(super) const ELSEWHERE: Reason = Reason {
    message: "mentions a nude picture, and the title, summary and skill are about something else",
    help: "take the sentence out: it stands under “Where to turn”, and where sharing pictures, live calls, threats or \
           fakes are the subject",
};

/// Whether a title, a summary or a skill makes the sentence belong in its text.
pub(super) fn is_about(passage: &Passage) -> bool {
    passage.sentences.iter().any(|sentence| is_subject(&sentence.small))
}

/// Whether a text is on the subject before its first heading, apart from mentions of nude pictures themselves.
pub(super) fn opens_on_it(passages: &[Passage]) -> bool {
    let opening = passages.iter().filter(|passage| passage.section == 0);
    let mut sentences = opening.flat_map(|passage| &passage.sentences);
    sentences.any(|sentence| mention(&sentence.small).is_none() && is_subject(&sentence.small))
}

/// Whether what is done together is about forced or faked pictures. “Never send on a nude picture” alone is a warning.
pub(super) fn is_in_game(passages: &[Passage]) -> bool {
    let game = passages.iter().filter(|passage| passage.part != Part::Help);
    game.flat_map(|passage| &passage.sentences).any(|sentence| {
        let words = &sentence.small;
        let done = if mention(words).is_some() { FAKED } else { FORCED };
        phrases::says(words, &IN_GAME) || is_done_to_picture(words, done)
    })
}

fn is_subject(words: &[String]) -> bool {
    phrases::says(words, &ABOUT) || is_done_to_picture(words, SHARED)
}

/// Whether one of the words in `done` is followed by a picture.
fn is_done_to_picture(words: &[String], done: &str) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        phrases::is(done, word) && words[at + 1..].iter().take(NEAR).any(|word| phrases::is(PICTURE, word))
    })
}

/// A remark for each passage that mentions a nude picture.
pub(super) fn remarks<'a>(passages: impl IntoIterator<Item = &'a Passage>, reason: Reason) -> Vec<Remark> {
    let mentions = passages.into_iter().filter_map(|passage| {
        let first =
            passage.sentences.iter().find_map(|sentence| Some(sentence.words[mention(&sentence.small)?].start))?;
        Some(passage.words.place(first))
    });
    mentions.map(|at| Remark::new("nude-picture", at, reason.message, reason.help)).collect()
}

/// The word at which a nude picture is mentioned.
fn mention(words: &[String]) -> Option<usize> {
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
        let count = |page: &str| remarks(&passages::read(page, 0).passages, ELSEWHERE).len();
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
        assert!(
            game("- “One more photo, or I’ll push for a video.”") && game("The last one is about a fake nude picture.")
        );
        assert!(game("He blackmails Sam.") && game("One message is pressure to send a picture."));
        assert!(!game("Never copy or send on a nude picture of anyone under 18."));
        assert!(!game("Can you send me a picture?") && !game("Ask Sam before you take his picture."));
        assert!(!game("Draw a picture.\n\n## If something worries you\n\nSomeone may push for pictures."));
    }

    #[test]
    fn what_a_text_is_about_is_told_by_its_title_and_summary() {
        let about = |text: &str| passages::read(text, 0).passages.iter().any(is_about);
        for on_it in [
            "Think before you share a picture",
            "Going live: live calls and streams",
            "Spot the deepfake.",
            "Can you tell which picture is a fake picture?",
            "What to do about threats",
            "A private picture, sent in trust, doesn’t stay private.",
        ] {
            assert!(about(on_it), "{on_it}");
        }
        for other in [
            "Be kind online",
            "Stop the game when the song ends.",
            "Where do we live?",
            "Videos that never end",
            "Draw a picture of the robot.",
            "Who took this photo, and who may copy it?",
            "A fake message from a bank",
            "Under pressure to buy",
        ] {
            assert!(!about(other), "{other}");
        }
    }
}
