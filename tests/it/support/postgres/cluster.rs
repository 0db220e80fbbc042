//! A `PostgreSQL` server of one test's own, with a standby if it wants one: what is killed, started again and promoted.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::slice;

use fortnightly::store::postgres::PostgresSettings;
use tempfile::TempDir;

use super::{PROGRAMS, is_installed, psql};
use crate::support::fixture::until;
use crate::support::ports::free_port;

/// The database of the test.
pub(super) const DATABASE: &str = "fortnightly";

/// Waits until standard input ends, then stops whatever still runs in the folder and removes it.
const KEEP: &str = r#"
cat >/dev/null
for data in "$1"/*/; do
    [ -f "$data/postmaster.pid" ] && {
        server=$(head -1 "$data/postmaster.pid")
        kill -QUIT "$server" 2>/dev/null
        # It may stand still.
        kill -CONT "$server" $(cat "/proc/$server/task/$server/children" 2>/dev/null) 2>/dev/null
    }
    [ -f "$data/bouncer.pid" ] && kill -KILL "$(cat "$data/bouncer.pid")" 2>/dev/null
done
sleep 0.2
rm -rf "$1"
"#;

/// A folder of the user `postgres`, whose servers end with the test program at the latest.
pub(super) struct Keep {
    folder: TempDir,
    keeper: Child,
}

impl Keep {
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("fortnightly-postgres").tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let keep = ["-c", KEEP, "keep", folder.path().to_str().unwrap()];
        let keeper = Command::new("bash").args(keep).stdin(Stdio::piped()).spawn().unwrap();
        Self { folder, keeper }
    }

    /// A folder in it that the servers may write to.
    pub(super) fn below(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir(&path).unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(&path).status().unwrap().success());
        }
        path
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// One server: the primary, or a standby.
struct Server {
    data: PathBuf,
    port: u16,
}

/// A primary that keeps what it was told to keep, and its standby if there is one.
pub(crate) struct Cluster {
    primary: Server,
    standby: Option<Server>,
    /// Where copies are kept.
    keeping: PathBuf,
    keep: Keep,
}

impl Cluster {
    /// A running primary with an empty database; none where there is no `PostgreSQL` to be had.
    pub(crate) fn start() -> Option<Self> {
        Self::prepared(|_| ())
    }

    /// As that; `prepare` is given the folder of its data before it runs.
    pub(crate) fn prepared(prepare: impl FnOnce(&Path)) -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let keep = Keep::new();
        let primary = Server { data: keep.below("primary"), port: free_port() };
        let options = ["-U", "fortnightly", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        runs(postgres("initdb").arg("-D").arg(&primary.data).args(options));
        prepare(&primary.data);
        primary.start();
        assert!(psql(primary.port, "postgres", &format!("CREATE DATABASE {DATABASE} TEMPLATE template0")));
        let keeping = keep.below("copies");
        Some(Self { primary, standby: None, keeping, keep })
    }

    /// With a standby that every commit waits for.
    pub(crate) fn with_standby() -> Option<Self> {
        let cluster = Self::with_asynchronous_standby()?;
        cluster.change("ALTER SYSTEM SET synchronous_standby_names = '*'");
        cluster.change("SELECT pg_reload_conf()");
        cluster.until("sync_state = 'sync' FROM pg_stat_replication");
        Some(cluster)
    }

    /// With a standby that no commit waits for.
    pub(crate) fn with_asynchronous_standby() -> Option<Self> {
        let mut cluster = Self::start()?;
        let standby = Server { data: cluster.keep.below("standby"), port: free_port() };
        let from = cluster.primary.port.to_string();
        let mut copy = postgres("pg_basebackup");
        copy.args(["-h", "127.0.0.1", "-p", &from, "-U", "fortnightly", "-R", "-X", "stream", "-c", "fast", "-D"]);
        runs(copy.arg(&standby.data));
        // A folder that was there keeps its permissions, which are too wide for a server.
        assert!(Command::new("chmod").arg("700").arg(&standby.data).status().unwrap().success());
        standby.start();
        cluster.standby = Some(standby);
        cluster.until("state = 'streaming' FROM pg_stat_replication");
        Some(cluster)
    }

    /// Waits until the condition holds on the primary.
    #[track_caller]
    pub(crate) fn until(&self, condition: &str) {
        let statement = format!("DO $$ BEGIN ASSERT (SELECT {condition}); END $$");
        until(condition, || psql(self.primary.port, DATABASE, &statement));
    }

    /// From now on the standby gets nothing more; what the primary has answered so far it has.
    pub(crate) fn cut_standby_off(&self) {
        let standby = self.standby.as_ref().expect("the cluster has a standby");
        self.until("replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication");
        for statement in ["ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"] {
            assert!(psql(standby.port, DATABASE, statement), "{statement}");
        }
        self.until("count(*) = 0 FROM pg_stat_replication");
    }

    /// Keeps a copy of all that the server has.
    pub(crate) fn save(&self) {
        self.primary.stop();
        runs(as_postgres(Path::new("/bin/cp")).arg("-a").arg(&self.primary.data).arg(self.saved()));
        self.primary.start();
    }

    /// Restores that copy.
    pub(crate) fn set_back(&self) {
        self.primary.stop();
        runs(
            as_postgres(Path::new("/bin/sh"))
                .args(["-c", "rm -rf \"$1\"/* && cp -a \"$2\"/. \"$1\"", "back"])
                .args([&self.primary.data, &self.saved()]),
        );
        self.primary.start();
    }

    fn saved(&self) -> PathBuf {
        self.keeping.join("saved")
    }

    /// As the program reaches it, within this process.
    pub(crate) fn settings(&self) -> PostgresSettings {
        super::settings(&self.ports(), DATABASE.to_owned())
    }

    /// Changes something behind the program's back.
    pub(crate) fn change(&self, statement: &str) {
        assert!(psql(self.primary.port, DATABASE, statement), "{statement}");
    }

    /// The ports of the primary, and of the standby.
    pub(crate) fn ports(&self) -> Vec<u16> {
        [Some(&self.primary), self.standby.as_ref()].into_iter().flatten().map(|server| server.port).collect()
    }

    /// What `store.url` says to reach it.
    pub(crate) fn url(&self) -> String {
        url(&self.ports())
    }

    /// Whether the question, which is a condition, is answered with yes by the server that takes writes now.
    #[track_caller]
    pub(crate) fn holds(&self, condition: &str) {
        let statement = format!("DO $$ BEGIN ASSERT ({condition}); END $$");
        let port = self.ports().into_iter().find(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok());
        assert!(psql(port.expect("a server runs"), DATABASE, &statement), "{condition}");
    }

    /// Someone else does this and doesn't end it, until the answer is dropped: what it locks stays locked.
    pub(crate) fn hold(&self, statement: &str) -> Hold {
        let mut psql = Command::new(Path::new(PROGRAMS).join("psql"));
        let port = self.primary.port.to_string();
        psql.args(["-h", "127.0.0.1", "-p", &port, "-U", "fortnightly", "-d", DATABASE, "-q"]).stdin(Stdio::piped());
        let psql = psql.stdout(Stdio::null()).spawn().unwrap();
        writeln!(psql.stdin.as_ref().unwrap(), "BEGIN; {statement}; SET application_name = 'holds';").unwrap();
        let hold = Hold(psql);
        self.until("count(*) = 1 FROM pg_stat_activity WHERE application_name = 'holds'");
        hold
    }

    /// As if its machine lost power, but for the disk's cache.
    pub(crate) fn kill(&self) {
        self.primary.kill();
    }

    /// Starts it again where it was killed.
    pub(crate) fn start_again(&self) {
        self.primary.start();
    }

    /// It stands still, as on a machine whose disk does not answer: its kernel still takes connections.
    pub(crate) fn freeze(&self) {
        signal("-STOP", &self.primary.processes());
    }

    /// It goes on where it stood still.
    pub(crate) fn thaw(&self) {
        signal("-CONT", &self.primary.processes());
    }

    /// Makes the standby take writes.
    pub(crate) fn promote(&self) {
        let standby = self.standby.as_ref().expect("the cluster has a standby");
        runs(postgres("pg_ctl").args(["promote", "-w", "-D"]).arg(&standby.data));
    }
}

/// What [`Cluster::hold`] began.
pub(crate) struct Hold(Child);

impl Drop for Hold {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Server {
    fn start(&self) {
        let port = self.port;
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=32MB -c max_connections=100"
        );
        let mut start = postgres("pg_ctl");
        start.args(["start", "-w", "-t", "60", "-o", &options, "-l"]).arg(self.data.join("log"));
        runs(start.arg("-D").arg(&self.data));
    }

    fn stop(&self) {
        runs(postgres("pg_ctl").args(["stop", "-w", "-m", "fast", "-D"]).arg(&self.data));
    }

    /// The server and its children. It stands still from when they are asked for, so that it makes no new ones.
    fn processes(&self) -> Vec<String> {
        let file = fs::read_to_string(self.data.join("postmaster.pid")).unwrap();
        let number = file.lines().next().unwrap().to_owned();
        signal("-STOP", slice::from_ref(&number));
        let children = fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap();
        children.split_whitespace().map(str::to_owned).chain([number]).collect()
    }

    fn kill(&self) {
        let all = self.processes();
        signal("-KILL", &all);
        until("the server is dead", || all.iter().all(|number| !is_alive(number)));
    }
}

/// Signals processes; one of them may have ended by itself.
fn signal(name: &str, numbers: &[String]) {
    Command::new("kill").arg(name).args(numbers).stderr(Stdio::null()).status().unwrap();
}

/// Whether a process still does something: one that nobody waited for is dead, too.
fn is_alive(number: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

/// What `store.url` says to reach the database over these ports.
pub(super) fn url(ports: &[u16]) -> String {
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    format!("postgres://fortnightly@{}/{DATABASE}", hosts.join(","))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// A program of the server, which refuses to run as root.
fn postgres(program: &str) -> Command {
    as_postgres(&Path::new(PROGRAMS).join(program))
}

pub(super) fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/tmp");
    command
}

/// Runs it to its end; a server that it leaves behind holds none of our pipes.
#[track_caller]
pub(super) fn runs(command: &mut Command) {
    let log = tempfile::tempfile().unwrap();
    let status =
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log.try_clone().unwrap()).status();
    let is_done = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    assert!(is_done, "{command:?}: {status:?}: {}", super::told(log));
}
