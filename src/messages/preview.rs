//! What is worth knowing before an edition goes out.

use super::{edition as editions, picks, plan};
use crate::app::previewer::proof::{Note, Proof};
use crate::app::previewer::write::IndexWords;

/// One note, in a sentence.
pub fn note(note: &Note) -> String {
    match note {
        Note::SyncWaits => {
            "config.toml would end many subscriptions at once: run `fortnightly sync --yes` first".to_owned()
        }
        Note::Reason { edition, reason } => editions::state(reason, *edition),
        Note::Edited { was_approved, edit } => {
            let since = if *was_approved { "approved" } else { "planned" };
            format!("edited since it was {since}: {}", picks::edit(edit))
        }
        Note::WouldBeHeld { edition, reason } => format!("it would be held: {}", editions::hold(reason, *edition)),
        Note::Published { edition, state } => format!("edition {edition} is {state}: this is what was published"),
    }
}

/// What the index of a preview says.
pub fn index(proof: &Proof) -> IndexWords {
    let row = &proof.row;
    IndexWords {
        notes: proof.notes.iter().map(note).collect(),
        theme_reason: row.selection.as_ref().map_or(String::new(), picks::theme),
        shifted: row.shifted.as_ref().map(plan::closed),
        pick_reasons: row.picks().iter().map(picks::pick).collect(),
    }
}
