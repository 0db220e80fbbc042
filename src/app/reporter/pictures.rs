//! What can't be shown of library, templates and pictures.

use super::Reporter;
use crate::app::Loaded;
use crate::app::attention::{Attention, EditionAttention};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::Edition;

impl Reporter {
    /// The pictures that an open edition is to go out without.
    pub(super) fn without_pictures(&self, edition: &Edition) -> Vec<EditionAttention> {
        let Some(content) = self.loaded.content().filter(|_| edition.is_open()) else { return Vec::new() };
        let picks = edition.selection.picks.iter().filter_map(|pick| content.library.activity(&pick.id));
        let lost = content.pictures.left_out(&content.library, picks);
        lost.into_iter().map(EditionAttention::WithoutPicture).collect()
    }

    pub(super) fn of_content(&self) -> Option<Attention> {
        match &self.loaded {
            Loaded::Whole(content) => content.pictures.lost_logo(false).map(Attention::WithoutLogo),
            Loaded::WithoutContent(findings) => {
                let errors = findings.iter().filter(|finding| Diagnostic::is_error(finding)).count() as u64;
                Some(Attention::BrokenContent { errors })
            }
        }
    }
}
