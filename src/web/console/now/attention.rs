//! What needs a person, each with the page or the button that settles it.

use serde::Serialize;

use crate::app::attention::{Attention, EditionAttention, Undelivered};
use crate::domain::edition::{EditionNumber, HoldReason};
use crate::domain::user::Permission;
use crate::messages;
use crate::web::console::caller::Caller;

/// One thing that does not go on by itself.
#[derive(Debug, Serialize)]
pub(in crate::web::console) struct Need {
    text: String,
    /// What the button says, and where it leads; empty where only somebody at the server can help.
    button: &'static str,
    url: String,
}

/// What the button of one leads to: its words, our path, and what one must be allowed to press it.
type Step = (&'static str, String, Permission);

/// Everything that needs a person, with buttons for what this person may do.
pub(in crate::web::console) fn needs(found: &[Attention], caller: &Caller) -> Vec<Need> {
    let need = |attention: &Attention| {
        let step = step(attention).filter(|(_, _, needed)| caller.may(*needed));
        let (button, url) = step.map_or(("", String::new()), |(button, path, _)| (button, caller.link(&path)));
        Need { text: messages::attention::for_people(attention), button, url }
    };
    found.iter().map(need).collect()
}

fn step(attention: &Attention) -> Option<Step> {
    match attention {
        Attention::Restored(_) => Some(("Let it send again…", "/release".to_owned(), Permission::Decide)),
        Attention::Edition(number, what) => Some(of_edition(*number, what)),
        Attention::Replaced(replaced) => Some(look(replaced.edition)),
        Attention::Wave { wave, .. } | Attention::UnsettledWave(wave) => {
            Some(("Look at it…", format!("/suppressions/waves/{}", wave.id.0), Permission::ManageSubscribers))
        }
        Attention::SyncWaits => Some(("Look at it…", "/sync".to_owned(), Permission::ManageSubscribers)),
        Attention::UnfinishedImport(_) => {
            Some(("Import it again…", "/subscribers/import".to_owned(), Permission::ManageSubscribers))
        }
        Attention::UnknownBand { .. } | Attention::NotAMessage { .. } | Attention::BrokenContent { .. } => None,
    }
}

fn of_edition(number: EditionNumber, what: &EditionAttention) -> Step {
    let decide = |button, action: &str| (button, format!("/editions/{number}/{action}"), Permission::Decide);
    match what {
        EditionAttention::Held { is_published: true, .. } => decide("Release it…", "release"),
        EditionAttention::Held { reason, .. } => match reason {
            HoldReason::ApprovalMissing { .. } => decide("Approve it…", "approve"),
            HoldReason::Operator { .. } => decide("Release it…", "release"),
            HoldReason::RestoredStore => ("Let it send again…", "/release".to_owned(), Permission::Decide),
            HoldReason::ConsentMissing => ("Look at it…", "/sync".to_owned(), Permission::ManageSubscribers),
            _ => decide("Send it all the same…", "send-late"),
        },
        EditionAttention::NeedsApproval { .. } | EditionAttention::Overdue { unapproved: true, .. } => {
            decide("Approve it…", "approve")
        }
        EditionAttention::WouldBeHeld(_)
        | EditionAttention::Overdue { unapproved: false, .. }
        | EditionAttention::Unfinished { .. }
        | EditionAttention::Edited { .. } => look(number),
        EditionAttention::Undelivered { how, .. } => {
            let state = match how {
                Undelivered::Refused => "failed",
                Undelivered::GivenUp => "expired",
                Undelivered::Uncertain => "uncertain",
            };
            deliveries(number, state)
        }
        EditionAttention::Bounced { .. } | EditionAttention::PolicyBounces(_) => deliveries(number, "bounced"),
    }
}

fn look(number: EditionNumber) -> Step {
    ("Look at it", format!("/editions/{number}"), Permission::Look)
}

fn deliveries(number: EditionNumber, state: &str) -> Step {
    ("Look at them", format!("/deliveries?edition={number}&state={state}"), Permission::Look)
}
