//! Writes what a decision changed, row by row.

use rusqlite::Connection;

use super::{counts, waves};
use crate::domain::address::Address;
use crate::domain::delivery::TransactionalMail;
use crate::domain::subscriber::{Profile, Subscription};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::request::Request;
use crate::domain::subscription::rows::{BounceRecord, Note, Organisation};
use crate::domain::subscription::suppression::{AddressKey, Suppression};
use crate::store::Traces;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{name_words, sql};
use crate::store::sqlite::tables::columns::BandBook;
use crate::store::sqlite::tables::outbox::transactional;
use crate::store::sqlite::tables::{audit, forget, meta, names};

/// Everything that was changed; what was forgotten on the way.
pub(super) fn write(
    conn: &Connection,
    list: &MailingList,
    bands: &mut BandBook,
    mail: Option<&TransactionalMail>,
) -> Result<Traces, SqliteError> {
    let (changes, at) = (list.changes(), sql::millis(list.at()));
    for (id, before) in &changes.organisations {
        list.organisation(*id).map_or(Ok(()), |now| organisation(conn, at, before.as_ref(), now))?;
    }
    for (id, before) in &changes.mailboxes {
        list.mailbox(*id).map_or(Ok(()), |now| mailbox(conn, bands, before.as_ref(), now))?;
    }
    for key in changes.suppressions.keys() {
        suppression(conn, *key, list.suppression_of(*key))?;
    }
    counts::count(conn, list, bands)?;
    for recipient in &changes.clean_slates {
        sql::run(conn, "DELETE FROM bounces WHERE recipient = ?1", [sql::column(recipient.0)?])?;
    }
    if let Some((wave, members)) = &changes.wave {
        waves::insert(conn, wave)?;
        waves::take_in(conn, wave, members)?;
    }
    changes.bounces.iter().try_for_each(|one| bounce(conn, one))?;
    changes.settlement.iter().try_for_each(|one| waves::settle(conn, at, one))?;
    changes.notes.iter().try_for_each(|one| note(conn, at, one))?;
    if let Some(mail) = mail {
        for due in &changes.mails {
            transactional::enqueue(conn, at, due, mail)?;
        }
    }
    let mut traces = Traces::default();
    for forgetting in &changes.forgotten {
        traces += forget::forget(conn, forgetting)?;
    }
    if changes.imports {
        meta::put_unfinished_imports(conn, list.unfinished_imports())?;
    }
    if changes.sync {
        meta::put_syncs(conn, list.syncs())?;
    }
    if list.is_forgetful() {
        forget::note_unscrubbed(conn, at)?;
    }
    Ok(traces)
}

fn organisation(
    conn: &Connection,
    at: i64,
    before: Option<&Organisation>,
    now: &Organisation,
) -> Result<(), SqliteError> {
    let (id, profile) = (sql::column(now.id.0)?, &now.profile);
    let Profile { sector, locale, ref urn, .. } = *profile;
    name_words::put(conn, id, before.map(|before| called(&before.profile)), Some(called(profile)))?;
    let Some(before) = before else {
        let name = names::insert(conn, &profile.name)?;
        let insert = "INSERT INTO subscribers (id, name_id, sector, locale, urn, origin, created_at)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        return sql::run(conn, insert, (id, name, sector, locale, urn, now.origin, at)).map(drop);
    };
    if before.profile.name != profile.name {
        names::rename(conn, id, &profile.name)?;
    }
    let update = "UPDATE subscribers SET sector = ?2, locale = ?3, urn = ?4 WHERE id = ?1";
    sql::run(conn, update, (id, sector, locale, urn)).map(drop)
}

fn called(profile: &Profile) -> name_words::Called<'_> {
    (&profile.name, profile.urn.as_deref())
}

fn mailbox(
    conn: &Connection,
    bands: &mut BandBook,
    before: Option<&Mailbox>,
    now: &Mailbox,
) -> Result<(), SqliteError> {
    if before == Some(now) {
        return Ok(());
    }
    let put = "INSERT INTO recipients (id, address, mac, owner, bands, chosen, state, created_at, changed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (id) DO UPDATE SET address = ?2, mac = ?3, owner = ?4, bands = ?5, chosen = ?6, state = ?7,
                   changed_at = ?9";
    let address = now.address.as_ref().map(Address::as_str);
    let mask = bands.learn(conn, &now.bands)?;
    let chosen = now.chosen.as_ref().map(|chosen| bands.learn(conn, chosen)).transpose()?;
    let (id, owner) = (sql::column(now.id.0)?, sql::column(now.owner.0)?);
    let (created, changed) = (sql::millis(now.created_at), now.changed_at.map(sql::millis));
    sql::run(conn, put, (id, address, now.key.0, owner, mask, chosen, now.state, created, changed))?;
    let known = before.map(|before| (before.subscriptions.as_slice(), before.requests.as_slice()));
    let (subscriptions, requests) = known.unwrap_or_default();
    for one in now.subscriptions.iter().filter(|one| !subscriptions.contains(one)) {
        subscription(conn, bands, id, one)?;
    }
    for one in now.requests.iter().filter(|one| !requests.contains(one)) {
        request(conn, bands, id, one)?;
    }
    Ok(())
}

fn subscription(
    conn: &Connection,
    bands: &mut BandBook,
    recipient: i64,
    now: &Subscription,
) -> Result<(), SqliteError> {
    let put = "INSERT INTO subscriptions (recipient, subscriber, origin, bands, since, ended, ended_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT DO UPDATE SET bands = ?4, since = ?5, ended = ?6, ended_by = ?7";
    let (subscriber, mask) = (sql::column(now.subscriber.0)?, bands.learn(conn, &now.bands)?);
    let (since, ended) = (sql::millis(now.since), now.ended.map(sql::millis));
    let by = now.ended_by.map(crate::domain::subscriber::EndedBy::as_str);
    sql::run(conn, put, (recipient, subscriber, now.origin, mask, since, ended, by)).map(drop)
}

fn request(conn: &Connection, bands: &mut BandBook, recipient: i64, now: &Request) -> Result<(), SqliteError> {
    let put = "INSERT INTO requests (id, recipient, kind, subscriber, bands, made_at, expires_at, done_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (id) DO UPDATE SET expires_at = ?7, done_at = ?8";
    let (id, subscriber) = (sql::column(now.id.0)?, now.subscriber.map(|id| sql::column(id.0)).transpose()?);
    let (mask, kind) = (bands.learn(conn, &now.bands)?, now.kind.as_str());
    let (made, expires, done) = (sql::millis(now.made_at), sql::millis(now.expires_at), now.done_at.map(sql::millis));
    sql::run(conn, put, (id, recipient, kind, subscriber, mask, made, expires, done)).map(drop)
}

fn suppression(conn: &Connection, key: AddressKey, now: Option<&Suppression>) -> Result<(), SqliteError> {
    let Some(now) = now else {
        return sql::run(conn, "DELETE FROM suppressions WHERE mac = ?1", [key.0]).map(drop);
    };
    let put = "INSERT INTO suppressions (mac, address, reason, at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET address = ?2, reason = ?3, at = ?4";
    let address = now.address.as_ref().map(Address::as_str);
    sql::run(conn, put, (key.0, address, now.reason.as_str(), sql::millis(now.since))).map(drop)
}

fn bounce(conn: &Connection, now: &BounceRecord) -> Result<(), SqliteError> {
    let put = "INSERT INTO bounces (recipient, edition, at, status, meaning, server, wave)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT DO UPDATE SET at = ?3, status = ?4, meaning = ?5, server = ?6, wave = ?7";
    let (status, meaning) = (now.status.map(|status| status.to_string()), now.meaning.to_string());
    let wave = now.wave.map(|id| sql::column(id.0)).transpose()?;
    let (recipient, at) = (sql::column(now.recipient.0)?, sql::millis(now.at));
    sql::run(conn, put, (recipient, now.edition.0, at, status, meaning, &now.server, wave)).map(drop)
}

fn note(conn: &Connection, at: i64, note: &Note) -> Result<(), SqliteError> {
    let subject = note.subject.to_string();
    if let Some(before) = &note.replaces
        && audit::replace(conn, [note.actor, note.action, &subject, before], &note.detail)?
    {
        return Ok(());
    }
    audit::write(conn, at, note.actor, note.action, &subject, &note.detail)
}
