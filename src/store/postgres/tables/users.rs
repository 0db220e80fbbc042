//! [`Users`] on `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::{audit, numbers};
use crate::domain::address::Address;
use crate::domain::user::account::{CodeSecret, PasswordHash, Proofs, SignOnSubject, User};
use crate::domain::user::accounts::Accounts;
use crate::domain::user::bearer::TokenHash;
use crate::domain::user::limits::{self, Tries, TryKey, TryKeys, TryStep};
use crate::domain::user::link::OneTimeLink;
use crate::domain::user::session::{Session, Visitor};
use crate::domain::user::{Role, UserId};
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::{StoreError, UserDecision, Users};

#[async_trait]
impl Users for PostgresStore {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        within!(self, Look, |transaction| users(&transaction).await)
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        within!(self, Look, |transaction| transaction.is("SELECT EXISTS (SELECT 1 FROM users)", params![]).await)
    }

    async fn user_at(&self, address: &Address) -> Result<Option<User>, StoreError> {
        let (query, folded) = (format!("SELECT {USER} FROM users WHERE lower(address) = $1"), address.folded());
        within!(self, Look, |transaction| transaction.row(&query, params![folded], user).await)
    }

    async fn user_with_sign_on(&self, sign_on: &SignOnSubject) -> Result<Option<User>, StoreError> {
        let query = format!("SELECT {USER} FROM users WHERE issuer = $1 AND subject = $2");
        within!(self, Look, |transaction| {
            transaction.row(&query, params![sign_on.issuer, sign_on.subject], user).await
        })
    }

    async fn accounts(&self, at: DateTime<Utc>) -> Result<Accounts, StoreError> {
        within!(self, Look, |transaction| accounts(&transaction, at).await)
    }

    async fn change_accounts(
        &self,
        actor: &'static str,
        at: DateTime<Utc>,
        mut decide: UserDecision,
    ) -> Result<(), StoreError> {
        within!(self, Change, |transaction| {
            transaction.run(LOCK, params![]).await?;
            let mut accounts = accounts(&transaction, at).await?;
            decide(&mut accounts);
            write(&transaction, actor, &accounts).await
        })
    }

    async fn visitor(&self, token: &TokenHash, at: DateTime<Utc>) -> Result<Option<Visitor>, StoreError> {
        within!(self, Look, |transaction| {
            let read = |row: &Row| visitor(*token, row);
            transaction.row(VISITOR, params![&token.0[..], sql::millis(at)], read).await
        })
    }

    async fn note_seen(&self, token: &TokenHash, at: DateTime<Utc>) -> Result<(), StoreError> {
        let seen = "WITH s AS (UPDATE sessions SET seen_at = $2 WHERE token = $1 RETURNING user_id)
                    UPDATE users AS u SET seen_at = $2 FROM s WHERE u.id = s.user_id";
        within!(self, Change, |transaction| {
            transaction.run(seen, params![&token.0[..], sql::millis(at)]).await.map(drop)
        })
    }

    async fn sessions(&self, user: UserId, at: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        let query = "SELECT token, user_id, begun_at, seen_at, expires_at, network FROM sessions
                     WHERE user_id = $1 AND expires_at > $2 ORDER BY begun_at DESC, token";
        within!(self, Look, |transaction| {
            transaction.rows(query, params![sql::column(user.0)?, sql::millis(at)], session).await
        })
    }

    async fn end_session(&self, token: &TokenHash) -> Result<bool, StoreError> {
        within!(self, Change, |transaction| {
            Ok(transaction.run("DELETE FROM sessions WHERE token = $1", params![&token.0[..]]).await? > 0)
        })
    }

    async fn count_try(
        &self,
        keys: TryKeys,
        step: TryStep,
        at: DateTime<Utc>,
    ) -> Result<Result<(), DateTime<Utc>>, StoreError> {
        within!(self, Change, |transaction| count_try(&transaction, keys, step, at).await)
    }
}

/// Whoever decides about users does so alone; who only looks at them is not in the way.
const LOCK: &str = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE";

/// The same of whoever counts a try.
const LOCK_TRIES: &str = "LOCK TABLE sign_in_tries IN SHARE ROW EXCLUSIVE MODE";

const USER: &str = "id, address, name, role, password, totp, totp_step, issuer, subject, created_at, seen_at";

const VISITOR: &str = "SELECT u.id, u.name, u.role, s.seen_at FROM sessions s JOIN users u ON u.id = s.user_id
                       WHERE s.token = $1 AND s.expires_at > $2";

async fn users(transaction: &Transaction) -> Result<Vec<User>, PostgresError> {
    transaction.rows(&format!("SELECT {USER} FROM users ORDER BY id"), params![], user).await
}

async fn accounts(transaction: &Transaction, at: DateTime<Utc>) -> Result<Accounts, PostgresError> {
    let query = "SELECT token, user_id, purpose, expires_at FROM user_links";
    let link = |row: &Row| {
        Ok(OneTimeLink {
            token: token(row, 0)?,
            user: user_id(row, 1)?,
            purpose: sql::word(row, 2)?,
            expires: sql::instant(row.try_get(3)?)?,
        })
    };
    let users = users(transaction).await?;
    let links = transaction.rows(query, params![], link).await?;
    let [next] = numbers::next(transaction, [numbers::USER]).await?;
    Ok(Accounts::new(users, links, UserId(next), at))
}

async fn write(transaction: &Transaction, actor: &str, accounts: &Accounts) -> Result<(), PostgresError> {
    let (changes, at) = (accounts.changes(), sql::millis(accounts.at()));
    let mut is_new = false;
    for user in accounts.changed_users() {
        put(transaction, user).await?;
        is_new |= user.created == accounts.at();
    }
    if is_new {
        numbers::put(transaction, &[(numbers::USER, accounts.next().0)]).await?;
    }
    for gone in &changes.removed {
        transaction.run("DELETE FROM users WHERE id = $1", params![sql::column(gone.0)?]).await?;
    }
    for over in &changes.links_over {
        transaction.run("DELETE FROM user_links WHERE token = $1", params![&over.0[..]]).await?;
    }
    for link in &changes.links_made {
        let insert = "INSERT INTO user_links (token, user_id, purpose, expires_at) VALUES ($1, $2, $3, $4)";
        let (user, expires) = (sql::column(link.user.0)?, sql::millis(link.expires));
        transaction.run(insert, params![&link.token.0[..], user, link.purpose.as_str(), expires]).await?;
    }
    for (user, but) in &changes.ended {
        let end = "DELETE FROM sessions WHERE user_id = $1 AND token IS DISTINCT FROM $2";
        transaction.run(end, params![sql::column(user.0)?, but.map(|but| but.0.to_vec())]).await?;
    }
    for session in &changes.begun {
        begin(transaction, session).await?;
    }
    for note in &changes.notes {
        audit::write(transaction, at, actor, note.action, &note.subject(), &note.detail).await?;
    }
    transaction.run("DELETE FROM sessions WHERE expires_at <= $1", params![at]).await?;
    transaction.run("DELETE FROM user_links WHERE expires_at <= $1", params![at]).await.map(drop)
}

async fn put(transaction: &Transaction, user: &User) -> Result<(), PostgresError> {
    let put =
        "INSERT INTO users (id, address, name, role, password, totp, totp_step, issuer, subject, created_at, seen_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
               ON CONFLICT (id) DO UPDATE SET address = excluded.address, name = excluded.name, role = excluded.role,
                   password = excluded.password, totp = excluded.totp, totp_step = excluded.totp_step,
                   issuer = excluded.issuer, subject = excluded.subject, seen_at = excluded.seen_at";
    let Proofs { password, codes, sign_on } = &user.proofs;
    let step = codes.as_ref().and_then(|codes| codes.last_step).map(sql::column).transpose()?;
    let (secret, id) = (codes.as_ref().map(|codes| &codes.secret), sql::column(user.id.0)?);
    let issuer = sign_on.as_ref().map(|sign_on| &sign_on.issuer);
    let subject = sign_on.as_ref().map(|sign_on| &sign_on.subject);
    let (password, address) = (password.as_ref().map(|hash| &hash.0), user.address.as_str());
    let (role, created, seen) = (user.role.as_str(), sql::millis(user.created), user.seen.map(sql::millis));
    let params = params![id, address, user.name, role, password, secret, step, issuer, subject, created, seen];
    transaction.run(put, params).await.map(drop)
}

async fn begin(transaction: &Transaction, session: &Session) -> Result<(), PostgresError> {
    let insert = "INSERT INTO sessions (token, user_id, begun_at, seen_at, expires_at, network)
                  VALUES ($1, $2, $3, $4, $5, $6)";
    let [begun, seen, expires] = [session.begun, session.seen, session.expires].map(sql::millis);
    let (token, user) = (&session.token.0[..], sql::column(session.user.0)?);
    transaction.run(insert, params![token, user, begun, seen, expires, session.network]).await.map(drop)
}

async fn count_try(
    transaction: &Transaction,
    keys: TryKeys,
    step: TryStep,
    at: DateTime<Utc>,
) -> Result<Result<(), DateTime<Utc>>, PostgresError> {
    transaction.run(LOCK_TRIES, params![]).await?;
    let [old, unfamiliar] = [limits::forgotten_before(at), limits::unfamiliar_before(at)].map(sql::millis);
    let forget = "DELETE FROM sign_in_tries WHERE (wrong > 0 AND last_at < $1) OR last_at < $2";
    transaction.run(forget, params![old, unfamiliar]).await?;
    let mut known = limits::KnownTries::default();
    for (tries, key) in known.iter_mut().zip(keys) {
        if let Some(key) = key {
            *tries = known_tries(transaction, key).await?;
        }
    }
    let after = match limits::after(step, known, at) {
        Ok(after) => after,
        Err(until) => return Ok(Err(until)),
    };
    for (key, tries) in keys.into_iter().zip(after).filter_map(|(key, tries)| Some((key?, tries))) {
        let put = "INSERT INTO sign_in_tries (key, wrong, last_at) VALUES ($1, $2, $3)
                   ON CONFLICT (key) DO UPDATE SET wrong = excluded.wrong, last_at = excluded.last_at";
        let Some(tries) = tries else {
            transaction.run("DELETE FROM sign_in_tries WHERE key = $1", params![&key.0[..]]).await?;
            continue;
        };
        let (wrong, last) = (sql::column(tries.wrong)?, sql::millis(tries.last));
        transaction.run(put, params![&key.0[..], wrong, last]).await?;
    }
    Ok(Ok(()))
}

async fn known_tries(transaction: &Transaction, key: TryKey) -> Result<Option<Tries>, PostgresError> {
    let query = "SELECT wrong, last_at FROM sign_in_tries WHERE key = $1";
    let read = |row: &Row| Ok(Tries { wrong: sql::count(row.try_get(0)?), last: sql::instant(row.try_get(1)?)? });
    transaction.row(query, params![&key.0[..]], read).await
}

fn user(row: &Row) -> Result<User, PostgresError> {
    let codes = match row.try_get::<_, Option<Vec<u8>>>(5)? {
        Some(secret) => Some(CodeSecret { secret, last_step: row.try_get::<_, Option<i64>>(6)?.map(sql::count) }),
        None => None,
    };
    let sign_on = match (row.try_get(7)?, row.try_get(8)?) {
        (Some(issuer), Some(subject)) => Some(SignOnSubject { issuer, subject }),
        _ => None,
    };
    Ok(User {
        id: UserId(sql::count(row.try_get(0)?)),
        address: sql::word(row, 1)?,
        name: row.try_get(2)?,
        role: sql::word(row, 3)?,
        proofs: Proofs { password: row.try_get::<_, Option<String>>(4)?.map(PasswordHash), codes, sign_on },
        created: sql::instant(row.try_get(9)?)?,
        seen: sql::maybe_instant(row.try_get(10)?)?,
    })
}

fn visitor(session: TokenHash, row: &Row) -> Result<Visitor, PostgresError> {
    let (user, role) = (user_id(row, 0)?, sql::word::<Role>(row, 2)?);
    Ok(Visitor { session, user, name: row.try_get(1)?, role, seen: sql::instant(row.try_get(3)?)? })
}

fn session(row: &Row) -> Result<Session, PostgresError> {
    Ok(Session {
        token: token(row, 0)?,
        user: user_id(row, 1)?,
        begun: sql::instant(row.try_get(2)?)?,
        seen: sql::instant(row.try_get(3)?)?,
        expires: sql::instant(row.try_get(4)?)?,
        network: row.try_get(5)?,
    })
}

fn token(row: &Row, at: usize) -> Result<TokenHash, PostgresError> {
    let octets = row.try_get::<_, &[u8]>(at)?.try_into();
    octets.map(TokenHash).map_err(|_| sql::damaged("a hash has another length"))
}

fn user_id(row: &Row, at: usize) -> Result<UserId, PostgresError> {
    Ok(UserId(sql::count(row.try_get(at)?)))
}
