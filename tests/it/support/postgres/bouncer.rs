//! `PgBouncer` before a server, in transaction mode: a connection keeps nothing from one transaction to the next.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fortnightly::store::postgres::PostgresSettings;

use super::cluster::{DATABASE, Keep, as_postgres, runs, url};
use super::psql;
use crate::support::fixture::until;
use crate::support::ports::free_port;
use crate::support::skipped;

const PROGRAM: &str = "/usr/sbin/pgbouncer";

pub(crate) struct PgBouncer {
    port: u16,
    folder: PathBuf,
    _keep: Keep,
}

impl PgBouncer {
    /// One before the server on `port`; none where it is not installed.
    pub(crate) fn before(port: u16) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            skipped("PgBouncer", "it is missing: install the Debian package pgbouncer");
            return None;
        }
        let keep = Keep::new();
        let own = free_port();
        let folder = keep.below("bouncer");
        fs::write(folder.join("bouncer.ini"), config(&folder, own, port)).unwrap();
        fs::write(folder.join("users"), "\"fortnightly\" \"\"\n").unwrap();
        runs(as_postgres(Path::new(PROGRAM)).arg("-d").arg(folder.join("bouncer.ini")));
        until("PgBouncer answers", || psql(own, "postgres", "SELECT 1"));
        Some(Self { port: own, folder, _keep: keep })
    }

    /// From now on it leads to the server on `port`.
    pub(crate) fn lead_to(&self, port: u16) {
        fs::write(self.folder.join("bouncer.ini"), config(&self.folder, self.port, port)).unwrap();
        let number = fs::read_to_string(self.folder.join("bouncer.pid")).unwrap();
        assert!(Command::new("kill").args(["-HUP", number.trim()]).status().unwrap().success());
        until("PgBouncer leads there", || psql(self.port, "postgres", "SELECT 1"));
    }

    /// As the program reaches the database through it, within this process.
    pub(crate) fn settings(&self) -> PostgresSettings {
        super::settings(&[self.port], DATABASE.to_owned())
    }

    /// What `store.url` says to reach the database through it.
    pub(crate) fn url(&self) -> String {
        url(&[self.port])
    }
}

/// As it is set up to listen on `own`, before the server on `port`.
fn config(folder: &Path, own: u16, port: u16) -> String {
    let at = folder.display();
    format!(
        "[databases]\n* = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\n\
         unix_socket_dir =\nauth_type = trust\nauth_file = {at}/users\npool_mode = transaction\ndefault_pool_size = 5\n\
         server_login_retry = 1\nlogfile = {at}/log\npidfile = {at}/bouncer.pid\n"
    )
}
