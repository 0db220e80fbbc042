//! [`Users`] on `SQLite`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use super::audit;
use crate::domain::address::Address;
use crate::domain::user::account::{CodeSecret, PasswordHash, Proofs, SignOnSubject, User};
use crate::domain::user::accounts::Accounts;
use crate::domain::user::bearer::TokenHash;
use crate::domain::user::limits::{self, Tries, TryKeys, TryStep};
use crate::domain::user::link::OneTimeLink;
use crate::domain::user::session::{Session, Visitor};
use crate::domain::user::{Role, UserId};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{StoreError, UserDecision, Users};

#[async_trait]
impl Users for SqliteStore {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.read(users).await
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        self.read(|conn| Ok(sql::number(conn, "SELECT EXISTS (SELECT 1 FROM users)", [])? != 0)).await
    }

    async fn user_at(&self, address: &Address) -> Result<Option<User>, StoreError> {
        let (query, folded) = (format!("SELECT {USER} FROM users WHERE lower(address) = ?1"), address.folded());
        self.read(move |conn| sql::row(conn, &query, [folded], user)).await
    }

    async fn user_with_sign_on(&self, sign_on: &SignOnSubject) -> Result<Option<User>, StoreError> {
        let query = format!("SELECT {USER} FROM users WHERE issuer = ?1 AND subject = ?2");
        let SignOnSubject { issuer, subject } = sign_on.clone();
        self.read(move |conn| sql::row(conn, &query, (issuer, subject), user)).await
    }

    async fn accounts(&self, at: DateTime<Utc>) -> Result<Accounts, StoreError> {
        self.read(move |conn| accounts(conn, at)).await
    }

    async fn change_accounts(
        &self,
        actor: &'static str,
        at: DateTime<Utc>,
        mut decide: UserDecision,
    ) -> Result<(), StoreError> {
        self.write(move |conn| {
            let mut accounts = accounts(conn, at)?;
            decide(&mut accounts);
            write(conn, actor, &accounts)
        })
        .await
    }

    async fn visitor(&self, token: &TokenHash, at: DateTime<Utc>) -> Result<Option<Visitor>, StoreError> {
        let token = *token;
        self.read(move |conn| sql::row(conn, VISITOR, (token.0, sql::millis(at)), |row| visitor(token, row))).await
    }

    async fn note_seen(&self, token: &TokenHash, at: DateTime<Utc>) -> Result<(), StoreError> {
        let token = *token;
        self.write(move |conn| {
            sql::run(conn, "UPDATE sessions SET seen_at = ?2 WHERE token = ?1", (token.0, sql::millis(at)))?;
            let seen = "UPDATE users SET seen_at = ?2 WHERE id = (SELECT user_id FROM sessions WHERE token = ?1)";
            sql::run(conn, seen, (token.0, sql::millis(at))).map(drop)
        })
        .await
    }

    async fn sessions(&self, user: UserId, at: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        let query = "SELECT token, user_id, begun_at, seen_at, expires_at, network FROM sessions
                     WHERE user_id = ?1 AND expires_at > ?2 ORDER BY begun_at DESC, token";
        self.read(move |conn| sql::rows(conn, query, (sql::column(user.0)?, sql::millis(at)), session)).await
    }

    async fn end_session(&self, token: &TokenHash) -> Result<bool, StoreError> {
        let token = *token;
        self.write(move |conn| Ok(sql::run(conn, "DELETE FROM sessions WHERE token = ?1", [token.0])? > 0)).await
    }

    async fn count_try(
        &self,
        keys: TryKeys,
        step: TryStep,
        at: DateTime<Utc>,
    ) -> Result<Result<(), DateTime<Utc>>, StoreError> {
        self.write(move |conn| count_try(conn, keys, step, at)).await
    }
}

const USER: &str = "id, address, name, role, password, totp, totp_step, issuer, subject, created_at, seen_at";

const VISITOR: &str = "SELECT u.id, u.name, u.role, s.seen_at FROM sessions s JOIN users u ON u.id = s.user_id
                       WHERE s.token = ?1 AND s.expires_at > ?2";

fn users(conn: &Connection) -> Result<Vec<User>, SqliteError> {
    sql::rows(conn, &format!("SELECT {USER} FROM users ORDER BY id"), [], user)
}

fn accounts(conn: &Connection, at: DateTime<Utc>) -> Result<Accounts, SqliteError> {
    let query = "SELECT token, user_id, purpose, expires_at FROM user_links";
    let link = |row: &Row<'_>| {
        Ok(OneTimeLink {
            token: TokenHash(row.get(0)?),
            user: user_id(row, 1)?,
            purpose: sql::word(row, 2)?,
            expires: sql::instant(row.get(3)?)?,
        })
    };
    // No number is given twice, also not that of a user who was removed.
    let next = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'users'), 0) + 1";
    let next = UserId(sql::count(sql::number(conn, next, [])?));
    Ok(Accounts::new(users(conn)?, sql::rows(conn, query, [], link)?, next, at))
}

fn write(conn: &Connection, actor: &str, accounts: &Accounts) -> Result<(), SqliteError> {
    let (changes, at) = (accounts.changes(), sql::millis(accounts.at()));
    for user in accounts.changed_users() {
        put(conn, user)?;
    }
    for gone in &changes.removed {
        sql::run(conn, "DELETE FROM users WHERE id = ?1", [sql::column(gone.0)?])?;
    }
    for token in &changes.links_over {
        sql::run(conn, "DELETE FROM user_links WHERE token = ?1", [token.0])?;
    }
    for link in &changes.links_made {
        let insert = "INSERT INTO user_links (token, user_id, purpose, expires_at) VALUES (?1, ?2, ?3, ?4)";
        sql::run(
            conn,
            insert,
            (link.token.0, sql::column(link.user.0)?, link.purpose.as_str(), sql::millis(link.expires)),
        )?;
    }
    for (user, but) in &changes.ended {
        let end = "DELETE FROM sessions WHERE user_id = ?1 AND token IS NOT ?2";
        sql::run(conn, end, (sql::column(user.0)?, but.map(|but| but.0)))?;
    }
    for session in &changes.begun {
        let insert = "INSERT INTO sessions (token, user_id, begun_at, seen_at, expires_at, network)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let [begun, seen, expires] = [session.begun, session.seen, session.expires].map(sql::millis);
        sql::run(
            conn,
            insert,
            (session.token.0, sql::column(session.user.0)?, begun, seen, expires, &session.network),
        )?;
    }
    for note in &changes.notes {
        audit::write(conn, at, actor, note.action, &note.subject(), &note.detail)?;
    }
    sql::run(conn, "DELETE FROM sessions WHERE expires_at <= ?1", [at])?;
    sql::run(conn, "DELETE FROM user_links WHERE expires_at <= ?1", [at]).map(drop)
}

fn put(conn: &Connection, user: &User) -> Result<(), SqliteError> {
    let put = "INSERT INTO users (id, address, name, role, password, totp, totp_step, issuer, subject, created_at, seen_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               ON CONFLICT (id) DO UPDATE SET address = ?2, name = ?3, role = ?4, password = ?5, totp = ?6, totp_step = ?7,
                   issuer = ?8, subject = ?9, seen_at = ?11";
    let Proofs { password, codes, sign_on } = &user.proofs;
    let step = codes.as_ref().and_then(|codes| codes.last_step).map(sql::column).transpose()?;
    let params = rusqlite::params![
        sql::column(user.id.0)?,
        user.address.as_str(),
        user.name,
        user.role.as_str(),
        password.as_ref().map(|hash| &hash.0),
        codes.as_ref().map(|codes| &codes.secret),
        step,
        sign_on.as_ref().map(|sign_on| &sign_on.issuer),
        sign_on.as_ref().map(|sign_on| &sign_on.subject),
        sql::millis(user.created),
        user.seen.map(sql::millis),
    ];
    sql::run(conn, put, params).map(drop)
}

fn count_try(
    conn: &Connection,
    keys: TryKeys,
    step: TryStep,
    at: DateTime<Utc>,
) -> Result<Result<(), DateTime<Utc>>, SqliteError> {
    let old = [limits::forgotten_before(at), limits::unfamiliar_before(at)].map(sql::millis);
    sql::run(conn, "DELETE FROM sign_in_tries WHERE (wrong > 0 AND last_at < ?1) OR last_at < ?2", old)?;
    let query = "SELECT wrong, last_at FROM sign_in_tries WHERE key = ?1";
    let read = |row: &Row<'_>| Ok(Tries { wrong: sql::count(row.get(0)?), last: sql::instant(row.get(1)?)? });
    let mut known = limits::KnownTries::default();
    for (tries, key) in known.iter_mut().zip(keys) {
        *tries = key.map(|key| sql::row(conn, query, [key.0], read)).transpose()?.flatten();
    }
    let after = match limits::after(step, known, at) {
        Ok(after) => after,
        Err(until) => return Ok(Err(until)),
    };
    for (key, tries) in keys.into_iter().zip(after).filter_map(|(key, tries)| Some((key?, tries))) {
        let put = "INSERT INTO sign_in_tries (key, wrong, last_at) VALUES (?1, ?2, ?3)
                   ON CONFLICT DO UPDATE SET wrong = ?2, last_at = ?3";
        match tries {
            Some(tries) => sql::run(conn, put, (key.0, sql::column(tries.wrong)?, sql::millis(tries.last)))?,
            None => sql::run(conn, "DELETE FROM sign_in_tries WHERE key = ?1", [key.0])?,
        };
    }
    Ok(Ok(()))
}

fn user(row: &Row<'_>) -> Result<User, SqliteError> {
    let codes = match row.get::<_, Option<Vec<u8>>>(5)? {
        Some(secret) => Some(CodeSecret { secret, last_step: row.get::<_, Option<i64>>(6)?.map(sql::count) }),
        None => None,
    };
    let sign_on = match (row.get(7)?, row.get(8)?) {
        (Some(issuer), Some(subject)) => Some(SignOnSubject { issuer, subject }),
        _ => None,
    };
    Ok(User {
        id: UserId(sql::count(row.get(0)?)),
        address: sql::word(row, 1)?,
        name: row.get(2)?,
        role: sql::word(row, 3)?,
        proofs: Proofs { password: row.get::<_, Option<String>>(4)?.map(PasswordHash), codes, sign_on },
        created: sql::instant(row.get(9)?)?,
        seen: sql::maybe_instant(row.get(10)?)?,
    })
}

fn visitor(session: TokenHash, row: &Row<'_>) -> Result<Visitor, SqliteError> {
    let (user, role) = (user_id(row, 0)?, sql::word::<Role>(row, 2)?);
    Ok(Visitor { session, user, name: row.get(1)?, role, seen: sql::instant(row.get(3)?)? })
}

fn session(row: &Row<'_>) -> Result<Session, SqliteError> {
    Ok(Session {
        token: TokenHash(row.get(0)?),
        user: user_id(row, 1)?,
        begun: sql::instant(row.get(2)?)?,
        seen: sql::instant(row.get(3)?)?,
        expires: sql::instant(row.get(4)?)?,
        network: row.get(5)?,
    })
}

fn user_id(row: &Row<'_>, at: usize) -> Result<UserId, SqliteError> {
    Ok(UserId(sql::count(row.get(at)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    #[test]
    fn a_visitor_is_found_by_key() {
        let conn = connect::memory().unwrap();
        let steps = sql::plan(&conn, VISITOR);
        assert_eq!(steps[0], "SEARCH s USING PRIMARY KEY (token=?)", "{steps:?}");
        assert_eq!(steps[1], "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)", "{steps:?}");
    }
}
