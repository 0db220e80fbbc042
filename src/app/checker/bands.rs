//! Fortnights in which a band has no activity.

use std::collections::BTreeMap;

use super::coming::FORTNIGHTS;
use crate::app::planner::PlanRow;
use crate::domain::band::{BandName, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::dates::day;
use crate::domain::text::lists;

/// `band-runs-dry` (design §2.3): an error where somebody reads the band, else a warning.
pub(super) fn gaps(bands: &Bands, rows: &[PlanRow], readers: &BTreeMap<BandName, u64>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for band in bands.iter() {
        let lacks = |row: &&PlanRow| !row.picks().iter().any(|pick| pick.band == band.id);
        let dry: Vec<&PlanRow> = rows.iter().filter(|row| row.is_ahead()).filter(lacks).collect();
        let Some(first) = dry.first() else { continue };
        let count = readers.get(&band.id).copied().unwrap_or(0);
        let mailboxes = lists::count(count, "mailbox reads", "mailboxes read");
        let message = format!(
            "band {} has no activity for edition {} on {} ({} of the next {FORTNIGHTS} fortnights; {mailboxes} it)",
            band.id,
            first.edition,
            day(first.date),
            dry.len(),
        );
        let finding = if count > 0 { Diagnostic::error } else { Diagnostic::warning }("band-runs-dry", message);
        let help = "add an activity for it, or review those that are overdue and set a later review_by";
        findings.push(finding.help(help));
    }
    findings
}
