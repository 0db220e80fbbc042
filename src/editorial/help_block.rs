//! What an editor would say about help.toml: its entries, and the blocks that stand under the activities of a band.

use std::path::Path;

use super::ages::Ages;
use super::manuscript::{Line, Manuscript};
use super::passages::{Part, Passage};
use super::remark::Remark;
use super::{childline, crisis, nude_pictures, passages, rhythm, wording};
use crate::domain::band::{Band, BandName, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::toml_form::Text;

/// The headings in help.toml.
const ENTRIES: &str = "entries";
const WORRY: &str = "worry";

/// Keys whose values are names, not sentences.
const NAMES: [&str; 4] = ["title", "who", "link_text", "phone"];

/// Warnings about the help block in `file`.
pub(super) fn lint(file: &Path, bands: &Bands) -> Vec<Diagnostic> {
    let Some((mut manuscript, values)) = Manuscript::read_toml(file) else { return Vec::new() };
    let lines: Vec<Line> = std::mem::take(&mut manuscript.lines).into_iter().flat_map(unfolded).collect();
    let mut remarks = Vec::new();
    for line in lines.iter().filter(|line| !NAMES.contains(&line.key.as_str())) {
        remarks.extend(wording::remarks(&line.passage));
        remarks.extend(rhythm::too_long(&line.passage));
    }
    remarks.extend(crisis::remarks(lines.iter().map(|line| &line.passage)));
    for block in lines.chunk_by(|a, b| (&a.table, a.nth) == (&b.table, b.nth)).filter(|block| block[0].table == WORRY) {
        let ages = Ages::of(&named_bands(&values, WORRY, block[0].nth), bands);
        remarks.extend(about_worry(block.iter().map(|line| &line.passage), ages));
    }
    remarks.extend(childline_entry(&lines, &values, bands));
    manuscript.warnings(remarks)
}

/// A worry block is Markdown: each of its passages becomes a line of its own.
fn unfolded(line: Line) -> Vec<Line> {
    if line.table != WORRY || line.key != "text" {
        return vec![line];
    }
    let start = line.passage.words.place(0);
    let passages = passages::read(&line.passage.words.text, 0).passages;
    let placed = passages.into_iter().map(|mut passage| {
        passage.words.shift(start);
        let (table, key, section) = (line.table.clone(), line.key.clone(), line.passage.section);
        Line { table, nth: line.nth, key, passage: Passage { section, part: Part::Help, ..passage } }
    });
    placed.collect()
}

/// Remarks on a block under the activities of some bands.
fn about_worry<'a>(passages: impl Iterator<Item = &'a Passage> + Clone + 'a, ages: Ages) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = childline::remark(passages.clone(), ages).into_iter().collect();
    if ages.has_small() {
        remarks.extend(nude_pictures::remarks(passages, nude_pictures::SMALL));
    }
    remarks
}

/// A remark when a band of small children is shown Childline before the NSPCC Helpline, or without it.
fn childline_entry(lines: &[Line], values: &[Text], bands: &Bands) -> Option<Remark> {
    let who: Vec<&Line> = lines.iter().filter(|line| line.table == ENTRIES && line.key == "who").collect();
    let first = |name: &str, band: &Band| {
        who.iter().position(|line| {
            let named = named_bands(values, ENTRIES, line.nth);
            line.passage.words.text.contains(name) && (named.is_empty() || named.contains(&band.id))
        })
    };
    let mut small = bands.iter().filter(|band| Ages::of([&band.id], bands).has_small());
    let (band, index) = small.find_map(|band| {
        let childline = first("Childline", band)?;
        first("NSPCC", band).is_none_or(|nspcc| childline < nspcc).then_some((band, childline))
    })?;
    let message = format!("Childline comes before the NSPCC Helpline for the band {}", band.id);
    let help =
        "put the NSPCC Helpline, which is for adults, above it, or name the bands from 5-7 up in Childline’s entry";
    Some(Remark::new("childline-first", who[index].passage.words.place(0), message, help))
}

/// The bands that a table of the file names.
fn named_bands(values: &[Text], table: &str, nth: usize) -> Vec<BandName> {
    let named = values.iter().filter(|value| value.table == table && value.nth == nth && value.key == "bands");
    named.filter_map(|value| value.value.parse().ok()).collect()
}
