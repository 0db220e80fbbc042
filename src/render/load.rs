//! Loading the templates: they are read, parsed, linted, compiled, and tried out on samples.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use handlebars::{Template, TemplateError, TemplateErrorReason};

use super::error::{Part, RenderError};
use super::samples;
use super::templates::bounds;
use super::templates::lint::{Findings, SlotUse, Source, lint};
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

        let templates = Self::compile(&sources, files.iter().map(|file| file.text.as_str()).collect());
        match samples::render_all(&templates) {
            Ok(()) => Ok(templates),
            Err(error) => Err(vec![finding(&error, dir, &files, &found.slots)]),
        }
    }
}

struct File {
    name: String,
    shown: String,
    text: String,
}

fn stop_if_any(errors: Vec<Diagnostic>) -> Result<(), Vec<Diagnostic>> {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn read(dir: &Path, errors: &mut Vec<Diagnostic>) -> Vec<File> {
    let mut names: Vec<String> = [Part::Html, Part::Text].iter().map(|part| part.name().to_owned()).collect();
    names.extend(Page::ALL.map(|page| page.name().to_owned()));
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

/// Something of which there is more than any template needs.
fn beyond(place: String, message: String) -> Diagnostic {
    let help = "compare with the templates that `fortnightly init` writes";
    Diagnostic::error("template-bounds", message).in_file(place).help(help)
}

fn parse(files: &[File], errors: &mut Vec<Diagnostic>) -> BTreeMap<String, Source> {
    let mut sources = BTreeMap::new();
    for file in files {
        if let Some((at, problem)) = bounds::beyond_engine(&file.text) {
            errors.push(beyond(file.shown.clone(), problem.to_owned()).at(&file.text, at));
            continue;
        }
        match Template::compile_with_name(&file.text, file.name.clone()) {
            Ok(template) => {
                sources.insert(file.name.clone(), Source { file: file.shown.clone(), template });
            }
            Err(error) => errors.push(syntax(&error, file)),
        }
    }
    sources
}

fn syntax(error: &TemplateError, file: &File) -> Diagnostic {
    let message = match error.reason() {
        // The engine lists the rules of its grammar here, which helps nobody.
        TemplateErrorReason::InvalidSyntax(_) => "the template cannot be understood from here on".to_owned(),
        reason => reason.to_string(),
    };
    let mut finding = Diagnostic::error("template-syntax", message)
        .in_file(&file.shown)
        .help("check that every {{#…}} has its {{/…}} and every {{ its }}");
    if let Some((line, column)) = error.pos() {
        (finding.line, finding.column) = (Some(line), Some(column));
    }
    finding
}

fn check_names(sources: &BTreeMap<String, Source>) -> Findings {
    let mut found = Findings::default();
    for part in [Part::Html, Part::Text] {
        let main = &sources[part.name()];
        lint(sources, main, part, &samples::digest_fields(part), &mut found);
    }
    for page in Page::ALL {
        lint(sources, &sources[page.name()], Part::Html, &samples::page_fields(page), &mut found);
    }
    found
}

/// An error of a sample as a finding about a file; with line and column when only one place can be to blame.
fn finding(error: &RenderError, dir: &Path, files: &[File], slots: &[SlotUse]) -> Diagnostic {
    let about = |file: &str, message: String| {
        Diagnostic::error("template-digest", message).in_file(dir.join(file).display().to_string())
    };
    let whole = about(error.part().unwrap_or(Part::Html).file(), error.to_string());
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
