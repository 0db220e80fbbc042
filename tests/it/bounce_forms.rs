//! Bounces, complaints, automatic replies and wishes in the clothes that the world sends them in: every form with the mark
//! in every place where a server may have left it. Through the built binary, one message each.

use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, entry};

const MONDAY: &str = "2026-11-30T08:00:00Z";
const GONE: &str = "a bounce; the mailbox gets no more mail";
const COMPLAINT: &str = "a complaint; the mailbox gets no more mail";
const AUTOMATIC: &str = "an automatic reply; nothing changed";
const HARMLESS: &str = "a report of a delay or a delivery; nothing changed";
const NOT_UNDERSTOOD: &str = "not understood";

/// The marks of a mail that went to one mailbox.
struct Marks {
    reverse_path: String,
    leave: String,
    link: String,
    message_id: String,
}

/// Sends one edition to some mailboxes, and reads the marks of the last one's mail.
fn sent() -> (Fixture, Marks) {
    // Enough that one that bounces is no wave.
    let many = (0..12).map(|n| format!("\"box{n:0>2}@hill.example\"")).collect::<Vec<_>>().join(", ");
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Hill", "school", &format!("[{many}]"), "[\"4-5\"]")));
    fixture.at(MONDAY, &["send"]).exits(0);
    let mail = fixture.mails().pop().unwrap();
    let raw = String::from_utf8(mail.raw).unwrap().replace("\r\n", "\n").replace("\n ", " ");
    let field = |name: &str| raw.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let inside = |text: &str, from: &str| text.split(from).nth(1).unwrap().split(['>', '?']).next().unwrap().to_owned();
    let unsubscribe = field("List-Unsubscribe:");
    let marks = Marks {
        reverse_path: field("Return-Path:").trim_matches(['<', '>']).to_owned(),
        leave: inside(&unsubscribe, "<mailto:"),
        link: format!("https{}", inside(&unsubscribe, "<https")),
        message_id: field("Message-ID:"),
    };
    (fixture, marks)
}

/// A message: its header after `To`, and its body.
#[derive(Clone)]
struct Form {
    name: &'static str,
    header: String,
    body: String,
}

fn form(name: &'static str, header: &str, body: &str) -> Form {
    Form { name, header: header.to_owned(), body: body.to_owned() }
}

/// Where the copy of our mail goes in a body.
const COPY: &str = "@COPY@";

/// What servers write about a mailbox that does not exist. Each says 5.1.1.
fn bounces() -> Vec<Form> {
    let dsn = |kind: &str, copy: &str| {
        format!(
            "--b\n\nIt came back.\n--b\nContent-Type: {kind}\n\nReporting-MTA: dns; relay.example\n\n\
             Final-Recipient: rfc822; someone@else.example\nAction: failed\nStatus: 5.1.1\n\n\
             --b\nContent-Type: {copy}\n\n{COPY}\n--b--\n"
        )
    };
    let report = "From: x@relay.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b";
    let mixed = "From: MAILER-DAEMON@relay.example\nContent-Type: multipart/mixed; boundary=b";
    let daemon = "From: MAILER-DAEMON@relay.example\nSubject: failure notice";
    let text = |words: &str| format!("{words}\n\n--- Below this line is a copy of the message.\n\n{COPY}\n");
    let said = "550 5.1.1 <box@invented.example>: no such user";
    vec![
        form("a notification", report, &dsn("message/delivery-status", "message/rfc822")),
        form("a notification with headers only", report, &dsn("message/delivery-status", "text/rfc822-headers")),
        form("an international notification", report, &dsn("message/global-delivery-status", "message/global-headers")),
        form("a notification called text", mixed, &dsn("text/plain", "message/rfc822")),
        form("a notification called octets", mixed, &dsn("application/octet-stream", "message/rfc822")),
        form(
            "a notification from a postmaster",
            &mixed.replace("MAILER-DAEMON", "postmaster"),
            &dsn("text/plain", "message/rfc822"),
        ),
        form(
            "qmail",
            daemon,
            &text("Hi. This is the program at mx.example.\n\n<box@x.example>:\nNo mailbox here by that name. (#5.1.1)"),
        ),
        form(
            "the DragonFly agent",
            "From: MAILER-DAEMON <>\nSubject: Mail delivery failed",
            &format!("mx.example refused the recipient:\n{said}\n\nMessage headers follow.\n\n{COPY}"),
        ),
        form(
            "OpenSMTPD",
            "From: Mailer Daemon <MAILER-DAEMON@a.example>\nSubject: Delivery status notification: error",
            &format!("    Hi!\n\nbox@x.example: {said}\n\n    Below is a copy of the original message:\n\n{COPY}"),
        ),
        form(
            "Zoho",
            &mixed.replace("MAILER", "mailer"),
            &format!(
                "--b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nThis is a permanent error.=20\n\nbox Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.=\n1 <box>... User Unknown\n\n{COPY}\n--b--"
            ),
        ),
        form(
            "Exchange",
            "From: System Administrator <postmaster@x.example>\nReturn-Path: <>\nSubject: Undeliverable: a digest",
            &format!(
                "did not reach the following recipient:\n\nbox@x.example\n    #550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n\n{COPY}"
            ),
        ),
        form(
            "GMX",
            "From: MAILER-DAEMON@mail.example\nSubject: Mail delivery failed: returning message to sender",
            &format!(
                "The following address failed:\n\n\"box@x.example\":\nhost: mx.example\n5.1.1 <box>... unknown\n\n--- The header of the original message is following. ---\n\n{COPY}"
            ),
        ),
        form(
            "Exim",
            "From: Mail Delivery System <x@y.example>\nX-Failed-Recipients: box@x.example\nAuto-Submitted: auto-replied",
            &format!("    {said}\n\n------ This is a copy of the message, including all the headers. ------\n\n{COPY}"),
        ),
        form(
            "a page",
            "From: MAILER-DAEMON@a.example\nContent-Type: text/html",
            &format!("<html><p>Undeliverable: <b>{said}</b></p><pre>Received: x\n{COPY}</pre>"),
        ),
        form(
            "a daemon that answers by itself",
            &format!("{daemon}\nAuto-Submitted: auto-replied\nPrecedence: bulk"),
            &text(said),
        ),
        form(
            "a report without its status",
            report,
            &format!("--b\n\n{said}\n--b\nContent-Type: message/rfc822\n\n{COPY}\n--b--"),
        ),
    ]
}

/// The message with the mark at one place of its header, or in the copy of our mail.
fn at(form: &Form, header: &str, copy: &str) -> String {
    let copy = format!("Subject: a digest\n{copy}\nFrom: us@example.org");
    format!("{header}\n{}\nMIME-Version: 1.0\n\n{}", form.header, form.body.replace(COPY, &copy))
}

/// Every place where a mark of ours is found: what is added to the header, and to the header of the copy.
fn places(marks: &Marks) -> Vec<(&'static str, String, String)> {
    let other = "To: office@example.org";
    let top = |name: &'static str, path: &str| (name, format!("{other}\n{name}: {path}"), String::new());
    let back = |name: &'static str, value: &str| (name, other.to_owned(), format!("{name}: {value}"));
    let path = &marks.reverse_path;
    vec![
        ("To", format!("To: <{path}>"), String::new()),
        ("To, in capitals", format!("To: {}", path.to_uppercase()), String::new()),
        ("To, folded", format!("To: someone <office@example.org>,\n\tus <{path}>"), String::new()),
        top("Cc", path),
        top("Delivered-To", path),
        top("X-Original-To", path),
        top("Envelope-To", path),
        top("X-Envelope-To", path),
        top("Apparently-To", path),
        top("X-Apparently-To", path),
        top("Received", &format!("from a.example by b.example\n\tfor <{path}>; Mon, 30 Nov 2026 09:00:00 +0000")),
        top("Original-Envelope-Id", marks.message_id.split('@').next().unwrap()),
        back("Return-Path", &format!("<{path}>")),
        back("X-Original-Return-Path", &format!("<prvs=123456789a={path}>")),
        back("Message-ID", &marks.message_id),
        back("List-Unsubscribe", &format!("<{}>", marks.link)),
        back("List-Unsubscribe", &format!("<mailto:{}?subject=unsubscribe>", marks.leave)),
        back("X-Cut-Here", &format!("{}/", marks.link)),
    ]
}

/// What the program says of each message, all in one run.
fn said(fixture: &Fixture, messages: &[String]) -> Vec<String> {
    let names: Vec<String> =
        (0..messages.len()).map(|n| fixture.path(&format!("m{n}")).display().to_string()).collect();
    for (name, text) in names.iter().zip(messages) {
        std::fs::write(name, text).unwrap();
    }
    let arguments: Vec<&str> = ["bounce"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let ran = fixture.at(MONDAY, &arguments).exits(0);
    let lines: Vec<String> = ran.stdout.lines().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect();
    assert_eq!(lines.len(), messages.len());
    lines
}

fn suppressed(fixture: &Fixture) -> Vec<String> {
    let list = fixture.run(&["suppressions", "list", "--json"]).exits(0).json();
    list.as_array().unwrap().iter().map(|row| row["address"].as_str().unwrap().to_owned()).collect()
}

/// Fails the test unless each message is understood so; the names say which is which.
#[track_caller]
fn each_is(fixture: &Fixture, messages: Vec<(String, String)>, expected: &str) {
    let (names, texts): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
    let wrong: Vec<String> = said(fixture, &texts)
        .into_iter()
        .zip(&names)
        .filter(|(said, _)| !said.contains(expected))
        .map(|(said, name)| format!("{name}: {said}"))
        .collect();
    assert!(wrong.is_empty(), "of {}, {} are not “{expected}”:\n{}", names.len(), wrong.len(), wrong.join("\n"));
}

#[test]
fn a_bounce_is_understood_in_every_form_wherever_the_mark_stands() {
    let (fixture, marks) = sent();
    let mut messages = Vec::new();
    for form in bounces() {
        for (place, header, copy) in places(&marks) {
            let name = format!("{} with the mark in {place}", form.name);
            messages.push((format!("{name}, CRLF"), at(&form, &header, &copy).replace('\n', "\r\n")));
            messages.push((name, at(&form, &header, &copy)));
        }
    }
    each_is(&fixture, messages, GONE);
    assert_eq!(suppressed(&fixture), ["box11@hill.example"]);
}

#[test]
fn a_bounce_without_our_mark_changes_nothing_in_any_form() {
    let (fixture, marks) = sent();
    let bent = |text: &str| {
        text.replace(&marks.leave[12..30], &"a".repeat(18)).replace(&marks.reverse_path[8..26], &"a".repeat(18))
    };
    let mut messages = Vec::new();
    for form in bounces() {
        for (place, header, copy) in
            places(&marks).into_iter().filter(|(place, ..)| !place.contains("Id") && !place.contains("ID"))
        {
            if place != "To, in capitals" {
                messages.push((format!("{} with a bent mark in {place}", form.name), bent(&at(&form, &header, &copy))));
            }
        }
    }
    each_is(&fixture, messages, "no mail of ours");
    assert_eq!(suppressed(&fixture), [""; 0]);
}

/// Complaints: the machine's form, Outlook.com's, X-ARF, and one that lost its part for programs.
fn complaints() -> Vec<Form> {
    let mixed = "Content-Type: multipart/mixed; boundary=b";
    let copy = |more: &str| format!("--b\nContent-Type: message/rfc822\n\n{more}{COPY}\n--b--\n");
    let feedback = "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n";
    let with = |kind: &str| format!("--b\n\nA complaint.\n--b\nContent-Type: {kind}\n\n{feedback}\n{}", copy(""));
    let arf = "From: fbl@a.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b";
    let outlook = format!("From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n{mixed}");
    vec![
        form("a feedback report", arf, &with("message/feedback-report")),
        form("a feedback report called text", &format!("From: fbl@a.example\n{mixed}"), &with("text/plain")),
        form("a feedback report without its part", arf, &copy("")),
        form("Outlook.com", &outlook, &copy("X-HmXmrOriginalRecipient: box@invented.example\n")),
        form("Outlook.com, without the recipient", &outlook, &copy("")),
        form(
            "Outlook.com, by another name",
            &format!("From: jmrp@a.example\n{mixed}"),
            &copy("X-HmXmrOriginalRecipient: a@b.example\n"),
        ),
        form("X-ARF", &format!("From: abuse@a.example\nX-XARF: PLAIN\n{mixed}"), &copy("")),
    ]
}

#[test]
fn a_complaint_is_understood_in_every_form_wherever_the_mark_stands() {
    let (fixture, marks) = sent();
    let mut messages = Vec::new();
    for form in complaints() {
        for (place, header, copy) in places(&marks) {
            messages.push((format!("{} with the mark in {place}", form.name), at(&form, &header, &copy)));
        }
    }
    each_is(&fixture, messages, COMPLAINT);
    assert_eq!(suppressed(&fixture), ["box11@hill.example"]);
}

/// Fields that only a program's answer has.
const ANSWERS: [&str; 19] = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: AUTO-REPLIED (vacation)",
    "Auto-Submitted: auto-notified; owner-email=\"a@b.example\"",
    "X-Autoreply: yes",
    "X-Autoreply:",
    "X-Autoreply-From: a@b.example",
    "X-Autoreply-Domain: b.example",
    "X-Auto-Reply-From: a@b.example",
    "X-Mail-Autoreply: a@b.example",
    "X-Autorespond: a digest",
    "X-Autogenerated: Reply",
    "Precedence: auto_reply",
    "X-Precedence: auto_reply",
    "X-Auto-Response-Suppress: All",
    "X-Auto-Response-Suppress: DR, NDR, RN, NRN, OOF, AutoReply",
    "X-FC-MachineGenerated: true",
    "X-Apple-Action: VACATION",
    "Subject: Automatic reply: a digest",
    "Subject: Out of Office Re: a digest",
];

/// What such answers say, in each dress.
fn answers() -> Vec<Form> {
    let words = "I am away until 5.1.26. Mail for me is returned, and user unknown to me is the new colleague.";
    let both = format!("--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: text/html\n\n<p>{words}\n--b--");
    vec![
        form("plain", "From: a@b.example", words),
        form("empty", "From: a@b.example", ""),
        form("from nobody", "Return-Path: <>\nFrom: a@b.example", words),
        form("a page", "From: a@b.example\nContent-Type: text/html", words),
        form("both", "From: a@b.example\nContent-Type: multipart/alternative; boundary=b", &both),
    ]
}

#[test]
fn no_automatic_reply_is_a_wish_or_a_bounce() {
    let (fixture, marks) = sent();
    let mut messages = Vec::new();
    for form in answers() {
        for address in [&marks.leave, &marks.reverse_path] {
            for field in ANSWERS {
                let header = format!("To: {address}\n{field}");
                messages.push((format!("{} to {}: {field}", form.name, &address[..7]), at(&form, &header, "")));
            }
        }
        if form.name == "from nobody" {
            messages.push(("to leave, from nobody".to_owned(), at(&form, &format!("To: {}", marks.leave), "")));
        }
    }
    each_is(&fixture, messages, AUTOMATIC);
    assert_eq!(suppressed(&fixture), [""; 0]);
}

#[test]
fn a_delay_is_no_failure_in_any_form() {
    let (fixture, marks) = sent();
    let words = "THIS IS A WARNING MESSAGE ONLY.\n\nDelivery has been delayed: 450 4.2.2 mailbox full.\nMessage will be retried for 2 more days";
    let mut messages = Vec::new();
    for (from, subject) in [
        ("MAILER-DAEMON@a.example", "Delivery Status Notification (Delay)"),
        ("Mailer Daemon <MAILER-DAEMON@a.example>", "Delivery status notification: warning"),
        ("postmaster@a.example", "Delayed Mail (still being retried)"),
        ("no-reply@a.example", "Warning--Could not send mail for past 8.5 hours"),
    ] {
        messages.push((
            subject.to_owned(),
            format!("To: {}\nFrom: {from}\nSubject: {subject}\n\n{words}\n", marks.reverse_path),
        ));
    }
    each_is(&fixture, messages, HARMLESS);
    assert_eq!(suppressed(&fixture), [""; 0]);
}

/// A person may use a form that programs use, too: their wish is never lost.
#[test]
fn a_wish_is_understood_whoever_writes_it() {
    for header in [
        "From: a@b.example\nSubject: unsubscribe",
        "From: a@b.example\nAuto-Submitted: auto-generated",
        // Apple's button calls itself an automatic reply.
        "From: a@icloud.example\nAuto-Submitted: auto-replied\nX-Apple-Unsubscribe: true",
        "From: postmaster@b.example\nSubject: unsubscribe\nX-Auto-Response-Suppress: None",
        "From: a@b.example\nPrecedence: bulk",
    ] {
        let (fixture, marks) = sent();
        let message = format!(
            "To: {}\n{header}\n\nThe old mailbox does not exist any more. It was undeliverable.\n",
            marks.leave
        );
        assert_eq!(said(&fixture, &[message]), ["Hill left"], "{header}");
    }
}

/// What carries a mark of ours and makes no sense is counted, and named.
#[test]
fn what_is_not_understood_is_told() {
    let (fixture, marks) = sent();
    let messages = vec![
        (
            "a riddle".to_owned(),
            format!("From: a@b.example\nTo: {}\nSubject: hm\n\nWhat is this?\n", marks.reverse_path),
        ),
        (
            "passed on".to_owned(),
            format!("From: a@b.example\nTo: team@example.org\nSubject: Fwd\n\n> {}\n", marks.link),
        ),
    ];
    each_is(&fixture, messages, NOT_UNDERSTOOD);
    fixture.run(&["bounce", &fixture.path("config.toml").display().to_string()]).exits(0).says("no unsubscribe token");
    let status = fixture.at(MONDAY, &["status"]).exits(0);
    status.says("2 about a mail of ours and not understood");
    let reports = fixture.at(MONDAY, &["status", "--json"]).exits(0).json()["reports"].clone();
    assert_eq!((&reports["not-understood"], &reports["bounced"]), (&Value::from(2), &Value::from(0)), "{reports}");
    assert_eq!(suppressed(&fixture), [""; 0]);
}

/// What the receiving server said counts where it says less than the status.
#[test]
fn a_diagnostic_that_says_less_decides() {
    let (fixture, marks) = sent();
    let dsn = |status: &str, said: &str| {
        format!(
            "To: {}\nFrom: MAILER-DAEMON@relay.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
             --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\nAction: failed\nStatus: {status}\n\
             Diagnostic-Code: SMTP; {said}\n\n--b--\n",
            marks.reverse_path
        )
    };
    for (status, said, expected) in [
        ("5.1.1", "550 5.7.1 sending address is on a block list", "policy"),
        ("5.1.1", "552 5.2.2 Over quota", "edition 1 in a row of 3"),
        ("5.1.3", "553 http://www.spamhaus.example/query/bl?ip=192.0.2.222", "policy"),
        ("5.0.0", "550 IP address blacklisted by recipient", "policy"),
        ("5.0.0", "554 rejected due to poor reputation", "policy"),
        ("5.1.1", "550 no such user", GONE),
    ] {
        // Told twice is told once, so each has a store of its own.
        let message = dsn(status, said);
        let (other, theirs) = sent();
        let found = self::said(&other, &[message.replace(&marks.reverse_path, &theirs.reverse_path)]);
        assert!(found[0].contains(expected), "{status} {said}: {found:?}");
    }
    drop(fixture);
}
