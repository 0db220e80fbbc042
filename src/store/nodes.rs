//! The processes that share a store.

use std::future::pending;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::{Epoch, StoreError};
use crate::domain::delivery::shared_pace::TurnsWanted;
use crate::domain::token::KeyPrints;

/// A process that shares the store, or one that is gone and left something in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number, never used again.
    pub number: u64,
    /// Its machine and its process there.
    pub name: String,
    /// What it does, as it said itself.
    pub role: String,
    /// Of the program.
    pub version: String,
    pub started: DateTime<Utc>,
    /// Its last sign of life, by the store's clock.
    pub seen: DateTime<Utc>,
    /// No sign of life came for too long: what it has in hand is anyone's.
    pub gone: bool,
    /// How many mails it has in hand.
    pub in_hand: u64,
}

/// Tells when some process, this one or another, may have decided something. What was told before is not told again.
#[derive(Debug, Clone, Default)]
pub struct News(Option<watch::Receiver<()>>);

impl News {
    /// Told by whoever holds the other end.
    pub fn new(told: watch::Receiver<()>) -> Self {
        Self(Some(told))
    }

    /// Waits for the next; for ever where nobody tells any.
    pub async fn next(&mut self) {
        if let Some(told) = &mut self.0
            && told.changed().await.is_ok()
        {
            return;
        }
        pending::<()>().await;
    }
}

/// What a store knows of the processes that share it. One that is not shared knows of none, and answers at once.
#[async_trait]
pub trait Nodes {
    /// Whether processes on other machines may be at work on the store: then what those leave is found at any time.
    fn is_shared(&self) -> bool;

    /// Every node must know the keys with which the others sign, or links in their mails would not work there. Remembers those of
    /// this one, or refuses it.
    async fn check_signing_keys(&self, ours: &KeyPrints) -> Result<(), StoreError>;

    /// This process is at work from now on, as `role`. Without this it is a node from its first claim on.
    async fn sign_on(&self, role: &str) -> Result<(), StoreError>;

    /// This process ends, and no sender of it is at work any more. Where that cannot be said, it is found out in time.
    async fn sign_off(&self);

    /// How far the store has come, where it is shared.
    async fn epoch(&self) -> Result<Option<Epoch>, StoreError>;

    /// Whether what was answered may be lost when another server takes the place of the one that answered.
    async fn may_lose(&self) -> Result<bool, StoreError>;

    /// Who is at work, in the order in which they began, and who is gone and left something in hand.
    async fn nodes(&self) -> Result<Vec<Node>, StoreError>;

    /// Takes the next part of the time in which mail may leave, which nobody else gets then. Returns how far ahead it begins, by
    /// the store's clock; less than nothing where it has begun.
    async fn take_turns(&self, wanted: TurnsWanted) -> Result<TimeDelta, StoreError>;

    /// What is decided from now on: within a second, whoever decides it. Nothing is told where no other machine can be at work.
    fn news(&self) -> News;
}
