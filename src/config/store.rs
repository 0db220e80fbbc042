//! `[store]`: the file of a `SQLite`, or the database that several nodes share.

use std::path::Path;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use super::files::{path_after, read_path, warn_if_world_readable};
use super::mail::{ca_file, password_from};
use super::network::{host_port, is_loopback};
use super::settings::{PostgresUrl, StoreUrl};
use crate::toml_form::{Fields, Value};

/// Where `PostgreSQL` listens unless it is told otherwise.
const PORT: u16 = 5432;

/// Checks `[store]`. `password` is the environment's.
pub(super) fn read(fields: &Fields<'_>, folder: &Path, password: Option<SecretString>) -> Option<StoreUrl> {
    // One that cannot be read has no default: it would be another store.
    let store = match fields.get("url") {
        Some(value) => url(&value, folder),
        None => Some(fields.or_default("url", |value| url(value, folder))),
    }?;
    let StoreUrl::Postgres(url) = store else { return Some(store) };
    let password_file = fields.get("password_file").and_then(|value| read_path(&value, folder));
    let read_password = || password_from(&fields.get("password_file")?, password_file.as_deref()?, "password");
    let password = password.or_else(read_password);
    Some(StoreUrl::Postgres(PostgresUrl { password, password_file, ca_file: ca_file(fields, folder), ..url }))
}

fn url(value: &Value<'_>, folder: &Path) -> Option<StoreUrl> {
    let text = value.text()?;
    if let Some(rest) = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
        let help = "write postgres://USER@HOST[:PORT][,HOST[:PORT]…]/DATABASE, and the password into a file that password_file names";
        return postgres(rest).map_err(|what| value.bad(text, what, help)).ok().map(StoreUrl::Postgres);
    }
    let Some(path) = text.strip_prefix("sqlite:") else {
        value.bad(text, "begins neither with sqlite: nor with postgres://", value.like_this());
        return None;
    };
    let path = path_after(value, path, folder)?;
    warn_if_world_readable(value, &path);
    Some(StoreUrl::Sqlite(path))
}

/// What we understand of a connection URI
/// (<https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING>); says what is wrong as the end of a sentence.
fn postgres(rest: &str) -> Result<PostgresUrl, &'static str> {
    // First of all, so that no other message shows it.
    if rest.split('@').next().is_some_and(|user| rest.contains('@') && user.contains(':')) {
        return Err("must not contain a password");
    }
    let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').ok_or("does not name a database after the hosts")?;
    let (user, hosts) = authority.split_once('@').ok_or("does not name a user before an @")?;
    let (user, database) = (decoded(user)?, decoded(database)?);
    if user.is_empty() || database.is_empty() || database.contains('/') {
        return Err("does not name one user and one database");
    }
    let hosts = hosts.split(',').map(host).collect::<Result<Vec<_>, _>>()?;
    let is_here = hosts.iter().all(|(host, _)| host.starts_with('/') || is_loopback(host));
    let tls = tls(parameters, is_here)?;
    Ok(PostgresUrl { hosts, user, database, tls, password: None, password_file: None, ca_file: None })
}

fn host(text: &str) -> Result<(String, u16), &'static str> {
    let folder = decoded(text.split(':').next().unwrap_or_default())?;
    if folder.starts_with('/') {
        let port = text.split_once(':').map_or(Ok(PORT), |(_, port)| port.parse());
        return Ok((folder, port.map_err(|_| "has a port that is not a number from 1 to 65535")?));
    }
    let at = host_port(text)?;
    Ok((at.host, at.port.unwrap_or(PORT)))
}

fn decoded(text: &str) -> Result<String, &'static str> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "has a %-escape that is not UTF-8")
}

/// Whether the connection is encrypted, which always means that the certificate is verified.
fn tls(parameters: &str, is_here: bool) -> Result<bool, &'static str> {
    let mut tls = !is_here;
    for (name, wish) in form_urlencoded::parse(parameters.as_bytes()) {
        match (&*name, &*wish) {
            ("sslmode", "verify-full") => tls = true,
            ("sslmode", "disable") if is_here => tls = false,
            ("sslmode", "disable") => {
                return Err(
                    "has sslmode=disable, which is allowed only for a database on this machine: addresses would cross the network in the clear",
                );
            }
            ("sslmode", _) => {
                return Err("has an sslmode other than verify-full, the only one that checks who answers");
            }
            ("target_session_attrs", "read-write") => {}
            ("target_session_attrs", _) => {
                return Err("has target_session_attrs other than read-write: the store must take what is written");
            }
            _ => return Err("has a parameter other than sslmode and target_session_attrs"),
        }
    }
    Ok(tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_hosts_user_and_database() {
        let url =
            postgres("fort%40night@db1.example,db2.example:6432,[::1]:7/news?target_session_attrs=read-write").unwrap();
        assert_eq!((url.user.as_str(), url.database.as_str(), url.tls), ("fort@night", "news", true));
        let hosts: Vec<_> = url.hosts.iter().map(|(host, port)| (host.as_str(), *port)).collect();
        assert_eq!(hosts, [("db1.example", 5432), ("db2.example", 6432), ("::1", 7)]);
        let socket = postgres("f@%2Frun%2Fpostgresql:5433/news").unwrap();
        assert_eq!((socket.hosts, socket.tls), (vec![("/run/postgresql".to_owned(), 5433)], false));
    }

    #[test]
    fn who_answers_is_checked_unless_it_is_this_machine() {
        for (url, tls) in [
            ("f@db.example/f", true),
            ("f@db.example/f?sslmode=verify-full", true),
            ("f@127.0.0.1/f", false),
            ("f@127.0.0.1/f?sslmode=disable", false),
            ("f@127.0.0.1/f?sslmode=verify-full", true),
            ("f@127.0.0.1,db.example/f", true),
        ] {
            assert_eq!(postgres(url).map(|url| url.tls), Ok(tls), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for (url, what) in [
            ("f@db.example", "does not name a database"),
            ("db.example/f", "does not name a user"),
            ("f:secret@db.example/f", "password"),
            ("@db.example/f", "one user"),
            ("f@db.example/", "one user and one database"),
            ("f@/f", "no host name"),
            ("f@db.example:0/f", "port"),
            ("f@db.example/f?sslmode=disable", "sslmode=disable"),
            ("f@127.0.0.1,db.example/f?sslmode=disable", "sslmode=disable"),
            ("f@db.example/f?sslmode=require", "verify-full"),
            ("f@db.example/f?target_session_attrs=any", "read-write"),
            ("f@db.example/f?options=-c", "parameter"),
        ] {
            let refused = postgres(url).unwrap_err();
            assert!(refused.contains(what), "{url}: {refused}");
        }
    }
}
