//! Campaigns of the config for which the library has nothing.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{is_ahead, long, some_of};
use crate::domain::activity::{Activity, ActivityId};
use crate::domain::calendar::Occasion;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::selection::is_open_on;
use crate::library::Library;
use crate::service::Service;
use crate::service::planning::PlanRow;

/// A warning (`occasion-without-activity`) for each occasion to come whose edition can pick no activity for it.
pub(super) fn without_activity(
    service: &Service,
    library: &Library,
    rows: &[PlanRow],
    withdrawn: &BTreeSet<ActivityId>,
    today: NaiveDate,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for row in rows.iter().filter(|row| is_ahead(row)) {
        for occasion in row.occasions.iter().filter(|occasion| occasion.on >= today) {
            let listing: Vec<&Activity> = listing(service, library, &occasion.name);
            if !listing.iter().any(|activity| is_open_on(activity, row.date, withdrawn)) {
                findings.push(finding(service, row, occasion, &listing));
            }
        }
    }
    findings
}

/// The activities for one of the service's bands that list this occasion.
fn listing<'a>(service: &Service, library: &'a Library, name: &str) -> Vec<&'a Activity> {
    let served = |activity: &&Activity| activity.bands.iter().any(|band| service.config.bands.get(band).is_some());
    let lists = |activity: &&Activity| activity.occasions.iter().any(|occasion| occasion == name);
    library.activities.iter().filter(lists).filter(served).collect()
}

fn finding(service: &Service, row: &PlanRow, occasion: &Occasion, listing: &[&Activity]) -> Diagnostic {
    let Occasion { name, on } = occasion;
    let (edition, date) = (row.edition, long(row.date));
    let (message, help) = if listing.is_empty() {
        let message = format!(
            "no activity is for the occasion “{name}” on {}, which edition {edition} on {date} takes up",
            long(*on)
        );
        (message, format!("add occasions = [\"{name}\"] to the activities that fit it, or take the occasion out"))
    } else {
        let ids: Vec<String> = listing.iter().map(|activity| activity.id.to_string()).collect();
        let message = format!(
            "no activity for the occasion “{name}” on {} may go out with edition {edition} on {date}: {}",
            long(*on),
            some_of(&ids)
        );
        (message, "look at their review_by, not_before and not_after, and at what was withdrawn".to_owned())
    };
    let finding = Diagnostic::warning("occasion-without-activity", message).in_file(service.config_name()).help(help);
    // Where the name stands in the file, when it stands there once.
    let quoted = format!("\"{name}\"");
    match std::fs::read_to_string(&service.config.file) {
        Ok(text) if text.matches(&quoted).count() == 1 => {
            let at = text.find(&quoted).unwrap_or_default();
            finding.at(&text, at)
        }
        _ => finding,
    }
}
