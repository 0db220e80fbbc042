//! What is held about one mailbox, table by table; forgetting it; and forgetting what is old.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::fault::Fault;
use super::people::{People, word};
use super::{SqliteStore, audit, forget, settle, sql};
use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::store::{
    Erased, Held, HeldAttempt, HeldBounce, HeldDelivery, HeldLetter, HeldRequest, Old, Privacy, StoreError,
};

#[async_trait]
impl Privacy for SqliteStore {
    async fn held(&self, recipient: RecipientId) -> Result<Held, StoreError> {
        self.read(move |conn| held(conn, sql::column(recipient.0)?)).await
    }

    async fn erase(&self, address: &Address, at: DateTime<Utc>) -> Result<Option<Erased>, StoreError> {
        let (address, hasher) = (address.clone(), self.hasher.clone());
        let erased =
            self.write(move |conn| forget::erase(&People::open(conn, &hasher, sql::millis(at))?, &address)).await?;
        let Some(mut erased) = erased else { return Ok(None) };
        // Pages are overwritten as they are freed; what is left is the journal.
        erased.is_gone_from_disk = self.fold_journal().await?;
        Ok(Some(erased))
    }

    async fn forget_old(&self, old: &Old, at: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        let (old, hasher) = (old.clone(), self.hasher.clone());
        self.write(move |conn| forget::old(&People::open(conn, &hasher, sql::millis(at))?, &old, limit)).await
    }
}

fn held(conn: &Connection, recipient: i64) -> Result<Held, Fault> {
    let since = "SELECT created_at FROM recipients WHERE id = ?1";
    let known_since = sql::row(conn, since, [recipient], |row| sql::instant(row.get(0)?))?;
    let since = "SELECT x.at FROM suppressions x JOIN recipients r ON r.mac = x.mac WHERE r.id = ?1";
    let suppressed_since = sql::row(conn, since, [recipient], |row| sql::instant(row.get(0)?))?;
    let mut deliveries = deliveries(conn, recipient)?;
    for delivery in &mut deliveries {
        delivery.attempts = attempts(conn, delivery.edition, recipient)?;
    }
    let query = "SELECT kind, made_at, expires_at, done_at FROM requests WHERE recipient = ?1 ORDER BY id";
    let requests = sql::rows(conn, query, [recipient], |row| {
        Ok(HeldRequest {
            kind: word(row, 0)?,
            made_at: sql::instant(row.get(1)?)?,
            expires_at: sql::instant(row.get(2)?)?,
            done_at: sql::maybe_instant(row.get(3)?)?,
        })
    })?;
    let query = "SELECT kind, at, state FROM letters WHERE recipient = ?1 ORDER BY id";
    let letters = sql::rows(conn, query, [recipient], |row| {
        let state = settle::decode(row.get(2)?)?.group();
        Ok(HeldLetter { kind: word(row, 0)?, at: sql::instant(row.get(1)?)?, state })
    })?;
    let audit = audit::about(conn, &format!("recipient {recipient}"))?;
    Ok(Held { known_since, suppressed_since, deliveries, requests, letters, audit })
}

fn deliveries(conn: &Connection, recipient: i64) -> Result<Vec<HeldDelivery>, Fault> {
    let query = "SELECT e.number, d.state, b.at, b.status FROM editions e
                 JOIN deliveries d ON d.edition = e.number AND d.recipient = ?1
                 LEFT JOIN bounces b ON b.recipient = ?1 AND b.edition = e.number ORDER BY e.number";
    sql::rows(conn, query, [recipient], |row| {
        let bounce = sql::maybe_instant(row.get(2)?)?;
        let status = row.get(3)?;
        Ok(HeldDelivery {
            edition: EditionNumber(row.get(0)?),
            state: settle::decode(row.get(1)?)?.group(),
            attempts: Vec::new(),
            bounce: bounce.map(|at| HeldBounce { at, status }),
        })
    })
}

fn attempts(conn: &Connection, edition: EditionNumber, recipient: i64) -> Result<Vec<HeldAttempt>, Fault> {
    let query = "SELECT at, outcome, code, reply FROM attempts WHERE edition = ?1 AND recipient = ?2 ORDER BY number";
    sql::rows(conn, query, (edition.0, recipient), |row| {
        Ok(HeldAttempt { at: sql::instant(row.get(0)?)?, outcome: row.get(1)?, code: row.get(2)?, reply: row.get(3)? })
    })
}
