//! A database whose connections are encrypted: who answers is verified, name and all, or nothing is sent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::fixture::{BASE, Fixture, three};
use crate::support::postgres::cluster::Cluster;

/// An authority of the test's own, and a certificate for `localhost` that it issued.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=Authority -keyout ca.key -out ca.pem");
        authority
    }

    fn issue(&self) {
        fs::write(self.file("names"), "subjectAltName = DNS:localhost\n").unwrap();
        self.openssl("req -newkey rsa:2048 -nodes -subj /CN=database -keyout server.key -out server.csr");
        self.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
        );
    }

    fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments.split(' ')).current_dir(self.folder.path()).stdin(Stdio::null());
        let made = openssl.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A server with this certificate that takes encrypted connections alone.
    fn server(&self) -> Option<Cluster> {
        self.issue();
        Cluster::prepared(|data| {
            for name in ["server.crt", "server.key"] {
                install(&self.file(name), &data.join(name));
            }
            append(&data.join("postgresql.conf"), "\nssl = on\n");
            fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
        })
    }
}

/// Copies a file to where only the server's user may read it.
fn install(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    assert!(Command::new("chmod").arg("600").arg(to).status().unwrap().success());
    let folder = to.parent().unwrap();
    let mut give = Command::new("chown");
    assert!(give.arg(format!("--reference={}", folder.display())).arg(to).status().unwrap().success());
}

fn append(file: &Path, text: &str) {
    let before = fs::read_to_string(file).unwrap();
    fs::write(file, before + text).unwrap();
}

/// A fixture whose store is on `host`, with `more` in its table.
fn fixture(cluster: &Cluster, host: &str, more: &str) -> Fixture {
    let url = cluster.url().replace("127.0.0.1", host);
    Fixture::new(&format!("{BASE}\n[store]\nurl = \"{url}?sslmode=verify-full\"\n{more}\n{}", three()))
}

/// Refused at once, and nothing was sent.
#[track_caller]
fn is_refused(fixture: &Fixture, host: &str, why: &str) {
    for command in ["sync", "status"] {
        let ran = fixture.run(&[command]);
        assert_ne!(ran.code, 0, "{}", ran.stdout);
        ran.complains("nothing is sent to the store postgres://fortnightly@");
        ran.complains(&format!(": {host}:"));
        ran.complains(why);
    }
}

#[test]
fn a_certificate_is_verified_with_its_name() {
    let authority = Authority::new();
    let Some(cluster) = authority.server() else { return };
    let ca = format!("ca_file = \"{}\"", authority.file("ca.pem").display());
    let right = fixture(&cluster, "localhost", &ca);
    right.run(&["sync"]).exits(0);
    right.run(&["status"]).exits(0);

    let wrong_name = fixture(&cluster, "127.0.0.1", &ca);
    is_refused(&wrong_name, "127.0.0.1", "write the name that the certificate has into store.url");

    let unknown = "let store.ca_file name the certificate of the authority that issued the server's";
    let stranger = Authority::new();
    let other_authority = format!("ca_file = \"{}\"", stranger.file("ca.pem").display());
    is_refused(&fixture(&cluster, "localhost", &other_authority), "localhost", unknown);
    // Without a file, the public authorities are asked.
    is_refused(&fixture(&cluster, "localhost", ""), "localhost", unknown);
}

#[test]
fn a_server_without_tls_is_refused() {
    let Some(cluster) = Cluster::start() else { return };
    let authority = Authority::new();
    let ca = format!("ca_file = \"{}\"", authority.file("ca.pem").display());
    is_refused(&fixture(&cluster, "localhost", &ca), "localhost", "does not speak TLS: switch it on there (ssl = on");
}
