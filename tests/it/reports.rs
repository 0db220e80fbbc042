//! Bounces and complaints: what they change, and what they cannot. Real mails, the built binary.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, entry, three, until};
use crate::support::postfix::{DOMAIN, Postfix};

const MONDAYS: [&str; 4] =
    ["2026-11-30T08:00:00Z", "2026-12-14T08:00:00Z", "2027-01-11T08:00:00Z", "2027-01-25T08:00:00Z"];

/// The mail to `to` of the newest edition, as it left.
fn mail_to(fixture: &Fixture, to: &str) -> String {
    let mails = fs::read_dir(fixture.path("var/mail/new")).unwrap().map(|file| file.unwrap().path());
    let mut mails: Vec<_> =
        mails.filter(|path| fs::read_to_string(path).unwrap().contains(&format!("To: {to}"))).collect();
    mails.sort();
    fs::read_to_string(mails.last().expect("a mail")).unwrap()
}

/// One header's value.
fn header(mail: &str, name: &str) -> String {
    let start = format!("{name}: ");
    mail.lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap_or_else(|| panic!("no {name}"))
        .trim_matches(['<', '>'])
        .to_owned()
}

struct Dsn<'a> {
    to: &'a str,
    envid: &'a str,
    recipient: &'a str,
    status: &'a str,
    returned: &'a str,
}

impl Dsn<'_> {
    fn text(&self) -> String {
        format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: {}\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_b\"\n\n\
             --=_b\n\nI'm sorry to have to inform you.\n\n\
             --=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n{}\n\
             Final-Recipient: rfc822; {}\nAction: failed\nStatus: {}\n\n\
             --=_b\nContent-Type: text/rfc822-headers\n\n{}\n\n--=_b--\n",
            self.to, self.envid, self.recipient, self.status, self.returned
        )
    }
}

fn suppressed(fixture: &Fixture) -> Vec<(String, String)> {
    let list = fixture.run(&["suppressions", "list", "--json"]).exits(0).json();
    let row = |row: &Value| (row["address"].as_str().unwrap().to_owned(), row["reason"].as_str().unwrap().to_owned());
    list.as_array().unwrap().iter().map(row).collect()
}

fn take(fixture: &Fixture, text: &str) -> String {
    fixture.write("message", text);
    fixture.run(&["bounce", &fixture.path("message").display().to_string()]).exits(0).stdout
}

#[test]
fn a_bounce_is_matched_by_our_own_marks_alone() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAYS[0], &["send"]).exits(0);
    let known = ["office@hillside.example", "dsl@riverbank.example", "hello@lantern.example"];
    let mails = known.map(|to| mail_to(&fixture, to));
    let plain = Dsn { to: "", envid: "", recipient: "reception@riverbank.example", status: "5.1.1", returned: "" };
    // The recipient that a report names counts for nothing, and so does a bent token.
    let mut bent = header(&mails[0], "Return-Path").replace("bounces+", "bounces+a");
    bent.remove("bounces+".len() + 1);
    for to in ["bounces@example.org", &bent, "bounces+@example.org"] {
        let said = take(&fixture, &Dsn { to, ..plain }.text());
        assert!(said.contains("about no mail of ours"), "{to}: {said}");
    }
    let other_edition = header(&mails[1], "Message-ID").split('@').next().unwrap().replacen('e', "e1", 1);
    let said = take(&fixture, &Dsn { envid: &format!("Original-Envelope-Id: {other_edition}"), ..plain }.text());
    assert!(said.contains("about no mail of ours"), "{said}");
    assert_eq!(suppressed(&fixture), []);
    // The token of the reverse-path, whoever the report says it was.
    take(&fixture, &Dsn { to: &header(&mails[0], "Return-Path").to_uppercase(), ..plain }.text());
    // The envelope id, as the relay got it: the Message-ID's left side.
    let name = header(&mails[1], "Message-ID").split('@').next().unwrap().to_owned();
    take(&fixture, &Dsn { envid: &format!("Original-Envelope-Id: {name}"), ..plain }.text());
    // The Message-ID of what came back.
    let id = format!("Subject: x\nMessage-ID: <{}>", header(&mails[2], "Message-ID"));
    let said = take(&fixture, &Dsn { returned: &id, ..plain }.text());
    // Three of four are a wave, which waits for a person.
    assert!(said.contains("wave 1"), "{said}");
    fixture.run(&["suppressions", "confirm", "1"]).exits(0);
    let found = suppressed(&fixture);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(known.iter().all(|one| found.contains(&((*one).to_owned(), "bounced".to_owned()))), "{found:?}");
    fixture.at(MONDAYS[1], &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4 + 1);
}

#[test]
fn editions_in_a_row_are_counted_and_policy_suppresses_nobody() {
    // Weeks pass here: who is suppressed early on is still to be seen by name at the end.
    let fixture = Fixture::new(&format!("{BASE}\n[retention]\nended = \"1000d\"\n{}", three()));
    let bounce = |to: &str, status: &str| {
        let mail = mail_to(&fixture, to);
        take(
            &fixture,
            &Dsn { to: &header(&mail, "Return-Path"), envid: "", recipient: to, status, returned: "" }.text(),
        )
    };
    let (full, closed, policy) = ("office@hillside.example", "hello@lantern.example", "dsl@riverbank.example");
    for (at, monday) in MONDAYS[..3].iter().enumerate() {
        fixture.at(monday, &["send"]).exits(0);
        for _ in 0..2 {
            // Told twice is told once.
            let said = bounce(full, "5.2.2");
            assert_eq!(said.contains("gets no more mail"), at == 2, "edition {at}: {said}");
        }
        if at < 2 {
            let said = bounce(closed, "5.2.1");
            assert_eq!(said.contains("gets no more mail"), at == 1, "edition {at}: {said}");
        }
        assert!(bounce(policy, "5.7.26").contains("policy"));
    }
    assert_eq!(
        suppressed(&fixture),
        [(closed.to_owned(), "bounced".to_owned()), (full.to_owned(), "bounced".to_owned())]
    );
    let attention = fixture.at(MONDAYS[2], &["status"]).exits(0).stdout;
    assert!(attention.contains("5.7"), "{attention}");
    // Whoever is let back begins anew.
    fixture.run(&["suppressions", "remove", full, "--yes"]).exits(0);
    fixture.at(MONDAYS[3], &["sync"]).exits(0);
    fixture.at(MONDAYS[3], &["send"]).exits(0);
    let said = bounce(full, "5.2.2");
    assert!(said.contains("edition 1 in a row of 3"), "{said}");
}

#[test]
fn a_complaint_ends_it_at_once() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAYS[0], &["send"]).exits(0);
    let mail = mail_to(&fixture, "hello@lantern.example");
    let report = |kind: &str| {
        format!(
            "From: fbl@mx.example\nTo: abuse@example.org\nContent-Type: multipart/report; report-type=feedback-report;\n \
             boundary=b\n\n--b\n\nA complaint.\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\n\
             Version: 1\nUser-Agent: x/1\n\n--b\nContent-Type: message/rfc822\n\n{}\n--b--\n",
            mail.replace("hello@lantern.example", "redacted@redacted.example")
                .lines()
                .skip(2)
                .collect::<Vec<_>>()
                .join("\n")
        )
    };
    assert!(take(&fixture, &report("not-spam")).contains("nothing changed"));
    assert!(take(&fixture, &report("abuse")).contains("complaint"));
    assert_eq!(suppressed(&fixture), [("hello@lantern.example".to_owned(), "complained".to_owned())]);
}

/// Everything that comes in is put aside after it was dealt with; nothing that is forged, broken or huge changes anything.
#[test]
fn the_daemon_reads_its_folder_and_forgeries_change_nothing() {
    let mail = "[mail]\nbounce_maildir = \"var/reports\"\n";
    let fixture = Fixture::new(&format!("{BASE}\n{mail}{}", three()));
    fixture.at(MONDAYS[0], &["send"]).exits(0);
    let real = mail_to(&fixture, "office@hillside.example");
    let (mut daemon, _) = crate::support::http::daemon(&fixture);
    until("the folder is there", || fixture.path("var/reports/new").is_dir());
    let put = |name: &str, text: &[u8]| {
        fs::write(fixture.path(&format!("var/reports/tmp/{name}")), text).unwrap();
        fs::rename(fixture.path(&format!("var/reports/tmp/{name}")), fixture.path(&format!("var/reports/new/{name}")))
            .unwrap();
    };
    let token = header(&real, "Return-Path");
    for n in 0..1_000 {
        let forged: String = token
            .bytes()
            .enumerate()
            .map(|(at, b)| {
                let swap = b.is_ascii_lowercase() && at > 8 && at < 56 && (at + n) % 7 == 0;
                char::from(if swap { b'a' + (b - b'a' + 1 + u8::try_from(n % 24).unwrap()) % 26 } else { b })
            })
            .collect();
        let envid = format!("Original-Envelope-Id: e7-{n:0>26}");
        let dsn =
            Dsn { to: &forged, envid: &envid, recipient: "office@hillside.example", status: "5.1.1", returned: "" };
        put(&format!("{n}.forged.example"), dsn.text().as_bytes());
    }
    put("1.huge", &vec![b'x'; 3 << 20]);
    put("1.nothing", b"");
    put("1.deep", "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(20_000).as_bytes());
    let waiting = || fs::read_dir(fixture.path("var/reports/new")).unwrap().count();
    until("all was read", || waiting() == 0);
    assert_eq!(fs::read_dir(fixture.path("var/reports/cur")).unwrap().count(), 1_003);
    assert_eq!(suppressed(&fixture), []);
    put(
        "2.real",
        Dsn { to: &token, envid: "", recipient: "x@y.example", status: "5.1.1", returned: "" }.text().as_bytes(),
    );
    until("the real one was read", || waiting() == 0);
    assert_eq!(suppressed(&fixture), [("office@hillside.example".to_owned(), "bounced".to_owned())]);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let log = fixture.log();
    assert!(!log.contains("hillside.example") && !log.contains(&token), "{log}");
}

/// Speaks just enough SMTP to hand one message over.
fn post(port: u16, from: &str, to: &str, message: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut expect = |code: &str| {
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        assert!(line.starts_with(code), "{line}");
    };
    expect("220");
    for (line, code) in [
        ("HELO a.example".to_owned(), "250"),
        (format!("MAIL FROM:<{from}>"), "250"),
        (format!("RCPT TO:<{to}>"), "250"),
        ("DATA".to_owned(), "354"),
    ] {
        write!(stream, "{line}\r\n").unwrap();
        expect(code);
    }
    write!(stream, "{}\r\n.\r\n", message.replace('\n', "\r\n")).unwrap();
    expect("250");
}

#[test]
fn a_real_relay_bounces_later_and_the_daemon_learns_of_it() {
    let Some(postfix) = Postfix::start() else { return };
    let reports = postfix.reports();
    let mail = format!(
        "[mail]\ntransport = \"smtp://127.0.0.1:{}\"\ntls = \"none\"\nbounce_maildir = \"{}\"\n",
        postfix.port,
        reports.display()
    );
    let boxes = ["moved", "crowded", "office", "cross", "leaves"].map(|name| format!("{name}@{DOMAIN}"));
    let entries: String = boxes.iter().map(|one| entry(one, "school", &format!("\"{one}\""), "[\"4-5\"]")).collect();
    let fixture = Fixture::new(&format!("{BASE}\n{mail}{entries}"));
    fixture.nothing_due();
    fixture.run(crate::support::sending::SEND).exits(0);
    // All were accepted: that two of them bounce, nobody knows yet.
    assert_eq!(crate::support::sending::edition_status(&fixture, "accepted").0, 5);
    let [moved, crowded, _, cross, leaves] = &boxes;
    let copy = postfix.mail_for(cross);
    post(
        postfix.port,
        "",
        "abuse@example.org",
        &format!(
            "To: abuse@example.org\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
             --b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n\
             --b\nContent-Type: message/rfc822\n\n{copy}\n--b--\n"
        ),
    );
    let wish = postfix.mail_for(leaves).replace("\n ", " ");
    let wish = wish.split("<mailto:").nth(1).unwrap().split(['?', '>']).next().unwrap().to_owned();
    post(postfix.port, leaves, &wish, &format!("To: <{wish}>\nSubject: unsubscribe\n\n"));
    let mut daemon = fixture.spawn(&["-v", "run", "--role", "sender"], "log");
    until("the reports were read", || suppressed(&fixture).len() == 3);
    until("all were put aside", || fs::read_dir(reports.join("cur")).unwrap().count() == 4);
    let mut found = suppressed(&fixture);
    found.sort();
    let expected = [(cross, "complained"), (leaves, "unsubscribed"), (moved, "bounced")];
    assert_eq!(found, expected.map(|(address, reason)| (address.clone(), reason.to_owned())));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    // The full one is noted, and goes on.
    assert_eq!(crate::support::sending::edition_status(&fixture, "accepted").0, 5);
    let shown = fixture.run(&["subscribers", "show", crowded, "--json"]).exits(0).stdout;
    assert!(shown.contains("5.2.2"), "{shown}");
}
