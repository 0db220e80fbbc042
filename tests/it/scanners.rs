//! What the web throws at a daemon: link scanners, half-open connections, bodies without end. Nothing changes, and it
//! goes on answering.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::fixture::{BASE, Fixture, three};
use crate::support::http::{ask, daemon};
use crate::support::memory;

/// Every row that is about people or what they asked for.
fn rows(fixture: &Fixture) -> Vec<(String, i64)> {
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    let tables =
        ["subscriptions", "suppressions", "requests", "transactional_mails", "audit", "attempts", "report_counts"];
    let count = |table: &str| store.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
    let mut rows: Vec<(String, i64)> = tables.iter().map(|table| ((*table).to_owned(), count(table))).collect();
    let chosen = "SELECT coalesce(sum(bands * id + state * 7), 0) FROM recipients";
    rows.push(("recipients".to_owned(), store.query_row(chosen, [], |row| row.get(0)).unwrap()));
    rows
}

/// Sends requests over one connection, as scanners do; how many were answered.
fn storm(port: u16, requests: &[String]) -> usize {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    for request in requests {
        stream.write_all(request.as_bytes()).unwrap();
    }
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).unwrap();
    String::from_utf8_lossy(&answers).matches("HTTP/1.1 ").count()
}

#[test]
fn ten_thousand_looks_change_nothing() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let now = "2026-11-30T08:30:00Z";
    let wish = ["subscribe", "--name", "P", "--email", "p@home.example", "--bands", "4-5", "--confirm"];
    fixture.at(now, &wish).exits(0);
    let mut paths = Vec::new();
    for mail in fixture.mails() {
        for part in ["/u/", "/preferences/", "/confirm/"] {
            for (at, _) in mail.text.match_indices(&format!("https://activities.example.org{part}")) {
                let rest = &mail.text[at + "https://activities.example.org".len()..];
                paths.push(rest.split_whitespace().next().unwrap().to_owned());
            }
        }
    }
    assert_eq!(paths.iter().filter(|path| path.starts_with("/confirm/")).count(), 1);
    assert!(paths.len() >= 10, "{paths:?}");
    let (mut daemon, port) = daemon(&fixture);
    let (_, first) = ask(port, "GET", "/healthz", "");
    assert_eq!(first, "ok\n");
    let before = rows(&fixture);
    let mut answered = 0;
    for round in 0..100 {
        let requests: Vec<String> = (0..100)
            .map(|n| {
                let method = if n % 3 == 0 { "HEAD" } else { "GET" };
                let close = if n == 99 { "Connection: close\r\n" } else { "" };
                let path = &paths[(round + n) % paths.len()];
                format!("{method} {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: LinkScanner\r\n{close}\r\n")
            })
            .collect();
        answered += storm(port, &requests);
    }
    assert_eq!(answered, 10_000);
    assert_eq!(rows(&fixture), before);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn half_open_requests_and_endless_bodies_cost_little_and_stop_nobody() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let mail = fixture.mails().into_iter().find(|mail| mail.to == "hello@lantern.example").unwrap();
    let at = mail.text.find("/u/").unwrap();
    let path = mail.text[at..].split_whitespace().next().unwrap().to_owned();
    let (mut daemon, port) = daemon(&fixture);
    let half_open: Vec<TcpStream> = (0..200)
        .map(|n| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let begun = if n % 2 == 0 {
                "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "
            } else {
                "POST /u/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nL"
            };
            stream.write_all(begun.as_bytes()).unwrap();
            stream
        })
        .collect();
    let before = rows(&fixture);
    for target in [path.as_str(), "/u/wrong", "/preferences/wrong", "/", "/nowhere"] {
        for _ in 0..4 {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let body = 10_000_000;
            write!(stream, "POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {body}\r\n\r\n").unwrap();
            // The daemon may hang up in the middle: it has read enough.
            let _ = stream.write_all(&vec![b'x'; body]);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
        }
        let (head, _) = ask(port, "GET", "/", "");
        assert!(head.starts_with("http/1.1 200"), "{target}: {head}");
    }
    assert_eq!(rows(&fixture), before, "a body that is too long was acted upon");
    let kib = memory(daemon.0.id()).unwrap();
    assert!(kib < 32 * 1024, "{kib} KiB");
    drop(half_open);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}
