//! A relay may repeat what it was told. What only it may know (password, tokens) is cut out of its replies before anyone
//! else sees them. Every stage × every secret × every way to repeat it.

use data_encoding::BASE64;
use fortnightly::domain::delivery::Outcome;
use fortnightly::mail::{Envelope, Smtp, SmtpSettings, Timeouts, Transport};

use crate::mail::handover;
use crate::support::http::{ask, console};
use crate::support::oracle::{Oracle, Script as Lines};
use crate::support::scripted::{Act, Script, settings};
use crate::support::sending::{SEND, behind_relay, edition_status};

/// Through the program: neither log nor store nor any command has what the relay repeated.
#[test]
fn what_a_relay_repeats_is_found_nowhere() {
    const OFFER: (&str, &str) = ("EHLO", "250-oracle.example\r\n250 AUTH PLAIN LOGIN");
    const ECHOES: [(Lines, &str); 5] = [
        (&[OFFER, ("AUTH", "!echo 535 5.7.8 what is")], "queued"),
        (&[OFFER, ("AUTH", "!echo 454 4.7.0 later:")], "deferred"),
        (&[OFFER, ("RCPT", "!echo 550 5.7.1 no:")], "failed"),
        (&[OFFER, ("MAIL", "!echo 451 4.3.0 later:")], "deferred"),
        (&[OFFER, ("DOT", "!echo 554 5.7.1 link on a block list:")], "failed"),
    ];
    let password = "correct-horse-battery";
    for (script, state) in ECHOES {
        let relay = Oracle::with(script);
        let fixture = behind_relay(relay.port, 2, "");
        fixture.write("password", password);
        fixture.edit(
            "config.toml",
            "tls = \"none\"\n",
            "tls = \"none\"\nusername = \"digest\"\npassword_file = \"password\"\n",
        );
        let send = fixture.run(&[&["-vvv"], SEND].concat());
        assert_eq!(edition_status(&fixture, state).0, 2, "{script:?}: {}", send.stderr);
        let mut daemon = fixture.spawn(&["-vvv", "run"], "log");
        let (_, metrics) = ask(console(&fixture), "GET", "/metrics", "");
        assert!(metrics.contains("fortnightly_deliveries"), "{metrics}");
        daemon.signal("-TERM");
        daemon.ends();
        let mut seen = send.stderr + &send.stdout + &metrics + &fixture.log();
        for command in
            [&["status"][..], &["status", "--json"], &["deliveries", "list", "--json"], &["status", "--audit"]]
        {
            let ran = fixture.run(command);
            seen.extend([ran.stdout, ran.stderr]);
        }
        for file in std::fs::read_dir(fixture.path("var")).unwrap().flatten().filter(|file| file.path().is_file()) {
            if file.file_name() != "secret.key" {
                seen += &String::from_utf8_lossy(&std::fs::read(file.path()).unwrap());
            }
        }
        let told = relay.heard();
        let plain = BASE64.encode(format!("\0digest\0{password}").as_bytes());
        let secrets = told.iter().flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
        let secrets = secrets.filter(|word| word.len() == 48).map(str::to_owned).chain([password.to_owned(), plain]);
        let secrets: Vec<String> = secrets.collect();
        assert!(secrets.len() > 2 || state == "queued" || script[1].0 == "AUTH", "{told:?}");
        for secret in secrets {
            assert!(longest_shared(&seen, &secret) < 12, "{script:?}: {secret} was repeated");
        }
    }
}

/// The longest piece of `secret` that `text` has, whatever its capitals and however white space divides it.
fn longest_shared(text: &str, secret: &str) -> usize {
    let folded =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect::<String>();
    let (text, secret) = (folded(text), folded(secret).chars().collect::<Vec<_>>());
    let has = |length: &usize| secret.windows(*length).any(|piece| text.contains(&piece.iter().collect::<String>()));
    (1..=secret.len()).take_while(has).last().unwrap_or(0)
}

const USER: &str = "digest@relay.example";
const PASSWORD: &str = "Tr0ub4dor & 3stürme+x=y";
const NAME: &str = "e7-q2w3e4r5t6z7u2i3o4p5a6s7d2";
const BOUNCE: &str = "cmaqaaaab4aaaaaaaaaaaaqfbounce2xk7q3vz5m6n4p2r7t";
const LEAVE: &str = "ceaqaaaab4aaaaaaaaaaaaqfleave32xk7q3vz5m6n4p2r7t";
const CHANGE: &str = "ciaqaaaab4aaaaaaaaaaaaqfchange4xk7q3vz5m6n4p2r7t";

/// What the client tells the relay and nobody else.
fn secrets() -> Vec<String> {
    let encoded = |text: String| BASE64.encode(text.as_bytes());
    vec![
        PASSWORD.to_owned(),
        encoded(PASSWORD.to_owned()),
        encoded(USER.to_owned()),
        encoded(format!("\0{USER}\0{PASSWORD}")),
        NAME.to_owned(),
        BOUNCE.to_owned(),
        LEAVE.to_owned(),
        CHANGE.to_owned(),
    ]
}

/// A way to repeat a secret after a code and a status.
type Way = (&'static str, fn(&str, &str) -> String);

const WAYS: &[Way] = &[
    ("as it is", |code, secret| format!("{code} {secret}")),
    ("in a sentence", |code, secret| format!("{code} cannot parse '{secret}', sorry")),
    ("in a link", |code, secret| format!("{code} https://a.example/u/{secret}?x=1 is listed")),
    ("after an escape", |code, secret| {
        format!("{code} unsubscribe%2B{secret}%40a.example, also unsubscribe=20{secret}")
    }),
    ("in capitals", |code, secret| format!("{code} {}", secret.to_uppercase())),
    ("in small letters", |code, secret| format!("{code} {}", secret.to_lowercase())),
    ("its first half", |code, secret| format!("{code} {}...", head(secret, secret.chars().count() / 2 + 4))),
    ("without its end", |code, secret| format!("{code} {}", head(secret, secret.chars().count() - 1))),
    ("twice", |code, secret| format!("{code} {secret}{secret} {secret}")),
    ("over two lines", |code, secret| {
        let half = head(secret, secret.chars().count() / 2);
        let (digits, status) = code.split_once(' ').unwrap_or((code, ""));
        format!("{digits}-{status} x {half}\r\n{code} {}", &secret[half.len()..])
    }),
    ("at the end of what is kept", |code, secret| format!("{code} {}{secret}", "word ".repeat(97))),
    ("in an address", |code, secret| format!("{code} <{secret}@a.example>")),
];

fn head(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

fn mail() -> (Envelope, String) {
    let envelope = Envelope {
        from: format!("bounces+{BOUNCE}@example.org").parse().unwrap(),
        to: "office@hillside.example".parse().unwrap(),
        personal_links: format!("https://a.example/u/{LEAVE} https://a.example/preferences/{CHANGE}"),
    };
    let (leave, change) = (LEAVE.split_at(20), CHANGE.split_at(11));
    let message = format!(
        "To: office@hillside.example\r\nMessage-ID: <{NAME}@example.org>\r\nList-Unsubscribe: <https://a.example/u/{LEAVE}>\r\n\r\n\
         Leave: https://a.example/u/{}=\r\n{}\r\nChange: https://a.example/preferences/{}=\r\n{}\r\n",
        leave.0, leave.1, change.0, change.1
    );
    (envelope, message)
}

#[tokio::test]
async fn every_secret_is_cut_out_at_every_stage() {
    let (envelope, message) = mail();
    let mut wrong = Vec::new();
    for (stage, codes) in [
        ("GREETING", &["554 5.7.1"][..]),
        ("EHLO", &["554 5.7.1"]),
        ("AUTH", &["454 4.7.0", "535 5.7.8"]),
        ("MAIL", &["451 4.3.0", "550 5.7.1"]),
        ("RCPT", &["451 4.3.0", "550 5.1.1"]),
        ("DATA", &["451 4.3.0", "554 5.7.1"]),
        ("DOT", &["250 2.0.0", "354", "451 4.3.0", "554 5.7.1"]),
    ] {
        for (code, secret, (way, repeats)) in codes.iter().flat_map(|code| {
            secrets().into_iter().flat_map(move |secret| WAYS.iter().map(move |way| (*code, secret.clone(), way)))
        }) {
            let said: &'static str = Box::leak(repeats(code, &secret).into_boxed_str());
            let server = Script::default().with(stage, &[Act::Say(said)]).start().await;
            let login = Some((USER.to_owned(), PASSWORD.into()));
            let settings = SmtpSettings { login, timeouts: Timeouts::default(), ..settings(server.port) };
            let mut smtp = Smtp::new(settings).unwrap();
            let outcome = smtp.deliver(handover(&envelope, NAME), message.as_bytes(), None).await;
            let reply = outcome.reply().expect("a reply");
            let status = code.split_once(' ').map_or("", |(_, status)| status);
            if longest_shared(&reply.text, &secret) >= 12 || !reply.text.contains(status) {
                wrong.push(format!("{stage}, {way}: {}", reply.text));
            }
            // Getting ready meets the same, and so does looking.
            if ["GREETING", "EHLO", "AUTH"].contains(&stage) && secrets()[..4].contains(&secret) {
                let script = Script::default().with(stage, &[Act::Say(said); 2]);
                let port = script.start().await.port;
                let login = Some((USER.to_owned(), PASSWORD.into()));
                let settings =
                    SmtpSettings { login, timeouts: Timeouts::default(), ..crate::support::scripted::settings(port) };
                let mut smtp = Smtp::new(settings).unwrap();
                let (ready, met) = (smtp.prepare().await.unwrap_err(), smtp.meet().await.unwrap_err());
                for outcome in [ready, met] {
                    let text = outcome.reply().map(|reply| reply.text.clone()).unwrap_or_default();
                    if longest_shared(&text, &secret) >= 12 {
                        wrong.push(format!("{stage}, {way}, getting ready: {text}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} repeat a secret:\n{}", wrong.len(), wrong.join("\n"));
}

/// A password of a few common letters must not make every reply unreadable.
#[tokio::test]
async fn a_short_password_leaves_a_reply_readable() {
    for password in ["a", "no", "user"] {
        let server =
            Script::default().with("AUTH", &[Act::Say("535 5.7.8 no such user: a username is needed")]).start().await;
        let login = Some(("digest".to_owned(), password.into()));
        let mut smtp = Smtp::new(SmtpSettings { login, ..settings(server.port) }).unwrap();
        let Err(Outcome::SenderRefused(reply)) = smtp.prepare().await else { panic!("it went on") };
        assert!(reply.text.starts_with("5.7.8 no such") && reply.text.ends_with("is needed"), "{password}: {reply}");
    }
}
