//! Which node a claim belongs to: one whose lease is not over, by the database's clock.
//!
//! Whoever takes items in hand locks its row of `nodes` (`FOR KEY SHARE`) until that is committed, and whoever takes up what a
//! node left deletes the row, which waits for that lock. So nothing is taken in hand for a node that is gone. A lease is
//! renewed, but never once it is over: then the node gets another number, and what it had is anybody's. As long as it has something
//! in hand under the old one, its results still count, so the new one waits for the next claim.

use std::fs;
use std::sync::Arc;
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

/// What a process does that did not say so: a command that posts a letter.
const COMMAND: &str = "command";

/// Numbers are never used again, so none is given twice even where a transaction is lost. No new one for a node that has something in
/// hand under its old one, `$5`.
const REGISTER: &str = "WITH number AS (
        INSERT INTO numbers AS n (kind, next) SELECT 'node', 2 WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE claim = $5)
        ON CONFLICT (kind) DO UPDATE SET next = n.next + 1 RETURNING next - 1 AS id)
    INSERT INTO nodes (id, name, role, version, started_at, seen_at, lease_until)
    SELECT id, $1, $2, $3, clock_timestamp(), clock_timestamp(), clock_timestamp() + $4 * interval '1 millisecond'
    FROM number RETURNING id";

const RENEW: &str = "UPDATE nodes SET seen_at = clock_timestamp(),
                                      lease_until = clock_timestamp() + $2 * interval '1 millisecond'
                     WHERE id = $1 AND lease_until > clock_timestamp() RETURNING id";

const GIVE_BACK: &str =
    "UPDATE nodes SET lease_until = clock_timestamp() WHERE id = $1 AND lease_until > clock_timestamp()";

/// This store's side of its claims. It gets a number when it signs on, or else with its first claim.
pub(in crate::store::postgres) struct Lease {
    node: Arc<Node>,
    /// Where it is renewed, whoever claims.
    runtime: Handle,
    registering: Mutex<()>,
    renewal: Lock<Option<JoinHandle<()>>>,
}

struct Node {
    source: Source,
    length: Duration,
    role: Lock<String>,
    /// Our number; 0 before there is one.
    number: AtomicI64,
}

impl Lease {
    /// For a store that is opened now, within the runtime that lives as long as it does.
    pub(in crate::store::postgres) fn new(source: Source, length: Duration) -> Self {
        let node = Node { source, length, role: Lock::new(COMMAND.to_owned()), number: AtomicI64::new(0) };
        Self { node: Arc::new(node), runtime: Handle::current(), registering: Mutex::new(()), renewal: Lock::new(None) }
    }

    /// The number of this node, 0 (nobody's) before it has one.
    pub(in crate::store::postgres) fn number(&self) -> i64 {
        self.node.number()
    }

    /// This process is a node from now on.
    pub(in crate::store::postgres) async fn sign_on(&self, role: &str) -> Result<(), StoreError> {
        role.clone_into(&mut self.node.role.lock());
        self.register(None).await.map(drop)
    }

    /// The number of this node for a claim: another one than that whose lease is over.
    pub(in crate::store::postgres) async fn register(&self, over: Option<i64>) -> Result<i64, StoreError> {
        let _turn = self.registering.lock().await;
        let known = self.number();
        if known != 0 && over != Some(known) {
            return Ok(known);
        }
        // What it had under another number is left to whoever takes it up.
        let number = self.node.register(0).await?.unwrap_or_default();
        self.node.number.store(number, Ordering::Release);
        self.keep();
        Ok(number)
    }

    fn keep(&self) {
        if let Source::Shared(_) = self.node.source {
            let renewing = self.runtime.spawn(renew(Arc::clone(&self.node)));
            if let Some(before) = self.renewal.lock().replace(renewing) {
                before.abort();
            }
        }
    }

    /// An orderly end: nobody need wait for the lease to be over.
    pub(in crate::store::postgres) async fn sign_off(&self) {
        let renewal = self.renewal.lock().take();
        if let Some(renewal) = renewal {
            renewal.abort();
            self.node.give_back().await;
        }
    }
}

impl Drop for Lease {
    /// As [`Lease::sign_off`], as far as the runtime lasts.
    fn drop(&mut self) {
        let Some(renewal) = self.renewal.lock().take() else { return };
        renewal.abort();
        let node = Arc::clone(&self.node);
        self.runtime.spawn(async move { node.give_back().await });
    }
}

impl Node {
    fn number(&self) -> i64 {
        self.number.load(Ordering::Acquire)
    }

    /// A new number, or none while something is in hand under that one.
    async fn register(&self, unless_in_hand: i64) -> Result<Option<i64>, StoreError> {
        let (name, role, length) = (host_name(), self.role.lock().clone(), millis(self.length_here()));
        let values = params![name, role, env!("CARGO_PKG_VERSION"), length, unless_in_hand];
        alone::row(&self.source, REGISTER, values, |row| Ok(row.try_get(0)?)).await
    }

    /// What only one transaction sees needs no renewal.
    fn length_here(&self) -> Duration {
        match self.source {
            Source::Shared(_) => self.length,
            Source::Layer { .. } => Duration::from_hours(24),
        }
    }

    /// Whether the lease of this number lasts, and from now on for its whole length again.
    async fn renew(&self, number: i64) -> Result<bool, StoreError> {
        let length = millis(self.length);
        Ok(alone::row(&self.source, RENEW, params![number, length], |_| Ok(())).await?.is_some())
    }

    async fn give_back(&self) {
        let number = self.number();
        let give_back = async { alone::row(&self.source, GIVE_BACK, params![number], |_| Ok(())).await };
        // If this fails, it is over by itself.
        let _ = tokio::time::timeout(FAREWELL, give_back).await;
    }

    /// Another number, once nothing is in hand under the one whose lease is over. Whoever claims may have got one meanwhile.
    async fn replace(&self, over: i64) -> Result<(), StoreError> {
        if let Some(number) = self.register(over).await? {
            let _ = self.number.compare_exchange(over, number, Ordering::AcqRel, Ordering::Acquire);
        }
        Ok(())
    }
}

/// Renews a lease every third of its length, and more often while that fails.
async fn renew(node: Arc<Node>) {
    let (mut pause, mut told) = (node.length / 3, 0);
    loop {
        tokio::time::sleep(pause).await;
        let number = node.number();
        let renewing = async {
            if node.renew(number).await? {
                return Ok(());
            }
            if told != number {
                tracing::warn!("the lease of this node on the store is over: it stops sending what it had in hand");
                told = number;
            }
            node.replace(number).await
        };
        let renewed: Result<Result<(), StoreError>, _> = tokio::time::timeout(node.length / 3, renewing).await;
        pause = if matches!(renewed, Ok(Ok(()))) { node.length / 3 } else { node.length / 12 };
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
