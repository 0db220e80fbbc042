//! What needs a person, in a few words for monitoring: nothing that someone wrote, and nothing that a mail server said.

use crate::app::attention::{Attention, EditionAttention, Undelivered};
use crate::domain::text::dates::local_moment;

/// One thing that needs a person, without names, reasons or addresses.
pub fn in_short(attention: &Attention) -> String {
    match attention {
        Attention::Edition(number, what) => format!("Edition {number} {}", of_edition(what)),
        Attention::Bulletin(name, what) => format!("Bulletin {name} {}", of_edition(what)),
        Attention::Replaced(replaced) => format!("Edition {} got other activities.", replaced.edition),
        Attention::Wave { of, .. } | Attention::UnsettledWave { of, .. } => {
            format!("Many mails of {of} came back at once: someone has to decide.")
        }
        Attention::Restored(_) => "The service was restored and waits to be released.".to_owned(),
        Attention::UnknownBand { .. } => "Mailboxes ask for an age group that there is no more.".to_owned(),
        Attention::NotAMessage { .. } => {
            "Something that is no mail lies in the folder for mail that comes back.".to_owned()
        }
        Attention::SyncWaits => "The list of subscribers in config.toml waits for someone to agree.".to_owned(),
        Attention::UnfinishedImport(_) => "An import did not finish.".to_owned(),
        Attention::BrokenContent { .. } | Attention::BrokenFiles(_) => {
            "Config, library or templates have errors.".to_owned()
        }
        Attention::WithoutLogo(_) => "The logo can't be shown.".to_owned(),
        Attention::RelayUnreachable { .. } => "The mail server can't be reached.".to_owned(),
    }
}

fn of_edition(what: &EditionAttention) -> String {
    match what {
        EditionAttention::Held { .. } => "is held.".to_owned(),
        EditionAttention::WouldBeHeld(_) => "can't go out as it is.".to_owned(),
        EditionAttention::NeedsApproval { due } => format!("needs approval before {}.", local_moment(due)),
        EditionAttention::Unapproved => "waits for approval.".to_owned(),
        EditionAttention::Overdue { .. } => "was due and hasn't been sent.".to_owned(),
        EditionAttention::Edited { .. } => "was edited.".to_owned(),
        EditionAttention::WithoutPicture(_) => "goes out without one of its pictures.".to_owned(),
        EditionAttention::Unfinished { .. } => "is still being sent.".to_owned(),
        EditionAttention::Undelivered { how: Undelivered::Uncertain, .. } => {
            "has mails that may or may not have arrived.".to_owned()
        }
        EditionAttention::Undelivered { .. } => "has mails that were refused or given up.".to_owned(),
        EditionAttention::Bounced { .. } | EditionAttention::PolicyBounces(_) => "has mails that came back.".to_owned(),
    }
}
