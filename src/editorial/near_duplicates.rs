//! Activities of one band that a family would take for the same.
//!
//! Texts are compared by their shingles: every run of [`SHINGLE`] words in a row (A. Broder, “On the resemblance and
//! containment of documents”, 1997), by way of an index; titles and summaries by the words in them, each with each.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::band::BandName;

/// Words in a shingle.
const SHINGLE: usize = 5;

/// The share of the shorter text's shingles from which two texts are too much alike. Between some seventy activities
/// written independently it was below 0.02, measured; a text with one word in eight changed at random keeps about half.
const TEXT_LIMIT: f64 = 0.15;

/// The share of common words, of all words of both, from which two titles or summaries are too much alike.
const LINE_LIMIT: f64 = 0.7;

/// How many activities are remembered for a shingle: enough to name the first, while many copies stay cheap.
const HOLDERS: usize = 8;

/// Words that say nothing about what a title or summary is about.
const EMPTY: [&str; 18] = [
    "a", "an", "and", "the", "of", "to", "in", "on", "for", "with", "your", "you", "is", "it", "that", "then", "or",
    "by",
];

/// What is compared of an activity.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) bands: Vec<BandName>,
    /// Each word of its text in small letters, and the byte of its page at which it begins.
    pub(super) words: Vec<(String, usize)>,
    pub(super) title: String,
    pub(super) summary: String,
}

/// What two activities have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Alike {
    /// A share of the text, from 0 to 1, and the byte at which the first shared words begin in the later page.
    Text(f64, usize),
    Titles,
    Summaries,
}

/// Activity `later` is like activity `first`, which comes before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) first: usize,
    pub(super) later: usize,
    pub(super) alike: Alike,
}

/// Every activity that is too much like an earlier one of the same band: once, with the one it resembles most.
pub(super) fn find(samples: &[Sample]) -> Vec<Pair> {
    let shingles: Vec<_> = samples.iter().map(|sample| shingles(&sample.words)).collect();
    let titles: Vec<_> = samples.iter().map(|sample| significant(&sample.title)).collect();
    let summaries: Vec<_> = samples.iter().map(|sample| significant(&sample.summary)).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    let bands: BTreeSet<&BandName> = samples.iter().flat_map(|sample| &sample.bands).collect();
    for band in bands {
        let in_band: Vec<usize> = (0..samples.len()).filter(|index| samples[*index].bands.contains(band)).collect();
        pairs.extend(like_texts(&shingles, &in_band));
        pairs.extend(like_lines(&titles, &in_band, Alike::Titles));
        pairs.extend(like_lines(&summaries, &in_band, Alike::Summaries));
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

/// Each activity of a band with every earlier one whose text it shares.
fn like_texts(shingles: &[HashMap<u64, usize>], in_band: &[usize]) -> Vec<Pair> {
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut pairs = Vec::new();
    for &later in in_band {
        // How many shingles each earlier activity has in common with this one, and where the first begins.
        let mut shared: HashMap<usize, (usize, usize)> = HashMap::new();
        for (shingle, at) in &shingles[later] {
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
            let share = share(count, shingles[first].len().min(shingles[later].len()));
            if share >= TEXT_LIMIT {
                pairs.push(Pair { first, later, alike: Alike::Text(share, at) });
            }
        }
    }
    pairs
}

/// Each activity of a band whose line is like that of an earlier one, with the first such.
fn like_lines(lines: &[Vec<u64>], in_band: &[usize], alike: Alike) -> Vec<Pair> {
    let earlier = in_band.iter().enumerate().map(|(place, later)| (&in_band[..place], *later));
    let pair = |(earlier, later): (&[usize], usize)| {
        let first = earlier.iter().find(|first| resemblance(&lines[**first], &lines[later]) >= LINE_LIMIT)?;
        Some(Pair { first: *first, later, alike })
    };
    earlier.filter_map(pair).collect()
}

/// The different shingles of a text, and where each first begins.
fn shingles(words: &[(String, usize)]) -> HashMap<u64, usize> {
    let mut all = HashMap::new();
    for run in words.windows(SHINGLE) {
        all.entry(hash(run.iter().map(|(word, _)| word.as_str()))).or_insert(run[0].1);
    }
    all
}

fn hash<'a>(words: impl Iterator<Item = &'a str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.for_each(|word| word.hash(&mut hasher));
    hasher.finish()
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

/// The words that carry the sense of a line, in the order of their hashes.
fn significant(line: &str) -> Vec<u64> {
    let words = line.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).filter(|word| !word.is_empty());
    let words = words.filter(|word| !EMPTY.contains(&word.as_str())).map(|word| hash([word.as_str()].into_iter()));
    words.collect::<BTreeSet<u64>>().into_iter().collect()
}

/// Shared words of all words.
fn resemblance(a: &[u64], b: &[u64]) -> f64 {
    let shared = a.iter().filter(|word| b.binary_search(word).is_ok()).count();
    share(shared, a.len() + b.len() - shared)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(bands: &[&str], text: &str, title: &str) -> Sample {
        let words = text.split_whitespace().enumerate().map(|(at, word)| (word.to_owned(), at)).collect();
        let bands = bands.iter().map(|band| band.parse().expect("a band")).collect();
        Sample { bands, words, title: title.to_owned(), summary: format!("{title} once more, in the kitchen") }
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
        Sample { title: title.to_owned(), summary: summary.to_owned(), ..sample(&["4-5"], text, "") }
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

    #[test]
    fn of_many_copies_each_is_like_the_first() {
        let copies: Vec<Sample> = (0..100).map(|_| sample(&["4-5"], &counted(0, 50), "Copy")).collect();
        let pairs = find(&copies);
        assert_eq!(pairs.len(), 99);
        assert!(pairs.iter().all(|pair| pair.first == 0), "{pairs:?}");
    }

    /// What `find` must say of one band, by trying all pairs.
    fn tried(samples: &[Sample]) -> Vec<(usize, usize, &'static str)> {
        let runs = |sample: &Sample| -> BTreeSet<Vec<String>> {
            sample.words.windows(SHINGLE).map(|run| run.iter().map(|(word, _)| word.clone()).collect()).collect()
        };
        let like = |a: &str, b: &str| {
            let [a, b] = [a, b].map(|line| significant(line).into_iter().collect::<BTreeSet<_>>());
            share(a.intersection(&b).count(), a.union(&b).count()) >= LINE_LIMIT
        };
        let best = |later: usize| {
            let text = |first: &usize| {
                let (a, b) = (runs(&samples[*first]), runs(&samples[later]));
                share(a.intersection(&b).count(), a.len().min(b.len()))
            };
            let most = (0..later).map(|first| text(&first)).fold(0.0, f64::max);
            let by_text =
                (0..later).find(|first| most >= TEXT_LIMIT && text(first) >= most).map(|first| (first, "text"));
            let by_line = |line: fn(&Sample) -> &str, name| {
                let is_like = |first: &usize| like(line(&samples[*first]), line(&samples[later]));
                (0..later).find(is_like).map(|first| (first, name))
            };
            by_text.or_else(|| by_line(|it| &it.title, "title")).or_else(|| by_line(|it| &it.summary, "summary"))
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
