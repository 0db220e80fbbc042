//! Which node a claim belongs to: one whose lease is not over, by the database's clock.
//!
//! Whoever takes items in hand locks its row of `nodes` (`FOR KEY SHARE`) until that is committed, and whoever takes up what a
//! node left deletes the row, which waits for that lock. So nothing is taken in hand for a node that is gone. A lease is
//! renewed, but never once it is over: then the node gets another number, and what it had is anyone's. As long as nobody has taken
//! it up, its results still count: a process keeps all its numbers until its run ends.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex as Lock;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::error::PostgresError;
use super::source::Source;
use super::sql::params;
use super::{alone, trace};
use crate::store::StoreError;

/// How long a node takes to say that it ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a process does that did not say so: a command that posts a letter.
const COMMAND: &str = "command";

/// Whoever comes back to the same row after a lost answer has made it itself: nobody else has its number.
const REGISTER: &str = "INSERT INTO nodes (id, name, role, version, started_at, seen_at, lease_until)
    VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp(), clock_timestamp() + $5 * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, lease_until = excluded.lease_until RETURNING id";

const RENEW: &str = "UPDATE nodes SET seen_at = clock_timestamp(),
                                      lease_until = clock_timestamp() + $2 * interval '1 millisecond'
                     WHERE id = $1 AND lease_until > clock_timestamp() RETURNING id";

const GIVE_BACK: &str =
    "UPDATE nodes SET lease_until = clock_timestamp() WHERE id = ANY ($1) AND lease_until > clock_timestamp()";

/// This store's side of its claims. It gets a number when it signs on, or else with its first claim.
pub(in crate::store::postgres) struct Lease {
    node: Arc<Node>,
    /// Where it is renewed, whoever claims.
    runtime: Handle,
    renewal: Lock<Option<JoinHandle<()>>>,
}

struct Node {
    source: Source,
    length: Duration,
    role: Lock<String>,
    numbers: Lock<Numbers>,
    registering: Mutex<()>,
}

/// What this process is known by.
#[derive(Default)]
struct Numbers {
    /// The number whose lease is renewed, once there is one.
    now: Option<i64>,
    /// Those before it, whose leases were over while something may have been in hand under them.
    before: Vec<i64>,
    /// Those of runs that ended without being able to put back what they had in hand: whoever recovers takes it up.
    left: Vec<i64>,
}

impl Lease {
    /// For a store that is opened now, within the runtime that lives as long as it does.
    pub(in crate::store::postgres) fn new(source: Source, length: Duration) -> Self {
        let role = Lock::new(COMMAND.to_owned());
        let node = Node { source, length, role, numbers: Lock::default(), registering: Mutex::default() };
        Self { node: Arc::new(node), runtime: Handle::current(), renewal: Lock::default() }
    }

    /// The number of this node, if it has one.
    pub(in crate::store::postgres) fn number(&self) -> Option<i64> {
        self.node.numbers.lock().now
    }

    /// Every number under which something may be in our hands.
    pub(in crate::store::postgres) fn numbers(&self) -> Vec<i64> {
        let numbers = self.node.numbers.lock();
        numbers.before.iter().copied().chain(numbers.now).collect()
    }

    /// This process is a node from now on.
    pub(in crate::store::postgres) async fn sign_on(&self, role: &str) -> Result<(), StoreError> {
        role.clone_into(&mut self.node.role.lock());
        self.register(None).await.map(drop)
    }

    /// The number of this node for a claim: another one than that whose lease is over.
    pub(in crate::store::postgres) async fn register(&self, over: Option<i64>) -> Result<i64, StoreError> {
        let number = self.node.register(over).await?;
        self.keep();
        Ok(number)
    }

    fn keep(&self) {
        let mut renewal = self.renewal.lock();
        if let Source::Shared(_) = self.node.source
            && renewal.is_none()
        {
            *renewal = Some(self.runtime.spawn(renew(Arc::clone(&self.node))));
        }
    }

    /// Every number under which something may be in hand that no run of this process knows of any more, once a run ended.
    pub(in crate::store::postgres) fn numbers_at_the_end(&self) -> Vec<i64> {
        let left = self.node.numbers.lock().left.clone();
        self.numbers().into_iter().chain(left).collect()
    }

    /// Nothing is in hand under these, or it was tried in vain to put it back: then they are left to whoever recovers.
    pub(in crate::store::postgres) fn note_put_back(&self, these: &[i64], is_done: bool) {
        let mut numbers = self.node.numbers.lock();
        numbers.before.retain(|number| !these.contains(number));
        if is_done {
            numbers.left.retain(|number| !these.contains(number));
        } else {
            numbers.now = numbers.now.filter(|number| !these.contains(number));
            numbers.left = these.to_vec();
        }
    }

    /// An orderly end: nobody need wait for the lease to be over.
    pub(in crate::store::postgres) async fn sign_off(&self) {
        let renewal = self.renewal.lock().take();
        if let Some(renewal) = renewal {
            renewal.abort();
            self.node.give_back(self.numbers_at_the_end()).await;
        }
    }
}

impl Drop for Lease {
    /// As [`Lease::sign_off`], as far as the runtime lasts.
    fn drop(&mut self) {
        let Some(renewal) = self.renewal.lock().take() else { return };
        renewal.abort();
        let (node, numbers) = (Arc::clone(&self.node), self.numbers_at_the_end());
        self.runtime.spawn(async move { node.give_back(numbers).await });
    }
}

impl Node {
    /// Our number: another one than that whose lease is over, if that is told.
    async fn register(&self, over: Option<i64>) -> Result<i64, StoreError> {
        let _turn = self.registering.lock().await;
        let known = self.numbers.lock().now;
        if let Some(known) = known.filter(|known| over != Some(*known)) {
            return Ok(known);
        }
        let number = number().map_err(|error| error.at(self.source.place()))?;
        let (name, role, length) = (host_name(), self.role.lock().clone(), millis(self.length_here()));
        let values = params![number, name, role, env!("CARGO_PKG_VERSION"), length];
        alone::row(&self.source, REGISTER, values, |_| Ok(())).await?;
        let mut numbers = self.numbers.lock();
        // What was in hand under it may still be recorded, as long as nobody has taken it up.
        let before = numbers.now.replace(number);
        if before.is_some() {
            tracing::warn!("the lease of this node on the store is over: what it had in hand may be sent by another");
        }
        numbers.before.extend(before);
        Ok(number)
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

    async fn give_back(&self, numbers: Vec<i64>) {
        let give_back = async { alone::row(&self.source, GIVE_BACK, params![numbers], |_| Ok(())).await };
        // If this fails, it is over by itself.
        let _ = tokio::time::timeout(FAREWELL, give_back).await;
    }
}

/// Renews a lease every third of its length, and more often while that fails. Once it is over, the node gets another number.
async fn renew(node: Arc<Node>) {
    let mut pause = node.length / 3;
    loop {
        tokio::time::sleep(pause).await;
        let over = node.numbers.lock().now;
        let renewing = async {
            if let Some(number) = over
                && node.renew(number).await?
            {
                return Ok(());
            }
            node.register(over).await.map(drop)
        };
        let renewed: Result<Result<(), StoreError>, _> = tokio::time::timeout(node.length / 3, renewing).await;
        pause = if matches!(renewed, Ok(Ok(()))) { node.length / 3 } else { node.length / 12 };
    }
}

/// A number that no node ever had. It is not counted, because a standby that is promoted may not have heard of the last ones; and
/// it is small enough for whatever reads numbers of JSON as floating point.
fn number() -> Result<i64, PostgresError> {
    Ok(trace::random()?.cast_unsigned().unbounded_shr(11).max(1).cast_signed())
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// The machine's name, for whoever looks at the nodes.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", name.trim(), std::process::id())
}
