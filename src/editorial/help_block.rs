//! What an editor would say about help.toml: its entries, and the blocks that stand under the activities of a band.

use std::path::Path;
use std::str::FromStr;

use super::ages::Ages;
use super::manuscript::{Line, Manuscript};
use super::passages::{Part, Passage};
use super::remark::Remark;
use super::{childline, crisis, idiom, jargon, nude_pictures, passages, rhythm};
use crate::domain::activity::Nation;
use crate::domain::band::{Band, BandName, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::library::page::{self, Page};
use crate::toml_form::Text;

/// The headings in help.toml.
const ENTRIES: &str = "entries";
const WORRY: &str = "worry";

/// Keys whose values are names, not sentences.
const NAMES: [&str; 4] = ["title", "who", "link_text", "phone"];

/// Warnings about the help block in `file`.
pub(super) fn lint(file: &Path, bands: &Bands) -> Vec<Diagnostic> {
    page::read(file).map_or_else(|_| Vec::new(), |page| lint_page(page, bands))
}

/// Warnings about a help block that is at hand.
pub(super) fn lint_page(page: Page, bands: &Bands) -> Vec<Diagnostic> {
    let (mut manuscript, values) = Manuscript::of_toml(page);
    let lines: Vec<Line> = std::mem::take(&mut manuscript.lines).into_iter().flat_map(passage_lines).collect();
    let mut remarks = Vec::new();
    for line in lines.iter().filter(|line| !NAMES.contains(&line.key.as_str())) {
        remarks.extend(idiom::remarks(&line.passage));
        remarks.extend(rhythm::too_long(&line.passage));
    }
    remarks.extend(crisis::remarks(lines.iter().map(|line| &line.passage)));
    for block in lines.chunk_by(|a, b| (&a.table, a.nth) == (&b.table, b.nth)).filter(|block| block[0].table == WORRY) {
        let ages = Ages::of(&named(&values, &block[0], "bands"), bands);
        remarks.extend(about_worry(block.iter().map(|line| &line.passage), ages));
    }
    remarks.extend(childline_entry(&lines, &values, bands));
    manuscript.warnings(remarks)
}

/// A worry block is Markdown: each of its passages becomes a line of its own.
fn passage_lines(line: Line) -> Vec<Line> {
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
    remarks.extend(jargon::remarks(passages.clone()));
    remarks.extend(rhythm::staccato(passages.clone()));
    if ages.has_small() {
        remarks.extend(nude_pictures::remarks(passages, nude_pictures::SMALL));
    }
    remarks
}

/// A remark when a band of small children is shown Childline before the NSPCC Helpline, or without it, in some nation.
fn childline_entry(lines: &[Line], values: &[Text], bands: &Bands) -> Option<Remark> {
    let who: Vec<Shown<'_>> = lines
        .iter()
        .filter(|line| line.table == ENTRIES && line.key == "who")
        .map(|line| Shown {
            who: &line.passage,
            bands: named(values, line, "bands"),
            nations: named(values, line, "nations"),
        })
        .collect();
    let (small, older): (Vec<&Band>, Vec<&Band>) =
        bands.iter().partition(|band| Ages::of([&band.id], bands).has_small());
    let mut places = small.iter().flat_map(|band| Nation::ALL.iter().map(move |nation| (&band.id, *nation)));
    let (band, nation, index) = places.find_map(|(band, nation)| {
        let first = |name: &str| who.iter().position(|entry| entry.names(name) && entry.is_for(band, nation));
        let childline = first("Childline")?;
        first("NSPCC").is_none_or(|nspcc| childline < nspcc).then_some((band, nation, childline))
    })?;
    let place = if who.iter().all(|entry| entry.nations.is_empty()) {
        String::new()
    } else {
        format!(" in {}", nation.title())
    };
    let message = format!("Childline comes before the NSPCC Helpline for the band {band}{place}");
    let mut help = "put the NSPCC Helpline, which is for adults, above it".to_owned();
    if !older.is_empty() {
        let older: Vec<String> = older.iter().map(|band| format!("\"{}\"", band.id)).collect();
        help += &format!(", or give Childline’s entry bands = [{}]", older.join(", "));
    }
    Some(Remark::new("childline-first", who[index].who.words.place(0), message, help))
}

/// An entry of the help block, and where it is shown: everywhere when it names no bands or nations.
struct Shown<'a> {
    who: &'a Passage,
    bands: Vec<BandName>,
    nations: Vec<Nation>,
}

impl Shown<'_> {
    fn names(&self, name: &str) -> bool {
        self.who.words.text.contains(name)
    }

    fn is_for(&self, band: &BandName, nation: Nation) -> bool {
        (self.bands.is_empty() || self.bands.contains(band))
            && (self.nations.is_empty() || self.nations.contains(&nation))
    }
}

/// What the table in which a line stands names under `key`.
fn named<T: FromStr>(values: &[Text], line: &Line, key: &str) -> Vec<T> {
    let here = values.iter().filter(|value| value.table == line.table && value.nth == line.nth && value.key == key);
    here.filter_map(|value| value.value.parse().ok()).collect()
}
