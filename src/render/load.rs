//! Loading the templates: they are read, parsed, linted, compiled, and tried out on samples.

mod shipped;
mod sources;

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use self::sources::{File, beyond, check_names, compile, parse};
use super::error::{MailKind, Part, RenderError};
use super::samples;
use super::templates::bounds;
use super::templates::lint::SlotUse;
use super::templates::{Page, Templates, file_of, is_of_web};
use crate::domain::diagnostic::Diagnostic;
use crate::ordinary_file;

impl Templates {
    /// Reads and compiles the templates in `dir`, checks every name in them, and renders two sample digests.
    ///
    /// A partial is called by its file name without `.hbs`: `partials/card.mjml.hbs` is `{{> card.mjml}}`.
    ///
    /// # Errors
    /// Everything that is wrong, with file, line and column.
    pub fn load(dir: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let files = read(dir, &mut errors);
        let sources = parse(&files, &mut errors);
        stop_if_any(errors)?;

        let found = check_names(&sources);
        stop_if_any(found.errors)?;

        let mut templates = compile(&files, &sources);
        let tried = samples::render_all(&templates);
        tried.map_err(|(kind, error)| vec![finding(kind, &error, dir, &files, &found.slots)])?;
        shipped::complete(&mut templates, dir, files, &sources);
        Ok(templates)
    }
}

fn stop_if_any(errors: Vec<Diagnostic>) -> Result<(), Vec<Diagnostic>> {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn read(dir: &Path, errors: &mut Vec<Diagnostic>) -> Vec<File> {
    let mails = MailKind::ALL.iter().flat_map(|kind| Part::ALL.map(|part| kind.name(part)));
    let mut names: Vec<String> = mails.chain(Page::ALL.map(Page::name)).map(str::to_owned).collect();
    names.retain(|name| !shipped::is_lacking(dir, name));
    for (folder, is_web) in [("partials", false), ("web/partials", true)] {
        let partials = fs::read_dir(dir.join(folder)).into_iter().flatten().flatten();
        let found = partials.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".hbs").map(str::to_owned));
        let mut partials: Vec<String> = found.filter(|name| is_of_web(name) == is_web).collect();
        partials.sort();
        if partials.len() > bounds::PARTIALS {
            let message = format!("holds more than {} partials", bounds::PARTIALS);
            errors.push(beyond(dir.join(folder).display().to_string(), message));
            partials.clear();
        }
        names.append(&mut partials);
    }
    let mut files: Vec<File> = Vec::new();
    for name in names {
        let path = dir.join(file_of(&name));
        let shown = path.display().to_string();
        match read_limited(&path) {
            Ok(Some(text)) => files.push(File { name, shown, text }),
            Ok(None) => errors.push(beyond(shown, "is larger than 64 KiB".to_owned())),
            Err(error) => errors.push(unreadable(shown, &error)),
        }
    }
    if files.iter().map(|file| file.text.len()).sum::<usize>() > bounds::ALL_FILES {
        errors.push(beyond(dir.display().to_string(), "holds more than 1 MiB of templates".to_owned()));
    }
    files
}

fn unreadable(place: String, error: &io::Error) -> Diagnostic {
    let help = "put the template there: `fortnightly init` writes a working set into an empty folder";
    Diagnostic::error("template-file", format!("cannot be read: {}", ordinary_file::reason(error)))
        .in_file(place)
        .help(help)
}

/// The text of a template; `None` when it is too large.
fn read_limited(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    ordinary_file::open(path)?.take(bounds::FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bounds::FILE {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))?;
    Ok(Some(text))
}

/// An error of a sample as a finding about a file; with line and column when only one place can be to blame.
fn finding(kind: MailKind, error: &RenderError, dir: &Path, files: &[File], slots: &[SlotUse]) -> Diagnostic {
    let about = |file: &str, message: String| {
        Diagnostic::error("template-digest", message).in_file(dir.join(file).display().to_string())
    };
    let whole = about(kind.file(error.part().unwrap_or(Part::Html)), error.to_string());
    let finding = match error {
        RenderError::Template { file, line, column, reason } => {
            Diagnostic { line: *line, column: *column, ..about(file, reason.clone()) }
        }
        RenderError::SlotPlace { part, slot, .. } => {
            match only(slots.iter().filter(|found| found.slot == *slot && found.part == *part)) {
                Some(SlotUse { file, place: (line, column), .. }) => {
                    Diagnostic { line: Some(*line), column: Some(*column), ..whole.in_file(file) }
                }
                None => whole,
            }
        }
        RenderError::Markup { found, .. } | RenderError::Mjml { found, .. } => match only(places(found, files)) {
            Some((file, at)) => whole.in_file(&file.shown).at(&file.text, at),
            None => whole,
        },
        _ => whole,
    };
    finding.help("seen while rendering a sample digest; compare with the templates that `fortnightly init` writes")
}

/// Where `found` stands in the templates, in whatever letter case.
fn places<'a>(found: &str, files: &'a [File]) -> impl Iterator<Item = (&'a File, usize)> {
    let found = found.to_ascii_lowercase();
    files.iter().flat_map(move |file| {
        let text = file.text.to_ascii_lowercase();
        text.match_indices(&found).map(|(at, _)| (file, at)).collect::<Vec<_>>()
    })
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    first.filter(|_| items.next().is_none())
}
