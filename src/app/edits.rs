//! What was edited in the texts of an edition since they were picked or approved.

use std::fmt;

use crate::domain::edition::Selection;
use crate::domain::fingerprint::Fingerprint;
use crate::library::Library;

/// One text that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The activity's id, or the theme's folder name.
    pub id: String,
    /// Its title now.
    pub title: String,
    /// The parts that changed, as people name them.
    pub parts: Vec<&'static str>,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” ({}): {}", self.title, self.id, self.parts.join(", "))
    }
}

/// Every text of the selection that was edited: the theme's, then the activities' in the bands' order.
pub fn edits(library: &Library, selection: &Selection) -> Vec<Edit> {
    let theme = library.theme(&selection.theme).map(|theme| Edit {
        id: theme.name.clone(),
        title: theme.title.clone(),
        parts: selection.theme_fingerprint.changed(&Fingerprint::of_theme(theme)),
    });
    let picks = selection.picks.iter().filter_map(|pick| {
        let activity = library.activity(&pick.id)?;
        let parts = pick.fingerprint.changed(&Fingerprint::of_activity(activity));
        Some(Edit { id: pick.id.to_string(), title: activity.title.clone(), parts })
    });
    let mut edits: Vec<Edit> = theme.into_iter().chain(picks).filter(|edit| !edit.parts.is_empty()).collect();
    // One activity may serve several bands.
    edits.dedup();
    edits
}

/// The same picks with the texts as they are now.
pub fn refreshed(library: &Library, selection: &Selection) -> Selection {
    let mut fresh = retitled(library, selection);
    if let Some(theme) = library.theme(&fresh.theme) {
        fresh.theme_fingerprint = Fingerprint::of_theme(theme);
    }
    for pick in &mut fresh.picks {
        if let Some(activity) = library.activity(&pick.id) {
            pick.fingerprint = Fingerprint::of_activity(activity);
        }
    }
    fresh
}

/// The same picks with the titles that would go out now.
pub fn retitled(library: &Library, selection: &Selection) -> Selection {
    let mut fresh = selection.clone();
    for pick in &mut fresh.picks {
        if let Some(activity) = library.activity(&pick.id) {
            pick.title.clone_from(&activity.title);
        }
    }
    fresh
}

/// The edits in one sentence's rest.
pub fn told(edits: &[Edit]) -> String {
    edits.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
