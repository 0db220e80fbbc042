//! The processes that share a store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
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
    /// No sign of life came for too long: what it has in hand is anybody's.
    pub gone: bool,
    /// How many mails it has in hand.
    pub in_hand: u64,
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

    /// Who is at work, in the order in which they began, and who is gone and left something in hand.
    async fn nodes(&self) -> Result<Vec<Node>, StoreError>;
}
