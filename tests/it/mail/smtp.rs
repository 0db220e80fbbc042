//! SMTP against a scripted server: every reply, and every way of not replying, at every stage.

use std::time::Duration;

use fortnightly::domain::delivery::Outcome;
use fortnightly::mail::{Smtp, SmtpSettings, Timeouts, Tls, Transport};
use tokio::net::TcpListener;

use super::{handover, message};
use crate::support::scripted::{Act, Script, settings, word};

async fn deliver(smtp: &mut Smtp) -> Outcome {
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    smtp.deliver(handover(&envelope, "e7-r12"), &bytes, None).await
}

/// `act` at `verb`, then an ordinary delivery: what became of the first, and that the second goes through.
async fn first_then_second(verb: &'static str, act: Act) -> Outcome {
    let server = Script::default().with(verb, &[act]).start().await;
    let mut smtp = Smtp::new(settings(server.port)).unwrap();
    let first = deliver(&mut smtp).await;
    let second = deliver(&mut smtp).await;
    assert_eq!(word(&second), "accepted", "after {act:?} at {verb}: {second:?}");
    smtp.close().await;
    first
}

#[tokio::test]
async fn every_reply_at_every_stage_and_the_next_delivery_is_fine() {
    use Act::{Drop, Hang, Say};
    let stages = ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT"];
    let table = [
        (Say("421 4.3.2 closing"), ["throttled"; 7]),
        (Say("451 4.3.0 later"), ["transient"; 7]),
        (Say("550 5.7.1 no"), ["sender", "sender", "sender", "sender", "permanent", "permanent", "permanent"]),
        (Say("550 5.1.1 no such user"), ["sender", "sender", "sender", "sender", "bounced", "permanent", "permanent"]),
        (Say("553 5.1.8 bad sender"), ["sender"; 7]),
        (Say("no number"), ["transient", "transient", "transient", "transient", "transient", "transient", "uncertain"]),
        (Drop, ["transient", "transient", "transient", "transient", "transient", "transient", "uncertain"]),
        (Hang, ["transient", "transient", "transient", "transient", "transient", "transient", "uncertain"]),
    ];
    for (act, wanted) in table {
        for (verb, wanted) in stages.into_iter().zip(wanted) {
            let outcome = first_then_second(verb, act).await;
            assert_eq!(word(&outcome), wanted, "{act:?} at {verb}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn only_a_2xx_at_the_dot_is_accepted() {
    assert_eq!(word(&first_then_second("DOT", Act::Say("354 more?")).await), "uncertain");
    assert_eq!(word(&first_then_second("DATA", Act::Say("250 ok")).await), "transient");
    assert_eq!(word(&first_then_second("RCPT", Act::Say("354 go on")).await), "transient");
    let outcome = first_then_second("DOT", Act::Say("250-2.0.0 queued\r\n250 2.0.0 as 1A2B3C")).await;
    let Outcome::Accepted(reply) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reply.to_string(), "250 2.0.0 queued as 1A2B3C");
}

#[tokio::test]
async fn one_connection_serves_many_and_is_reset_after_a_refusal() {
    let server = Script::default().with("RCPT", &[Act::Say("550 5.1.1 no")]).start().await;
    let mut smtp = Smtp::new(settings(server.port)).unwrap();
    assert_eq!(word(&deliver(&mut smtp).await), "bounced");
    for _ in 0..2 {
        assert_eq!(word(&deliver(&mut smtp).await), "accepted");
    }
    smtp.close().await;
    let heard = server.heard.lock().unwrap().clone();
    let verbs: Vec<_> = heard.iter().map(|line| line.split([' ', ':']).next().unwrap()).collect();
    let transaction = ["MAIL", "RCPT", "DATA", "To"];
    let wanted = [&["(connected)", "EHLO", "AUTH", "MAIL", "RCPT", "RSET"], &transaction[..], &transaction, &["QUIT"]];
    assert_eq!(verbs, wanted.concat());
    assert!(heard.contains(&"MAIL FROM:<bounces+baaabbbcccdddeeefffggghhhiii@example.org>".to_owned()));
    assert!(heard.contains(&"RCPT TO:<office@hillside.example>".to_owned()));
}

#[tokio::test]
async fn a_connection_that_died_of_old_age_is_made_anew() {
    for act in [Act::Drop, Act::Say("421 4.4.2 idle for too long")] {
        let usual = Act::Say("250 2.1.0 ok");
        let server = Script::default().with("MAIL", &[usual, act]).start().await;
        let mut smtp = Smtp::new(settings(server.port)).unwrap();
        assert_eq!(word(&deliver(&mut smtp).await), "accepted");
        assert_eq!(word(&deliver(&mut smtp).await), "accepted", "after {act:?}");
        assert_eq!(server.heard.lock().unwrap().iter().filter(|line| *line == "(connected)").count(), 2);
    }
}

#[tokio::test]
async fn the_message_arrives_byte_for_byte() {
    let server = Script::default().start().await;
    let mut smtp = Smtp::new(settings(server.port)).unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    let dotted = b".first\r\n\r\n..second\r\n.\r\nlast".to_vec();
    for message in [&bytes, &dotted] {
        assert_eq!(word(&smtp.deliver(handover(&envelope, "e7-r12"), message, None).await), "accepted");
    }
    let heard = server.heard.lock().unwrap().clone();
    let contents: Vec<_> = heard.iter().filter(|line| line.contains('\n')).collect();
    assert_eq!(contents[0].strip_suffix(".\r\n").unwrap().as_bytes(), bytes);
    assert_eq!(contents[1], "..first\r\n\r\n...second\r\n..\r\nlast\r\n.\r\n");
}

/// Only a dot that was sent can have been accepted: a message that did not leave us whole is tried again.
#[tokio::test]
async fn a_connection_lost_within_the_message_is_not_uncertain() {
    let server = Script::default().with("DATA", &[Act::SayAndDrop("354 go on")]).start().await;
    let limit = Duration::from_secs(20);
    let timeouts =
        Timeouts { connect: limit, greeting: limit, command: limit, opened: limit, data: limit, quit: limit };
    let mut smtp = Smtp::new(SmtpSettings { timeouts, ..settings(server.port) }).unwrap();
    let (envelope, _) = message("office@hillside.example", "e7-r12").unwrap();
    let more_than_any_buffer = "0123456789abcde\r\n".repeat(2_000_000);
    let outcome = smtp.deliver(handover(&envelope, "e7-r12"), more_than_any_buffer.as_bytes(), None).await;
    assert_eq!(word(&outcome), "transient", "{outcome:?}");
}

#[tokio::test]
async fn a_reply_is_masked_and_short() {
    let text = "550 5.1.1 <office@hillside.example>: no such user";
    let Outcome::Permanent { reply, .. } = first_then_second("RCPT", Act::Say(text)).await else { panic!() };
    assert_eq!(reply.to_string(), "550 5.1.1 <…@hillside.example>: no such user");
}

#[tokio::test]
async fn nobody_listening_is_no_fault_of_the_recipient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let outcome = deliver(&mut Smtp::new(settings(port)).unwrap()).await;
    let Outcome::Transient(reply) = outcome else { panic!("{outcome:?}") };
    assert!(reply.text.contains(&format!("no connection to 127.0.0.1:{port}")), "{reply}");
}

#[tokio::test]
async fn a_login_that_the_relay_does_not_know_stops_the_run() {
    let server = Script::default().with("EHLO", &[Act::Say("250 fake.example")]).start().await;
    assert_eq!(word(&deliver(&mut Smtp::new(settings(server.port)).unwrap()).await), "sender");
}

#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let server = Script::default().start().await;
    let mut smtp = Smtp::new(SmtpSettings { tls: Tls::Starttls, ..settings(server.port) }).unwrap();
    assert_eq!(word(&deliver(&mut smtp).await), "transient");
    assert!(!server.heard.lock().unwrap().iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")));
}

/// Plaintext that comes with the reply to STARTTLS must not pass for an answer inside TLS (RFC 3207 §6).
#[tokio::test]
async fn plaintext_before_the_handshake_is_not_taken_for_an_answer() {
    let script = Script::default()
        .with("EHLO", &[Act::Say("250-fake.example\r\n250 STARTTLS")])
        .with("STARTTLS", &[Act::Say("220 go on\r\n250-evil.example\r\n250 AUTH PLAIN")]);
    let server = script.start().await;
    let mut smtp = Smtp::new(SmtpSettings { tls: Tls::Starttls, ..settings(server.port) }).unwrap();
    let outcome = deliver(&mut smtp).await;
    let Outcome::Transient(reply) = &outcome else { panic!("{outcome:?}") };
    assert!(reply.text.contains("before TLS began"), "{reply}");
    assert!(!server.heard.lock().unwrap().iter().any(|line| line.starts_with("AUTH")));
}

#[test]
fn a_ca_file_without_a_certificate_is_refused() {
    let settings = SmtpSettings { tls: Tls::Starttls, ca_pem: Some(b"hello".to_vec()), ..settings(25) };
    let Err(error) = Smtp::new(settings) else { panic!("it was taken") };
    assert!(error.to_string().contains("mail.ca_file"), "{error}");
}
