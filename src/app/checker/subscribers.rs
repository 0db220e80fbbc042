//! Subscribers that share a mailbox, those who would get nothing, and bands that run dry.

use std::collections::{BTreeMap, BTreeSet};

use super::coming::{FORTNIGHTS, LISTED, config_warning};
use crate::app::planner::PlanRow;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::dates::day;
use crate::domain::text::lists;
use crate::domain::text::lists::commas;
use crate::store::{Store, StoreError};

/// A warning (`shared-mailbox`) for each mailbox that several entries of the config name.
pub(super) fn shared(config: &Config, shared: &[(Address, usize, Vec<usize>)]) -> Vec<Diagnostic> {
    let warn = |(_, first, others): &(Address, usize, Vec<usize>)| {
        let message = format!(
            "a mailbox of this entry is also named on line {}: it gets the bands of all, and belongs to this one",
            commas(others)
        );
        Diagnostic { line: Some(*first), ..config_warning(config, "shared-mailbox", message) }
    };
    shared.iter().map(warn).collect()
}

/// A warning (`subscriber-without-activity`) for each entry of the config, and one for all other subscribers, whose bands
/// none of the coming editions serves. The config must have been synced.
pub(super) async fn without_activity(
    config: &Config,
    store: &dyn Store,
    rows: &[PlanRow],
) -> Result<Vec<Diagnostic>, StoreError> {
    let ahead: Vec<&PlanRow> = rows.iter().filter(|row| row.is_ahead()).collect();
    if ahead.is_empty() {
        return Ok(Vec::new());
    }
    let picked: BTreeSet<&str> = ahead.iter().flat_map(|row| row.picks()).map(|pick| pick.band.as_str()).collect();
    let served: BandSet = config.bands.names().into_iter().filter(|band| picked.contains(band.as_str())).collect();
    let help = "write activities for these bands, or subscribe to others";
    let mut findings = Vec::new();
    for entry in config.subscribers.iter().filter(|entry| entry.bands.is_disjoint(&served)) {
        let message = format!(
            "{} would get nothing: none of the next {FORTNIGHTS} fortnights has an activity for {}",
            entry.profile.name,
            commas(&entry.bands)
        );
        let warning = config_warning(config, "subscriber-without-activity", message);
        findings.push(Diagnostic { line: Some(entry.line), ..warning }.help(help));
    }
    findings.extend(others(store, &served).await?.map(|finding| finding.help(help)));
    Ok(findings)
}

/// Those that the config does not name.
async fn others(store: &dyn Store, served: &BandSet) -> Result<Option<Diagnostic>, StoreError> {
    let (number, first) = store.unserved(served, LISTED).await?;
    let wishes: Vec<String> = first.iter().map(|(name, bands)| format!("{name} ({})", commas(bands))).collect();
    let message = format!(
        "none of the next {FORTNIGHTS} fortnights has an activity for what these ask for: {}",
        lists::and_more(&wishes, number)
    );
    Ok((number > 0).then(|| Diagnostic::warning("subscriber-without-activity", message)))
}

/// `band-runs-dry`: an error where someone reads the band, else a warning.
pub(super) fn dry_bands(bands: &Bands, rows: &[PlanRow], readers: &BTreeMap<BandName, u64>) -> Vec<Diagnostic> {
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
