//! Reports and wishes as real servers and programs write them, in invented words.

use super::*;

fn dsn(status: &str, returned: &str) -> String {
    format!(
        "From: MAILER-DAEMON@relay.example\r\nTo: bounces+abc@example.org\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--b--\r\n"
    )
}

#[track_caller]
fn event(message: &str) -> Event {
    match Incoming::read(message.as_bytes()).content {
        Content::Report(event) => event,
        other => panic!("no report but {other:?}: {message}"),
    }
}

fn failed(status: &str) -> Event {
    Event::Failed(status.parse().ok())
}

#[test]
fn the_status_comes_from_the_recipient_that_failed() {
    let about = "Reporting-MTA: dns; relay.example\r\nOriginal-Envelope-Id: e7-xyz\r\n\r\n";
    for (group, expected) in [
        ("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1", failed("5.1.1")),
        ("Final-recipient: RFC822;a@b.example\r\nACTION: Failed\r\nstatus: 5.2.2 (mailbox full)", failed("5.2.2")),
        // Exchange: a vague status, and the truth in the diagnostic code.
        (
            "Action: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp;550 5.1.10\r\n RESOLVER.ADR.RecipientNotFound",
            failed("5.1.10"),
        ),
        ("Action: failed\r\nDiagnostic-Code: smtp; 550-5.1.1 The account does not exist", failed("5.1.1")),
        ("Action: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 no", failed("5.0.0")),
        ("Action: failed", Event::Failed(None)),
        ("Status: 5.1.1", failed("5.1.1")),
        ("Action: failed\r\nStatus: 4.4.7", failed("4.4.7")),
        ("Action: delayed\r\nStatus: 4.4.1", Event::Nothing),
        ("Action: delivered\r\nStatus: 2.0.0", Event::Nothing),
        ("Action: relayed\r\nStatus: 2.0.0\r\n\r\nAction: failed\r\nStatus: 5.7.1", failed("5.7.1")),
    ] {
        assert_eq!(event(&dsn(&format!("{about}{group}"), "")), expected, "{group}");
    }
}

#[test]
fn the_server_that_refused_it_comes_before_the_one_that_says_so() {
    let server = |report: &str| Incoming::read(report.as_bytes()).server;
    for (status, expected) in [
        ("Reporting-MTA: dns; Relay.Example\r\n\r\nRemote-MTA: dns; mx.example\r\n", Some("mx.example")),
        ("reporting-mta: dns;relay.example.\r\n", Some("relay.example")),
        ("Reporting-MTA: mx.example (192.0.2.1)\r\n", Some("mx.example")),
        ("Reporting-MTA: dns;\r\n mx.example\r\n", Some("mx.example")),
        ("Reporting-MTA: dns; a@b.example\r\n", None),
        ("Reporting-MTA: dns; localhost\r\nRemote-MTA:\r\n", None),
        ("X-Reporting-MTA: dns; mx.example\r\n", None),
        ("Reporting-MTA: dns; \u{fc}.example\r\n", None),
        ("", None),
    ] {
        // What our own mail says is not the server's word.
        assert_eq!(server(&dsn(status, "Remote-MTA: dns; ours.example")).as_deref(), expected, "{status}");
    }
    assert_eq!(server(&dsn(&format!("Reporting-MTA: {}.example", "a".repeat(300)), "")), None);
    let encoded = dsn("UmVtb3RlLU1UQTogZG5zOyBteC5leGFtcGxlDQo=", "");
    let delivery_status = "message/delivery-status\r\n";
    let base64 = format!("{delivery_status}Content-Transfer-Encoding: base64\r\n");
    assert_eq!(server(&encoded.replace(delivery_status, &base64)).as_deref(), Some("mx.example"));
}

#[test]
fn complaints_are_told_from_other_feedback() {
    let report = |kind: &str| {
        format!(
            "To: fbl@example.org\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
             --b\nContent-Type: text/plain\n\nA complaint.\n--b\nContent-Type: message/feedback-report\n\n\
             Feedback-Type: {kind}\nUser-Agent: x/1\nVersion: 1\nOriginal-Mail-From: <bounces+tok@example.org>\n\
             \n--b\nContent-Type: message/rfc822\n\nMessage-ID: <e7-abc@example.org>\nSubject: x\n\nbody\n--b--\n"
        )
    };
    for kind in ["abuse", "Abuse", "fraud", "other", "opt-out", "virus"] {
        assert_eq!(event(&report(kind)), Event::Complaint, "{kind}");
    }
    for kind in ["not-spam", "auth-failure"] {
        assert_eq!(event(&report(kind)), Event::Nothing, "{kind}");
    }
}

#[test]
fn exim_says_it_in_plain_text() {
    let exim = |why: &str| {
        format!(
            "X-Failed-Recipients: office@hillside.example\nAuto-Submitted: auto-replied\n\
             From: Mail Delivery System <Mailer-Daemon@mx.example>\nTo: bounces+abc@example.org\n\
             Subject: Mail delivery failed: returning message to sender\n\n\
             This message was created automatically by mail delivery software.\n\n  office@hillside.example\n{why}\n\n\
             ------ This is a copy of the message, including all the headers. ------\n\n\
             Return-path: <bounces+abc@example.org>\nMessage-ID: <e7-abc@example.org>\nSubject: 550 5.1.1 hello\n\nbody\n"
        )
    };
    let host = "    host mx.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<office@hillside.example>:";
    for (why, expected) in [
        (format!("{host}\n    550 5.1.1 <office@hillside.example>: no such user"), failed("5.1.1")),
        (format!("{host}\n    550-5.2.1 The mailbox is\n    550 5.2.1 disabled"), failed("5.2.1")),
        (format!("{host}\n    550 No such user here"), Event::Failed(None)),
        ("    Unrouteable address".to_owned(), Event::Failed(None)),
        ("    retry time not reached, Exim 4.96.1 version 5.1.1".to_owned(), Event::Failed(None)),
    ] {
        assert_eq!(event(&exim(&why)), expected, "{why}");
    }
}

#[test]
fn other_mail_is_no_report() {
    for (mail, expected) in [
        ("Subject: hello\n\nI am away until Monday 5.1.26", Content::Other),
        ("From: a@b.example\nSubject: hello\n\nIt does not exist", Content::PerhapsReport(Event::Failed(None))),
        ("", Content::Other),
        ("\0\u{fffd}", Content::Other),
        ("Auto-Submitted: auto-replied\n\nx", Content::Automatic),
    ] {
        assert_eq!(Incoming::read(mail.as_bytes()).content, expected, "{mail}");
    }
}

#[test]
fn finds_the_recipient_wherever_a_server_put_it() {
    let mails = [
        "To: <unsubscribe+abc@example.org>\r\nSubject: x\r\n\r\n",
        "To: UNSUBSCRIBE+abc@EXAMPLE.ORG\n\nhello\n",
        "To: team@example.org\r\nDelivered-To: unsubscribe+abc@example.org\r\n\r\n",
        "X-Original-To: unsubscribe+abc@example.org\r\nTo: \"a, b\" <team@example.org>\r\n\r\n",
        "Cc: Team <team@example.org>, Leave <unsubscribe+abc@example.org>\r\n\r\n",
        "Received: from a.example\r\n\tby b.example for <unsubscribe+abc@example.org>; Mon, 1 Jan\r\n\r\n",
    ];
    for mail in mails {
        let incoming = Incoming::read(mail.as_bytes());
        assert_eq!(incoming.tokens("unsubscribe").collect::<Vec<_>>(), ["abc"], "{mail}");
        assert_eq!(incoming.content, Content::Other);
    }
    let two = Incoming::read(b"To: back+office+abc@example.org\r\n\r\n");
    assert_eq!(two.tokens("back+office").collect::<Vec<_>>(), ["abc"]);
    for nothing in [&b""[..], b"\0\xff", b"no header at all"] {
        assert_eq!(Incoming::read(nothing).tokens("unsubscribe").count(), 0);
    }
}

#[test]
fn knows_what_no_person_wrote() {
    let content = |field: &str| Incoming::read(format!("From: a@b.example\r\n{field}\r\n\r\n").as_bytes()).content;
    for answer in [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Replied; owner-email=a@b.example",
        "Auto-Submitted: auto-replied (vacation)",
        "Auto-Submitted: auto-notified",
        "X-Autoreply: yes",
        "X-Autorespond: about a digest",
        "Precedence: auto_reply",
        "X-Auto-Response-Suppress: DR, NDR, RN, NRN, OOF",
        "X-Auto-Response-Suppress: NRN",
        "Delivered-To: Autoresponder",
        "Subject: Automatic reply: a digest",
        "Subject: =?utf-8?q?Ateb_awtomatig:_digest?=",
        "Subject: Out of Office",
    ] {
        assert_eq!(content(answer), Content::Automatic, "{answer}");
    }
    for wish in [
        "Auto-Submitted: no",
        "Auto-Submitted: auto-generated",
        "Auto-Submitted: no (really)",
        "Auto-Submitted:",
        "Auto-Submitted: auto-replied\r\nX-Apple-Unsubscribe: true",
        "X-Autoreply: no",
        "X-Auto-Response-Suppress: None",
        "Precedence: bulk",
        "Subject: unsubscribe",
    ] {
        assert_eq!(content(wish), Content::Other, "{wish}");
    }
    for (path, is_from_nobody) in [("<>", true), ("", true), ("MAILER-DAEMON", true), ("<a@b.example>", false)] {
        let incoming = Incoming::read(format!("Return-Path: {path}\r\n\r\n").as_bytes());
        assert_eq!(incoming.is_from_nobody, is_from_nobody, "{path}");
    }
}
