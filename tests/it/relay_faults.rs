//! What a relay may do to us, stage by stage, through the built program. The relay's own log is the oracle.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::support::fixture::Fixture;
use crate::support::oracle::{Oracle, Script};
use crate::support::sending::{SEND, behind_relay, edition_status};
use crate::support::{faketime, memory, skipped};

/// What must come of it: all in one state, or the edition held with everything queued.
#[derive(Debug, Clone, Copy)]
enum Comes {
    To(&'static str),
    Held,
}

const RECIPIENTS: usize = 4;

/// Runs `send` against the script, and looks.
#[track_caller]
fn meets(script: Script, comes: Comes) {
    let relay = Oracle::with(script);
    let fixture = behind_relay(relay.port, RECIPIENTS, "");
    let begun = Instant::now();
    fixture.run(SEND);
    assert!(begun.elapsed().as_secs() < 30, "{script:?} took {:?}", begun.elapsed());
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let edition = status["editions"].as_array().unwrap().iter().find(|e| e["deliveries"]["total"] != 0).unwrap();
    let count = |state: &str| edition["deliveries"][state].as_u64().unwrap();
    let (state, expected) = match comes {
        Comes::To(state) => (state, if state == "accepted" || state == "failed" { "sent" } else { "" }),
        Comes::Held => ("queued", "held"),
    };
    assert_eq!(count(state), RECIPIENTS as u64, "{script:?} {comes:?}: {edition}");
    assert!(expected.is_empty() || edition["state"] == expected, "{script:?}: {edition}");
    assert_eq!(count("accepted"), relay.count() as u64, "{script:?}: the relay took {}", relay.count());
}

/// The faults that end a connection or make its next answer meaningless.
macro_rules! broken {
    ($stage:literal) => {
        [&[($stage, "!drop")], &[($stage, "!reset")], &[($stage, "!garbage")], &[($stage, "!endless")]]
    };
}

#[test]
fn a_fault_before_the_content_defers_and_is_never_accepted() {
    const TWICE: [Script; 5] = [
        &[("GREET", "220 a\r\n220 b")],
        &[("EHLO", "250 a\r\n250 b")],
        &[("MAIL", "250 2.1.0 ok\r\n250 2.1.0 ok")],
        &[("RCPT", "250 2.1.5 ok\r\n250 2.1.5 ok")],
        &[("DATA", "354 go on\r\n250 2.0.0 taken")],
    ];
    const LATER: [Script; 6] = [
        &[("GREET", "421 4.3.2 later")],
        &[("EHLO", "421 4.3.2 later")],
        &[("MAIL", "451 4.3.2 later")],
        &[("RCPT", "452 4.2.2 later")],
        &[("DATA", "451 4.3.2 later")],
        &[("DOT", "451 4.3.2 later")],
    ];
    let stages: [[Script; 4]; 6] =
        [broken!("GREET"), broken!("EHLO"), broken!("MAIL"), broken!("RCPT"), broken!("DATA"), broken!("CONTENT")];
    // A relay that asks for time is given some before it is left alone.
    let later = LATER.map(|script| std::thread::spawn(move || meets(script, Comes::To("deferred"))));
    for script in stages.into_iter().flatten().chain(TWICE) {
        if script[0].0 != "CONTENT" {
            meets(script, Comes::To("deferred"));
            continue;
        }
        // How much of the content was on its way nobody knows, so it may be uncertain; never accepted.
        let relay = Oracle::with(script);
        let fixture = behind_relay(relay.port, RECIPIENTS, "");
        fixture.run(SEND).exits(1);
        let (deferred, uncertain) = (edition_status(&fixture, "deferred").0, edition_status(&fixture, "uncertain").0);
        assert_eq!(deferred + uncertain, RECIPIENTS as u64, "{script:?}");
    }
    for script in broken!("DOT") as [Script; 4] {
        meets(script, Comes::To("uncertain"));
    }
    for one in later {
        one.join().unwrap();
    }
}

#[test]
fn a_refusal_is_the_recipients_or_ours() {
    meets(&[("EHLO", "550 5.7.1 no")], Comes::Held);
    meets(&[("MAIL", "550 5.7.1 no")], Comes::Held);
    meets(&[("RCPT", "550 5.7.1 no")], Comes::To("failed"));
    meets(&[("DATA", "554 5.7.1 no")], Comes::To("failed"));
    meets(&[("DOT", "554 5.7.1 no")], Comes::To("failed"));
    meets(&[("DOT", "354 go on")], Comes::To("uncertain"));
    meets(&[("DOT", "999 what")], Comes::To("uncertain"));
}

#[test]
fn what_a_relay_says_after_the_mail_changes_nothing() {
    for script in
        [&[("QUIT", "554 no")], &[("QUIT", "!drop")], &[("QUIT", "!garbage")], &[("QUIT", "!endless")]] as [Script; 4]
    {
        meets(script, Comes::To("accepted"));
    }
    // Two answers at the dot: the first counts, and nobody takes the second for the next mail's.
    let relay = Oracle::with(&[("DOT", "250 2.0.0 taken\r\n250 2.0.0 taken")]);
    let fixture = behind_relay(relay.port, 4, "");
    fixture.run(SEND).exits(0);
    // One that was opened behind the first answer is asked about again.
    let asked: std::collections::BTreeSet<_> = relay.asked().into_iter().collect();
    assert_eq!(asked.len(), 4, "a mail went without its own transaction");
}

#[test]
fn a_refused_reset_costs_a_connection_and_no_mail() {
    for reset in ["!drop", "!garbage", "554 no", "!endless"] {
        let script: Script = Box::leak(Box::new([("RCPT TO:<s1@", "550 5.7.1 no"), ("RSET", reset)]));
        let relay = Oracle::with(script);
        let fixture = behind_relay(relay.port, 6, "");
        fixture.run(SEND).exits(1);
        assert_eq!((edition_status(&fixture, "accepted").0, edition_status(&fixture, "failed").0), (5, 1), "{reset}");
        assert_eq!(relay.count(), 5, "{reset}");
    }
}

/// Fifty times as fast as life, the limits of 5 and 10 minutes pass in 6 and 12 seconds.
#[test]
fn a_relay_that_falls_silent_is_left_after_its_time() {
    const FASTER: u32 = 50;
    let Some(library) = faketime("a relay that falls silent") else { return };
    // The stage, what comes of it, and its limit in seconds.
    let stages: [(Script, &str, f64); 6] = [
        (&[("GREET", "!silence")], "deferred", 300.0),
        (&[("EHLO", "!silence")], "deferred", 300.0),
        (&[("MAIL", "!silence")], "deferred", 300.0),
        (&[("RCPT", "!silence")], "deferred", 300.0),
        (&[("DATA", "!silence")], "deferred", 300.0),
        (&[("DOT", "!silence")], "uncertain", 600.0),
    ];
    let runs = stages.map(|(script, state, limit)| {
        let library = library.clone();
        std::thread::spawn(move || {
            let relay = Oracle::with(script);
            let fixture = behind_relay(relay.port, 2, "on_uncertain = \"hold\"\n");
            let mut send = fixture.command(SEND);
            send.env("LD_PRELOAD", library).env("FAKETIME", format!("+0 x{FASTER}"));
            send.stdin(Stdio::null()).output().unwrap();
            assert_eq!(edition_status(&fixture, state).0, 2, "{script:?}");
            let waited = relay.waited();
            assert!(waited.len() >= 2, "{script:?}: {waited:?}");
            // Two seconds of real time for a machine that is busy with other tests.
            for one in waited.iter().map(|one| (*one * FASTER).as_secs_f64()) {
                let most = limit + 5.0 + 2.0 * f64::from(FASTER);
                assert!((limit * 0.95..most).contains(&one), "{script:?}: left after {one} s, its limit is {limit} s");
            }
        })
    });
    for run in runs {
        run.join().unwrap();
    }
}

/// However much a relay says, it is not kept.
#[test]
fn a_reply_without_end_costs_no_memory() {
    for stage in ["GREET", "EHLO", "RCPT", "DOT"] {
        let relay = Oracle::with(Box::leak(Box::new([(stage, "!endless")])));
        let fixture = behind_relay(relay.port, 20, "");
        let mut send = fixture.spawn(SEND, "log");
        let mut peak = 0;
        while send.0.try_wait().unwrap().is_none() {
            peak = peak.max(memory(send.0.id()).unwrap_or(0));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!((1..32 * 1024).contains(&peak), "{stage}: {peak} KiB");
        assert_eq!(relay.count(), 0);
    }
}

/// What a man in the middle can do before the handshake: take STARTTLS away, or say something in advance.
#[test]
fn nothing_leaves_in_the_clear_when_starttls_is_tampered_with() {
    const OFFER: (&str, &str) = ("EHLO", "250-oracle.example\r\n250 STARTTLS");
    const TRICKS: [Script; 9] = [
        &[],
        &[OFFER, ("STARTTLS", "!drop")],
        &[OFFER, ("STARTTLS", "!reset")],
        &[OFFER, ("STARTTLS", "!endless")],
        // Agreed, and then no handshake.
        &[OFFER, ("STARTTLS", "220 go")],
        &[OFFER, ("STARTTLS", "554 5.7.0 no")],
        &[("EHLO", "250-oracle.example\r\n250 STARTTLS"), ("STARTTLS", "220 go\r\n250-injected\r\n250 AUTH PLAIN")],
        &[("EHLO", "250-oracle.example\r\n250 STARTTLS"), ("STARTTLS", "454 4.7.0 not now")],
        &[("EHLO", "250-oracle.example\r\n250 STARTTLS"), ("STARTTLS", "!garbage")],
    ];
    for trick in TRICKS {
        let relay = Oracle::with(trick);
        let fixture = behind_relay(relay.port, 2, "");
        fixture.write("password", "correct-horse-battery\n");
        let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
        let login = "username = \"digest\"\npassword_file = \"password\"\n";
        fixture.write("config.toml", &config.replace("tls = \"none\"\n", login));
        fixture.run(SEND).exits(1);
        assert_eq!(edition_status(&fixture, "deferred").0, 2, "{trick:?}");
        assert!(relay.asked().is_empty() && relay.count() == 0, "{trick:?}");
        assert!(!relay.heard().iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{trick:?}");
    }
}

/// A login that goes wrong in any way hands nothing over; one that is refused holds the edition.
#[test]
fn a_login_that_fails_hands_nothing_over() {
    const OFFER: (&str, &str) = ("EHLO", "250-oracle.example\r\n250 AUTH PLAIN");
    const FAULTS: [(Script, &str); 7] = [
        (&[OFFER, ("AUTH", "454 4.7.0 later")], "deferred"),
        (&[OFFER, ("AUTH", "535 5.7.8 wrong password")], "queued"),
        (&[OFFER, ("AUTH", "!drop")], "deferred"),
        (&[OFFER, ("AUTH", "!reset")], "deferred"),
        (&[OFFER, ("AUTH", "!garbage")], "deferred"),
        (&[OFFER, ("AUTH", "!endless")], "deferred"),
        (&[OFFER, ("AUTH", "235 2.7.0 ok\r\n250 2.1.0 and more")], "deferred"),
    ];
    for (script, state) in FAULTS {
        let relay = Oracle::with(script);
        let fixture = behind_relay(relay.port, 2, "");
        fixture.write("password", "correct-horse-battery\n");
        let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
        fixture.write("config.toml", &format!("{config}username = \"digest\"\npassword_file = \"password\"\n"));
        fixture.run(SEND).exits(1);
        let (count, edition, _) = edition_status(&fixture, state);
        assert_eq!(count, 2, "{script:?}");
        assert_eq!(edition == "held", state == "queued", "{script:?}");
        assert!(relay.count() == 0 && relay.asked().is_empty(), "{script:?}");
    }
}

#[test]
fn a_tarpit_holds_up_nobody_else() {
    let relay = Oracle::with(&[("RCPT TO:<s1@", "!slow"), ("RCPT TO:<s2@", "!slow")]);
    let fixture = behind_relay(relay.port, 40, "");
    let mut send = fixture.spawn(SEND, "log");
    crate::support::fixture::until("the first has left the tarpit", || {
        relay.taken().keys().any(|mailbox| mailbox.starts_with("s1@") || mailbox.starts_with("s2@"))
    });
    send.ends();
    assert_eq!(relay.count(), 40);
}

#[test]
fn greylisting_is_met_again_later_and_everyone_gets_it() {
    let Some(library) = faketime("greylisting") else { return };
    let strict = Oracle::with(&[("RCPT", "450 4.2.0 greylisted, come back later")]);
    let fixture = behind_relay(strict.port, 5, "");
    fixture.run(SEND).exits(1);
    assert_eq!(edition_status(&fixture, "deferred").0, 5);
    // Not before its time, then at its time, from another relay on the old port's place.
    fixture.run(SEND).exits(1);
    let kind = Oracle::start();
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &config.replace(&format!(":{}\"", strict.port), &format!(":{}\"", kind.port)));
    fixture.run(SEND).exits(1);
    assert_eq!(kind.count(), 0, "tried before its time");
    let mut later = fixture.command(SEND);
    later.env("LD_PRELOAD", library).env("FAKETIME", "+40m").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    assert!(later.stdin(Stdio::null()).output().unwrap().status.success());
    assert_eq!((kind.count(), edition_status(&fixture, "accepted").0), (5, 5));
}

/// All are claimed at once, and go out in order: who leaves from the end of the list leaves between claim and MAIL.
#[test]
fn who_leaves_between_claim_and_mail_is_not_mailed() {
    let rounds = if std::env::var_os("FORTNIGHTLY_LONG").is_some() { 5 } else { 1 };
    for _ in 0..rounds {
        const ALL: usize = 400;
        let relay = Oracle::start();
        let fixture = behind_relay(relay.port, ALL, "rate_per_second = 150\n");
        let mut send = fixture.spawn(SEND, "log");
        crate::support::fixture::until("it sends", || !relay.asked().is_empty());
        let db = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        let (mut left, mut n) = (Vec::new(), ALL - 1);
        // Two connections may be past the last look; the rest is not.
        while n > relay.asked().len() + 4 {
            let address = format!("s{n}@school.example");
            db.execute(
                "INSERT INTO suppressions (mac, address, reason, at)
                 SELECT mac, address, 'unsubscribed', 0 FROM recipients WHERE address = ?1",
                [&address],
            )
            .unwrap();
            left.push(address);
            n -= 1;
        }
        send.ends();
        let asked = relay.asked();
        assert!(left.len() > 100, "only {} left in time", left.len());
        let mailed = left.iter().filter(|address| asked.contains(address)).count();
        assert_eq!(mailed, 0, "of {} who left", left.len());
        assert_eq!(edition_status(&fixture, "suppressed").0, left.len() as u64);
        eprintln!("{} left between claim and MAIL, none was mailed", left.len());
    }
}

/// A relay behind TLS, and how many messages it took when it is stopped.
struct TlsRelay(Child, u16);

impl TlsRelay {
    fn start(fixture: &Fixture, certificate: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/tls_relay.py");
        let mut relay = Command::new("python3");
        relay.arg(script).args([format!("{certificate}.pem"), format!("{certificate}.key")]);
        let mut relay = relay.current_dir(fixture.path(".")).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(relay.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        relay.stdout = Some(out.into_inner());
        Self(relay, line.trim().parse().unwrap())
    }

    fn stop(mut self) -> usize {
        self.0.kill().unwrap();
        let out = BufReader::new(self.0.stdout.take().unwrap()).lines().map_while(Result::ok).count();
        self.0.wait().unwrap();
        out
    }
}

fn openssl(fixture: &Fixture, arguments: &str, past: Option<&str>) {
    let mut openssl = Command::new("openssl");
    openssl.args(arguments.split(' ')).current_dir(fixture.path("."));
    if let Some(library) = past {
        openssl.env("LD_PRELOAD", library).env("FAKETIME", "-400d");
    }
    let made = openssl.stdin(Stdio::null()).output().unwrap();
    assert!(made.status.success(), "{arguments}: {}", String::from_utf8_lossy(&made.stderr));
}

/// `NAME.key` and `NAME.pem`, for `host`, signed by `issuer`.
fn certificate(fixture: &Fixture, name: &str, host: &str, issuer: &str, past: Option<&str>) {
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    fixture.write("extensions", &format!("subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n"));
    openssl(fixture, &format!("req {KEY} -keyout {name}.key -out {name}.csr -subj /CN={host}"), None);
    let sign = format!(
        "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 10 -extfile extensions -out {name}.pem"
    );
    openssl(fixture, &sign, past);
}

#[test]
fn only_the_right_certificate_will_do() {
    let Some(library) = faketime("an expired certificate") else { return };
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        skipped("certificates", "openssl is not installed");
        return;
    }
    let fixture = behind_relay(1, 3, "");
    for authority in ["ours", "theirs"] {
        const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(
            &fixture,
            &format!("req -x509 {KEY} -keyout {authority}.key -out {authority}.pem -subj /CN={authority} -days 10"),
            None,
        );
    }
    certificate(&fixture, "expired", "localhost", "ours", Some(&library));
    certificate(&fixture, "wrong-name", "relay.example", "ours", None);
    certificate(&fixture, "self-made", "localhost", "theirs", None);
    certificate(&fixture, "right", "localhost", "ours", None);
    let config = std::fs::read_to_string(fixture.path("config.toml"))
        .unwrap()
        .replace("tls = \"none\"\n", "ca_file = \"ours.pem\"\n");
    let behind = |port: u16| {
        fixture.write("config.toml", &config.replace("smtp://127.0.0.1:1", &format!("smtps://localhost:{port}")));
    };
    for (name, why) in [("expired", "expired"), ("wrong-name", "name"), ("self-made", "ssuer")] {
        let relay = TlsRelay::start(&fixture, name);
        behind(relay.1);
        let ran = fixture.run(SEND).exits(1);
        assert!(ran.stderr.contains(why), "{name}: {}", ran.stderr);
        let check = fixture.run(&["check", "--online"]).exits(1);
        assert!(check.stdout.contains("does not accept us"), "{name}: {}", check.stdout);
        assert_eq!((relay.stop(), edition_status(&fixture, "accepted").0), (0, 0), "{name} was taken");
    }
    let relay = TlsRelay::start(&fixture, "right");
    behind(relay.1);
    fixture.run(&["check", "--online"]).exits(0);
    fixture.run(&["deliveries", "retry"]).exits(0);
    // What met no relay waits for half an hour; from then on all is well.
    let mut later = fixture.command(SEND);
    later.env("LD_PRELOAD", &library).env("FAKETIME", "+1h").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let ran = later.stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(relay.stop(), 3);
}

#[test]
fn no_log_at_trace_level_has_the_password_or_a_token() {
    let relay = Oracle::with(&[("EHLO", "250-oracle.example\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN")]);
    let fixture = behind_relay(relay.port, 3, "");
    fixture.write("password", "correct-horse-battery\n");
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &format!("{config}username = \"digest\"\npassword_file = \"password\"\n"));
    let mut send = fixture.command(&["-vvv", "send", "--edition", "next", "--yes"]);
    let ran = send.env("RUST_LOG", "trace").stdin(Stdio::null()).output().unwrap();
    let log = format!("{}{}", String::from_utf8_lossy(&ran.stderr), String::from_utf8_lossy(&ran.stdout));
    assert_eq!(relay.count(), 3, "{log}");
    // As they are, and as AUTH PLAIN and LOGIN would carry them.
    for secret in ["correct-horse", "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "Y29ycmVjdC1ob3JzZ", "school.example", "bounces+"] {
        assert!(!log.contains(secret), "the log has {secret}: {log}");
    }
}
