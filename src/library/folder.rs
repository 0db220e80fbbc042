//! What lies in the library's folder: which files are themes, activities, notices, bulletins, help, and which are strays.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::activity::is_slug;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::writing::{BULLETINS, DRAFT_ENDING, NOTICES, TextRef};
use crate::ordinary_file;

use super::beside::{is_drawing, is_picture};
use super::draft::slug;
use super::page::unreadable;

/// One theme's folder.
#[derive(Debug)]
pub(super) struct ThemeFolder {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) has_theme: bool,
    /// The names of its activities, without `.md`, in order.
    pub(super) activities: Vec<String>,
    pub(super) files: BTreeSet<String>,
    /// How many of its files are drafts.
    pub(super) drafts: usize,
}

/// A whole library's files, in order of their names.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) themes: Vec<ThemeFolder>,
    /// The names of the notices, without `.md`.
    pub(super) notices: Vec<String>,
    pub(super) notices_path: PathBuf,
    /// The names of the bulletins, without `.md`.
    pub(super) bulletins: Vec<String>,
    pub(super) bulletins_path: PathBuf,
    pub(super) has_help: bool,
    /// The texts of which there is a draft beside them, or in their place.
    pub(super) drafts: Vec<TextRef>,
}

/// One entry of a folder.
struct Item {
    name: String,
    path: PathBuf,
    is_dir: bool,
    /// Why it can be neither read nor entered: it is a pipe, or a link to nothing. Whoever reads it says so.
    trouble: Option<io::Error>,
}

impl Item {
    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    fn stray(&self, help: &str) -> Diagnostic {
        if let Some(trouble) = &self.trouble {
            return unreadable(&self.shown(), trouble);
        }
        Diagnostic::warning("stray-file", "is no part of the library and is not read").in_file(self.shown()).help(help)
    }
}

/// Looks through `dir`, two levels deep.
pub(super) fn walk(dir: &Path, found: &mut Vec<Diagnostic>) -> Folder {
    let mut folder =
        Folder { notices_path: dir.join(NOTICES), bulletins_path: dir.join(BULLETINS), ..Folder::default() };
    for item in items(dir, found) {
        if item.name == "help.toml" {
            folder.has_help = true;
        } else if item.is_dir && item.name == NOTICES {
            folder.notices = pages((NOTICES, &item.path), "a notice", (&mut folder.drafts, found));
        } else if item.is_dir && item.name == BULLETINS {
            folder.bulletins = bulletins(&item.path, (&mut folder.drafts, found));
        } else if item.is_dir {
            if check_slug(&item, &item.name, found) {
                let theme = theme(item, (&mut folder.drafts, found));
                folder.themes.push(theme);
            }
        } else if item.name != "README.md" {
            let help = "an activity lies in its theme's folder: THEME/NAME.md; delete this file or move it";
            found.push(item.stray(help));
        }
    }
    folder
}

/// Where to put the drafts that are met, and what is found.
type Met<'a> = (&'a mut Vec<TextRef>, &'a mut Vec<Diagnostic>);

/// Notes a draft; whether it is one.
fn is_draft(folder: &str, item: &Item, (drafts, found): (&mut Vec<TextRef>, &mut Vec<Diagnostic>)) -> bool {
    let Some(name) = item.name.strip_suffix(DRAFT_ENDING).filter(|_| !item.is_dir) else { return false };
    let Some(text) = TextRef::parse(folder, name) else { return !check_slug(item, name, found) };
    let message = "this is a draft, and it is left out until it is done";
    let help = format!("when it is done, rename it to {name}.md, or say so in the console");
    found.push(Diagnostic::warning("draft-left-out", message).in_file(item.shown()).help(help));
    drafts.push(text);
    true
}

fn theme(folder: Item, (drafts, found): Met<'_>) -> ThemeFolder {
    let mut theme = ThemeFolder {
        name: folder.name,
        path: folder.path,
        has_theme: false,
        activities: Vec::new(),
        files: BTreeSet::new(),
        drafts: 0,
    };
    for item in items(&theme.path, found) {
        if is_draft(&theme.name, &item, (drafts, found)) {
            theme.drafts += 1;
            continue;
        }
        match item.name.strip_suffix(".md") {
            Some("theme") => theme.has_theme = true,
            _ if item.is_dir => found.push(item.stray("folders inside a theme are not read: move the files up")),
            Some(name) if check_slug(&item, name, found) => theme.activities.push(name.to_owned()),
            Some(_) => {}
            None if is_drawing(&item.name) || is_picture(&item.name) => {}
            None => {
                let help = "activities end in .md, pictures in .png, .jpg or .webp, sheets to print in .svg; delete other files";
                found.push(item.stray(help));
            }
        }
        theme.files.insert(item.name);
    }
    theme
}

/// The names of the bulletins. A theme may have been called so before there were any.
fn bulletins(dir: &Path, (drafts, found): Met<'_>) -> Vec<String> {
    let theme = dir.join("theme.md");
    if theme.exists() {
        let taken = Diagnostic::error("bad-name", "“bulletins” can’t be the name of a theme: bulletins lie there");
        found.push(taken.in_file(theme.display().to_string()).help("give the theme’s folder another name"));
        return Vec::new();
    }
    pages((BULLETINS, dir), "a bulletin", (drafts, found))
}

/// The names of a folder's files, each of which is `what`.
fn pages((folder, dir): (&str, &Path), what: &str, (drafts, found): Met<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for item in items(dir, found) {
        if is_draft(folder, &item, (drafts, found)) {
            continue;
        }
        match item.name.strip_suffix(".md") {
            Some(name) if !item.is_dir => names.extend(check_slug(&item, name, found).then(|| name.to_owned())),
            _ => found.push(item.stray(&format!("{what} is a file NAME.md; delete this one or move it"))),
        }
    }
    names
}

/// The entries of a folder by name, without hidden files and editors' backups.
fn items(dir: &Path, found: &mut Vec<Diagnostic>) -> Vec<Item> {
    let entries = match fs::read_dir(dir).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => {
            found.push(unreadable(&dir.display().to_string(), &error));
            return Vec::new();
        }
    };
    let mut items = Vec::new();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if is_ignored(&name) {
            continue;
        }
        let about = ordinary_file::refuse_others(&path).and_then(|()| fs::metadata(&path));
        let is_dir = about.as_ref().is_ok_and(fs::Metadata::is_dir);
        items.push(Item { name, path, is_dir, trouble: about.err() });
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    items
}

fn is_ignored(name: &str) -> bool {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    name.starts_with(['.', '#']) || ends(&["~", ".swp", ".swo"])
}

/// Notes a name that is no slug, with one that would be.
fn check_slug(item: &Item, name: &str, found: &mut Vec<Diagnostic>) -> bool {
    if is_slug(name) {
        return true;
    }
    let ending = if item.is_dir { "" } else { ".md" };
    let rules = "names are made of lower-case letters, digits and hyphens";
    let help = match slug(name) {
        Some(slug) => format!("rename it to {slug}{ending} ({rules})"),
        None => format!("rename it: {rules}"),
    };
    found.push(Diagnostic::error("bad-name", "the name cannot stand in an address").in_file(item.shown()).help(help));
    false
}
