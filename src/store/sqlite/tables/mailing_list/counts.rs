//! What is counted of the mailing list, kept up to date by the transaction that changes it.
//!
//! What a mailbox that changed added to the counts is taken away, and what it adds now is added. The others of its subscriber are
//! asked only where they matter: whether one of them speaks for it still, or when they come to another segment with it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::band::{BandName, BandSet};
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::{Locale, MailboxState, Profile, RecipientId, Sector, SubscriberCounts, SubscriberId};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::columns::BandBook;

/// The row of `list_counts` that counts suppressed addresses.
const SUPPRESSED: &str = "suppressed";

/// What the changes of a list come to.
#[derive(Default)]
struct Counting {
    readers: BTreeMap<(i64, Sector, Locale), i64>,
    list: BTreeMap<&'static str, i64>,
}

/// Counts what was changed of the list; all of it is written.
pub(super) fn count(conn: &Connection, list: &MailingList, bands: &BandBook) -> Result<(), SqliteError> {
    let mut counting = Counting::default();
    let suppressions = &list.changes().suppressions;
    let before: i64 = suppressions.values().flatten().map(|_| 1).sum();
    let after: i64 = suppressions.keys().filter_map(|key| list.suppression_of(*key)).map(|_| 1).sum();
    counting.add_to_list(SUPPRESSED, after - before);
    let changed = Changed::of(list);
    counting.count_changed(list, bands, &changed);
    counting.count_others(conn, list, &changed)?;
    counting.count_subscribers(conn, list, &changed)?;
    counting.write(conn)
}

/// The mailboxes that may count otherwise now, as they were and as they are.
struct Changed<'a>(BTreeMap<RecipientId, (Option<&'a Mailbox>, &'a Mailbox)>);

impl<'a> Changed<'a> {
    fn of(list: &'a MailingList) -> Self {
        let changes = list.changes();
        let of = |now: &'a Mailbox| match changes.mailboxes.get(&now.id) {
            Some(before) => Some((now.id, (before.as_ref(), now))),
            None => changes.suppressions.contains_key(&now.key).then_some((now.id, (Some(now), now))),
        };
        Self(list.mailboxes().filter_map(of).collect())
    }

    /// The highest rank among them by subscriber, as they were and as they are.
    fn best(&self) -> BTreeMap<SubscriberId, [u8; 2]> {
        let mut best: BTreeMap<_, [u8; 2]> = BTreeMap::new();
        for (before, now) in self.0.values() {
            for (at, mailbox) in [*before, Some(*now)].into_iter().enumerate() {
                let Some(mailbox) = mailbox else { continue };
                let best = &mut best.entry(mailbox.owner).or_default()[at];
                *best = rank(mailbox.state).max(*best);
            }
        }
        best
    }

    /// Those of a subscriber that are not among them and have this state, in the order of their numbers.
    fn others(&self, conn: &Connection, owner: SubscriberId, state: MailboxState) -> Result<Vec<Other>, SqliteError> {
        let query = "SELECT id, bands, EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac) FROM recipients r
                     WHERE owner = ?1 AND state = ?2";
        let all = sql::rows(conn, query, (sql::column(owner.0)?, state), |row| {
            Ok((RecipientId(sql::count(row.get(0)?)), Other { mask: row.get(1)?, is_suppressed: row.get(2)? }))
        })?;
        Ok(all.into_iter().filter(|(id, _)| !self.0.contains_key(id)).map(|(_, other)| other).collect())
    }

    /// Whether a subscriber has one that is not among them and has this state: the first that is found will do.
    fn has_other(&self, conn: &Connection, owner: SubscriberId, state: MailboxState) -> Result<bool, SqliteError> {
        let query = "SELECT id FROM recipients WHERE owner = ?1 AND state = ?2";
        let mut statement = conn.prepare_cached(query)?;
        let mut rows = statement.query((sql::column(owner.0)?, state))?;
        while let Some(row) = rows.next()? {
            if !self.0.contains_key(&RecipientId(sql::count(row.get(0)?))) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A mailbox that did not change.
struct Other {
    mask: i64,
    is_suppressed: bool,
}

impl Counting {
    /// The mailboxes that changed, in the segments of their subscribers as these were and as they are.
    fn count_changed(&mut self, list: &MailingList, bands: &BandBook, changed: &Changed<'_>) {
        let suppressed_before = |key| match list.changes().suppressions.get(&key) {
            Some(before) => before.is_some(),
            None => list.suppression_of(key).is_some(),
        };
        for (before, now) in changed.0.values() {
            if let Some(before) = before.filter(|one| one.is_active() && !suppressed_before(one.key)) {
                let segment = profile_before(list, before.owner).map(segment);
                self.add_reader(bands.seen(&before.bands), segment, -1);
            }
            if now.is_active() && list.suppression_of(now.key).is_none() {
                let segment = list.organisation(now.owner).map(|owner| segment(&owner.profile));
                self.add_reader(bands.seen(&now.bands), segment, 1);
            }
        }
    }

    /// Where a subscriber came to other segments, all that it has.
    fn count_others(
        &mut self,
        conn: &Connection,
        list: &MailingList,
        changed: &Changed<'_>,
    ) -> Result<(), SqliteError> {
        for (id, before) in &list.changes().organisations {
            let before = before.as_ref().map(|before| segment(&before.profile));
            let now = list.organisation(*id).map(|now| segment(&now.profile));
            if before.is_none() || before == now {
                continue;
            }
            for other in changed.others(conn, *id, MailboxState::Active)?.iter().filter(|other| !other.is_suppressed) {
                self.add_reader(other.mask, before, -1);
                self.add_reader(other.mask, now, 1);
            }
        }
        Ok(())
    }

    /// Subscribers, by the best of all of their mailboxes.
    fn count_subscribers(
        &mut self,
        conn: &Connection,
        list: &MailingList,
        changed: &Changed<'_>,
    ) -> Result<(), SqliteError> {
        let mut best = changed.best();
        let is_new = |id: &SubscriberId| list.changes().organisations.get(id).is_some_and(Option::is_none);
        for id in list.changes().organisations.keys().filter(|id| is_new(id)) {
            self.add_to_list(word(best.remove(id).map_or(0, |[_, now]| now)), 1);
        }
        for (id, [before, now]) in best.into_iter().filter(|(_, [before, now])| before != now) {
            let mut others = 0;
            for state in [MailboxState::Active, MailboxState::Pending] {
                // One that is no better than the worse of the two changes nothing.
                if others == 0 && rank(state) > before.min(now) && changed.has_other(conn, id, state)? {
                    others = rank(state);
                }
            }
            self.add_to_list(word(before.max(others)), -1);
            self.add_to_list(word(now.max(others)), 1);
        }
        Ok(())
    }

    fn write(self, conn: &Connection) -> Result<(), SqliteError> {
        let add = "INSERT INTO reader_counts (bands, sector, locale, mailboxes) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET mailboxes = mailboxes + excluded.mailboxes";
        for ((mask, sector, locale), number) in self.readers.into_iter().filter(|(_, number)| *number != 0) {
            sql::run(conn, add, (mask, sector, locale, number))?;
        }
        let add = "INSERT INTO list_counts (what, count) VALUES (?1, ?2)
                   ON CONFLICT DO UPDATE SET count = count + excluded.count";
        self.list.into_iter().filter(|(_, number)| *number != 0).try_for_each(|one| sql::run(conn, add, one).map(drop))
    }

    /// A subscriber that was not read has no segment, and no mailbox that changed.
    fn add_reader(&mut self, mask: i64, segment: Option<(Sector, Locale)>, times: i64) {
        let Some((sector, locale)) = segment else { return };
        *self.readers.entry((mask, sector, locale)).or_default() += times;
    }

    fn add_to_list(&mut self, what: &'static str, times: i64) {
        *self.list.entry(what).or_default() += times;
    }
}

/// Which of a subscriber's mailboxes speaks for it: the highest.
fn rank(state: MailboxState) -> u8 {
    match state {
        MailboxState::Active => 2,
        MailboxState::Pending => 1,
        MailboxState::Ended => 0,
    }
}

/// The row of `list_counts` for subscribers whose best mailbox has this rank.
fn word(rank: u8) -> &'static str {
    let states = [MailboxState::Active, MailboxState::Pending];
    states.into_iter().find(|state| self::rank(*state) == rank).unwrap_or(MailboxState::Ended).as_str()
}

fn profile_before(list: &MailingList, id: SubscriberId) -> Option<&Profile> {
    let before = list.changes().organisations.get(&id).and_then(Option::as_ref);
    before.or_else(|| list.organisation(id)).map(|one| &one.profile)
}

fn segment(profile: &Profile) -> (Sector, Locale) {
    (profile.sector, profile.locale)
}

/// Mailboxes that get digests, by segment, counting only bands in `served`.
pub(in crate::store::sqlite) fn audience(conn: &Connection, served: &BandSet) -> Result<Vec<Segment>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT bands & ?1 AS mask, sector, locale, sum(mailboxes) AS number FROM reader_counts
                 WHERE bands & ?1 <> 0 GROUP BY mask, sector, locale HAVING number > 0";
    let mut segments = sql::rows(conn, query, [bands.seen(served)], |row| {
        let key = SegmentKey { bands: bands.set(row.get(0)?), sector: row.get(1)?, locale: row.get(2)? };
        Ok(Segment { key, recipients: sql::count(row.get(3)?) })
    })?;
    segments.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(segments)
}

/// Mailboxes that get digests, by band.
pub(in crate::store::sqlite) fn readers(conn: &Connection) -> Result<BTreeMap<BandName, u64>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT bands, sum(mailboxes) AS number FROM reader_counts GROUP BY bands HAVING number > 0";
    let groups = sql::rows(conn, query, [], |row| Ok((bands.set(row.get(0)?), sql::count(row.get(1)?))))?;
    let mut readers = BTreeMap::new();
    for (band, number) in groups.into_iter().flat_map(|(set, number)| set.into_iter().map(move |band| (band, number))) {
        *readers.entry(band).or_default() += number;
    }
    Ok(readers)
}

/// Subscribers by their best mailbox.
pub(in crate::store::sqlite) fn subscribers(conn: &Connection) -> Result<SubscriberCounts, SqliteError> {
    let number = |state: MailboxState| one(conn, state.as_str());
    Ok(SubscriberCounts {
        active: number(MailboxState::Active)?,
        pending: number(MailboxState::Pending)?,
        ended: number(MailboxState::Ended)?,
    })
}

/// Addresses that get no mail.
pub(in crate::store::sqlite) fn suppressions(conn: &Connection) -> Result<u64, SqliteError> {
    one(conn, SUPPRESSED)
}

fn one(conn: &Connection, what: &str) -> Result<u64, SqliteError> {
    let count = sql::row(conn, "SELECT count FROM list_counts WHERE what = ?1", [what], |row| Ok(row.get(0)?))?;
    Ok(count.map_or(0, sql::count))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::change;
    use super::*;
    use crate::domain::subscriber::SuppressionReason;
    use crate::domain::subscription::suppression::AddressHasher;
    use crate::domain::subscription::unsubscribe::leave;
    use crate::store::Scope;
    use crate::store::sqlite::engine::connect;

    /// What SQLite does, in its own steps, when one of so many mailboxes of a subscriber leaves.
    fn steps_of_leaving(mailboxes: u64) -> u64 {
        let conn = connect::memory().unwrap();
        let fill = format!(
            "INSERT INTO names (id, name) VALUES (1, 'Hill');
             INSERT INTO subscribers (id, name_id, sector, locale, origin, created_at) VALUES (1, 1, 0, 0, 1, 1);
             CREATE TEMP TABLE n AS
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {mailboxes}) SELECT i FROM n;
             INSERT INTO recipients (id, address, mac, owner, bands, state, created_at)
                 SELECT i, 's' || i || '@x.example', randomblob(16), 1, 1, 1, 1 FROM n;
             INSERT INTO subscriptions (recipient, subscriber, origin, bands, since) SELECT i, 1, 1, 1, 1 FROM n;"
        );
        conn.execute_batch(&fill).unwrap();
        let (hasher, last) = (AddressHasher::new(&[7; 32]), RecipientId(mailboxes));
        let decide = |list: &mut MailingList| {
            leave(list, last, SuppressionReason::Unsubscribed, "test");
        };
        let (scope, at) = (Scope::Mailbox(last), DateTime::UNIX_EPOCH);
        sql::steps(conn, |conn| change(conn, (&hasher, at), &scope, None, decide).unwrap()).1
    }

    #[test]
    fn one_of_many_mailboxes_is_counted_without_the_others() {
        let (few, many) = (steps_of_leaving(3), steps_of_leaving(3_000));
        assert!(few > 100 && many < few + 100, "{few} steps with few, {many} with many");
    }
}
