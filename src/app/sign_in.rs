//! How someone gets into the console, stays in, and leaves.
//!
//! Whether an address is known makes no difference to what is done: it is counted in the same way, and something is hashed.

mod attempt;
mod codes;
pub mod hashing;
pub(super) mod provider;
mod sealed_codes;
mod sealing;
mod second_factor;
mod sign_on;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};

use super::acting::as_person;
use super::error::SignInRefusal;
use super::network::network;
use super::{AppContext, AppError, random_token};
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::user::account::User;
use crate::domain::user::accounts::{Accounts, UserRefusal};
use crate::domain::user::bearer::TokenHash;
use crate::domain::user::limits::{TryKeys, TryStep};
use crate::domain::user::link::LinkPurpose;
use crate::domain::user::password;
use crate::domain::user::person::Person;
use crate::domain::user::session::{Session, Visitor};
use crate::domain::user::{Role, UserId};
use crate::store::decide_users;
use hashing::{Argon2id, Hashing};

pub use attempt::SignOnBegun;
pub use codes::CodeOffer;

/// Someone is in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// For their browser to carry; nothing else knows it.
    pub token: SecretString,
    pub user: UserId,
    pub name: String,
    pub role: Role,
    /// When the session is over.
    pub expires: DateTime<Utc>,
}

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    pub user: UserId,
    pub address: Address,
    pub name: String,
    pub purpose: LinkPurpose,
    pub expires: DateTime<Utc>,
}

/// The way in.
#[derive(Clone)]
pub struct SignIn {
    context: AppContext,
    hashing: Arc<dyn Hashing>,
}

impl SignIn {
    /// That of this store.
    pub fn new(context: &AppContext) -> Self {
        Self::with_hashing(context, Arc::new(Argon2id))
    }

    /// The same with another way to hash passwords, for tests.
    pub fn with_hashing(context: &AppContext, hashing: Arc<dyn Hashing>) -> Self {
        Self { context: context.clone(), hashing }
    }

    /// Signs in with a password, and with a code where the user has set that up.
    ///
    /// # Errors
    /// [`SignInRefusal`]: wrong, to be tried again later, or a code is needed, too.
    pub async fn with_password(
        &self,
        address: &str,
        password: SecretString,
        code: Option<&str>,
        from: IpAddr,
    ) -> Result<SignedIn, AppError> {
        let address: Address = address.trim().parse().map_err(|_| SignInRefusal::Wrong)?;
        let network = network(from).to_string();
        let user = self.context.store.user_at(&address).await?;
        let keys = self.try_keys(&address, user.as_ref(), &network);
        self.count(keys, TryStep::Begin).await?;
        let hash = user.as_ref().and_then(|user| user.proofs.password.clone());
        let is_right = hashing::is(&self.hashing, password, hash).await?;
        let user = user.filter(|_| is_right).ok_or(SignInRefusal::Wrong)?;
        let step = match (&user.proofs.codes, code.map(str::trim).filter(|code| !code.is_empty())) {
            (None, _) => None,
            (Some(_), None) => {
                // The password was right: that is no try that was wrong, and neither do the wrong ones before it count less.
                self.count(keys, TryStep::TakeBack).await?;
                return Err(SignInRefusal::CodeNeeded.into());
            }
            (Some(codes), Some(code)) => {
                self.count(keys, TryStep::BeginCode).await?;
                Some(self.step(user.id, &codes.secret, code).ok_or(SignInRefusal::WrongCode)?)
            }
        };
        let signed_in = self.enter(user, step, network).await?;
        self.note_success(keys, TryStep::Succeed).await;
        Ok(signed_in)
    }

    /// Begins a session of a user who has proved who they are.
    async fn enter(&self, user: User, step: Option<u64>, network: String) -> Result<SignedIn, AppError> {
        let token = random_token()?;
        let hash = TokenHash::of(&token);
        let seen = user.clone();
        let entered = self.decide(move |accounts| accounts.sign_in(&seen, step, (hash, network.clone()))).await;
        let session = entered.map_err(|error| match error {
            AppError::Users(UserRefusal::CodeUsed) => SignInRefusal::WrongCode.into(),
            AppError::Users(_) => SignInRefusal::Wrong.into(),
            error => error,
        })?;
        Ok(signed_in(token, &session, user))
    }

    /// Who has this session. One read by its key, and at most once a minute a write.
    pub async fn visitor(&self, token: &str) -> Result<Option<Visitor>, AppError> {
        let (hash, now) = (TokenHash::of(token), self.now());
        let visitor = self.context.store.visitor(&hash, now).await?;
        if visitor.as_ref().is_some_and(|visitor| visitor.is_seen_anew(now)) {
            self.context.store.note_seen(&hash, now).await?;
        }
        Ok(visitor)
    }

    /// Ends the session with this token.
    pub async fn sign_out(&self, token: &str) -> Result<(), AppError> {
        self.context.store.end_session(&TokenHash::of(token)).await?;
        Ok(())
    }

    /// A user's sessions, the newest first.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, AppError> {
        Ok(self.context.store.sessions(user, self.now()).await?)
    }

    /// Ends one session of a user; whether there was one.
    pub async fn end_session(&self, user: UserId, session: TokenHash) -> Result<bool, AppError> {
        let is_theirs = self.sessions(user).await?.iter().any(|known| known.token == session);
        Ok(is_theirs && self.context.store.end_session(&session).await?)
    }

    /// Ends all sessions of a user, but for this one.
    pub async fn end_all(&self, user: UserId, but: Option<TokenHash>) -> Result<(), AppError> {
        self.decide(move |accounts| {
            accounts.end_sessions(user, but);
            Ok(())
        })
        .await
    }

    /// What a link is for.
    ///
    /// # Errors
    /// When it was used, is too old, or never was.
    pub async fn link(&self, token: &str) -> Result<LinkView, AppError> {
        let (hash, accounts) = (TokenHash::of(token), self.context.store.accounts(self.now()).await?);
        let (link, user) = (accounts.link(hash)?, accounts.user_of_link(hash)?.clone());
        let User { id, address, name, .. } = user;
        Ok(LinkView { user: id, address, name, purpose: link.purpose, expires: link.expires })
    }

    /// Sets a password by a link, and signs in with it; every other session of the user ends.
    ///
    /// # Errors
    /// When the link is not good, or the password is not.
    pub async fn set_password(&self, link: &str, password: SecretString, from: IpAddr) -> Result<SignedIn, AppError> {
        let view = self.link(link).await?;
        let names = [self.context.config.service.name.as_str(), view.name.as_str()];
        password::check(password.expose_secret(), &view.address, &names)?;
        let hash = hashing::hash(&self.hashing, password).await?;
        self.enter_by_link(link, view, network(from).to_string(), move |accounts, link, session| {
            accounts.set_password(link, hash.clone(), session)
        })
        .await
    }

    /// Begins a session of the user whose link this is, once `prove` has noted how they prove who they are from now on.
    async fn enter_by_link(
        &self,
        link: &str,
        view: LinkView,
        network: String,
        mut prove: impl FnMut(&mut Accounts, TokenHash, (TokenHash, String)) -> Result<Session, UserRefusal>
        + Send
        + 'static,
    ) -> Result<SignedIn, AppError> {
        let token = random_token()?;
        let (link, session) = (TokenHash::of(link), (TokenHash::of(&token), network.clone()));
        let decided = self.decide(move |accounts| {
            let session = prove(accounts, link, session.clone())?;
            Ok((accounts.user(session.user)?.clone(), session))
        });
        let (user, session) = as_person(Some(&Person::User(view.user, view.name)), decided).await?;
        // From now on, they are known to come from there.
        self.note_success(self.try_keys(&user.address, Some(&user), &network), TryStep::EnterByLink).await;
        Ok(signed_in(token, &session, user))
    }

    fn try_keys(&self, address: &Address, user: Option<&User>, network: &str) -> TryKeys {
        self.context.keyring.try_hasher().keys(address, user, network)
    }

    /// Counts a try before it is made, and afterwards what it was.
    async fn count(&self, keys: TryKeys, step: TryStep) -> Result<(), AppError> {
        let now = self.now();
        let Err(until) = self.context.store.count_try(keys, step, now).await? else { return Ok(()) };
        tell_of_pause(now);
        Err(SignInRefusal::Paused { minutes: (until - now).num_seconds().max(1).unsigned_abs().div_ceil(60) }.into())
    }

    /// Counts what was right. Someone is in already, so that it couldn't be counted is no reason to tell them otherwise.
    async fn note_success(&self, keys: TryKeys, step: TryStep) {
        if let Err(error) = self.count(keys, step).await {
            tracing::warn!(
                "a right sign-in to the console could not be counted, so its attempt still counts as a wrong one: {error}"
            );
        }
    }

    async fn decide<T: Send + 'static>(
        &self,
        decision: impl FnMut(&mut Accounts) -> Result<T, UserRefusal> + Send + 'static,
    ) -> Result<T, AppError> {
        Ok(decide_users(&*self.context.store, OPERATOR, self.now(), decision).await??)
    }

    fn now(&self) -> DateTime<Utc> {
        self.context.clock.now()
    }
}

fn signed_in(token: String, session: &Session, user: User) -> SignedIn {
    SignedIn { token: token.into(), user: user.id, name: user.name, role: user.role, expires: session.expires }
}

/// Says in the log, once a minute at most, that someone is held up: neither who, nor from where.
fn tell_of_pause(now: DateTime<Utc>) {
    static TOLD: AtomicI64 = AtomicI64::new(0);
    let minute = now.timestamp() / 60;
    if TOLD.swap(minute, Ordering::Relaxed) != minute {
        tracing::warn!("someone tried too often to sign in to the console, and has to wait");
    }
}
