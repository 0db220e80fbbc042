//! A database whose connections are encrypted: who answers is verified, name and all, or nothing is sent.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::authority::Authority;
use crate::support::fixture::{BASE, Fixture, three};
use crate::support::postgres::cluster::Cluster;

/// A server with this authority's certificate that takes encrypted connections alone.
fn server(authority: &Authority) -> Option<Cluster> {
    authority.issue();
    Cluster::prepared(|data| {
        for name in ["server.crt", "server.key"] {
            install(&authority.file(name), &data.join(name));
        }
        append(&data.join("postgresql.conf"), "\nssl = on\n");
        fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
    })
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
        ran.complains("the connection to the store postgres://fortnightly@");
        ran.complains(&format!(": {host}:"));
        ran.complains(why);
    }
}

#[test]
fn a_certificate_is_verified_with_its_name() {
    let authority = Authority::new();
    let Some(cluster) = server(&authority) else { return };
    let ca = format!("ca_file = \"{}\"", authority.file("ca.pem").display());
    let right = fixture(&cluster, "localhost", &ca);
    right.run(&["sync"]).exits(0);
    right.run(&["status"]).exits(0);

    let wrong_name = fixture(&cluster, "127.0.0.1", &ca);
    is_refused(&wrong_name, "127.0.0.1", "use the name in the certificate in store.url");

    let unknown = "let store.ca_file name a file with the certificate of that authority (PEM)";
    let stranger = Authority::new();
    let other_authority = format!("ca_file = \"{}\"", stranger.file("ca.pem").display());
    is_refused(&fixture(&cluster, "localhost", &other_authority), "localhost", unknown);
    let nonsense = fixture(&cluster, "localhost", "ca_file = \"nonsense.pem\"");
    nonsense.write("nonsense.pem", "nonsense\n");
    let ran = nonsense.run(&["sync"]);
    ran.complains("the connection to the store postgres://fortnightly@localhost:");
    ran.complains("store.ca_file cannot be used: it has no BEGIN CERTIFICATE block");
    // Without a file, the public authorities are asked.
    is_refused(&fixture(&cluster, "localhost", ""), "localhost", unknown);
}

#[test]
fn a_server_without_tls_is_refused() {
    let Some(cluster) = Cluster::start() else { return };
    let authority = Authority::new();
    let ca = format!("ca_file = \"{}\"", authority.file("ca.pem").display());
    is_refused(&fixture(&cluster, "localhost", &ca), "localhost", "offers no encryption");
}

/// Whoever is not let in learns why, and what to do.
#[test]
fn a_wrong_password_and_a_database_that_is_not_there_are_told_and_the_right_ones_do() {
    let prepared = Cluster::prepared(|data| {
        let [asked, refused, all] = ["asked", "refused", "all"].map(|user| format!("host all {user} 127.0.0.1/32"));
        let rules = format!("{asked} scram-sha-256\n{refused} reject\n{all} trust\n");
        fs::write(data.join("pg_hba.conf"), rules).unwrap();
    });
    let Some(cluster) = prepared else { return };
    let told = |url: &str, password: Option<&str>| {
        let fixture = Fixture::new(&format!("{BASE}\n[store]\nurl = \"{url}\"\n"));
        let mut sync = fixture.command(&["sync"]);
        if let Some(password) = password {
            sync.env("FORTNIGHTLY__STORE__PASSWORD", password);
        }
        let ran = sync.output().unwrap();
        assert_eq!(ran.status.code(), Some(1));
        String::from_utf8(ran.stderr).unwrap()
    };
    for (user, password, why) in [
        ("asked", Some("wrong-secret"), "password authentication failed"),
        ("asked", None, "it asks for a password, and none is given"),
        ("refused", Some("wrong-secret"), "pg_hba.conf rejects connection"),
    ] {
        let told = told(&cluster.url().replace("fortnightly@", &format!("{user}@")), password);
        assert!(told.contains("does not let this program in") && told.contains(why), "{told}");
        assert!(told.contains("store.password_file") && !told.contains("wrong-secret"), "{told}");
    }
    cluster.change("CREATE ROLE asked LOGIN PASSWORD 'right-secret'; ALTER DATABASE fortnightly OWNER TO asked");
    let url = cluster.url().replace("fortnightly@", "asked@");
    let fixture = Fixture::new(&format!("{BASE}\n[store]\nurl = \"{url}\"\npassword_file = \"database-password\"\n"));
    fixture.write("database-password", "right-secret\n");
    fs::set_permissions(fixture.path("database-password"), fs::Permissions::from_mode(0o600)).unwrap();
    fixture.run(&["sync"]).exits(0);
    fixture.write("database-password", "wrong-secret\n");
    fixture.run(&["sync"]).exits(1).complains("password authentication failed");
    let mut by_environment = fixture.command(&["sync"]);
    by_environment.env("FORTNIGHTLY__STORE__PASSWORD", "right-secret");
    fixture.write("config.toml", &format!("{BASE}\n[store]\nurl = \"{url}\"\n"));
    assert!(by_environment.output().unwrap().status.success());
    let told = told(&format!("{}elsewhere", cluster.url().trim_end_matches("fortnightly")), None);
    assert!(told.contains("there is no database “elsewhere”"), "{told}");
    assert!(told.contains("createdb --owner=fortnightly --encoding=UTF8 --template=template0 elsewhere"), "{told}");
}
