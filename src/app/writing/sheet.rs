//! What someone is writing: a form that is filled in, or the file itself, and the text that comes of it.

use super::desk::{Lying, Writing};
use super::error::WritingError;
use crate::app::AppError;
use crate::domain::band::BandName;
use crate::domain::edition::EditionNumber;
use crate::domain::writing::form::{Filled, FormWords, Input, TextForm};
use crate::domain::writing::{HelpPart, TextRef};
use crate::library::writing::Sheet;

/// A text as someone is writing it.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The form, with what stands in it; none where only the file itself can be edited.
    pub form: Option<TextForm>,
    /// What its file would say.
    pub file: String,
    /// What it would say with examples in the place of what is missing.
    pub(super) sample: String,
    /// Its title so far.
    pub title: String,
}

impl Edited {
    /// What stands in a field of one line.
    pub fn value(&self, name: &str) -> Option<String> {
        let fields = self.form.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields);
        fields.into_iter().find(|field| field.name == name).and_then(|field| match &field.input {
            Input::Line(value) | Input::Sentences(value) | Input::Date(value) => Some(value.clone()),
            _ => None,
        })
    }

    /// Whether its form has such a field.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

/// The field that holds a whole file.
pub const WHOLE: &str = "whole";

/// How a new text begins.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    pub title: String,
    pub band: Option<BandName>,
    /// The edition that a bulletin corrects, and the title of the text that was wrong in it, if it's one alone.
    pub corrects: Option<(EditionNumber, Option<String>)>,
}

impl Writing {
    /// What is there, as a form; a new text where there's nothing.
    pub fn opened(&self, text: &TextRef, lying: &Lying, beginning: &Beginning, words: &FormWords) -> Edited {
        let is_new = matches!(text, TextRef::Help(part) if part.is_new()) || lying.is_nothing();
        let base = lying.newest();
        let sheet = if is_new {
            let blank = Sheet::blank(text, &beginning.title, beginning.band.as_ref(), self.review_days());
            let corrects = beginning.corrects.as_ref().filter(|_| matches!(text, TextRef::Bulletin(_)));
            Some(match corrects {
                Some((edition, of)) => blank.correcting(*edition, of.as_deref()),
                None => blank,
            })
        } else {
            base.and_then(|file| Sheet::read(text, file))
        };
        let edited = sheet.and_then(|sheet| of_sheet(text, &sheet, base, words));
        edited.unwrap_or_else(|| of_file(base.unwrap_or_default().to_owned()))
    }

    /// The parts of the help block that can be changed by themselves, each with what people call it.
    pub fn help_parts(&self, lying: &Lying) -> Vec<(HelpPart, String)> {
        let file = lying.file.as_deref().unwrap_or_default();
        let title = |part: HelpPart| {
            let text = TextRef::Help(part);
            Sheet::read(&text, file).map(|sheet| (part, sheet.title().to_owned()))
        };
        let entries = (1..).map_while(|number| title(HelpPart::Entry(number)));
        let worries = (1..).map_while(|number| title(HelpPart::Worry(number)));
        entries.chain(worries).collect()
    }

    /// The file itself, as it is or would be.
    pub fn opened_whole(&self, text: &TextRef, lying: &Lying, words: &FormWords) -> Edited {
        let edited = self.opened(text, lying, &Beginning::default(), words);
        Edited { form: None, ..edited }
    }

    /// What someone filled in, over what lies there.
    ///
    /// # Errors
    /// When the file that lies there can't be joined with a form.
    pub fn filled(
        &self,
        text: &TextRef,
        lying: &Lying,
        filled: &Filled,
        words: &FormWords,
    ) -> Result<Edited, AppError> {
        if filled.has(WHOLE) {
            return Ok(of_file(filled.value(WHOLE)));
        }
        let sheet = Sheet::filled(text, filled);
        let edited = of_sheet(text, &sheet, lying.newest(), words)
            // What can't be read can be written over, once its writer knows that.
            .or_else(|| of_sheet(text, &sheet, None, words).filter(|_| !matches!(text, TextRef::Help(_))));
        edited.ok_or_else(|| WritingError::NotAForm.into())
    }
}

fn of_sheet(text: &TextRef, sheet: &Sheet, base: Option<&str>, words: &FormWords) -> Option<Edited> {
    let file = sheet.write(text, base)?;
    let sample = sheet.with_examples().write(text, base)?;
    Some(Edited { form: Some(sheet.form(words)), file, sample, title: sheet.title().to_owned() })
}

fn of_file(file: String) -> Edited {
    Edited { form: None, sample: file.clone(), file, title: String::new() }
}
