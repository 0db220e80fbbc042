//! The table `nodes`, as whoever looks at the store sees it; [`Lease`](super::super::engine::lease::Lease) writes our row.

use async_trait::async_trait;
use tokio_postgres::Row;

use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::within;
use crate::store::{Node, Nodes, StoreError};

const NODES: &str = "SELECT * FROM (
        SELECT n.id, n.name, n.role, n.version,
               floor(extract(epoch FROM n.started_at) * 1000)::bigint AS started,
               floor(extract(epoch FROM n.seen_at) * 1000)::bigint AS seen,
               n.lease_until <= clock_timestamp() AS gone,
               (SELECT count(*) FROM deliveries d WHERE d.claim = n.id) AS in_hand
        FROM nodes n) AS n
    WHERE NOT gone OR in_hand > 0 ORDER BY id";

#[async_trait]
impl Nodes for PostgresStore {
    fn is_shared(&self) -> bool {
        true
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
