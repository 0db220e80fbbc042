//! The main job through the built binary: from a line in config.toml to a digest in a mailbox.

use std::fs;

use crate::support::fixture::{BASE, Fixture, entry, three, until};
use crate::support::root;

const MONDAY: &str = "2026-11-30T08:00:00Z";

#[test]
fn one_mail_per_mailbox_with_just_its_bands() {
    let fixture = Fixture::shipped();
    fixture.at(MONDAY, &["send"]).exits(0);
    let bands = fixture.bands_by_mailbox();
    let expected = [
        ("dsl@riverbank.example", "11-14 14+"),
        ("hello@lantern.example", "8-10"),
        ("office@hillside.example", "4-5 5-7 8-10"),
        ("reception@riverbank.example", "11-14 14+"),
    ];
    assert_eq!(bands.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>(), expected);
    for mail in fixture.mails() {
        assert!(mail.subject.contains(": 15-minute activities for "), "{}", mail.subject);
        for (part, name) in [
            ("0808 800 5000", "help block"),
            ("1 High Street", "postal address"),
            ("https://activities.example.org/u/", "unsubscribe link"),
        ] {
            assert!(mail.html.contains(part), "the HTML for {} lacks its {name}", mail.to);
            assert!(mail.text.contains(part), "the text for {} lacks its {name}", mail.to);
        }
    }
}

#[test]
fn sending_again_adds_nothing() {
    let fixture = Fixture::shipped();
    fixture.at(MONDAY, &["send"]).exits(0);
    let first: Vec<_> = fixture.mails().into_iter().map(|m| m.raw).collect();
    fixture.at("2026-11-30T08:05:00Z", &["send"]).exits(0);
    fixture.at("2026-11-30T08:06:00Z", &["send", "--edition", "7", "--yes"]).exits(0).says("was sent before");
    let second: Vec<_> = fixture.mails().into_iter().map(|m| m.raw).collect();
    assert_eq!(first, second);
}

#[test]
fn any_date_gives_each_mailbox_one_mail() {
    for now in [
        "2026-01-01T00:00:00Z", // before the anchor
        "2026-09-07T06:59:59Z",
        "2026-09-07T07:00:00Z", // the very moment of edition 1
        "2026-10-25T00:30:00Z", // clocks go back in London
        "2027-03-28T00:59:59Z", // clocks go forward
        "2028-02-29T12:00:00Z",
        "2028-08-01T12:00:00+14:00",
    ] {
        let fixture = Fixture::shipped();
        fixture.at(now, &["send", "--edition", "next", "--yes"]).exits(0);
        assert_eq!(fixture.bands_by_mailbox().len(), 4, "at {now}");
        fixture.at(now, &["send", "--edition", "next", "--yes"]).exits(0);
        assert_eq!(fixture.bands_by_mailbox().len(), 4, "again at {now}");
    }
}

#[test]
fn what_nothing_is_due_means() {
    let fixture = Fixture::shipped();
    let ran = fixture.at("2026-11-29T12:00:00Z", &["send"]);
    // Edition 6 was due thirteen days before the first start: it is held, and only --late sends it.
    ran.exits(1).complains("--late");
    let fixture = Fixture::shipped();
    fixture.at("2026-09-01T12:00:00Z", &["send"]).exits(0).says("Nothing is due");
    assert!(fixture.mails().is_empty());
}

#[test]
fn late_editions_wait_for_a_person() {
    let fixture = Fixture::shipped();
    fixture.at("2026-12-03T09:00:00Z", &["send"]).exits(1).complains("--late");
    assert!(fixture.mails().is_empty());
    fixture.at("2026-12-03T09:00:00Z", &["send", "--late"]).exits(0);
    assert_eq!(fixture.bands_by_mailbox().len(), 4);
    // Within grace it still goes out by itself.
    let fixture = Fixture::shipped();
    fixture.at("2026-12-03T07:59:00Z", &["send"]).exits(0);
    assert_eq!(fixture.bands_by_mailbox().len(), 4);
}

#[test]
fn before_its_time_an_edition_needs_yes() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-29T12:00:00Z", &["send", "--edition", "next"]).exits(2).complains("--yes");
    assert!(fixture.mails().is_empty());
}

#[test]
fn looking_changes_nothing() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    let before = fixture.fingerprint();
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    for arguments in [
        &["preview", "--out", folder][..],
        &["preview", "--edition", "6", "--out", folder],
        &["send", "--dry-run", "--edition", "next"],
        &["plan", "--fortnights", "26"],
        &["status", "--audit"],
        &["check"],
        &["subscribers", "list"],
        &["subscribers", "export"],
        &["sync", "--dry-run"],
    ] {
        fixture.at(MONDAY, arguments).exits(0);
        assert_eq!(fixture.fingerprint(), before, "{arguments:?} changed something");
    }
    assert!(fs::read_to_string(out.path().join("index.html")).unwrap().contains("Edition 6"));
}

#[test]
fn looking_changes_nothing_that_another_program_has_open() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    let store = fixture.path("var/fortnightly.db");
    let other = rusqlite::Connection::open(&store).unwrap();
    other.execute_batch("UPDATE meta SET value = value || ''; UPDATE editions SET theme = theme").unwrap();
    // By a program of its own: if this one read and closed the files, its locks would be gone.
    let sums = || {
        let files = ["", "-wal", "-shm"].map(|side| format!("{}{side}", store.display()));
        let told = std::process::Command::new("sha256sum").args(files).output().unwrap();
        assert!(told.status.success());
        String::from_utf8(told.stdout).unwrap()
    };
    let before = sums();
    for arguments in [&["status"][..], &["plan"], &["sync", "--dry-run"], &["send", "--dry-run", "--edition", "next"]] {
        fixture.at(MONDAY, arguments).exits(0);
        assert_eq!(sums(), before, "{arguments:?} changed something");
    }
    other.execute_batch("UPDATE editions SET theme = theme; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

#[test]
fn looking_at_no_store_makes_none() {
    let fixture = Fixture::shipped();
    for arguments in [&["plan"][..], &["status"], &["check"], &["send", "--dry-run", "--edition", "next"]] {
        fixture.at(MONDAY, arguments).exits(0);
        assert!(!fixture.path("var").exists(), "{arguments:?} made something");
    }
    fixture.at(MONDAY, &["preview", "--json"]).exits(0);
    assert!(!fixture.path("var").exists());
}

#[test]
fn preview_says_who_would_get_what_and_hides_addresses() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::shipped();
    let answer = fixture.at("2026-11-25T12:00:00Z", &["preview", "--json"]).exits(0).json();
    assert_eq!(answer["edition"], 7);
    assert_eq!(answer["recipients"], 4);
    assert_eq!(answer["segments"].as_array().unwrap().len(), 3);
    assert_eq!(answer["segments"][0]["recipients"], 2);
    let folder = fixture.path("preview/edition-7");
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let private = path.ends_with("recipients.csv");
        assert_eq!(text.contains("office@hillside.example"), private, "{}", path.display());
        if private {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn who_left_stays_away() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    fixture.at("2026-11-25T12:00:00Z", &["unsubscribe", "Hello@Lantern.example"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    assert!(!fixture.bands_by_mailbox().contains_key("hello@lantern.example"));
    fixture
        .at(MONDAY, &["subscribe", "--name", "Lantern", "--email", "hello@lantern.example", "--bands", "4-5"])
        .exits(1)
        .complains("never mailed");
}

#[test]
fn one_mailbox_under_two_entries_gets_the_union() {
    let more = entry("Second", "charity", "\"OFFICE@hillside.example\"", "[\"14+\"]");
    let fixture = Fixture::new(&format!("{BASE}{}{more}", three()));
    fixture.at(MONDAY, &["send"]).exits(0).complains("also named on line");
    assert_eq!(fixture.bands_by_mailbox()["office@hillside.example"], "4-5 5-7 8-10 14+");
}

#[test]
fn an_entry_that_goes_and_comes_back() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-02T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
    fixture.write(
        "config.toml",
        &format!("{BASE}{}", entry("Hillside Primary", "school", "\"office@hillside.example\"", "[\"4-5\"]")),
    );
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 5);
    fixture.write("config.toml", &format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 9);
}

#[test]
fn a_sync_that_would_end_many_waits_for_a_person() {
    let many: String = (0..30)
        .map(|n| entry(&format!("School {n}"), "school", &format!("\"s{n}@school.example\""), "[\"4-5\"]"))
        .collect();
    let fixture = Fixture::new(&format!("{BASE}{many}"));
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    fixture.write("config.toml", &format!("{BASE}{}", three()));
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(1).complains("--yes");
    fixture.at(MONDAY, &["send"]).exits(1).complains("--yes");
    assert!(fixture.mails().is_empty());
    let status = fixture.at(MONDAY, &["status", "--json"]).exits(0).json();
    assert_eq!(status["editions"][0]["state"], "held");
    assert!(status["attention"].to_string().contains("sync"));
    fixture.at(MONDAY, &["sync", "--yes"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(1).complains("send --late");
    fixture.at(MONDAY, &["send", "--late"]).exits(0);
    assert_eq!(fixture.bands_by_mailbox().len(), 4);
}

#[test]
fn a_different_anchor_is_refused_once_something_was_sent() {
    let fixture = Fixture::shipped();
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.write("config.toml", &format!("{}{}", BASE.replace("2026-09-07", "2026-09-14"), three()));
    for command in ["send", "plan", "status"] {
        fixture.at("2026-12-14T08:00:00Z", &[command]).exits(2).complains("anchor");
    }
}

#[test]
fn pretended_time_never_reaches_a_relay() {
    let config = format!("{BASE}\n[mail]\ntransport = \"smtp://127.0.0.1:2525\"\ntls = \"none\"\n{}", three());
    let fixture = Fixture::new(&config);
    fixture.at(MONDAY, &["send"]).exits(2).complains("--now");
    fixture.at(MONDAY, &["run"]).exits(2).complains("--now");
    fixture.at(MONDAY, &["send", "--dry-run"]).exits(0);
}

#[test]
fn a_test_copy_is_marked_and_recorded_nowhere() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["send", "--to", "me@example.org", "--segment", "charity.8-10.en-GB"]).exits(0);
    let mails = fixture.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].subject.starts_with("[Test copy] "), "{}", mails[0].subject);
    assert!(!fixture.path("var/fortnightly.db").exists());
    fixture.at("2026-11-25T12:00:00Z", &["send", "--to", "me@example.org"]).exits(1).complains("--segment");
    fixture
        .at("2026-11-25T12:00:00Z", &["send", "--to", "me@example.org", "--segment", "charity.8-1.en-GB"])
        .exits(1)
        .complains("did you mean charity.8-10.en-GB");
}

#[test]
fn nothing_is_written_when_something_is_wrong() {
    type Break<'a> = &'a dyn Fn(&Fixture);
    let cases: [(&str, Break<'_>, i32, &str); 5] = [
        ("config", &|w| w.write("config.toml", "[service]\nnmae = \"x\"\n"), 2, "nmae"),
        (
            "half an activity",
            &|w| w.write("activities/kindness/the-toy-post-office.md", "+++\ntitle = \"The toy"),
            1,
            "the-toy-post-office.md",
        ),
        ("no library", &|w| fs::remove_dir_all(w.path("activities")).unwrap(), 1, "activities"),
        (
            "a broken template",
            &|w| w.write("templates/digest.txt.hbs", "{{#if nothing.such}}x{{/if}}"),
            1,
            "digest.txt.hbs",
        ),
        ("no help block", &|w| fs::remove_file(w.path("activities/help.toml")).unwrap(), 1, "help.toml"),
    ];
    for (what, break_it, code, says) in cases {
        let fixture = Fixture::shipped();
        break_it(&fixture);
        fixture.at(MONDAY, &["send"]).exits(code).complains(says);
        assert!(!fixture.path("var").exists(), "{what}: something was written");
        fixture.at(MONDAY, &["check"]).exits(1).says(says);
    }
}

#[test]
fn a_band_that_nobody_serves_holds_the_edition() {
    let fixture = Fixture::shipped();
    for theme in fs::read_dir(fixture.path("activities")).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(theme).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if fs::read_to_string(&file).is_ok_and(|text| text.contains("bands = [\"14+\"]")) {
                fs::remove_file(file).unwrap();
            }
        }
    }
    fixture.at(MONDAY, &["check"]).exits(1).says("14+");
    fixture.at(MONDAY, &["send"]).exits(1).complains("14+");
    assert!(fixture.mails().is_empty());
    let status = fixture.at(MONDAY, &["status", "--json"]).json();
    assert!(status["attention"].to_string().contains("14+"), "{status}");
}

#[test]
fn the_daemon_sends_at_the_moment_and_stops_when_told() {
    let fixture = Fixture::shipped();
    let mut daemon = fixture.spawn(&["--now", "2026-11-30T07:59:58Z", "run"], "log");
    until("the mail is there", || fixture.mails().len() == 4);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let status = fixture.at("2026-11-30T08:10:00Z", &["status", "--json"]).exits(0).json();
    let seven = status["editions"].as_array().unwrap().iter().find(|e| e["edition"] == 7).unwrap();
    assert_eq!(seven["state"], "sent");
    assert_eq!(seven["deliveries"]["accepted"], 4);
}

#[test]
fn two_daemons_make_one_edition() {
    let many: String = (0..200)
        .map(|n| entry(&format!("School {n}"), "school", &format!("\"s{n}@school.example\""), "[\"4-5\"]"))
        .collect();
    let fixture = Fixture::new(&format!("{BASE}{many}"));
    let start = ["--now", "2026-11-30T07:59:57Z", "run", "--role", "sender"];
    let mut one = fixture.spawn(&start, "log-1");
    let mut two = fixture.spawn(&start, "log-2");
    until("the mail is there", || fixture.mails().len() == 200);
    one.signal("-TERM");
    two.signal("-TERM");
    assert_eq!((one.ends(), two.ends()), (0, 0));
    assert_eq!(fixture.bands_by_mailbox().len(), 200);
    let status = fixture.at("2026-11-30T09:00:00Z", &["status", "--json"]).json();
    let seven = status["editions"].as_array().unwrap().iter().find(|e| e["edition"] == 7).unwrap();
    assert_eq!((&seven["state"], &seven["deliveries"]["accepted"]), (&"sent".into(), &200.into()));
}

#[test]
fn killed_at_any_moment_it_finishes_with_one_mail_each() {
    let many: String = (0..300)
        .map(|n| entry(&format!("School {n}"), "school", &format!("\"s{n}@school.example\""), "[\"4-5\"]"))
        .collect();
    let fixture = Fixture::new(&format!("{BASE}{many}"));
    for wanted in [1, 40, 120, 200] {
        let mut run = fixture.spawn(&["--now", MONDAY, "send"], "log");
        until("some mail is there", || fixture.mails().len() >= wanted || run.0.try_wait().unwrap().is_some());
        run.signal_if_alive("-KILL");
        run.ends();
    }
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.bands_by_mailbox().len(), 300);
}

#[test]
fn no_log_names_an_address_at_any_level() {
    let fixture = Fixture::shipped();
    let ran = fixture.at(MONDAY, &["-vv", "send", "--json"]).exits(0);
    let log: String = ran
        .stderr
        .lines()
        .filter(|l| l.contains("TRACE") || l.contains("DEBUG") || l.contains("INFO") || l.contains("WARN"))
        .collect();
    assert!(log.contains("published"), "no log was written: {}", ran.stderr);
    for secret in ["hillside.example", "riverbank.example", "lantern.example", "/u/", "bounces+"] {
        assert!(!log.contains(secret), "the log names {secret}: {log}");
    }
    let keys = fs::read_to_string(fixture.path("var/secret")).unwrap();
    for word in keys.split_whitespace().filter(|w| w.len() > 20) {
        assert!(!log.contains(word));
    }
    let mut daemon = fixture.spawn(&["-vv", "--now", "2026-12-14T07:59:59Z", "run"], "log");
    until("the next mail is there", || fixture.mails().len() == 8);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let log = fixture.log();
    for secret in ["hillside.example", "riverbank.example", "lantern.example"] {
        assert!(!log.contains(secret), "the log names {secret}: {log}");
    }
}

#[test]
fn the_health_route_answers() {
    use std::io::{Read as _, Write as _};
    let port = crate::support::ports::free_port();
    let fixture =
        Fixture::new(&format!("{}{}", BASE.replacen("127.0.0.1:0", &format!("127.0.0.1:{port}"), 1), three()));
    let mut daemon = fixture.spawn(&["--now", "2026-11-25T12:00:00Z", "run", "--role", "web"], "log");
    let mut answer = String::new();
    until("the web answers", || {
        let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut answer).is_ok()
    });
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn init_gives_a_service_that_works() {
    let fixture = Fixture::new("");
    fixture.at("2026-11-25T12:00:00Z", &["init", "mine"]).exits(0).says("mine");
    let config = fs::read_to_string(fixture.path("mine/config.toml")).unwrap();
    assert!(config.contains("anchor = 2026-11-30"), "fortnight 1 is the next Monday");
    fixture.at(MONDAY, &["--config", "mine/config.toml", "check"]).exits(0);
    fixture.at(MONDAY, &["--config", "mine/config.toml", "send"]).exits(0);
    assert_eq!(fs::read_dir(fixture.path("mine/var/mail/new")).unwrap().count(), 7);
    fixture.at(MONDAY, &["init", "mine"]).exits(1).complains("exists already");
}

#[test]
fn the_readme_command_works_on_the_shipped_config() {
    let shipped = fs::read_to_string(root().join("config.toml")).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("cargo run -- send --edition next --yes"));
    let fixture = Fixture::new(&shipped);
    fixture.run(&["send", "--edition", "next", "--yes"]).exits(0).says("var/mail/new");
    let bands = fixture.bands_by_mailbox();
    assert_eq!(bands.len(), 7);
    assert_eq!(bands["visitors@anytown-health.example"], "4-5");
    assert_eq!(bands["hello@lantern.example"], "8-10 11-14 14+");
}
