//! Begins a new activity: a draft beside the others of its theme, which stays out of the library until it is written.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::AppError;
use super::error::NewActivityError;
use crate::config::Config;
use crate::domain::activity::is_slug;
use crate::domain::band::BandName;
use crate::domain::text::check_line;
use crate::library;
use crate::output::{self, Existing, OutputError, Readers};

/// Writes the skeleton of an activity for `band` into the folder of `theme` and returns its path. The rest of the library
/// is not read: what is wrong elsewhere must not keep anyone from writing.
///
/// # Errors
/// When theme or band do not exist, when the title makes no file name, and when there is such a file.
pub fn new_activity(
    config: &Config,
    theme: &str,
    band: &str,
    title: Option<&str>,
    today: NaiveDate,
) -> Result<PathBuf, AppError> {
    let library = activities(&config.folder);
    let folder = theme_folder(&library, theme)?;
    let band = band_of(config, band)?;
    let name = file_name(title, &band)?;
    let path = folder.join(format!("{name}.md"));
    let text = library::skeleton(title.map(str::trim), &band, today);
    // Whole or not at all: the daemon may look at the folder at any moment.
    output::write(&path, text.as_bytes(), Readers::Everyone, Existing::Stays).map_err(|error| match error {
        OutputError::Exists(path) => NewActivityError::Exists(path).into(),
        error => AppError::from(error),
    })?;
    Ok(path)
}

fn activities(folder: &Path) -> PathBuf {
    if folder == Path::new(".") { PathBuf::from("activities") } else { folder.join("activities") }
}

fn theme_folder(library: &Path, theme: &str) -> Result<PathBuf, AppError> {
    let folder = library.join(theme);
    if is_slug(theme) && folder.join("theme.md").is_file() {
        return Ok(folder);
    }
    let (wanted, known) = (theme.to_owned(), themes(library)?);
    Err(NewActivityError::UnknownTheme { wanted, library: library.to_owned(), known }.into())
}

/// The folders that hold a theme.
fn themes(library: &Path) -> Result<Vec<String>, AppError> {
    let entries = fs::read_dir(library).map_err(|error| AppError::file(library, &error))?;
    let themes = entries.flatten().filter(|entry| entry.path().join("theme.md").is_file());
    Ok(themes.filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

fn band_of(config: &Config, text: &str) -> Result<BandName, NewActivityError> {
    let known = text.parse().ok().filter(|name| config.bands.get(name).is_some());
    known.ok_or_else(|| NewActivityError::UnknownBand {
        wanted: text.to_owned(),
        known: config.bands.iter().map(|band| band.id.to_string()).collect(),
    })
}

/// What the file is called, without its ending: after the title, else after the band.
fn file_name(title: Option<&str>, band: &BandName) -> Result<String, NewActivityError> {
    let Some(title) = title else { return Ok(format!("new-{}", band.as_str().replace('+', "-plus").to_lowercase())) };
    check_line(title).map_err(NewActivityError::Title)?;
    if title.contains('\\') || title.contains("](") {
        return Err(NewActivityError::TitleMarkup);
    }
    match library::slug(title) {
        None => Err(NewActivityError::TitleWithoutName),
        Some(slug) if slug == "theme" => Err(NewActivityError::TitleIsTheme),
        Some(slug) => Ok(slug),
    }
}
