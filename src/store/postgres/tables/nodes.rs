//! The table `nodes`, as whoever looks at the store sees it; [`Lease`](super::super::engine::lease::Lease) writes our row.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::meta;
use crate::domain::refusal::Refusal;
use crate::domain::token::KeyPrints;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::within;
use crate::store::{Node, Nodes, StoreError};

/// The key of the prints of the keys that nodes sign with.
const SIGNING_KEYS: &str = "signing_keys";

const NODES: &str = "SELECT * FROM (
        SELECT n.id, n.name, n.role, n.version,
               floor(extract(epoch FROM n.started_at) * 1000)::bigint AS started,
               floor(extract(epoch FROM n.seen_at) * 1000)::bigint AS seen,
               n.lease_until <= clock_timestamp() AS gone,
               (SELECT count(*) FROM deliveries d WHERE d.claim = n.id) AS in_hand
        FROM nodes n) AS n
    WHERE NOT gone OR in_hand > 0 ORDER BY started, id";

#[async_trait]
impl Nodes for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    async fn check_signing_keys(&self, ours: &KeyPrints) -> Result<(), StoreError> {
        within!(self, Change, |transaction| {
            let query = "SELECT value FROM meta WHERE key = $1 FOR UPDATE";
            let known = transaction.row(query, params![SIGNING_KEYS], |row| sql::from_json(row.try_get(0)?)).await?;
            let lacks = known.as_ref().map(|known| ours.lacks(known)).unwrap_or_default();
            if !lacks.is_empty() {
                return Err(Refusal::LacksKeys(lacks).into());
            }
            if known.as_ref() != Some(ours) {
                meta::put(&transaction, SIGNING_KEYS, &sql::to_json(ours)?).await?;
            }
            Ok(())
        })
    }

    async fn sign_on(&self, role: &str) -> Result<(), StoreError> {
        self.lease.sign_on(role).await
    }

    async fn sign_off(&self) {
        self.lease.sign_off().await;
    }

    async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        within!(self, Look, |transaction| transaction.rows(NODES, params![], node).await)
    }
}

fn node(row: &Row) -> Result<Node, PostgresError> {
    Ok(Node {
        number: sql::count(row.try_get(0)?),
        name: row.try_get(1)?,
        role: row.try_get(2)?,
        version: row.try_get(3)?,
        started: sql::instant(row.try_get(4)?)?,
        seen: sql::instant(row.try_get(5)?)?,
        gone: row.try_get(6)?,
        in_hand: sql::count(row.try_get(7)?),
    })
}
