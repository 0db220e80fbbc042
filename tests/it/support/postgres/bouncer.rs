//! `PgBouncer` before a server, in transaction mode: a connection keeps nothing from one transaction to the next.

use std::fs;
use std::path::Path;

use super::cluster::{Keep, as_postgres, runs, url};
use super::psql;
use crate::support::fixture::until;
use crate::support::ports::free_port;
use crate::support::skipped;

const PROGRAM: &str = "/usr/sbin/pgbouncer";

pub(crate) struct PgBouncer {
    port: u16,
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
        let at = folder.display();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {at}/users\npool_mode = transaction\ndefault_pool_size = 5\n\
             logfile = {at}/log\npidfile = {at}/bouncer.pid\n"
        );
        fs::write(folder.join("bouncer.ini"), config).unwrap();
        fs::write(folder.join("users"), "\"fortnightly\" \"\"\n").unwrap();
        runs(as_postgres(Path::new(PROGRAM)).arg("-d").arg(folder.join("bouncer.ini")));
        until("PgBouncer answers", || psql(own, "postgres", "SELECT 1"));
        Some(Self { port: own, _keep: keep })
    }

    /// What `store.url` says to reach the database through it.
    pub(crate) fn url(&self) -> String {
        url(&[self.port])
    }
}
