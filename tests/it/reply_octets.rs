//! Only the three digits of a reply decide (RFC 5321 §4.2); its text is for people. Every stage × every oddity.

use fortnightly::domain::delivery::Outcome;
use fortnightly::mail::{Acquaintance, Smtp, SmtpSettings, Timeouts, Tls, Transport};

use crate::mail::{handover, message};
use crate::support::fixture::Fixture;
use crate::support::oracle::{Oracle, Script as Lines};
use crate::support::scripted::{Act, Script, settings, word};
use crate::support::sending::{SEND, behind_relay, edition_status};

/// What relays that speak Latin-1 did to us.
#[test]
fn a_relay_that_speaks_latin_1_is_understood() {
    let sent = |script: Lines| {
        let relay = Oracle::with(script);
        let fixture = behind_relay(relay.port, 10, "");
        fixture.run(SEND);
        (relay, fixture)
    };
    let count = |fixture: &Fixture, state: &str| edition_status(fixture, state).0;
    let (relay, fixture) = sent(&[("DOT", "!latin1 250 2.0.0 accept\u{e9}\r\n")]);
    assert_eq!((count(&fixture, "accepted"), count(&fixture, "uncertain")), (10, 0));
    fixture.run(SEND);
    assert_eq!(relay.asked().len(), 10, "a mail that was accepted went out again");

    let (_relay, fixture) = sent(&[("RCPT", "!latin1 550 5.1.1 Utilisateur refus\u{e9}\r\n")]);
    assert_eq!(count(&fixture, "failed"), 10);
    let rows = fixture.run(&["deliveries", "list", "--json"]).exits(0).stdout;
    assert!(rows.contains("Utilisateur refus\u{fffd}"), "{rows}");

    let (_relay, fixture) = sent(&[("EHLO", "!latin1 250-relay.example\r\n250-X-NOTE priv\u{e9}\r\n250 8BITMIME\r\n")]);
    assert_eq!(count(&fixture, "accepted"), 10);
}

/// One way to say a code and perhaps a status.
struct Oddity {
    name: &'static str,
    /// Without one it means what a reply without a status means.
    keeps_status: bool,
    octets: fn(&str, &str) -> Vec<u8>,
}

fn with_text(code: &str, status: &str, text: &[u8]) -> Vec<u8> {
    [code.as_bytes(), b" ", status.as_bytes(), text].concat()
}

const ODDITIES: &[Oddity] = &[
    Oddity { name: "Latin-1", keeps_status: true, octets: |c, s| with_text(c, s, b"accept\xe9\r\n") },
    Oddity {
        name: "GBK",
        keeps_status: true,
        octets: |c, s| with_text(c, s, b"\xd3\xca\xcf\xe4\xb2\xbb\xb4\xe6\xd4\xda\r\n"),
    },
    Oddity { name: "half a character", keeps_status: true, octets: |c, s| with_text(c, s, b"\xe2\x82\r\n") },
    Oddity {
        name: "octets that are never UTF-8",
        keeps_status: true,
        octets: |c, s| with_text(c, s, b"\xff\xfe\0o\0k\r\n"),
    },
    Oddity {
        name: "control characters",
        keeps_status: true,
        octets: |c, s| with_text(c, s, b"\x1b[31mred\x07\0\x7f\r\n"),
    },
    Oddity {
        name: "a long line",
        keeps_status: true,
        octets: |c, s| with_text(c, s, &[&[b'x'; 5000][..], b"\r\n"].concat()),
    },
    Oddity { name: "a bare line feed", keeps_status: true, octets: |c, s| with_text(c, s, b"ok\n") },
    Oddity { name: "two carriage returns", keeps_status: true, octets: |c, s| with_text(c, s, b"ok\r\r\n") },
    Oddity { name: "a carriage return within", keeps_status: true, octets: |c, s| with_text(c, s, b"o\rk\r\n") },
    Oddity {
        name: "several lines",
        keeps_status: true,
        octets: |c, s| format!("{c}-{s}one\r\n{c}-{s}two\r\n{c} {s}end\r\n").into(),
    },
    Oddity {
        name: "several lines in Latin-1",
        keeps_status: true,
        octets: |c, s| {
            [format!("{c}-{s}accept").as_bytes(), b"\xe9\r\n", format!("{c} {s}").as_bytes(), b"\xe9\r\n"].concat()
        },
    },
    Oddity {
        name: "a line without its code",
        keeps_status: true,
        octets: |c, s| format!("{c}-{s}one\r\ntwo\r\n{c} {s}end\r\n").into(),
    },
    Oddity {
        name: "a last line of digits alone",
        keeps_status: true,
        octets: |c, s| format!("{c}-{s}one\r\n{c}\r\n").into(),
    },
    Oddity { name: "a tab", keeps_status: true, octets: |c, s| format!("{c}\t{s}ok\r\n").into() },
    Oddity { name: "digits alone", keeps_status: false, octets: |c, _| format!("{c}\r\n").into() },
    Oddity { name: "digits and a space", keeps_status: false, octets: |c, _| format!("{c} \r\n").into() },
    Oddity { name: "lines of digits alone", keeps_status: false, octets: |c, _| format!("{c}-\r\n{c}\r\n").into() },
    Oddity { name: "digits and a line feed", keeps_status: false, octets: |c, _| format!("{c}\n").into() },
    Oddity { name: "white space", keeps_status: false, octets: |c, _| format!("{c}   \t \r\n").into() },
    Oddity { name: "text that follows at once", keeps_status: false, octets: |c, _| format!("{c}ok\r\n").into() },
    Oddity {
        name: "Latin-1 that follows at once",
        keeps_status: false,
        octets: |c, _| [c.as_bytes(), b"\xe9\r\n"].concat(),
    },
];

/// A point of the conversation.
struct Stage {
    verb: &'static str,
    /// What lets the conversation go on.
    good: &'static str,
    /// How often the usual reply comes before the odd one.
    after: usize,
    /// `PLAIN`, `LOGIN` or nothing.
    login: &'static str,
}

const STAGES: &[Stage] = &[
    Stage { verb: "GREETING", good: "220", after: 0, login: "" },
    Stage { verb: "EHLO", good: "250", after: 0, login: "" },
    Stage { verb: "STARTTLS", good: "220", after: 0, login: "" },
    Stage { verb: "AUTH", good: "235", after: 0, login: "PLAIN" },
    Stage { verb: "AUTH", good: "334", after: 0, login: "LOGIN" },
    Stage { verb: "ANSWER", good: "334", after: 0, login: "LOGIN" },
    Stage { verb: "ANSWER", good: "235", after: 1, login: "LOGIN" },
    Stage { verb: "MAIL", good: "250", after: 0, login: "" },
    Stage { verb: "RCPT", good: "250", after: 0, login: "" },
    Stage { verb: "DATA", good: "354", after: 0, login: "" },
    Stage { verb: "DOT", good: "250", after: 0, login: "" },
    Stage { verb: "RSET", good: "250", after: 0, login: "" },
    Stage { verb: "QUIT", good: "221", after: 0, login: "" },
];

/// What came of a mail that met a reply, of the one after it, and how often the client connected.
#[derive(Debug, PartialEq)]
struct Came {
    first: (&'static str, Option<u16>),
    second: &'static str,
    connections: usize,
    within_tls: bool,
}

impl Stage {
    /// The server's usual part, up to the reply that is tried.
    fn script(&self, pipelining: bool, act: Act) -> Script {
        const QUESTIONS: &[Act] = &[Act::Say("334 VXNlcm5hbWU6"), Act::Say("334 UGFzc3dvcmQ6")];
        let hello = match (self.login, self.verb, pipelining) {
            ("PLAIN", ..) => "250-fake.example\r\n250 AUTH PLAIN",
            ("LOGIN", ..) => "250-fake.example\r\n250 AUTH LOGIN",
            (_, "STARTTLS", _) => "250-fake.example\r\n250 STARTTLS",
            (_, _, true) => "250-fake.example\r\n250 PIPELINING",
            _ => "250 fake.example",
        };
        let mut script = Script::default().with("EHLO", &[Act::Say(hello); 4]);
        if self.login == "LOGIN" {
            script =
                script.with("AUTH", &[QUESTIONS[0]; 4]).with("ANSWER", &[QUESTIONS[1], Act::Say("235 ok")].repeat(3));
        }
        if self.verb == "RSET" {
            script = script.with("RCPT", &[Act::Say("550 5.7.1 no")]);
        }
        script.instead(self.verb, self.after, act)
    }

    async fn comes_of(&self, pipelining: bool, act: Act) -> (Came, String) {
        let server = self.script(pipelining, act).start().await;
        let login = settings(0).login.filter(|_| !self.login.is_empty());
        let tls = if self.verb == "STARTTLS" { Tls::Starttls } else { Tls::None };
        let mut smtp =
            Smtp::new(SmtpSettings { login, tls, timeouts: Timeouts::default(), ..settings(server.port) }).unwrap();
        let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
        let first = smtp.deliver(handover(&envelope, "e7-r12"), &bytes, None).await;
        if self.verb == "QUIT" {
            smtp.close().await;
        }
        let second = if tls == Tls::None {
            smtp.deliver(handover(&envelope, "e7-r12"), &bytes, None).await
        } else {
            Outcome::Withheld
        };
        let reply = first.reply().cloned().unwrap_or_default();
        let connections = server.heard().iter().filter(|line| *line == "(connected)").count();
        let came = Came {
            first: (word(&first), reply.code),
            second: word(&second),
            connections,
            within_tls: reply.text.starts_with("no TLS with"),
        };
        (came, reply.text)
    }
}

fn leaked(octets: Vec<u8>) -> &'static [u8] {
    Box::leak(octets.into_boxed_slice())
}

#[tokio::test]
async fn every_oddity_at_every_stage_means_what_its_digits_mean() {
    let mut wrong = Vec::new();
    for (stage, pipelining) in STAGES.iter().flat_map(|stage| [(stage, false), (stage, true)]) {
        if pipelining && !["MAIL", "RCPT", "DATA", "DOT"].contains(&stage.verb) {
            continue;
        }
        for (code, status) in [(stage.good, ""), ("451", "4.3.0 "), ("550", "5.1.1 "), ("600", "")] {
            // The questions of AUTH LOGIN have their own words.
            let text: &[u8] = if code == "334" { b"VXNlcm5hbWU6\r\n" } else { b"as usual\r\n" };
            let usual = |status| Act::Octets(leaked(with_text(code, status, text)));
            let with_status = stage.comes_of(pipelining, usual(status)).await.0;
            let without = stage.comes_of(pipelining, usual("")).await.0;
            for oddity in ODDITIES {
                let expected = if oddity.keeps_status { &with_status } else { &without };
                let octets = leaked((oddity.octets)(code, status));
                let ways = [Act::Octets(octets), Act::Drip(octets)];
                for act in ways.into_iter().take(if octets.len() > 100 { 1 } else { 2 }) {
                    let (came, text) = stage.comes_of(pipelining, act).await;
                    if came != *expected || text.chars().any(char::is_control) {
                        let place = format!("{} {code}, {}", stage.verb, oddity.name);
                        wrong.push(format!("{place}: {came:?} for {expected:?}, {text:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are taken otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn codes_that_nobody_has_heard_of_count_by_their_first_digit() {
    let stage = |verb| STAGES.iter().find(|stage| stage.verb == verb).unwrap();
    for (verb, said, expected) in [
        ("DOT", "299 fine", "accepted"),
        ("DOT", "499 later", "transient"),
        ("DOT", "599 no", "permanent"),
        ("RCPT", "599 no", "permanent"),
        ("RCPT", "278 yes", "accepted"),
        ("MAIL", "566 no", "sender"),
        ("DOT", "199 what", "uncertain"),
        ("DOT", "000 what", "uncertain"),
        ("DOT", "2500 what", "uncertain"),
        ("DOT", "25 what", "uncertain"),
        ("DOT", "250-yes\r\n550 no", "uncertain"),
        ("RCPT", "250-yes\r\n550 no", "transient"),
    ] {
        let (came, text) = stage(verb).comes_of(false, Act::Say(said)).await;
        assert_eq!((came.first.0, came.second), (expected, "accepted"), "{said} at {verb}: {came:?} {text}");
    }
}

#[tokio::test]
async fn an_odd_line_hides_nothing_of_what_a_relay_offers() {
    let hello = b"250-fake.example\r\n250-X-NOTE priv\xe9\r\n250-PIPELINING\r\n\xff\r\n250-SIZE 1000\n250\r\n";
    let server = Script::default().with("EHLO", &[Act::Octets(hello)]).start().await;
    let mut smtp = Smtp::new(SmtpSettings { login: None, ..settings(server.port) }).unwrap();
    let Acquaintance { capabilities, .. } = smtp.meet().await.unwrap();
    assert!(capabilities.pipelining && capabilities.size == Some(1000), "{capabilities:?}");
}
