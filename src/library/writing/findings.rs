//! What was found in a file, put beside the fields of a form: a writer looks for a field, not for a line.

use std::collections::BTreeMap;

use super::shape::Shape;
use super::sheet::PART;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::writing::form::FieldFinding;
use crate::domain::writing::{HelpPart, TextRef};
use crate::toml_form::Table;

/// The findings of a file with this content, each with its field. Of the help block's file, warnings about other parts are left out.
pub fn by_field(text: &TextRef, file: &str, found: Vec<Diagnostic>) -> Vec<FieldFinding> {
    let shape = Shape::of(text.kind());
    let places = places(text, file, &shape);
    let place = |finding: &Diagnostic| {
        let named = named(&finding.message, shape.table);
        let by_line = finding.line.and_then(|line| places.get(line - 1).or(places.last())).cloned().unwrap_or_default();
        if finding.code == "missing-key" || by_line.0.is_empty() { named.unwrap_or(by_line) } else { by_line }
    };
    let placed = found.into_iter().map(|finding| {
        let (field, label) = place(&finding);
        FieldFinding { finding, field, label }
    });
    // An error elsewhere in the file is told all the same: the file can't be used with it.
    placed.filter(|one| one.field != ELSEWHERE || one.finding.is_error()).map(unplaced).collect()
}

fn unplaced(one: FieldFinding) -> FieldFinding {
    if one.field == ELSEWHERE { FieldFinding { field: String::new(), ..one } } else { one }
}

/// What stands for another part of help.toml.
const ELSEWHERE: &str = "elsewhere";

/// For each line of the file, the field that it belongs to, and what people call it.
fn places(text: &TextRef, file: &str, shape: &Shape) -> Vec<(String, String)> {
    let mut places = Vec::new();
    let (mut here, mut table, mut prefix, mut is_body) =
        ((String::new(), String::new()), Some(shape.table), String::new(), false);
    let mut counts = BTreeMap::<String, usize>::new();
    let mut fences = 0;
    for line in file.lines() {
        let trimmed = line.trim();
        if trimmed == "+++" && fences < 2 {
            fences += 1;
            is_body = fences == 2;
            here = if is_body { part(shape, "") } else { here };
        } else if is_body {
            if let Some(heading) = trimmed.strip_prefix("## ") {
                let found = part(shape, heading.trim());
                here = if found.0.is_empty() { here } else { found };
            }
        } else if let Some(heading) = trimmed.strip_prefix('[').filter(|_| trimmed.ends_with(']')) {
            let name = heading.trim_matches(['[', ']']).trim().to_owned();
            let nth = counts.entry(name.clone()).and_modify(|nth| *nth += 1).or_insert(0);
            (table, prefix) = below(text, shape, &name, *nth, trimmed.starts_with("[["));
            here = if table.is_none() { (ELSEWHERE.to_owned(), String::new()) } else { (String::new(), String::new()) };
        } else if let (Some((key, _)), Some(table)) = (trimmed.split_once('='), table)
            && let Some(key) = table.key(key.trim())
        {
            here = (format!("{prefix}{}", key.name), key.label.to_owned());
        }
        places.push(here.clone());
    }
    places
}

/// The keys below a heading of this name, and what stands before their names in the form; none where they are no part of it.
fn below(text: &TextRef, shape: &Shape, name: &str, nth: usize, is_list: bool) -> (Option<&'static Table>, String) {
    if let TextRef::Help(part) = text {
        let wanted = match part {
            HelpPart::Entry(number) => ("entries", *number),
            HelpPart::Worry(number) => ("worry", *number),
            HelpPart::Top => ("", 0),
        };
        let is_ours = wanted == (name, nth + 1);
        return (is_ours.then_some(shape.table), String::new());
    }
    let inner = shape.table.key(name).and_then(crate::toml_form::Key::table);
    let prefix = if is_list { format!("{name}.{nth}.") } else { format!("{name}.") };
    (inner, prefix)
}

/// The part of the body below this heading.
fn part(shape: &Shape, heading: &str) -> (String, String) {
    let at = shape.parts.iter().position(|part| part.heading == heading);
    at.map_or_else(Default::default, |at| (format!("{PART}{at}"), shape.parts[at].label.to_owned()))
}

/// The field whose key or heading a message names.
fn named(message: &str, table: &'static Table) -> Option<(String, String)> {
    let key = table.keys.iter().find(|key| message.contains(&format!("“{}”", key.name)))?;
    Some((key.name.to_owned(), key.label.to_owned()))
}
