//! What is held about one mailbox, table by table.

use async_trait::async_trait;
use rusqlite::Connection;

use super::fault::Fault;
use super::{SqliteStore, audit, settle, sql};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::store::{Held, HeldAttempt, HeldBounce, HeldDelivery, Privacy, StoreError};

#[async_trait]
impl Privacy for SqliteStore {
    async fn held(&self, recipient: RecipientId) -> Result<Held, StoreError> {
        self.read(move |conn| held(conn, sql::column(recipient.0)?)).await
    }
}

fn held(conn: &Connection, recipient: i64) -> Result<Held, Fault> {
    let since = "SELECT created_at FROM recipients WHERE id = ?1";
    let known_since = sql::row(conn, since, [recipient], |row| sql::instant(row.get(0)?))?;
    let query = "SELECT e.number, d.state, b.at, b.status FROM editions e
                 JOIN deliveries d ON d.edition = e.number AND d.recipient = ?1
                 LEFT JOIN bounces b ON b.recipient = ?1 AND b.edition = e.number ORDER BY e.number";
    let mut deliveries = sql::rows(conn, query, [recipient], |row| {
        let bounce = sql::maybe_instant(row.get(2)?)?;
        let status = row.get(3)?;
        Ok(HeldDelivery {
            edition: EditionNumber(row.get(0)?),
            state: settle::decode(row.get(1)?)?.group(),
            attempts: Vec::new(),
            bounce: bounce.map(|at| HeldBounce { at, status }),
        })
    })?;
    for delivery in &mut deliveries {
        let query =
            "SELECT at, outcome, code, reply FROM attempts WHERE edition = ?1 AND recipient = ?2 ORDER BY number";
        delivery.attempts = sql::rows(conn, query, (delivery.edition.0, recipient), |row| {
            Ok(HeldAttempt {
                at: sql::instant(row.get(0)?)?,
                outcome: row.get(1)?,
                code: row.get(2)?,
                reply: row.get(3)?,
            })
        })?;
    }
    Ok(Held { known_since, deliveries, audit: audit::about(conn, &format!("recipient {recipient}"))? })
}
