//! Reads the part of the mailing list that a decision is about: first what it names, then all that belongs to it at once.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::try_join;
use tokio_postgres::Row;

use super::{history, waves};
use crate::domain::address::Address;
use crate::domain::delivery::DeliveryId;
use crate::domain::subscriber::{MailboxState, Origin, RecipientId, SubscriberId, Subscription};
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::request::{Request, RequestId, RequestKind};
use crate::domain::subscription::rows::{Numbers, Organisation, Rows};
use crate::domain::subscription::suppression::{AddressHasher, AddressKey, Suppression};
use crate::domain::subscription::wave::{ToldBy, Verdict};
use crate::store::Scope;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, Param, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::postgres::tables::columns::{self, BandBook, each};
use crate::store::postgres::tables::{forget, meta, numbers};
use crate::store::shared::mailboxes::oldest_first;

/// What `scope` names, and the bands that the store knows.
pub(in crate::store::postgres) async fn read(
    transaction: &Transaction,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    scope: &Scope,
) -> Result<(MailingList, BandBook), PostgresError> {
    // As exact as what is stored, so that what is written now equals what is read later.
    let at = sql::instant(sql::millis(at))?;
    let (mailboxes, organisations, keys) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut reader = Reader { transaction, hasher, at, rows: Rows::default(), mailboxes, organisations, keys };
    let (bands, next, ()) =
        try_join!(biased; BandBook::open(transaction), next_numbers(transaction), reader.scope(scope))?;
    reader.rows.next = next;
    reader.belongings(&bands).await?;
    if let Scope::Person(_) | Scope::Ended(..) = scope {
        reader.note_others().await?;
    }
    if let Scope::Ended(..) = scope {
        reader.rows.expecting_mail = forget::expecting_mail(transaction, &reader.mailboxes).await?;
    }
    Ok((MailingList::new(reader.rows, hasher.clone(), at), bands))
}

struct Reader<'a> {
    transaction: &'a Transaction,
    hasher: &'a AddressHasher,
    at: DateTime<Utc>,
    rows: Rows,
    mailboxes: BTreeSet<RecipientId>,
    organisations: BTreeSet<SubscriberId>,
    keys: BTreeSet<AddressKey>,
}

impl Reader<'_> {
    async fn scope(&mut self, scope: &Scope) -> Result<(), PostgresError> {
        let transaction = self.transaction;
        match scope {
            Scope::Addresses(addresses, urns) => {
                self.addresses(addresses);
                (self.organisations, self.rows.unfinished_imports, self.rows.asked_lately) = try_join!(biased;
                    of_urns(transaction, urns), meta::unfinished_imports(transaction), self.asked_lately())?;
            }
            Scope::Config(addresses) => {
                self.addresses(addresses);
                (self.rows.syncs, self.organisations, self.mailboxes) = try_join!(biased;
                    meta::syncs(transaction), config_subscribers(transaction), config_mailboxes(transaction))?;
            }
            Scope::Sync(addresses, subscribers) => {
                self.addresses(addresses);
                self.organisations.extend(subscribers);
                self.rows.syncs = meta::syncs(transaction).await?;
            }
            Scope::Mailbox(id) => {
                self.mailboxes.insert(*id);
                self.rows.asked_lately = self.asked_lately().await?;
            }
            Scope::Request(id) => {
                let query = "SELECT recipient FROM requests WHERE id = $1";
                self.mailboxes = numbered(transaction, query, params![sql::column(id.0)?]).await?;
            }
            Scope::Delivery(id, meaning, server) => {
                self.mailboxes.insert(id.recipient);
                self.rows.history = history::of(transaction, *id).await?;
                self.rows.context.server.clone_from(server);
                if *meaning == Meaning::Gone {
                    self.groups(*id).await?;
                }
            }
            Scope::Wave(id, after, limit) => {
                self.rows.wave = waves::with_bounces(transaction, *id, *after, *limit).await?;
                let bounces = self.rows.wave.iter().flat_map(|part| &part.bounces);
                self.mailboxes = bounces.map(|bounce| bounce.recipient).collect();
            }
            Scope::Suppressed(reason, since, after, limit) => {
                let query = "SELECT mac FROM suppressions WHERE mac > $3 AND reason = $1 AND at >= $2
                             ORDER BY mac LIMIT $4";
                let after = after.map_or(Vec::new(), |key| key.0.to_vec());
                let (since, limit) = (sql::millis(*since), i64::from(*limit));
                let read = |row: &Row| columns::key(row, 0);
                let found = transaction.rows(query, params![reason.as_str(), since, after, limit], read).await?;
                self.keys = found.into_iter().collect();
            }
            Scope::Person(address) => self.addresses([address]),
            Scope::Pending(after, limit) => {
                self.mailboxes = after_number(transaction, &pending(), *after, *limit).await?;
            }
            Scope::Ended(after, limit) => {
                self.mailboxes = after_number(transaction, &ended(), *after, *limit).await?;
            }
        }
        Ok(())
    }

    fn addresses<'a>(&mut self, addresses: impl IntoIterator<Item = &'a Address>) {
        self.keys.extend(addresses.into_iter().map(|address| self.hasher.key(address)));
    }

    /// How many questions were asked in the last hour.
    async fn asked_lately(&self) -> Result<u64, PostgresError> {
        let query = "SELECT kind, count(*) FROM requests WHERE made_at > $1 GROUP BY kind";
        let hour = sql::millis(self.at - TimeDelta::hours(1));
        let read = |row: &Row| Ok((sql::word::<RequestKind>(row, 0)?, sql::count(row.try_get(1)?)));
        let asked = self.transaction.rows(query, params![hour], read).await?;
        Ok(asked.into_iter().filter(|(kind, _)| kind.is_question()).map(|(_, count)| count).sum())
    }

    /// What else came back of an edition, and the mailboxes of a wave that one more hard bounce would make.
    async fn groups(&mut self, id: DeliveryId) -> Result<(), PostgresError> {
        let (history, context) = (&self.rows.history, &mut self.rows.context);
        if history.published_at.is_none() {
            return Ok(());
        }
        let at = history.judged_at(self.at);
        context.groups = waves::groups(self.transaction, id, context.server.as_deref(), at).await?;
        // What the relay says is judged anew, so that is the case in which a wave is made more easily.
        let Verdict::Forms(scope) = context.verdict(ToldBy::Relay, at) else { return Ok(()) };
        let members = waves::members(self.transaction, id, scope, at).await?;
        context.members = history::of_members(self.transaction, &members).await?;
        self.mailboxes.extend(members);
        Ok(())
    }

    /// The mailboxes, with all that have the same hash, and what belongs to each.
    async fn belongings(&mut self, bands: &BandBook) -> Result<(), PostgresError> {
        let mut mailboxes = self.with_hashes(bands).await?;
        self.keys.extend(mailboxes.iter().map(|mailbox| mailbox.key));
        self.mailboxes = mailboxes.iter().map(|mailbox| mailbox.id).collect();
        let ids = columns::ids(self.mailboxes.iter().map(|id| id.0))?;
        let transaction = self.transaction;
        let (mut subscriptions, mut requests, suppressions) = try_join!(biased;
            subscriptions(transaction, bands, &ids), requests(transaction, bands, &ids), self.suppressions())?;
        for mailbox in &mut mailboxes {
            mailbox.subscriptions = subscriptions.remove(&mailbox.id).unwrap_or_default();
            oldest_first(&mut mailbox.subscriptions);
            mailbox.requests = requests.remove(&mailbox.id).unwrap_or_default();
            self.organisations.extend(mailbox.subscribers());
        }
        self.rows.organisations = organisations(transaction, &self.organisations).await?;
        (self.rows.mailboxes, self.rows.suppressions) = (mailboxes, suppressions);
        Ok(())
    }

    async fn with_hashes(&self, bands: &BandBook) -> Result<Vec<Mailbox>, PostgresError> {
        if self.mailboxes.is_empty() && self.keys.is_empty() {
            return Ok(Vec::new());
        }
        let ids = columns::ids(self.mailboxes.iter().map(|id| id.0))?;
        self.transaction.rows(MAILBOXES, params![ids, self.hashes()], |row| mailbox(bands, row)).await
    }

    fn hashes(&self) -> Vec<&[u8]> {
        self.keys.iter().map(|key| key.0.as_slice()).collect()
    }

    /// What keeps mail from these hashes.
    async fn suppressions(&self) -> Result<Vec<Suppression>, PostgresError> {
        let query = "SELECT mac, address, reason, at FROM suppressions WHERE mac = ANY ($1)";
        if self.keys.is_empty() {
            return Ok(Vec::new());
        }
        self.transaction.rows(query, params![self.hashes()], columns::suppression).await
    }

    /// Of each subscriber, whether it has known mailboxes beside those that were read.
    async fn note_others(&mut self) -> Result<(), PostgresError> {
        let query = "SELECT o.id FROM unnest($1::bigint[]) AS o (id)
                     WHERE EXISTS (SELECT 1 FROM recipients r
                                   WHERE r.owner = o.id AND r.address IS NOT NULL AND r.id <> ALL ($2))
                        OR EXISTS (SELECT 1 FROM subscriptions s JOIN recipients r ON r.id = s.recipient
                                   WHERE s.subscriber = o.id AND r.address IS NOT NULL AND r.id <> ALL ($2))";
        let owners = columns::ids(self.rows.organisations.iter().map(|organisation| organisation.id.0))?;
        let read = columns::ids(self.mailboxes.iter().map(|id| id.0))?;
        let others = self.transaction.rows(query, params![owners, read], |row| columns::subscriber(row, 0)).await?;
        let others: BTreeSet<_> = others.into_iter().collect();
        for organisation in &mut self.rows.organisations {
            organisation.has_others = others.contains(&organisation.id);
        }
        Ok(())
    }
}

/// Who waits for a click, as the index `recipients_pending` has it, so the number must stand here.
fn pending() -> String {
    let pending = MailboxState::Pending.code();
    format!("SELECT id FROM recipients WHERE state = {pending} AND id > $1 ORDER BY id LIMIT $2")
}

/// Who ended and is still known, as the index `recipients_ended` has it.
fn ended() -> String {
    let ended = MailboxState::Ended.code();
    format!("SELECT id FROM recipients WHERE state = {ended} AND address IS NOT NULL AND id > $1 ORDER BY id LIMIT $2")
}

/// The mailboxes `$1`, those of the hashes `$2`, and all that have the same hash. Each half has an index of its own.
const MAILBOXES: &str = "WITH wanted AS (SELECT unnest($2::bytea[]) AS mac
                                         UNION SELECT mac FROM recipients WHERE id = ANY ($1::bigint[]))
     SELECT id, address, mac, owner, bands, chosen, state, created_at, changed_at FROM recipients
     WHERE mac IN (SELECT mac FROM wanted) AND address IS NOT NULL
     UNION ALL
     SELECT id, address, mac, owner, bands, chosen, state, created_at, changed_at FROM recipients
     WHERE mac IN (SELECT mac FROM wanted) AND address IS NULL";

fn mailbox(bands: &BandBook, row: &Row) -> Result<Mailbox, PostgresError> {
    Ok(Mailbox {
        id: columns::recipient(row, 0)?,
        address: sql::maybe_word(row, 1)?,
        key: columns::key(row, 2)?,
        owner: columns::subscriber(row, 3)?,
        bands: bands.set(row.try_get(4)?),
        chosen: row.try_get::<_, Option<i64>>(5)?.map(|mask| bands.set(mask)),
        state: row.try_get(6)?,
        created_at: sql::instant(row.try_get(7)?)?,
        changed_at: sql::maybe_instant(row.try_get(8)?)?,
        subscriptions: Vec::new(),
        requests: Vec::new(),
    })
}

/// The numbers of the rows that come next.
async fn next_numbers(transaction: &Transaction) -> Result<Numbers, PostgresError> {
    let kinds = [numbers::SUBSCRIBER, numbers::RECIPIENT, numbers::REQUEST, numbers::WAVE];
    let [subscriber, recipient, request, wave] = numbers::next(transaction, kinds).await?;
    Ok(Numbers { subscriber, recipient, request, wave })
}

/// The mailboxes whose numbers a query finds.
async fn numbered(
    transaction: &Transaction,
    query: &str,
    params: &[Param<'_>],
) -> Result<BTreeSet<RecipientId>, PostgresError> {
    Ok(transaction.rows(query, params, |row| columns::recipient(row, 0)).await?.into_iter().collect())
}

async fn after_number(
    transaction: &Transaction,
    query: &str,
    after: RecipientId,
    limit: u32,
) -> Result<BTreeSet<RecipientId>, PostgresError> {
    numbered(transaction, query, params![sql::column(after.0)?, i64::from(limit)]).await
}

/// The subscribers with these register numbers that the config did not make.
async fn of_urns(transaction: &Transaction, urns: &[String]) -> Result<BTreeSet<SubscriberId>, PostgresError> {
    if urns.is_empty() {
        return Ok(BTreeSet::new());
    }
    // As the index on urn has it, so the number must stand here.
    let query = format!("SELECT id FROM subscribers WHERE urn = ANY ($1) AND origin <> {}", Origin::Config.code());
    let urns = each(urns, String::as_str);
    Ok(transaction.rows(&query, params![urns], |row| columns::subscriber(row, 0)).await?.into_iter().collect())
}

/// The subscribers that the file made, as the index `subscribers_config` has them.
async fn config_subscribers(transaction: &Transaction) -> Result<BTreeSet<SubscriberId>, PostgresError> {
    let query = format!("SELECT id FROM subscribers WHERE origin = {}", Origin::Config.code());
    Ok(transaction.rows(&query, params![], |row| columns::subscriber(row, 0)).await?.into_iter().collect())
}

async fn config_mailboxes(transaction: &Transaction) -> Result<BTreeSet<RecipientId>, PostgresError> {
    let config = Origin::Config.code();
    let query = format!(
        "SELECT DISTINCT s.recipient FROM subscribers o
         JOIN subscriptions s ON s.subscriber = o.id AND s.origin = {config} WHERE o.origin = {config}"
    );
    numbered(transaction, &query, params![]).await
}

/// The subscriptions of each of these mailboxes.
async fn subscriptions(
    transaction: &Transaction,
    bands: &BandBook,
    ids: &[i64],
) -> Result<HashMap<RecipientId, Vec<Subscription>>, PostgresError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = "SELECT recipient, subscriber, origin, bands, since, ended, ended_by FROM subscriptions
                 WHERE recipient = ANY ($1)";
    let read = |row: &Row| Ok((columns::recipient(row, 0)?, columns::subscription(bands, row, 1)?));
    Ok(columns::grouped(transaction.rows(query, params![ids], read).await?))
}

/// The requests for each of these mailboxes, by number.
async fn requests(
    transaction: &Transaction,
    bands: &BandBook,
    ids: &[i64],
) -> Result<HashMap<RecipientId, Vec<Request>>, PostgresError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = "SELECT recipient, id, kind, subscriber, bands, made_at, expires_at, done_at FROM requests
                 WHERE recipient = ANY ($1) ORDER BY id";
    let read = |row: &Row| {
        let recipient = columns::recipient(row, 0)?;
        let request = Request {
            id: RequestId(sql::count(row.try_get(1)?)),
            recipient,
            kind: sql::word(row, 2)?,
            subscriber: row.try_get::<_, Option<i64>>(3)?.map(|id| SubscriberId(sql::count(id))),
            bands: bands.set(row.try_get(4)?),
            made_at: sql::instant(row.try_get(5)?)?,
            expires_at: sql::instant(row.try_get(6)?)?,
            done_at: sql::maybe_instant(row.try_get(7)?)?,
        };
        Ok((recipient, request))
    };
    Ok(columns::grouped(transaction.rows(query, params![ids], read).await?))
}

async fn organisations(
    transaction: &Transaction,
    ids: &BTreeSet<SubscriberId>,
) -> Result<Vec<Organisation>, PostgresError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = "SELECT s.id, n.name, s.sector, s.locale, s.urn, s.origin,
                        EXISTS (SELECT 1 FROM subscriptions c
                                WHERE c.subscriber = s.id AND c.origin = $2 AND c.ended IS NULL)
                 FROM subscribers s JOIN names n ON n.id = s.name_id WHERE s.id = ANY ($1)";
    let ids = columns::ids(ids.iter().map(|id| id.0))?;
    let read = |row: &Row| {
        Ok(Organisation {
            id: columns::subscriber(row, 0)?,
            profile: columns::profile(row, 1)?,
            origin: row.try_get(5)?,
            is_in_config: row.try_get(6)?,
            has_others: false,
        })
    };
    transaction.rows(query, params![ids, Origin::Config], read).await
}
