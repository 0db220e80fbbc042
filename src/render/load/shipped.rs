//! Bulletins in a folder of templates that was made before there were any: shipped templates take the place of the missing ones.

use std::collections::BTreeMap;
use std::path::Path;

use super::sources::{File, check_names, compile, parse};
use crate::domain::diagnostic::Diagnostic;
use crate::render::samples;
use crate::render::shipped::files;
use crate::render::templates::lint::Source;
use crate::render::templates::{Templates, file_of};

/// What a folder may lack, as the engine calls it.
const NAMES: [&str; 3] = ["bulletin.mjml", "bulletin.txt", "bulletin.html"];

/// Whether `dir` goes without the template `name`, and may.
pub(super) fn is_lacking(dir: &Path, name: &str) -> bool {
    NAMES.contains(&name) && dir.join(file_of(name)).symlink_metadata().is_err()
}

/// Adds what the folder lacks, along with a warning: with its own partials where these fit, or else with the shipped ones.
pub(super) fn complete(templates: &mut Templates, dir: &Path, files: Vec<File>, sources: &BTreeMap<String, Source>) {
    let lacking: Vec<&str> = NAMES.into_iter().filter(|name| !sources.contains_key(*name)).collect();
    if lacking.is_empty() {
        return;
    }
    let mut whole = files;
    whole.extend(shipped().into_iter().filter(|file| lacking.contains(&file.name.as_str())));
    match compiled(&whole) {
        Some(fitting) => *templates = fitting,
        None => templates.shipped = compiled(&shipped()).map(Box::new),
    }
    templates.warnings.push(warning(dir, &lacking));
}

/// What these files make, if it is without an error.
fn compiled(files: &[File]) -> Option<Templates> {
    let mut errors = Vec::new();
    let sources = parse(files, &mut errors);
    if !errors.is_empty() || !check_names(&sources).errors.is_empty() {
        return None;
    }
    Some(compile(files, &sources)).filter(|templates| samples::render_all(templates).is_ok())
}

fn shipped() -> Vec<File> {
    let file = |(path, text): (&'static str, &'static str)| {
        let name = path.rsplit('/').next()?.strip_suffix(".hbs")?.to_owned();
        Some(File { name, shown: path.to_owned(), text: text.to_owned() })
    };
    files().into_iter().filter_map(file).collect()
}

fn warning(dir: &Path, lacking: &[&str]) -> Diagnostic {
    let names: Vec<String> = lacking.iter().map(|name| file_of(name)).collect();
    let (are, them) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
    let message = format!("{} {are} not here, so bulletins look as this version ships them", names.join(", "));
    let help = format!("`fortnightly templates update` puts {them} there, and then you can change {them} as you like");
    Diagnostic::warning("shipped-template", message).in_file(dir.display().to_string()).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_templates_stand_alone() {
        let templates = compiled(&shipped()).expect("the shipped templates have no error");
        assert!(templates.html.has_template("bulletin.mjml") && templates.web.has_template("bulletin.html"));
    }
}
