//! What is counted of the mailing list, kept up to date by the transaction that changes it.
//!
//! What a subscriber adds to the counts is taken away as it was before, and added as it is after. A new one is counted from
//! the list that the decision changed, so that an import asks nothing for it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::domain::band::{BandName, BandSet};
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::{Locale, MailboxState, Sector, SubscriberCounts, SubscriberId};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::columns::BandBook;

/// The row of `list_counts` that counts suppressed addresses.
const SUPPRESSED: &str = "suppressed";

/// What the changes of a list come to.
pub(super) struct Counting {
    readers: BTreeMap<(i64, Sector, Locale), i64>,
    list: BTreeMap<&'static str, i64>,
    /// Those that were there before and may count otherwise afterwards.
    known: BTreeSet<SubscriberId>,
}

impl Counting {
    /// Before anything is written.
    pub(super) fn before(conn: &Connection, list: &MailingList) -> Result<Self, SqliteError> {
        let mut counting = Self { readers: BTreeMap::new(), list: BTreeMap::new(), known: touched(list) };
        counting.known.retain(|id| !is_new(list, *id));
        counting.count_known(conn, -1)?;
        let suppressions = &list.changes().suppressions;
        let before: i64 = suppressions.values().flatten().map(|_| 1).sum();
        let after: i64 = suppressions.keys().filter_map(|key| list.suppression_of(*key)).map(|_| 1).sum();
        counting.add_to_list(SUPPRESSED, after - before);
        Ok(counting)
    }

    /// After everything was written.
    pub(super) fn after(mut self, conn: &Connection, list: &MailingList, bands: &BandBook) -> Result<(), SqliteError> {
        self.count_known(conn, 1)?;
        self.count_new(list, bands);
        let add = "INSERT INTO reader_counts (bands, sector, locale, mailboxes) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET mailboxes = mailboxes + excluded.mailboxes";
        for ((mask, sector, locale), number) in self.readers.into_iter().filter(|(_, number)| *number != 0) {
            sql::run(conn, add, (mask, sector, locale, number))?;
        }
        let add = "INSERT INTO list_counts (what, count) VALUES (?1, ?2)
                   ON CONFLICT DO UPDATE SET count = count + excluded.count";
        self.list.into_iter().filter(|(_, number)| *number != 0).try_for_each(|one| sql::run(conn, add, one).map(drop))
    }

    /// What is stored of subscribers that were there before, `times` over.
    fn count_known(&mut self, conn: &Connection, times: i64) -> Result<(), SqliteError> {
        let query = "SELECT s.sector, s.locale, r.state, r.bands,
                            EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)
                     FROM subscribers s LEFT JOIN recipients r ON r.owner = s.id WHERE s.id = ?1";
        for id in self.known.clone() {
            let mut best = None;
            sql::rows(conn, query, [sql::column(id.0)?], |row| {
                let state = row.get::<_, Option<_>>(2)?.unwrap_or(MailboxState::Ended);
                best = best.max(Some(rank(state)));
                if state == MailboxState::Active && !row.get::<_, bool>(4)? {
                    self.add_reader(row.get(3)?, row.get(0)?, row.get(1)?, times);
                }
                Ok(())
            })?;
            if let Some(best) = best {
                self.add_to_list(word(best), times);
            }
        }
        Ok(())
    }

    /// New subscribers with their mailboxes: all of them are on the list.
    fn count_new(&mut self, list: &MailingList, bands: &BandBook) {
        let new = list.changes().organisations.keys().filter(|id| is_new(list, **id));
        let mut best: BTreeMap<SubscriberId, u8> = new.map(|id| (*id, 0)).collect();
        for mailbox in list.mailboxes() {
            let Some(best) = best.get_mut(&mailbox.owner) else { continue };
            *best = rank(mailbox.state).max(*best);
            let Some(owner) = list.organisation(mailbox.owner) else { continue };
            if mailbox.is_active() && list.suppression_of(mailbox.key).is_none() {
                self.add_reader(bands.seen(&mailbox.bands), owner.profile.sector, owner.profile.locale, 1);
            }
        }
        for best in best.into_values() {
            self.add_to_list(word(best), 1);
        }
    }

    fn add_reader(&mut self, mask: i64, sector: Sector, locale: Locale, times: i64) {
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

fn is_new(list: &MailingList, id: SubscriberId) -> bool {
    list.changes().organisations.get(&id).is_some_and(Option::is_none)
}

/// Every subscriber that may count otherwise once the changes are written.
fn touched(list: &MailingList) -> BTreeSet<SubscriberId> {
    let changes = list.changes();
    let before = changes.mailboxes.values().flatten().map(|mailbox| mailbox.owner);
    let of_changes = |mailbox: &&Mailbox| {
        changes.mailboxes.contains_key(&mailbox.id) || changes.suppressions.contains_key(&mailbox.key)
    };
    let after = list.mailboxes().filter(of_changes).map(|mailbox| mailbox.owner);
    changes.organisations.keys().copied().chain(before).chain(after).collect()
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
