//! What an import changes, for people and for scripts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::sync::list;
use super::view::names;
use crate::app::csv_import::{CsvImport, SkipReason};
use crate::domain::band::{BandSet, Bands};
use crate::domain::subscriber::{Profile, SubscribeRequest};
use crate::domain::subscription::subscribe::Subscribed;
use crate::messages::subscription::skip_reason;

/// Everything that is known after an import or a dry run.
pub(super) struct Report<'a> {
    pub(super) file: &'a str,
    pub(super) csv: &'a CsvImport,
    /// One for each request of `csv`.
    pub(super) results: &'a [Subscribed],
    /// Rows with an error.
    pub(super) bad: u64,
    /// Whether it lasts, or was a dry run.
    pub(super) applied: bool,
    pub(super) bands: &'a Bands,
}

impl Report<'_> {
    /// A dry run tells every change; a real import counts.
    pub(super) fn text(&self) -> String {
        let mut lines = if self.applied { Vec::new() } else { self.changes() };
        let counts = Counts::of(self.results);
        let would = if self.applied { "Imported" } else { "Would import" };
        lines.push(format!(
            "{would} {}: {} added, {} updated, {} unchanged, {} kept out, {} bad.",
            self.file, counts.added, counts.updated, counts.unchanged, counts.left, self.bad
        ));
        lines.extend(skipped(self.csv));
        lines.join("\n")
    }

    fn pairs(&self) -> impl Iterator<Item = (&SubscribeRequest, &Subscribed)> {
        self.csv.requests.iter().zip(self.results)
    }

    fn changes(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.pairs().filter_map(|(request, result)| self.change(request, result)).collect();
        // Half of the register is closed schools: those are only counted.
        let rows = self.csv.skipped.iter().filter(|row| !matches!(row.reason, SkipReason::NotOpen(_)));
        lines.extend(rows.map(|row| {
            let name = if row.name.is_empty() { "a school without a name" } else { &row.name };
            format!("left out: {}:{}: {name} (URN {}): {}", self.file, row.line, row.urn, skip_reason(&row.reason))
        }));
        lines
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

    pub(super) fn to_json(&self) -> Value {
        let counts = Counts::of(self.results);
        let why = reasons(self.csv);
        let number = |code| why.get(code).map_or(0, |(rows, _)| *rows);
        json!({
            "added": counts.added, "updated": counts.updated, "unchanged": counts.unchanged,
            "left": counts.left, "bad": self.bad, "applied": self.applied,
            "left_out": {
                "not_open": number("not_open"), "no_email": number("no_email"),
                "no_ages": number("no_ages"), "no_band": number("no_band"),
            },
            "changes": self.pairs().filter_map(|(request, result)| self.change_json(request, result)).collect::<Vec<_>>(),
            "left_out_rows": self.csv.skipped.iter().map(|row| json!({
                "line": row.line, "urn": row.urn, "name": row.name, "reason": row.reason.code(),
            })).collect::<Vec<_>>(),
        })
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

#[derive(Default)]
struct Counts {
    added: u64,
    updated: u64,
    unchanged: u64,
    left: u64,
}

impl Counts {
    fn of(results: &[Subscribed]) -> Self {
        let mut counts = Self::default();
        for result in results {
            match result {
                Subscribed::Added => counts.added += 1,
                Subscribed::Updated { before, after } if before == after => counts.unchanged += 1,
                Subscribed::Updated { .. } => counts.updated += 1,
                Subscribed::Left(_) => counts.left += 1,
            }
        }
        counts
    }
}
