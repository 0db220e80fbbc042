//! Writes what a decision changed: each table at once, all tables in one go.

use tokio::try_join;

use super::{counts, waves};
use crate::domain::address::Address;
use crate::domain::delivery::TransactionalMail;
use crate::domain::subscriber::{EndedBy, Locale, MailboxState, Origin, Sector, Subscription};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::request::Request;
use crate::domain::subscription::rows::{BounceRecord, Changes, Note, Organisation};
use crate::domain::subscription::suppression::{AddressKey, Suppression};
use crate::store::Traces;
use crate::store::acting;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::postgres::tables::columns::{self, BandBook, each};
use crate::store::postgres::tables::letters::{self, Letters};
use crate::store::postgres::tables::names::{self, Given, Words};
use crate::store::postgres::tables::{audit, forget, meta, numbers};
use crate::store::shared::meta::UNSCRUBBED;

/// Everything that was changed; what was forgotten on the way.
pub(super) async fn write(
    transaction: &Transaction,
    list: &MailingList,
    bands: &mut BandBook,
    mail: Option<&TransactionalMail>,
) -> Result<Traces, PostgresError> {
    let (changes, at) = (list.changes(), sql::millis(list.at()));
    let rows = ListRows::of(list, bands)?;
    let (new, renamed) = (rows.new_names(), rows.new_names_of_old());
    let (names, letters, counting) = try_join!(biased;
        names::give(transaction, &new, &renamed),
        letters::number(transaction, &changes.mails, mail),
        counts::count(transaction, list, bands))?;
    let (old_words, new_words) = rows.words();
    let next = rows.next(changes, &names, &letters);
    // In the order in which rows refer to each other.
    try_join!(biased;
        bands.store_new(transaction),
        names.store(transaction),
        rows.insert_organisations(transaction, at, &names),
        rows.update_organisations(transaction, &names),
        old_words.delete(transaction),
        new_words.insert(transaction),
        rows.put_mailboxes(transaction),
        rows.put_subscriptions(transaction),
        rows.put_requests(transaction),
        lift_suppressions(transaction, list),
        put_suppressions(transaction, list),
        counts::write(transaction, &counting),
        returned(transaction, changes, at),
        note(transaction, at, &changes.notes),
        letters.enqueue(transaction, at),
        numbers::put(transaction, &next),
        remember(transaction, list),
    )?;
    forget::forget(transaction, &changes.forgotten).await
}

/// Rows of subscribers and mailboxes as they become.
struct ListRows<'a> {
    /// Subscribers, each with what it was.
    organisations: Vec<(i64, Option<&'a Organisation>, &'a Organisation)>,
    mailboxes: Vec<MailboxRow<'a>>,
    /// Subscriptions with their mailboxes and bands.
    subscriptions: Vec<(i64, i64, &'a Subscription)>,
    /// Requests with their mailboxes and bands.
    requests: Vec<(i64, i64, &'a Request)>,
}

struct MailboxRow<'a> {
    id: i64,
    owner: i64,
    bands: i64,
    chosen: Option<i64>,
    now: &'a Mailbox,
}

impl<'a> ListRows<'a> {
    /// Those that are not as they were; `bands` learns what they name.
    fn of(list: &'a MailingList, bands: &mut BandBook) -> Result<Self, PostgresError> {
        let changes = list.changes();
        let (organisations, mailboxes, subscriptions, requests) = Default::default();
        let mut rows = Self { organisations, mailboxes, subscriptions, requests };
        for (id, before) in &changes.organisations {
            let Some(now) = list.organisation(*id) else { continue };
            rows.organisations.push((sql::column(id.0)?, before.as_ref(), now));
        }
        for (id, before) in &changes.mailboxes {
            match list.mailbox(*id) {
                Some(now) if before.as_ref() != Some(now) => rows.add(bands, before.as_ref(), now)?,
                _ => {}
            }
        }
        Ok(rows)
    }

    fn add(
        &mut self,
        bands: &mut BandBook,
        before: Option<&'a Mailbox>,
        now: &'a Mailbox,
    ) -> Result<(), PostgresError> {
        let (id, owner) = (sql::column(now.id.0)?, sql::column(now.owner.0)?);
        let mask = bands.mask(&now.bands)?;
        let chosen = now.chosen.as_ref().map(|chosen| bands.mask(chosen)).transpose()?;
        self.mailboxes.push(MailboxRow { id, owner, bands: mask, chosen, now });
        let known = before.map(|before| (before.subscriptions.as_slice(), before.requests.as_slice()));
        let (subscriptions, requests) = known.unwrap_or_default();
        for one in now.subscriptions.iter().filter(|one| !subscriptions.contains(one)) {
            self.subscriptions.push((id, bands.mask(&one.bands)?, one));
        }
        for one in now.requests.iter().filter(|one| !requests.contains(one)) {
            self.requests.push((id, bands.mask(&one.bands)?, one));
        }
        Ok(())
    }

    /// Words by which subscribers are no longer found, and those by which they are.
    fn words(&self) -> (Words, Words) {
        let profile = |one: &'a Organisation| &one.profile;
        Words::between(self.organisations.iter().map(|(id, before, now)| (*id, before.map(profile), profile(now))))
    }

    fn new_names(&self) -> Vec<(i64, &'a str)> {
        let new = self.organisations.iter().filter(|(_, before, _)| before.is_none());
        new.map(|(id, _, now)| (*id, now.profile.name.as_str())).collect()
    }

    fn new_names_of_old(&self) -> Vec<(i64, &'a str)> {
        let renamed = self
            .organisations
            .iter()
            .filter(|(_, before, now)| before.is_some_and(|before| before.profile.name != now.profile.name));
        renamed.map(|(id, _, now)| (*id, now.profile.name.as_str())).collect()
    }

    /// The numbers that come next, of what is new.
    fn next(&self, changes: &Changes, names: &Given<'_>, letters: &Letters<'_>) -> Vec<(&'static str, u64)> {
        let new_mailboxes = changes.mailboxes.iter().filter(|(_, before)| before.is_none());
        let last = [
            (
                numbers::SUBSCRIBER,
                self.organisations.iter().filter(|(_, before, _)| before.is_none()).map(|(.., now)| now.id.0).max(),
            ),
            (numbers::RECIPIENT, new_mailboxes.map(|(id, _)| id.0).max()),
            (numbers::REQUEST, self.requests.iter().map(|(.., now)| now.id.0).max()),
            (numbers::WAVE, changes.wave.as_ref().map(|(wave, _)| wave.id.0)),
        ];
        let next = last.into_iter().filter_map(|(kind, last)| Some((kind, last? + 1)));
        let others = [(numbers::NAME, names.next()), (numbers::MAIL, letters.next())];
        next.chain(others.into_iter().filter_map(|(kind, next)| Some((kind, next?)))).collect()
    }

    async fn insert_organisations(
        &self,
        transaction: &Transaction,
        at: i64,
        names: &Given<'_>,
    ) -> Result<(), PostgresError> {
        let insert = "INSERT INTO subscribers (id, name_id, sector, locale, urn, origin, created_at)
                      SELECT *, $7 FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::text[],
                                               $6::smallint[])";
        let new = self.organisations.iter().filter(|(_, before, _)| before.is_none());
        let new: Vec<_> = new.map(|(id, _, now)| (*id, *now)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let (ids, names) = (each(&new, |(id, _)| *id), each(&new, |(id, _)| names.to(*id)));
        let Profiles { sectors, locales, urns } = Profiles::of(new.iter().map(|(_, now)| *now));
        let origins: Vec<Origin> = each(&new, |(_, now)| now.origin);
        transaction.run(insert, params![ids, names, sectors, locales, urns, origins, at]).await.map(drop)
    }

    async fn update_organisations(&self, transaction: &Transaction, names: &Given<'_>) -> Result<(), PostgresError> {
        let update = "UPDATE subscribers s SET name_id = coalesce(k.name_id, s.name_id), sector = k.sector,
                                               locale = k.locale, urn = k.urn
                      FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::text[])
                           AS k (id, name_id, sector, locale, urn) WHERE s.id = k.id";
        let old = self.organisations.iter().filter(|(_, before, _)| before.is_some());
        let old: Vec<_> = old.map(|(id, _, now)| (*id, *now)).collect();
        if old.is_empty() {
            return Ok(());
        }
        let (ids, given) = (each(&old, |(id, _)| *id), each(&old, |(id, _)| names.to(*id)));
        let renamed: Vec<i64> = ids.iter().copied().filter(|id| names.to(*id).is_some()).collect();
        let Profiles { sectors, locales, urns } = Profiles::of(old.iter().map(|(_, now)| *now));
        names::keep(transaction, &renamed).await?;
        transaction.run(update, params![ids, given, sectors, locales, urns]).await.map(drop)
    }

    async fn put_mailboxes(&self, transaction: &Transaction) -> Result<(), PostgresError> {
        let put = "INSERT INTO recipients (id, address, mac, owner, bands, chosen, state, created_at, changed_at)
                   SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[],
                                        $7::smallint[], $8::bigint[], $9::bigint[])
                   ON CONFLICT (id) DO UPDATE SET address = excluded.address, mac = excluded.mac,
                       owner = excluded.owner, bands = excluded.bands, chosen = excluded.chosen,
                       state = excluded.state, changed_at = excluded.changed_at";
        let rows = &self.mailboxes;
        if rows.is_empty() {
            return Ok(());
        }
        let addresses = each(rows, |row| row.now.address.as_ref().map(Address::as_str));
        let (ids, keys) = (each(rows, |row| row.id), each(rows, |row| row.now.key.0.as_slice()));
        let (owners, bands) = (each(rows, |row| row.owner), each(rows, |row| row.bands));
        let (chosen, states): (_, Vec<MailboxState>) = (each(rows, |row| row.chosen), each(rows, |row| row.now.state));
        let created = each(rows, |row| sql::millis(row.now.created_at));
        let changed = each(rows, |row| row.now.changed_at.map(sql::millis));
        let values = params![ids, addresses, keys, owners, bands, chosen, states, created, changed];
        transaction.run(put, values).await.map(drop)
    }

    async fn put_subscriptions(&self, transaction: &Transaction) -> Result<(), PostgresError> {
        let put = "INSERT INTO subscriptions (recipient, subscriber, origin, bands, since, ended, ended_by)
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[],
                                        $6::bigint[], $7::text[])
                   ON CONFLICT (recipient, subscriber, origin) DO UPDATE SET bands = excluded.bands,
                       since = excluded.since, ended = excluded.ended, ended_by = excluded.ended_by";
        let rows = &self.subscriptions;
        if rows.is_empty() {
            return Ok(());
        }
        let (recipients, masks) = (each(rows, |(recipient, ..)| *recipient), each(rows, |(_, mask, _)| *mask));
        let subscribers = columns::ids(rows.iter().map(|(.., now)| now.subscriber.0))?;
        let origins: Vec<Origin> = each(rows, |(.., now)| now.origin);
        let since = each(rows, |(.., now)| sql::millis(now.since));
        let ended = each(rows, |(.., now)| now.ended.map(sql::millis));
        let by = each(rows, |(.., now)| now.ended_by.map(EndedBy::as_str));
        transaction.run(put, params![recipients, subscribers, origins, masks, since, ended, by]).await.map(drop)
    }

    async fn put_requests(&self, transaction: &Transaction) -> Result<(), PostgresError> {
        let put = "INSERT INTO requests (id, recipient, kind, subscriber, bands, made_at, expires_at, done_at)
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
                                        $7::bigint[], $8::bigint[])
                   ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, done_at = excluded.done_at";
        let rows = &self.requests;
        if rows.is_empty() {
            return Ok(());
        }
        let ids = columns::ids(rows.iter().map(|(.., now)| now.id.0))?;
        let (recipients, masks) = (each(rows, |(recipient, ..)| *recipient), each(rows, |(_, mask, _)| *mask));
        let subscribers = rows.iter().map(|(.., now)| now.subscriber.map(|id| sql::column(id.0)).transpose());
        let subscribers = subscribers.collect::<Result<Vec<Option<i64>>, _>>()?;
        let kinds = each(rows, |(.., now)| now.kind.as_str());
        let (made, expires) =
            (each(rows, |(.., now)| sql::millis(now.made_at)), each(rows, |(.., now)| sql::millis(now.expires_at)));
        let done = each(rows, |(.., now)| now.done_at.map(sql::millis));
        let values = params![ids, recipients, kinds, subscribers, masks, made, expires, done];
        transaction.run(put, values).await.map(drop)
    }
}

/// Columns of profiles.
struct Profiles<'a> {
    sectors: Vec<Sector>,
    locales: Vec<Locale>,
    urns: Vec<Option<&'a str>>,
}

impl<'a> Profiles<'a> {
    fn of(organisations: impl Iterator<Item = &'a Organisation> + Clone) -> Self {
        let profiles = organisations.map(|organisation| &organisation.profile);
        Self {
            sectors: profiles.clone().map(|profile| profile.sector).collect(),
            locales: profiles.clone().map(|profile| profile.locale).collect(),
            urns: profiles.map(|profile| profile.urn.as_deref()).collect(),
        }
    }
}

async fn lift_suppressions(transaction: &Transaction, list: &MailingList) -> Result<(), PostgresError> {
    let lifted = list.changes().suppressions.keys().filter(|key| list.suppression_of(**key).is_none());
    let lifted: Vec<&[u8]> = lifted.map(|AddressKey(key)| key.as_slice()).collect();
    if lifted.is_empty() {
        return Ok(());
    }
    transaction.run("DELETE FROM suppressions WHERE mac = ANY ($1)", params![lifted]).await.map(drop)
}

async fn put_suppressions(transaction: &Transaction, list: &MailingList) -> Result<(), PostgresError> {
    let put = "INSERT INTO suppressions (mac, address, reason, at)
               SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[])
               ON CONFLICT (mac) DO UPDATE SET address = excluded.address, reason = excluded.reason, at = excluded.at";
    let now = list.changes().suppressions.keys().filter_map(|key| list.suppression_of(*key));
    let now: Vec<&Suppression> = now.collect();
    if now.is_empty() {
        return Ok(());
    }
    let (keys, reasons) = (each(&now, |one| one.key.0.as_slice()), each(&now, |one| one.reason.as_str()));
    let addresses = each(&now, |one| one.address.as_ref().map(Address::as_str));
    let times = each(&now, |one| sql::millis(one.since));
    transaction.run(put, params![keys, addresses, reasons, times]).await.map(drop)
}

/// What came back, and what was decided about it.
async fn returned(transaction: &Transaction, changes: &Changes, at: i64) -> Result<(), PostgresError> {
    if !changes.clean_slates.is_empty() {
        let recipients = columns::ids(changes.clean_slates.iter().map(|recipient| recipient.0))?;
        transaction.run("DELETE FROM bounces WHERE recipient = ANY ($1)", params![recipients]).await?;
    }
    waves::insert(transaction, changes.wave.as_ref()).await?;
    // One report is about one mail.
    for one in &changes.bounces {
        bounce(transaction, one).await?;
    }
    waves::settle(transaction, at, changes.settlement.as_ref()).await
}

async fn bounce(transaction: &Transaction, now: &BounceRecord) -> Result<(), PostgresError> {
    let put = "INSERT INTO bounces (recipient, edition, at, status, meaning, server, wave)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (recipient, edition) DO UPDATE SET at = excluded.at, status = excluded.status,
                   meaning = excluded.meaning, server = excluded.server, wave = excluded.wave";
    let (status, meaning) = (now.status.map(|status| status.to_string()), now.meaning.to_string());
    let wave = now.wave.map(|id| sql::column(id.0)).transpose()?;
    let (recipient, edition, at) = (sql::column(now.recipient.0)?, i64::from(now.edition.0), sql::millis(now.at));
    transaction.run(put, params![recipient, edition, at, status, meaning, now.server, wave]).await.map(drop)
}

/// Lines of the audit. Those that take the place of another go first: they are no later than what they tell of.
async fn note(transaction: &Transaction, at: i64, notes: &[Note]) -> Result<(), PostgresError> {
    let mut new = Vec::new();
    for note in notes {
        let subject = note.subject.to_string();
        let is_told = match &note.replaces {
            Some(before) => {
                audit::replace(transaction, [note.actor, note.action, &subject, before], &note.detail).await?
            }
            None => false,
        };
        if !is_told {
            new.push((note, subject));
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let person = acting::person();
    let insert = "INSERT INTO audit (at, actor, action, subject, detail, person)
                  SELECT $1, actor, action, subject, detail, $6
                  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])
                       WITH ORDINALITY AS k (actor, action, subject, detail, place) ORDER BY place";
    let (actors, actions) = (each(&new, |(note, _)| note.actor), each(&new, |(note, _)| note.action));
    let (subjects, details) =
        (each(&new, |(_, subject)| subject.as_str()), each(&new, |(note, _)| note.detail.as_str()));
    transaction.run(insert, params![at, actors, actions, subjects, details, person.as_deref()]).await.map(drop)
}

/// What the store remembers of imports and syncs, and that something was forgotten.
async fn remember(transaction: &Transaction, list: &MailingList) -> Result<(), PostgresError> {
    if list.changes().imports {
        meta::put_unfinished_imports(transaction, list.unfinished_imports()).await?;
    }
    if list.changes().sync {
        meta::put_syncs(transaction, list.syncs()).await?;
    }
    if list.is_forgetful() {
        meta::put(transaction, UNSCRUBBED, &sql::millis(list.at()).to_string()).await?;
    }
    Ok(())
}
