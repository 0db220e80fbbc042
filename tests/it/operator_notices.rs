//! Mail to operators, through the built binary: what is told, when, to whom, and that it is told once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::bounces::{bounce, take};
use crate::support::fixture::{BASE, Fixture, Mail, three, until};
use crate::support::http::{ask, console};
use crate::support::oracle::{Oracle, Said};
use crate::support::sending::{WARNING, WARNING_TEXT, behind_relay};

const OFFICER: &str = "officer@example.org";

/// A service with two operators, and `more` in its schedule.
fn service(more: &str) -> Fixture {
    let operators =
        "base_url = \"https://activities.example.org\"\noperators = [\"officer@example.org\", \"head@example.org\"]\n";
    let config = BASE.replace("base_url = \"https://activities.example.org\"\n", operators);
    let config = config.replace("anchor = 2026-09-07\n", &format!("anchor = 2026-09-07\n{more}\n"));
    let config = format!("{config}console_url = \"https://console.example.org\"\n{}", three());
    assert!(config.contains("operators") && config.contains(more));
    Fixture::new(&config)
}

/// What the officer was sent so far, oldest first.
fn told(fixture: &Fixture) -> Vec<Mail> {
    let mut mails = fixture.mails();
    mails.retain(|mail| mail.to == OFFICER);
    mails.sort_by_key(|mail| header(mail, "Date").map(|date| chrono::DateTime::parse_from_rfc2822(&date).unwrap()));
    mails
}

fn subjects(fixture: &Fixture) -> Vec<String> {
    told(fixture).into_iter().map(|mail| mail.subject).collect()
}

/// The value of a header that stands on one line.
fn header(mail: &Mail, name: &str) -> Option<String> {
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    let (headers, _) = raw.split_once("\r\n\r\n").or_else(|| raw.split_once("\n\n")).unwrap();
    let start = format!("{name}: ");
    headers.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
}

#[test]
fn the_coming_edition_is_told_in_time_with_everything_about_it() {
    let fixture = service("approval = \"required\"");
    fixture.at("2026-11-26T07:59:00Z", &["sync"]).exits(0);
    // The edition before was never approved, and is held: that is told, and only that.
    fixture.at("2026-11-26T07:59:00Z", &["send"]);
    assert_eq!(subjects(&fixture), ["Edition 6 is held"]);
    fixture.at("2026-11-26T08:00:00Z", &["send"]);
    let told = told(&fixture);
    let coming = told.iter().find(|mail| mail.subject.contains("Edition 7")).unwrap();
    assert_eq!(coming.subject, "Edition 7 needs approval before Monday 30 November at 08:00");
    insta::assert_snapshot!("coming_text", coming.text.replace("\r\n", "\n"));
    insta::assert_snapshot!("coming_html", coming.html.replace("\r\n", "\n"));
    // It belongs to no list, and no program should answer it.
    for name in ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"] {
        assert_eq!(header(coming, name), None, "{name}");
    }
    assert_eq!(header(coming, "Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(header(coming, "From").as_deref(), Some("Online Safety at Home <activities@example.org>"));
    assert!(!coming.text.contains("/u/") && !coming.html.contains("<img"), "{}", coming.text);
    // Both operators get it, once; whoever is subscribed gets none of this.
    fixture.at("2026-11-27T08:00:00Z", &["send"]);
    let to: Vec<_> = fixture.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["head@example.org", "head@example.org", OFFICER, OFFICER]);
}

#[test]
fn an_edition_that_changes_after_it_was_told_is_told_again() {
    let fixture = service("");
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    let before = subjects(&fixture).len();
    fixture.at("2026-11-26T09:00:00Z", &["send"]).exits(0);
    assert_eq!(subjects(&fixture)[before..], ["Edition 7 goes out on Monday 30 November at 08:00"]);
    let plan = fixture.planned("2026-11-26T09:00:00Z", 8);
    let other = plan["activities"][0]["id"].as_str().unwrap().to_owned();
    fixture.at("2026-11-26T09:30:00Z", &["swap", "7", "--band", "4-5", "--activity", &other]).exits(0);
    fixture.at("2026-11-26T10:00:00Z", &["send"]).exits(0);
    assert_eq!(subjects(&fixture).len(), before + 1, "one of a kind a day");
    fixture.at("2026-11-27T09:00:00Z", &["send"]).exits(0);
    fixture.at("2026-11-28T09:00:00Z", &["send"]).exits(0);
    assert_eq!(
        subjects(&fixture)[before + 1..],
        ["Edition 7, which goes out on Monday 30 November at 08:00, has changed"]
    );
}

#[test]
fn what_is_not_approved_when_its_time_comes_is_told_once_and_another_reason_is_told_anew() {
    let fixture = service("approval = \"required\"");
    fixture.at("2026-11-26T09:00:00Z", &["send"]);
    let before = subjects(&fixture).len();
    fixture.at("2026-11-30T08:00:00Z", &["send"]);
    let held = told(&fixture).pop().unwrap();
    assert_eq!(held.subject, "Edition 7 is held");
    insta::assert_snapshot!("held_text", held.text.replace("\r\n", "\n"));
    for now in ["2026-11-30T12:00:00Z", "2026-12-01T09:00:00Z", "2026-12-02T09:00:00Z"] {
        fixture.at(now, &["send"]);
    }
    assert_eq!(subjects(&fixture).len(), before + 1, "it is still held for the same reason");
    fixture.at("2026-12-02T10:00:00Z", &["approve", "7"]).exits(0);
    fixture.at("2026-12-02T10:01:00Z", &["hold", "7"]).exits(0);
    fixture.at("2026-12-02T11:00:00Z", &["send"]);
    let by_hand = told(&fixture).pop().unwrap();
    let words = by_hand.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("someone put it on hold by hand"), "{words}");
    assert_eq!(subjects(&fixture).len(), before + 2);
}

#[test]
fn an_edition_that_has_gone_out_is_told_with_its_figures() {
    let fixture = service("");
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let finished = told(&fixture).pop().unwrap();
    assert_eq!(finished.subject, "Edition 7 has gone out");
    insta::assert_snapshot!("finished_text", finished.text.replace("\r\n", "\n"));
    let before = subjects(&fixture).len();
    fixture.at("2026-12-01T08:00:00Z", &["send"]).exits(0);
    assert_eq!(subjects(&fixture).len(), before);
}

#[test]
fn a_bulletin_that_has_gone_out_is_told_as_an_edition_is() {
    let fixture = service("");
    fixture.write(WARNING, WARNING_TEXT);
    fixture.at("2026-11-25T12:00:00Z", &["bulletin", "warning", "--yes"]).exits(0);
    let finished = told(&fixture).pop().unwrap();
    assert_eq!(finished.subject, "Bulletin warning has gone out");
    let words = finished.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Bulletin warning began to go out on") && words.contains(": 4 mails."), "{words}");
    assert!(words.contains("https://console.example.org/bulletins/warning"), "{words}");
    fixture.at("2026-11-25T13:00:00Z", &["send"]);
    let again = subjects(&fixture).into_iter().filter(|subject| subject.contains("warning")).count();
    assert_eq!(again, 1);
}

#[test]
fn reviews_that_run_out_are_told_once_in_one_mail() {
    let fixture = service("");
    let file = "activities/kindness/the-pile-on.md";
    let text = std::fs::read_to_string(fixture.path(file)).unwrap();
    let line = text.lines().find(|line| line.starts_with("review_by")).unwrap();
    fixture.edit(file, line, "review_by = 2026-12-24");
    fixture.at("2026-11-17T09:00:00Z", &["send"]);
    let reviews: Vec<_> = told(&fixture).into_iter().filter(|mail| mail.subject.contains("checked again")).collect();
    assert_eq!(reviews.len(), 1);
    insta::assert_snapshot!("reviews_text", reviews[0].text.replace("\r\n", "\n"));
    fixture.at("2026-11-25T09:00:00Z", &["send"]);
    assert_eq!(subjects(&fixture).iter().filter(|subject| subject.contains("checked again")).count(), 1);
}

#[test]
fn a_daemon_tells_once_however_often_it_is_killed() {
    let fixture = service("");
    for round in 0..6 {
        let mut daemon = fixture.spawn(&["--now", "2026-11-26T08:00:00Z", "run", "--role", "sender"], "log");
        until("it runs", || fixture.log().contains("running"));
        std::thread::sleep(Duration::from_millis(60 * round));
        daemon.signal("-KILL");
        daemon.ends();
    }
    let mut daemon = fixture.spawn(&["--now", "2026-11-26T08:00:00Z", "run", "--role", "sender"], "log");
    let names = || told(&fixture).into_iter().map(|mail| mail.message_id).collect::<BTreeSet<_>>();
    until("it is told", || fixture.log().contains("running") && names().len() > 1);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    fixture.at("2026-11-26T09:00:00Z", &["send"]);
    // A mail that was at its dot may be there twice, in the same words.
    let told: BTreeSet<_> = subjects(&fixture).into_iter().collect();
    assert_eq!(
        told,
        ["Edition 6 is held", "Edition 7 goes out on Monday 30 November at 08:00"].map(str::to_owned).into()
    );
    assert_eq!(names().len(), 2, "{:?}", subjects(&fixture));
}

#[cfg(feature = "postgres")]
#[test]
fn two_daemons_on_one_database_tell_once() {
    let settings = crate::support::postgres::fresh().expect("PostgreSQL is installed where this is run");
    let url = format!("postgres://{}@127.0.0.1:{}/{}", settings.user, settings.hosts[0].1, settings.database);
    let one = service("");
    let config = std::fs::read_to_string(one.path("config.toml")).unwrap();
    one.write("config.toml", &format!("{config}\n[store]\nurl = \"{url}\"\n"));
    one.at("2026-11-26T07:00:00Z", &["sync"]).exits(0);
    let two = Fixture::new(&std::fs::read_to_string(one.path("config.toml")).unwrap());
    std::fs::create_dir(two.path("var")).unwrap();
    std::fs::copy(one.path("var/secret"), two.path("var/secret")).unwrap();
    let run = ["--now", "2026-11-26T08:00:00Z", "run", "--role", "sender"];
    let mut daemons = [&one, &two].map(|fixture| fixture.spawn(&run, "log"));
    let all = || [subjects(&one), subjects(&two)].concat();
    until("it is told", || all().iter().any(|subject| subject.contains("Edition 7")));
    // Each has looked once by then, at least, and looks again when the other has decided something.
    until("both run", || [&one, &two].iter().all(|fixture| fixture.log().contains("running")));
    for daemon in &mut daemons {
        daemon.signal("-TERM");
        assert_eq!(daemon.ends(), 0);
    }
    one.at("2026-11-26T08:10:00Z", &["send"]);
    two.at("2026-11-26T08:11:00Z", &["send"]);
    let mut told = all();
    told.sort();
    assert_eq!(told, ["Edition 6 is held", "Edition 7 goes out on Monday 30 November at 08:00"]);
}

#[test]
fn monitoring_sees_what_needs_a_person() {
    let fixture = service("approval = \"required\"");
    let mut daemon = fixture.spawn(&["--now", "2026-11-30T07:00:00Z", "run"], "log");
    let port = console(&fixture);
    let ready = || ask(port, "GET", "/readyz", "");
    until("it asks for approval", || ready().1.contains("Edition 7 needs approval before Monday 30 November 2026"));
    let (head, body) = ready();
    assert!(head.starts_with("http/1.1 503") && !body.contains('@') && !body.contains('`'), "{head}\n{body}");
    let lines = body.lines().count();
    let (_, metrics) = ask(port, "GET", "/metrics", "");
    assert!(metrics.contains(&format!("fortnightly_attention {lines}\n")), "{metrics}");
    assert!(ask(port, "GET", "/healthz", "").0.starts_with("http/1.1 200"));
    assert!(!body.contains("Edition 8"), "that has time: {body}");
    fixture.at("2026-11-30T07:00:30Z", &["approve", "7"]).exits(0);
    fixture.at("2026-11-30T07:00:40Z", &["withdraw", "6"]);
    until("nothing needs a person", || ready().0.starts_with("http/1.1 200") && ready().1 == "ok\n");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

/// A relay that hangs up on everyone as long as it is away.
fn relay(is_away: &Arc<AtomicBool>) -> Oracle {
    let is_away = Arc::clone(is_away);
    Oracle::deciding(move |said: &Said<'_>| (said.line == "GREET" && is_away.load(Ordering::SeqCst)).then_some("!drop"))
}

#[test]
fn a_relay_that_was_away_is_told_when_it_is_back() {
    let is_away = Arc::new(AtomicBool::new(true));
    let relay = relay(&is_away);
    let fixture = behind_relay(relay.port, 3, "");
    fixture.edit("config.toml", "reply_to =", "operators = [\"officer@example.org\"]\nreply_to =");
    fixture.run(&["send", "--edition", "next", "--yes"]).exits(1).complains("cannot be reached");
    let attention = fixture.run(&["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(attention.contains("the relay cannot be reached since") && attention.contains("mails wait"), "{attention}");
    is_away.store(false, Ordering::SeqCst);
    fixture.change("UPDATE deliveries SET next_at = 1 WHERE next_at IS NOT NULL");
    fixture.run(&["send"]).exits(0);
    let attention = fixture.run(&["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(!attention.contains("cannot be reached"), "{attention}");
    until("the officer is told", || relay.taken().contains_key(OFFICER));
    let told: Vec<String> = fixture.rows("SELECT kind FROM told ORDER BY kind");
    assert!(told.contains(&"relay".to_owned()) && told.contains(&"finished".to_owned()), "{told:?}");
}

#[test]
fn a_mail_to_an_operator_that_comes_back_or_is_refused_changes_nothing_and_is_said() {
    let relay = Oracle::deciding(|said| {
        (said.line.starts_with("RCPT") && said.line.contains("officer")).then_some("550 5.1.1 no such user here")
    });
    let fixture = behind_relay(relay.port, 2, "");
    fixture.edit("config.toml", "reply_to =", "operators = [\"officer@example.org\"]\nreply_to =");
    let ran = fixture.run(&["send", "--edition", "next", "--yes"]);
    ran.complains("a mail to an operator was refused for good (550): look at service.operators");
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["suppressions"], 0, "{status}");
    assert_eq!(relay.taken().len(), 2);
}

#[test]
fn a_bounce_of_a_mail_to_an_operator_is_counted_apart() {
    let fixture = service("");
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let report = bounce(&fixture, OFFICER, "5.1.1");
    take(&fixture, "2026-11-30T09:00:00Z", &[report]);
    let status = fixture.at("2026-11-30T09:10:00Z", &["status", "--json"]).exits(0).json();
    assert_eq!((&status["reports"]["operator-bounced"], &status["suppressions"]), (&1.into(), &0.into()), "{status}");
    fixture.at("2026-11-30T09:10:00Z", &["status"]).says("1 bounce of a mail to an operator");
}

#[test]
fn check_says_when_nobody_is_told_that_an_approval_is_missing() {
    let config = BASE.replace("anchor = 2026-09-07\n", "anchor = 2026-09-07\napproval = \"required\"\n");
    let fixture = Fixture::new(&format!("{config}{}", three()));
    let codes = || {
        let found = fixture.at("2026-11-26T08:00:00Z", &["check", "--json"]).json();
        let codes: Vec<String> =
            found.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
        codes
    };
    assert!(codes().contains(&"no-operators".to_owned()), "{:?}", codes());
    fixture.edit("config.toml", "reply_to =", "operators = [\"officer@example.org\"]\nreply_to =");
    assert!(!codes().contains(&"no-operators".to_owned()));
}
