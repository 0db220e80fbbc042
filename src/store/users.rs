//! Who may use the console, who is signed in, and how often someone got a password wrong.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::StoreError;
use crate::domain::address::Address;
use crate::domain::user::UserId;
use crate::domain::user::account::{SignOnSubject, User};
use crate::domain::user::accounts::Accounts;
use crate::domain::user::bearer::TokenHash;
use crate::domain::user::limits::{TryKeys, TryStep};
use crate::domain::user::session::{Session, Visitor};

/// Decides, and notes on the accounts what it changes. A backend may call it again on rows that it read anew.
pub type UserDecision = Box<dyn FnMut(&mut Accounts) + Send>;

/// What a store does for those who use the console.
#[async_trait]
pub trait Users {
    /// Everyone who may use it, by number.
    async fn users(&self) -> Result<Vec<User>, StoreError>;

    /// Whether anyone may.
    async fn has_users(&self) -> Result<bool, StoreError>;

    /// The one with this address.
    async fn user_at(&self, address: &Address) -> Result<Option<User>, StoreError>;

    /// The one with this sign-on.
    async fn user_with_sign_on(&self, sign_on: &SignOnSubject) -> Result<Option<User>, StoreError>;

    /// All users and links, at this moment.
    async fn accounts(&self, at: DateTime<Utc>) -> Result<Accounts, StoreError>;

    /// Reads all users and links, lets `decide` change them, and writes what changed: one transaction. `actor` is a word for the
    /// audit.
    async fn change_accounts(
        &self,
        actor: &'static str,
        at: DateTime<Utc>,
        decide: UserDecision,
    ) -> Result<(), StoreError>;

    /// Who has the session with this token, if it is not over: one read by the key.
    async fn visitor(&self, token: &TokenHash, at: DateTime<Utc>) -> Result<Option<Visitor>, StoreError>;

    /// Notes that a session was used.
    async fn note_seen(&self, token: &TokenHash, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// A user's sessions that are not over, the newest first.
    async fn sessions(&self, user: UserId, at: DateTime<Utc>) -> Result<Vec<Session>, StoreError>;

    /// Ends one session; whether there was one.
    async fn end_session(&self, token: &TokenHash) -> Result<bool, StoreError>;

    /// Reads what is known of a try to sign in, lets [`limits::after`](crate::domain::user::limits::after) say what becomes of it,
    /// and writes that; or says until when someone has to wait first.
    async fn count_try(
        &self,
        keys: TryKeys,
        step: TryStep,
        at: DateTime<Utc>,
    ) -> Result<Result<(), DateTime<Utc>>, StoreError>;
}

/// What a decision came to. One that fails changes nothing.
///
/// # Errors
/// When the store fails; then nothing changed either.
///
/// # Panics
/// Never: a store that answers has let the decision be made.
pub async fn decide_users<T, E>(
    store: &(impl Users + ?Sized + Sync),
    actor: &'static str,
    at: DateTime<Utc>,
    mut decide: impl FnMut(&mut Accounts) -> Result<T, E> + Send + 'static,
) -> Result<Result<T, E>, StoreError>
where
    T: Send + 'static,
    E: Send + 'static,
{
    let decided = Arc::new(Mutex::new(None));
    let told = Arc::clone(&decided);
    let decision = move |accounts: &mut Accounts| {
        let result = decide(accounts);
        if result.is_err() {
            accounts.abandon();
        }
        *told.lock() = Some(result);
    };
    store.change_accounts(actor, at, Box::new(decision)).await?;
    let result = decided.lock().take();
    Ok(result.expect("a store that answers has let the decision be made"))
}
