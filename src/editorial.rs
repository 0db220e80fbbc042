//! What an editor would say about the library: texts that are hard, long-winded, staccato, in jargon, reading as
//! translated or much the same twice; that miss what a safeguarding lead looks for; and links that lead nowhere.

mod ages;
mod childline;
mod crisis;
mod dead_links;
mod help_block;
mod idiom;
mod jargon;
mod manuscript;
mod minutes;
mod near_duplicates;
mod nude_pictures;
mod passages;
mod phrases;
mod practice;
mod reading_age;
mod remark;
mod rhythm;
mod sentences;
mod syllables;
mod voice;

use self::ages::Ages;
use self::manuscript::{AT_MOST, Manuscript};
use self::near_duplicates::{Alike, Pair, Sample};
use self::passages::{Part, Passage};
use self::remark::Remark;
use crate::domain::activity::Activity;
use crate::domain::band::{BandName, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::writing::TextRef;
use crate::library::{Library, page};

pub use crisis::names_crisis_line;
pub use dead_links::Site;

/// Everything in the library's texts that a careful editor would change: warnings, and an error (`dead-link`) for each
/// link to a page of the service itself that does not exist.
///
/// The files are read again, since only this needs to know on which line a word stands. A file that has disappeared in
/// the meantime is skipped; loading the library reports it next time.
pub fn lint(library: &Library, bands: &Bands, site: Site<'_>) -> Vec<Diagnostic> {
    let mut found = help_block::lint(&library.folder.join("help.toml"), bands);
    let articles = library.themes.iter().map(|theme| library.folder.join(&theme.name).join("theme.md"));
    let notices = library.notices.iter().map(|it| library.folder.join("notices").join(format!("{}.md", it.name)));
    let bulletins = library.bulletins.iter().map(|it| library.bulletin_file(&it.name));
    for manuscript in articles.chain(notices).chain(bulletins).filter_map(|file| Manuscript::read(&file)) {
        found.extend(dead_links(&manuscript, site, library));
        found.extend(manuscript.warnings(about_article(&manuscript)));
    }
    let activities: Vec<(&Activity, Manuscript)> = library
        .activities
        .iter()
        .filter_map(|activity| Some((activity, Manuscript::read(&library.activity_file(activity))?)))
        .collect();
    for (activity, manuscript) in &activities {
        found.extend(dead_links(manuscript, site, library));
        let ages = Ages::of(&activity.bands, bands);
        found.extend(manuscript.warnings(about_activity(manuscript, ages)));
    }
    let samples: Vec<Sample> = activities.iter().map(|(activity, manuscript)| sample(activity, manuscript)).collect();
    found.extend(near_duplicates::find(&samples).into_iter().map(|pair| twice(&activities, pair)));
    found
}

/// What an editor would say about one text whose file says `file`: all of [`lint`] but what it has in common with others. `ages` are the
/// bands that an activity is for.
pub fn lint_text(
    text: &TextRef,
    file: &str,
    ages: &[BandName],
    (bands, site, library): (&Bands, Site<'_>, &Library),
) -> Vec<Diagnostic> {
    let page = page::new(text.file(), file.to_owned());
    if let TextRef::Help(_) = text {
        return help_block::lint_page(page, bands);
    }
    let Some(manuscript) = Manuscript::of(page) else { return Vec::new() };
    let remarks = match text {
        TextRef::Activity(_) => about_activity(&manuscript, Ages::of(ages, bands)),
        _ => about_article(&manuscript),
    };
    let mut found = dead_links(&manuscript, site, library);
    found.extend(manuscript.warnings(remarks));
    found
}

/// The age at which a text reads, in years; `None` when it has too few words to tell.
pub fn reading_age(file: &str) -> Option<f64> {
    let manuscript = Manuscript::of(page::new(String::new(), file.to_owned()))?;
    reading_age::age(&manuscript.text.passages)
}

fn dead_links(manuscript: &Manuscript, site: Site<'_>, library: &Library) -> Vec<Diagnostic> {
    let links = manuscript.text.links.iter();
    let dead = links.filter_map(|(href, at)| Some((dead_links::dead(href, site, library)?, *at)));
    let dead = dead.take(AT_MOST);
    dead.map(|((message, help), at)| manuscript.placed(Diagnostic::error("dead-link", message), at).help(help))
        .collect()
}

/// Remarks on an article, a notice or a bulletin.
fn about_article(manuscript: &Manuscript) -> Vec<Remark> {
    let passages = &manuscript.text.passages;
    let mut remarks = about_words(manuscript, reading_age::ADULT_LIMIT);
    remarks.extend(crisis::remarks(passages));
    let nude = nude_pictures::remarks(passages, nude_pictures::ELSEWHERE);
    if !nude.is_empty() && !is_on_pictures(manuscript) && !nude_pictures::opens_on_it(passages) {
        remarks.extend(nude);
    }
    remarks
}

/// Remarks on an activity for children of these ages.
fn about_activity(manuscript: &Manuscript, ages: Ages) -> Vec<Remark> {
    let passages = &manuscript.text.passages;
    let front: Vec<&Passage> = manuscript.lines.iter().map(|line| &line.passage).collect();
    let mut remarks = about_words(manuscript, reading_age::limit(ages));
    remarks.extend(minutes::remark(passages));
    remarks.extend(manuscript.value("skill").and_then(|skill| {
        practice::remark(manuscript.words("summary"), &skill.words.text, manuscript.place("summary"))
    }));
    if !crisis::is_answered(passages.iter().filter(|passage| passage.part == Part::Help)) {
        remarks.extend(crisis::remarks(front.iter().copied()));
    }
    remarks.extend(crisis::remarks(passages));
    remarks.extend(childline::remark(front.iter().copied().chain(passages), ages));
    let reason = if ages.has_small() { nude_pictures::SMALL } else { nude_pictures::ELSEWHERE };
    let nude = nude_pictures::remarks(front.into_iter().chain(passages), reason);
    if !nude.is_empty() && (ages.has_small() || !is_on_pictures(manuscript)) {
        remarks.extend(nude);
    }
    remarks
}

/// Whether sharing pictures, live calls, threats or fakes are what a text says that it is about.
fn is_on_pictures(manuscript: &Manuscript) -> bool {
    let mut subject = ["title", "summary", "skill"].iter().filter_map(|key| manuscript.value(key));
    subject.any(nude_pictures::is_about) || nude_pictures::is_in_game(&manuscript.text.passages)
}

/// Remarks on how a text is worded, whatever it is.
fn about_words(manuscript: &Manuscript, limit: f64) -> Vec<Remark> {
    let passages = &manuscript.text.passages;
    let sentences = || manuscript.lines.iter().filter(|line| !NAMES.contains(&line.key.as_str()));
    let mut remarks: Vec<Remark> = reading_age::remark(passages, limit).into_iter().collect();
    remarks.extend(passages.iter().flat_map(rhythm::too_long));
    let front = |is_first| {
        sentences().filter(move |line| FIRST.contains(&line.key.as_str()) == is_first).map(|line| &line.passage)
    };
    remarks.extend(jargon::remarks(front(true).chain(passages).chain(front(false))));
    remarks.extend(rhythm::mean(passages));
    remarks.extend(rhythm::staccato(passages));
    remarks.extend(sentences().map(|line| &line.passage).chain(passages).flat_map(idiom::remarks));
    remarks
}

/// Keys of the front matter whose values are names or titles.
const NAMES: [&str; 5] = ["title", "publisher", "credit", "author", "printable"];

/// Keys whose values are read before the body, and explain their words themselves.
const FIRST: [&str; 2] = ["skill", "summary"];

fn sample(activity: &Activity, manuscript: &Manuscript) -> Sample {
    // What to do when something worries you is rightly much the same everywhere.
    let passages = manuscript.text.passages.iter().filter(|passage| passage.part != Part::Help);
    let words = passages.flat_map(|passage| {
        let words = passage.sentences.iter().flat_map(|sentence| sentence.small.iter().zip(&sentence.words));
        words.map(|(small, word)| (small.clone(), passage.words.place(word.start)))
    });
    Sample {
        bands: activity.bands.clone(),
        words: words.collect(),
        title: activity.title.clone(),
        summary: activity.summary.clone(),
    }
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
            (format!("the title is much like that of {} (“{}”)", first.id, first.title), manuscript.place("title"))
        }
        Alike::Summaries => (format!("the summary is much like that of {}", first.id), manuscript.place("summary")),
    };
    let help =
        "families notice when they get the same thing twice: give it an idea of its own, or take one of the two out";
    manuscript.warn(Remark::new("near-duplicate", at, message, help))
}
