//! Words that need an explanation, and whether a text gives them one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use super::passages::Passage;
use super::remark::Remark;
use super::sentences::Sentence;

/// The list: forms, and what to say instead.
static LIST: &str = include_str!("jargon.txt");

/// An entry of the list.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Each form, word by word.
    forms: Vec<Vec<&'static str>>,
    /// In plain words.
    plain: &'static str,
    kind: Kind,
    /// Words in small letters which show that this file means something else by it.
    other: Vec<&'static str>,
}

/// What is to be done about a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Few know it: say it otherwise, or explain it.
    Rare,
    /// Parents search for it, and find help by it: say it, and explain it.
    Wanted,
    /// An office's word for a plain one, which no explanation makes better.
    Stiff,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| LIST.lines().filter_map(entry).collect());

/// The entries with a form that begins with a word in small letters.
static BY_FIRST: LazyLock<HashMap<String, BTreeSet<usize>>> = LazyLock::new(|| {
    let mut by_first: HashMap<String, BTreeSet<usize>> = HashMap::new();
    for (index, entry) in ENTRIES.iter().enumerate() {
        for first in entry.forms.iter().filter_map(|form| form.first()) {
            by_first.entry(first.to_lowercase()).or_default().insert(index);
        }
    }
    by_first
});

/// The entry that does not count in a file with this word.
static BY_OTHER: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let words = ENTRIES.iter().enumerate();
    words.flat_map(|(index, entry)| entry.other.iter().map(move |word| (*word, index))).collect()
});

fn entry(line: &'static str) -> Option<Entry> {
    let (forms, plain) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    let kinds = [("=", Kind::Stiff), (">", Kind::Wanted)];
    let marked = kinds.into_iter().find_map(|(mark, kind)| Some((plain.strip_prefix(mark)?, kind)));
    let (plain, kind) = marked.unwrap_or((plain, Kind::Rare));
    let (plain, other) = plain.split_once('|').unwrap_or((plain, ""));
    let forms = forms.split(',').map(|form| form.split_whitespace().collect()).collect();
    let other = other.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    Some(Entry { forms, plain: plain.trim(), kind, other })
}

/// A remark for each word that a text leaves unexplained. `passages` in the order in which they are read.
pub(super) fn remarks<'a>(passages: impl IntoIterator<Item = &'a Passage>) -> Vec<Remark> {
    let mut uses = Uses::default();
    for passage in passages {
        for sentence in &passage.sentences {
            uses.read(&passage.words.text, sentence, |at| passage.words.place(at));
        }
    }
    uses.unexplained().map(|word| Remark::new("jargon", word.at, word.message(), word.help())).collect()
}

/// How one file, read sentence by sentence, uses the words of the list.
#[derive(Debug, Default)]
struct Uses {
    /// Sentences so far.
    sentences: usize,
    /// The first use of each entry.
    first: BTreeMap<usize, Use>,
    /// Entries by which this file means something else.
    innocent: BTreeSet<usize>,
}

/// The first use of a word.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    entry: usize,
    /// As it is written there.
    said: String,
    /// Where it stands in the page.
    at: usize,
    sentence: usize,
    explained: bool,
}

impl Uses {
    /// Reads on. `place` tells where in the page a byte of `text` stands.
    fn read(&mut self, text: &str, sentence: &Sentence, place: impl Fn(usize) -> usize) {
        self.sentences += 1;
        let now = self.sentences;
        for word in &sentence.small {
            let forms = [Some(word.as_str()), word.strip_suffix('s')];
            self.innocent.extend(forms.into_iter().flatten().filter_map(|form| BY_OTHER.get(form)));
        }
        let before = self.first.values_mut().filter(|word| word.sentence + 1 == now);
        before.for_each(|word| word.explained |= looks_back(text, sentence, &ENTRIES[word.entry]));
        for found in find(text, sentence) {
            let word = self.first.entry(found.entry).or_insert_with(|| Use {
                entry: found.entry,
                said: text[found.at..found.end].to_owned(),
                at: place(found.at),
                sentence: now,
                explained: false,
            });
            // An explanation further on comes too late for a reader who does not know the word.
            word.explained |= found.explained && now <= word.sentence + 1;
        }
    }

    /// The words that are not explained where a reader first meets them, or in the sentence after that.
    fn unexplained(&self) -> impl Iterator<Item = &Use> {
        let counts = |word: &&Use| {
            (!word.explained || ENTRIES[word.entry].kind == Kind::Stiff) && !self.innocent.contains(&word.entry)
        };
        self.first.values().filter(counts)
    }
}

impl Use {
    /// What is wrong with it.
    fn message(&self) -> String {
        match ENTRIES[self.entry].kind {
            Kind::Rare => format!("not every reader knows the word “{}”", self.said),
            Kind::Wanted => format!("“{}” is not explained where it is first said", self.said),
            Kind::Stiff => format!("“{}” is office language", self.said),
        }
    }

    /// What to do.
    fn help(&self) -> String {
        let plain = ENTRIES[self.entry].plain;
        match ENTRIES[self.entry].kind {
            Kind::Rare => format!("say it in other words ({plain}), or explain it there: “…, which means …”, “… (…)”"),
            Kind::Wanted => {
                format!(
                    "it is the word that parents search for: keep it, and explain it at first use: “{} ({plain})”",
                    self.said
                )
            }
            Kind::Stiff => format!("say it as you would at the school gate: {plain}"),
        }
    }
}

/// A word of the list that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    entry: usize,
    /// Where it begins in its text.
    at: usize,
    end: usize,
    /// Whether the words around it say what it is.
    explained: bool,
}

/// The words of the list in one sentence of `text`.
fn find(text: &str, sentence: &Sentence) -> Vec<Found> {
    let mut found = Vec::new();
    let mut next = 0;
    for (index, (word, small)) in sentence.words.iter().zip(&sentence.small).enumerate() {
        if index < next {
            continue;
        }
        let one = bare(small);
        let entries =
            [one, one.strip_suffix('s').unwrap_or(one)].into_iter().filter_map(|form| BY_FIRST.get(form)).flatten();
        let longest = entries.filter_map(|entry| Some((fits(text, &sentence.words[index..], *entry)?, *entry))).max();
        if let Some((length, entry)) = longest {
            let whole = word.start..sentence.words[index + length - 1].end;
            let explained = is_explained(text, &whole, &ENTRIES[entry]);
            found.push(Found { entry, at: whole.start, end: whole.end, explained });
            next = index + length;
        }
    }
    found
}

/// The number of words in the longest form of the entry that `words` begin with.
fn fits(text: &str, words: &[Range<usize>], entry: usize) -> Option<usize> {
    let is = |form: &str, word: &Range<usize>| {
        let word = &text[word.clone()];
        let has_capital = form.contains(|c: char| c.is_ascii_uppercase());
        let same = |a: &str| if has_capital { a == form } else { a.eq_ignore_ascii_case(form) };
        same(word) || same(bare(word)) || same(bare(word).strip_suffix('s').unwrap_or_default())
    };
    let stands =
        |form: &&Vec<&str>| form.len() <= words.len() && form.iter().zip(words).all(|(form, word)| is(form, word));
    ENTRIES[entry].forms.iter().filter(stands).map(Vec::len).max()
}

/// Without a possessive ending.
fn bare(word: &str) -> &str {
    word.strip_suffix("’s").or_else(|| word.strip_suffix("'s")).unwrap_or(word)
}

/// What comes before a word that is being explained, and after it; apart by bars.
const BEFORE: &str = "called |known as |the word |that is |(";
const AFTER: &str = " (|, which |, that is|, a |, an |, the |, or |, where |, when |: | – | — | means | mean | is | are \
                     | happens when | stands for ";

/// Beginnings of a sentence that says what a word of the one before it means.
const BACK: &str = "it means|that means|this means|they mean|it is|that is|this is|they are|these are|those are";

/// What follows a wanted word that is being explained, and needs no closer look.
const MEANING: &str = " (|, which means |, that is,| means | mean | is when | happens when ";

/// Words for what one thinks of a thing, which do not say what it is: “grooming is a crime”.
const OPINION: &str =
    "crime|crimes|criminal|offence|illegal|problem|risk|danger|threat|worry|big|bad|growing|serious|new";

/// The fewest letters of a word of an explanation that says something.
const TELLING: usize = 3;

/// Whether the words around `word` say what it is: an explanation follows, or it stands in quotes, as a word that is new.
fn is_explained(text: &str, word: &Range<usize>, entry: &Entry) -> bool {
    let before = text[..word.start].to_lowercase();
    let before = ["a ", "an "].iter().find_map(|article| before.strip_suffix(article)).unwrap_or(&before);
    let after = text[word.end..].to_lowercase();
    if entry.kind == Kind::Wanted {
        // “… over a picture (sextortion)”, “that is called grooming”.
        let is_named = ["called ", "known as "].iter().any(|words| before.ends_with(words));
        return before.ends_with('(') && after.starts_with(')')
            || is_named && !before.ends_with("so-called ")
            || says_what(&after, entry);
    }
    let quote = |c: char| matches!(c, '“' | '”' | '‘' | '’' | '"' | '\'');
    let is_quoted = before.ends_with(quote) && after.trim_start_matches(['.', ',', '!', '?']).starts_with(quote);
    is_quoted
        || BEFORE.split('|').any(|words| before.ends_with(words))
        || AFTER.split('|').any(|words| after.starts_with(words))
}

/// Whether the words that follow a wanted word, in small letters, say what it is.
fn says_what(after: &str, entry: &Entry) -> bool {
    let clause = |text: &str| text.split(['.', ',', ';', ':', '!', '?']).next().unwrap_or_default().to_owned();
    // “Sextortion, or blackmail over a picture”, not “grooming, or bullying”.
    let is_other_name = after.strip_prefix(", ").is_some_and(|after| tells(&clause(after), entry));
    let text = clause(after);
    let mut words = text.split_whitespace();
    let says = match (words.next(), words.next()) {
        // At least two words, and no opinion.
        (Some("is"), Some("a" | "an" | "the")) => {
            words.clone().count() >= 2 && !words.take(3).any(|word| OPINION.split('|').any(|opinion| opinion == word))
        }
        // “Deepfakes are false pictures”, not “deepfakes are getting better”.
        (Some("is" | "are"), _) => tells(&text, entry),
        _ => false,
    };
    says || is_other_name || MEANING.split('|').any(|words| after.starts_with(words))
}

/// Whether a clause has a word of the explanation in the list, in one form or another: *blackmail*, *blackmailed*.
fn tells(clause: &str, entry: &Entry) -> bool {
    let counts = |word: &&str| word.len() >= TELLING && !LINKS.contains(word);
    let mut said = clause.split_whitespace().filter(counts);
    said.any(|said| {
        let mut told = entry.plain.split([' ', ',']).filter(counts);
        told.any(|told| said.starts_with(told) || told.starts_with(said))
    })
}

/// Words of an explanation that say nothing by themselves.
const LINKS: [&str; 8] = ["that", "over", "order", "them", "being", "made", "the", "are"];

fn looks_back(text: &str, sentence: &Sentence, entry: &Entry) -> bool {
    let ([first, _, _, ..], [one, two, ..]) = (sentence.words.as_slice(), sentence.small.as_slice()) else {
        return false;
    };
    let is_back = BACK.split('|').any(|words| words.split_once(' ') == Some((one, two)));
    is_back && (entry.kind != Kind::Wanted || says_what(&text[first.end..].to_lowercase(), entry))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::editorial::sentences::sentences;

    fn look(text: &str) -> Vec<(&str, bool)> {
        let all = sentences(text).iter().flat_map(|sentence| find(text, sentence)).collect::<Vec<_>>();
        all.iter()
            .map(|found| (text[found.at..].split([' ', '.']).next().unwrap_or_default(), found.explained))
            .collect()
    }

    #[test]
    fn every_line_of_the_list_is_an_entry_with_plain_words() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(ENTRIES.len(), lines);
        assert!(lines > 30);
        for entry in ENTRIES.iter() {
            assert!(
                entry.plain.len() > if entry.kind == Kind::Stiff { 1 } else { 5 }
                    && entry.forms.iter().all(|form| !form.is_empty()),
                "{entry:?}"
            );
        }
        let mut forms: Vec<_> = ENTRIES.iter().flat_map(|entry| &entry.forms).collect();
        let all = forms.len();
        forms.sort();
        forms.dedup();
        assert_eq!(
            BY_OTHER.len(),
            ENTRIES.iter().map(|entry| entry.other.len()).sum::<usize>(),
            "shared by two entries"
        );
        assert_eq!(forms.len(), all, "a form is listed twice");
    }

    #[test]
    fn words_are_found_in_any_form_and_no_others() {
        assert_eq!(look("Beware of Phishing and deepfakes."), [("Phishing", false), ("deepfakes", false)]);
        assert_eq!(look("Turn on two-factor authentication now."), [("two-factor", false)]);
        assert_eq!(look("Loot boxes cost money. The algorithm’s choice."), [("Loot", false), ("algorithm’s", false)]);
        assert_eq!(look("She sent a DM. My URLs."), [("DM", false), ("URLs", false)]);
        assert_eq!(look("No phishing malware."), [("phishing", false), ("malware", false)]);
        assert_eq!(look("The dm is small. A box of loot. Algorithmically."), [] as [(&str, bool); 0]);
    }

    #[test]
    fn an_explanation_is_seen() {
        for text in [
            "An algorithm, which picks what to show, is at work.",
            "Phishing means a message that lies.",
            "Malware (harmful programs) can hide.",
            "This is called grooming.",
            "People say “malware”.",
            "A deepfake is a false picture.",
            "Deepfakes are pictures that lie.",
            "Sextortion is when someone blackmails a child over a picture.",
            "He won her trust. That is called grooming.",
            "Someone blackmails you over a picture (sextortion).",
            "This is sextortion, or blackmail over a picture, and it is a crime.",
            "Turn on two-factor authentication: a code as well as a password.",
            "A false picture (a deepfake) can fool anyone.",
            "It follows a set of rules, called an algorithm.",
        ] {
            assert!(look(text).iter().all(|(_, explained)| *explained) && !look(text).is_empty(), "{text}");
        }
    }

    /// The words that a text of several paragraphs leaves unexplained.
    fn alarms(text: &str) -> Vec<String> {
        let mut uses = Uses::default();
        for run in text.split('\n') {
            for sentence in sentences(run) {
                uses.read(run, &sentence, |at| at);
            }
        }
        uses.unexplained().map(|word| word.said.clone()).collect()
    }

    #[test]
    fn an_explanation_comes_first_or_at_once() {
        let meant = "Phishing means a message that lies.";
        let none: [&str; 0] = [];
        assert_eq!(alarms(&format!("{meant} We talk.\nPhishing is old. Beware of phishing.")), none);
        assert_eq!(alarms(&format!("Beware of phishing. {meant}")), none);
        assert_eq!(alarms(&format!("Beware of phishing.\n{meant}")), none);
        assert_eq!(alarms("Beware of phishing. It means a message that lies."), none);
        assert_eq!(alarms("Beware of phishing, for phishing means a message that lies."), none);
        assert_eq!(alarms(&format!("Beware of phishing. We talk. {meant}")), ["phishing"]);
        assert_eq!(alarms("Beware of phishing. We talk. It means a message that lies."), ["phishing"]);
        assert_eq!(alarms(&format!("Beware of malware. {meant}")), ["malware"]);
        assert_eq!(alarms("It is late. Beware of malware. It rains."), ["malware"]);
    }

    #[test]
    fn a_wanted_word_is_not_explained_by_any_sentence_about_it() {
        for text in [
            "Grooming is a crime.",
            "Deepfakes are getting better.",
            "They said ‘sextortion’ again.",
            "Grooming, a word we hear, or bullying.",
            "So-called deepfakes.",
            "Beware of grooming. It is a serious crime.",
            "Beware of loot boxes. They are everywhere now.",
        ] {
            assert_eq!(alarms(text).len(), 1, "{text}");
        }
        for text in [
            "Games sell loot boxes. These are boxes that you pay for.",
            "Beware of grooming. It means winning a child’s trust to abuse them.",
        ] {
            assert_eq!(alarms(text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn an_offices_words_are_no_better_for_being_explained() {
        let text = "Utilise the multi-factor authentication functionality prior to commencing.";
        assert_eq!(alarms(text).len(), 5, "{:?}", alarms(text));
        assert_eq!(alarms("“Utilise” means use. We use multi-factor authentication: a code as well."), ["Utilise"]);
        assert_eq!(alarms("Check the configuration. Enter your credentials."), ["configuration", "credentials"]);
    }

    #[test]
    fn an_everyday_thing_of_that_name_is_no_jargon() {
        assert_eq!(alarms("Say no to cookies."), ["cookies"]);
        for food in
            ["Bake ten cookies.", "Ten cookies lie there.\nWho ate one?", "Biscuits! We call them cookies here."]
        {
            assert_eq!(alarms(food), [] as [&str; 0], "{food}");
        }
        assert_eq!(alarms("Beware of malware on the plate."), ["malware"]);
        for everyday in [
            "Stand in line with your child and wait.",
            "Follow the signpost to the park gate.",
            "The troll under the bridge stamps its foot.",
            "Brush the pony and finish the grooming.",
        ] {
            assert_eq!(alarms(everyday), [] as [&str; 0], "{everyday}");
        }
        assert_eq!(alarms("We signpost families to help."), ["signpost families"]);
    }

    /// A form of the list, as it may be written, with its entry.
    fn written() -> impl Strategy<Value = (usize, String)> {
        let form = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>());
        (form, prop::sample::select(vec!["", "s", "’s"])).prop_map(|((entry, form, large), ending)| {
            let entry = entry.index(ENTRIES.len());
            let forms = &ENTRIES[entry].forms;
            let form = forms[form.index(forms.len())].join(" ");
            let as_listed = !large || form.contains(|c: char| c.is_ascii_uppercase());
            (entry, if as_listed { form } else { form.to_uppercase() } + ending)
        })
    }

    proptest! {
        #[test]
        fn each_listed_word_is_found_at_its_place(
            words in prop::collection::vec((written(), "(we|lamp|häuser|over-all|’tis|—){1}"), 0..8),
        ) {
            let mut text = String::new();
            let mut expected = Vec::new();
            for ((entry, form), between) in words {
                let (at, end) = (text.len(), text.len() + form.len());
                expected.push((entry, at, end));
                text += &format!("{form} {between} lamp ");
            }
            let found = sentences(&text).iter().flat_map(|sentence| find(&text, sentence)).collect::<Vec<_>>();
            let found: Vec<_> = found.iter().map(|found| (found.entry, found.at, found.end)).collect();
            prop_assert_eq!(found, expected, "{}", text);
        }

        #[test]
        fn nothing_else_is_found(text in "(\\PC| ){0,40}") {
            let small = text.to_lowercase();
            let listed = |entry: usize| ENTRIES[entry].forms.iter().any(|form| small.contains(&form[0].to_lowercase()));
            for found in sentences(&text).iter().flat_map(|sentence| find(&text, sentence)) {
                prop_assert!(listed(found.entry), "{:?}", &text[found.at..found.end]);
            }
        }
    }
}
