//! Loading the templates: they are read, parsed, linted, compiled, and tried out on samples.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use handlebars::{Template, TemplateError, TemplateErrorReason};

use super::error::{Part, RenderError};
use super::samples;
use super::templates::lint::{Findings, SlotUse, Source, lint};
use super::templates::{Page, Templates, file_of, is_of_web};
use crate::domain::diagnostic::Diagnostic;

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
        names.append(&mut partials);
    }
    let mut files = Vec::new();
    for name in names {
        let path = dir.join(file_of(&name));
        let shown = path.display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => files.push(File { name, shown, text }),
            Err(error) => errors.push(
                Diagnostic::error("template-file", format!("cannot be read: {error}"))
                    .in_file(shown)
                    .help("`fortnightly init` writes a working set of templates into an empty folder"),
            ),
        }
    }
    files
}

fn parse(files: &[File], errors: &mut Vec<Diagnostic>) -> BTreeMap<String, Source> {
    let mut sources = BTreeMap::new();
    for file in files {
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
