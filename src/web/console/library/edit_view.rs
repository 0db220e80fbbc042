//! What the page shows on which a text is written.

use serde::Serialize;

use super::findings::{FindingsView, anchor};
use super::frames::{self, FrameView};
use super::place::{SECTION, text_path};
use super::versions::{PieceView, who};
use crate::app::AppError;
use crate::app::writing::{Checked, Edited, Lying, WHOLE};
use crate::domain::edit_marks::Mark;
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates;
use crate::domain::writing::TextRef;
use crate::domain::writing::form::{FieldGroup, FormField, Input};
use crate::domain::writing::version::{difference, digest};
use crate::messages::writing as said;
use crate::web::console::ask::{Choice, Hidden, Seen};
use crate::web::console::asking::Asking;
use crate::web::console::caller::Caller;

/// A text, what lies in its place, and the editions that were approved with it.
pub(super) struct Found {
    pub(super) text: TextRef,
    pub(super) lying: Lying,
    pub(super) approved: Vec<EditionNumber>,
}

impl Found {
    /// Stands for what is shown beside the form.
    pub(super) fn seen(&self) -> Seen {
        Seen::of(&(self.lying.mark(), &self.approved))
    }
}

/// Why the form is shown again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    None,
    /// It was only checked.
    Checked,
    /// Someone else was faster.
    Conflict,
    /// An edition was approved with the text meanwhile.
    Approved,
    NotSaved(String),
}

#[derive(Debug, Serialize)]
pub(super) struct EditView {
    headline: String,
    file: String,
    /// What must be known first.
    warnings: Vec<String>,
    /// Why it wasn't saved; empty where nothing is wrong.
    problem: String,
    conflict: Option<ConflictView>,
    /// Where it can't be written to; empty where it can.
    read_only: String,
    hidden: Vec<Hidden>,
    groups: Vec<GroupView>,
    parts: Vec<FieldView>,
    /// The whole file, where that is edited.
    whole: Option<WholeView>,
    is_help: bool,
    may_be_draft: bool,
    is_draft: bool,
    save_button: &'static str,
    save_url: String,
    preview_url: String,
    download_url: String,
    file_url: String,
    form_url: String,
    back_url: String,
    looked: LookedView,
}

/// What was found in a text, and how it looks.
#[derive(Debug, Serialize)]
pub(super) struct LookedView {
    findings: FindingsView,
    frames: Vec<FrameView>,
    /// Changes when the text does.
    key: String,
}

#[derive(Debug, Serialize)]
struct WholeView {
    name: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct GroupView {
    title: String,
    hint: &'static str,
    fields: Vec<FieldView>,
    /// Whether it's folded away until someone wants it.
    is_folded: bool,
}

#[derive(Debug, Default, Serialize)]
struct FieldView {
    id: String,
    name: String,
    label: String,
    hint: &'static str,
    /// `text`, `number` or `date`; empty for what is no plain input.
    kind: &'static str,
    value: String,
    /// How many lines it shows; 0 where it's one line.
    rows: usize,
    is_flag: bool,
    is_set: bool,
    least: i64,
    most: i64,
    choices: Vec<Choice>,
    is_many: bool,
}

/// Both texts, where someone else was faster.
#[derive(Debug, Serialize)]
struct ConflictView {
    who: String,
    theirs: Vec<PieceView>,
    mine: Vec<PieceView>,
    take_url: String,
}

impl LookedView {
    pub(super) fn new(caller: &Caller, text: &TextRef, edited: &Edited, checked: &Checked, is_shown: bool) -> Self {
        let key = digest(Some(&edited.file))[..16].to_owned();
        Self {
            findings: FindingsView::new(checked, edited.form.as_ref()),
            frames: if is_shown { frames::views(caller, text, &key) } else { Vec::new() },
            key,
        }
    }
}

impl EditView {
    pub(super) async fn new(
        asking: &Asking,
        found: &Found,
        edited: &Edited,
        looked: LookedView,
        problem: Problem,
    ) -> Result<Self, AppError> {
        let (text, lying, writing) = (&found.text, &found.lying, asking.parts.writing());
        let link = |what: &str| asking.caller.link(&format!("{}/{what}", text_path(text)));
        let hidden = |name, value| Hidden { name, value };
        let is_new = lying.is_nothing();
        // A new entry has no page yet, although its file is there.
        let has_page = !is_new && !matches!(text, TextRef::Help(part) if part.is_new());
        let back = if has_page { text_path(text) } else { SECTION.to_owned() };
        let fields = |fields: &[FormField]| fields.iter().map(FieldView::new).collect();
        let group = |group: &FieldGroup| GroupView {
            title: group.title.clone(),
            hint: group.hint,
            fields: fields(&group.fields),
            is_folded: !group.title.is_empty() && group.is_empty,
        };
        let form = edited.form.as_ref();
        let whole = form.is_none().then(|| WholeView { name: WHOLE, text: edited.file.clone() });
        Ok(Self {
            headline: said::heading(
                text.kind(),
                is_new || matches!(text, TextRef::Help(part) if part.is_new()),
                &edited.title,
            ),
            file: text.file(),
            warnings: said::approved(&found.approved).into_iter().collect(),
            problem: said::problem(
                matches!(problem, Problem::Conflict),
                matches!(problem, Problem::Approved),
                not_saved(&problem),
            ),
            conflict: conflict(asking, found, edited, &problem).await?,
            read_only: writing.read_only(text).map(|path| path.display().to_string()).unwrap_or_default(),
            hidden: vec![found.seen().hidden(), hidden("mark", lying.mark())],
            groups: form.map(|form| form.groups.iter().map(group).collect()).unwrap_or_default(),
            parts: form.map(|form| fields(&form.parts)).unwrap_or_default(),
            is_help: matches!(text, TextRef::Help(_)),
            may_be_draft: text.draft_file().is_some(),
            is_draft: lying.draft.is_some(),
            save_button: said::save_button(is_new, lying.draft.is_some(), problem == Problem::Conflict),
            save_url: link("edit"),
            preview_url: link("preview"),
            download_url: link("download"),
            file_url: if whole.is_none() { link("edit?as=file") } else { String::new() },
            form_url: if whole.is_some() { link("edit") } else { String::new() },
            back_url: asking.caller.link(&back),
            whole,
            looked,
        })
    }

    pub(super) fn headline(&self) -> &str {
        &self.headline
    }
}

fn not_saved(problem: &Problem) -> &str {
    if let Problem::NotSaved(why) = problem { why } else { "" }
}

async fn conflict(
    asking: &Asking,
    found: &Found,
    edited: &Edited,
    problem: &Problem,
) -> Result<Option<ConflictView>, AppError> {
    if *problem != Problem::Conflict {
        return Ok(None);
    }
    let theirs = found.lying.newest().unwrap_or_default();
    let saved = asking.parts.writing().last_saved(&found.text, &found.lying).await?;
    let pieces = difference(theirs, &edited.file);
    let without = |left_out: Mark| pieces.iter().filter(|one| one.mark != left_out).map(PieceView::of).collect();
    let when = |at| dates::local_moment(&asking.parts.context.local(at));
    Ok(Some(ConflictView {
        who: saved.map_or_else(
            || said::changed_in_file(found.lying.is_nothing()),
            |one| said::changed_by(&who(&one), &when(one.at)),
        ),
        theirs: without(Mark::Added),
        mine: without(Mark::Removed),
        take_url: asking.caller.link(&format!("{}/edit", text_path(&found.text))),
    }))
}

impl FieldView {
    fn new(field: &FormField) -> Self {
        let view = Self {
            id: anchor(&field.name),
            name: field.name.clone(),
            label: field.label.clone(),
            hint: field.hint,
            ..Self::default()
        };
        let choices = |choices: &[crate::domain::writing::form::Choice]| {
            let choice = |one: &crate::domain::writing::form::Choice| Choice {
                value: one.value.clone(),
                label: one.label.clone(),
                chosen: one.is_chosen,
            };
            choices.iter().map(choice).collect()
        };
        let rows = |text: &str, least: usize| {
            (text.lines().map(|line| 1 + line.len() / 80).sum::<usize>() + 1).clamp(least, 30)
        };
        match &field.input {
            Input::Line(value) => Self { kind: "text", value: value.clone(), ..view },
            Input::Date(value) => Self { kind: "date", value: value.clone(), ..view },
            Input::Number { least, most, value } => {
                Self { kind: "number", value: value.clone(), least: *least, most: *most, ..view }
            }
            Input::Sentences(value) => Self { rows: rows(value, 2), value: value.clone(), ..view },
            Input::Lines(value) => Self { rows: rows(value, 3), value: value.clone(), ..view },
            Input::Passage(value) => Self { rows: rows(value, 6), value: value.clone(), ..view },
            Input::Flag(is_set) => Self { is_flag: true, is_set: *is_set, ..view },
            Input::Choice(all) => Self { choices: choices(all), ..view },
            Input::Ticks(all) => Self { choices: choices(all), is_many: true, ..view },
        }
    }
}
