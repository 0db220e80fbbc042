//! What an import changes, for people and for scripts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::out::{self, Answer};
use super::super::sync::list;
use super::view::names;
use crate::app::csv_import::{CsvImport, SkipReason};
use crate::app::importer::Imported;
use crate::domain::band::{BandSet, Bands};
use crate::domain::subscriber::{Profile, SubscribeRequest};
use crate::domain::subscription::import::ImportFigures;
use crate::domain::subscription::subscribe::Subscribed;
use crate::messages::subscription::{import_broke_off, import_completed, skip_reason};

/// What an import, or a dry run, tells as it goes on.
pub(super) struct Report<'a> {
    file: &'a str,
    csv: &'a CsvImport,
    /// Rows with an error.
    bad: u64,
    /// Whether it lasts, or is a dry run.
    applied: bool,
    json: bool,
    bands: &'a Bands,
    answer: Answer,
    /// Whether a change was told.
    begun: bool,
    /// What was told so far.
    figures: ImportFigures,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        file: &'a str,
        csv: &'a CsvImport,
        bad: u64,
        applied: bool,
        (json, bands): (bool, &'a Bands),
        answer: Answer,
    ) -> Self {
        Self { file, csv, bad, applied, json, bands, answer, begun: false, figures: ImportFigures::default() }
    }

    /// Tells one change. A dry run tells people every change; a real import only counts.
    pub(super) fn tell(&mut self, request: &SubscribeRequest, result: &Subscribed) {
        self.figures.count(result);
        if self.json {
            if let Some(change) = self.change_json(request, result) {
                let begin = if self.begun { "," } else { "{\n  \"changes\": [" };
                self.answer.add(&format!("{begin}\n    {}", indented(&change, 4)));
                self.begun = true;
            }
        } else if let Some(change) = self.change(request, result).filter(|_| !self.applied) {
            self.answer.add(&out::folded_for_people(&change));
            self.answer.add("\n");
        }
    }

    /// Tells what it came to.
    pub(super) fn end(mut self, imported: &Imported) {
        let text = if self.json { self.rest_json(imported, None) } else { self.rest(imported) };
        self.answer.add(&text);
        self.answer.end();
    }

    /// Ends an answer in the middle, because of `error`; what to say of it.
    pub(super) fn break_off(mut self, error: &str) -> String {
        let ImportFigures { added, updated, unchanged, kept_out } = self.figures;
        let rows = added + updated + unchanged + kept_out;
        let said = if self.applied && rows > 0 {
            format!("{error}\n  {}", import_broke_off(rows, self.csv.wanted, self.file))
        } else {
            error.to_owned()
        };
        if self.begun {
            let rest = self.rest_json(&Imported { figures: self.figures, broken_off: None }, Some(&said));
            self.answer.add(&rest);
            self.answer.end();
        }
        said
    }

    fn rest(&self, imported: &Imported) -> String {
        let mut lines = if self.applied { Vec::new() } else { self.left_out() };
        let ImportFigures { added, updated, unchanged, kept_out } = imported.figures;
        let would = if self.applied { "Imported" } else { "Would import" };
        let (file, bad) = (self.file, self.bad);
        lines.push(format!(
            "{would} {file}: {added} added, {updated} updated, {unchanged} unchanged, {kept_out} kept out, {bad} bad."
        ));
        lines.extend(imported.broken_off.map(|since| import_completed(since, self.applied)));
        lines.extend(skipped(self.csv));
        lines.join("\n")
    }

    /// Rows that are left out. Half of the register is closed schools: those are only counted.
    fn left_out(&self) -> Vec<String> {
        let rows = self.csv.skipped.iter().filter(|row| !matches!(row.reason, SkipReason::NotOpen(_)));
        rows.map(|row| {
            let name = if row.name.is_empty() { "a school without a name" } else { &row.name };
            format!("left out: {}:{}: {name} (URN {}): {}", self.file, row.line, row.urn, skip_reason(&row.reason))
        })
        .collect()
    }

    fn change(&self, request: &SubscribeRequest, result: &Subscribed) -> Option<String> {
        let address = &request.address;
        match result {
            Subscribed::Added => {
                let bands = list(&request.bands, self.bands);
                Some(format!("would add: {address} for {} ({bands})", request.profile.name))
            }
            Subscribed::Updated { before, after } if before != after => {
                Some(format!("would update: {address}: {}", self.differences(before, after).join("; ")))
            }
            Subscribed::Updated { .. } | Subscribed::Left(_) => None,
        }
    }

    fn differences(&self, before: &(Profile, BandSet), after: &(Profile, BandSet)) -> Vec<String> {
        let urn = |profile: &Profile| profile.urn.clone().unwrap_or_else(|| "none".to_owned());
        let pairs = [
            ("name", before.0.name.clone(), after.0.name.clone()),
            ("bands", list(&before.1, self.bands), list(&after.1, self.bands)),
            ("sector", before.0.sector.to_string(), after.0.sector.to_string()),
            ("locale", before.0.locale.to_string(), after.0.locale.to_string()),
            ("urn", urn(&before.0), urn(&after.0)),
        ];
        let differ = pairs.into_iter().filter(|(_, before, after)| before != after);
        differ.map(|(what, before, after)| format!("{what} {before} → {after}")).collect()
    }

    /// All but the changes, which were told, as the end of a JSON object.
    fn rest_json(&self, imported: &Imported, error: Option<&str>) -> String {
        let ImportFigures { added, updated, unchanged, kept_out } = imported.figures;
        let why = reasons(self.csv);
        let number = |code| why.get(code).map_or(0, |(rows, _)| *rows);
        let mut rest = json!({
            "added": added, "updated": updated, "unchanged": unchanged,
            "left": kept_out, "bad": self.bad, "applied": self.applied, "broken_off": imported.broken_off,
            "left_out": {
                "not_open": number("not_open"), "no_email": number("no_email"),
                "no_ages": number("no_ages"), "no_band": number("no_band"),
            },
            "left_out_rows": self.csv.skipped.iter().map(|row| json!({
                "line": row.line, "urn": row.urn, "name": row.name, "reason": row.reason.code(),
            })).collect::<Vec<_>>(),
        });
        if let Some(error) = error {
            rest["error"] = error.into();
        }
        let changes = if self.begun { "\n  ]" } else { "{\n  \"changes\": []" };
        format!("{changes},{}", indented(&rest, 0).trim_start_matches('{'))
    }

    fn change_json(&self, request: &SubscribeRequest, result: &Subscribed) -> Option<Value> {
        let side = |profile: &Profile, set: &BandSet| {
            json!({ "name": profile.name, "sector": profile.sector, "locale": profile.locale, "urn": profile.urn,
                    "bands": names(set, self.bands) })
        };
        let (change, before, after) = match result {
            Subscribed::Added => ("added", Value::Null, side(&request.profile, &request.bands)),
            Subscribed::Updated { before, after } if before != after => {
                ("updated", side(&before.0, &before.1), side(&after.0, &after.1))
            }
            Subscribed::Updated { .. } => return None,
            Subscribed::Left(reason) => {
                let row = json!({ "email": request.address, "change": "left", "reason": reason, "before": null, "after": null });
                return Some(row);
            }
        };
        Some(json!({ "email": request.address, "change": change, "reason": null, "before": before, "after": after }))
    }
}

/// How many rows were left out for which reason, by its code; and of each reason, how many for which detail.
fn reasons(csv: &CsvImport) -> BTreeMap<&'static str, (u64, BTreeMap<String, u64>)> {
    let mut all: BTreeMap<_, (u64, BTreeMap<String, u64>)> = BTreeMap::new();
    for row in &csv.skipped {
        let (rows, details) = all.entry(row.reason.code()).or_default();
        *rows += 1;
        *details.entry(skip_reason(&row.reason)).or_default() += 1;
    }
    all
}

/// Why rows were left out, in one line; `None` when none was.
pub(super) fn skipped(csv: &CsvImport) -> Option<String> {
    let why = reasons(csv);
    let words =
        [("no_email", "without an email"), ("no_ages", "without ages"), ("no_band", "of ages that no band has")];
    let mut parts = Vec::new();
    if let Some((rows, statuses)) = why.get("not_open") {
        let each: Vec<String> = statuses.iter().map(|(status, rows)| format!("{status}: {rows}")).collect();
        parts.push(format!("{rows} not open ({})", each.join(", ")));
    }
    parts.extend(words.iter().filter_map(|(code, words)| why.get(code).map(|(rows, _)| format!("{rows} {words}"))));
    (!parts.is_empty()).then(|| format!("Left out: {}.", parts.join(", ")))
}

/// A value as indented JSON, all but its first line further in by so many columns.
fn indented(value: &Value, columns: usize) -> String {
    format!("{value:#}").replace('\n', &format!("\n{:columns$}", ""))
}
