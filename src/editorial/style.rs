//! How the texts of a library read: hard, long-winded, in jargon, twice the same, or with links that lead nowhere.

use std::path::Path;

use super::duplicates::{self, Alike, Pair, Sample};
use super::links::{self, Site};
use super::text::{self, Text};
use super::{jargon, reading, sentences};
use crate::domain::activity::Activity;
use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;
use crate::library::page::{self, Page};
use crate::library::{Library, front_matter};

/// The most findings of one kind in one file: when they are mended, the rest shows.
const AT_MOST: usize = 20;

/// Everything about the library's texts that a careful editor would mend. Warnings, and an error (`dead-link`) for each
/// link to a page of the service itself that is not there.
///
/// The files are read again: only this look needs to know on which line a word stands. One that disappeared meanwhile is
/// passed over; the next look notices.
pub fn lint(library: &Library, bands: &Bands, site: Site<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for theme in &library.themes {
        let file = library.folder.join(&theme.name).join("theme.md");
        found.extend(
            Manuscript::read(&file).into_iter().flat_map(|it| it.findings(reading::ADULT_LIMIT, site, library)),
        );
    }
    for notice in &library.notices {
        let file = library.folder.join("notices").join(format!("{}.md", notice.name));
        found.extend(
            Manuscript::read(&file).into_iter().flat_map(|it| it.findings(reading::ADULT_LIMIT, site, library)),
        );
    }
    let activities: Vec<(&Activity, Manuscript)> = library
        .activities
        .iter()
        .filter_map(|activity| Some((activity, Manuscript::read(&library.activity_file(activity))?)))
        .collect();
    for (activity, manuscript) in &activities {
        found.extend(manuscript.findings(reading::limit(activity, bands), site, library));
    }
    let samples: Vec<Sample> = activities.iter().map(|(activity, manuscript)| manuscript.sample(activity)).collect();
    found.extend(duplicates::find(&samples).into_iter().map(|pair| twice(&activities, pair)));
    found
}

/// A file and its text.
struct Manuscript {
    page: Page,
    text: Text,
}

impl Manuscript {
    fn read(file: &Path) -> Option<Self> {
        let page = page::read(file).ok()?;
        let (front, body) = front_matter::split(&page)?;
        let mut text = text::read(page.text(), body);
        // Addresses of [[resources]] stand in the front matter.
        text.links.extend(addresses(&page.text()[front.clone()]).map(|(href, at)| (href.to_owned(), front.start + at)));
        Some(Self { page, text })
    }

    fn findings(&self, limit: f64, site: Site<'_>, library: &Library) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut long = Vec::new();
        let mut uses = jargon::Uses::default();
        let mut tally = reading::Tally::default();
        for run in &self.text.runs {
            for sentence in sentences::sentences(&run.text) {
                tally.add(&run.text, &sentence);
                long.extend(sentences::too_long(&sentence).map(|message| (message, run.place(sentence.start))));
                uses.read(&run.text, &sentence, |at| run.place(at));
            }
        }
        if let Some((message, help)) = tally.too_hard(limit) {
            let start = self.text.runs.first().map_or(0, |run| run.place(0));
            found.push(self.warn("reading-age", message, start, help));
        }
        let cut = "make two sentences of it, or a list";
        found.extend(long.into_iter().take(AT_MOST).map(|(message, at)| self.warn("long-sentence", message, at, cut)));
        for word in uses.unexplained() {
            let message = format!("not every reader knows the word “{}”", word.said);
            found.push(self.warn("jargon", message, word.at, word.help()));
        }
        let dead = self.text.links.iter().filter_map(|(href, at)| Some((links::dead(href, site, library)?, *at)));
        found.extend(
            dead.take(AT_MOST)
                .map(|((message, help), at)| self.placed(Diagnostic::error("dead-link", message), at).help(help)),
        );
        found
    }

    fn sample(&self, activity: &Activity) -> Sample {
        // What to do when something worries you is rightly much the same everywhere.
        let runs = self.text.runs.iter().filter(|run| !run.is_help);
        let words = runs.flat_map(|run| {
            let words = sentences::sentences(&run.text).into_iter().flat_map(|sentence| sentence.words);
            words.map(|word| (run.text[word.clone()].to_lowercase(), run.place(word.start))).collect::<Vec<_>>()
        });
        Sample {
            bands: activity.bands.clone(),
            words: words.collect(),
            lines: [activity.title.clone(), activity.summary.clone()],
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
        let lines = self.page.text().split_inclusive('\n').scan(0, |offset, line| {
            let start = *offset;
            *offset += line.len();
            Some((start, line))
        });
        let is_key =
            |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        lines.into_iter().find(|(_, line)| is_key(line)).map_or(0, |(start, _)| start)
    }
}

/// The https addresses in straight quotes, and where each begins.
fn addresses(front: &str) -> impl Iterator<Item = (&str, usize)> {
    front.match_indices("https://").map(|(at, _)| {
        let end = front[at..].find(['"', '\'', '\n']).unwrap_or(front.len() - at);
        (&front[at..at + end], at)
    })
}

/// Says on the later file which earlier one it is like.
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
