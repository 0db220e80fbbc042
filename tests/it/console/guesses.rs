//! Ten thousand guesses at a password, at a running console behind a proxy.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use super::BEFORE;
use crate::support::console::{Browser, PASSWORD, user};
use crate::support::fixture::{BASE, Fixture, three};

const GUESSES: usize = 10_000;
/// At once, each on a connection of its own.
const GUESSERS: usize = 4;
/// From how many networks they come, as the proxy says.
const NETWORKS: usize = 5;
/// On one connection, before it is closed by its age.
const ON_A_CONNECTION: usize = 500;

const ANNA: &str = "anna@example.org";

/// What signing in with this password was answered, as if it came from that address.
fn guess(stream: &mut BufReader<TcpStream>, port: u16, from: &str, password: &str) -> u16 {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("address", ANNA)
        .append_pair("password", password)
        .finish();
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nX-Forwarded-For: {from}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        }
        if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.parse().unwrap();
        }
    }
    let mut page = vec![0; length];
    stream.read_exact(&mut page).unwrap();
    status
}

fn connected(port: u16) -> BufReader<TcpStream> {
    BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap())
}

/// How many of one guesser's guesses were looked at.
fn looked_at(port: u16, guesser: usize) -> usize {
    let mine: Vec<usize> = (guesser..GUESSES).step_by(GUESSERS).collect();
    let on_one = |some: &[usize]| {
        let mut stream = connected(port);
        let asked =
            some.iter().map(|n| guess(&mut stream, port, &format!("10.0.{}.7", n % NETWORKS), &format!("guess {n}")));
        let statuses: Vec<u16> = asked.collect();
        assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
        statuses.into_iter().filter(|status| *status == 401).count()
    };
    mine.chunks(ON_A_CONNECTION).map(on_one).sum()
}

#[test]
fn ten_thousand_guesses_through_a_proxy_keep_nobody_else_out() {
    let fixture = Fixture::new(&format!("{BASE}trusted_proxies = [\"127.0.0.1\"]\n{}", three()));
    fixture.at(BEFORE, &["sync"]).exits(0);
    let _daemon = fixture.spawn(&["--now", BEFORE, "run"], "log");
    let port = Browser::first(&fixture).port();
    let here = user(&fixture, BEFORE, port, ANNA, "admin");
    let began = std::time::Instant::now();
    let guessers: Vec<_> = (0..GUESSERS).map(|guesser| thread::spawn(move || looked_at(port, guesser))).collect();
    let hashed: usize = guessers.into_iter().map(|guesser| guesser.join().unwrap()).sum();
    println!("{GUESSES} guesses in {:.1} s, {hashed} of them hashed", began.elapsed().as_secs_f32());
    // Ten of each network; a pause of a minute may end while a busy machine is at it.
    assert!((50..=60).contains(&hashed), "{hashed} were hashed");
    here.get("/account").is(200).says(ANNA);
    let mut stream = connected(port);
    assert_eq!(guess(&mut stream, port, "10.0.0.7", PASSWORD), 429, "where it was guessed");
    assert_eq!(guess(&mut stream, port, "198.51.100.7", PASSWORD), 303, "elsewhere");
    assert!(!fixture.log().contains(ANNA) && fixture.log().contains("someone tried too often"), "{}", fixture.log());
}
