//! How a text sounds: sentences that are too long, runs of short ones, and texts whose sentences are too short
//! or too long on average.

use super::passages::Passage;
use super::remark::Remark;
use super::voice::{self, Narration};

/// The most words that a sentence may have: GOV.UK's style guide splits longer ones (“Sentence length”, Content design).
const LIMIT: usize = 25;

/// A sentence with fewer words is a short one.
const SHORT: usize = 6;

/// So many short ones in a row sound like a telegram.
const RUN: usize = 4;

/// The fewest words whose average says something, as for the reading age.
const SAMPLE: usize = 100;

/// The fewest and the most words of a sentence on average. Writers aim at 8 to 14.
const MEAN: (f64, f64) = (7.5, 15.0);

const JOIN: &str = "join some of them with so, then, if, because or but: they say how one thing follows from another";

/// A remark for each sentence that is too long to follow.
pub(super) fn too_long(passage: &Passage) -> Vec<Remark> {
    let long = passage.sentences.iter().filter(|sentence| sentence.words.len() > LIMIT);
    long.map(|sentence| {
        let words = sentence.words.len();
        let message = format!("this sentence has {words} words; after {LIMIT} a reader loses the thread");
        let at = passage.words.place(sentence.start);
        Remark::new("long-sentence", at, message, "make two sentences of it, or a list")
    })
    .collect()
}

/// A remark for each run of short sentences within one passage.
pub(super) fn staccato<'a>(passages: impl IntoIterator<Item = &'a Passage>) -> impl Iterator<Item = Remark> {
    passages.into_iter().flat_map(|passage| {
        let sentences = voice::sentences(passage);
        let runs = runs(&sentences).into_iter().map(|(first, length)| {
            let at = passage.words.place(sentences[first].sentence.start);
            let message = format!("{length} sentences in a row have fewer than {SHORT} words");
            Remark::new("staccato", at, message, JOIN)
        });
        runs.collect::<Vec<_>>()
    })
}

/// The index of the first sentence of each run, and its length. A single word (“Yes.”,
/// “MUTE.”) neither counts nor ends one, nor does a short question: “Who made it? Why now?” is how sources are checked.
fn runs(sentences: &[Narration<'_>]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    for (index, voiced) in sentences.iter().enumerate() {
        match voiced.sentence.words.len() {
            1 if voiced.is_own => {}
            words if voiced.is_own && voiced.is_question && words < SHORT => {}
            words if voiced.is_own && words < SHORT => {
                run = Some(run.map_or((index, 1), |(first, length)| (first, length + 1)));
            }
            _ => runs.extend(run.take()),
        }
    }
    runs.extend(run);
    runs.retain(|(_, length)| *length >= RUN);
    runs
}

/// A remark when the sentences of a whole text are too short or too long on average: those of the writer's own, and
/// all together. So neither cards with two words nor a long story that is read aloud count for or against it.
pub(super) fn mean(passages: &[Passage]) -> Option<Remark> {
    let voiced: Vec<Narration<'_>> = passages.iter().flat_map(voice::sentences).collect();
    let own = voiced.iter().filter(|voiced| voiced.is_own);
    if own.map(|voiced| voiced.sentence.words.len()).sum::<usize>() < SAMPLE {
        return None;
    }
    let own = average(voiced.iter().filter(|voiced| voiced.is_own));
    let all = average(voiced.iter());
    let (least, most) = MEAN;
    let help = match own {
        _ if own < least && all < least => JOIN,
        _ if own > most && all > most => "make two sentences of each of the longest",
        _ => return None,
    };
    let at = passages.first().map_or(0, |passage| passage.words.place(0));
    let message = format!("a sentence has {own:.1} words on average; {least} to {most} are easy to follow");
    Some(Remark::new("sentence-length", at, message, help))
}

/// Words in a sentence, on average.
fn average<'a>(voiced: impl Iterator<Item = &'a Narration<'a>>) -> f64 {
    let (sentences, words) = voiced.fold((0_u32, 0_u32), |(sentences, words), voiced| {
        let length = u32::try_from(voiced.sentence.words.len()).unwrap_or(u32::MAX);
        (sentences + 1, words.saturating_add(length))
    });
    f64::from(words) / f64::from(sentences.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::passages;

    fn lengths(page: &str) -> Vec<usize> {
        passages::read(page, 0).passages.iter().flat_map(|it| runs(&voice::sentences(it))).map(|(_, n)| n).collect()
    }

    #[test]
    fn four_short_sentences_of_the_writers_own_are_a_run() {
        assert_eq!(lengths("Sit on the floor. Take a card. Look at it. Turn it over. Now tell us."), [5]);
        assert_eq!(
            lengths("Sit down. Take a card. Look at it. If it has a star, then you turn it over."),
            [] as [usize; 0]
        );
        assert_eq!(lengths("Sit down. Take a card.\n\nLook at it. Turn it over."), [] as [usize; 0]);
        assert_eq!(lengths("Say: “Stop it. I mean it. Go away. I will tell.” Then sit down."), [] as [usize; 0]);
        assert_eq!(lengths("> Stop it now. Look at me. One two three. Off we go."), [] as [usize; 0]);
        assert_eq!(lengths("- Mute it.\n- Leave it.\n- Block it.\n- Report it.\n"), [] as [usize; 0]);
        assert_eq!(lengths("Who made it? Why now? What is missing? Where is it from?"), [] as [usize; 0]);
        assert_eq!(lengths("Sit down. Take a card. Who is on it? Look at it. Turn it over."), [4]);
        assert_eq!(lengths("Yes. No. Maybe. Red. Blue."), [] as [usize; 0]);
        assert_eq!(lengths("1. **Take turns (4 minutes).** Sit down. Take a card. Look at it."), [] as [usize; 0]);
    }

    #[test]
    fn the_average_needs_enough_words() {
        let mean =
            |sentence: &str, times| mean(&passages::read(&sentence.repeat(times), 0).passages).map(|it| it.message);
        let six = "They sit on the old floor. ";
        assert!(mean(six, 17).is_some_and(|message| message.contains("6.0 words")));
        assert_eq!(mean(six, 16), None);
        assert_eq!(mean("They sit on the old floor and wait. ", 20), None);
        assert!(mean("They sit on the old floor and wait for one who will never come back again. ", 10).is_some());
    }
}
