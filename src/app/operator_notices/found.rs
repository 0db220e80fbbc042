//! What was found that operators have to be told.

use std::collections::BTreeMap;

use crate::app::attention::Attention;
use crate::domain::bulletin::{BulletinRecord, MailingName};
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::notice::Finding;

/// What was found, and what more is known about it.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) editions: Vec<Edition>,
    /// Those about which someone has decided something.
    pub(super) bulletins: Vec<BulletinRecord>,
    pub(super) tallies: BTreeMap<EditionNumber, Tally>,
    /// Everything that needs a person.
    pub(super) attention: Vec<Attention>,
    /// What is told of it under [`NoticeKind::Attention`](crate::domain::notice::NoticeKind), by its key.
    pub(super) needs_a_person: BTreeMap<String, Attention>,
}

impl Found {
    /// An edition or a bulletin by the number under which it is sent: what people call it, and how far it has come.
    pub(super) fn mailing(&self, number: EditionNumber) -> Option<(MailingName, &Edition)> {
        let edition = self.editions.iter().find(|edition| edition.number == number);
        let bulletin = || self.bulletins.iter().find(|bulletin| bulletin.course.number == number);
        match edition {
            Some(edition) => Some((MailingName::Edition(number), edition)),
            None => bulletin().map(|bulletin| (MailingName::Bulletin(bulletin.name.clone()), &bulletin.course)),
        }
    }
}
