//! activities/ on disk → a checked [`Library`].

use std::path::Path;

use crate::domain::activity::{Activity, Help, Theme};
use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;

use super::collection::{self, Library};
use super::folder::{self, ThemeFolder};
use super::help::{self, NATIONS};
use super::page::{self, Page};
use super::{activity, draft, notice, theme, words};

/// Reads and checks the library in `dir`. `nation` is one of [`NATIONS`].
/// Returns the library (when there is no error) with every diagnostic, warnings included, in the order of the files.
pub fn load(dir: &Path, bands: &Bands, nation: &str) -> (Option<Library>, Vec<Diagnostic>) {
    if !dir.is_dir() {
        return (None, vec![empty(dir, "there is no folder of activities here")]);
    }
    let mut found = Vec::new();
    let folder = folder::walk(dir, &mut found);
    let has_activity = folder.themes.iter().any(|theme| !theme.activities.is_empty());
    if !has_activity {
        found.push(empty(dir, "there is no activity in this folder"));
    }
    let (mut themes, mut activities) = (Vec::new(), Vec::new());
    for folder in &folder.themes {
        themes.extend(read_theme(folder, &mut found));
        activities.extend(read_activities(folder, bands, &mut found));
    }
    let notices = folder.notices.iter().filter_map(|name| {
        let path = folder.notices_path.join(format!("{name}.md"));
        read_page(&path, &mut found, |page| notice::read(page, name))
    });
    let notices = notices.collect();
    let help = read_help(dir, folder.has_help, nation, &mut found);
    activities.sort_by(|a, b| a.id.cmp(&b.id));
    found.extend(collection::not_served(&activities, bands));
    found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    let whole = !found.iter().any(Diagnostic::is_error);
    if whole && activities.is_empty() {
        let drafts = Diagnostic::error("empty-library", "every activity in this folder is a draft");
        found.push(drafts.in_file(dir.display().to_string()).help("write one of them to its end"));
        return (None, found);
    }
    let library =
        help.filter(|_| whole).map(|help| Library { folder: dir.to_owned(), themes, activities, notices, help });
    (library, found)
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
    let read = |name: &String| {
        let path = folder.path.join(format!("{name}.md"));
        let id = format!("{}/{name}", folder.name).parse().expect("the folder's walk keeps slugs only");
        read_page(&path, found, |page| {
            let is_draft = draft::is_draft(page);
            let activity = activity::read(page, id, bands, &folder.files);
            if is_draft {
                page.soften();
            }
            activity.filter(|_| !is_draft)
        })
    };
    folder.activities.iter().filter_map(read).collect()
}

/// A digest without its help block is not sent (invariant 12), so there is no library without one.
fn read_help(dir: &Path, there: bool, nation: &str, found: &mut Vec<Diagnostic>) -> Option<Help> {
    let path = dir.join("help.toml");
    if !there {
        let missing = Diagnostic::error("missing-help", "there is no help block, and no digest goes out without one");
        let help = "restore help.toml from the project: it says whom families can turn to";
        found.push(missing.in_file(path.display().to_string()).help(help));
        return None;
    }
    if !NATIONS.contains(&nation) {
        let message = format!("there is no help block for the nation “{}”", words::shown(nation));
        let help = words::suggest(nation, NATIONS, &format!("the nations are {}", words::listed(&NATIONS)));
        found.push(Diagnostic::error("unknown-nation", message).in_file(path.display().to_string()).help(help));
        return None;
    }
    read_page(&path, found, |page| help::read(page, nation))
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
