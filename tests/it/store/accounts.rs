//! What is decided about the console's users, to try on every backend.

use chrono::{DateTime, Utc};
use fortnightly::domain::user::account::{PasswordHash, User};
use fortnightly::domain::user::accounts::{Accounts, UserRefusal};
use fortnightly::domain::user::bearer::TokenHash;
use fortnightly::domain::user::{Role, UserId};
use fortnightly::store::{Store, decide_users};
use proptest::prelude::*;

use super::samples::address;

/// Three addresses are enough to meet each other.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Add(u8, Role),
    Enter(u8),
    Demote(u8),
    Remove(u8),
    Reset(u8),
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let role = prop_oneof![Just(Role::Admin), Just(Role::Admin), Just(Role::Viewer)];
    prop_oneof![
        4 => (0..3_u8, role).prop_map(|(i, role)| Act::Add(i, role)),
        3 => (0..3_u8).prop_map(Act::Enter),
        1 => (0..3_u8).prop_map(Act::Demote),
        2 => (0..3_u8).prop_map(Act::Remove),
        2 => (0..3_u8).prop_map(Act::Reset),
    ]
}

/// A token that nobody else has.
pub(super) fn token(kind: &str, now: DateTime<Utc>) -> TokenHash {
    TokenHash::of(&format!("{kind} {now}"))
}

pub(super) fn hash(text: &str) -> PasswordHash {
    PasswordHash(text.to_owned())
}

/// What a decision came to.
pub(super) async fn decide<T: Send + 'static>(
    store: &(impl Store + ?Sized),
    now: DateTime<Utc>,
    decision: impl FnMut(&mut Accounts) -> Result<T, UserRefusal> + Send + 'static,
) -> Result<T, UserRefusal> {
    decide_users(store, "test", now, decision).await.unwrap()
}

/// Adds a user, with a link of this number.
pub(super) async fn add(
    store: &(impl Store + ?Sized),
    name: &str,
    role: Role,
    link: TokenHash,
    now: DateTime<Utc>,
) -> UserId {
    let (name, address) = (name.to_owned(), address(&format!("{name}@team.example")));
    decide(store, now, move |accounts| Ok(accounts.add(address.clone(), name.clone(), role, link))).await.unwrap()
}

fn known(accounts: &Accounts, i: u8) -> Result<User, UserRefusal> {
    let address = address(&format!("u{i}@team.example"));
    accounts.find(&address).cloned().ok_or(UserRefusal::Unknown(address))
}

/// Carries it out; what it came to. A link is known by the moment when it was made, which `links` remembers.
pub(super) async fn perform(
    store: &(impl Store + ?Sized),
    act: Act,
    links: &mut [Option<TokenHash>; 3],
    now: DateTime<Utc>,
) -> String {
    let link = token("link", now);
    let said = |result: Result<_, UserRefusal>| format!("{result:?}");
    let decided = match act {
        Act::Add(i, role) if known(&store.accounts(now).await.unwrap(), i).is_err() => {
            let id = add(store, &format!("u{i}"), role, link, now).await;
            links[usize::from(i)] = Some(link);
            return format!("{id:?}");
        }
        Act::Add(i, role) => {
            decide(store, now, move |accounts| accounts.change_role(known(accounts, i)?.id, role).map(|_| ())).await
        }
        Act::Enter(i) => {
            let link = links[usize::from(i)].unwrap_or(token("none", now));
            let session = (token("session", now), "192.0.2.0/24".to_owned());
            decide(store, now, move |accounts| accounts.set_password(link, hash("x"), session.clone()).map(drop)).await
        }
        Act::Demote(i) => decide(store, now, move |a| a.change_role(known(a, i)?.id, Role::Editor).map(drop)).await,
        Act::Remove(i) => decide(store, now, move |accounts| accounts.remove(known(accounts, i)?.id).map(drop)).await,
        Act::Reset(i) => {
            links[usize::from(i)] = Some(link);
            decide(store, now, move |accounts| accounts.reset(known(accounts, i)?.id, link)).await
        }
    };
    said(decided)
}

/// What a store answers to whatever is asked about its users.
pub(super) async fn answers(store: &(impl Store + ?Sized), now: DateTime<Utc>) -> Vec<String> {
    let users = store.users().await.unwrap();
    let accounts = store.accounts(now).await.unwrap();
    let mut answers = vec![format!("{users:?} {:?}", store.has_users().await), format!("{accounts:?}")];
    for user in users {
        let sessions = store.sessions(user.id, now).await.unwrap();
        answers.push(format!("{:?} {sessions:?}", store.user_at(&user.address).await));
        for session in sessions {
            answers.push(format!("{:?}", store.visitor(&session.token, now).await));
        }
    }
    answers
}
