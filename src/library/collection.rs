//! A whole library, and what it lacks: texts past their review, bands without an activity.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::domain::activity::{Activity, ActivityId, Help, Notice, Theme};
use crate::domain::band::{BandName, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edits::Texts;

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
    /// The help block of the service's nation.
    pub help: Help,
}

impl Library {
    /// The activity of this id.
    pub fn activity(&self, id: &ActivityId) -> Option<&Activity> {
        self.activities.binary_search_by(|a| a.id.cmp(id)).ok().map(|at| &self.activities[at])
    }

    /// The theme of this folder name.
    pub fn theme(&self, name: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }

    /// The texts that editions pick from.
    pub fn texts(&self) -> Texts<'_> {
        Texts { themes: &self.themes, activities: &self.activities }
    }

    /// The file of an activity.
    pub fn activity_file(&self, activity: &Activity) -> PathBuf {
        self.folder.join(activity.id.theme()).join(format!("{}.md", activity.id.name()))
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
pub(super) fn not_served(activities: &[Activity], bands: &Bands) -> Vec<Diagnostic> {
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
