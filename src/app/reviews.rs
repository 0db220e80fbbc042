//! Reviews that fall due soon or are overdue: what isn't checked again by its day isn't picked any more.

use chrono::{Days, NaiveDate};

use crate::domain::activity::ActivityId;
use crate::library::Library;

/// How long before a review falls due people are told: eight weeks.
pub const AHEAD: Days = Days::new(56);

/// A review that falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// An activity's id, or a theme's folder.
    pub text: String,
    /// The activity; `None` for a theme.
    pub activity: Option<ActivityId>,
    pub title: String,
    pub by: NaiveDate,
    /// The day is over, so it is not picked any more.
    pub is_over: bool,
}

/// Those of this library, by their day.
pub fn falling_due(library: &Library, today: NaiveDate) -> Vec<Review> {
    let until = today.checked_add_days(AHEAD).unwrap_or(today);
    let review = |text: String, activity: Option<&ActivityId>, title: &str, by: NaiveDate| Review {
        text,
        activity: activity.cloned(),
        title: title.to_owned(),
        by,
        is_over: by < today,
    };
    let activities = library.activities.iter();
    let activities = activities.map(|one| review(one.id.to_string(), Some(&one.id), &one.title, one.review_by));
    let themes = library.themes.iter().map(|one| review(one.name.clone(), None, &one.title, one.review_by));
    let mut due: Vec<Review> = activities.chain(themes).filter(|review| review.by <= until).collect();
    due.sort_by(|one, other| (one.by, &one.text).cmp(&(other.by, &other.text)));
    due
}
