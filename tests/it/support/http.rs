//! A running daemon, and plain requests to its pages.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::fixture::{Fixture, Running, until};

/// A daemon that answers on some port.
pub(crate) fn daemon(fixture: &Fixture) -> (Running, u16) {
    let child = fixture.spawn(&["-vv", "--now", "2026-11-30T09:00:00Z", "run"], "log");
    let port = port(fixture);
    (child, port)
}

/// The port of the recipients' pages, as soon as the log names it.
pub(crate) fn port(fixture: &Fixture) -> u16 {
    port_of(fixture, "listening")
}

/// The port of the operators' console, as soon as the log names it.
pub(crate) fn console(fixture: &Fixture) -> u16 {
    port_of(fixture, "console")
}

fn port_of(fixture: &Fixture, what: &str) -> u16 {
    let mut port = None;
    until("the daemon listens", || {
        let log = fixture.log();
        port = log
            .lines()
            .find(|line| line.contains(what))
            .and_then(|line| line.rsplit_once("127.0.0.1:").and_then(|(_, port)| port.trim().parse().ok()));
        port.is_some()
    });
    port.unwrap()
}

/// Asks, and leaves the answer to be read.
pub(crate) fn send(port: u16, method: &str, path: &str, form: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: activities.example.org\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Status line and headers, and the body.
pub(crate) fn ask(port: u16, method: &str, path: &str, form: &str) -> (String, String) {
    let mut stream = send(port, method, path, form);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

/// The answer to GET with one more header, or none: head and body as they came.
pub(crate) fn get(port: u16, path: &str, header: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
