//! Leaving: by the link, by one click, by mail. Real mails, the built binary, a real connection.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;

use crate::support::fixture::{BASE, Fixture, entry, three};
use crate::support::http::{ask, daemon};

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// The path of the unsubscribe link, and the address for mails, as they stand in the mail to `to`.
fn ways_out(fixture: &Fixture, to: &str) -> (String, String) {
    let files = fs::read_dir(fixture.path("var/mail/new")).unwrap();
    let mut texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let text = texts.find(|mail| mail.contains(&format!("To: {to}"))).expect("a mail");
    let header = text.replace("\r\n ", " ").replace("\n ", " ");
    let line = header.lines().find(|line| line.starts_with("List-Unsubscribe:")).expect("the header").to_owned();
    let part = |from: &str| line.split(from).nth(1).unwrap().split(['>', '?']).next().unwrap().to_owned();
    (part("https://activities.example.org"), part("mailto:"))
}

fn active(fixture: &Fixture) -> u64 {
    fixture.at("2026-11-30T10:00:00Z", &["status", "--json"]).exits(0).json()["subscribers"]["active"].as_u64().unwrap()
}

#[test]
fn the_link_shows_a_button_and_only_the_button_leaves() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let (path, _) = ways_out(&fixture, "hello@lantern.example");
    let (mut daemon, port) = daemon(&fixture);
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
    assert_eq!(active(&fixture), 3, "looking left");
    // RFC 8058 §3.2, twice: a mail program may not know that it asked before.
    for _ in 0..2 {
        let (head, body) =
            ask(port, "POST", &path.to_uppercase().replacen("/U/", "/u/", 1), "List-Unsubscribe=One-Click");
        assert!(head.starts_with("http/1.1 200") && !head.contains("location:"), "{head}");
        assert!(body.contains("no more"), "{body}");
    }
    assert_eq!(active(&fixture), 2);
    let (_, body) = ask(port, "GET", &path, "");
    assert!(body.contains("no more") && !body.contains("Lantern"), "{body}");
    let list = fixture.run(&["suppressions", "list", "--json"]).exits(0).json();
    assert_eq!((&list[0]["address"], &list[0]["reason"]), (&"hello@lantern.example".into(), &"unsubscribed".into()));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let log = fixture.log();
    assert!(!log.contains(path.trim_start_matches("/u/")) && !log.contains("lantern.example"), "{log}");
    // The next edition goes to the others.
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4 + 3);
}

#[test]
fn a_wrong_token_tells_nothing_and_changes_nothing() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let (path, _) = ways_out(&fixture, "hello@lantern.example");
    let (mut daemon, port) = daemon(&fixture);
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
    assert_eq!(active(&fixture), 3);
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn a_link_works_after_its_key_was_replaced_and_says_so_when_the_store_is_locked() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let (path, _) = ways_out(&fixture, "hello@lantern.example");
    let keys = fs::read_to_string(fixture.path("var/secret")).unwrap();
    let keys =
        keys.replace("current 1\n", "current 2\n").replace("key 1 ", &format!("key 2 {}\nkey 1 ", "5a".repeat(32)));
    fixture.write("var/secret", &keys);
    let (mut daemon, port) = daemon(&fixture);
    let other = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (head, body) = ask(port, "POST", &path, "List-Unsubscribe=One-Click");
    assert!(head.starts_with("http/1.1 503") && body.contains("Nothing was changed"), "{head}");
    other.execute_batch("ROLLBACK").unwrap();
    // RFC 8058 §3.2 allows this encoding, too.
    let form = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let (head, _) = ask(port, "POST", &path, form);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(active(&fixture), 2);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_mail_to_the_unsubscribe_address_leaves() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let (_, address) = ways_out(&fixture, "office@hillside.example");
    assert!(address.starts_with("unsubscribe+") && address.ends_with("@example.org"), "{address}");
    let mail = |name: &str, headers: &str| fixture.write(name, &format!("{headers}\r\nSubject: unsubscribe\r\n\r\n"));
    mail("away", &format!("To: {address}\r\nAuto-Submitted: auto-replied"));
    fixture.run(&["bounce", &fixture.path("away").display().to_string()]).exits(0).says("automatic reply");
    mail("dsn", "To: bounces+x@example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x");
    let both = [fixture.path("dsn").display().to_string(), "nowhere".to_owned()];
    fixture.run(&["bounce", &both[0], &both[1]]).exits(1).complains("nowhere");
    mail("forged", "To: unsubscribe+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org");
    fixture.run(&["bounce", &fixture.path("forged").display().to_string()]).exits(0).says("no unsubscribe token");
    assert_eq!(active(&fixture), 3);
    // A mail client's own button may say that a program wrote it: that is still a wish.
    mail("wish", &format!("To: <{}>\r\nAuto-Submitted: auto-generated", address.to_uppercase()));
    let path = fixture.path("wish").display().to_string();
    let said = fixture.run(&["bounce", &path]).exits(0);
    assert!(
        said.stdout.contains("Hillside Primary left") && !said.stdout.contains("hillside.example"),
        "{}",
        said.stdout
    );
    fixture.run(&["bounce", &path]).exits(0).says("left before");
    assert_eq!(active(&fixture), 2);
    // As a mail server pipes it.
    let mut piped = fixture.command(&["bounce"]);
    let piped = piped.stdin(fs::File::open(&path).unwrap()).output().unwrap();
    assert!(piped.status.success() && String::from_utf8_lossy(&piped.stdout).contains("standard input: left before"));
    // Whatever is wrong with us, the mail server keeps the mail.
    let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
    for broken in [config.replace("[schedule]", "[shedule]"), config.replace("2026-09-07", "2026-09-14")] {
        fixture.write("config.toml", &broken);
        let mut piped = fixture.command(&["bounce"]);
        let piped = piped.stdin(fs::File::open(&path).unwrap()).output().unwrap();
        let is_typo = broken.contains("[shedule]");
        assert_eq!(piped.status.code(), Some(if is_typo { 75 } else { 0 }), "{piped:?}");
    }
    fixture.write("config.toml", &config);
    // A locked store: the mail server keeps the mail.
    let other = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    fixture.run(&["bounce", &path]).exits(75);
    other.execute_batch("ROLLBACK").unwrap();
    fixture.run(&["bounce", "nowhere"]).exits(1).complains("nowhere");
}

#[test]
fn suppressions_are_listed_added_and_removed() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Hill", "school", "\"a@hill.example\"", "[\"4-5\"]")));
    fixture.at(MONDAY, &["sync"]).exits(0);
    fixture.run(&["suppressions", "add", "A@hill.example"]).exits(0).says("Hill");
    fixture.run(&["suppressions", "add", "a@hill.example"]).exits(0).says("already");
    fixture.run(&["suppressions", "add", "b@hill.example", "--reason", "complained"]).exits(0);
    let list = fixture.run(&["suppressions", "list", "--json"]).exits(0).json();
    assert_eq!(list.as_array().unwrap().len(), 2, "{list}");
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 0);
    fixture.run(&["suppressions", "remove", "b@hill.example"]).exits(1).complains("--yes");
    fixture.run(&["suppressions", "remove", "b@hill.example", "--yes"]).exits(0).says("complained");
    fixture.run(&["suppressions", "remove", "b@hill.example"]).exits(1).complains("not suppressed");
    fixture.run(&["suppressions", "remove", "a@hill.example"]).exits(0);
    let audit = fixture.run(&["status", "--audit"]).exits(0);
    assert!(audit.stdout.contains("lift-suppression") && !audit.stdout.contains("hill.example"), "{}", audit.stdout);
}

#[test]
fn the_file_never_brings_back_someone_who_left() {
    let entries = |second: &str| {
        let hill = entry("Hill", "school", "[\"a@hill.example\", \"b@hill.example\"]", "[\"4-5\"]");
        format!("{BASE}{hill}{second}")
    };
    let other = entry("Dale", "charity", "\"c@dale.example\"", "[\"8-10\"]");
    let fixture = Fixture::new(&entries(&other));
    fixture.at(MONDAY, &["sync"]).exits(0);
    // Dale's entry goes before its reader leaves: that it was the file which ended it first must not bring them back.
    fixture.write("config.toml", &entries(""));
    fixture.at(MONDAY, &["sync"]).exits(0);
    for address in ["a@hill.example", "c@dale.example"] {
        fixture.run(&["unsubscribe", address]).exits(0);
        fixture.run(&["suppressions", "remove", address, "--yes"]).exits(0).says("does not subscribe it again");
    }
    // One that an operator suppressed by mistake did not leave.
    fixture.run(&["suppressions", "add", "b@hill.example"]).exits(0);
    fixture.run(&["suppressions", "remove", "b@hill.example"]).exits(0).says("next sync subscribes it again");
    fixture.write("config.toml", &entries(&other));
    let synced = fixture.at(MONDAY, &["sync"]).exits(0);
    assert!(synced.stdout.contains("not brought back: a@hill.example (unsubscribed)"), "{}", synced.stdout);
    assert!(synced.stdout.contains("not brought back: c@dale.example (unsubscribed)"), "{}", synced.stdout);
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 1);
    // Their own wish does, with the bands that they asked for.
    let wish = ["subscribe", "--name", "Hill", "--email", "a@hill.example", "--bands", "5-7"];
    fixture.at(MONDAY, &wish).exits(0);
    fixture.at("2026-12-14T08:00:00Z", &["sync"]).exits(0);
    let shown = fixture.run(&["subscribers", "show", "a@hill.example", "--json"]).exits(0).json();
    let mailbox = shown.pointer("/0/mailboxes/0").or_else(|| shown.pointer("/mailboxes/0")).expect("a mailbox");
    assert_eq!(mailbox["bands"], serde_json::json!(["5-7"]), "{shown}");
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 1 + 2);
}

#[test]
fn a_client_that_says_nothing_holds_up_no_stop() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let (mut daemon, port) = daemon(&fixture);
    let mut silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    silent.write_all(b"GET /healthz HTTP/1.1\r\nHost: a").unwrap();
    let (head, _) = ask(port, "GET", "/healthz", "");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let log = fixture.log();
    assert!(!log.contains("still in hand"), "{log}");
}
