//! A day's cap on what all processes hand over together.

use chrono::{DateTime, Utc};

use crate::domain::edition::EditionNumber;

/// `mail.daily_cap`: so many of the editions' mails may be handed over in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyCap {
    pub most: u32,
    /// When the day began.
    pub since: DateTime<Utc>,
}

impl DailyCap {
    /// How many more may be taken in hand, where so many were handed over since then, and so many are in someone's hands: each
    /// of those may be handed over, too.
    pub fn left(self, handed_over: u64, in_hand: u64) -> u32 {
        let left = u64::from(self.most).saturating_sub(handed_over).saturating_sub(in_hand);
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// What is asked for at once where it leaves so many: what belongs to no edition it does not concern.
    pub fn bound(left: u32, edition: Option<EditionNumber>, limit: u32) -> (Option<EditionNumber>, u32) {
        if left == 0 { (None, limit) } else { (edition, limit.min(left)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_hand_counts_as_if_it_were_handed_over() {
        let cap = DailyCap { most: 100, since: DateTime::UNIX_EPOCH };
        assert_eq!((cap.left(0, 0), cap.left(60, 30), cap.left(60, 40)), (100, 10, 0));
        assert_eq!((cap.left(90, 40), cap.left(u64::MAX, u64::MAX)), (0, 0));
    }
}
