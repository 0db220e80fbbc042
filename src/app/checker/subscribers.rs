//! Subscribers that share a mailbox, those who would get nothing, and bands that run dry.

use std::collections::{BTreeMap, BTreeSet};

use super::coming::{FORTNIGHTS, config_warning, some_of};
use crate::app::planner::PlanRow;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{MailboxRecord, MailboxState, Origin, SubscriberRecord};
use crate::domain::text::dates::day;
use crate::domain::text::lists;
use crate::domain::text::lists::commas;

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
pub(super) fn without_activity(config: &Config, stored: &[SubscriberRecord], rows: &[PlanRow]) -> Vec<Diagnostic> {
    let ahead: Vec<&PlanRow> = rows.iter().filter(|row| row.is_ahead()).collect();
    if ahead.is_empty() {
        return Vec::new();
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
    findings.extend(others(stored, &served).map(|finding| finding.help(help)));
    findings
}

/// Those that the config does not name.
fn others(subscribers: &[SubscriberRecord], served: &BandSet) -> Option<Diagnostic> {
    let is_named = |mailbox: &MailboxRecord| {
        mailbox.subscriptions.iter().any(|one| one.origin == Origin::Config && one.ended.is_none())
    };
    let gets_nothing = |mailbox: &&MailboxRecord| {
        mailbox.state == MailboxState::Active
            && mailbox.suppressed.is_none()
            && mailbox.bands.is_disjoint(served)
            && !is_named(mailbox)
    };
    let mut wishes: BTreeMap<&str, BandSet> = BTreeMap::new();
    for subscriber in subscribers {
        for mailbox in subscriber.mailboxes.iter().filter(gets_nothing) {
            wishes.entry(&subscriber.profile.name).or_default().extend(mailbox.bands.iter().cloned());
        }
    }
    if wishes.is_empty() {
        return None;
    }
    let names: Vec<String> = wishes.iter().map(|(name, bands)| format!("{name} ({})", commas(bands))).collect();
    let message =
        format!("none of the next {FORTNIGHTS} fortnights has an activity for what these ask for: {}", some_of(&names));
    Some(Diagnostic::warning("subscriber-without-activity", message))
}

/// `band-runs-dry`: an error where somebody reads the band, else a warning.
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
