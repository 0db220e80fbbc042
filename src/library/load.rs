//! activities/ on disk → a checked [`Library`], and what that lacks: texts past their review, bands without an activity.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::domain::activity::{Activity, ActivityId, Nation, Notice, Theme};
use crate::domain::band::{BandName, Bands};
use crate::domain::bulletin::{Bulletin, BulletinName};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edits::Texts;
use crate::domain::help::Help;
use crate::domain::writing::TextRef;

use super::beside::{self, Beside, is_drawing, is_picture};
use super::folder::{self, Folder, ThemeFolder};
use super::page::{self, Page};
use super::{activity, bulletin, draft, help, theme};

/// Everything under `activities/`, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// The folder it was read from, as the caller named it.
    pub folder: PathBuf,
    /// Themes, by folder name.
    pub themes: Vec<Theme>,
    /// Activities, by id.
    pub activities: Vec<Activity>,
    /// Notices, by name.
    pub notices: Vec<Notice>,
    /// Bulletins, by name.
    pub bulletins: Vec<Bulletin>,
    pub help: Help,
}

impl Library {
    pub fn activity(&self, id: &ActivityId) -> Option<&Activity> {
        self.activities.binary_search_by(|a| a.id.cmp(id)).ok().map(|at| &self.activities[at])
    }

    pub fn theme(&self, name: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }

    pub fn bulletin(&self, name: &BulletinName) -> Option<&Bulletin> {
        self.bulletins.iter().find(|bulletin| bulletin.name == *name)
    }

    pub fn bulletin_file(&self, name: &BulletinName) -> PathBuf {
        self.folder.join("bulletins").join(format!("{name}.md"))
    }

    pub fn texts(&self) -> Texts<'_> {
        Texts { themes: &self.themes, activities: &self.activities }
    }

    pub fn activity_file(&self, activity: &Activity) -> PathBuf {
        self.folder.join(activity.id.theme()).join(format!("{}.md", activity.id.name()))
    }
}

/// Reads and checks the library in `dir`, with the help block of `nation`.
/// Returns the library (when there is no error) with every diagnostic, warnings included, in the order of the files.
pub fn load(dir: &Path, bands: &Bands, nation: Nation) -> (Option<Library>, Vec<Diagnostic>) {
    let Survey { library, is_whole, findings, .. } = survey(dir, bands, nation);
    (library.filter(|_| is_whole), findings)
}

/// What there is in a library's folder, whether or not it can be used.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The texts without errors; `None` where there is no folder. Its help block is empty where it can't be read.
    pub library: Option<Library>,
    /// Whether there is no error, so that it can be used.
    pub is_whole: bool,
    /// Every diagnostic, in the order of the files.
    pub findings: Vec<Diagnostic>,
    /// The texts of which there is a draft in a file of its own.
    pub drafts: Vec<TextRef>,
}

/// Reads and checks all that can be read of the library in `dir`, with the help block of `nation`.
pub fn survey(dir: &Path, bands: &Bands, nation: Nation) -> Survey {
    if !dir.is_dir() {
        let findings = vec![empty(dir, "there is no folder of activities here")];
        return Survey { library: None, is_whole: false, findings, drafts: Vec::new() };
    }
    let mut found = Vec::new();
    let folder = folder::walk(dir, &mut found);
    let has_activity = folder.themes.iter().any(|theme| !theme.activities.is_empty());
    if !has_activity {
        found.push(empty(dir, "there is no activity in this folder"));
    }
    let (mut themes, mut activities) = (Vec::new(), Vec::new());
    // A folder with nothing but drafts is a theme to be.
    let is_begun = |folder: &&ThemeFolder| folder.has_theme || !folder.activities.is_empty() || folder.drafts == 0;
    for folder in folder.themes.iter().filter(is_begun) {
        themes.extend(read_theme(folder, &mut found));
        activities.extend(read_activities(folder, bands, &mut found));
    }
    let notices = folder.notices.iter().filter_map(|name| {
        let path = folder.notices_path.join(format!("{name}.md"));
        read_page(&path, &mut found, |page| theme::read_notice(page, name))
    });
    let notices = notices.collect();
    let bulletins = read_bulletins(&folder, bands, &mut found);
    let help = read_help(dir, folder.has_help, (bands, nation), &mut found);
    activities.sort_by(|a, b| a.id.cmp(&b.id));
    found.extend(not_served(&activities, bands));
    found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    if activities.is_empty() && !found.iter().any(Diagnostic::is_error) {
        let drafts = Diagnostic::error("empty-library", "every activity in this folder is a draft");
        found.push(drafts.in_file(dir.display().to_string()).help("write one of them to its end"));
    }
    let help = help.unwrap_or_default();
    let library = Library { folder: dir.to_owned(), themes, activities, notices, bulletins, help };
    let is_whole = !found.iter().any(Diagnostic::is_error);
    Survey { library: Some(library), is_whole, findings: found, drafts: folder.drafts }
}

fn empty(dir: &Path, message: &str) -> Diagnostic {
    let first = dir.join("THEME").join("NAME.md");
    let help = format!(
        "put the theme's text into {} and its first activity into {}",
        first.with_file_name("theme.md").display(),
        first.display()
    );
    Diagnostic::error("empty-library", message).in_file(dir.display().to_string()).help(help)
}

fn read_theme(folder: &ThemeFolder, found: &mut Vec<Diagnostic>) -> Option<Theme> {
    let path = folder.path.join("theme.md");
    if !folder.has_theme {
        let help = format!(
            "add it, with the keys title, strand, reviewed and review_by, or move the folder {} away",
            folder.name
        );
        let missing = Diagnostic::error("missing-theme", "the theme's folder has no theme.md");
        found.push(missing.in_file(path.display().to_string()).help(help));
        return None;
    }
    if folder.activities.is_empty() {
        let message = "the theme has no activity, so it is never picked";
        let warning = Diagnostic::warning("theme-without-activity", message).in_file(path.display().to_string());
        found.push(warning.help(format!("add one: {}", folder.path.join("NAME.md").display())));
    }
    read_page(&path, found, |page| theme::read(page, &folder.name))
}

fn read_activities(folder: &ThemeFolder, bands: &Bands, found: &mut Vec<Diagnostic>) -> Vec<Activity> {
    let mut unnamed: Vec<&String> = folder.files.iter().filter(|name| is_drawing(name) || is_picture(name)).collect();
    let read = |name: &String| {
        let path = folder.path.join(format!("{name}.md"));
        let id = format!("{}/{name}", folder.name).parse().expect("the folder's walk keeps slugs only");
        read_page(&path, found, |page| {
            unnamed.retain(|file| !beside::is_named(page.text(), file));
            let beside = Beside { folder: &folder.path, files: &folder.files };
            unless_draft(page, "activity", || activity::read(page, id, bands, beside))
        })
    };
    let activities = folder.activities.iter().filter_map(read).collect();
    found.extend(unnamed.iter().flat_map(|name| beside::unnamed(&folder.path.join(name))));
    activities
}

fn read_bulletins(folder: &Folder, bands: &Bands, found: &mut Vec<Diagnostic>) -> Vec<Bulletin> {
    let read = |name: &String| {
        let path = folder.bulletins_path.join(format!("{name}.md"));
        let name = name.parse().expect("the folder's walk keeps slugs only");
        read_page(&path, found, |page| unless_draft(page, "bulletin", || bulletin::read(page, name, bands)))
    };
    folder.bulletins.iter().filter_map(read).collect()
}

/// What a page holds, unless it is a draft: then its mistakes are warnings.
fn unless_draft<T>(page: &Page, what: &str, read: impl FnOnce() -> Option<T>) -> Option<T> {
    let is_draft = draft::is_draft(page, what);
    let item = read();
    if is_draft {
        page.soften();
    }
    item.filter(|_| !is_draft)
}

/// A digest without its help block is not sent (invariant 12), so there is no library without one.
fn read_help(dir: &Path, there: bool, (bands, nation): (&Bands, Nation), found: &mut Vec<Diagnostic>) -> Option<Help> {
    let path = dir.join("help.toml");
    if !there {
        let missing = Diagnostic::error("missing-help", "there is no help block, and no digest goes out without one");
        let help = "restore help.toml from the project: it says who families can turn to";
        found.push(missing.in_file(path.display().to_string()).help(help));
        return None;
    }
    read_page(&path, found, |page| help::read(page, bands, nation))
}

/// Reads one file and gathers its diagnostics.
fn read_page<T>(path: &Path, found: &mut Vec<Diagnostic>, read: impl FnOnce(&Page) -> Option<T>) -> Option<T> {
    match page::read(path) {
        Ok(page) => {
            let item = read(&page);
            found.extend(page.take_diagnostics());
            item
        }
        Err(diagnostic) => {
            found.push(*diagnostic);
            None
        }
    }
}

/// A warning (`review-overdue`) for each activity and theme that should have been checked again before `on`, and one
/// (`no-longer-shown`) for each activity whose last day is over.
pub fn overdue(library: &Library, on: NaiveDate) -> Vec<Diagnostic> {
    let themes = library.themes.iter().filter(|theme| theme.review_by < on).map(|theme| {
        let help = "read the opening and the article again, mend them, and set new dates";
        warn_overdue(&library.folder.join(&theme.name).join("theme.md"), theme.review_by, "", help)
    });
    let activities = library.activities.iter().filter(|activity| activity.review_by < on).map(|activity| {
        let help = "check its facts and links, then set “reviewed” to today and a new “review_by”";
        warn_overdue(&library.activity_file(activity), activity.review_by, ", so it is no longer picked", help)
    });
    let expired = library.activities.iter().filter(|activity| activity.not_after.is_some_and(|last| last < on));
    let expired = expired.map(|activity| {
        let last = activity.not_after.map_or(String::new(), |last| format!(" (not_after = {last})"));
        Diagnostic::warning("no-longer-shown", format!("its last day is over{last}, so it is no longer picked"))
            .in_file(library.activity_file(activity).display().to_string())
            .help("take the file out, or set a later “not_after”")
    });
    themes.chain(activities).chain(expired).collect()
}

fn warn_overdue(file: &Path, review_by: NaiveDate, so: &str, help: &str) -> Diagnostic {
    let message = format!("was to be checked again by {review_by}{so}");
    Diagnostic::warning("review-overdue", message).in_file(file.display().to_string()).help(help)
}

/// An error (`band-without-activity`) for each of the service's bands that no activity suits.
pub fn unserved(library: &Library, bands: &Bands) -> Vec<Diagnostic> {
    let served: BTreeSet<&BandName> = library.activities.iter().flat_map(|activity| &activity.bands).collect();
    bands
        .iter()
        .filter(|band| !served.contains(&band.id))
        .map(|band| {
            let message = format!("no activity is for the band {} ({})", band.id, band.label);
            let help = format!(
                "write one below {}/ with bands = [\"{}\"], or take the band out of the config",
                library.folder.display(),
                band.id
            );
            Diagnostic::error("band-without-activity", message).help(help)
        })
        .collect()
}

/// A warning (`band-not-served`) for each band that activities name and the service does not have.
fn not_served(activities: &[Activity], bands: &Bands) -> Vec<Diagnostic> {
    let mut counts: BTreeMap<&BandName, usize> = BTreeMap::new();
    for band in activities.iter().flat_map(|activity| &activity.bands).filter(|band| bands.get(band).is_none()) {
        *counts.entry(band).or_default() += 1;
    }
    let warn = |(band, count): (&BandName, usize)| {
        let (noun, name) = if count == 1 { ("activity", "names") } else { ("activities", "name") };
        let message = format!("{count} {noun} {name} the band {band}, which this service does not have");
        Diagnostic::warning("band-not-served", message)
            .help("nothing needs doing; add the band to the config to use them")
    };
    counts.into_iter().map(warn).collect()
}
