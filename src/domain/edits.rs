//! What was edited in the texts of an edition since they were picked or approved.

use serde::{Deserialize, Serialize};

use super::activity::{Activity, ActivityId, Theme};
use super::bulletin::Bulletin;
use super::edition::{Edit, Selection};
use super::fingerprint::Fingerprint;

/// The library's texts as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    pub themes: &'a [Theme],
    pub activities: &'a [Activity],
}

impl<'a> Texts<'a> {
    fn theme(self, name: &str) -> Option<&'a Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }

    fn activity(self, id: &ActivityId) -> Option<&'a Activity> {
        self.activities.iter().find(|activity| activity.id == *id)
    }
}

/// What a mailing said when someone approved of it: of an edition the theme, and each activity once; or the bulletin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedTexts {
    pub theme: Option<Theme>,
    pub activities: Vec<Activity>,
    /// Left out of what is stored of an edition, so that older versions can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulletin: Option<Bulletin>,
}

impl ApprovedTexts {
    /// Those of a selection as they are now, in the order of its picks.
    pub fn of(texts: Texts<'_>, selection: &Selection) -> Self {
        let mut activities: Vec<Activity> = Vec::new();
        for pick in &selection.picks {
            let is_new = activities.iter().all(|activity| activity.id != pick.id);
            activities.extend(texts.activity(&pick.id).filter(|_| is_new).cloned());
        }
        Self { theme: texts.theme(&selection.theme).cloned(), activities, bulletin: None }
    }

    /// That of a bulletin.
    pub fn of_bulletin(text: &Bulletin) -> Self {
        Self { bulletin: Some(text.clone()), ..Self::default() }
    }
}

/// Every text of the selection that was edited: the theme's, then the activities' in the bands' order.
pub fn edits(texts: Texts<'_>, selection: &Selection) -> Vec<Edit> {
    let theme = texts.theme(&selection.theme).map(|theme| Edit {
        id: theme.name.clone(),
        title: theme.title.clone(),
        parts: selection.theme_fingerprint.changed(&Fingerprint::of_theme(theme)),
    });
    let picks = selection.picks.iter().filter_map(|pick| {
        let activity = texts.activity(&pick.id)?;
        let parts = pick.fingerprint.changed(&Fingerprint::of_activity(activity));
        Some(Edit { id: pick.id.to_string(), title: activity.title.clone(), parts })
    });
    let mut edits: Vec<Edit> = theme.into_iter().chain(picks).filter(|edit| !edit.parts.is_empty()).collect();
    // One activity may serve several bands.
    edits.dedup();
    edits
}

/// The same picks with the texts as they are now.
pub fn refreshed(texts: Texts<'_>, selection: &Selection) -> Selection {
    let mut fresh = retitled(texts, selection);
    if let Some(theme) = texts.theme(&fresh.theme) {
        fresh.theme_fingerprint = Fingerprint::of_theme(theme);
    }
    for pick in &mut fresh.picks {
        if let Some(activity) = texts.activity(&pick.id) {
            pick.fingerprint = Fingerprint::of_activity(activity);
        }
    }
    fresh
}

/// The same picks with the titles that would go out now.
pub fn retitled(texts: Texts<'_>, selection: &Selection) -> Selection {
    let mut fresh = selection.clone();
    for pick in &mut fresh.picks {
        if let Some(activity) = texts.activity(&pick.id) {
            pick.title.clone_from(&activity.title);
        }
    }
    fresh
}
