//! `[subscribers]` where `[[subscribers]]` was meant: one slip, which the parser reports as many.

use super::findings::{Findings, Place};
use super::keys::{Table, table_of};
use crate::domain::diagnostic::Diagnostic;

/// Whether the key or heading on this line is a duplicate only because the headings of a list have single brackets.
/// They are reported once, at the first.
pub(super) fn explain(f: &mut Findings<'_>, line: usize) -> bool {
    let is_heading = f.text_of(line).trim_start().starts_with('[');
    let heading = f.text_of(if is_heading { line } else { f.heading_above(line) });
    let Some(table) = table_of(heading).filter(|table| table.is_list()) else { return false };
    if !is_heading && !is_single(heading) {
        return false; // A key that stands twice in one entry.
    }
    let is_slip = |text: &str| is_single(text) && table_of(text).is_some_and(|found| found.heading == table.heading);
    let lines: Vec<usize> = (1..=f.lines()).filter(|line| is_slip(f.text_of(*line))).collect();
    let Some(first) = lines.first() else { return false };
    if !f.is_broken(*first) {
        let column = f.text_of(*first).find('[').unwrap_or(0);
        f.add(Place::At(f.start_of(*first) + column), finding("syntax", table, &lines));
        for line in &lines {
            f.mark_broken(*line);
        }
    }
    true
}

/// What to say of single brackets on these lines.
pub(super) fn finding(code: &'static str, table: &Table, lines: &[usize]) -> Diagnostic {
    let (entry, heading, name) = (table.entry(), table.heading, table.bare_heading());
    let help = match lines {
        [one] => format!("write {heading} instead of [{name}] in line {one}"),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(ToString::to_string).collect();
            format!("write {heading} instead of [{name}] in the lines {} and {last}", most.join(", "))
        }
        [] => format!("write {heading} above each {entry}"),
    };
    Diagnostic::error(code, format!("each {entry} begins with {heading}, in double square brackets")).help(help)
}

fn is_single(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('[') && !text.starts_with("[[")
}
