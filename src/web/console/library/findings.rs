//! What was found in a text, as its writer reads it.

use serde::Serialize;

use crate::app::writing::Checked;
use crate::domain::writing::form::{FieldFinding, TextForm};
use crate::messages::writing as words;

/// All that was found, and what it comes to.
#[derive(Debug, Serialize)]
pub(super) struct FindingsView {
    /// “2 errors and 3 remarks”.
    summary: String,
    is_fit: bool,
    /// Whether nothing was found.
    is_clean: bool,
    errors: Vec<FindingView>,
    remarks: Vec<FindingView>,
    /// The age at which it reads; empty where that can't be told.
    age: String,
}

#[derive(Debug, Serialize)]
struct FindingView {
    /// The field's label, and the place of it on the page; empty where no field is to blame.
    label: String,
    anchor: String,
    message: String,
    help: String,
    is_error: bool,
    /// The line of the file; empty where a field is named.
    line: String,
}

impl FindingsView {
    pub(super) fn new(checked: &Checked, form: Option<&TextForm>) -> Self {
        let all = checked.findings.iter().map(|one| FindingView::new(one, form));
        let (errors, remarks): (Vec<_>, Vec<_>) = all.partition(|one| one.is_error);
        Self {
            summary: words::summary(errors.len(), remarks.len()),
            is_fit: checked.is_fit,
            is_clean: checked.findings.is_empty(),
            errors,
            remarks,
            age: words::reading_age(checked.reading_age),
        }
    }
}

impl FindingView {
    fn new(one: &FieldFinding, form: Option<&TextForm>) -> Self {
        let (message, help) = words::finding(one, form);
        let in_form = form.is_some() && !one.field.is_empty();
        let line = one.finding.line.filter(|_| form.is_none()).map(|line| line.to_string());
        Self {
            label: if in_form { one.label.clone() } else { String::new() },
            anchor: if in_form { anchor(&one.field) } else { String::new() },
            message,
            help,
            is_error: one.finding.is_error(),
            line: line.unwrap_or_default(),
        }
    }
}

/// A field's place on the page.
pub(super) fn anchor(field: &str) -> String {
    format!("w-{}", field.replace('.', "-"))
}
