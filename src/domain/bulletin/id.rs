//! The number of a bulletin, and where it stands among the numbers of editions.

use serde::{Deserialize, Serialize};

use crate::domain::edition::EditionNumber;

/// Mailings from this number on are bulletins: no calendar has so many fortnights.
const FIRST: u32 = 1 << 31;

/// A bulletin's number, from 1 and used once. It stands in no file: people know a bulletin by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BulletinId(pub u32);

impl BulletinId {
    /// The number under which it is sent. The outbox, the archive, bounces and tokens have one number for every mail that goes to
    /// many, so all that they do for editions they do for bulletins, too.
    pub fn mailing(self) -> EditionNumber {
        EditionNumber(FIRST | self.0)
    }

    /// The bulletin that is sent under this number; none where it is an edition's.
    pub fn of(number: EditionNumber) -> Option<Self> {
        (number.0 >= FIRST).then_some(Self(number.0 & !FIRST))
    }

    /// The highest number that an edition may have.
    pub const LAST_EDITION: EditionNumber = EditionNumber(FIRST - 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulletin_is_never_taken_for_an_edition() {
        for id in [1, 2, 77, FIRST - 1].map(BulletinId) {
            assert_eq!(BulletinId::of(id.mailing()), Some(id));
            assert!(id.mailing() > BulletinId::LAST_EDITION);
        }
        assert_eq!([1, 26, BulletinId::LAST_EDITION.0].map(|n| BulletinId::of(EditionNumber(n))), [None; 3]);
    }
}
