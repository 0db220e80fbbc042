//! The table `nodes`, as whoever looks at the store sees it; [`Lease`](super::super::engine::lease::Lease) writes our row.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio_postgres::Row;

use super::{meta, set_back};
use crate::domain::delivery::shared_pace::TurnsWanted;
use crate::domain::refusal::Refusal;
use crate::domain::token::KeyPrints;
use crate::store::postgres::engine::alone;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Source, within};
use crate::store::postgres::{PostgresSettings, PostgresStore, prepare};
use crate::store::{Epoch, News, Node, Nodes, StoreError};

/// The key of the prints of the keys that nodes sign with.
const SIGNING_KEYS: &str = "signing_keys";

const NODES: &str = "SELECT * FROM (
        SELECT n.id, n.name, n.role, n.version,
               floor(extract(epoch FROM n.started_at) * 1000)::bigint AS started,
               floor(extract(epoch FROM n.seen_at) * 1000)::bigint AS seen,
               n.lease_until <= clock_timestamp() AS gone,
               (SELECT count(*) FROM deliveries d WHERE d.claim = n.id) AS in_hand, n.started_at
        FROM nodes n) AS n
    WHERE NOT gone OR in_hand > 0 ORDER BY started_at, id";

/// Takes `$1` microseconds from where the last turn ended, or from `$2` ago where that is longer ago, and from `$3` ahead at most; how
/// far ahead they end.
const TAKE_TURNS: &str = "INSERT INTO turns AS t (one, next_at)
        VALUES (true, clock_timestamp() + ($1 - $2) * interval '1 microsecond')
    ON CONFLICT (one) DO UPDATE SET next_at = $1 * interval '1 microsecond'
        + least(greatest(t.next_at, clock_timestamp() - $2 * interval '1 microsecond'),
                clock_timestamp() + $3 * interval '1 microsecond')
    RETURNING floor(extract(epoch FROM next_at - clock_timestamp()) * 1000000)::bigint";

/// Whether a commit is answered before a standby has it, where there is one
/// (<https://www.postgresql.org/docs/15/warm-standby.html#SYNCHRONOUS-REPLICATION>).
const MAY_LOSE: &str = "SELECT (current_setting('synchronous_standby_names') = ''
                                OR current_setting('synchronous_commit') IN ('off', 'local'))
                           AND ($1 OR EXISTS (SELECT 1 FROM pg_stat_replication))";

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

    async fn epoch(&self) -> Result<Option<Epoch>, StoreError> {
        within!(self, Look, |transaction| set_back::epoch(&transaction).await)
    }

    async fn may_lose(&self) -> Result<bool, StoreError> {
        let has_others = self.hosts > 1;
        within!(self, Look, |transaction| transaction.is(MAY_LOSE, params![has_others]).await)
    }

    async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        within!(self, Look, |transaction| transaction.rows(NODES, params![], node).await)
    }

    async fn take_turns(&self, wanted: TurnsWanted) -> Result<TimeDelta, StoreError> {
        let [span, slack, furthest] = [wanted.span, wanted.slack, wanted.furthest].map(micros);
        let ends =
            alone::row(&self.source, TAKE_TURNS, params![span, slack, furthest], |row| Ok(row.try_get(0)?)).await?;
        Ok(TimeDelta::microseconds(ends.unwrap_or(span) - span))
    }

    fn news(&self) -> News {
        self.listener.news()
    }
}

impl PostgresStore {
    /// [`Nodes::may_lose`], of a database that may have no store.
    ///
    /// # Errors
    /// Returns `Unreachable` when the database cannot be asked.
    pub async fn may_lose_at(settings: &PostgresSettings) -> Result<bool, StoreError> {
        let (source, has_others) = (Source::Shared(Arc::new(prepare(settings)?)), settings.hosts.len() > 1);
        let found = alone::row(&source, MAY_LOSE, params![has_others], |row| Ok(row.try_get(0)?)).await?;
        Ok(found.unwrap_or(false))
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
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
