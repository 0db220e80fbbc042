//! SMTP against a real Postfix.

use std::time::Duration;

use fortnightly::domain::delivery::Outcome;
use fortnightly::domain::subscriber::SuppressionReason;
use fortnightly::mail::{Smtp, SmtpSettings, Timeouts, Tls, Transport};

use super::{address, handover, message, with_unix_lines};
use crate::support::postfix::{DOMAIN, Postfix};

fn settings(port: u16) -> SmtpSettings {
    let limit = Duration::from_secs(20);
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        login: None,
        ca_pem: None,
        hello: "sender.example".to_owned(),
        timeouts: Timeouts { connect: limit, greeting: limit, command: limit, opened: limit, data: limit, quit: limit },
    }
}

async fn deliver(smtp: &mut Smtp, local: &str) -> (Outcome, Vec<u8>) {
    let (envelope, bytes) = message(&format!("{local}@{DOMAIN}"), local).unwrap();
    (smtp.deliver(handover(&envelope, local), &bytes, None).await, bytes)
}

async fn arrives(postfix: &Postfix, smtp: &mut Smtp, local: &str) {
    let (outcome, bytes) = deliver(smtp, local).await;
    assert!(matches!(&outcome, Outcome::Accepted(reply) if reply.code == Some(250)), "{outcome:?}");
    let mail = postfix.mail_for(&format!("{local}@{DOMAIN}"));
    assert!(mail.ends_with(&format!("\n{}", with_unix_lines(&bytes))), "changed on the way:\n{mail}");
    assert!(mail.starts_with("Return-Path: <bounces+baaabbbcccdddeeefffggghhhiii@example.org>\n"), "{mail}");
}

#[tokio::test]
async fn a_real_relay_takes_and_refuses() {
    let Some(postfix) = Postfix::start() else { return };
    let mut smtp = Smtp::new(settings(postfix.port)).unwrap();
    arrives(&postfix, &mut smtp, "office").await;

    let (outcome, _) = deliver(&mut smtp, "later").await;
    assert!(matches!(&outcome, Outcome::Transient(reply) if reply.code == Some(451)), "{outcome:?}");

    let (outcome, _) = deliver(&mut smtp, "nobody").await;
    let Outcome::Permanent { reply, suppress } = outcome else { panic!("{outcome:?}") };
    assert_eq!((reply.code, suppress), (Some(550), Some(SuppressionReason::Bounced)));
    assert!(reply.text.contains("<…@hillside.example>") && !reply.text.contains("nobody@"), "{reply}");

    let (outcome, _) = deliver(&mut smtp, "full").await;
    assert!(matches!(&outcome, Outcome::Permanent { suppress: None, .. }), "{outcome:?}");

    let (mut envelope, bytes) = message(&format!("office2@{DOMAIN}"), "office2").unwrap();
    envelope.from = address("bounces@refused.example");
    let outcome = smtp.deliver(handover(&envelope, "office2"), &bytes, None).await;
    assert!(matches!(&outcome, Outcome::SenderRefused(reply) if reply.code == Some(550)), "{outcome:?}");

    // None of the refusals harmed what came after, and nothing but the accepted ones arrived.
    arrives(&postfix, &mut smtp, "office3").await;
    smtp.close().await;
    assert_eq!(postfix.mails().len(), 2);
}

#[tokio::test]
async fn a_real_relay_over_tls() {
    let Some(postfix) = Postfix::start() else { return };
    for (tls, port, local) in [(Tls::Starttls, postfix.port, "starttls"), (Tls::Implicit, postfix.tls_port, "implicit")]
    {
        let trusting = SmtpSettings { tls, ca_pem: Some(postfix.certificate()), ..settings(port) };
        let mut smtp = Smtp::new(trusting).unwrap();
        arrives(&postfix, &mut smtp, local).await;
        arrives(&postfix, &mut smtp, &format!("{local}2")).await;
        smtp.close().await;

        let (outcome, _) = deliver(&mut Smtp::new(SmtpSettings { tls, ..settings(port) }).unwrap(), "stranger").await;
        let Outcome::Transient(reply) = outcome else { panic!("an unknown certificate was trusted: {outcome:?}") };
        assert!(reply.text.contains("certificate"), "{reply}");
    }
    assert_eq!(postfix.mails().len(), 4);
    assert!(postfix.mails().iter().all(|mail| mail.contains("using TLSv1.3")), "sent in the clear");
}
