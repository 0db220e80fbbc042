//! Writing texts of the library, in words: what was found in a text, and why one was not saved.

use std::io::ErrorKind;

use crate::app::error::AppError;
use crate::app::writing::WritingError;
use crate::domain::edition::EditionNumber;
use crate::domain::text::lists::{count, listed};
use crate::domain::writing::TextKind;
use crate::domain::writing::form::{FieldFinding, TextForm};
use crate::output::OutputError;

/// What people call a text of this kind.
pub fn kind(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Activity => "activity",
        TextKind::Theme => "theme",
        TextKind::Notice => "notice",
        TextKind::Bulletin => "bulletin",
        TextKind::HelpBlock => "help block",
        TextKind::HelpEntry => "help entry",
        TextKind::Worry => "block for worries",
    }
}

/// Why nothing was saved.
pub fn refused(error: &WritingError) -> String {
    match error {
        WritingError::Changed => {
            "Someone else changed this text while you were writing, so yours hasn't been saved. Both are shown below."
                .to_owned()
        }
        WritingError::Unfinished(findings) => {
            let count = findings.len();
            let (noun, them) = if count == 1 { ("one error", "it") } else { ("errors", "them") };
            format!("It hasn't been saved, because there's {noun} in it. Mend {them}, or keep it as a draft meanwhile.")
                .replace("there's errors", "there are errors")
        }
        WritingError::Same => "There was nothing to save: the text says what it said before.".to_owned(),
        WritingError::NotAForm => {
            "The file isn't written in a way that this form can keep. Edit the file itself instead.".to_owned()
        }
        WritingError::InTheWay(path) => format!(
            "It hasn't been saved, because something else lies in its place: {}. Whoever looks after the server has to move it away.",
            path.display()
        ),
        WritingError::ReadOnly(path) => format!(
            "It hasn't been saved, because this program may not write there: {}. You can download the file, and give it to whoever looks \
             after the server.",
            path.display()
        ),
        WritingError::TooLong => "It hasn't been saved: that's more than a text may have.".to_owned(),
        WritingError::Missing => "There's no such text.".to_owned(),
    }
}

/// Why nothing was saved, whatever went wrong; `None` where it is no fault of the file's place.
pub fn not_saved(error: &AppError) -> Option<String> {
    match error {
        AppError::Writing(why) => Some(refused(why)),
        AppError::Output(OutputError::System { source, .. })
            if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) =>
        {
            Some(
                "It hasn't been saved, because the disk is full. The text is as it was before. Whoever looks after the server has to make \
                 room. Until then, you can download the file, so that nothing is lost."
                    .to_owned(),
            )
        }
        AppError::Output(_) | AppError::File { .. } => Some(
            "It hasn't been saved, because the file couldn't be written. The text is as it was before. You can download the file, so that \
             nothing is lost."
                .to_owned(),
        ),
        _ => None,
    }
}

/// A finding as its writer reads it: by the labels of the form, and without what only matters in a file.
pub fn finding(one: &FieldFinding, form: Option<&TextForm>) -> (String, String) {
    let (mut message, mut help) = (one.finding.message.clone(), one.finding.help.clone().unwrap_or_default());
    let Some(form) = form else { return (super::sentence::sentence(&message), sentence_of_help(&help)) };
    match one.finding.code {
        "missing-key" | "empty-value" => {
            "This has to be filled in".clone_into(&mut message);
            help.clear();
        }
        "no-band" => {
            "Nobody would get it".clone_into(&mut message);
            "tick at least one age group".clone_into(&mut help);
        }
        "empty-section" | "missing-heading" | "no-opening" | "empty-body" => {
            "There's nothing written here yet".clone_into(&mut message);
            "write at least one sentence".clone_into(&mut help);
        }
        "date-order" => help.clear(),
        "wrong-type" | "bad-value" if help.contains(" = ") => help.clear(),
        _ => {}
    }
    let fields = form.groups.iter().flat_map(|group| &group.fields);
    for field in fields {
        let key = field.name.rsplit('.').next().unwrap_or_default();
        message = message.replace(&format!("“{key}”"), &format!("“{}”", field.label));
        help = help.replace(&format!("“{key}”"), &format!("“{}”", field.label));
    }
    (super::sentence::sentence(&message), sentence_of_help(&help))
}

/// The heading of the page on which a text is written.
pub fn heading(kind: TextKind, is_new: bool, title: &str) -> String {
    let what = self::kind(kind);
    match (is_new, title) {
        (true, "") => format!("A new {what}"),
        (true, title) => format!("A new {what}: {title}"),
        (false, "") => format!("Edit this {what}"),
        (false, title) => format!("Edit “{title}”"),
    }
}

/// What the button says that puts a text into the library.
pub fn save_button(is_new: bool, is_draft: bool, is_conflict: bool) -> &'static str {
    match (is_new || is_draft, is_conflict) {
        (_, true) => "Save mine in place of theirs",
        (true, _) => "It's done: put it into the library",
        (false, _) => "Save it in the library",
    }
}

/// Why the form is shown again; empty where nothing is wrong.
pub fn problem(is_conflict: bool, is_approved: bool, why: &str) -> String {
    if is_conflict {
        return refused(&WritingError::Changed);
    }
    if is_approved {
        return "An edition was approved with this text while you were writing, so yours hasn't been saved yet. If you save it now, the \
                edition needs approval again."
            .to_owned();
    }
    why.to_owned()
}

/// Who was faster, where nobody knows who that was.
pub fn changed_in_file(is_gone: bool) -> String {
    if is_gone { "It has been taken out meanwhile." } else { "Someone changed the file itself meanwhile." }.to_owned()
}

/// Who was faster.
pub fn changed_by(who: &str, when: &str) -> String {
    format!("{who} saved it on {when}.")
}

/// What came of a save.
pub fn saved(is_draft: bool, was_approved: bool) -> Vec<String> {
    if is_draft {
        return vec!["It's kept as a draft. Nobody gets it until you say that it's done.".to_owned()];
    }
    let mut said = vec!["It has been saved. The program takes it up within a few seconds.".to_owned()];
    if was_approved {
        said.push("Editions that were approved with what it said before need approval again.".to_owned());
    }
    said
}

/// “2 errors and 3 remarks”.
pub fn summary(errors: usize, remarks: usize) -> String {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let errors = (errors > 0).then(|| count(number(errors), "error", "errors"));
    let remarks = (remarks > 0).then(|| count(number(remarks), "remark", "remarks"));
    let all: Vec<String> = errors.into_iter().chain(remarks).collect();
    if all.is_empty() { "nothing to mend".to_owned() } else { listed(&all) }
}

/// What a change does to editions that were approved with a text; nothing where there are none.
pub fn approved(editions: &[EditionNumber]) -> Option<String> {
    let names: Vec<String> = editions.iter().map(|number| format!("edition {number}")).collect();
    let (verb, need) = if names.len() == 1 { ("has", "it needs") } else { ("have", "they need") };
    let all = listed(&names);
    (!names.is_empty()).then(|| {
        let sentence = format!(
            "{all} {verb} been approved with this text; if families will read something else, {need} approval again"
        );
        super::sentence::sentence(&sentence)
    })
}

fn sentence_of_help(help: &str) -> String {
    if help.is_empty() || help.ends_with(['?', '!']) { help.to_owned() } else { super::sentence::sentence(help) }
}

/// The age at which a text reads, in years.
pub fn reading_age(age: Option<f64>) -> String {
    age.map_or_else(String::new, |age| format!("{age:.0}"))
}
