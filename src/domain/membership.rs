//! Whose a mailbox is, which bands it gets and whether it gets any (contract §3, Sync).

use std::cmp::Reverse;

use super::band::BandSet;
use super::subscriber::{MailboxState, SubscriberId, SubscriptionRecord};

/// What a mailbox's subscriptions come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The subscriber that it belongs to: the first that named it and still does, else the last that did.
    pub owner: SubscriberId,
    /// Its own choice, else what its active subscriptions name together.
    pub bands: BandSet,
    /// Active while a subscription is and the mailbox is not suppressed. (Pending is the store's to say.)
    pub state: MailboxState,
}

/// Where a mailbox with these subscriptions stands; `None` when nothing ever named it.
///
/// `choice` is its own last choice of bands; an empty one is still a choice, and reaches nobody (invariant 6).
pub fn standing(subscriptions: &[SubscriptionRecord], choice: Option<&BandSet>, suppressed: bool) -> Option<Standing> {
    let active = || subscriptions.iter().filter(|s| s.ended.is_none());
    let first = active().min_by_key(|s| (s.since, s.subscriber));
    let last = || subscriptions.iter().min_by_key(|s| (Reverse(s.ended), s.since, s.subscriber));
    Some(Standing {
        owner: first.or_else(last)?.subscriber,
        bands: choice.cloned().unwrap_or_else(|| active().flat_map(|s| &s.bands).cloned().collect()),
        state: if first.is_some() && !suppressed { MailboxState::Active } else { MailboxState::Ended },
    })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::subscriber::Origin;

    fn day(n: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(n * 86_400, 0).unwrap()
    }

    fn bands(names: &str) -> BandSet {
        names.split_whitespace().map(|name| name.parse().unwrap()).collect()
    }

    fn subscription(subscriber: u64, names: &str, since: i64, ended: Option<i64>) -> SubscriptionRecord {
        SubscriptionRecord {
            subscriber: SubscriberId(subscriber),
            origin: Origin::Config,
            bands: bands(names),
            since: day(since),
            ended: ended.map(day),
        }
    }

    fn check(subscriptions: &[SubscriptionRecord], choice: Option<&str>, suppressed: bool) -> (u64, BandSet, bool) {
        let choice = choice.map(bands);
        let found = standing(subscriptions, choice.as_ref(), suppressed).unwrap();
        (found.owner.0, found.bands, found.state == MailboxState::Active)
    }

    #[test]
    fn belongs_to_the_first_and_gets_the_union() {
        let two = [subscription(9, "8-10", 2, None), subscription(3, "4-5 5-7", 1, None)];
        assert_eq!(check(&two, None, false), (3, bands("4-5 5-7 8-10"), true));
        let same_day = [subscription(9, "8-10", 1, None), subscription(3, "4-5", 1, None)];
        assert_eq!(check(&same_day, None, false), (3, bands("4-5 8-10"), true));
    }

    #[test]
    fn an_ended_subscription_gives_neither_owner_nor_bands() {
        let moved = [subscription(1, "4-5", 1, Some(5)), subscription(2, "8-10", 3, None)];
        assert_eq!(check(&moved, None, false), (2, bands("8-10"), true));
    }

    #[test]
    fn its_own_choice_wins() {
        let one = [subscription(1, "4-5", 1, None)];
        assert_eq!(check(&one, Some("14+"), false), (1, bands("14+"), true));
        assert_eq!(check(&one, Some(""), false), (1, bands(""), true));
    }

    #[test]
    fn without_an_active_subscription_it_is_the_last_owners_and_gets_nothing() {
        let gone = [subscription(1, "4-5", 1, Some(9)), subscription(2, "8-10", 3, Some(5))];
        assert_eq!(check(&gone, None, false), (1, bands(""), false));
        let together = [subscription(7, "4-5", 3, Some(9)), subscription(2, "8-10", 3, Some(9))];
        assert_eq!(check(&together, None, false), (2, bands(""), false));
        assert_eq!(standing(&[], None, false), None);
    }

    #[test]
    fn a_suppressed_mailbox_is_ended_whatever_names_it() {
        assert_eq!(check(&[subscription(1, "4-5", 1, None)], None, true), (1, bands("4-5"), false));
    }
}
