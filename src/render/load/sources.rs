//! Templates as texts: parsed, every name in them checked, and compiled.

use std::collections::BTreeMap;

use handlebars::{Template, TemplateError, TemplateErrorReason};

use crate::domain::diagnostic::Diagnostic;
use crate::render::error::{MailKind, Part};
use crate::render::samples;
use crate::render::templates::bounds;
use crate::render::templates::lint::{Findings, Source, lint};
use crate::render::templates::{Page, Templates, is_of_web};

/// One template.
#[derive(Clone)]
pub(super) struct File {
    /// What the engine calls it.
    pub(super) name: String,
    /// Its path, for messages.
    pub(super) shown: String,
    pub(super) text: String,
}

/// What can be parsed; the rest is noted.
pub(super) fn parse(files: &[File], errors: &mut Vec<Diagnostic>) -> BTreeMap<String, Source> {
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

/// Every name in them that does not exist, and every slot.
pub(super) fn check_names(sources: &BTreeMap<String, Source>) -> Findings {
    let mut found = Findings::default();
    for kind in MailKind::ALL {
        for part in Part::ALL {
            let Some(main) = sources.get(kind.name(part)) else { continue };
            lint(sources, main, part, &samples::mail_fields(kind, part), &mut found);
        }
    }
    for page in Page::ALL {
        let Some(main) = sources.get(page.name()) else { continue };
        lint(sources, main, Part::Html, &samples::page_fields(page), &mut found);
    }
    found
}

/// What these files make. `sources` is what they were parsed to.
pub(super) fn compile(files: &[File], sources: &BTreeMap<String, Source>) -> Templates {
    let (of_web, of_mails): (Vec<&File>, Vec<&File>) = files.iter().partition(|file| is_of_web(&file.name));
    let text = |files: Vec<&File>| files.into_iter().map(|file| file.text.as_str()).collect();
    Templates::compile(sources, (text(of_mails), text(of_web)))
}

/// Something of which there is more than any template needs.
pub(super) fn beyond(place: String, message: String) -> Diagnostic {
    let help = "compare with the templates that `fortnightly init` writes";
    Diagnostic::error("template-bounds", message).in_file(place).help(help)
}
