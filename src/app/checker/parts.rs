//! Parts that a library may lack: it works without them, and families miss something.

use super::coming::some_of;
use crate::domain::band::{BandName, BandSet, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::help::MAIL_ENTRIES;
use crate::domain::text::lists::listed;
use crate::editorial;
use crate::library::Library;

/// A warning for all activities that do not say what a child practises (`without-skill`), one for all bands for which nothing
/// stands below the worries of every activity (`without-worry`), and one for all whose mails show no crisis line
/// (`help-without-crisis-line`).
pub(super) fn lacking(library: &Library, bands: &Bands) -> Vec<Diagnostic> {
    let found = [without_skill(library), without_worry(library, bands), without_crisis_line(library, bands)];
    found.into_iter().flatten().collect()
}

fn without_skill(library: &Library) -> Option<Diagnostic> {
    let unsaid = library.activities.iter().filter(|activity| activity.skill.is_none());
    let files: Vec<String> = unsaid.map(|activity| library.activity_file(activity).display().to_string()).collect();
    let first = files.first()?;
    let message = match files.as_slice() {
        [_] => "does not say what a child practises".to_owned(),
        many => format!("{} activities do not say what a child practises: {}", many.len(), some_of(many)),
    };
    let help = "complete “Your child practises …” in each: skill = \"choosing who to tell when a chat turns odd\"";
    Some(Diagnostic::warning("without-skill", message).in_file(first.clone()).help(help))
}

/// A line that is pushed down by others is lost to whoever only has the mail.
fn without_crisis_line(library: &Library, bands: &Bands) -> Option<Diagnostic> {
    let has_line = |band: &BandName| {
        let shown = library.help.in_mail(&BandSet::from([band.clone()]));
        shown.entries.iter().any(|entry| {
            let texts = [&entry.who, &entry.what].into_iter().chain(&entry.phone);
            texts.into_iter().any(|text| editorial::names_crisis_line(text))
        })
    };
    let lacking: Vec<&str> =
        bands.iter().map(|band| &band.id).filter(|id| !has_line(id)).map(BandName::as_str).collect();
    if lacking.is_empty() {
        return None;
    }
    let message = format!(
        "the first {MAIL_ENTRIES} entries for {} name no crisis line, and a mail shows no more",
        listed(&lacking)
    );
    let help = "move the entry with NHS 111 and its mental-health option, Samaritans or Lifeline further up";
    let file = library.folder.join("help.toml").display().to_string();
    Some(Diagnostic::warning("help-without-crisis-line", message).in_file(file).help(help))
}

fn without_worry(library: &Library, bands: &Bands) -> Option<Diagnostic> {
    let covered: BandSet = library.help.worries.iter().flat_map(|worry| worry.bands.iter().cloned()).collect();
    let open: Vec<&str> =
        bands.iter().map(|band| &band.id).filter(|id| !covered.contains(*id)).map(BandName::as_str).collect();
    if open.is_empty() {
        return None;
    }
    let noun = if open.len() == 1 { "band" } else { "bands" };
    let message = format!(
        "there is no [[worry]] block for the {noun} {}, so their activities lack what every family should know",
        listed(&open)
    );
    let help = format!(
        "add one at the end of the file: [[worry]], then bands = [\"{}\"], then text = \"What to do, and who to tell\"",
        open.join("\", \"")
    );
    let file = library.folder.join("help.toml").display().to_string();
    Some(Diagnostic::warning("without-worry", message).in_file(file).help(help))
}
