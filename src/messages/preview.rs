//! What is worth knowing before an edition goes out.

use super::{edition, picks};
use crate::app::previewer::{IndexTexts, Note, Proof};

/// One note, in a sentence.
pub fn note(note: &Note) -> String {
    match note {
        Note::SyncWaits => {
            "config.toml would end many subscriptions at once: run `fortnightly sync --yes` first".to_owned()
        }
        Note::Reason { edition: number, reason } => edition::state(reason, *number),
        Note::Edited { was_approved, edit } => {
            let since = if *was_approved { "approved" } else { "planned" };
            format!("edited since it was {since}: {}", picks::edit(edit))
        }
        Note::WouldBeHeld { edition: number, reason } => {
            format!("it would be held: {}", edition::hold(reason, *number))
        }
        Note::Published { edition, state } => format!("edition {edition} is {state}: this is what was published"),
    }
}

/// What the index of a preview says in sentences.
pub fn index(proof: &Proof) -> IndexTexts {
    let row = &proof.row;
    IndexTexts {
        notes: proof.notes.iter().map(note).collect(),
        theme: row.selection.as_ref().map_or(String::new(), picks::theme),
        picks: row.picks().iter().map(picks::pick).collect(),
        shifted: row.shifted.as_ref().map(ToString::to_string),
    }
}
