//! What is worth knowing before an edition goes out.

use crate::app::previewer::Note;

/// One note, in a sentence.
pub fn note(note: &Note) -> String {
    match note {
        Note::SyncWaits => {
            "config.toml would end many subscriptions at once: run `fortnightly sync --yes` first".to_owned()
        }
        Note::Reason(reason) => reason.clone(),
        Note::Edited { was_approved, edit } => {
            format!("edited since it was {}: {edit}", if *was_approved { "approved" } else { "planned" })
        }
        Note::WouldBeHeld(reason) => format!("it would be held: {reason}"),
        Note::Published { edition, state } => format!("edition {edition} is {state}: this is what was published"),
    }
}
