//! Begins a new activity: a draft beside the others of its theme, which stays out of the library until it is written.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use tempfile::NamedTempFile;

use super::AppError;
use super::error::NewActivityError;
use crate::config::Config;
use crate::domain::activity::is_slug;
use crate::domain::band::BandName;
use crate::domain::text::check_line;
use crate::library;

/// Writes the skeleton of an activity for `band` into the folder of `theme` and returns its path. The rest of the library
/// is not read: what is wrong elsewhere must not keep anybody from writing.
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
    write_new(&folder, &path, &library::skeleton(title.map(str::trim), &band, today))?;
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

/// Writes a file that does not exist, whole or not at all: the daemon may look at the folder at any moment.
fn write_new(folder: &Path, path: &Path, text: &str) -> Result<(), AppError> {
    let written = hidden(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)
    });
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(NewActivityError::Exists(path.to_owned()).into())
        }
        Err(error) => Err(AppError::file(path, &error)),
    }
}

/// A file whose name begins with a dot, which the library passes over.
fn hidden(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".new-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any editor would make it: the umask takes its part.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
