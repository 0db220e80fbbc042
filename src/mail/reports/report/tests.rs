//! Reports as real servers write them, in invented words.

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
    read(message.as_bytes()).unwrap().expect("a report").event
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
    let report = read(dsn(&format!("{about}Action: failed"), "").as_bytes()).unwrap().unwrap();
    assert_eq!(report.names, ["e7-xyz"]);
}

#[test]
fn our_marks_are_found_in_what_came_back() {
    let header = "Return-Path: <bounces+tok1@example.org>\r\nList-Unsubscribe: <https://x.example/u/tok2>,\r\n \
                  <mailto:unsubscribe+tok2@example.org?subject=unsubscribe>\r\nMessage-ID: <e7-abc@example.org>\r\n\r\n\
                  Message-ID: <e8-forged@example.org>";
    let report = read(dsn("Action: failed\r\nStatus: 5.1.1", header).as_bytes()).unwrap().unwrap();
    assert_eq!(report.addresses, ["bounces+tok1@example.org", "unsubscribe+tok2@example.org"]);
    assert_eq!(report.names, ["e7-abc"]);
}

#[test]
fn a_report_names_two_deliveries_at_most() {
    let envelope = "Original-Envelope-Id: e7-a\r\n".repeat(50);
    let group = format!("{envelope}\r\nAction: failed\r\nStatus: 5.1.1\r\n{envelope}");
    let returned = "Message-ID: <e7-b@example.org>\r\n".repeat(50);
    let report = read(dsn(&group, &returned).as_bytes()).unwrap().unwrap();
    assert_eq!(report.names, ["e7-a", "e7-b"]);
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
    let found = read(report("abuse").as_bytes()).unwrap().unwrap();
    assert_eq!((found.addresses, found.names), (vec!["bounces+tok@example.org".into()], vec!["e7-abc".into()]));
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
    let report = read(exim("x").as_bytes()).unwrap().unwrap();
    assert_eq!((report.addresses, report.names), (vec!["bounces+abc@example.org".into()], vec!["e7-abc".into()]));
}

#[test]
fn other_mail_is_no_report() {
    for mail in
        ["Subject: hello\n\nI am away until Monday, 550 5.1.1", "", "\0\u{fffd}", "Auto-Submitted: auto-replied\n\nx"]
    {
        assert_eq!(read(mail.as_bytes()), Ok(None), "{mail}");
    }
}
