//! Verbs for mail that is no edition: confirmations and good-byes. It takes the same way as deliveries, from its own table.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::StoreError;
use crate::domain::address::Address;
use crate::domain::delivery::Outcome;
use crate::domain::rendered::Rendered;
use crate::domain::sender::Sender;
use crate::domain::subscriber::{RecipientId, WordError, words};
use crate::domain::subscription::request::RequestId;

words! {
    /// What a letter is for.
    LetterKind, "letter" {
        /// It asks for a click.
        Confirm = "confirm",
        /// It says good-bye.
        Goodbye = "goodbye",
    }
}

/// A letter's number, given by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId(pub u64);

/// A letter to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// What it is for.
    pub kind: LetterKind,
    /// The sender's side of every header.
    pub sender: Sender,
    /// What it says.
    pub rendered: Rendered,
}

/// A letter that this process has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedLetter {
    /// Its number.
    pub id: LetterId,
    /// Whose it is.
    pub recipient: RecipientId,
    /// Where it goes.
    pub address: Address,
    /// The request that its link is for.
    pub request: Option<RequestId>,
    /// When it was made: its Date.
    pub at: DateTime<Utc>,
    /// What is sent, the same on every attempt.
    pub letter: NewLetter,
    /// Attempts before this one.
    pub attempts: u32,
}

/// What a store does with letters.
#[async_trait]
pub trait Letters {
    /// Whether a letter could be claimed at `now`.
    async fn has_letters(&self, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Takes one in hand that waits, or is due again, the oldest first. A mailbox that is suppressed for anything but its
    /// own leaving gets none: its letters are settled on the way.
    async fn claim_letter(&self, now: DateTime<Utc>) -> Result<Option<ClaimedLetter>, StoreError>;

    /// Marks it as at the dot, durably. False when it may not be sent any more.
    async fn mark_letter(&self, id: LetterId) -> Result<bool, StoreError>;

    /// Records what became of it, and when it is tried again. What it says is forgotten once it is settled.
    async fn letter_done(
        &self,
        id: LetterId,
        outcome: &Outcome,
        at: DateTime<Utc>,
        retry_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError>;

    /// Puts what this process has in hand back: claimed ones wait again until `until`; those at the dot as after a crash.
    async fn put_letters_back(&self, resend: bool, until: DateTime<Utc>) -> Result<u64, StoreError>;
}
