//! A `PostgreSQL` server of the tests' own: one for all of them, with a database for each, gone when the tests are over.

pub(crate) mod bouncer;
pub(crate) mod cluster;

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fortnightly::store::postgres::PostgresSettings;

use super::fixture::until;
use super::ports::free_port;
use super::skipped;

/// Where Debian puts the programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// The server; it ends when nobody holds the other end of its pipe any more.
struct Server {
    port: u16,
    _alive: ChildStdin,
}

/// Makes a cluster in a folder of its own and runs the server until standard input ends; as root, as the user `postgres`, because the
/// server refuses to run as root.
const SERVE: &str = r#"
set -e
as=""; [ "$(id -u)" = 0 ] && as="runuser -u postgres --"
data=$(mktemp -d /tmp/fortnightly-postgres-XXXXXX)
trap 'rm -rf "$data"' EXIT
[ -z "$as" ] || chown postgres "$data"
cd "$data"
$as "$1"/initdb -D "$data/data" -U fortnightly -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$data/initdb.log" 2>&1
$as "$1"/postgres -D "$data/data" -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
    -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB >"$data/log" 2>&1 &
server=$!
cat >/dev/null
$as "$1"/pg_ctl -D "$data/data" -m immediate stop >/dev/null 2>&1
wait $server || true
"#;

fn is_installed() -> bool {
    let is_there = Path::new(PROGRAMS).join("initdb").exists();
    if !is_there {
        skipped("PostgreSQL", "it is missing: install the Debian package postgresql-15");
    }
    is_there
}

/// What was written to a file that is open.
fn told(mut file: File) -> String {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).map_or_else(|error| error.to_string(), |_| text)
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            if !is_installed() {
                return None;
            }
            let port = free_port();
            let mut serve = Command::new("bash");
            serve.args(["-c", SERVE, "serve", PROGRAMS, &port.to_string()]).stdin(Stdio::piped());
            #[expect(clippy::zombie_processes, reason = "it ends after this program, when its standard input does")]
            let mut child = serve.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
            let server = Server { port, _alive: child.stdin.take().unwrap() };
            until("PostgreSQL answers", || psql(port, "postgres", "SELECT 1"));
            Some(server)
        })
        .as_ref()
}

fn psql(port: u16, database: &str, statement: &str) -> bool {
    let mut psql = Command::new(Path::new(PROGRAMS).join("psql"));
    psql.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "fortnightly", "-d", database, "-qc", statement]);
    psql.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Changes a database behind the program's back.
pub(crate) fn change(settings: &PostgresSettings, statement: &str) {
    let (_, port) = settings.hosts[0];
    assert!(psql(port, &settings.database, statement), "{statement}");
}

/// A database of its own; none where there is no server to be had.
pub(crate) fn fresh() -> Option<PostgresSettings> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server()?;
    let database = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    assert!(psql(server.port, "postgres", &format!("CREATE DATABASE {database} TEMPLATE template0")));
    Some(settings(&[server.port], database))
}

/// As the program reaches a database over these ports, within this process.
fn settings(ports: &[u16], database: String) -> PostgresSettings {
    PostgresSettings {
        hosts: ports.iter().map(|port| ("127.0.0.1".to_owned(), *port)).collect(),
        user: "fortnightly".to_owned(),
        database,
        password: None,
        tls: false,
        ca_pem: None,
        connections: 8,
        lease: Duration::from_secs(30),
        memory: None,
    }
}
