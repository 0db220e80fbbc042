//! Campaigns of the config for which the library has nothing.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::coming::{config_warning, some_of};
use crate::app::planner::PlanRow;
use crate::config::Config;
use crate::domain::activity::{Activity, ActivityId};
use crate::domain::calendar::Occasion;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::selection::is_open_on;
use crate::domain::text::dates::day;
use crate::library::Library;
use crate::ordinary_file;

/// A warning for each occasion to come whose edition can pick no activity for it (`occasion-without-activity`), none for
/// some band (`occasion-for-few`), or which another occasion of the same edition goes before (`occasion-overshadowed`).
pub(super) fn poorly_served(
    config: &Config,
    library: &Library,
    rows: &[PlanRow],
    withdrawn: &BTreeSet<ActivityId>,
    today: NaiveDate,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for row in rows.iter().filter(|row| row.is_ahead()) {
        for occasion in row.occasions.iter().filter(|occasion| occasion.on >= today) {
            let listing: Vec<&Activity> = listing(config, library, &occasion.name);
            let open = || listing.iter().filter(|activity| is_open_on(activity, row.date, withdrawn));
            if open().next().is_none() {
                findings.push(finding(config, row, occasion, &listing));
                continue;
            }
            let taken = row.picks().iter().any(|pick| pick.reason.occasion() == Some(occasion.name.as_str()));
            let other = row.occasions.iter().find(|other| other.name != occasion.name && other.on <= occasion.on);
            let lacking = config.bands.iter().filter(|band| !open().any(|a| a.bands.contains(&band.id)));
            let lacking: Vec<String> = lacking.map(|band| band.id.to_string()).collect();
            match other.filter(|_| !taken) {
                Some(other) => findings.push(overshadowed(config, row, occasion, other)),
                None if !lacking.is_empty() => findings.push(few(config, row, occasion, &lacking)),
                None => {}
            }
        }
    }
    findings
}

fn overshadowed(config: &Config, row: &PlanRow, occasion: &Occasion, other: &Occasion) -> Diagnostic {
    let message = format!(
        "edition {} on {} takes up the occasion “{}”, so nothing goes out for “{}”",
        row.edition,
        day(row.date),
        other.name,
        occasion.name
    );
    let help = "one edition takes up one occasion: take one of the two out, or swap single activities by hand";
    config_warning(config, "occasion-overshadowed", message).help(help)
}

fn few(config: &Config, row: &PlanRow, occasion: &Occasion, lacking: &[String]) -> Diagnostic {
    let message = format!(
        "no activity for {} is for the occasion “{}”, which edition {} on {} takes up: there the band gets another one",
        some_of(lacking),
        occasion.name,
        row.edition,
        day(row.date)
    );
    let help = format!("add occasions = [\"{}\"] to an activity for each band", occasion.name);
    config_warning(config, "occasion-for-few", message).help(help)
}

/// The activities for one of the service's bands that list this occasion.
fn listing<'a>(config: &Config, library: &'a Library, name: &str) -> Vec<&'a Activity> {
    let served = |activity: &&Activity| activity.bands.iter().any(|band| config.bands.get(band).is_some());
    let lists = |activity: &&Activity| activity.occasions.iter().any(|occasion| occasion == name);
    library.activities.iter().filter(lists).filter(served).collect()
}

fn finding(config: &Config, row: &PlanRow, occasion: &Occasion, listing: &[&Activity]) -> Diagnostic {
    let Occasion { name, on } = occasion;
    let (edition, date) = (row.edition, day(row.date));
    let (message, help) = if listing.is_empty() {
        let message = format!(
            "no activity is for the occasion “{name}” on {}, which edition {edition} on {date} takes up",
            day(*on)
        );
        (message, format!("add occasions = [\"{name}\"] to the activities that fit it, or take the occasion out"))
    } else {
        let ids: Vec<String> = listing.iter().map(|activity| activity.id.to_string()).collect();
        let message = format!(
            "no activity for the occasion “{name}” on {} may go out with edition {edition} on {date}: {}",
            day(*on),
            some_of(&ids)
        );
        (message, "look at their review_by, not_before and not_after, and at what was withdrawn".to_owned())
    };
    let finding = config_warning(config, "occasion-without-activity", message).help(help);
    // Where the name stands in the file, when it stands there once.
    let quoted = format!("\"{name}\"");
    match ordinary_file::read_text(&config.file) {
        Ok(text) if text.matches(&quoted).count() == 1 => {
            let at = text.find(&quoted).unwrap_or_default();
            finding.at(&text, at)
        }
        _ => finding,
    }
}
