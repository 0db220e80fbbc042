//! A database on another machine, as far as the network can tell: in a network namespace of its own, with a wire for each of two
//! nodes. A wire that is pulled out drops whatever is sent.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::support::fixture::until;
use crate::support::skipped;

/// Makes the namespace and the server in it, and takes both away once standard input ends. Its arguments: a folder, a name, where the
/// server's programs are.
const SERVE: &str = r#"
folder=$1 name=$2 programs=$3
set -e
clean() {
    ip netns exec "$name" runuser -u postgres -- "$programs"/pg_ctl -D "$folder/data" -m immediate stop
    for wire in 1 2; do ip link del "$name-$wire"; done
    ip netns del "$name"
} >/dev/null 2>&1
trap clean EXIT
ip netns add "$name"
ip -n "$name" link set lo up
for wire in 1 2; do
    ip link add "$name-$wire" type veth peer name "wire$wire" netns "$name"
    ip addr add "10.213.$wire.1/30" dev "$name-$wire"
    ip -n "$name" addr add "10.213.$wire.2/30" dev "wire$wire"
    ip link set "$name-$wire" up
    ip -n "$name" link set "wire$wire" up
done
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=database -addext basicConstraints=critical,CA:FALSE \
    -addext subjectAltName=IP:10.213.1.2,IP:10.213.2.2 -keyout "$folder/key.pem" -out "$folder/database.pem" 2>/dev/null
mkdir "$folder/data"
chown -R postgres "$folder"
chmod 600 "$folder/key.pem"
cd "$folder"
as="runuser -u postgres --"
$as "$programs"/initdb -D data -U fortnightly -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
echo "hostssl all all 10.213.0.0/16 trust" | $as tee -a data/pg_hba.conf >/dev/null
options="-c listen_addresses=* -c unix_socket_directories= -c ssl=on -c ssl_cert_file=$folder/database.pem -c ssl_key_file=$folder/key.pem"
ip netns exec "$name" $as "$programs"/pg_ctl start -w -D data -l data/log -o "$options" >/dev/null
ip netns exec "$name" $as "$programs"/psql -h 127.0.0.1 -U fortnightly -d postgres -qc "CREATE DATABASE fortnightly TEMPLATE template0"
touch "$folder/ready"
cat >/dev/null
"#;

pub(super) struct Namespace {
    name: String,
    folder: PathBuf,
    serving: Child,
    alive: Option<ChildStdin>,
}

impl Namespace {
    /// One with a running server; none where that is not allowed.
    pub(super) fn with_database() -> Option<Self> {
        let name = format!("fn{}", std::process::id());
        let is_allowed = |arguments: [&str; 3]| {
            let status = Command::new("ip").args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
            status.is_ok_and(|status| status.success())
        };
        if !is_allowed(["netns", "add", &name]) || !is_allowed(["netns", "del", &name]) {
            skipped("a network namespace", "it takes the Debian package iproute2 and the rights of root");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("fortnightly-{name}"));
        fs::create_dir(&folder).unwrap();
        let mut serve = Command::new("bash");
        serve.args(["-c", SERVE, "serve", folder.to_str().unwrap(), &name, "/usr/lib/postgresql/15/bin"]);
        let mut serving = serve.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let alive = serving.stdin.take();
        let mut made = Self { name, folder, serving, alive };
        until("the database answers", || {
            made.folder.join("ready").exists() || made.serving.try_wait().unwrap().is_some()
        });
        assert!(made.folder.join("ready").exists(), "the database did not start");
        Some(made)
    }

    /// What `[store]` says to reach the database by a wire, 1 or 2.
    pub(super) fn store(&self, wire: u8) -> String {
        let ca = self.folder.join("database.pem");
        format!(
            "[store]\nurl = \"postgres://fortnightly@10.213.{wire}.2/fortnightly\"\nca_file = \"{}\"\n",
            ca.display()
        )
    }

    /// Pulls a wire out, or puts it in again.
    pub(super) fn set_wire(&self, wire: u8, state: &str) {
        let there = format!("wire{wire}");
        assert!(Command::new("ip").args(["-n", &self.name, "link", "set", &there, state]).status().unwrap().success());
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.alive.take());
        let _ = self.serving.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
