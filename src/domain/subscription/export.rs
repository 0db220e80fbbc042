//! Who has a copy of the list must be known.

use super::mailing_list::MailingList;
use super::rows::Subject;
use crate::domain::audit::OPERATOR;

/// Notes that the list of active mailboxes was given out.
pub fn note_export(list: &mut MailingList) {
    list.note(OPERATOR, "export", Subject::List, "");
}
