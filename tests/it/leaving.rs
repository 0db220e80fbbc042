//! Leaving: by the link, by one click, by mail. Real mails, the built binary, a real connection.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::world::{BASE, Running, World, entry, three, until};

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// A daemon that answers on some port.
pub(crate) fn daemon(world: &World) -> (Running, u16) {
    let child = world.spawn(&["-vv", "--now", "2026-11-30T09:00:00Z", "run"], "log");
    let port = port(world);
    (child, port)
}

/// The port of the recipients' pages, as soon as the log names it.
pub(crate) fn port(world: &World) -> u16 {
    let mut port = None;
    until("the daemon listens", || {
        let log = fs::read_to_string(world.path("log")).unwrap_or_default();
        port = log
            .lines()
            .find(|line| line.contains("listening"))
            .and_then(|line| line.rsplit_once("127.0.0.1:").and_then(|(_, port)| port.trim().parse().ok()));
        port.is_some()
    });
    port.unwrap()
}

/// Status line and headers, and the body.
pub(crate) fn ask(port: u16, method: &str, path: &str, form: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: activities.example.org\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

/// The path of the unsubscribe link, and the address for mails, as they stand in the mail to `to`.
fn ways_out(world: &World, to: &str) -> (String, String) {
    let files = fs::read_dir(world.path("var/mail/new")).unwrap();
    let mut texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let text = texts.find(|mail| mail.contains(&format!("To: {to}"))).expect("a mail");
    let header = text.replace("\r\n ", " ").replace("\n ", " ");
    let line = header.lines().find(|line| line.starts_with("List-Unsubscribe:")).expect("the header").to_owned();
    let part = |from: &str| line.split(from).nth(1).unwrap().split(['>', '?']).next().unwrap().to_owned();
    (part("https://activities.example.org"), part("mailto:"))
}

fn active(world: &World) -> u64 {
    world.at("2026-11-30T10:00:00Z", &["status", "--json"]).exits(0).json()["subscribers"]["active"].as_u64().unwrap()
}

#[test]
fn the_link_shows_a_button_and_only_the_button_leaves() {
    let world = World::new(&format!("{BASE}{}", three()));
    world.at(MONDAY, &["send"]).exits(0);
    let (path, _) = ways_out(&world, "hello@lantern.example");
    let (mut daemon, port) = daemon(&world);
    for method in ["GET", "HEAD"] {
        let (head, body) = ask(port, method, &path, "");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        for header in ["default-src 'none'", "nosniff", "no-referrer", "cache-control: no-store", "noindex"] {
            assert!(head.contains(header), "{header} is missing: {head}");
        }
        assert!(!head.contains("set-cookie"));
        assert_eq!(method == "GET", body.contains("Lantern Trust") && body.contains("<button"), "{body}");
        assert!(!body.contains("lantern.example") && !body.contains("<script"), "{body}");
    }
    assert_eq!(active(&world), 3, "looking left");
    // RFC 8058 §3.2, twice: a mail program may not know that it asked before.
    for _ in 0..2 {
        let (head, body) =
            ask(port, "POST", &path.to_uppercase().replacen("/U/", "/u/", 1), "List-Unsubscribe=One-Click");
        assert!(head.starts_with("http/1.1 200") && !head.contains("location:"), "{head}");
        assert!(body.contains("no more"), "{body}");
    }
    assert_eq!(active(&world), 2);
    let (_, body) = ask(port, "GET", &path, "");
    assert!(body.contains("no more") && !body.contains("Lantern"), "{body}");
    let list = world.run(&["suppressions", "list", "--json"]).exits(0).json();
    assert_eq!((&list[0]["address"], &list[0]["reason"]), (&"hello@lantern.example".into(), &"unsubscribed".into()));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let log = fs::read_to_string(world.path("log")).unwrap();
    assert!(!log.contains(path.trim_start_matches("/u/")) && !log.contains("lantern.example"), "{log}");
    // The next edition goes to the others.
    world.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(world.mails().len(), 4 + 3);
}

#[test]
fn a_wrong_token_tells_nothing_and_changes_nothing() {
    let world = World::new(&format!("{BASE}{}", three()));
    world.at(MONDAY, &["send"]).exits(0);
    let (path, _) = ways_out(&world, "hello@lantern.example");
    let (mut daemon, port) = daemon(&world);
    let mut bent = path.clone().into_bytes();
    let at = bent.len() - 3;
    bent[at] = if bent[at] == b'a' { b'b' } else { b'a' };
    let bent = String::from_utf8(bent).unwrap();
    let preferences = path.replacen("/u/", "/u/x", 1);
    for wrong in [bent.as_str(), &preferences, "/u/abc", "/u/%ff", &path[..path.len() - 1]] {
        for method in ["GET", "POST"] {
            let (head, body) = ask(port, method, wrong, "List-Unsubscribe=One-Click");
            assert!(head.starts_with("http/1.1 404") && !body.contains("Lantern"), "{wrong}: {head}");
            assert!(body.contains("This link does not work"), "{wrong}: {body}");
        }
    }
    assert_eq!(active(&world), 3);
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn a_link_works_after_its_key_was_replaced_and_says_so_when_the_store_is_locked() {
    let world = World::new(&format!("{BASE}{}", three()));
    world.at(MONDAY, &["send"]).exits(0);
    let (path, _) = ways_out(&world, "hello@lantern.example");
    let keys = fs::read_to_string(world.path("var/secret")).unwrap();
    let keys =
        keys.replace("current 1\n", "current 2\n").replace("key 1 ", &format!("key 2 {}\nkey 1 ", "5a".repeat(32)));
    world.write("var/secret", &keys);
    let (mut daemon, port) = daemon(&world);
    let other = rusqlite::Connection::open(world.path("var/fortnightly.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (head, body) = ask(port, "POST", &path, "List-Unsubscribe=One-Click");
    assert!(head.starts_with("http/1.1 503") && body.contains("Nothing was changed"), "{head}");
    other.execute_batch("ROLLBACK").unwrap();
    // RFC 8058 §3.2 allows this encoding, too.
    let form = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let (head, _) = ask(port, "POST", &path, form);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(active(&world), 2);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_mail_to_the_unsubscribe_address_leaves() {
    let world = World::new(&format!("{BASE}{}", three()));
    world.at(MONDAY, &["send"]).exits(0);
    let (_, address) = ways_out(&world, "office@hillside.example");
    assert!(address.starts_with("unsubscribe+") && address.ends_with("@example.org"), "{address}");
    let mail = |name: &str, headers: &str| world.write(name, &format!("{headers}\r\nSubject: unsubscribe\r\n\r\n"));
    mail("away", &format!("To: {address}\r\nAuto-Submitted: auto-replied"));
    world.run(&["bounce", &world.path("away").display().to_string()]).exits(0).says("automatic reply");
    mail("dsn", "To: bounces+x@example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x");
    let both = [world.path("dsn").display().to_string(), "nowhere".to_owned()];
    world.run(&["bounce", &both[0], &both[1]]).exits(1).complains("nowhere");
    mail("forged", "To: unsubscribe+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org");
    world.run(&["bounce", &world.path("forged").display().to_string()]).exits(0).says("no unsubscribe token");
    assert_eq!(active(&world), 3);
    // A mail client's own button may say that a program wrote it: that is still a wish.
    mail("wish", &format!("To: <{}>\r\nAuto-Submitted: auto-generated", address.to_uppercase()));
    let path = world.path("wish").display().to_string();
    let said = world.run(&["bounce", &path]).exits(0);
    assert!(
        said.stdout.contains("Hillside Primary left") && !said.stdout.contains("hillside.example"),
        "{}",
        said.stdout
    );
    world.run(&["bounce", &path]).exits(0).says("left before");
    assert_eq!(active(&world), 2);
    // As a mail server pipes it.
    let mut piped = world.command(&["bounce"]);
    let piped = piped.stdin(fs::File::open(&path).unwrap()).output().unwrap();
    assert!(piped.status.success() && String::from_utf8_lossy(&piped.stdout).contains("standard input: left before"));
    // Whatever is wrong with us, the mail server keeps the mail.
    let config = fs::read_to_string(world.path("config.toml")).unwrap();
    for broken in [config.replace("[schedule]", "[shedule]"), config.replace("2026-09-07", "2026-09-14")] {
        world.write("config.toml", &broken);
        let mut piped = world.command(&["bounce"]);
        let piped = piped.stdin(fs::File::open(&path).unwrap()).output().unwrap();
        let is_typo = broken.contains("[shedule]");
        assert_eq!(piped.status.code(), Some(if is_typo { 75 } else { 0 }), "{piped:?}");
    }
    world.write("config.toml", &config);
    // A locked store: the mail server keeps the mail.
    let other = rusqlite::Connection::open(world.path("var/fortnightly.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    world.run(&["bounce", &path]).exits(75);
    other.execute_batch("ROLLBACK").unwrap();
    world.run(&["bounce", "nowhere"]).exits(1).complains("nowhere");
}

#[test]
fn suppressions_are_listed_added_and_removed() {
    let world = World::new(&format!("{BASE}{}", entry("Hill", "school", "\"a@hill.example\"", "[\"4-5\"]")));
    world.at(MONDAY, &["sync"]).exits(0);
    world.run(&["suppressions", "add", "A@hill.example"]).exits(0).says("Hill");
    world.run(&["suppressions", "add", "a@hill.example"]).exits(0).says("already");
    world.run(&["suppressions", "add", "b@hill.example", "--reason", "complained"]).exits(0);
    let list = world.run(&["suppressions", "list", "--json"]).exits(0).json();
    assert_eq!(list.as_array().unwrap().len(), 2, "{list}");
    world.at(MONDAY, &["send"]).exits(0);
    assert_eq!(world.mails().len(), 0);
    world.run(&["suppressions", "remove", "b@hill.example"]).exits(1).complains("--yes");
    world.run(&["suppressions", "remove", "b@hill.example", "--yes"]).exits(0).says("complained");
    world.run(&["suppressions", "remove", "b@hill.example"]).exits(1).complains("not suppressed");
    world.run(&["suppressions", "remove", "a@hill.example"]).exits(0);
    let audit = world.run(&["status", "--audit"]).exits(0);
    assert!(audit.stdout.contains("lift-suppression") && !audit.stdout.contains("hill.example"), "{}", audit.stdout);
}

#[test]
fn the_file_never_brings_back_somebody_who_left() {
    let entries = |second: &str| {
        let hill = entry("Hill", "school", "[\"a@hill.example\", \"b@hill.example\"]", "[\"4-5\"]");
        format!("{BASE}{hill}{second}")
    };
    let other = entry("Dale", "charity", "\"c@dale.example\"", "[\"8-10\"]");
    let world = World::new(&entries(&other));
    world.at(MONDAY, &["sync"]).exits(0);
    // Dale's entry goes before its reader leaves: that it was the file which ended it first must not bring them back.
    world.write("config.toml", &entries(""));
    world.at(MONDAY, &["sync"]).exits(0);
    for address in ["a@hill.example", "c@dale.example"] {
        world.run(&["unsubscribe", address]).exits(0);
        world.run(&["suppressions", "remove", address, "--yes"]).exits(0).says("does not bring it back");
    }
    // One that an operator suppressed by mistake did not leave.
    world.run(&["suppressions", "add", "b@hill.example"]).exits(0);
    world.run(&["suppressions", "remove", "b@hill.example"]).exits(0).says("next sync brings it back");
    world.write("config.toml", &entries(&other));
    let synced = world.at(MONDAY, &["sync"]).exits(0);
    assert!(synced.stdout.contains("not brought back: a@hill.example (unsubscribed)"), "{}", synced.stdout);
    assert!(synced.stdout.contains("not brought back: c@dale.example (unsubscribed)"), "{}", synced.stdout);
    world.at(MONDAY, &["send"]).exits(0);
    assert_eq!(world.mails().len(), 1);
    // Their own wish does, with the bands that they asked for.
    let wish = ["subscribe", "--name", "Hill", "--email", "a@hill.example", "--bands", "5-7"];
    world.at(MONDAY, &wish).exits(0);
    world.at("2026-12-14T08:00:00Z", &["sync"]).exits(0);
    let shown = world.run(&["subscribers", "show", "a@hill.example", "--json"]).exits(0).json();
    let mailbox = shown.pointer("/0/mailboxes/0").or_else(|| shown.pointer("/mailboxes/0")).expect("a mailbox");
    assert_eq!(mailbox["bands"], serde_json::json!(["5-7"]), "{shown}");
    world.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(world.mails().len(), 1 + 2);
}

#[test]
fn a_client_that_says_nothing_holds_up_no_stop() {
    let world = World::new(&format!("{BASE}{}", three()));
    let (mut daemon, port) = daemon(&world);
    let mut silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    silent.write_all(b"GET /healthz HTTP/1.1\r\nHost: a").unwrap();
    let (head, _) = ask(port, "GET", "/healthz", "");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let log = fs::read_to_string(world.path("log")).unwrap();
    assert!(!log.contains("still in hand"), "{log}");
}
