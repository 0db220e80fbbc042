//! Pictures that cannot be shown, looked at to their last pixel.

use std::iter::once;

use crate::app::Content;
use crate::app::pictures::bad_logo;
use crate::config::Config;
use crate::domain::activity::Activity;
use crate::domain::diagnostic::Diagnostic;
use crate::ordinary_file;

/// A warning (`bad-picture`, `bad-logo`) for each picture whose header promises more than the file keeps. What its header shows
/// was said when it was read.
pub(super) fn broken(content: &Content, config: &Config) -> Vec<Diagnostic> {
    let activities = content.library.activities.iter();
    let mut found: Vec<_> = activities.filter_map(|activity| of_activity(content, activity)).collect();
    let logo = content.pictures.lost_logo(false).filter(|_| content.pictures.lost_logo(true).is_none());
    found.extend(logo.map(|lost| bad_logo(config, &lost)));
    found
}

fn of_activity(content: &Content, activity: &Activity) -> Option<Diagnostic> {
    let image = activity.image.as_ref().filter(|image| !image.digest.is_empty())?;
    let lost = content.pictures.of_mail(&content.library, once(activity)).of_activities().next()?;
    let (name, file) = (image.file.as_str(), content.library.activity_file(activity));
    let message = format!("“{name}” {}: the activity goes out without a picture", lost.problem);
    let found = Diagnostic::warning("bad-picture", message);
    let text = ordinary_file::read_text(&file).ok();
    let placed = text.and_then(|text| text.find(name).map(|at| found.clone().at(&text, at)));
    Some(placed.unwrap_or(found).in_file(file.display().to_string()).help(lost.problem.help()))
}
