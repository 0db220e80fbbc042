//! activities/ on disk → checked themes, activities, notices and help block.

use std::path::Path;

use crate::domain::activity::{Activity, ActivityId, Help, Notice, Theme};
use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;

/// Everything under `activities/`, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Themes, by folder name.
    pub themes: Vec<Theme>,
    /// Activities, by id.
    pub activities: Vec<Activity>,
    /// Notices, by name.
    pub notices: Vec<Notice>,
    /// The help block of the service's nation.
    pub help: Help,
}

impl Library {
    /// The activity of this id.
    pub fn activity(&self, id: &ActivityId) -> Option<&Activity> {
        self.activities.binary_search_by(|a| a.id.cmp(id)).ok().map(|at| &self.activities[at])
    }

    /// The theme of this folder name.
    pub fn theme(&self, name: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }
}

/// Reads and checks the library in `dir`. `nation` is a key of help.toml.
/// Returns the library (when there is no error) with every finding, warnings included.
pub fn load(dir: &Path, bands: &Bands, nation: &str) -> (Option<Library>, Vec<Diagnostic>) {
    let _ = (dir, bands, nation);
    todo!()
}
