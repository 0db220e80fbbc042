//! Who may use the console, to decide on: rows that were read together, and what was changed of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::account::{CodeSecret, PasswordHash, Proofs, SignOnSubject, User};
use super::bearer::TokenHash;
use super::changes::{Added, Changed, UserChanges, UserNote};
use super::link::{self, LinkPurpose, OneTimeLink};
use super::session::Session;
use super::{Role, UserId};
use crate::domain::address::Address;

/// Every user, and every link that was not used yet.
#[derive(Debug, Clone)]
pub struct Accounts {
    at: DateTime<Utc>,
    users: BTreeMap<UserId, User>,
    links: BTreeMap<TokenHash, OneTimeLink>,
    /// The number of the next user.
    next: UserId,
    changes: UserChanges,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserRefusal {
    #[error("nobody with the address {0} may use the console")]
    Unknown(Address),
    #[error("there is no user {}", .0.0)]
    UnknownId(UserId),
    /// Nobody could look after the users any more.
    #[error("{0} is the only admin, and there are other users")]
    LastAdmin(String),
    /// The link was used, is too old, or never was.
    #[error("the link was used already, or is older than 24 hours")]
    LinkOver,
    /// Another user has this account of the organisation.
    #[error("another user has this account")]
    SignOnTaken,
    /// The code was used already.
    #[error("the code was used already")]
    CodeUsed,
    /// What was true when it was read is not any more: a password was set anew meanwhile, or a user removed.
    #[error("it was changed meanwhile")]
    ChangedMeanwhile,
}

impl Accounts {
    /// What was read, for a decision at this moment.
    pub fn new(users: Vec<User>, links: Vec<OneTimeLink>, next: UserId, at: DateTime<Utc>) -> Self {
        let users = users.into_iter().map(|user| (user.id, user)).collect();
        let links = links.into_iter().map(|link| (link.token, link)).collect();
        Self { at, users, links, next, changes: UserChanges::default() }
    }

    /// The moment of the decision.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// What was changed.
    pub fn changes(&self) -> &UserChanges {
        &self.changes
    }

    /// Those of `changes` that are to be written anew.
    pub fn changed_users(&self) -> impl Iterator<Item = &User> {
        self.changes.put.iter().filter_map(|id| self.users.get(id))
    }

    /// The number of the next user.
    pub fn next(&self) -> UserId {
        self.next
    }

    /// Takes everything back: nothing is written.
    pub fn abandon(&mut self) {
        self.changes = UserChanges::default();
    }

    /// Whether there is a user.
    pub fn any(&self) -> bool {
        !self.users.is_empty()
    }

    /// The user with this address.
    pub fn find(&self, address: &Address) -> Option<&User> {
        self.users.values().find(|user| user.address == *address)
    }

    /// The user with this number.
    ///
    /// # Errors
    /// When there is none.
    pub fn user(&self, id: UserId) -> Result<&User, UserRefusal> {
        self.users.get(&id).ok_or(UserRefusal::UnknownId(id))
    }

    /// A new user, who sets their password with this link.
    pub fn add(&mut self, address: Address, name: String, role: Role, token: TokenHash) -> UserId {
        let id = self.next;
        self.next = UserId(id.0 + 1);
        self.note("user-add", id, &Added { name: name.clone(), role });
        self.put(User { id, address, name, role, proofs: Proofs::default(), created: self.at, seen: None });
        self.make_link(id, LinkPurpose::Set, token);
        id
    }

    /// Gives a user another role; the one before.
    ///
    /// # Errors
    /// When there is no such user, or no admin would be left among others.
    pub fn change_role(&mut self, id: UserId, role: Role) -> Result<Role, UserRefusal> {
        let before = self.user(id)?.role;
        if role != before {
            if role != Role::Admin {
                self.refuse_to_lose_last_admin(id)?;
            }
            self.note("user-role", id, &Changed { before, after: role });
            self.change(id, |user| user.role = role)?;
        }
        Ok(before)
    }

    /// Gives a user another name; the one before.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn rename(&mut self, id: UserId, name: &str) -> Result<String, UserRefusal> {
        let before = self.user(id)?.name.clone();
        if name != before {
            self.note("user-name", id, &Changed { before: before.as_str(), after: name });
            self.change(id, |user| name.clone_into(&mut user.name))?;
        }
        Ok(before)
    }

    /// Removes a user, with their sessions and links. Without users the console opens by its link again.
    ///
    /// # Errors
    /// When there is no such user, or no admin would be left among others.
    pub fn remove(&mut self, id: UserId) -> Result<User, UserRefusal> {
        self.user(id)?;
        self.refuse_to_lose_last_admin(id)?;
        let user = self.users.remove(&id).ok_or(UserRefusal::UnknownId(id))?;
        self.note("user-remove", id, &user.name);
        self.changes.put.remove(&id);
        self.changes.removed.push(id);
        self.end_sessions(id, None);
        self.use_up_links_of(id);
        Ok(user)
    }

    /// Gives a user a new link: the way they signed in until now no longer works.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn reset(&mut self, id: UserId, token: TokenHash) -> Result<(), UserRefusal> {
        self.change(id, |user| user.proofs = Proofs::default())?;
        self.note("user-reset", id, &());
        self.end_sessions(id, None);
        self.use_up_links_of(id);
        self.make_link(id, LinkPurpose::Reset, token);
        Ok(())
    }

    /// A link that is still good.
    ///
    /// # Errors
    /// When it is not.
    pub fn link(&self, token: TokenHash) -> Result<&OneTimeLink, UserRefusal> {
        self.links.get(&token).filter(|link| link.is_good(self.at)).ok_or(UserRefusal::LinkOver)
    }

    /// Whose link this is.
    ///
    /// # Errors
    /// When it is not good.
    pub fn user_of_link(&self, token: TokenHash) -> Result<&User, UserRefusal> {
        self.user(self.link(token)?.user).map_err(|_| UserRefusal::LinkOver)
    }

    /// Sets a password by a link, and begins a session; all others of the user end.
    ///
    /// # Errors
    /// When the link is not good.
    pub fn set_password(
        &mut self,
        link: TokenHash,
        password: PasswordHash,
        session: (TokenHash, String),
    ) -> Result<Session, UserRefusal> {
        let id = self.user_of_link(link)?.id;
        self.use_up_links_of(id);
        self.note("user-password", id, &());
        self.change(id, |user| user.proofs.password = Some(password))?;
        self.end_sessions(id, None);
        self.begin_session(id, session)
    }

    /// Binds an account of the organisation by a link, and begins a session; the user's other sessions end.
    ///
    /// # Errors
    /// When the link is not good, or the account is another user's.
    pub fn bind_sign_on(
        &mut self,
        link: TokenHash,
        sign_on: SignOnSubject,
        session: (TokenHash, String),
    ) -> Result<Session, UserRefusal> {
        let id = self.user_of_link(link)?.id;
        if self.users.values().any(|user| user.id != id && user.proofs.sign_on.as_ref() == Some(&sign_on)) {
            return Err(UserRefusal::SignOnTaken);
        }
        self.use_up_links_of(id);
        self.note("user-sign-on", id, &());
        self.change(id, |user| user.proofs.sign_on = Some(sign_on))?;
        self.end_sessions(id, None);
        self.begin_session(id, session)
    }

    /// Begins a session of a user who was looked at before, and whose proofs were right.
    ///
    /// # Errors
    /// When they have other proofs by now, or the code of this step was used.
    pub fn sign_in(
        &mut self,
        seen: &User,
        step: Option<u64>,
        session: (TokenHash, String),
    ) -> Result<Session, UserRefusal> {
        let now = self.user(seen.id).map_err(|_| UserRefusal::ChangedMeanwhile)?;
        let secret = |user: &User| user.proofs.codes.as_ref().map(|codes| codes.secret.clone());
        if (&now.proofs.password, &now.proofs.sign_on, secret(now))
            != (&seen.proofs.password, &seen.proofs.sign_on, secret(seen))
        {
            return Err(UserRefusal::ChangedMeanwhile);
        }
        if let Some(step) = step {
            self.use_code(seen.id, step)?;
        }
        self.begin_session(seen.id, session)
    }

    /// From now on a code is asked for, too; the one of this step was the first.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn ask_for_codes(&mut self, id: UserId, secret: Vec<u8>, step: u64) -> Result<(), UserRefusal> {
        // Whoever sits at a browser that was left open must not take the codes over.
        if self.user(id)?.proofs.codes.is_some() {
            return Err(UserRefusal::ChangedMeanwhile);
        }
        self.change(id, |user| user.proofs.codes = Some(CodeSecret { secret, last_step: Some(step) }))?;
        self.note("user-codes", id, &true);
        Ok(())
    }

    /// Replaces the stored form of what a user's app makes codes from, if it hasn't changed since.
    pub fn reseal_codes(&mut self, id: UserId, before: &[u8], sealed: Vec<u8>) -> Result<(), UserRefusal> {
        self.change(id, |user| {
            if let Some(codes) = user.proofs.codes.as_mut().filter(|codes| codes.secret == before) {
                codes.secret = sealed;
            }
        })
    }

    /// From now on no code is asked for; the one of this step was the last.
    ///
    /// # Errors
    /// When there is no such user, or the code was used before.
    pub fn ask_for_no_codes(&mut self, id: UserId, step: u64) -> Result<(), UserRefusal> {
        self.use_code(id, step)?;
        self.change(id, |user| user.proofs.codes = None)?;
        self.note("user-codes", id, &false);
        Ok(())
    }

    /// Ends a user's sessions, but for this one.
    pub fn end_sessions(&mut self, user: UserId, but: Option<TokenHash>) {
        self.changes.ended.push((user, but));
    }

    fn use_code(&mut self, id: UserId, step: u64) -> Result<(), UserRefusal> {
        let codes = self.user(id)?.proofs.codes.as_ref().ok_or(UserRefusal::ChangedMeanwhile)?;
        if codes.last_step.is_some_and(|last| step <= last) {
            return Err(UserRefusal::CodeUsed);
        }
        self.change(id, |user| {
            if let Some(codes) = &mut user.proofs.codes {
                codes.last_step = Some(step);
            }
        })
    }

    fn begin_session(&mut self, user: UserId, (token, network): (TokenHash, String)) -> Result<Session, UserRefusal> {
        let (session, at) = (Session::new(token, user, network, self.at), self.at);
        self.change(user, |user| user.seen = Some(at))?;
        self.changes.begun.push(session.clone());
        Ok(session)
    }

    fn refuse_to_lose_last_admin(&self, id: UserId) -> Result<(), UserRefusal> {
        let user = self.user(id)?;
        let others: BTreeSet<Role> =
            self.users.values().filter(|other| other.id != id).map(|other| other.role).collect();
        let is_last = user.role == Role::Admin && !others.is_empty() && !others.contains(&Role::Admin);
        if is_last { Err(UserRefusal::LastAdmin(user.name.clone())) } else { Ok(()) }
    }

    fn make_link(&mut self, user: UserId, purpose: LinkPurpose, token: TokenHash) {
        let link = OneTimeLink { token, user, purpose, expires: self.at + link::LIFE };
        self.changes.links_made.push(link.clone());
        self.links.insert(token, link);
    }

    fn use_up(&mut self, token: TokenHash) {
        self.links.remove(&token);
        self.changes.links_over.push(token);
    }

    fn use_up_links_of(&mut self, id: UserId) {
        let of: Vec<_> = self.links.values().filter(|link| link.user == id).map(|link| link.token).collect();
        for token in of {
            self.use_up(token);
        }
    }

    fn put(&mut self, user: User) {
        self.changes.put.insert(user.id);
        self.users.insert(user.id, user);
    }

    fn change(&mut self, id: UserId, change: impl FnOnce(&mut User)) -> Result<(), UserRefusal> {
        change(self.users.get_mut(&id).ok_or(UserRefusal::UnknownId(id))?);
        self.changes.put.insert(id);
        Ok(())
    }

    fn note(&mut self, action: &'static str, user: UserId, detail: &impl serde::Serialize) {
        self.changes.notes.push(UserNote::new(action, user, detail));
    }
}

#[cfg(test)]
mod tests;
