//! Every template with every kind of segment, for every edition of the coming fortnights.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use crate::app::edition_content::{DigestMaker, Illustrated};
use crate::app::planner::PlanRow;
use crate::app::{AppContext, AppError, Content};
use crate::config::Config;
use crate::domain::activity::Activity;
use crate::domain::band::BandSet;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{Locale, Sector};
use crate::library::Library;
use crate::ordinary_file;
use crate::render::{Issue, MailKind, RenderError, ServiceInfo};
use crate::store::PublishedPicture;

/// One digest to try.
struct Trial<'a> {
    edition: Issue<'a>,
    pictures: &'a [PublishedPicture],
    key: SegmentKey,
}

/// Renders everything that may go out.
pub(super) struct Renders<'a> {
    config: &'a Config,
    library: &'a Library,
    digests: DigestMaker,
}

impl<'c> Renders<'c> {
    pub(super) fn new(context: &'c AppContext, content: &'c Content) -> Self {
        Self { config: &context.config, library: &content.library, digests: DigestMaker::new(context, content) }
    }

    /// Errors (`cannot-render`) of every digest that differs in more than its wording: each selection ahead with all
    /// its bands and with each alone, the sectors taking turns; and of the fullest one, every sector with all bands and
    /// with each alone, with and without notices, with and without someone who reads replies.
    pub(super) fn findings(&self, rows: &[PlanRow]) -> Vec<Diagnostic> {
        let (editions, mut findings) = self.editions_ahead(rows);
        let mut trials: Vec<Trial<'_>> = Vec::new();
        for (edition, sector) in editions.iter().zip(Sector::ALL.iter().copied().cycle()) {
            let bands = edition.issue.bands();
            trials.extend(bands.iter().map(|band| trial(edition, [band.clone()].into(), sector)));
            trials.push(trial(edition, bands, Sector::School));
        }
        if let Some(fullest) = editions.iter().rev().max_by_key(|edition| edition.issue.cards.len()) {
            trials.extend(self.every_kind(fullest));
        }
        let mut seen = BTreeSet::new();
        for (trial, error) in self.failures(&trials) {
            if seen.insert(cause(trial, &error)) {
                findings.push(self.finding(trial, &error));
            }
        }
        findings
    }

    /// Each selection ahead once, unless its notices differ.
    fn editions_ahead(&self, rows: &[PlanRow]) -> (Vec<Illustrated<'_>>, Vec<Diagnostic>) {
        let (mut editions, mut findings, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for row in rows.iter().filter(|row| row.is_ahead()) {
            let Some(selection) = row.selection.as_ref().filter(|selection| !selection.picks.is_empty()) else {
                continue;
            };
            match self.digests.look_up(row.edition, row.date, &selection.theme, &selection.picks) {
                Ok(edition) => {
                    let Issue { cards, notices, .. } = &edition.issue;
                    let ids = cards.iter().map(|card| (card.band.id.clone(), card.activity.id.clone()));
                    let cards: Vec<_> = ids.collect();
                    let notices: Vec<_> = notices.iter().map(|notice| notice.name.clone()).collect();
                    if seen.insert((selection.theme.clone(), cards, notices)) {
                        editions.push(edition);
                    }
                }
                Err(error) => findings.push(Diagnostic::error("cannot-render", error.to_string())),
            }
        }
        (editions, findings)
    }

    fn every_kind<'a>(&'a self, edition: &'a Illustrated<'a>) -> Vec<Trial<'a>> {
        let all = edition.issue.bands();
        let mut trials = Vec::new();
        for sector in Sector::ALL.iter().copied() {
            trials.extend(all.iter().map(|band| trial(edition, [band.clone()].into(), sector)));
            if sector != Sector::School {
                trials.push(trial(edition, all.clone(), sector));
            }
        }
        let issue = &edition.issue;
        let notices = match issue.notices.as_slice() {
            [] => self.library.notices.iter().take(1).collect(),
            _ => Vec::new(),
        };
        let reply_to = issue.service.reply_to.is_none().then_some(&self.config.service.from.address);
        let service = ServiceInfo { reply_to, ..issue.service };
        let plain = |bands: BandSet| trial(edition, bands, Sector::School);
        trials.push(Trial { edition: Issue { notices, ..issue.clone() }, ..plain(all.clone()) });
        trials.push(Trial { edition: Issue { service, ..issue.clone() }, ..plain(all) });
        trials
    }

    /// What failed, in the order of the trials. They are shared out among the processors.
    fn failures<'t, 'a>(&self, trials: &'t [Trial<'a>]) -> Vec<(&'t Trial<'a>, AppError)> {
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            while let Some((at, trial)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, trials.get(at)?)))
            {
                if let Err(error) = self.digests.segment((&trial.edition, trial.pictures), &trial.key) {
                    failed.lock().push((at, trial, error));
                }
            }
        };
        let workers = thread::available_parallelism().map_or(1, NonZero::get).min(trials.len());
        thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(work);
            }
            work();
        });
        let mut failed = failed.into_inner();
        failed.sort_by_key(|(at, ..)| *at);
        failed.into_iter().map(|(_, trial, error)| (trial, error)).collect()
    }

    fn finding(&self, trial: &Trial<'_>, error: &AppError) -> Diagnostic {
        let mut finding = Diagnostic::error("cannot-render", error.to_string());
        let AppError::Digest { source, .. } = error else { return finding };
        let templates = self.config.folder.join("templates");
        let place = match source {
            RenderError::Template { file, line, column, .. } => {
                (finding.line, finding.column) = (*line, *column);
                Some(templates.join(file))
            }
            RenderError::Character { field, .. } => self.file_of(trial, field),
            RenderError::TooLarge { .. } => self.longest(trial),
            RenderError::Markup { found, .. } if !found.is_empty() => {
                let written = self.written(trial, found);
                if let Some((file, text, at)) = written {
                    return finding.in_file(file.display().to_string()).at(&text, at).help(HELP);
                }
                source.part().map(|part| templates.join(MailKind::Digest.file(part)))
            }
            other => other.part().map(|part| templates.join(MailKind::Digest.file(part))),
        };
        match place {
            Some(file) => finding.in_file(file.display().to_string()),
            None => finding,
        }
        .help(HELP)
    }

    /// The file that a field of the view came from, such as `cards.2.title`.
    fn file_of(&self, trial: &Trial<'_>, field: &str) -> Option<PathBuf> {
        let library = self.library;
        let mut parts = field.split('.');
        let (kind, nth) = (parts.next()?, parts.next().and_then(|part| part.parse::<usize>().ok()));
        match (kind, nth) {
            ("cards", Some(nth)) => cards(trial).nth(nth).map(|activity| library.activity_file(activity)),
            ("notices", Some(nth)) => {
                let notice = trial.edition.notices.get(nth)?;
                Some(library.folder.join("notices").join(format!("{}.md", notice.name)))
            }
            ("theme", _) => Some(library.folder.join(&trial.edition.theme.name).join("theme.md")),
            ("help", _) => Some(library.folder.join("help.toml")),
            ("service", _) => Some(self.config.file.clone()),
            _ => None,
        }
    }

    /// The longest file of the digest: shortening that one helps most.
    fn longest(&self, trial: &Trial<'_>) -> Option<PathBuf> {
        let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |data| data.len());
        self.files(trial).into_iter().max_by_key(size)
    }

    /// The one place among the digest's texts where `found` stands.
    fn written(&self, trial: &Trial<'_>, found: &str) -> Option<(PathBuf, String, usize)> {
        let texts =
            self.files(trial).into_iter().filter_map(|file| Some((ordinary_file::read_text(&file).ok()?, file)));
        let mut places = texts.filter_map(|(text, file)| Some((file, text.find(found)?, text)));
        let (file, at, text) = places.next()?;
        places.next().is_none().then_some((file, text, at))
    }

    fn files(&self, trial: &Trial<'_>) -> Vec<PathBuf> {
        let library = self.library;
        let theme = library.folder.join(&trial.edition.theme.name).join("theme.md");
        cards(trial).map(|activity| library.activity_file(activity)).chain([theme]).collect()
    }
}

const HELP: &str = "mend the template or the text that it names; the preview shows the whole digest";

fn trial<'a>(edition: &'a Illustrated<'a>, bands: BandSet, sector: Sector) -> Trial<'a> {
    let key = SegmentKey { bands, sector, locale: Locale::EnGb };
    Trial { edition: edition.issue.clone(), pictures: &edition.drawn.pictures, key }
}

/// The activities of the segment, in the bands' order.
fn cards<'a>(trial: &Trial<'a>) -> impl Iterator<Item = &'a Activity> {
    let read = trial.edition.cards.iter().filter(|card| trial.key.bands.contains(&card.band.id));
    read.map(|card| card.activity)
}

/// What failures have in common that one repair mends.
fn cause(trial: &Trial<'_>, error: &AppError) -> String {
    match error {
        AppError::Digest { source: RenderError::TooLarge { .. }, .. } => {
            format!("too large: edition {}", trial.edition.edition)
        }
        AppError::Digest { source: RenderError::Character { field, problem }, .. } => {
            let rest: String = field.chars().filter(|c| !c.is_ascii_digit()).collect();
            format!("{rest} {problem}")
        }
        AppError::Digest { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}
