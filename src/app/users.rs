//! Who may use the console: what an admin does about it.

use chrono::{DateTime, Utc};

use super::{AppContext, AppError, random_token};
use crate::config::Web;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::user::account::User;
use crate::domain::user::accounts::{Accounts, UserRefusal};
use crate::domain::user::bearer::TokenHash;
use crate::domain::user::{Role, UserId};
use crate::store::decide_users;

/// A user as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    pub address: Address,
    pub name: String,
    pub role: Role,
    pub signs_in: SignsIn,
    /// Whether a code is asked for beside the password.
    pub codes: bool,
    pub created: DateTime<Utc>,
    /// When they were last seen, to the minute.
    pub seen: Option<DateTime<Utc>>,
}

/// By what a user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignsIn {
    /// They have not used their link yet.
    NotYet,
    Password,
    /// The organisation's own sign-on.
    SignOn,
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        let User { id, address, name, role, proofs, created, seen } = user;
        let signs_in = match (&proofs.sign_on, &proofs.password) {
            (Some(_), _) => SignsIn::SignOn,
            (None, Some(_)) => SignsIn::Password,
            (None, None) => SignsIn::NotYet,
        };
        Self { id, address, name, role, signs_in, codes: proofs.codes.is_some(), created, seen }
    }
}

/// A link that is good once and for 24 hours. Whoever has it is that user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLink {
    pub url: String,
}

/// What adding a user came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddResult {
    Added(UserRow, UserLink),
    /// Someone of this address was there: as they were, and as they are.
    Changed(UserRow, UserRow),
}

/// Looks after users.
pub struct Users {
    context: AppContext,
}

impl Users {
    /// Those of this store.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
    }

    /// Whether there is one; without, the console opens by the link that it prints.
    pub async fn any(&self) -> Result<bool, AppError> {
        Ok(self.context.store.has_users().await?)
    }

    /// Everyone, by name.
    pub async fn list(&self) -> Result<Vec<UserRow>, AppError> {
        let mut users: Vec<UserRow> = self.context.store.users().await?.into_iter().map(UserRow::from).collect();
        users.sort_by_key(|user| (user.name.to_lowercase(), user.address.folded()));
        Ok(users)
    }

    /// The user with this address.
    ///
    /// # Errors
    /// When there is none.
    pub async fn at(&self, address: &Address) -> Result<UserRow, AppError> {
        let user = self.context.store.user_at(address).await?;
        Ok(user.ok_or_else(|| UserRefusal::Unknown(address.clone()))?.into())
    }

    /// The user with this number.
    ///
    /// # Errors
    /// When there is none.
    pub async fn user(&self, id: UserId) -> Result<UserRow, AppError> {
        let user = self.context.store.users().await?.into_iter().find(|user| user.id == id);
        Ok(user.ok_or(UserRefusal::UnknownId(id))?.into())
    }

    /// Adds a user, who gets a link; or gives the one of this address another role and name. Without a name, a new user is called
    /// after their address's first part, because the audit needs some name.
    ///
    /// # Errors
    /// When no admin would be left among others.
    pub async fn add(&self, address: Address, name: Option<String>, role: Role) -> Result<AddResult, AppError> {
        let token = random_token()?;
        let hash = TokenHash::of(&token);
        let (before, after) = self
            .decide(move |accounts| {
                let Some(before) = accounts.find(&address).cloned() else {
                    let name = name.clone().unwrap_or_else(|| address.local().to_owned());
                    let id = accounts.add(address.clone(), name, role, hash);
                    return Ok((None, accounts.user(id)?.clone()));
                };
                accounts.change_role(before.id, role)?;
                if let Some(name) = &name {
                    accounts.rename(before.id, name)?;
                }
                let after = accounts.user(before.id)?.clone();
                Ok((Some(before), after))
            })
            .await?;
        Ok(match before {
            Some(before) => AddResult::Changed(before.into(), after.into()),
            None => AddResult::Added(after.into(), self.link(&token)),
        })
    }

    /// Gives a user another role; the one before.
    ///
    /// # Errors
    /// When there is no such user, or no admin would be left among others.
    pub async fn change_role(&self, id: UserId, role: Role) -> Result<Role, AppError> {
        self.decide(move |accounts| accounts.change_role(id, role)).await
    }

    /// Removes a user: their sessions end at once.
    ///
    /// # Errors
    /// When there is no such user, or no admin would be left among others.
    pub async fn remove(&self, id: UserId) -> Result<UserRow, AppError> {
        Ok(self.decide(move |accounts| accounts.remove(id)).await?.into())
    }

    /// Gives a user a new link: their sessions end, and their password, codes and sign-on no longer work.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn reset(&self, id: UserId) -> Result<UserLink, AppError> {
        let token = random_token()?;
        let hash = TokenHash::of(&token);
        self.decide(move |accounts| accounts.reset(id, hash)).await?;
        Ok(self.link(&token))
    }

    async fn decide<T: Send + 'static>(
        &self,
        decision: impl FnMut(&mut Accounts) -> Result<T, UserRefusal> + Send + 'static,
    ) -> Result<T, AppError> {
        let (store, now) = (&*self.context.store, self.context.clock.now());
        Ok(decide_users(store, OPERATOR, now, decision).await??)
    }

    fn link(&self, token: &str) -> UserLink {
        UserLink { url: format!("{}/sign-in/link/{token}", console_address(&self.context.config.web)) }
    }
}

/// How the console's addresses begin.
pub fn console_address(web: &Web) -> String {
    web.console_url.clone().unwrap_or_else(|| format!("http://{}", web.console_listen))
}
