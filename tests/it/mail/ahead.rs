//! The transaction that is opened along with the content before it: what a relay may do to it, stage by stage.

use std::time::Duration;

use async_trait::async_trait;
use fortnightly::domain::delivery::Outcome;
use fortnightly::mail::{Gate, Handover, Open, Smtp, SmtpSettings, Transport};

use super::{handover, message};
use crate::support::scripted::{Act, Script, Server, settings, word};

use Act::{Drop, Hang, Octets, Say};

const OFFER: Act = Say("250-fake.example\r\n250 PIPELINING");
const TAKEN: Act = Say("250 2.0.0 ok");
/// Nothing: the next answer brings it along.
const LATER: Act = Octets(b"");

struct Closed;

#[async_trait]
impl Gate for Closed {
    async fn is_open(&self) -> bool {
        false
    }
}

/// A relay that pipelines.
fn script() -> Script {
    Script::default().with("EHLO", &[OFFER; 8])
}

fn client(server: &Server) -> Smtp {
    Smtp::new(SmtpSettings { login: None, ..settings(server.port) }).unwrap()
}

/// Hands over the mail to `to`, and says that the one to `next` follows.
async fn deliver_before(smtp: &mut Smtp, to: &str, next: &str, gate: &dyn Gate) -> Outcome {
    let ((envelope, bytes), (next_envelope, _)) = (message(&at(to), to).unwrap(), message(&at(next), next).unwrap());
    let next = Handover { envelope: &next_envelope, name: next, gate };
    smtp.deliver(handover(&envelope, to), &bytes, Some(next)).await
}

async fn deliver(smtp: &mut Smtp, to: &str, gate: &dyn Gate) -> Outcome {
    let (envelope, bytes) = message(&at(to), to).unwrap();
    smtp.deliver(Handover { envelope: &envelope, name: to, gate }, &bytes, None).await
}

fn at(name: &str) -> String {
    format!("{name}@hillside.example")
}

/// What the relay heard: verbs, the recipient of RCPT, and whose content came.
fn heard(server: &Server) -> Vec<String> {
    let short = |line: String| match line.lines().find_map(|line| line.strip_prefix("To: ")) {
        Some(to) => format!("content {}", to.split('@').next().unwrap()),
        None if line.starts_with("RCPT") => line.split(['<', '@']).nth(1).unwrap().to_owned(),
        None => line.split([' ', ':']).next().unwrap().to_owned(),
    };
    server.heard().into_iter().map(short).collect()
}

/// Three mails, `a`, `b` and `c`, each of which announces the next; what became of them, and whose content came. Where the
/// relay is known, a mail to `o` went before them.
async fn three(script: Script, is_known: bool) -> ([&'static str; 3], Vec<String>, Server) {
    let server = script.start().await;
    let mut smtp = client(&server);
    if is_known {
        deliver_before(&mut smtp, "o", "a", &Open).await;
        smtp.prepare().await.unwrap();
    }
    let a = deliver_before(&mut smtp, "a", "b", &Open).await;
    smtp.prepare().await.unwrap();
    let b = deliver_before(&mut smtp, "b", "c", &Open).await;
    let c = deliver(&mut smtp, "c", &Open).await;
    smtp.close().await;
    let contents = heard(&server).into_iter().filter(|line| line.starts_with("content")).collect();
    ([word(&a), word(&b), word(&c)], contents, server)
}

fn connections(server: &Server) -> usize {
    heard(server).iter().filter(|line| *line == "(connected)").count()
}

fn asked(server: &Server, to: &str) -> usize {
    heard(server).iter().filter(|line| *line == to).count()
}

/// The answer to a dot comes only when the next MAIL is there.
#[tokio::test]
async fn the_next_mail_is_opened_in_the_same_breath() {
    let together = Octets(b"250 2.0.0 taken\r\n250 2.1.0 ok\r\n");
    let script = script().with("DOT", &[LATER, LATER]).with("MAIL", &[TAKEN, together, together]);
    let (outcomes, contents, server) = three(script, false).await;
    assert_eq!(outcomes, ["accepted"; 3]);
    assert_eq!(contents, ["content a", "content b", "content c"]);
    assert_eq!(heard(&server).last().unwrap(), "QUIT");
    assert_eq!((connections(&server), asked(&server, "b"), asked(&server, "c")), (1, 1, 1));
}

#[tokio::test]
async fn a_relay_that_does_not_pipeline_is_asked_one_by_one() {
    let together = Octets(b"250 2.0.0 taken\r\n250 2.1.0 ok\r\n");
    let script = Script::default().with("DOT", &[LATER]).with("MAIL", &[TAKEN, together]);
    assert_eq!(three(script, false).await.0[0], "uncertain", "nobody said MAIL before the dot was answered");
}

/// What is refused is the mail's, as always, once the relay has shown that it copes; what cannot be told is asked again, so that
/// no mail is blamed and none is lost.
#[tokio::test]
async fn a_fault_of_the_opening_costs_the_mail_nothing() {
    let no_user = Say("550 5.1.1 no such user");
    for (stage, act, wanted, asked_twice) in [
        ("MAIL", Drop, "accepted", true),
        ("MAIL", Hang, "accepted", true),
        ("MAIL", Say("421 4.3.2 so many and no more"), "accepted", true),
        ("MAIL", Say("what?"), "accepted", true),
        ("MAIL", Say("354 go on"), "accepted", true),
        ("MAIL", Say("451 4.3.0 one thing after the other"), "accepted", true),
        ("MAIL", Say("550 5.5.0 synchronisation error"), "accepted", true),
        ("MAIL", Octets(b"250 2.1.0 ok\r\n250 2.1.0 ok\r\n"), "accepted", true),
        ("RCPT", Drop, "accepted", true),
        ("RCPT", Hang, "accepted", true),
        ("RCPT", Say("what?"), "accepted", true),
        ("RCPT", Say("354 go on"), "accepted", true),
        ("RCPT", Say("503 5.5.1 MAIL first"), "accepted", true),
        ("RCPT", Say("421 4.3.2 slow down"), "throttled", false),
        ("RCPT", Say("450 4.2.0 later"), "transient", false),
        ("RCPT", no_user, "bounced", false),
        ("DATA", Drop, "accepted", true),
        ("DATA", Say("250 ok"), "accepted", true),
        ("DATA", Say("503 5.5.1 RCPT first"), "accepted", true),
        ("DATA", Octets(b"354 go on\r\n250 2.0.0 taken\r\n"), "accepted", true),
        ("DATA", Say("451 4.3.0 later"), "transient", false),
        ("DATA", Say("554 5.7.1 no"), "permanent", false),
    ] {
        for is_known in [false, true] {
            let case = format!("{act:?} at {stage}, known: {is_known}");
            // The first answers of a relay are believed only if they are good.
            let (wanted, asked_twice) = if is_known { (wanted, asked_twice) } else { ("accepted", true) };
            let usual = if stage == "DATA" { Say("354 go on") } else { TAKEN };
            let before = 1 + usize::from(is_known);
            let (outcomes, contents, server) =
                three(script().with(stage, &[usual; 2][..before]).instead(stage, before, act), is_known).await;
            assert_eq!(outcomes, ["accepted", wanted, "accepted"], "{case}");
            let times = |to: &str| contents.iter().filter(|content| *content == &format!("content {to}")).count();
            assert_eq!([times("a"), times("b"), times("c")], [1, usize::from(wanted == "accepted"), 1], "{case}");
            let is_again = heard(&server).iter().filter(|line| *line == "MAIL").count() > before + 2;
            assert_eq!(is_again, asked_twice, "{case}: {:?}", heard(&server));
        }
    }
}

/// What is said of the mail before it is said of that one alone.
#[tokio::test]
async fn a_fault_at_the_dot_is_no_fault_of_the_mail_behind_it() {
    for (act, wanted, anew) in [
        (Say("550 5.7.1 no"), "permanent", false),
        (Say("451 4.3.0 later"), "transient", false),
        (Say("451 4.7.1 slow down"), "throttled", false),
        (Say("421 4.3.2 closing"), "throttled", true),
        (Say("553 5.1.8 bad sender"), "sender", true),
        (Say("354 go on"), "uncertain", true),
        (Say("what?"), "uncertain", true),
        (Drop, "uncertain", true),
        (Hang, "uncertain", true),
        (Octets(b"250 2.0.0 taken\r\n250 2.0.0 taken\r\n"), "accepted", true),
    ] {
        let (outcomes, contents, server) = three(script().with("DOT", &[act]), false).await;
        assert_eq!(outcomes, [wanted, "accepted", "accepted"], "{act:?}: {:?}", heard(&server));
        assert_eq!(contents, ["content a", "content b", "content c"], "{act:?}");
        assert_eq!(connections(&server) > 1, anew, "{act:?}");
    }
}

/// Getting ready finds out, so that no mail counts as tried by which the relay was only found to be gone.
#[tokio::test]
async fn a_relay_that_is_gone_is_noticed_before_the_mail() {
    let script = script().with("MAIL", &[TAKEN, Drop]);
    let server = script.with("GREETING", &[Say("220 fake.example"), Say("421 4.3.2 not now")]).start().await;
    let mut smtp = client(&server);
    assert_eq!(word(&deliver_before(&mut smtp, "a", "b", &Open).await), "accepted");
    assert_eq!(word(&smtp.prepare().await.unwrap_err()), "throttled");
    smtp.prepare().await.unwrap();
    assert_eq!(word(&deliver(&mut smtp, "b", &Open).await), "accepted");
}

/// It waited for its turn, and the connection ended: that is no fault of the mail either.
#[tokio::test]
async fn a_connection_that_ends_while_the_mail_waits_is_made_again() {
    let server = script().start().await;
    let mut smtp = client(&server);
    deliver_before(&mut smtp, "a", "b", &Open).await;
    smtp.prepare().await.unwrap();
    server.hang_up().await;
    assert_eq!(word(&deliver(&mut smtp, "b", &Open).await), "accepted");
    assert_eq!((connections(&server), asked(&server, "b")), (2, 2));
}

/// The relay took its time over the mail before, and meanwhile someone left.
#[tokio::test]
async fn what_has_been_open_for_long_is_asked_about_again() {
    for (gate, wanted) in [(&Open as &dyn Gate, "accepted"), (&Closed, "withheld")] {
        let server = script().start().await;
        let mut settings = SmtpSettings { login: None, ..settings(server.port) };
        settings.timeouts.opened = Duration::ZERO;
        let mut smtp = Smtp::new(settings).unwrap();
        deliver_before(&mut smtp, "a", "b", &Open).await;
        smtp.prepare().await.unwrap();
        assert_eq!(word(&deliver(&mut smtp, "b", gate).await), wanted);
        assert_eq!(word(&deliver(&mut smtp, "c", &Open).await), "accepted");
        let contents = heard(&server).iter().filter(|line| line.starts_with("content b")).count();
        assert_eq!((contents, connections(&server)), if wanted == "accepted" { (1, 1) } else { (0, 2) });
    }
}

#[tokio::test]
async fn who_is_not_wanted_is_not_named() {
    let server = script().start().await;
    let mut smtp = client(&server);
    assert_eq!(word(&deliver_before(&mut smtp, "a", "b", &Closed).await), "accepted");
    assert_eq!(word(&deliver(&mut smtp, "b", &Closed).await), "withheld");
    assert_eq!((asked(&server, "b"), word(&deliver(&mut smtp, "c", &Open).await)), (0, "accepted"));
    assert_eq!(connections(&server), 1);
}

/// A content never reaches someone for whom the transaction was opened and who was then left out.
#[tokio::test]
async fn what_was_opened_for_one_is_not_used_for_another() {
    for way in ["another is next", "let go", "closed"] {
        let server = script().start().await;
        let mut smtp = client(&server);
        deliver_before(&mut smtp, "a", "b", &Open).await;
        match way {
            "let go" => assert!(smtp.let_go()),
            "closed" => smtp.close().await,
            _ => {}
        }
        smtp.prepare().await.unwrap();
        assert_eq!(word(&deliver(&mut smtp, "c", &Open).await), "accepted", "{way}");
        let transaction = ["MAIL", "c", "DATA", "content c"];
        let (heard, count) = (heard(&server), connections(&server));
        assert_eq!((&heard[heard.len() - 4..], count), (&transaction.map(str::to_owned)[..], 2), "{way}");
        assert!(!heard.contains(&"content b".to_owned()) && !heard.contains(&"QUIT".to_owned()), "{way}: {heard:?}");
    }
}

/// Where the relay may be to blame, nothing is opened ahead any more; a connection that only ended is made again.
#[tokio::test]
async fn a_relay_that_cannot_cope_is_spared() {
    let together = Octets(b"250 2.0.0 taken\r\n250 2.1.0 ok\r\n");
    let server = script().with("MAIL", &[TAKEN, Say("550 5.5.0 synchronisation error")]).start().await;
    let mut smtp = client(&server);
    for (to, next) in [("a", "b"), ("b", "c"), ("c", "d")] {
        assert_eq!(word(&deliver_before(&mut smtp, to, next, &Open).await), "accepted");
    }
    assert_eq!((asked(&server, "b"), asked(&server, "c"), asked(&server, "d")), (2, 1, 0));
    // A mailbox that is not there is no reason.
    let server = script().with("RCPT", &[TAKEN, Say("550 5.1.1 no such user")]).start().await;
    let mut smtp = client(&server);
    for (to, next) in [("a", "b"), ("b", "c"), ("c", "d")] {
        assert_eq!(word(&deliver_before(&mut smtp, to, next, &Open).await), "accepted");
    }
    assert_eq!((asked(&server, "b"), asked(&server, "c"), asked(&server, "d")), (2, 1, 1));
    // It took two, hangs up at the third, and is trusted with the fourth.
    let server = script().with("MAIL", &[TAKEN, TAKEN, Drop, TAKEN, together]).with("DOT", &[TAKEN, TAKEN, LATER]);
    let server = server.start().await;
    let mut smtp = client(&server);
    for (to, next) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")] {
        assert_eq!(word(&deliver_before(&mut smtp, to, next, &Open).await), "accepted", "{to}: {:?}", heard(&server));
    }
    assert_eq!(connections(&server), 2);
}
