//! bulletins/NAME.md → [`Bulletin`].

use crate::domain::band::Bands;
use crate::domain::bulletin::{Bulletin, BulletinName, Correction};
use crate::domain::edition::EditionNumber;
use crate::domain::prose::Prose;
use crate::domain::subscriber::Sector;
use crate::toml_form::{Document, Fields, Form, Key, Table};

use super::activity::SUMMARY_WORDS;
use super::front_matter::{LINE, LINES, SENTENCES, bands_of, line, line_of_words, lines, split, unknown};
use super::page::Page;
use super::{markdown, sections, words};

/// The headings of a correction, in order. A bulletin that is none has no heading of level 2.
pub(crate) const CORRECTION: [&str; 2] = ["What was wrong", "What is right"];

/// More than any calendar has: there are 26 editions a year.
const LAST_EDITION: i64 = 100_000;

pub(super) static BULLETIN: Table = Table {
    heading: "",
    noun: "a bulletin",
    about: "",
    keys: &[
        Key::required("title", LINE, "A game that your child may have met")
            .asked("Title", "The subject of the mail, and its heading."),
        Key::required("summary", SENTENCES, "A game with strangers in its chat is going round. Here is what to ask.")
            .asked(
                "Summary",
                "What has happened, or what to do, in at most 30 words. Mail programs show it beside the subject.",
            ),
        Key::optional("bands", LINES, "[\"8-10\", \"11-14\"]")
            .asked("Whose families get it", "Tick none if it's for all ages."),
        Key::optional("sectors", LINES, "[\"school\"]")
            .asked("Which organisations get it", "Tick none if it's for all of them."),
        Key::optional("corrects", Form::Whole { least: 1, most: LAST_EDITION }, "7").asked(
            "Which edition it corrects",
            "Its number. Only in a correction: it goes to those who got that edition.",
        ),
    ],
};

/// Reads the bulletin of this name. `None` when anything is wrong; all of it is noted.
pub(super) fn read(page: &Page, name: BulletinName, bands: &Bands) -> Option<Bulletin> {
    let (front, body) = split(page)?;
    let document = Document::parse(page, front, &BULLETIN);
    let fields = Fields::top(&document);
    let title = line(&fields, "title");
    let help = "say in one or two short sentences what has happened, or what to do";
    let summary = line_of_words(&fields, "summary", (SUMMARY_WORDS, "fit beside the subject"), ("long-summary", help));
    let bands = if fields.get("bands").is_some() { bands_of(&fields, bands) } else { Some(Vec::new()) };
    let sectors = if fields.get("sectors").is_some() { read_sectors(&fields) } else { Some(Vec::new()) };
    let (correction, body) = read_body(page, body)?;
    let corrects = read_corrects(&fields, correction.is_some());
    Some(Bulletin {
        name,
        title: title?.value,
        summary: summary?,
        bands: bands?,
        sectors: sectors?,
        corrects: corrects.ok()?,
        correction,
        body,
    })
}

/// The edition that it corrects, which only a correction may name; an error where that is wrong, which is noted.
fn read_corrects(fields: &Fields<'_>, is_correction: bool) -> Result<Option<EditionNumber>, ()> {
    let Some(value) = fields.get("corrects") else { return Ok(None) };
    let number = value.whole().ok_or(())?;
    if is_correction {
        return Ok(Some(EditionNumber(number)));
    }
    let help = "write its text in two parts, “## What was wrong” and “## What is right”, or leave the key out";
    value.error("no-correction", "only a correction names an edition, and this text is none", help);
    Err(())
}

/// The sectors, in the order in which they are always shown.
fn read_sectors(fields: &Fields<'_>) -> Option<Vec<Sector>> {
    let lines = lines(fields, "sectors")?;
    if lines.is_empty() {
        let help = "write sectors = [\"school\"], or leave the key out: then it is for all of them";
        fields.get("sectors")?.error("no-sector", "names no sector, so nobody would get it", help);
        return None;
    }
    let all: Vec<&str> = Sector::ALL.iter().map(|sector| sector.as_str()).collect();
    let read = lines.iter().map(|line| {
        let sector = line.value.parse().ok();
        if sector.is_none() {
            let rest = format!("the sectors are {}", words::listed(&all));
            unknown(fields.source(), line, ("unknown-sector", "sector"), all.iter().copied(), &rest);
        }
        sector
    });
    let mut sectors = read.collect::<Vec<_>>().into_iter().collect::<Option<Vec<Sector>>>()?;
    sectors.sort();
    sectors.dedup();
    Some(sectors)
}

/// Either a text without headings of level 2, or both parts of a correction and nothing else.
fn read_body(page: &Page, start: usize) -> Option<(Option<Correction>, Prose)> {
    let outline = markdown::read(page, start);
    if outline.sections.is_empty() {
        if outline.opening.plain().is_empty() && !outline.opening_refused {
            page.error(outline.opening_at, "empty-body", "the bulletin has no text", "write it below the front matter");
        }
        return Some((None, outline.opening));
    }
    sections::no_opening(page, &outline, CORRECTION[0]);
    let [wrong, right] = sections::take(page, outline.sections, CORRECTION, page.text().len())?;
    Some((Some(Correction { wrong, right }), Prose::default()))
}
