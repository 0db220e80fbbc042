//! Bulletins through the built binary: who gets one, who decides about it, and that nobody gets it twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use fortnightly::app::bootstrap;
use fortnightly::app::bulletins::Bulletins;
use fortnightly::app::bulletins::send::BulletinOrder;
use fortnightly::app::sender::{Observer, PendingBulletin};
use fortnightly::clock::Clock;
use fortnightly::domain::bulletin::Narrowing;
use serde_json::{Value, json};

use crate::support::bounces;
use crate::support::fixture::{BASE, Fixture, Mail, three, until};
use crate::support::oracle::Oracle;
use crate::support::sending::{
    CORRECTION, SEND, SEND_WARNING, WARNING, WARNING_TEXT, behind_relay, edition_status, published,
};

const BEFORE: &str = "2026-11-25T12:00:00Z";
const SOON: &str = "2026-11-30T07:30:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";
const AFTER: &str = "2026-12-01T12:00:00Z";

/// Three organisations with four mailboxes, and a bulletin.
fn fixture(schedule: &str) -> Fixture {
    let base = BASE.replace("[schedule]\n", &format!("[schedule]\n{schedule}"));
    let fixture = Fixture::new(&format!("{base}{}", three()));
    fixture.write(WARNING, WARNING_TEXT);
    fixture
}

fn sent_to(fixture: &Fixture) -> Vec<String> {
    fixture.mails().into_iter().map(|mail| mail.to).collect()
}

fn status(fixture: &Fixture, now: &str) -> Value {
    fixture.at(now, &["status", "--json"]).exits(0).json()["bulletins"].clone()
}

#[test]
fn it_is_sent_once_ever_to_a_mailbox() {
    let fixture = fixture("");
    let sent = fixture.at(BEFORE, &["bulletin", "warning", "--yes", "--json"]).exits(0).json();
    assert_eq!((&sent["bulletin"], &sent["state"]), (&json!("warning"), &json!("sent")));
    assert_eq!((&sent["deliveries"]["total"], &sent["deliveries"]["accepted"]), (&json!(4), &json!(4)));
    assert!(sent.get("edition").is_none() && sent["per_second"].is_number(), "{sent}");
    assert_eq!(sent_to(&fixture).len(), 4);
    let mail: &Mail = &fixture.mails()[0];
    assert_eq!(mail.subject, "A game with strangers in its chat");
    assert!(mail.text.contains("show you") && mail.text.contains("1 High Street"), "{}", mail.text);
    // Someone who comes later is not a reader of what went out before.
    let join = ["subscribe", "--name", "New", "--email", "new@x.example", "--bands", "4-5"];
    fixture.at(BEFORE, &join).exits(0);
    fixture.at(AFTER, &["bulletin", "warning", "--yes"]).exits(0).says("Bulletin warning was sent before: 4 mails");
    fixture.at(AFTER, &["bulletin", "warning", "--bands", "4-5", "--yes"]).exits(1).complains("to other readers");
    assert_eq!(sent_to(&fixture).len(), 4);
    assert_eq!(
        status(&fixture, AFTER)[0],
        json!({ "name": "warning", "state": "sent", "deliveries": sent["deliveries"] })
    );
    fixture.at(AFTER, &["status"]).exits(0).says("warning");
}

#[test]
fn it_goes_to_whom_the_file_and_the_command_line_mean() {
    let fixture = fixture("");
    let text = WARNING_TEXT.replacen("+++\n\n", "bands = [\"8-10\", \"11-14\"]\n+++\n\n", 1);
    let readers = |name: &str, more: &[&str]| {
        fixture.write(&format!("activities/bulletins/{name}.md"), &text);
        let before = fixture.mail_count();
        let command = [&["bulletin", name, "--yes"], more].concat();
        fixture.at(BEFORE, &command).exits(0);
        fixture.mail_count() - before
    };
    assert_eq!(readers("all", &[]), 4);
    assert_eq!(readers("juniors", &["--bands", "8-10"]), 2);
    assert_eq!(readers("charities", &["--sector", "charity"]), 1);
    assert_eq!(readers("nobody", &["--bands", "4-5"]), 0);
    let told = fixture.at(BEFORE, &["bulletin", "nobody", "--bands", "4-5", "--yes"]).exits(0);
    told.says("Nobody would get bulletin nobody");
    fixture.at(BEFORE, &["bulletin", "all", "--bands", "9-9", "--yes"]).exits(1);
    fixture.write("activities/bulletins/other.md", &text);
    fixture.at(BEFORE, &["bulletin", "other", "--bands", "9-9", "--yes"]).exits(2).complains("no band 9-9");
    fixture.at(BEFORE, &["bulletin", "missing", "--yes"]).exits(1).complains("activities/bulletins/missing.md");
}

#[test]
fn a_dry_run_changes_nothing_and_nobody_is_asked_for_a_yes_in_vain() {
    let fixture = fixture("");
    fixture.at(BEFORE, &["sync"]).exits(0);
    let before = fixture.fingerprint();
    let proof = fixture.at(BEFORE, &["bulletin", "warning", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((&proof["bulletin"], &proof["recipients"]), (&json!("warning"), &json!(4)));
    let segment = &proof["segments"][0];
    for key in ["id", "bands", "sector", "locale", "recipients", "subject", "html_bytes", "files"] {
        assert!(segment.get(key).is_some(), "{key}: {segment}");
    }
    let told = fixture.at(BEFORE, &["bulletin", "warning", "--bands", "4-5", "--dry-run"]).exits(0);
    told.says("Bulletin warning · planned · 1 mailbox");
    fixture.at(BEFORE, &["bulletin", "warning"]).exits(2).complains("4 mailboxes");
    assert_eq!(fixture.fingerprint(), before);
}

#[test]
fn a_test_copy_goes_to_one_address_and_is_no_delivery() {
    let fixture = fixture("");
    fixture
        .at(BEFORE, &["bulletin", "warning", "--to", "me@example.org"])
        .exits(0)
        .says("test copy of bulletin warning");
    let mails = fixture.mails();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "me@example.org"));
    assert!(mails[0].subject.starts_with("[Test copy]"), "{}", mails[0].subject);
    let audit = fixture.at(BEFORE, &["status", "--audit", "--json"]).exits(0).json();
    let about = |line: &&Value| line["subject"] == "bulletin warning";
    let lines: Vec<&Value> = audit["audit"].as_array().unwrap().iter().filter(about).collect();
    assert!(lines.len() == 1 && lines[0]["action"] == "test-copy", "{lines:?}");
    assert!(!audit.to_string().contains("me@example.org"));
    fixture.at(BEFORE, &["bulletin", "warning", "--yes"]).exits(0);
    assert_eq!(fixture.mail_count(), 5);
}

#[test]
fn what_was_approved_is_what_is_sent() {
    let fixture = fixture("approval = \"required\"\n");
    let send = |code| fixture.at(BEFORE, &["bulletin", "warning", "--yes"]).exits(code);
    send(1).complains("nobody has approved bulletin warning");
    fixture.at(BEFORE, &["approve", "bulletin:warning"]).exits(0).says("Bulletin warning is approved");
    assert_eq!(status(&fixture, BEFORE)[0]["state"], "approved");
    fixture.edit(WARNING, "a new game", "an old game");
    assert_eq!(status(&fixture, BEFORE)[0]["state"], "planned");
    send(1).complains("edited after someone approved it (summary)");
    fixture.at(BEFORE, &["approve", "bulletin:warning"]).exits(0);
    // Whom it is for is approved, too.
    fixture.edit(WARNING, "+++\n\n", "sectors = [\"charity\"]\n+++\n\n");
    send(1).complains("whom it is for");
    assert_eq!(fixture.mail_count(), 0);
    fixture.at(BEFORE, &["approve", "bulletin:warning"]).exits(0);
    send(0);
    assert_eq!(sent_to(&fixture), ["hello@lantern.example"]);
    fixture.at(BEFORE, &["approve", "bulletin:warning"]).exits(1).complains("has been sent (1 of 1 mails accepted)");
}

#[test]
fn it_is_held_released_and_withdrawn_before_it_goes() {
    let fixture = fixture("");
    let decide = |what: &str| fixture.at(BEFORE, &[what, "bulletin:warning"]).exits(0);
    let send = || fixture.at(BEFORE, &["bulletin", "warning", "--yes"]);
    let held = ["hold", "bulletin:warning", "--reason", "ask Kim"];
    fixture.at(BEFORE, &held).exits(0).says("ask Kim");
    send().exits(1).complains("`fortnightly release bulletin:warning`");
    fixture.at(BEFORE, &["status"]).exits(0).says("Needs a person: bulletin warning is held");
    decide("release").says("Bulletin warning is planned");
    decide("withdraw").says("never sent");
    send().exits(1).complains("was withdrawn");
    fixture.at(BEFORE, &["withdraw", "bulletin:warning", "--undo"]).exits(0);
    send().exits(0);
    assert_eq!(fixture.mail_count(), 4);
    fixture.at(BEFORE, &["withdraw", "bulletin:warning"]).exits(1).complains("write a correction");
}

/// Says yes to everything, and brings in another kind of organisation when it is first asked.
struct Asked<'a>(&'a Fixture, Mutex<Vec<u64>>);

impl Observer for Asked<'_> {
    fn may_send_bulletin(&self, pending: &PendingBulletin) -> Option<bool> {
        let mut asked = self.1.lock().unwrap();
        if asked.is_empty() {
            let join =
                ["subscribe", "--name", "New", "--sector", "health", "--email", "new@x.example", "--bands", "8-10"];
            self.0.at(BEFORE, &join).exits(0);
        }
        asked.push(pending.readers);
        Some(true)
    }
}

/// A yes to four mailboxes is none to five.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_said_yes_is_asked_again_when_others_would_get_it() {
    let fixture = fixture("");
    fixture.at(BEFORE, &["sync"]).exits(0);
    let config = fortnightly::config::load(&fixture.path("config.toml")).unwrap();
    let (app, content) = bootstrap::open_whole(config, Clock::Fixed(BEFORE.parse().unwrap())).await.unwrap();
    let name = "warning".parse().unwrap();
    let order = BulletinOrder {
        name,
        narrowing: Narrowing::default(),
        beside_edition: false,
        before_the_last_has_left: false,
        confirmed: false,
    };
    let asked = Asked(&fixture, Mutex::default());
    Bulletins::new(&app, Some(&content)).publish(&order, &asked).await.unwrap();
    assert_eq!(*asked.1.lock().unwrap(), [4, 5]);
    assert_eq!(status(&fixture, BEFORE)[0]["deliveries"]["total"], 5);
}

/// What was approved is the text and whom the file names, not which edition's readers get it.
#[test]
fn an_approval_is_no_yes_to_an_edition_s_readers() {
    let fixture = fixture("approval = \"required\"\n");
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.at(AFTER, &["approve", "bulletin:warning"]).exits(0);
    fixture.at(AFTER, &["bulletin", "warning", "--edition", "7"]).exits(2).complains("would go to 4 mailboxes");
    fixture.at(AFTER, &["bulletin", "warning", "--edition", "7", "--yes"]).exits(0);
}

#[test]
fn nothing_begins_beside_an_edition_unless_it_is_said() {
    let fixture = fixture("");
    let send = ["bulletin", "warning", "--yes"];
    for now in [SOON, MONDAY] {
        fixture.at(now, &send).exits(1).complains("edition 7 is due on Monday 30 November 2026 at 08:00");
    }
    assert_eq!(fixture.mail_count(), 0);
    fixture.at(SOON, &[&send[..], &["--beside-edition"]].concat()).exits(0);
    assert_eq!(fixture.mail_count(), 4);
}

#[test]
fn a_correction_goes_to_an_edition_s_readers_alone() {
    let fixture = fixture("");
    fixture.write("activities/bulletins/number.md", CORRECTION);
    fixture.at(BEFORE, &["bulletin", "number", "--edition", "7", "--yes"]).exits(1).complains("hasn't been sent");
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.at(AFTER, &["unsubscribe", "dsl@riverbank.example"]).exits(0);
    let join = ["subscribe", "--name", "New", "--email", "new@x.example", "--bands", "4-5"];
    fixture.at(AFTER, &join).exits(0);
    fixture.at(AFTER, &["bulletin", "number", "--yes"]).exits(2).complains("--edition N");
    let before = fixture.mail_count();
    let sent = fixture.at(AFTER, &["bulletin", "number", "--edition", "7", "--yes"]).exits(0);
    sent.says("Bulletin number: 3 mails, 3 accepted");
    let corrections: Vec<Mail> =
        fixture.mails().into_iter().filter(|mail| mail.subject.contains("number was wrong")).collect();
    let to: Vec<&str> = corrections.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["hello@lantern.example", "office@hillside.example", "reception@riverbank.example"]);
    assert!(corrections[0].text.contains("0800 2222") && corrections[0].text.contains("0800 1111"));
    fixture.at(AFTER, &["bulletin", "number", "--edition", "7", "--yes"]).exits(0).says("was sent before");
    fixture.at(AFTER, &["bulletin", "number"]).exits(0).says("was sent before");
    assert_eq!(fixture.mail_count(), before + 3);
    // Whoever retires an activity that went out is told how to put it right.
    let id = fixture.planned(AFTER, 7)["activities"][0]["id"].as_str().unwrap().to_owned();
    fixture.at(AFTER, &["withdraw", &id]).exits(0).says("`fortnightly bulletin NAME --edition 7`");
}

/// It needs no two parts: it says which mail it is about, and whoever has left, or came later, doesn't get it.
#[test]
fn a_plain_bulletin_goes_to_an_edition_s_readers_and_says_which_mail_it_is_about() {
    let fixture = fixture("");
    fixture
        .at(BEFORE, &["bulletin", "warning", "--edition", "7", "--yes"])
        .exits(1)
        .complains("edition 7 hasn't been sent");
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.at(AFTER, &["unsubscribe", "dsl@riverbank.example"]).exits(0);
    let join = ["subscribe", "--name", "New", "--email", "new@x.example", "--bands", "4-5"];
    fixture.at(AFTER, &join).exits(0);
    let told = fixture.at(AFTER, &["bulletin", "warning", "--edition", "7", "--dry-run"]).exits(0);
    told.says("Bulletin warning · planned · 3 mailboxes that got edition 7");
    let before = fixture.mail_count();
    fixture.at(AFTER, &["bulletin", "warning", "--edition", "7", "--yes"]).exits(0).says("3 mails, 3 accepted");
    let mails = fixture.mails();
    let mail = mails.iter().find(|mail| mail.subject == "A game with strangers in its chat").unwrap();
    let said = mail.text.replace('\n', " ");
    assert!(said.contains("This is about the email that we sent on Monday 30 November 2026 (edition 7, “"), "{said}");
    assert!(!said.contains("What was wrong") && !said.contains("Correction"), "{said}");
    assert_eq!(fixture.mail_count(), before + 3);
    fixture.at(AFTER, &["status"]).exits(0).says("about edition 7");
    // A correction of that bulletin reaches its readers, not those of the edition.
    fixture.at(AFTER, &["unsubscribe", "hello@lantern.example"]).exits(0);
    fixture.write("activities/bulletins/number.md", CORRECTION);
    let number = |more: &[&str]| fixture.at(AFTER, &[&["bulletin", "number", "--yes"], more].concat());
    number(&["--bulletin", "other"]).exits(1).complains("bulletin other hasn't been sent");
    number(&["--bulletin", "warning", "--edition", "7"]).exits(2);
    number(&["--bulletin", "warning"]).exits(0).says("2 mails, 2 accepted");
    let mails = fixture.mails();
    let corrections: Vec<&Mail> = mails.iter().filter(|mail| mail.subject.starts_with("Correction: ")).collect();
    let to: Vec<&str> = corrections.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["office@hillside.example", "reception@riverbank.example"]);
    let said = corrections[0].text.replace('\n', " ");
    let which = "This corrects our email of Tuesday 1 December 2026 (“A game with strangers in its chat”).";
    assert!(said.contains(which) && said.contains("What was wrong"), "{said}");
    number(&["--bulletin", "warning"]).exits(0).says("was sent before");
    number(&["--edition", "7"]).exits(1).complains("to other readers");
    fixture.at(AFTER, &["status"]).exits(0).says("corrects bulletin warning");
}

/// A mail of the edition that leaves after its correction: nobody is left with what was wrong.
#[test]
fn whoever_gets_the_wrong_mail_later_gets_the_correction_too() {
    let takes_all = Arc::new(AtomicBool::new(false));
    let relay = Arc::clone(&takes_all);
    let oracle = Oracle::deciding(move |said| {
        let is_refused = said.line.starts_with("RCPT TO:<s1@") && !relay.load(Ordering::Relaxed);
        is_refused.then_some("550 5.2.1 no")
    });
    let fixture = behind_relay(oracle.port, 3, "");
    fixture.nothing_due();
    fixture.run(SEND);
    let edition = published(&fixture).to_string();
    fixture.write("activities/bulletins/number.md", CORRECTION);
    fixture.write("activities/bulletins/other.md", CORRECTION);
    fixture.run(&["deliveries", "retry", "--edition", &edition]).exits(0).says("1 mail queued again");
    let correct =
        |name: &str, more: &[&str]| fixture.run(&[&["bulletin", name, "--edition", &edition, "--yes"], more].concat());
    let refused = correct("number", &[]).exits(1).stderr.clone();
    assert!(
        refused.contains("may still leave") && refused.contains(&format!("`fortnightly hold {edition}`")),
        "{refused}"
    );
    // It's the same where the file says which edition it is about.
    fixture.write(
        "activities/bulletins/named.md",
        &CORRECTION.replacen("+++\n", &format!("+++\ncorrects = {edition}\n"), 1),
    );
    fixture.run(&["bulletin", "named", "--yes"]).exits(1).complains("may still leave");
    let dry = ["bulletin", "number", "--edition", &edition, "--dry-run"];
    fixture.run(&dry).exits(0).says(&format!("1 mail of edition {edition} may still leave"));
    // What someone keeps back keeps nobody from correcting what has left.
    fixture.run(&["hold", &edition]).exits(0);
    correct("other", &[]).exits(0).says("2 mails, 2 accepted");
    fixture.run(&["release", &edition]).exits(0);
    correct("number", &["--beside-edition"]).exits(0).says("2 mails, 2 accepted");
    takes_all.store(true, Ordering::Relaxed);
    fixture.run(&["send", "--edition", &edition, "--yes"]).exits(0);
    let followed = correct("number", &[]).exits(0);
    assert!(followed.stderr.contains("1 mailbox has got the mail that it is about since"), "{}", followed.stderr);
    followed.says("3 mails, 3 accepted");
    correct("number", &[]).exits(0).says("was sent before: 3 mails");
    // The daemon sees to it by itself.
    let _daemon = fixture.spawn(&["run", "--role", "sender"], "daemon.log");
    let total = || {
        let status = fixture.run(&["status", "--json"]).exits(0).json();
        let all = status["bulletins"].as_array().unwrap().clone();
        let other = all.iter().find(|one| one["name"] == "other").unwrap();
        (other["deliveries"]["accepted"].clone(), other["state"].clone())
    };
    until("the other correction follows", || total() == (json!(3), json!("sent")));
    let asked = oracle.asked().iter().filter(|to| to.contains("s0@")).count();
    assert_eq!(asked, 3, "the edition and two corrections, once each");
}

#[test]
fn its_links_and_its_bounces_are_its_own() {
    let fixture = fixture("");
    fixture.at(BEFORE, &["bulletin", "warning", "--yes"]).exits(0);
    let report = bounces::bounce(&fixture, "hello@lantern.example", "5.1.1");
    bounces::take(&fixture, BEFORE, &[report]);
    let list = fixture.at(BEFORE, &["deliveries", "list", "--bounced", "--json"]).exits(0).json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    let row = (&list[0]["bulletin"], &list[0]["edition"], &list[0]["address"]);
    assert_eq!(row, (&json!("warning"), &Value::Null, &json!("hello@lantern.example")));
    let told = fixture.at(BEFORE, &["subscribers", "show", "office@hillside.example"]).exits(0);
    told.says("bulletin warning accepted");
    // The address in List-Unsubscribe leads to the mailbox that got it.
    let mail = bounces::mail_to(&fixture, "office@hillside.example");
    let mail = mail.replace("\n ", " ");
    let to = mail.split("mailto:").nth(1).and_then(|rest| rest.split('>').next()).unwrap();
    let leave = format!("From: office@hillside.example\nTo: <{to}>\nSubject: unsubscribe\n\nPlease.\n");
    bounces::take(&fixture, BEFORE, &[leave]);
    let list = fixture.at(BEFORE, &["suppressions", "list", "--json"]).exits(0).stdout;
    assert!(list.contains("office@hillside.example"), "{list}");
}

#[test]
fn what_failed_is_taken_up_again() {
    let oracle = Oracle::with(&[("RCPT TO:<s1@", "550 5.2.1 no")]);
    let fixture = behind_relay(oracle.port, 3, "");
    fixture.write(WARNING, WARNING_TEXT);
    fixture.run(SEND_WARNING).exits(1).says("1 refused");
    let list = fixture.run(&["deliveries", "list", "--bulletin", "warning", "--json"]).exits(0).json();
    assert_eq!((&list[0]["bulletin"], &list[0]["state"]), (&json!("warning"), &json!("failed")));
    fixture
        .run(&["deliveries", "retry", "--bulletin", "warning"])
        .exits(0)
        .says("Bulletin warning: 1 mail queued again");
    assert_eq!(edition_status(&fixture, "queued").1, "sending");
    fixture.run(SEND_WARNING).exits(1);
    assert!(oracle.asked().iter().filter(|to| to.contains("s1@")).count() > 1);
    fixture.run(&["deliveries", "retry", "--bulletin", "chat"]).exits(1).complains("bulletin chat was not sent");
}

/// So slow that there is time to decide something.
fn slow(recipients: usize) -> (Oracle, Fixture) {
    let oracle = Oracle::start();
    let fixture = behind_relay(oracle.port, recipients, "rate_per_second = 20\n");
    fixture.nothing_due();
    fixture.write(WARNING, WARNING_TEXT);
    (oracle, fixture)
}

/// Everyone got it once, and the same.
#[track_caller]
fn once_each(oracle: &Oracle, recipients: usize) {
    let taken: BTreeMap<_, _> = oracle.taken();
    assert_eq!(taken.len(), recipients);
    assert!(taken.values().all(|hashes| hashes.len() == 1), "someone got it twice");
}

#[test]
fn nothing_begins_while_an_edition_is_being_sent() {
    let (oracle, fixture) = slow(60);
    let mut run = fixture.spawn(SEND, "log");
    until("some of the edition has left", || oracle.count() > 3);
    fixture.run(&["bulletin", "warning", "--yes"]).exits(1).complains("--beside-edition");
    assert_eq!(run.ends(), 0);
    assert_eq!(oracle.count(), 60);
    fixture.run(SEND_WARNING).exits(0);
    assert_eq!(oracle.count(), 120);
}

#[test]
fn a_broken_library_keeps_nothing_from_being_finished_or_stopped() {
    let (oracle, fixture) = slow(30);
    let mut run = fixture.spawn(SEND_WARNING, "log");
    until("some of it has left", || oracle.count() > 3);
    run.0.kill().unwrap();
    run.0.wait().unwrap();
    fixture.write("activities/bulletins/other.md", "no front matter");
    fixture.run(&["bulletin", "other", "--yes"]).exits(1).complains("mend them first");
    fixture.run(&["hold", "bulletin:warning"]).exits(0);
    fixture.run(&["release", "bulletin:warning"]).exits(0);
    fixture.run(SEND_WARNING).exits(0);
    assert_eq!(oracle.taken().len(), 30);
}

#[test]
fn a_hold_in_the_middle_stops_it_and_a_release_goes_on() {
    let (oracle, fixture) = slow(60);
    let mut run = fixture.spawn(SEND_WARNING, "log");
    until("some of it has left", || oracle.count() > 3);
    fixture.run(&["hold", "bulletin:warning"]).exits(0).says("can't be called back");
    assert_eq!(run.ends(), 1);
    let left = oracle.count();
    assert!(left < 50, "{left} had left");
    fixture.run(SEND_WARNING).exits(1).complains("was stopped while it was being sent");
    assert_eq!(oracle.count(), left);
    fixture.run(&["release", "bulletin:warning"]).exits(0);
    fixture.run(SEND_WARNING).exits(0);
    once_each(&oracle, 60);
}

#[test]
fn what_is_left_of_a_withdrawn_one_never_leaves() {
    let (oracle, fixture) = slow(60);
    let mut run = fixture.spawn(SEND_WARNING, "log");
    until("some of it has left", || oracle.count() > 3);
    fixture.run(&["withdraw", "bulletin:warning"]).exits(0).says("given up and never leave");
    run.ends();
    let left = oracle.count();
    let midway = "was withdrawn while it was being sent";
    fixture.run(SEND_WARNING).exits(1).complains(midway);
    let standing = || {
        let (expired, state, _) = edition_status(&fixture, "expired");
        (expired + u64::try_from(left).unwrap(), state)
    };
    assert_eq!(standing(), (60, "withdrawn".to_owned()));
    // Nobody brings it back, by whatever way.
    fixture.run(&["deliveries", "retry", "--bulletin", "warning"]).exits(1).complains(midway);
    for decision in ["approve", "hold", "release"] {
        fixture.run(&[decision, "bulletin:warning"]).exits(1).complains(midway);
    }
    fixture.run(&["withdraw", "bulletin:warning", "--undo"]).exits(1).complains(midway);
    fixture.run(&["withdraw", "bulletin:warning"]).exits(0).says("withdrawn already");
    assert_eq!((standing(), oracle.count()), ((60, "withdrawn".to_owned()), left));
    fixture.run(&["status", "--all"]).exits(0).says("withdrawn while it was being sent");
}

/// A withdrawal that was killed before all was given up: noted, and the rest still waits.
#[test]
fn the_daemon_completes_a_withdrawal_that_broke_off() {
    let (oracle, fixture) = slow(60);
    let mut run = fixture.spawn(SEND_WARNING, "log");
    until("some of it has left", || oracle.count() > 3);
    fixture.run(&["hold", "bulletin:warning"]).exits(0);
    run.ends();
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    store.execute("UPDATE bulletins SET withdrawn_at = 1", []).unwrap();
    drop(store);
    let left = oracle.count();
    let _daemon = fixture.spawn(&["run", "--role", "sender"], "daemon.log");
    until("the rest is given up", || edition_status(&fixture, "expired").0 + u64::try_from(left).unwrap() == 60);
    assert_eq!((edition_status(&fixture, "expired").1.as_str(), oracle.count()), ("withdrawn", left));
}

#[test]
fn a_signal_stops_it_cleanly_and_the_daemon_goes_on() {
    let (oracle, fixture) = slow(60);
    let mut run = fixture.spawn(SEND_WARNING, "log");
    until("some of it has left", || oracle.count() > 3);
    run.signal("-TERM");
    assert_eq!(run.ends(), 1);
    assert!(oracle.count() < 60);
    let _daemon = fixture.spawn(&["run", "--role", "sender"], "daemon.log");
    until("the daemon sends the rest", || oracle.count() >= 60);
    until("it is sent", || edition_status(&fixture, "accepted").1 == "sent");
    once_each(&oracle, 60);
}

#[test]
fn in_a_restored_store_it_waits_for_the_release() {
    let (oracle, fixture) = slow(30);
    let mut run = fixture.spawn(SEND_WARNING, "log");
    until("some of it has left", || oracle.count() > 3);
    run.signal("-TERM");
    run.ends();
    fixture.run(&["backup", "saved"]).exits(0);
    fixture.run(SEND_WARNING).exits(0);
    // This one was sent after the backup was made, so the restored store knows nothing of it.
    fixture.write("activities/bulletins/later.md", WARNING_TEXT);
    let doubt = "haven't been sent as far as this store knows";
    let told = fixture.run(&["restore", "saved"]).exits(0).stdout.clone();
    assert!(
        told.contains("bulletin warning: ") && told.contains("bulletin later hasn't been sent as far as"),
        "{told}"
    );
    let (_, state, attention) = edition_status(&fixture, "accepted");
    assert_eq!(state, "held");
    assert!(
        attention.contains("bulletin warning: ") && attention.contains("bulletin later hasn't been sent"),
        "{attention}"
    );
    fixture.write("activities/bulletins/third.md", WARNING_TEXT);
    let told = fixture.run(&["status"]).exits(0).stdout.clone();
    assert!(told.contains(doubt) && told.contains("later, third"), "{told}");
    fixture.run(&["withdraw", "bulletin:third"]).exits(0);
    fixture.run(&["status"]).exits(0).says("bulletin later hasn't been sent as far as this store knows");
    fixture.run(SEND_WARNING).exits(1).complains("`fortnightly release`");
    fixture.run(&["release", "bulletin:warning"]).exits(1).complains("`fortnightly release`");
    assert_eq!(oracle.count(), 30);
    let released = fixture.run(&["release", "--json"]).exits(0).json();
    assert_eq!((&released["editions"], &released["bulletins"]), (&json!([]), &json!(["warning"])));
    fixture.run(&["hold", "bulletin:later"]).exits(0);
    fixture.run(&["release"]).exits(0).says("To release what is held: `fortnightly release bulletin:later`");
    fixture.run(SEND_WARNING).exits(0);
    assert_eq!((oracle.taken().len(), edition_status(&fixture, "accepted").1.as_str()), (30, "sent"));
}

/// The day begins at midnight, and the edition is due at eight: that is time enough for what is left of a bulletin.
#[test]
fn what_a_days_cap_left_of_a_bulletin_leaves_before_the_next_days_edition() {
    let fixture = Fixture::new(&format!("{BASE}\n[mail]\ndaily_cap = 2\n{}", three()));
    fixture.write(WARNING, WARNING_TEXT);
    fixture.at("2026-11-29T12:00:00Z", &["bulletin", "warning", "--yes"]).exits(1).says("2 waiting");
    assert_eq!(fixture.mail_count(), 2);
    let mut daemon = fixture.spawn(&["--now", "2026-11-30T00:00:01Z", "run", "--role", "sender"], "daemon.log");
    until("it is sent", || status(&fixture, MONDAY)[0]["state"] == "sent");
    daemon.signal("-TERM");
    daemon.ends();
    let _daemon = fixture.spawn(&["--now", MONDAY, "run", "--role", "sender"], "daemon.log");
    until("the edition is published", || fixture.planned(MONDAY, 7)["state"] == "sending");
    let mails = fixture.mails();
    assert_eq!(mails.len(), 4, "the cap holds for both together");
    assert!(mails.iter().all(|mail| mail.subject.contains("strangers")));
}

#[test]
fn two_processes_at_once_share_it() {
    let (oracle, fixture) = slow(60);
    let mut runs = [fixture.spawn(SEND_WARNING, "one.log"), fixture.spawn(SEND_WARNING, "two.log")];
    let codes: Vec<i32> = runs.iter_mut().map(|run| run.ends()).collect();
    assert_eq!(codes, [0, 0]);
    once_each(&oracle, 60);
}
