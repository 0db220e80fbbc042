//! The reading age of a text, by the Flesch–Kincaid grade level.
//!
//! grade = 0.39 × words ÷ sentences + 11.8 × syllables ÷ words − 15.59, from J. P. Kincaid, R. P. Fishburne, R. L. Rogers and
//! B. S. Chissom, *Derivation of New Readability Formulas for Navy Enlisted Personnel*, Research Branch Report 8-75, Naval
//! Technical Training Command, 1975. A grade is a year of school in the United States: the age is 5 years more.

use super::ages::Ages;
use super::passages::Passage;
use super::remark::Remark;
use super::sentences::Sentence;
use super::syllables;

/// The fewest words that are graded: the formula was made for samples of 100 or more.
const SAMPLE: usize = 100;

/// Years between a grade and the age of those in it.
const AGE_OF_GRADE: f64 = 5.0;

/// The highest grade by the age of the youngest reader, oldest first. Parents read what is for younger children, and
/// many of them are learning English: the grade is that of an 11-year-old there, as in articles and notices.
const LIMITS: [(u8, f64); 3] = [(14, 9.0), (11, 8.0), (0, ADULT_LIMIT)];

/// The highest grade of a text for parents.
pub(super) const ADULT_LIMIT: f64 = 6.0;

/// The highest grade that an activity for children of these ages may have.
pub(super) fn limit(ages: Ages) -> f64 {
    LIMITS.iter().find(|(age, _)| ages.youngest >= *age).map_or(ADULT_LIMIT, |(_, grade)| *grade)
}

/// The age at which a text reads; `None` when there is too little of it.
pub(super) fn age(passages: &[Passage]) -> Option<f64> {
    Some(tally(passages).grade()? + AGE_OF_GRADE)
}

fn tally(passages: &[Passage]) -> Tally {
    let mut tally = Tally::default();
    for passage in passages {
        passage.sentences.iter().for_each(|sentence| tally.add(&passage.words.text, sentence));
    }
    tally
}

/// A remark at the beginning of a text that reads above `limit`.
pub(super) fn remark(passages: &[Passage], limit: f64) -> Option<Remark> {
    let (message, help) = tally(passages).too_hard(limit)?;
    Some(Remark::new("reading-age", passages.first().map_or(0, |passage| passage.words.place(0)), message, help))
}

/// Sentences that have more words on average are long. With so many, a text may have 1.37 syllables a word before it reaches
/// grade 6. The shipped library has 1.26, and 1.44 where its sentences are shorter: the limits leave room for 8 to 14 words.
const LONG: f64 = 14.0;

/// Counts over a text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    words: usize,
    sentences: usize,
    syllables: usize,
}

impl Tally {
    /// Adds a sentence of `text`. Numbers do not count as words: how they are read aloud is not known.
    pub(super) fn add(&mut self, text: &str, sentence: &Sentence) {
        let words = sentence.words.iter().map(|word| &text[word.clone()]);
        let spoken: Vec<&str> = words.filter(|word| word.contains(char::is_alphabetic)).collect();
        self.words += spoken.len();
        self.sentences += usize::from(!spoken.is_empty());
        self.syllables += spoken.iter().map(|word| syllables::count(word)).sum::<usize>();
    }

    /// Words in a sentence, and syllables in a word, on average; `None` when there are too few to judge.
    fn averages(self) -> Option<(f64, f64)> {
        if self.words < SAMPLE {
            return None;
        }
        Some((ratio(self.words, self.sentences)?, ratio(self.syllables, self.words)?))
    }

    /// The grade, when there is enough text.
    pub(super) fn grade(self) -> Option<f64> {
        let (words, syllables) = self.averages()?;
        Some(0.39 * words + 11.8 * syllables - 15.59)
    }

    /// What is wrong and what to do when the grade is above `limit`.
    pub(super) fn too_hard(self, limit: f64) -> Option<(String, String)> {
        let grade = self.grade().filter(|grade| *grade > limit)?;
        let (words, syllables) = self.averages()?;
        let message = format!(
            "the text reads at age {:.1}; at most {} is right for its readers (Flesch–Kincaid grade {grade:.1}, limit {limit})",
            grade + AGE_OF_GRADE,
            limit + AGE_OF_GRADE,
        );
        // Sentences that are cut when they are not long turn into a telegram, which is no easier to read.
        let cut = if words > LONG { "make two sentences of each of the longest, and take" } else { "take" };
        let help = format!("{cut} shorter words (now {words:.1} words a sentence, {syllables:.2} syllables a word)");
        Some((message, help))
    }
}

/// A quotient of counts; `None` when dividing by zero.
fn ratio(count: usize, by: usize) -> Option<f64> {
    let by = u32::try_from(by).ok().filter(|by| *by > 0)?;
    Some(f64::from(u32::try_from(count).ok()?) / f64::from(by))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::editorial::sentences::sentences;

    fn tally(text: &str) -> Tally {
        let mut tally = Tally::default();
        for sentence in sentences(text) {
            tally.add(text, &sentence);
        }
        tally
    }

    #[test]
    fn the_grade_follows_the_formula() {
        // 10 sentences of 10 words with 12 syllables: 0.39 × 10 + 11.8 × 1.2 − 15.59.
        let text = "The small cat sat on a happy table by me. ".repeat(10);
        assert_eq!(tally(&text), Tally { words: 100, sentences: 10, syllables: 120 });
        let grade = tally(&text).grade().expect("100 words are enough");
        assert!((grade - 2.47).abs() < 1e-9, "{grade}");
    }

    #[test]
    fn only_long_sentences_are_to_be_cut() {
        let help = |text: &str| tally(&text.repeat(20)).too_hard(3.0).map(|(_, help)| help).unwrap_or_default();
        assert!(help("Every family remembers happy and sunny holiday mornings. ").starts_with("take shorter words"));
        let long = "When you go to see a film on the big screen you sit in the dark for a good hour or more. ";
        assert!(help(long).starts_with("make two sentences"), "{}", help(long));
    }

    #[test]
    fn little_text_is_not_judged() {
        assert_eq!(tally(&"Incomprehensible administration. ".repeat(49)).grade(), None);
        assert!(tally(&"Incomprehensible administration. ".repeat(50)).too_hard(9.0).is_some());
        assert_eq!(tally(&"12 345 67. ".repeat(100)).grade(), None);
    }

    #[test]
    fn the_youngest_band_sets_the_limit() {
        let limits: Vec<f64> = [0_u8, 4, 8, 10, 11, 13, 14, 25]
            .iter()
            .map(|min| LIMITS.iter().find(|(age, _)| min >= age).expect("0 is the last").1)
            .collect();
        assert_eq!(limits, [6.0, 6.0, 6.0, 6.0, 8.0, 8.0, 9.0, 9.0]);
    }

    proptest! {
        #[test]
        fn any_text_has_a_finite_grade_or_none(text in "\\PC{0,400}") {
            prop_assert!(tally(&text).grade().is_none_or(f64::is_finite));
        }
    }
}
