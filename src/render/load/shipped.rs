//! Bulletins in a folder of templates that was made before there were any: shipped templates take the place of the missing ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::sources::{File, check_names, compile, parse};
use crate::domain::diagnostic::Diagnostic;
use crate::render::samples;
use crate::render::shipped::files;
use crate::render::templates::lint::Source;
use crate::render::templates::{ShippedBulletins, Templates, file_of};

/// What a folder may lack, as the engine calls it: what makes the mails, and what makes the pages.
const SETS: [&[&str]; 2] = [&["bulletin.mjml", "bulletin.txt"], &["bulletin.html"]];

/// Whether `dir` goes without the template `name`, and may.
pub(super) fn is_lacking(dir: &Path, name: &str) -> bool {
    SETS.iter().any(|set| set.contains(&name)) && dir.join(file_of(name)).symlink_metadata().is_err()
}

/// Adds what the folder lacks, along with warnings: with its own partials where these fit. Where they don't, what it lacks a part of
/// is made with the shipped ones alone.
pub(super) fn complete(
    templates: &mut Templates,
    dir: &Path,
    mut files: Vec<File>,
    sources: &BTreeMap<String, Source>,
) {
    let (mut missing, mut warnings, mut alone) = (Vec::new(), Vec::new(), [false; 2]);
    for (set, is_alone) in SETS.into_iter().zip(&mut alone) {
        let (own, mut lacking): (Vec<&str>, Vec<&str>) = set.iter().partition(|name| sources.contains_key(**name));
        if lacking.is_empty() {
            continue;
        }
        let added = shipped().into_iter().filter(|file| lacking.contains(&file.name.as_str()));
        let whole: Vec<File> = files.iter().cloned().chain(added).collect();
        if let Some(fitting) = compiled(&whole) {
            (*templates, files) = (fitting, whole);
        } else {
            *is_alone = true;
            warnings.extend((!own.is_empty()).then(|| unused(dir, &own, &lacking)));
        }
        missing.append(&mut lacking);
    }
    warnings.extend((!missing.is_empty()).then(|| warning(dir, &missing)));
    if alone.contains(&true) {
        let whole = compiled(&shipped()).map(Arc::new);
        let [for_mails, for_pages] = alone.map(|is_alone| whole.clone().filter(|_| is_alone));
        templates.shipped = ShippedBulletins { for_mails, for_pages };
    }
    templates.warnings.append(&mut warnings);
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

/// That what someone wrote has no effect.
fn unused(dir: &Path, own: &[&str], lacking: &[&str]) -> Diagnostic {
    let (own, lacking) = (names(own), names(lacking));
    let message = format!("{own} isn't used, because {lacking} is not here and doesn't fit your partials");
    let help = "`fortnightly templates update` puts it there; change it as you changed the others";
    Diagnostic::warning("unused-template", message).in_file(dir.display().to_string()).help(help)
}

fn names(names: &[&str]) -> String {
    names.iter().map(|name| file_of(name)).collect::<Vec<_>>().join(", ")
}

fn warning(dir: &Path, lacking: &[&str]) -> Diagnostic {
    let (are, them) = if lacking.len() == 1 { ("is", "it") } else { ("are", "them") };
    let message = format!("{} {are} not here, so bulletins look as this version ships them", names(lacking));
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
