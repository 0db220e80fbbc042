//! What the network tells an operator: `check --online`, and the metrics.

use crate::support::fixture::{BASE, Fixture, three};
use crate::support::http::{ask, console, daemon};
use crate::support::oracle::Oracle;

fn behind(port: u16) -> Fixture {
    Fixture::new(&format!("{BASE}\n[mail]\ntransport = \"smtp://127.0.0.1:{port}\"\ntls = \"none\"\n{}", three()))
}

#[test]
fn a_relay_that_takes_us_is_told_with_what_it_offers() {
    let relay = Oracle::start();
    let fixture = behind(relay.port);
    let said = fixture.run(&["check", "--online"]).exits(0);
    assert!(said.stderr.contains("takes us: without TLS") && said.stderr.contains("PIPELINING"), "{}", said.stderr);
    assert_eq!(relay.count(), 0, "a check handed something over");
    // Nobody asks the network unless told to.
    let quiet = fixture.run(&["check"]).exits(0);
    assert!(!quiet.stderr.contains("takes us"), "{}", quiet.stderr);
    let maildir = Fixture::new(&format!("{BASE}{}", three()));
    assert!(maildir.run(&["check", "--online"]).exits(0).stderr.contains("no relay to try"));
}

#[test]
fn a_relay_that_does_not_is_an_error() {
    let closed = crate::support::ports::free_port();
    let refusing = Oracle::with(&[("EHLO", "554 5.7.1 go away")]);
    for (port, why) in [(closed, "refused"), (refusing.port, "go away")] {
        let fixture = behind(port);
        let found = fixture.run(&["check", "--online", "--json"]).exits(1).json();
        let relay = found.as_array().unwrap().iter().find(|row| row["code"] == "relay").expect("a finding");
        assert!(relay["message"].as_str().unwrap().contains(why) && relay["level"] == "error", "{relay}");
        // As every other finding about the config, it says where.
        let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
        let line = config.lines().position(|line| line.starts_with("transport = ")).unwrap() + 1;
        assert_eq!((&relay["file"], &relay["line"]), (&"config.toml".into(), &line.into()), "{relay}");
        assert_eq!(relay["column"], "transport = ".len() + 1, "{relay}");
    }
}

#[test]
fn metrics_say_where_things_stand_and_name_nobody() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let (mut daemon, port) = daemon(&fixture);
    let console = console(&fixture);
    let mut told = String::new();
    crate::support::fixture::until("the edition was sent", || {
        let (head, body) = ask(console, "GET", "/metrics", "");
        assert!(head.starts_with("http/1.1 200") && head.contains("openmetrics"), "{head}");
        told = body;
        told.contains("state=\"accepted\"} 4")
    });
    for line in [
        "fortnightly_attempts_total{outcome=\"accepted\"} 4",
        "fortnightly_subscribers{state=\"active\"} 3",
        "fortnightly_suppressions 0",
        "fortnightly_editions_held 0",
        "# TYPE fortnightly_deliveries gauge",
    ] {
        assert!(told.contains(line), "{line} is missing in {told}");
    }
    assert!(told.ends_with("# EOF\n") && !told.contains('@') && !told.contains("Hillside"), "{told}");
    let (head, _) = ask(port, "GET", "/metrics", "");
    assert!(head.starts_with("http/1.1 404"), "the metrics are public: {head}");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let sent: Vec<String> = fixture.log().lines().filter(|line| line.contains(" sent ")).map(str::to_owned).collect();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].contains("accepted=4") && sent[0].contains("seconds="), "{sent:?}");
}

#[test]
fn the_console_stays_on_this_machine() {
    let config = BASE.replace("console_listen = \"127.0.0.1:0\"", "console_listen = \"0.0.0.0:8026\"");
    Fixture::new(&config).run(&["check"]).exits(1).says("loopback");
}
