//! Reads the part of the mailing list that a decision is about.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Params, Row};

use super::waves;
use crate::domain::address::Address;
use crate::domain::bulletin::BulletinId;
use crate::domain::delivery::DeliveryId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{MailboxState, Origin, RecipientId, SubscriberId, Subscription};
use crate::domain::subscription::bounce::{LOOK_BACK, Meaning, PastDelivery};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::request::{Request, RequestId, RequestKind};
use crate::domain::subscription::rows::{DeliveryHistory, Numbers, Organisation, Rows};
use crate::domain::subscription::suppression::{AddressHasher, AddressKey};
use crate::domain::subscription::wave::{ToldBy, Verdict, WaveId, WaveMember, WaveState};
use crate::store::Scope;
use crate::store::shared::mailboxes::oldest_first;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::columns::BandBook;
use crate::store::sqlite::tables::{columns, forget, meta};

/// What `scope` names, and the bands that the store knows.
pub(in crate::store::sqlite) fn read(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    scope: &Scope,
) -> Result<(MailingList, BandBook), SqliteError> {
    let (bands, rows) = (BandBook::open(conn)?, Rows::default());
    let (mailboxes, organisations, keys) = (HashSet::new(), HashSet::new(), HashSet::new());
    // As exact as what is stored, so that what is written now equals what is read later.
    let at = sql::instant(sql::millis(at))?;
    let mut reader = Reader { conn, hasher, bands, at, rows, mailboxes, organisations, keys };
    reader.scope(scope)?;
    let Reader { bands, rows, .. } = reader;
    Ok((MailingList::new(rows, hasher.clone(), at), bands))
}

struct Reader<'a> {
    conn: &'a Connection,
    hasher: &'a AddressHasher,
    bands: BandBook,
    at: DateTime<Utc>,
    rows: Rows,
    mailboxes: HashSet<RecipientId>,
    organisations: HashSet<SubscriberId>,
    keys: HashSet<AddressKey>,
}

/// What the file made, as the index `subscribers_config` has it, so the number must stand here.
fn config_subscribers() -> String {
    format!("SELECT id FROM subscribers WHERE origin = {}", Origin::Config.code())
}

fn config_mailboxes() -> String {
    let config = Origin::Config.code();
    format!(
        "SELECT DISTINCT s.recipient FROM subscribers o
         CROSS JOIN subscriptions s ON s.subscriber = o.id AND s.origin = {config} WHERE o.origin = {config}"
    )
}

/// Who waits for a click, as the index `recipients_pending` has it.
fn pending() -> String {
    let pending = MailboxState::Pending.code();
    format!("SELECT id FROM recipients WHERE state = {pending} AND id > ?1 ORDER BY id LIMIT ?2")
}

/// The statement that reads mailboxes by this condition.
macro_rules! mailboxes_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, address, mac, owner, bands, chosen, state, created_at, changed_at FROM recipients WHERE ",
            $condition
        )
    };
}

impl Reader<'_> {
    fn scope(&mut self, scope: &Scope) -> Result<(), SqliteError> {
        self.rows.next = self.numbers()?;
        match scope {
            Scope::Addresses(addresses, urns) => {
                addresses.iter().try_for_each(|address| self.address(address))?;
                urns.iter().try_for_each(|urn| self.urn(urn))?;
                self.rows.unfinished_imports = meta::unfinished_imports(self.conn)?;
                self.asked_lately()
            }
            Scope::Config(addresses) => {
                self.rows.syncs = meta::syncs(self.conn)?;
                addresses.iter().try_for_each(|address| self.address(address))?;
                self.config()
            }
            Scope::Sync(addresses, subscribers) => {
                self.rows.syncs = meta::syncs(self.conn)?;
                addresses.iter().try_for_each(|address| self.address(address))?;
                subscribers.iter().try_for_each(|id| self.organisation(*id))
            }
            Scope::Mailbox(id) => {
                self.number(*id)?;
                self.asked_lately()
            }
            Scope::Request(id) => {
                let query = "SELECT recipient FROM requests WHERE id = ?1";
                self.numbered(query, [sql::column(id.0)?])
            }
            Scope::Delivery(id, meaning, server) => {
                self.number(id.recipient)?;
                self.rows.history = self.history(*id)?;
                self.rows.context.server.clone_from(server);
                if *meaning == Meaning::Gone { self.groups(*id) } else { Ok(()) }
            }
            Scope::Wave(id, after, limit) => {
                self.rows.wave = waves::with_bounces(self.conn, *id, *after, *limit)?;
                let bounces = self.rows.wave.iter().flat_map(|part| &part.bounces);
                let members = bounces.map(|bounce| bounce.recipient);
                members.collect::<Vec<_>>().into_iter().try_for_each(|id| self.number(id))
            }
            Scope::Suppressed(reason, since, after, limit) => {
                let query = "SELECT mac FROM suppressions WHERE mac > coalesce(?3, x'') AND reason = ?1 AND at >= ?2
                             ORDER BY mac LIMIT ?4";
                let values = (reason.as_str(), sql::millis(*since), after.map(|key| key.0), limit);
                let keys = sql::rows(self.conn, query, values, |row| Ok(AddressKey(row.get(0)?)))?;
                keys.into_iter().try_for_each(|key| self.key(key).and_then(|()| self.holder(key)))
            }
            Scope::Person(address) => {
                self.address(address)?;
                self.note_others()
            }
            Scope::Pending(after, limit) => self.numbered(&pending(), (sql::column(after.0)?, limit)),
            Scope::Ended(after, limit) => {
                self.ended(*after, *limit)?;
                self.note_others()
            }
        }
    }

    /// The numbers that SQLite would give next (<https://sqlite.org/autoinc.html>).
    fn numbers(&self) -> Result<Numbers, SqliteError> {
        let next = |table: &str| -> Result<u64, SqliteError> {
            let query = "SELECT seq + 1 FROM sqlite_sequence WHERE name = ?1";
            Ok(sql::row(self.conn, query, [table], |row| Ok(row.get(0)?))?.map_or(1, sql::count))
        };
        Ok(Numbers {
            subscriber: next("subscribers")?,
            recipient: next("recipients")?,
            request: next("requests")?,
            wave: next("waves")?,
        })
    }

    fn address(&mut self, address: &Address) -> Result<(), SqliteError> {
        let key = self.hasher.key(address);
        self.key(key)?;
        self.holder(key)
    }

    fn number(&mut self, id: RecipientId) -> Result<(), SqliteError> {
        self.mailboxes(mailboxes_where!("id = ?1"), [sql::column(id.0)?])
    }

    /// The mailboxes whose numbers a query finds.
    fn numbered(&mut self, query: &str, params: impl Params) -> Result<(), SqliteError> {
        let ids = sql::rows(self.conn, query, params, |row| Ok(RecipientId(sql::count(row.get(0)?))))?;
        for id in ids {
            if !self.mailboxes.contains(&id) {
                self.number(id)?;
            }
        }
        Ok(())
    }

    /// The mailboxes that a query finds, with all that belongs to each.
    fn mailboxes(&mut self, query: &str, params: impl Params) -> Result<(), SqliteError> {
        let bands = &self.bands;
        for mailbox in sql::rows(self.conn, query, params, |row| mailbox(bands, row))? {
            if self.mailboxes.insert(mailbox.id) {
                self.add(mailbox)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, mut mailbox: Mailbox) -> Result<(), SqliteError> {
        mailbox.subscriptions = self.subscriptions(mailbox.id)?;
        mailbox.requests = self.requests(mailbox.id)?;
        mailbox.subscribers().into_iter().try_for_each(|id| self.organisation(id))?;
        let (key, is_known) = (mailbox.key, mailbox.address.is_some());
        self.rows.mailboxes.push(mailbox);
        self.key(key)?;
        // It was forgotten; if it was subscribed anew since, that is another row with the same hash.
        if is_known { Ok(()) } else { self.holder(key) }
    }

    /// The mailbox that has the address of this hash.
    fn holder(&mut self, key: AddressKey) -> Result<(), SqliteError> {
        self.mailboxes(mailboxes_where!("mac = ?1 AND address IS NOT NULL"), [key.0])
    }

    /// What keeps mail from this hash, and the forgotten mailboxes that had its address.
    fn key(&mut self, key: AddressKey) -> Result<(), SqliteError> {
        if !self.keys.insert(key) {
            return Ok(());
        }
        let query = "SELECT mac, address, reason, at FROM suppressions WHERE mac = ?1";
        self.rows.suppressions.extend(sql::row(self.conn, query, [key.0], columns::suppression)?);
        self.mailboxes(mailboxes_where!("mac = ?1 AND address IS NULL"), [key.0])
    }

    /// What else came back of an edition, and the mailboxes of a wave that one more hard bounce would make.
    fn groups(&mut self, id: DeliveryId) -> Result<(), SqliteError> {
        let (history, context) = (&self.rows.history, &mut self.rows.context);
        if history.published_at.is_none() {
            return Ok(());
        }
        let at = history.judged_at(self.at);
        context.groups = waves::groups(self.conn, id, context.server.as_deref(), at)?;
        // What the relay says is judged anew, so that is the case in which a wave is made more easily.
        let Verdict::Forms(scope) = self.rows.context.verdict(ToldBy::Relay, at) else { return Ok(()) };
        for recipient in waves::members(self.conn, id, scope, at)? {
            self.number(recipient)?;
            let newest_first = self.history(DeliveryId { recipient, ..id })?.newest_first;
            self.rows.context.members.push(WaveMember { recipient, newest_first });
        }
        Ok(())
    }

    fn subscriptions(&self, id: RecipientId) -> Result<Vec<Subscription>, SqliteError> {
        let query = "SELECT subscriber, origin, bands, since, ended, ended_by FROM subscriptions WHERE recipient = ?1";
        let read = |row: &Row<'_>| columns::subscription(&self.bands, row, 0);
        let mut found = sql::rows(self.conn, query, [sql::column(id.0)?], read)?;
        oldest_first(&mut found);
        Ok(found)
    }

    fn requests(&self, id: RecipientId) -> Result<Vec<Request>, SqliteError> {
        let query = "SELECT id, kind, subscriber, bands, made_at, expires_at, done_at FROM requests
                     WHERE recipient = ?1 ORDER BY id";
        sql::rows(self.conn, query, [sql::column(id.0)?], |row| {
            Ok(Request {
                id: RequestId(sql::count(row.get(0)?)),
                recipient: id,
                kind: sql::word(row, 1)?,
                subscriber: row.get::<_, Option<i64>>(2)?.map(|id| SubscriberId(sql::count(id))),
                bands: self.bands.set(row.get(3)?),
                made_at: sql::instant(row.get(4)?)?,
                expires_at: sql::instant(row.get(5)?)?,
                done_at: sql::maybe_instant(row.get(6)?)?,
            })
        })
    }

    fn organisation(&mut self, id: SubscriberId) -> Result<(), SqliteError> {
        if !self.organisations.insert(id) {
            return Ok(());
        }
        let query = "SELECT s.id, n.name, s.sector, s.locale, s.urn, s.origin,
                            EXISTS (SELECT 1 FROM subscriptions c
                                    WHERE c.subscriber = s.id AND c.origin = ?2 AND c.ended IS NULL)
                     FROM subscribers s JOIN names n ON n.id = s.name_id WHERE s.id = ?1";
        let found = sql::row(self.conn, query, (sql::column(id.0)?, Origin::Config), |row| {
            Ok(Organisation {
                id,
                profile: columns::profile(row, 1)?,
                origin: row.get(5)?,
                is_in_config: row.get(6)?,
                has_others: false,
            })
        })?;
        self.rows.organisations.extend(found);
        Ok(())
    }

    fn organisations(&mut self, query: &str, params: impl Params) -> Result<(), SqliteError> {
        let ids = sql::rows(self.conn, query, params, |row| Ok(SubscriberId(sql::count(row.get(0)?))))?;
        ids.into_iter().try_for_each(|id| self.organisation(id))
    }

    fn urn(&mut self, urn: &str) -> Result<(), SqliteError> {
        // As the index on urn has it, so the number must stand here.
        let query = format!("SELECT id FROM subscribers WHERE urn = ?1 AND origin <> {}", Origin::Config.code());
        self.organisations(&query, [urn])
    }

    fn config(&mut self) -> Result<(), SqliteError> {
        self.organisations(&config_subscribers(), [])?;
        self.numbered(&config_mailboxes(), [])
    }

    /// How many questions were asked in the last hour.
    fn asked_lately(&mut self) -> Result<(), SqliteError> {
        let query = "SELECT kind, count(*) FROM requests WHERE made_at > ?1 GROUP BY kind";
        let hour = sql::millis(self.at - TimeDelta::hours(1));
        let asked = sql::rows(self.conn, query, [hour], |row| {
            Ok((sql::word::<RequestKind>(row, 0)?, sql::count(row.get(1)?)))
        })?;
        self.rows.asked_lately = asked.into_iter().filter(|(kind, _)| kind.is_question()).map(|(_, count)| count).sum();
        Ok(())
    }

    /// What went to the mailbox of a delivery in the editions that are looked back on.
    fn history(&self, id: DeliveryId) -> Result<DeliveryHistory, SqliteError> {
        let recipient = sql::column(id.recipient.0)?;
        let this =
            "SELECT e.published_at, b.meaning, b.at, w.id FROM deliveries d JOIN editions e ON e.number = d.mailing
                    LEFT JOIN bounces b ON b.edition = d.mailing AND b.recipient = d.recipient
                    LEFT JOIN waves w ON w.id = b.wave AND w.state <> ?3
                    WHERE d.mailing = ?1 AND d.recipient = ?2";
        let this = sql::row(self.conn, this, (id.edition.0, recipient, WaveState::Confirmed.as_str()), |row| {
            let wave = row.get::<_, Option<i64>>(3)?.map(|id| WaveId(sql::count(id)));
            let (published, known_at) = (sql::maybe_instant(row.get(0)?)?, sql::maybe_instant(row.get(2)?)?);
            Ok((published, sql::maybe_word(row, 1)?, known_at, wave))
        })?;
        let (published_at, known, known_at, wave) = this.unwrap_or_default();
        let query = "SELECT e.number, d.state, b.meaning
                     FROM (SELECT number, published_at FROM editions WHERE published_at IS NOT NULL AND number <= ?3
                           ORDER BY published_at DESC, number DESC LIMIT ?2) e
                     JOIN deliveries d ON d.mailing = e.number AND d.recipient = ?1
                     LEFT JOIN bounces b ON b.recipient = ?1 AND b.edition = e.number
                     ORDER BY e.published_at DESC, e.number DESC";
        let newest_first = sql::rows(self.conn, query, (recipient, LOOK_BACK, BulletinId::LAST_EDITION.0), |row| {
            Ok(PastDelivery {
                edition: EditionNumber(row.get(0)?),
                state: row.get(1)?,
                bounce: sql::maybe_word(row, 2)?,
            })
        })?;
        Ok(DeliveryHistory { published_at, known, known_at, wave, newest_first })
    }

    fn ended(&mut self, after: RecipientId, limit: u32) -> Result<(), SqliteError> {
        // As the index has it, so the number must stand in the statement.
        let ended = MailboxState::Ended.code();
        let query = format!(
            "SELECT id FROM recipients INDEXED BY recipients_ended
             WHERE state = {ended} AND address IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2"
        );
        let ids = sql::rows(self.conn, &query, (sql::column(after.0)?, limit), |row| Ok(row.get::<_, i64>(0)?))?;
        for id in ids {
            let recipient = RecipientId(sql::count(id));
            self.number(recipient)?;
            if forget::is_mail_on_its_way(self.conn, id)? {
                self.rows.expecting_mail.insert(recipient);
            }
        }
        Ok(())
    }

    /// Of each subscriber, whether it has known mailboxes beside those that were read.
    fn note_others(&mut self) -> Result<(), SqliteError> {
        let query = "SELECT id FROM recipients WHERE owner = ?1 AND address IS NOT NULL
                     UNION SELECT s.recipient FROM subscriptions s JOIN recipients r ON r.id = s.recipient
                           WHERE s.subscriber = ?1 AND r.address IS NOT NULL
                     LIMIT ?2";
        let most = i64::try_from(self.mailboxes.len()).unwrap_or(i64::MAX).saturating_add(1);
        for organisation in &mut self.rows.organisations {
            let known: BTreeSet<_> = sql::rows(self.conn, query, (sql::column(organisation.id.0)?, most), |row| {
                Ok(RecipientId(sql::count(row.get(0)?)))
            })?
            .into_iter()
            .collect();
            organisation.has_others = known.iter().any(|id| !self.mailboxes.contains(id));
        }
        Ok(())
    }
}

fn mailbox(bands: &BandBook, row: &Row<'_>) -> Result<Mailbox, SqliteError> {
    Ok(Mailbox {
        id: RecipientId(sql::count(row.get(0)?)),
        address: sql::maybe_word(row, 1)?,
        key: AddressKey(row.get(2)?),
        owner: SubscriberId(sql::count(row.get(3)?)),
        bands: bands.set(row.get(4)?),
        chosen: row.get::<_, Option<i64>>(5)?.map(|mask| bands.set(mask)),
        state: row.get(6)?,
        created_at: sql::instant(row.get(7)?)?,
        changed_at: sql::maybe_instant(row.get(8)?)?,
        subscriptions: Vec::new(),
        requests: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    /// A sync, and whoever is subscribed by command, reads what the file made and not all that an import brought.
    #[test]
    fn the_file_s_subscribers_are_found_by_way_of_an_index() {
        let conn = connect::memory().unwrap();
        for query in [config_subscribers(), config_mailboxes()] {
            let mut steps = sql::plan(&conn, &query);
            steps.retain(|step| !step.contains("TEMP B-TREE"));
            assert!(steps[0].ends_with("subscribers_config"), "{steps:?}");
            assert!(steps[1..].iter().all(|step| step.starts_with("SEARCH s USING")), "{steps:?}");
        }
    }

    /// Whoever clicks on a link of a mailbox that was forgotten must not have all of them read.
    #[test]
    fn a_mailbox_is_found_without_reading_the_others() {
        let conn = connect::memory().unwrap();
        for (query, index) in [
            (mailboxes_where!("id = ?1"), "INTEGER PRIMARY KEY (rowid=?)"),
            (mailboxes_where!("mac = ?1 AND address IS NULL"), "INDEX recipients_forgotten (mac=?)"),
            (mailboxes_where!("mac = ?1 AND address IS NOT NULL"), "INDEX recipients_mac (mac=?)"),
        ] {
            assert_eq!(sql::plan(&conn, query), [format!("SEARCH recipients USING {index}")]);
        }
        let steps = sql::plan(&conn, &pending());
        assert_eq!(steps, ["SEARCH recipients USING COVERING INDEX recipients_pending (id>?)"]);
    }
}
