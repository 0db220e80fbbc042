//! Waves of bounces: a server that says of everyone that they do not exist empties no list. All of a wave wait for a person.

use std::collections::BTreeMap;

use crate::support::bounces::{bounce, bounce_from, mail_to, report_to, take, take_now};
use crate::support::fixture::{BASE, Fixture};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, WARNING, WARNING_TEXT, behind_relay, edition_status};

const SENT: &str = "2026-11-30T08:00:00Z";
const SOON: &str = "2026-11-30T08:30:00Z";
const NEXT: &str = "2026-12-14T08:00:00Z";

/// A site with a list of mailboxes, one of each school, that is not imported yet.
fn with_list(config: &str, mailboxes: &[String]) -> Fixture {
    let fixture = Fixture::new(config);
    let row = |(at, address): (usize, &String)| format!("School {at},{address},4-5\n");
    let rows: String = mailboxes.iter().enumerate().map(row).collect();
    fixture.write("list.csv", &format!("name,email,bands\n{rows}"));
    fixture
}

/// A site to whose mailboxes an edition was sent.
fn sent_to(mailboxes: &[String]) -> Fixture {
    let fixture = with_list(BASE, mailboxes);
    fixture.at(SENT, &["subscribers", "import", "list.csv"]).exits(0);
    fixture.at(SENT, &["send"]).exits(0);
    fixture
}

/// So many mailboxes of one domain.
fn boxes(count: usize, domain: &str) -> Vec<String> {
    (0..count).map(|n| format!("box{n}@{domain}")).collect()
}

/// All of these come back as unknown, one after the other.
#[track_caller]
fn all_bounce(fixture: &Fixture, now: &str, mailboxes: &[String]) -> String {
    let reports: Vec<_> = mailboxes.iter().map(|to| bounce(fixture, to, "5.1.1")).collect();
    take(fixture, now, &reports).stdout
}

fn reasons(fixture: &Fixture) -> BTreeMap<String, String> {
    let list = fixture.run(&["suppressions", "list", "--json"]).exits(0).json();
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|row| (text(row, "address"), text(row, "reason"))).collect()
}

fn active(fixture: &Fixture, now: &str) -> u64 {
    fixture.at(now, &["status", "--json"]).exits(0).json()["subscribers"]["active"].as_u64().unwrap()
}

/// The waves that a person is asked about: number and line.
fn waves(fixture: &Fixture, now: &str) -> Vec<(u64, String)> {
    let status = fixture.at(now, &["status", "--json"]).exits(0).json();
    let lines = status["attention"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    lines
        .filter_map(|line| Some((line.strip_prefix("wave ")?.split(':').next()?.parse().ok()?, line.to_owned())))
        .collect()
}

#[test]
fn an_empty_list_is_what_no_wave_leaves_behind() {
    let mailboxes = boxes(60, "invented.example");
    let fixture = sent_to(&mailboxes);
    let said = all_bounce(&fixture, SOON, &mailboxes);
    assert!(said.contains("wave 1"), "{said}");
    assert!(reasons(&fixture).is_empty());
    assert_eq!(active(&fixture, SOON), 60, "those that were suppressed before it was a wave come back");
    let [(1, line)] = &waves(&fixture, SOON)[..] else { panic!("{:?}", waves(&fixture, SOON)) };
    for word in ["60 mailboxes", "edition 7", "suppressions confirm 1", "suppressions dismiss 1", "--wave 1"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    let listed = fixture.at(SOON, &["suppressions", "list", "--wave", "1", "--json"]).exits(0).json();
    assert_eq!(listed.as_array().unwrap().len(), 60);
    assert_eq!((listed[0]["subscriber"].as_str(), listed[0]["status"].as_str()), (Some("School 0"), Some("5.1.1")));
    // What waits is still mailed.
    fixture.at(NEXT, &["send"]).exits(0);
    assert_eq!(fixture.mail_count(), 120);

    fixture.at(NEXT, &["suppressions", "confirm", "1"]).exits(0).says("60 mailboxes get no more mail");
    assert_eq!((active(&fixture, NEXT), reasons(&fixture).len()), (0, 60));
    fixture.at(NEXT, &["suppressions", "dismiss", "1"]).exits(1).complains("confirmed already");
    fixture.at(NEXT, &["suppressions", "confirm", "2"]).exits(1).complains("no such wave");
    assert!(waves(&fixture, NEXT).is_empty());
}

#[test]
fn a_wave_of_a_bulletin_has_its_name() {
    let mailboxes = boxes(30, "invented.example");
    let fixture = with_list(BASE, &mailboxes);
    fixture.write(WARNING, WARNING_TEXT);
    let now = "2026-11-25T12:00:00Z";
    fixture.at(now, &["subscribers", "import", "list.csv"]).exits(0);
    fixture.at(now, &["bulletin", "warning", "--yes"]).exits(0);
    all_bounce(&fixture, now, &mailboxes);
    let [(1, line)] = &waves(&fixture, now)[..] else { panic!("{:?}", waves(&fixture, now)) };
    assert!(line.contains("unknown when bulletin warning was sent"), "{line}");
    let dismissed = fixture.at(now, &["suppressions", "dismiss", "1"]).exits(0);
    dismissed.says("Wave 1 of bulletin warning is dismissed");
    dismissed.says("`fortnightly deliveries retry --bulletin warning`");
    fixture.at(now, &["deliveries", "retry", "--bulletin", "warning"]).exits(0).says("30 mails queued again");
    let audit = fixture.at(now, &["status", "--audit"]).exits(0).stdout;
    assert!(audit.contains("of a bulletin") && !audit.contains("2147483649"), "{audit}");
}

/// What an operator finds out about a wave, and about a mailbox of it.
#[test]
fn a_wave_is_told_wherever_someone_looks_for_it() {
    let mailboxes = boxes(30, "invented.example");
    let fixture = sent_to(&mailboxes);
    let show = || fixture.at(SOON, &["subscribers", "show", &mailboxes[0]]).exits(0).stdout;
    all_bounce(&fixture, SOON, &mailboxes[..1]);
    assert!(show().contains("State:   ended (bounced)") && !show().contains("Waits:"), "{}", show());
    all_bounce(&fixture, SOON, &mailboxes[1..]);
    let waits = show();
    for words in ["State:   active\n", "Waits:", "wave 1", "suppressions confirm 1", "suppressions dismiss 1"] {
        assert!(waits.contains(words), "{words}: {waits}");
    }
    assert!(!waits.contains("Never:"), "{waits}");
    let last = waits.lines().rfind(|line| line.starts_with("Record:")).unwrap();
    assert!(last.contains("lift-suppression") && last.contains("wave 1"), "what is over is not the last word: {waits}");
    let json = fixture.at(SOON, &["subscribers", "show", &mailboxes[1], "--json"]).exits(0).json();
    assert_eq!(json["mailboxes"][0]["held"]["waits_in"], 1);

    fixture.at(SOON, &["suppressions", "dismiss", "1"]).exits(0);
    assert!(!show().contains("Waits:"), "{}", show());
    let again = fixture.at(SOON, &["suppressions", "dismiss", "1"]).exits(1).stderr;
    assert!(again.contains("dismissed already") && again.contains("suppressions add"), "{again}");

    // The edition's waves are about the edition.
    let audit = fixture.at(SOON, &["status", "--edition", "7", "--audit", "--json"]).exits(0).json();
    let audit = audit["audit"].as_array().unwrap();
    let of_wave: Vec<_> = audit.iter().filter(|line| line["subject"] == "wave 1").collect();
    let actions: Vec<_> = of_wave.iter().map(|line| (line["actor"].as_str(), line["action"].as_str())).collect();
    assert_eq!(actions, [(Some("program"), Some("wave")), (Some("operator"), Some("dismissed"))], "{audit:#?}");
    fixture.at(NEXT, &["send"]).exits(0);
    let other = fixture.at(NEXT, &["status", "--edition", "8", "--audit"]).exits(0).stdout;
    assert!(!other.contains("wave 1"), "{other}");
}

#[test]
fn a_wave_that_is_not_there_is_an_error() {
    let mailboxes = boxes(30, "invented.example");
    let fixture = sent_to(&mailboxes);
    for json in [&[][..], &["--json"]] {
        let list = [&["suppressions", "list", "--wave", "9"][..], json].concat();
        fixture.at(SOON, &list).exits(1).complains("there is no such wave: `fortnightly status`");
    }
    all_bounce(&fixture, SOON, &mailboxes);
    fixture.at(SOON, &["suppressions", "confirm", "1"]).exits(0);
    fixture.at(SOON, &["suppressions", "list", "--wave", "1"]).exits(0).says("box0@invented.example");
    let again = fixture.at(SOON, &["suppressions", "confirm", "1"]).exits(1).stderr;
    assert!(again.contains("confirmed already") && again.contains("suppressions remove --since"), "{again}");
}

#[test]
fn a_dismissed_wave_counts_for_nothing_and_its_mails_are_sent_again() {
    let mailboxes = boxes(12, "invented.example");
    let fixture = sent_to(&mailboxes);
    all_bounce(&fixture, SOON, &mailboxes[..11]);
    let said = fixture.at(SOON, &["suppressions", "dismiss", "1"]).exits(0).stdout;
    assert!(said.contains("11 mailboxes stay") && said.contains("deliveries retry --edition 7"), "{said}");
    // One that is late says no more than the others.
    assert!(all_bounce(&fixture, SOON, &mailboxes[11..]).contains("dismissed"));
    assert!(all_bounce(&fixture, SOON, &mailboxes[..2]).contains("dismissed"));
    assert_eq!((active(&fixture, SOON), reasons(&fixture).len()), (12, 0));
    let status = fixture.at(SOON, &["status", "--json"]).exits(0).json();
    assert_eq!(
        (&status["editions"][0]["deliveries"]["failed"], &status["editions"][0]["bounced"]),
        (&11.into(), &0.into())
    );
    fixture.at(SOON, &["deliveries", "retry", "--edition", "7"]).exits(0).says("11 mails queued again");
    fixture.at(SOON, &["send"]).exits(0);
    // In the Maildir the same mail takes the place of the first.
    let status = fixture.at(SOON, &["status", "--json"]).exits(0).json();
    assert_eq!(status["editions"][0]["deliveries"]["accepted"], 12, "{status}");
    // In the next edition a bounce counts anew, and not as a second one.
    fixture.at(NEXT, &["send"]).exits(0);
    all_bounce(&fixture, NEXT, &mailboxes[..1]);
    assert_eq!(reasons(&fixture).len(), 1);
    all_bounce(&fixture, NEXT, &mailboxes[1..3]);
    assert_eq!(reasons(&fixture).len(), 3, "3 of 12 are no wave");
}

#[test]
fn the_relay_says_so_at_once() {
    let strict = Oracle::with(&[("RCPT TO:", "550 5.1.1 no such account")]);
    let fixture = behind_relay(strict.port, 40, "");
    fixture.run(SEND).exits(1);
    assert!(reasons(&fixture).is_empty(), "{:?}", reasons(&fixture));
    let (failed, _, attention) = edition_status(&fixture, "failed");
    assert_eq!(failed, 40);
    assert!(attention.contains("wave 1: 40 mailboxes"), "{attention}");
    fixture.run(&["suppressions", "dismiss", "1"]).exits(0).says("deliveries retry");

    let kind = Oracle::start();
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &config.replace(&format!(":{}\"", strict.port), &format!(":{}\"", kind.port)));
    fixture.run(&["deliveries", "retry"]).exits(0).says("40 mails queued again");
    fixture.run(SEND).exits(0);
    assert_eq!(kind.taken().len(), 40);
}

#[test]
fn what_looked_like_a_wave_at_the_start_of_a_run_is_none_at_its_end() {
    const GONE: &str = "550 5.1.1 who?";
    let relay = Oracle::with(&[("RCPT TO:<s0@", GONE), ("RCPT TO:<s1@", GONE), ("RCPT TO:<s2@", GONE)]);
    let fixture = behind_relay(relay.port, 30, "");
    fixture.run(SEND).exits(1);
    assert_eq!(reasons(&fixture).len(), 3);
    assert!(!edition_status(&fixture, "failed").2.contains("wave"), "3 of 30 are no wave");
}

/// The relay refuses three mailboxes of one domain, and forty others come back by report, in whatever order they are sent.
#[test]
fn who_is_first_in_the_list_makes_no_difference() {
    let provider = boxes(3, "provider.example");
    let schools: Vec<_> = (0..40).map(|n| format!("office@school{n}.example")).collect();
    for all in [[provider.clone(), schools.clone()].concat(), [schools, provider].concat()] {
        let relay = Oracle::deciding(|said| {
            let is_gone = said.line.starts_with("RCPT") && said.line.contains("@provider.example");
            is_gone.then_some("550 5.1.1 no such user")
        });
        let to_relay = format!("transport = \"smtp://127.0.0.1:{}\"\ntls = \"none\"\nconnections = 1\n", relay.port);
        let fixture = with_list(&format!("{BASE}\n[mail]\n{to_relay}"), &all);
        fixture.run(&["subscribers", "import", "list.csv"]).exits(0);
        fixture.run(SEND).exits(1);
        let status = |what: &str| fixture.run(&["status", "--json"]).exits(0).json()[what].clone();
        let waits = format!("{}", status("attention"));
        assert!(reasons(&fixture).is_empty() && waits.contains("3 mailboxes were"), "{:?} {waits}", reasons(&fixture));
        assert!(waits.contains("at provider.example"), "it is one of its domain only: {waits}");

        let heard = relay.heard();
        let paths = heard.iter().filter_map(|line| line.strip_prefix("MAIL FROM:<")?.split('>').next());
        let sent: Vec<_> = paths.zip(relay.asked()).filter(|(_, to)| to.starts_with("office@")).collect();
        assert_eq!(sent.len(), 40);
        let reports = sent.iter().map(|(path, to)| report_to(path, "relay.example", to, "5.1.1"));
        take_now(&fixture, &reports.collect::<Vec<_>>());
        assert_eq!((reasons(&fixture).len(), status("subscribers")["active"].as_u64()), (0, Some(43)));
        assert!(status("attention").to_string().contains("40 mailboxes were"), "{}", status("attention"));
    }
}

#[test]
fn a_confirmed_wave_decides_only_about_those_who_waited() {
    let mailboxes = boxes(60, "invented.example");
    let fixture = sent_to(&mailboxes);
    all_bounce(&fixture, SOON, &mailboxes[..11]);
    fixture.at(SOON, &["suppressions", "confirm", "1"]).exits(0).says("11 mailboxes get no more mail");
    all_bounce(&fixture, SOON, &mailboxes[11..]);
    assert_eq!((reasons(&fixture).len(), active(&fixture, SOON)), (11, 49));
    assert!(waves(&fixture, SOON)[0].1.contains("wave 2: 49 mailboxes"), "{:?}", waves(&fixture, SOON));
}

/// What the contract says, written down once more: groups of mailboxes by domain, and how many of each come back.
#[test]
fn only_so_many_are_a_wave() {
    let is_wave = |bounced: usize, of: usize| (bounced >= 3 && 2 * bounced > of) || (bounced > 10 && 10 * bounced > of);
    let trials: &[&[(usize, usize)]] = &[
        &[(2, 2)],
        &[(5, 3)],
        &[(6, 3)],
        &[(109, 11)],
        &[(110, 11)],
        &[(5, 3), (40, 0)],
        &[(6, 3), (4, 2), (40, 0)],
        &[(30, 11), (90, 0)],
        &[(5, 3), (5, 4), (60, 1)],
    ];
    for groups in trials {
        let domain = |at: usize| format!("d{at}.example");
        let all: Vec<_> = groups.iter().enumerate().flat_map(|(at, (of, _))| boxes(*of, &domain(at))).collect();
        let fixture = sent_to(&all);
        let coming: Vec<_> = groups.iter().enumerate().flat_map(|(at, (_, n))| boxes(*n, &domain(at))).collect();
        // Every report is by the server of its domain, so that no server has more to say than a domain.
        let report = |to: &String| bounce_from(&format!("mx.{}", to.split_once('@').unwrap().1), &fixture, to, "5.1.1");
        take(&fixture, SOON, &coming.iter().map(report).collect::<Vec<_>>());
        let total: usize = groups.iter().map(|(of, _)| of).sum();
        let wait_all = is_wave(coming.len(), total);
        let waiting: usize = groups.iter().filter(|(of, n)| wait_all || is_wave(*n, *of)).map(|(_, n)| n).sum();
        assert_eq!(reasons(&fixture).len(), coming.len() - waiting, "{groups:?}");
        assert_eq!(waves(&fixture, SOON).is_empty(), waiting == 0, "{groups:?}");
    }
}

#[test]
fn one_server_that_is_wrong_about_many_domains_makes_a_wave() {
    let schools: Vec<_> = (0..90).map(|n| format!("office@school{n}.example")).collect();
    for (count, is_wave) in [(4, true), (2, false)] {
        let fixture = sent_to(&schools);
        let report = |to: &String| bounce_from("mx.provider.example", &fixture, to, "5.1.1");
        take(&fixture, SOON, &schools[..count].iter().map(report).collect::<Vec<_>>());
        assert_eq!(reasons(&fixture).is_empty(), is_wave);
        let found = waves(&fixture, SOON);
        assert_eq!(found.iter().any(|(_, line)| line.contains("mx.provider.example")), is_wave, "{found:?}");
    }
    // As many by servers of their own are what every fortnight brings.
    let fixture = sent_to(&schools);
    let reports: Vec<_> = schools[..4]
        .iter()
        .enumerate()
        .map(|(n, to)| bounce_from(&format!("mx{n}.example"), &fixture, to, "5.1.1"))
        .collect();
    take(&fixture, SOON, &reports);
    assert_eq!(reasons(&fixture).len(), 4);
}

#[test]
fn bounces_of_other_days_are_no_wave() {
    let mailboxes = boxes(4, "invented.example");
    let fixture = sent_to(&mailboxes);
    all_bounce(&fixture, SOON, &mailboxes[..2]);
    all_bounce(&fixture, "2026-12-01T08:30:00Z", &mailboxes[2..3]);
    assert_eq!((reasons(&fixture).len(), waves(&fixture, SOON).len()), (3, 0));
    // Within the day they are one.
    let fixture = sent_to(&mailboxes);
    all_bounce(&fixture, SOON, &mailboxes[..2]);
    all_bounce(&fixture, "2026-12-01T08:29:59Z", &mailboxes[2..3]);
    assert_eq!((reasons(&fixture).len(), waves(&fixture, SOON).len()), (0, 1));
}

#[test]
fn whoever_waits_and_bounces_in_the_next_edition_too_is_gone() {
    let mailboxes = boxes(6, "invented.example");
    let fixture = sent_to(&mailboxes);
    all_bounce(&fixture, SOON, &mailboxes[..4]);
    assert!(reasons(&fixture).is_empty());
    fixture.at(NEXT, &["send"]).exits(0);
    all_bounce(&fixture, NEXT, &mailboxes[..4]);
    assert_eq!(reasons(&fixture).len(), 4, "no server is wrong for a fortnight");
    assert!(waves(&fixture, NEXT).is_empty(), "nobody waits any more");
}

#[test]
fn wishes_of_readers_never_wait() {
    let mailboxes = boxes(13, "invented.example");
    let fixture = sent_to(&mailboxes);
    // One left before its mail came back, one after it was suppressed, one while it waited; one complained, and an operator
    // suppressed one.
    fixture.at(SOON, &["unsubscribe", &mailboxes[0]]).exits(0);
    all_bounce(&fixture, SOON, &mailboxes[..2]);
    fixture.at(SOON, &["unsubscribe", &mailboxes[1]]).exits(0);
    all_bounce(&fixture, SOON, &mailboxes[6..7]);
    fixture.at(SOON, &["suppressions", "add", &mailboxes[6]]).exits(0);
    all_bounce(&fixture, SOON, &mailboxes[2..6]);
    assert_eq!(waves(&fixture, SOON).len(), 1);
    fixture.at(SOON, &["unsubscribe", &mailboxes[2]]).exits(0);
    let copy = mail_to(&fixture, &mailboxes[3]);
    let complaint = format!(
        "From: fbl@mx.example\nTo: abuse@example.org\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nUser-Agent: x/1\n\n\
         --b\nContent-Type: message/rfc822\n\n{copy}\n--b--\n"
    );
    take(&fixture, SOON, &[complaint]);
    let wishes = [(0, "unsubscribed"), (1, "unsubscribed"), (2, "unsubscribed"), (3, "complained"), (6, "operator")];
    let wishes: BTreeMap<_, _> = wishes.map(|(at, reason)| (mailboxes[at].clone(), reason.to_owned())).into();
    assert_eq!(reasons(&fixture), wishes);
    fixture.at(SOON, &["suppressions", "dismiss", "1"]).exits(0).says("2 mailboxes stay");
    assert_eq!(reasons(&fixture), wishes);
}

#[test]
fn what_bounced_since_a_moment_is_taken_back_at_once() {
    let mailboxes = boxes(60, "invented.example");
    let fixture = sent_to(&mailboxes);
    fixture.at(SOON, &["unsubscribe", &mailboxes[9]]).exits(0);
    fixture.at(SOON, &["suppressions", "add", "stranger@far.example", "--reason", "bounced"]).exits(0);
    all_bounce(&fixture, SOON, &mailboxes[..4]);
    all_bounce(&fixture, "2026-12-02T08:00:00Z", &mailboxes[4..6]);
    // Its reader left, too: that stands.
    all_bounce(&fixture, "2026-12-02T08:00:00Z", &mailboxes[9..10]);
    assert_eq!(reasons(&fixture).len(), 8);
    let late = "2026-12-03T08:00:00Z";
    for (since, says) in [("2026-12-02", "2 mailboxes are subscribed again."), ("2026-12-02", "nothing changed")] {
        fixture.at(late, &["suppressions", "remove", "--since", since, "--reason", "bounce"]).exits(0).says(says);
    }
    let said = fixture.at(late, &["suppressions", "remove", "--since", SOON]).exits(0).stdout;
    assert!(said.contains("4 mailboxes are") && said.contains("1 more address is"), "{said}");
    assert_eq!(reasons(&fixture), BTreeMap::from([(mailboxes[9].clone(), "unsubscribed".to_owned())]));
    assert_eq!(active(&fixture, late), 59);

    fixture
        .at(late, &["suppressions", "remove", "--since", "2026-11-01", "--reason", "unsubscribed"])
        .exits(1)
        .complains("--yes");
    for wrong in [
        &["suppressions", "remove"][..],
        &["suppressions", "remove", "--reason", "bounced"],
        &["suppressions", "remove", "a@b.example", "--since", "2026-11-01"],
        &["suppressions", "remove", "--since", "lately"],
        &["suppressions", "remove", "--since", "2026-11-01", "--reason", "boredom"],
    ] {
        fixture.at(late, wrong).exits(2);
    }
}

/// The config file's own subscribers, whose entries would bring nobody back who is suppressed.
#[test]
fn a_wave_gives_the_config_its_subscribers_back() {
    let fixture = Fixture::shipped();
    fixture.at(SENT, &["send"]).exits(0);
    let all = ["office@hillside.example", "reception@riverbank.example", "dsl@riverbank.example"].map(str::to_owned);
    all_bounce(&fixture, SOON, &all);
    assert!(reasons(&fixture).is_empty());
    assert_eq!((active(&fixture, SOON), waves(&fixture, SOON).len()), (3, 1));
    fixture.at(SOON, &["sync", "--dry-run"]).exits(0);
    fixture.at(NEXT, &["send"]).exits(0);
    assert_eq!(fixture.mail_count(), 8);
}
