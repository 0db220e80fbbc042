//! Which node a claim belongs to: one whose lease is not over, by the database's clock.
//!
//! Whoever takes items in hand locks its row of `nodes` (`FOR KEY SHARE`) until that is committed, and whoever takes up what a
//! node left deletes the row, which waits for that lock. So nothing is taken in hand for a node that is gone. A lease is
//! renewed, but never once it is over: then the node gets another number at its next claim, and what it had is anybody's.

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::Mutex as Lock;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::alone;
use super::sql::params;
use super::transaction::Source;
use crate::store::StoreError;

/// How long a node takes to say that it ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// Numbers are never used again, so none is given twice even where a transaction is lost.
const REGISTER: &str = "WITH number AS (
        INSERT INTO numbers AS n (kind, next) VALUES ('node', 2)
        ON CONFLICT (kind) DO UPDATE SET next = n.next + 1 RETURNING next - 1 AS id)
    INSERT INTO nodes (id, name, role, version, started_at, seen_at, lease_until)
    SELECT id, $1, 'all', $2, clock_timestamp(), clock_timestamp(), clock_timestamp() + $3 * interval '1 millisecond'
    FROM number RETURNING id";

const RENEW: &str = "UPDATE nodes SET seen_at = clock_timestamp(),
                                      lease_until = clock_timestamp() + $2 * interval '1 millisecond'
                     WHERE id = $1 AND lease_until > clock_timestamp() RETURNING id";

const GIVE_BACK: &str =
    "UPDATE nodes SET lease_until = clock_timestamp() WHERE id = $1 AND lease_until > clock_timestamp()";

/// This store's side of its claims. It gets a number with its first claim.
pub(in crate::store::postgres) struct Lease {
    source: Source,
    length: Duration,
    /// Where it is renewed, whoever claims.
    runtime: Handle,
    /// Our number; 0 before the first claim.
    number: AtomicI64,
    registering: Mutex<()>,
    renewal: Lock<Option<JoinHandle<()>>>,
}

impl Lease {
    /// For a store that is opened now, within the runtime that lives as long as it does.
    pub(in crate::store::postgres) fn new(source: Source, length: Duration) -> Self {
        Self {
            source,
            length,
            runtime: Handle::current(),
            number: AtomicI64::new(0),
            registering: Mutex::new(()),
            renewal: Lock::new(None),
        }
    }

    /// The number of this node, 0 (nobody's) before its first claim.
    pub(in crate::store::postgres) fn number(&self) -> i64 {
        self.number.load(Ordering::Acquire)
    }

    /// The number of this node for a claim: another one than that whose lease is over.
    pub(in crate::store::postgres) async fn register(&self, over: Option<i64>) -> Result<i64, StoreError> {
        let _turn = self.registering.lock().await;
        let known = self.number();
        if known != 0 && over != Some(known) {
            return Ok(known);
        }
        let (name, length) = (host_name(), millis(self.length_here()));
        let values = params![name, env!("CARGO_PKG_VERSION"), length];
        let number = alone::row(&self.source, REGISTER, values, |row| Ok(row.try_get::<_, i64>(0)?)).await?;
        let number = number.unwrap_or_default();
        self.number.store(number, Ordering::Release);
        self.keep(number);
        Ok(number)
    }

    /// What only one transaction sees needs no renewal.
    fn length_here(&self) -> Duration {
        match self.source {
            Source::Shared(_) => self.length,
            Source::Layer { .. } => Duration::from_hours(24),
        }
    }

    fn keep(&self, number: i64) {
        if let Source::Shared(_) = self.source {
            let renewing = self.runtime.spawn(renew(self.source.clone(), number, self.length));
            if let Some(before) = self.renewal.lock().replace(renewing) {
                before.abort();
            }
        }
    }
}

impl Drop for Lease {
    /// An orderly end: nobody need wait for the lease to be over.
    fn drop(&mut self) {
        let Some(renewal) = self.renewal.lock().take() else { return };
        renewal.abort();
        let (source, number) = (self.source.clone(), self.number());
        self.runtime.spawn(async move {
            let give_back = async { alone::row(&source, GIVE_BACK, params![number], |_| Ok(())).await };
            // If this fails, it is over by itself.
            let _ = tokio::time::timeout(FAREWELL, give_back).await;
        });
    }
}

/// Renews a lease every third of its length, and more often while that fails, until it is over.
async fn renew(source: Source, number: i64, length: Duration) {
    let (mut pause, millis) = (length / 3, millis(length));
    loop {
        tokio::time::sleep(pause).await;
        let renewing = async { alone::row(&source, RENEW, params![number, millis], |_| Ok(())).await };
        pause = match tokio::time::timeout(length / 3, renewing).await {
            Ok(Ok(Some(()))) => length / 3,
            Ok(Ok(None)) => {
                tracing::warn!("the lease of this node on the store is over: it stops sending what it had in hand");
                return;
            }
            Ok(Err(_)) | Err(_) => length / 12,
        };
    }
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// The machine's name, for whoever looks at the nodes.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", name.trim(), std::process::id())
}
