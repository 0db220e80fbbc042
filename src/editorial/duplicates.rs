//! Activities of one band that a family would take for the same one.
//!
//! Texts are compared by their shingles: every run of [`SHINGLE`] words in a row (A. Broder, “On the resemblance and
//! containment of documents”, 1997); titles and summaries by the words in them. Two indexes, from shingles and from the rarest
//! words of a line to activities, tell which are worth a comparison; all others are never compared.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::band::BandName;

/// Words in a shingle.
const SHINGLE: usize = 5;

/// The share of the shorter text's shingles that the other may hold. Among some seventy activities that were written apart
/// the most was below 0.02, measured; a text with one word in eight changed at random keeps about half of its shingles.
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
    Search { samples, compared: 0 }.run()
}

/// A look for pairs.
struct Search<'a> {
    samples: &'a [Sample],
    /// The work so far: how often something of an activity was held against something of another.
    compared: usize,
}

fn rank(pair: &Pair) -> (u8, f64, usize) {
    match pair.alike {
        Alike::Text(share, _) => (0, -share, pair.first),
        Alike::Titles => (1, 0.0, pair.first),
        Alike::Summaries => (2, 0.0, pair.first),
    }
}

impl Search<'_> {
    fn run(&mut self) -> Vec<Pair> {
        let samples = self.samples;
        let mut pairs: Vec<Pair> = Vec::new();
        let bands: BTreeSet<&BandName> = samples.iter().flat_map(|sample| &sample.bands).collect();
        for band in bands {
            let in_band: Vec<usize> = (0..samples.len()).filter(|index| samples[*index].bands.contains(band)).collect();
            pairs.extend(self.by_text(&in_band));
            pairs.extend(self.by_line(&in_band, 0, Alike::Titles));
            pairs.extend(self.by_line(&in_band, 1, Alike::Summaries));
        }
        let mut seen = HashSet::new();
        // Of an activity's pairs the strongest comes first.
        pairs.sort_by(|a, b| (a.later, rank(a)).partial_cmp(&(b.later, rank(b))).unwrap_or(std::cmp::Ordering::Equal));
        pairs.retain(|pair| seen.insert(pair.later));
        pairs
    }

    fn by_text(&mut self, in_band: &[usize]) -> Vec<Pair> {
        let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut sizes: HashMap<usize, usize> = HashMap::new();
        let mut pairs = Vec::new();
        for &later in in_band {
            let shingles = shingles(&self.samples[later].words);
            sizes.insert(later, shingles.len());
            let mut shared: HashMap<usize, (usize, usize)> = HashMap::new();
            for (shingle, at) in &shingles {
                let known = holders.entry(*shingle).or_default();
                self.compared += known.len();
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

    /// Each activity whose title (`line` 0) or summary (1) is like that of an earlier one, with the first such.
    fn by_line(&mut self, in_band: &[usize], line: usize, alike: Alike) -> Vec<Pair> {
        let lines = by_rarity(in_band.iter().map(|index| significant(&self.samples[*index].lines[line])).collect());
        let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
        // A copy is like the same lines as its original, so only the original is looked at.
        let mut firsts: HashMap<&[u64], usize> = HashMap::new();
        let mut pairs = Vec::new();
        for (place, words) in lines.iter().enumerate().filter(|(_, words)| !words.is_empty()) {
            let first = match firsts.entry(words) {
                Entry::Occupied(known) => Some(*known.get()),
                Entry::Vacant(new) => {
                    let first = self.first_like(words, &lines, &holders);
                    for word in telling(words) {
                        holders.entry(*word).or_default().push(place);
                    }
                    new.insert(first.unwrap_or(place));
                    first
                }
            };
            pairs.extend(first.map(|first| Pair { first: in_band[first], later: in_band[place], alike }));
        }
        pairs
    }

    /// The first of `lines` that is like one of these words, of those that hold a telling word of it.
    fn first_like(&mut self, words: &[u64], lines: &[Vec<u64>], holders: &HashMap<u64, Vec<usize>>) -> Option<usize> {
        let near: BTreeSet<usize> =
            telling(words).iter().filter_map(|word| holders.get(word)).flatten().copied().collect();
        near.into_iter().find(|other| {
            self.compared += 1;
            resemblance(&lines[*other], words) >= LINE_LIMIT
        })
    }
}

/// Each line's words, the rarest of all lines first.
fn by_rarity(lines: Vec<BTreeSet<u64>>) -> Vec<Vec<u64>> {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for word in lines.iter().flatten() {
        *counts.entry(*word).or_default() += 1;
    }
    let sorted = |line: BTreeSet<u64>| {
        let mut words: Vec<u64> = line.into_iter().collect();
        words.sort_by_key(|word| (counts[word], *word));
        words
    };
    lines.into_iter().map(sorted).collect()
}

/// So many of a line's rarest words that every line like it has one of them among its own telling words: both lack too few
/// of each other's words to miss (prefix filtering: S. Chaudhuri, V. Ganti and R. Kaushik, “A primitive operator for
/// similarity joins in data cleaning”, 2006).
fn telling(words: &[u64]) -> &[u64] {
    let all = words.len();
    let needed = (1..=all).find(|shared| share(*shared, all) >= LINE_LIMIT).unwrap_or(1);
    &words[..(all + 1).saturating_sub(needed).min(all)]
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

/// The words that carry the sense of a line.
fn significant(line: &str) -> BTreeSet<u64> {
    let words = line.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).filter(|word| !word.is_empty());
    words.filter(|word| !EMPTY.contains(&word.as_str())).map(|word| hash([word.as_str()].into_iter())).collect()
}

/// Shared words of all words.
fn resemblance(a: &[u64], b: &[u64]) -> f64 {
    let shared = a.iter().filter(|word| b.contains(word)).count();
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

    fn bare(text: &str, title: &str, summary: &str) -> Sample {
        Sample { lines: [title.to_owned(), summary.to_owned()], ..sample(&["4-5"], text, "") }
    }

    #[test]
    fn what_says_nothing_is_like_no_other() {
        assert_eq!(find(&[bare("", "", ""), bare("", "", "")]), []);
        assert_eq!(find(&[bare("", "It is on!", "–"), bare("", "Is it on?", "–")]), [], "words without a sense");
        assert_eq!(find(&[bare("as short as this", "", ""), bare("as short as this", "", "")]), [], "no shingle");
        assert_eq!(find(&[bare("one word more than that", "", ""), bare("one word more than that", "", "")]).len(), 1);
    }

    #[test]
    fn a_copy_is_like_what_its_original_is_like() {
        let first = "One red kite flies over hills, high";
        let like = "One red kite flies over hills, there";
        let titles = [first, "A low blue kite", like, like];
        let samples: Vec<Sample> = titles.iter().map(|title| bare("", title, "")).collect();
        let pair = |later| Pair { first: 0, later, alike: Alike::Titles };
        assert_eq!(find(&samples), [2, 3].map(pair));
    }

    /// Texts that have nothing in common, and lines that have two words in common with all and more with two others.
    fn distinct(count: usize) -> Vec<Sample> {
        let line = |n: usize| format!("A family game of colour{n}, shape{}", n / 3);
        let more = |n: usize| format!("{}, sound{}, paper and a timer", line(n), n / 3);
        (0..count).map(|n| bare(&counted(n * 300, n * 300 + 300), &line(n), &more(n))).collect()
    }

    #[test]
    fn what_has_nothing_rare_in_common_is_not_compared() {
        for count in [100, 400] {
            let samples = distinct(count);
            let mut search = Search { samples: &samples, compared: 0 };
            // The summaries of each three are alike: 6 words of 8 in all. All pairs would be count² comparisons.
            assert_eq!(search.run().len(), count / 3 * 2);
            assert!(search.compared <= 2 * count, "{} comparisons of {count}", search.compared);
        }
    }

    #[test]
    fn copies_are_compared_with_few_of_each_other() {
        let copies: Vec<Sample> = (0..100).map(|_| sample(&["4-5"], &counted(0, 50), "Copy")).collect();
        let mut search = Search { samples: &copies, compared: 0 };
        assert_eq!(search.run().len(), 99);
        assert!(search.compared <= 100 * 50 * HOLDERS, "{}", search.compared);
    }

    /// What `find` must say of one band, by trying all pairs.
    fn tried(samples: &[Sample]) -> Vec<(usize, usize, &'static str)> {
        let runs = |sample: &Sample| -> BTreeSet<Vec<String>> {
            sample.words.windows(SHINGLE).map(|run| run.iter().map(|(word, _)| word.clone()).collect()).collect()
        };
        let like = |a: &str, b: &str| {
            let (a, b) = (significant(a), significant(b));
            !a.is_empty() && share(a.intersection(&b).count(), a.union(&b).count()) >= LINE_LIMIT
        };
        let best = |later: usize| {
            let text = |first: &usize| {
                let (a, b) = (runs(&samples[*first]), runs(&samples[later]));
                share(a.intersection(&b).count(), a.len().min(b.len()))
            };
            let most = (0..later).map(|first| text(&first)).fold(0.0, f64::max);
            let by_text =
                (0..later).find(|first| most >= TEXT_LIMIT && text(first) >= most).map(|first| (first, "text"));
            let by_line = |line: usize, name| {
                (0..later)
                    .find(|first| like(&samples[*first].lines[line], &samples[later].lines[line]))
                    .map(|it| (it, name))
            };
            by_text.or_else(|| by_line(0, "title")).or_else(|| by_line(1, "summary"))
        };
        (0..samples.len()).filter_map(|later| best(later).map(|(first, name)| (first, later, name))).collect()
    }

    proptest! {
        #[test]
        fn the_pairs_are_those_that_trying_all_finds(
            // As many as HOLDERS: more may crowd out a shingle.
            texts in prop::collection::vec(("([a-c] ){0,12}", "([a-h] ){0,7}", "([i-z] ){0,9}"), 0..=HOLDERS),
        ) {
            let samples: Vec<Sample> = texts.iter().map(|(text, title, summary)| bare(text, title, summary)).collect();
            let name = |alike| match alike {
                Alike::Text(..) => "text",
                Alike::Titles => "title",
                Alike::Summaries => "summary",
            };
            let found: Vec<_> = find(&samples).iter().map(|pair| (pair.first, pair.later, name(pair.alike))).collect();
            prop_assert_eq!(found, tried(&samples));
        }
    }
}
