//! Relays that say that we go too fast or have too many connections: the run slows down, and the mail stays in the queue.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::oracle::{Oracle, Said};
use crate::support::sending::{SEND, edition_status, send_after, with_connections};

/// Fails unless all were accepted, each once, within a time in which nothing can have been put off.
#[track_caller]
fn all_arrive(relay: &Oracle, recipients: usize, connections: usize) -> Duration {
    let fixture = with_connections(relay.port, recipients, connections, "");
    let begun = Instant::now();
    fixture.run(SEND).exits(0);
    let (accepted, state, _) = edition_status(&fixture, "accepted");
    assert_eq!((accepted, state.as_str()), (recipients as u64, "sent"));
    let taken = relay.taken();
    assert_eq!(taken.len(), recipients);
    assert!(taken.values().all(|copies| copies.len() == 1), "someone got two");
    let db = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    let attempts: u32 = db.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(attempts as usize, recipients, "what was refused for its pace counts as an attempt");
    begun.elapsed()
}

/// As a big provider does: three connections take mail, each further one is refused at MAIL, or at once.
#[test]
fn a_relay_that_takes_three_connections_gets_three() {
    for (stage, refusal) in [
        ("MAIL", "432 4.3.2 Concurrent connections limit exceeded."),
        ("GREET", "421 4.7.0 too many connections from your address"),
    ] {
        // The numbers of the connections that are being served.
        let served = Arc::new(Mutex::new(Vec::new()));
        let relay = Oracle::deciding(move |said: &Said<'_>| {
            let mut served = served.lock().unwrap();
            match said.line {
                "END" => served.retain(|one| *one != said.connection),
                "GREET" if served.len() < 3 => served.push(said.connection),
                "DOT" => {
                    drop(served);
                    std::thread::sleep(Duration::from_millis(60));
                    return None;
                }
                _ => {}
            }
            (said.line.starts_with(stage) && !served.contains(&said.connection)).then_some(refusal)
        });
        let took = all_arrive(&relay, 100, 8);
        // Three connections need two seconds for a hundred.
        assert!(took < Duration::from_secs(25), "{stage}: {took:?}");
        let refused = relay.heard().iter().filter(|line| line.starts_with("MAIL")).count() - 100;
        assert!(refused < 100, "{stage}: {refused} were refused");
    }
}

/// However slow the three are, the superfluous ones blame no mail.
#[test]
fn a_slow_relay_with_few_places_gets_every_mail() {
    let served = Arc::new(Mutex::new(None));
    let relay = Oracle::deciding(move |said: &Said<'_>| {
        let first = *served.lock().unwrap().get_or_insert(said.connection);
        if said.line == "DOT" {
            std::thread::sleep(Duration::from_secs(4));
        }
        (said.line.starts_with("MAIL") && said.connection != first).then_some("432 4.3.2 Concurrent connections limit")
    });
    all_arrive(&relay, 4, 2);
}

/// As another one does: twenty mails a second, whatever the connections.
#[test]
fn a_relay_that_takes_twenty_a_second_gets_no_more() {
    for refusal in [
        "454 Throttling failure: Maximum sending rate exceeded.",
        "450 4.7.28 unusual rate of mail",
        "451 4.4.5 congestion",
        "421 4.3.2 slow down",
        "450 You are sending too fast",
    ] {
        let (begun, taken) = (Instant::now(), AtomicUsize::new(0));
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let relay = Oracle::deciding(move |said: &Said<'_>| {
            if said.line != "DOT" {
                return None;
            }
            counter.fetch_add(1, Ordering::SeqCst);
            let mut may = begun.elapsed().as_millis() as usize / 50 + 20;
            may = may.saturating_sub(taken.fetch_add(1, Ordering::SeqCst));
            if may > 0 {
                return None;
            }
            taken.fetch_sub(1, Ordering::SeqCst);
            Some(refusal)
        });
        all_arrive(&relay, 100, 4);
        let asked = asked.load(Ordering::SeqCst);
        assert!(asked < 200, "{refusal}: {asked} tries for 100 mails");
    }
}

/// What never gets through is put off with the rest in its time, and was not tried.
#[test]
fn a_relay_that_takes_nothing_is_left_alone() {
    for stage in ["EHLO", "MAIL", "RCPT", "DATA", "DOT"] {
        let relay =
            Oracle::deciding(move |said| said.line.starts_with(stage).then_some("451 4.7.1 too many, come back later"));
        let fixture = with_connections(relay.port, 30, 4, "");
        let begun = Instant::now();
        fixture.run(SEND).exits(1).complains("slow down");
        assert!(begun.elapsed() < Duration::from_secs(28), "{stage}: {:?}", begun.elapsed());
        let (deferred, state, _) = edition_status(&fixture, "deferred");
        assert_eq!((deferred, state.as_str()), (30, "sending"), "{stage}");
        let list = fixture.run(&["deliveries", "list", "--state", "deferred", "--json"]).exits(0).json();
        assert!(list.as_array().unwrap().iter().all(|row| row["attempts"] == 0), "{stage}: {list}");
        assert!(relay.heard().len() < 300, "{stage}: {} commands", relay.heard().len());
    }
}

/// One mailbox that the relay is asked to spare holds up nobody, and is put off alone.
#[test]
fn a_mail_that_is_always_refused_for_its_pace_holds_up_nobody() {
    let relay = Oracle::with(&[("RCPT TO:<s3@", "451 4.7.1 Greylisting in action")]);
    let fixture = with_connections(relay.port, 40, 2, "");
    fixture.run(SEND).exits(1);
    assert_eq!((edition_status(&fixture, "accepted").0, edition_status(&fixture, "deferred").0), (39, 1));
    assert!(relay.asked().iter().filter(|to| to.starts_with("s3@")).count() <= 7);
}

/// It is tried as any other that is deferred, so that it is given up in the end and someone hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_that_is_never_let_through_is_given_up_after_four_days() {
    // One of eight, the last of eight, and the only one.
    for (refused, recipients) in [("RCPT TO:<s3@", 8), ("RCPT TO:<s7@", 8), ("RCPT TO:<s0@", 1)] {
        let relay = Oracle::deciding(move |said| said.line.starts_with(refused).then_some("451 4.7.1 Greylisting"));
        let fixture = with_connections(relay.port, recipients, 1, "");
        for (minutes, state, attempts) in [(0, "deferred", 1), (60, "deferred", 2), (4 * 24 * 60, "expired", 3)] {
            send_after(&fixture, minutes).await;
            let list = fixture.run(&["deliveries", "list", "--state", state, "--json"]).exits(0).json();
            assert_eq!(list[0]["attempts"], attempts, "{refused}, after {minutes} minutes: {list}");
        }
        let (accepted, state, _) = edition_status(&fixture, "accepted");
        assert_eq!((accepted, state.as_str()), (recipients as u64 - 1, "sent"));
    }
}

/// Whoever was deferred before is not blamed while the relay takes nobody's mail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_takes_nobody_blames_nobody() {
    let stage = Arc::new(Mutex::new("RCPT"));
    let now = Arc::clone(&stage);
    let relay = Oracle::deciding(move |said| {
        let refuses = said.line.starts_with(*now.lock().unwrap());
        refuses.then_some("451 4.7.1 slow down")
    });
    let fixture = with_connections(relay.port, 1, 1, "");
    send_after(&fixture, 0).await;
    *stage.lock().unwrap() = "MAIL";
    send_after(&fixture, 60).await;
    let list = fixture.run(&["deliveries", "list", "--state", "deferred", "--json"]).exits(0).json();
    assert_eq!(list[0]["attempts"], 1, "{list}");
}

#[test]
fn a_day_s_quota_that_is_used_up_ends_the_day() {
    for refusal in [
        "454 Throttling failure: Daily message quota exceeded.",
        "550 5.4.5 Daily user sending quota exceeded.",
        "452 4.7.0 limit of messages per day reached",
    ] {
        let taken = AtomicUsize::new(0);
        let relay = Oracle::deciding(move |said| {
            (said.line == "DATA" && taken.fetch_add(1, Ordering::SeqCst) >= 12).then_some(refusal)
        });
        let fixture = with_connections(relay.port, 30, 2, "");
        fixture.run(SEND).exits(1).complains("tomorrow");
        assert_eq!((relay.count(), edition_status(&fixture, "accepted").0), (12, 12));
        let (deferred, state, _) = edition_status(&fixture, "deferred");
        assert_eq!((deferred, state.as_str()), (18, "sending"), "{refusal}");
        // Nobody asks again before tomorrow.
        let asked = relay.asked().len();
        fixture.run(SEND).exits(1);
        assert_eq!(relay.asked().len(), asked, "{refusal}");
    }
}

/// How many were asked about. A connection's first that is opened ahead is asked about again where it is refused.
fn distinct(relay: &Oracle) -> usize {
    relay.asked().into_iter().collect::<BTreeSet<_>>().len()
}

/// What is about the mailbox stays about the mailbox, although it speaks of a rate or a quota.
#[test]
fn a_full_mailbox_is_no_reason_to_slow_down() {
    let relay = Oracle::deciding(|said| match said.line {
        line if line.starts_with("RCPT TO:<s1@") => Some("452 4.2.2 quota exceeded"),
        line if line.starts_with("RCPT TO:<s2@") => Some("450 4.2.1 receiving mail at too high a rate"),
        line if line.starts_with("RCPT TO:<s3@") => Some("552 5.2.2 daily quota of the mailbox exceeded"),
        _ => None,
    });
    let fixture = with_connections(relay.port, 6, 2, "");
    fixture.run(SEND).exits(1);
    let counts = ["accepted", "deferred", "failed"].map(|state| edition_status(&fixture, state).0);
    assert_eq!(counts, [3, 2, 1]);
    assert_eq!(distinct(&relay), 6);
}

/// One mailbox of which a day's quota is said is dealt with alone, whatever the words: the others get their mail.
#[test]
fn a_quota_of_one_mailbox_holds_up_nobody() {
    for (refusal, state, attempts) in [
        ("452 mailbox over quota, will be retried for 24 hours", "deferred", 1),
        ("452 over quota, will be retried for 24 hours", "deferred", 1),
        ("450 4.1.1 over quota, will be retried for 24 hours", "deferred", 1),
        ("550 the recipient's inbox is over its limit of mail a day", "failed", 1),
        ("552 over quota for more than 24 hours", "failed", 1),
        // This could be our own. It is put off, as if it had not been tried, and the next mail tells.
        ("451 4.7.0 limit of 24 hours exceeded", "deferred", 0),
        ("550 over the maximum of a day", "deferred", 0),
    ] {
        let relay = Oracle::deciding(move |said| said.line.starts_with("RCPT TO:<s1@").then_some(refusal));
        let fixture = with_connections(relay.port, 12, 2, "");
        fixture.run(SEND).exits(1);
        let counts = ["accepted", state].map(|state| edition_status(&fixture, state).0);
        assert_eq!(counts, [11, 1], "{refusal}");
        let list = fixture.run(&["deliveries", "list", "--state", state, "--json"]).exits(0).json();
        assert_eq!(list[0]["attempts"], attempts, "{refusal}: {list}");
        assert_eq!(distinct(&relay), 12, "{refusal}");
    }
}
