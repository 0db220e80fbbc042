//! What an editor would say about the library: texts that are hard, long-winded, in jargon or much the same twice, and
//! links that lead nowhere.

mod dead_links;
mod jargon;
mod near_duplicates;
mod passages;
mod reading_age;
mod sentences;
mod syllables;

use std::path::Path;

use self::near_duplicates::{Alike, Pair, Sample};
use self::passages::BodyText;
use crate::domain::activity::Activity;
use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;
use crate::library::page::{self, Page};
use crate::library::{Library, front_matter};

pub use dead_links::Site;

/// The most findings of one kind in one file; the rest show once these are fixed.
const AT_MOST: usize = 20;

/// Everything in the library's texts that a careful editor would change: warnings, and an error (`dead-link`) for each
/// link to a page of the service itself that does not exist.
///
/// The files are read again, since only this needs to know on which line a word stands. A file that has disappeared in
/// the meantime is skipped; loading the library reports it next time.
pub fn lint(library: &Library, bands: &Bands, site: Site<'_>) -> Vec<Diagnostic> {
    let articles = library.themes.iter().map(|theme| library.folder.join(&theme.name).join("theme.md"));
    let notices = library.notices.iter().map(|it| library.folder.join("notices").join(format!("{}.md", it.name)));
    let manuscripts = articles.chain(notices).filter_map(|file| Manuscript::read(&file));
    let mut found: Vec<Diagnostic> =
        manuscripts.flat_map(|it| it.findings(reading_age::ADULT_LIMIT, site, library)).collect();
    let activities: Vec<(&Activity, Manuscript)> = library
        .activities
        .iter()
        .filter_map(|activity| Some((activity, Manuscript::read(&library.activity_file(activity))?)))
        .collect();
    for (activity, manuscript) in &activities {
        found.extend(manuscript.findings(reading_age::limit(activity, bands), site, library));
    }
    let samples: Vec<Sample> = activities.iter().map(|(activity, manuscript)| manuscript.sample(activity)).collect();
    found.extend(near_duplicates::find(&samples).into_iter().map(|pair| twice(&activities, pair)));
    found
}

/// A file, and its text as an editor reads it.
struct Manuscript {
    page: Page,
    text: BodyText,
}

impl Manuscript {
    fn read(file: &Path) -> Option<Self> {
        let page = page::read(file).ok()?;
        let (front, body) = front_matter::split(&page)?;
        let mut text = passages::read(page.text(), body);
        // Addresses of [[resources]] stand in the front matter.
        text.links.extend(addresses(&page.text()[front.clone()]).map(|(href, at)| (href.to_owned(), front.start + at)));
        Some(Self { page, text })
    }

    fn findings(&self, limit: f64, site: Site<'_>, library: &Library) -> Vec<Diagnostic> {
        let mut found = self.about_words(limit);
        let dead = self.text.links.iter().filter_map(|(href, at)| Some((dead_links::dead(href, site, library)?, *at)));
        let dead =
            dead.map(|((message, help), at)| self.placed(Diagnostic::error("dead-link", message), at).help(help));
        found.extend(dead.take(AT_MOST));
        found
    }

    fn about_words(&self, limit: f64) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut long = Vec::new();
        let mut uses = jargon::Uses::default();
        let mut tally = reading_age::Tally::default();
        for passage in &self.text.passages {
            for sentence in sentences::sentences(&passage.words.text) {
                tally.add(&passage.words.text, &sentence);
                long.extend(
                    sentences::too_long(&sentence).map(|message| (message, passage.words.place(sentence.start))),
                );
                uses.read(&passage.words.text, &sentence, |at| passage.words.place(at));
            }
        }
        if let Some((message, help)) = tally.too_hard(limit) {
            let start = self.text.passages.first().map_or(0, |passage| passage.words.place(0));
            found.push(self.warn("reading-age", message, start, help));
        }
        let cut = "make two sentences of it, or a list";
        found.extend(long.into_iter().take(AT_MOST).map(|(message, at)| self.warn("long-sentence", message, at, cut)));
        found.extend(uses.unexplained().map(|word| self.warn("jargon", word.message(), word.at, word.help())));
        found
    }

    fn sample(&self, activity: &Activity) -> Sample {
        // What to do when something worries you is rightly much the same everywhere.
        let passages = self.text.passages.iter().filter(|passage| !passage.is_help);
        let words = passages.flat_map(|passage| {
            let words = sentences::sentences(&passage.words.text).into_iter().flat_map(|sentence| sentence.words);
            words
                .map(|word| (passage.words.text[word.clone()].to_lowercase(), passage.words.place(word.start)))
                .collect::<Vec<_>>()
        });
        Sample {
            bands: activity.bands.clone(),
            words: words.collect(),
            title: activity.title.clone(),
            summary: activity.summary.clone(),
        }
    }

    fn warn(&self, code: &'static str, message: String, at: usize, help: impl Into<String>) -> Diagnostic {
        self.placed(Diagnostic::warning(code, message), at).help(help)
    }

    fn placed(&self, finding: Diagnostic, at: usize) -> Diagnostic {
        finding.in_file(self.page.file()).at(self.page.text(), at)
    }

    /// Where the line of a key begins.
    fn key(&self, key: &str) -> usize {
        let is_key =
            |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        let lines: Vec<&str> = self.page.text().split_inclusive('\n').collect();
        let before = lines.iter().position(|line| is_key(line)).unwrap_or_default();
        lines[..before].iter().map(|line| line.len()).sum()
    }
}

/// The https addresses in straight quotes, and where each begins.
fn addresses(front: &str) -> impl Iterator<Item = (&str, usize)> {
    front.match_indices("https://").map(|(at, _)| {
        let end = front[at..].find(['"', '\'', '\n']).unwrap_or(front.len() - at);
        (&front[at..at + end], at)
    })
}

/// A finding about the later file, naming the earlier one that it resembles.
fn twice(activities: &[(&Activity, Manuscript)], pair: Pair) -> Diagnostic {
    let first = activities[pair.first].0;
    let manuscript = &activities[pair.later].1;
    let (message, at) = match pair.alike {
        Alike::Text(share, at) => {
            let message =
                format!("{:.0} % of the text is the same as in {}, for the same band", share * 100.0, first.id);
            (message, at)
        }
        Alike::Titles => {
            (format!("the title is much like that of {} (“{}”)", first.id, first.title), manuscript.key("title"))
        }
        Alike::Summaries => (format!("the summary is much like that of {}", first.id), manuscript.key("summary")),
    };
    let help =
        "families notice when they get the same thing twice: give it an idea of its own, or take one of the two out";
    manuscript.warn("near-duplicate", message, at, help)
}
