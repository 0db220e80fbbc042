//! Activities of one band that a family would take for the same one.
//!
//! Texts are compared by their shingles: every run of [`SHINGLE`] words in a row (A. Broder, “On the resemblance and
//! containment of documents”, 1997). An index from shingle to activities keeps the work near the size of the library.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::band::BandName;

/// Words in a shingle.
const SHINGLE: usize = 5;

/// The share of the shorter text's shingles that the other may hold. Among some seventy activities that were written apart
/// the most was 0.014, measured; a text with one word in eight changed at random keeps about half of its shingles.
const TEXT_LIMIT: f64 = 0.15;

/// The share of words that two titles or summaries may have in common, of all that they have.
const LINE_LIMIT: f64 = 0.7;

/// How many activities are remembered for a shingle: enough to name the first, and identical files stay cheap.
const HOLDERS: usize = 8;

/// Words that say nothing about what a title or summary is about.
const EMPTY: [&str; 18] = [
    "a", "an", "and", "the", "of", "to", "in", "on", "for", "with", "your", "you", "is", "it", "that", "then", "or",
    "by",
];

/// What is compared of an activity.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// Its bands.
    pub(super) bands: Vec<BandName>,
    /// Each word of its text in small letters, and the byte of its page at which it begins.
    pub(super) words: Vec<(String, usize)>,
    /// Its title and its summary.
    pub(super) lines: [String; 2],
}

/// In what two activities are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Alike {
    /// A share of the text, from 0 to 1; and the byte of the later one's page at which the first shared words begin.
    Text(f64, usize),
    /// The titles.
    Titles,
    /// The summaries.
    Summaries,
}

/// Activity `later` is like activity `first`, which comes before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) first: usize,
    pub(super) later: usize,
    pub(super) alike: Alike,
}

/// Every activity that is too much like an earlier one of one of its bands, each once, with the most like it.
pub(super) fn find(samples: &[Sample]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let bands: BTreeSet<&BandName> = samples.iter().flat_map(|sample| &sample.bands).collect();
    for band in bands {
        let in_band: Vec<usize> = (0..samples.len()).filter(|index| samples[*index].bands.contains(band)).collect();
        pairs.extend(by_text(samples, &in_band));
        pairs.extend(by_lines(samples, &in_band));
    }
    let mut seen = HashSet::new();
    // Of an activity's pairs the strongest comes first.
    pairs.sort_by(|a, b| (a.later, rank(a)).partial_cmp(&(b.later, rank(b))).unwrap_or(std::cmp::Ordering::Equal));
    pairs.retain(|pair| seen.insert(pair.later));
    pairs
}

fn rank(pair: &Pair) -> (u8, f64, usize) {
    match pair.alike {
        Alike::Text(share, _) => (0, -share, pair.first),
        Alike::Titles => (1, 0.0, pair.first),
        Alike::Summaries => (2, 0.0, pair.first),
    }
}

fn by_text(samples: &[Sample], in_band: &[usize]) -> Vec<Pair> {
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for &later in in_band {
        let shingles = shingles(&samples[later].words);
        sizes.insert(later, shingles.len());
        let mut shared: HashMap<usize, (usize, usize)> = HashMap::new();
        for (shingle, at) in &shingles {
            let known = holders.entry(*shingle).or_default();
            for first in known.iter() {
                let (count, place) = shared.entry(*first).or_insert((0, *at));
                (*count, *place) = (*count + 1, (*place).min(*at));
            }
            if known.len() < HOLDERS {
                known.push(later);
            }
        }
        for (first, (count, at)) in shared {
            let share = share(count, sizes[&first].min(shingles.len()));
            if share >= TEXT_LIMIT {
                pairs.push(Pair { first, later, alike: Alike::Text(share, at) });
            }
        }
    }
    pairs
}

/// The different shingles of a text, and where each first begins.
fn shingles(words: &[(String, usize)]) -> HashMap<u64, usize> {
    let mut all = HashMap::new();
    for run in words.windows(SHINGLE) {
        all.entry(hash(run.iter().map(|(word, _)| word.as_str()))).or_insert(run[0].1);
    }
    all
}

/// FNV-1a, 64 bits: fast, and the same everywhere.
fn hash<'a>(words: impl Iterator<Item = &'a str>) -> u64 {
    let bytes = words.flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

fn by_lines(samples: &[Sample], in_band: &[usize]) -> Vec<Pair> {
    let sets: Vec<[BTreeSet<u64>; 2]> =
        in_band.iter().map(|index| samples[*index].lines.each_ref().map(|line| significant(line))).collect();
    let mut pairs = Vec::new();
    for (place, later) in in_band.iter().enumerate() {
        for (line, alike) in [Alike::Titles, Alike::Summaries].into_iter().enumerate() {
            let is_like = |other: &usize| resemblance(&sets[*other][line], &sets[place][line]) >= LINE_LIMIT;
            pairs.extend((0..place).find(is_like).map(|other| Pair { first: in_band[other], later: *later, alike }));
        }
    }
    pairs
}

/// The words that carry the sense of a line.
fn significant(line: &str) -> BTreeSet<u64> {
    let words = line.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).filter(|word| !word.is_empty());
    words.filter(|word| !EMPTY.contains(&word.as_str())).map(|word| hash([word.as_str()].into_iter())).collect()
}

/// Shared words of all words.
fn resemblance(a: &BTreeSet<u64>, b: &BTreeSet<u64>) -> f64 {
    let shared = a.intersection(b).count();
    share(shared, a.len() + b.len() - shared)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(bands: &[&str], text: &str, title: &str) -> Sample {
        let words = text.split_whitespace().enumerate().map(|(at, word)| (word.to_owned(), at)).collect();
        let bands = bands.iter().map(|band| band.parse().expect("a band")).collect();
        Sample { bands, words, lines: [title.to_owned(), format!("{title} once more, in the kitchen")] }
    }

    fn counted(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ") + " "
    }

    #[test]
    fn a_copy_is_found_once_on_the_later_one() {
        let samples = [
            sample(&["4-5", "5-7"], &counted(0, 100), "Red door"),
            sample(&["8-10"], &counted(0, 100), "Blue lamp"),
            sample(&["4-5", "5-7"], &(counted(500, 550) + &counted(50, 100)), "Green hat"),
        ];
        let [pair] = find(&samples)[..] else { panic!("one pair") };
        let Alike::Text(share, at) = pair.alike else { panic!("a text") };
        assert_eq!((pair.first, pair.later, at), (0, 2, 50));
        assert!((0.45..0.5).contains(&share), "{share}");
    }

    #[test]
    fn titles_and_summaries_are_compared_by_the_words_that_matter() {
        let samples = [
            sample(&["4-5"], &counted(0, 100), "The side-swap debate"),
            sample(&["4-5"], &counted(200, 300), "A debate: side swap!"),
            sample(&["5-7"], &counted(400, 500), "Side swap debate"),
        ];
        assert_eq!(find(&samples), [Pair { first: 0, later: 1, alike: Alike::Titles }]);
    }

    #[test]
    fn an_empty_text_is_like_no_other() {
        assert_eq!(
            find(&[sample(&["4-5"], "", ""), sample(&["4-5"], "", "")]).len(),
            1,
            "only their summaries are alike"
        );
    }

    #[test]
    fn a_thousand_copies_take_time_that_grows_with_their_number() {
        let timed = |count: usize| {
            let samples: Vec<Sample> = (0..count).map(|_| sample(&["4-5"], &counted(0, 300), "Copy")).collect();
            let once = || {
                let start = std::time::Instant::now();
                assert_eq!(find(&samples).len(), count - 1);
                start.elapsed()
            };
            (0..3).map(|_| once()).min().expect("three runs")
        };
        let (some, many) = (timed(100), timed(400));
        assert!(many < some * 12, "100: {some:?}, 400: {many:?}");
    }

    proptest! {
        #[test]
        fn a_pair_names_two_of_the_samples_in_order(texts in prop::collection::vec("[ab ]{0,30}", 0..8)) {
            let samples: Vec<Sample> = texts.iter().map(|text| sample(&["4-5"], text, text)).collect();
            for pair in find(&samples) {
                prop_assert!(pair.first < pair.later && pair.later < samples.len());
            }
        }
    }
}
