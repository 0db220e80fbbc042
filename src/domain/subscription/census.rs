//! Who was subscribed at a moment, who joined and who left: counts over mailboxes, without a name.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::domain::band::{BandName, BandSet};
use crate::domain::subscriber::{EndedBy, RecipientId, Sector, SubscriberId, Subscription};

/// A mailbox with its subscriptions. Those stay when it is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub recipient: RecipientId,
    /// The subscriber that it belongs to.
    pub owner: SubscriberId,
    /// That subscriber's.
    pub sector: Sector,
    /// The bands that it chose itself, if it did.
    pub chosen: Option<BandSet>,
    pub subscriptions: Vec<Subscription>,
}

impl Membership {
    /// From when on it was subscribed; nothing where it never was.
    fn begin(&self) -> Option<DateTime<Utc>> {
        self.subscriptions.iter().map(|one| one.since).min()
    }

    /// When the last of its subscriptions ended, and how; nothing while it has one.
    fn end(&self) -> Option<(DateTime<Utc>, EndedBy)> {
        if self.subscriptions.iter().any(|one| one.ended.is_none()) {
            return None;
        }
        let ends = self.subscriptions.iter().filter_map(|one| Some((one.ended?, one.ended_by)));
        ends.max_by_key(|(at, _)| *at).map(|(at, by)| (at, by.unwrap_or(EndedBy::Operator)))
    }

    /// The bands that it got at a moment, each once.
    fn bands(&self, at: DateTime<Utc>) -> BTreeSet<&BandName> {
        let had = |one: &&Subscription| one.since < at && one.ended.is_none_or(|ended| ended >= at);
        match &self.chosen {
            Some(chosen) => chosen.iter().collect(),
            None => self.subscriptions.iter().filter(had).flat_map(|one| one.bands.iter()).collect(),
        }
    }
}

/// What came of a period. `before` + `joined` − all of `left` is `after`. A mailbox that left and came back counts as one that
/// stayed, or joined when it came back: what ended before that is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// Mailboxes that were subscribed when the period began.
    pub before: u64,
    pub joined: u64,
    /// Mailboxes whose last subscription ended, by what ended it.
    pub left: BTreeMap<EndedBy, u64>,
    /// Mailboxes that were subscribed when it ended.
    pub after: u64,
    /// Of these, by sector.
    pub sectors: BTreeMap<Sector, u64>,
    /// Of these, by band: one that gets several bands is counted in each.
    pub bands: BTreeMap<BandName, u64>,
    /// The subscribers that they belong to.
    subscribers: BTreeMap<Sector, HashSet<SubscriberId>>,
}

impl Census {
    /// Counts one mailbox; the end of the period is no part of it.
    pub fn count(&mut self, mailbox: &Membership, period: &Range<DateTime<Utc>>) {
        let Some(begin) = mailbox.begin() else { return };
        let end = mailbox.end();
        if begin >= period.end || end.is_some_and(|(at, _)| at < period.start) {
            return;
        }
        if begin < period.start {
            self.before += 1;
        } else {
            self.joined += 1;
        }
        match end.filter(|(at, _)| *at < period.end) {
            Some((_, by)) => *self.left.entry(by).or_default() += 1,
            None => self.count_present(mailbox, period.end),
        }
    }

    fn count_present(&mut self, mailbox: &Membership, at: DateTime<Utc>) {
        self.after += 1;
        *self.sectors.entry(mailbox.sector).or_default() += 1;
        self.subscribers.entry(mailbox.sector).or_default().insert(mailbox.owner);
        for band in mailbox.bands(at) {
            match self.bands.get_mut(band) {
                Some(count) => *count += 1,
                None => drop(self.bands.insert(band.clone(), 1)),
            }
        }
    }

    /// Subscribers of a sector that had a mailbox when the period ended.
    pub fn subscribers(&self, sector: Sector) -> u64 {
        self.subscribers.get(&sector).map_or(0, |all| all.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::*;
    use crate::domain::subscriber::Origin;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(days * 86_400, 0).unwrap()
    }

    fn subscription(since: i64, ended: Option<(i64, EndedBy)>, bands: &str) -> Subscription {
        Subscription {
            subscriber: SubscriberId(1),
            origin: Origin::Cli,
            bands: bands.split(' ').map(|band| band.parse().unwrap()).collect(),
            since: at(since),
            ended: ended.map(|(days, _)| at(days)),
            ended_by: ended.map(|(_, by)| by),
        }
    }

    fn mailbox(subscriptions: Vec<Subscription>) -> Membership {
        let (recipient, owner, sector) = (RecipientId(1), SubscriberId(1), Sector::School);
        Membership { recipient, owner, sector, chosen: None, subscriptions }
    }

    #[test]
    fn each_mailbox_is_counted_once_where_it_belongs() {
        let period = at(100)..at(200);
        let mut census = Census::default();
        for mailbox in [
            mailbox(vec![subscription(10, None, "4-5")]),
            mailbox(vec![subscription(10, Some((20, EndedBy::Bounced)), "4-5")]),
            mailbox(vec![subscription(10, Some((150, EndedBy::Bounced)), "4-5")]),
            mailbox(vec![subscription(100, Some((199, EndedBy::Complained)), "4-5")]),
            mailbox(vec![subscription(120, Some((200, EndedBy::Unsubscribed)), "4-5 5-7")]),
            mailbox(vec![subscription(200, None, "4-5")]),
            // One of two subscriptions ended: it is still there, with what the other asks for.
            mailbox(vec![subscription(50, Some((60, EndedBy::Config)), "4-5"), subscription(50, None, "14+")]),
            mailbox(Vec::new()),
        ] {
            census.count(&mailbox, &period);
        }
        assert_eq!((census.before, census.joined, census.after), (3, 2, 3));
        assert_eq!(census.left, [(EndedBy::Bounced, 1), (EndedBy::Complained, 1)].into());
        let bands: Vec<_> = census.bands.iter().map(|(band, count)| (band.as_str(), *count)).collect();
        assert_eq!(bands, [("14+", 1), ("4-5", 2), ("5-7", 1)]);
        assert_eq!((census.sectors[&Sector::School], census.subscribers(Sector::School)), (3, 1));
        assert_eq!(census.subscribers(Sector::Health), 0);
    }

    proptest! {
        #[test]
        fn the_figures_add_up(spells in prop::collection::vec((0..300_i64, prop::option::of(0..300_i64), any::<bool>()), 0..40)) {
            let period = at(100)..at(200);
            let mut census = Census::default();
            for (since, length, is_by_file) in spells {
                let by = if is_by_file { EndedBy::Config } else { EndedBy::Unsubscribed };
                census.count(&mailbox(vec![subscription(since, length.map(|days| (since + days, by)), "4-5")]), &period);
            }
            let left: u64 = census.left.values().sum();
            prop_assert_eq!(census.before + census.joined, left + census.after);
            prop_assert_eq!(census.sectors.values().sum::<u64>(), census.after);
        }
    }
}
