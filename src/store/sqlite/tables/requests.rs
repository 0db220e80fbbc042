//! Requests as rows: what waits for a click, and what a click does.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::outbox::transactional;
use super::people::{People, word};
use super::{leave, subscribe};
use crate::domain::band::BandSet;
use crate::domain::delivery::TransactionalMail;
use crate::domain::request::{PER_ADDRESS, PER_HOUR, Request, RequestId, RequestKind, Standing};
use crate::domain::subscriber::{MailboxState, Origin, RecipientId, SubscribeRequest, SuppressionReason};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{Asked, Clicked, Requests, StoreError};

#[async_trait]
impl Requests for SqliteStore {
    async fn ask_to_subscribe(
        &self,
        wish: &SubscribeRequest,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Asked, StoreError> {
        let (wish, letter, hasher) = (wish.clone(), letter.clone(), self.hasher.clone());
        self.write(move |conn| ask_to_subscribe(&mut People::open(conn, &hasher, sql::millis(at))?, &wish, &letter))
            .await
    }

    async fn ask_for_bands(
        &self,
        recipient: RecipientId,
        bands: &BandSet,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Asked, StoreError> {
        let (bands, letter, hasher) = (bands.clone(), letter.clone(), self.hasher.clone());
        self.write(move |conn| {
            ask_for_bands(&mut People::open(conn, &hasher, sql::millis(at))?, recipient, &bands, &letter)
        })
        .await
    }

    async fn leave_with_undo(
        &self,
        recipient: RecipientId,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        let (letter, hasher) = (letter.clone(), self.hasher.clone());
        self.write(move |conn| leave_with_undo(&People::open(conn, &hasher, sql::millis(at))?, recipient, &letter))
            .await
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError> {
        let hasher = self.hasher.clone();
        self.read(move |conn| find(&People::open(conn, &hasher, 0)?, id)).await
    }

    async fn fulfil(&self, id: RequestId, at: DateTime<Utc>) -> Result<Clicked, StoreError> {
        let hasher = self.hasher.clone();
        self.write(move |conn| fulfil(&People::open(conn, &hasher, sql::millis(at))?, id, at)).await
    }

    async fn end_unconfirmed(&self, at: DateTime<Utc>) -> Result<u64, StoreError> {
        let hasher = self.hasher.clone();
        self.write(move |conn| end_unconfirmed(&People::open(conn, &hasher, sql::millis(at))?)).await
    }

    async fn subscribed_bands(&self, recipient: RecipientId) -> Result<Option<(String, BandSet)>, StoreError> {
        let hasher = self.hasher.clone();
        self.read(move |conn| {
            let people = People::open(conn, &hasher, 0)?;
            let Some(name) = leave::subscribed_name(conn, recipient)? else { return Ok(None) };
            let query = "SELECT bands FROM recipients WHERE id = ?1 AND state = 'active'";
            let mask = sql::row(conn, query, [sql::column(recipient.0)?], |row| Ok(row.get(0)?))?;
            Ok(mask.map(|mask| (name, people.bands.set(mask))))
        })
        .await
    }
}

fn ask_to_subscribe(
    people: &mut People<'_>,
    wish: &SubscribeRequest,
    letter: &TransactionalMail,
) -> Result<Asked, SqliteError> {
    let bands = people.mask(&wish.bands)?;
    if let Some(reason) = people.suppression(&wish.address)?
        && reason != SuppressionReason::Unsubscribed
    {
        return Ok(Asked::Never(reason));
    }
    let known = people.find(&wish.address)?;
    if known.as_ref().is_some_and(|mailbox| mailbox.state == MailboxState::Active) {
        return Ok(Asked::Already);
    }
    if is_too_often(people, known.as_ref().map(|mailbox| mailbox.id))? {
        return Ok(Asked::TooOften);
    }
    let subscriber = subscribe::subscriber_of(people, known.as_ref(), wish)?;
    let recipient = match known {
        Some(mailbox) => mailbox.id,
        None => people.add_mailbox(&wish.address, subscriber, bands)?,
    };
    sql::run(people.conn, "UPDATE recipients SET state = 'pending' WHERE id = ?1", [recipient])?;
    people.note(wish.origin.as_str(), "ask", recipient, RequestKind::Subscribe.as_str())?;
    let id = put(people, recipient, RequestKind::Subscribe, Some(subscriber), bands)?;
    transactional::enqueue(people, recipient, Some(id), letter)?;
    Ok(Asked::Waits(id))
}

fn ask_for_bands(
    people: &mut People<'_>,
    recipient: RecipientId,
    bands: &BandSet,
    letter: &TransactionalMail,
) -> Result<Asked, SqliteError> {
    let mask = people.mask(bands)?;
    if leave::subscribed_name(people.conn, recipient)?.is_none() {
        return Ok(Asked::Nobody);
    }
    let recipient = sql::column(recipient.0)?;
    let query = "SELECT state = 'active', bands FROM recipients WHERE id = ?1";
    let (active, has): (bool, i64) =
        sql::row(people.conn, query, [recipient], |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default();
    if !active {
        return Ok(Asked::Nobody);
    }
    if has == mask {
        return Ok(Asked::Already);
    }
    if is_too_often(people, Some(recipient))? {
        return Ok(Asked::TooOften);
    }
    let id = put(people, recipient, RequestKind::Bands, None, mask)?;
    transactional::enqueue(people, recipient, Some(id), letter)?;
    Ok(Asked::Waits(id))
}

fn leave_with_undo(
    people: &People<'_>,
    recipient: RecipientId,
    letter: &TransactionalMail,
) -> Result<Option<String>, SqliteError> {
    let id = sql::column(recipient.0)?;
    let was_active =
        "SELECT count(*) FROM recipients r WHERE r.id = ?1 AND r.state = 'active' AND r.address IS NOT NULL
                      AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)";
    let may_undo = sql::number(people.conn, was_active, [id])? > 0;
    let bands = sql::row(people.conn, "SELECT bands FROM recipients WHERE id = ?1", [id], |row| Ok(row.get(0)?))?;
    let name = leave::leave(people, recipient, SuppressionReason::Unsubscribed, "web")?;
    // Somebody who only was asked whether they want it has nothing to take back.
    let name = name.filter(|_| may_undo);
    if let (Some(_), Some(bands)) = (&name, bands) {
        let request = put(people, id, RequestKind::Undo, None, bands)?;
        transactional::enqueue(people, id, Some(request), letter)?;
    }
    Ok(name)
}

/// Whether one more question would be too many, for this mailbox or for everybody.
fn is_too_often(people: &People<'_>, recipient: Option<i64>) -> Result<bool, SqliteError> {
    let day = people.at - TimeDelta::days(1).num_milliseconds();
    let hour = people.at - TimeDelta::hours(1).num_milliseconds();
    let of_one = "SELECT count(*) FROM requests WHERE recipient = ?1 AND made_at > ?2 AND kind <> 'undo'";
    let of_all = "SELECT count(*) FROM requests WHERE made_at > ?1 AND kind <> 'undo'";
    let asked = recipient.map_or(Ok(0), |recipient| sql::number(people.conn, of_one, (recipient, day)))?;
    Ok(sql::count(asked) >= PER_ADDRESS || sql::count(sql::number(people.conn, of_all, [hour])?) >= PER_HOUR)
}

/// A new request; it takes the place of one of the same kind.
fn put(
    people: &People<'_>,
    recipient: i64,
    kind: RequestKind,
    subscriber: Option<i64>,
    bands: i64,
) -> Result<RequestId, SqliteError> {
    let replace = "UPDATE requests SET expires_at = ?3
                   WHERE recipient = ?1 AND kind = ?2 AND done_at IS NULL AND expires_at > ?3";
    sql::run(people.conn, replace, (recipient, kind.as_str(), people.at))?;
    let insert = "INSERT INTO requests (recipient, kind, subscriber, bands, made_at, expires_at)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let expires = people.at + kind.lifetime().num_milliseconds();
    sql::run(people.conn, insert, (recipient, kind.as_str(), subscriber, bands, people.at, expires))?;
    Ok(RequestId(sql::count(people.conn.last_insert_rowid())))
}

fn find(people: &People<'_>, id: RequestId) -> Result<Option<Request>, SqliteError> {
    let query = "SELECT q.recipient, q.kind, n.name, q.bands, q.expires_at, q.done_at
                 FROM requests q JOIN recipients r ON r.id = q.recipient
                 JOIN subscribers s ON s.id = coalesce(q.subscriber, r.owner) JOIN names n ON n.id = s.name_id
                 WHERE q.id = ?1";
    sql::row(people.conn, query, [sql::column(id.0)?], |row| {
        Ok(Request {
            id,
            recipient: RecipientId(sql::count(row.get(0)?)),
            kind: word(row, 1)?,
            subscriber: row.get(2)?,
            bands: people.bands.set(row.get(3)?),
            expires_at: sql::instant(row.get(4)?)?,
            done_at: sql::maybe_instant(row.get(5)?)?,
        })
    })
}

fn fulfil(people: &People<'_>, id: RequestId, at: DateTime<Utc>) -> Result<Clicked, SqliteError> {
    let Some(request) = find(people, id)? else { return Ok(Clicked::Unknown) };
    match request.standing(at) {
        Standing::Done => return Ok(Clicked::Before(request)),
        Standing::Over => return Ok(Clicked::Over),
        Standing::Open => {}
    }
    let recipient = sql::column(request.recipient.0)?;
    if !may_be_mailed(people, recipient, request.kind)? {
        return Ok(Clicked::Over);
    }
    match request.kind {
        RequestKind::Subscribe => confirm_subscription(people, id, recipient)?,
        RequestKind::Bands => confirm_bands(people, id, recipient)?,
        RequestKind::Undo => undo(people, id, recipient)?,
    }
    sql::run(people.conn, "UPDATE requests SET done_at = ?2 WHERE id = ?1", (sql::column(id.0)?, people.at))?;
    people.note("recipient", "confirm", recipient, request.kind.as_str())?;
    Ok(Clicked::Done(Request { done_at: Some(at), ..request }))
}

/// A click of the mailbox's own reader lifts their own leaving, and nothing else that keeps mail away. Other bands are for
/// those who have a subscription.
fn may_be_mailed(people: &People<'_>, recipient: i64, kind: RequestKind) -> Result<bool, SqliteError> {
    let query = "SELECT r.state, x.reason FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac
                 WHERE r.id = ?1 AND r.address IS NOT NULL";
    let found = sql::row(people.conn, query, [recipient], |row| {
        Ok((word::<MailboxState>(row, 0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let Some((state, reason)) = found else { return Ok(false) };
    let own = reason.is_none_or(|reason| reason == SuppressionReason::Unsubscribed.as_str());
    Ok(own && (kind != RequestKind::Bands || state == MailboxState::Active))
}

fn confirm_subscription(people: &People<'_>, id: RequestId, recipient: i64) -> Result<(), SqliteError> {
    let query = "SELECT subscriber, bands FROM requests WHERE id = ?1";
    let wish = sql::row(people.conn, query, [sql::column(id.0)?], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (subscriber, bands): (i64, i64) = wish.ok_or_else(|| sql::damaged("a request"))?;
    lift(people, recipient)?;
    people.join(recipient, subscriber, Origin::Cli, bands)?;
    people.choose(recipient, Some(bands))?;
    people.refresh(recipient)
}

fn confirm_bands(people: &People<'_>, id: RequestId, recipient: i64) -> Result<(), SqliteError> {
    let query = "SELECT bands FROM requests WHERE id = ?1";
    let bands = sql::number(people.conn, query, [sql::column(id.0)?])?;
    people.choose(recipient, Some(bands))?;
    people.refresh(recipient)
}

/// The subscriptions that ended with the leaving go on.
fn undo(people: &People<'_>, id: RequestId, recipient: i64) -> Result<(), SqliteError> {
    lift(people, recipient)?;
    let again = "UPDATE subscriptions SET ended = NULL, ended_by = NULL
                 WHERE recipient = ?1 AND ended = (SELECT made_at FROM requests WHERE id = ?2)";
    sql::run(people.conn, again, (recipient, sql::column(id.0)?))?;
    people.refresh(recipient)
}

fn lift(people: &People<'_>, recipient: i64) -> Result<(), SqliteError> {
    let delete = "DELETE FROM suppressions WHERE reason = 'unsubscribed'
                  AND mac = (SELECT mac FROM recipients WHERE id = ?1)";
    sql::run(people.conn, delete, [recipient]).map(drop)
}

fn end_unconfirmed(people: &People<'_>) -> Result<u64, SqliteError> {
    let late = "SELECT r.id FROM recipients r WHERE r.state = 'pending' AND NOT EXISTS
                    (SELECT 1 FROM requests q WHERE q.recipient = r.id AND q.kind = 'subscribe'
                                                AND q.done_at IS NULL AND q.expires_at > ?1)";
    let late = sql::rows(people.conn, late, [people.at], |row| Ok(row.get::<_, i64>(0)?))?;
    for recipient in &late {
        people.refresh(*recipient)?;
        people.note("program", "unconfirmed", *recipient, "")?;
    }
    Ok(late.len() as u64)
}

/// Whoever leaves or is suppressed is not waited for any more; an undo of their own leaving stays.
pub(in crate::store::sqlite) fn close(conn: &Connection, recipient: i64, at: i64) -> Result<(), SqliteError> {
    let close = "UPDATE requests SET expires_at = ?2
                 WHERE recipient = ?1 AND done_at IS NULL AND expires_at > ?2 AND kind <> 'undo'";
    sql::run(conn, close, (recipient, at)).map(drop)
}
