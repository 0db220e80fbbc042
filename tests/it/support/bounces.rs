//! What mail servers write when a mail of ours does not arrive.

use std::fs;

use super::fixture::{Fixture, Ran};

/// The newest mail to `to`, as it left into the Maildir.
#[track_caller]
pub(crate) fn mail_to(fixture: &Fixture, to: &str) -> String {
    let files = fs::read_dir(fixture.path("var/mail/new")).unwrap().map(|file| file.unwrap().path());
    let mails = files.map(|path| (path.clone(), fs::read_to_string(path).unwrap()));
    mails.filter(|(_, text)| text.contains(&format!("To: {to}\n"))).max().expect("a mail").1
}

/// The report that the mail server `server` sends back about the newest mail to `to`.
#[track_caller]
pub(crate) fn bounce_from(server: &str, fixture: &Fixture, to: &str, status: &str) -> String {
    let mail = mail_to(fixture, to);
    let path = mail.lines().find_map(|line| line.strip_prefix("Return-Path: <")).expect("a reverse-path");
    report_to(path.trim_end_matches('>'), server, to, status)
}

/// The report that the mail server `server` sends back to a reverse-path about a mail to `to`.
pub(crate) fn report_to(path: &str, server: &str, to: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@{server}\nTo: <{path}>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\n\nIt did not arrive.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; {server}\n\n\
         Final-Recipient: rfc822; {to}\nAction: failed\nStatus: {status}\n\
         Diagnostic-Code: smtp; 550-{status} no\n\n--b--\n"
    )
}

/// As [`bounce_from`] the relay.
#[track_caller]
pub(crate) fn bounce(fixture: &Fixture, to: &str, status: &str) -> String {
    bounce_from("relay.example", fixture, to, status)
}

/// Reads these reports at a moment, one after the other.
#[track_caller]
pub(crate) fn take(fixture: &Fixture, now: &str, reports: &[String]) -> Ran {
    let arguments = written(fixture, reports);
    fixture.at(now, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).exits(0)
}

/// Reads these reports as they come, one after the other.
#[track_caller]
pub(crate) fn take_now(fixture: &Fixture, reports: &[String]) -> Ran {
    let arguments = written(fixture, reports);
    fixture.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).exits(0)
}

/// The command that reads these reports.
fn written(fixture: &Fixture, reports: &[String]) -> Vec<String> {
    fs::create_dir_all(fixture.path("reports")).unwrap();
    let name = |at: usize| fixture.path(&format!("reports/{at}.eml")).display().to_string();
    for (at, report) in reports.iter().enumerate() {
        fs::write(name(at), report).unwrap();
    }
    ["bounce".to_owned()].into_iter().chain((0..reports.len()).map(name)).collect()
}
