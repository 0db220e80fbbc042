//! Bounces in the plain words of mail servers: of qmail, Exim, Exchange, GMX, Zoho and many others.

use super::parts::Part;
use super::report::Event;
use crate::domain::subscription::bounce::EnhancedStatus;
use crate::domain::subscription::diagnosis::{after_reply_code, said_in, status_of};

/// The most of a server's own words that is read, in octets.
const MOST: usize = 64 * 1024;

/// Where a copy of our mail begins, or its header does, in lower case.
const COPIES: [&str; 5] =
    ["copy of ", "header of the original", "headers follow", "message follows", "undelivered message"];

/// How a line begins where only the copy is left.
const HEADERS: [&str; 4] = ["received:", "return-path:", "dkim-signature:", "message-id:"];

/// Words of failure.
const FAILURE: [&str; 30] = [
    "address rejected",
    "cannot be delivered",
    "could not be delivered",
    "couldn't be delivered",
    "delivery failed",
    "delivery failure",
    "delivery has failed",
    "did not reach",
    "does not exist",
    "failed to deliver",
    "failure notice",
    "host unknown",
    "invalid recipient",
    "invalid user",
    "mailbox full",
    "mailbox is full",
    "mailbox unavailable",
    "no mailbox",
    "no such user",
    "not able to deliver",
    "not be delivered",
    "permanent error",
    "quota exceeded",
    "returned mail",
    "returned to sender",
    "unable to deliver",
    "undeliverable",
    "undelivered",
    "unknown user",
    "user unknown",
];

/// Words of a delay.
const DELAY: [&str; 10] = [
    "(delay)",
    "could not send mail for past",
    "delayed",
    "keep trying",
    "not yet been delivered",
    "notification: warning",
    "still being retried",
    "continue to try",
    "will be retried",
    "warning message only",
];

/// Words that say that no more is tried, whatever else is said.
const FINAL: [&str; 7] = ["failure", "failed", "given up", "giving up", "permanent", "returned", "undeliver"];

/// Words of success, in a subject.
const SUCCESS: [&str; 3] = ["(success)", "notification: success", "successful"];

/// What a text says of the delivery of a mail; `None` when it says nothing.
pub(super) fn read(subject: &str, leaves: &[Part<'_>]) -> Option<Event> {
    let words = own_words(leaves);
    let text = format!("{subject}\n{words}").to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    let subject = subject.to_ascii_lowercase();
    let titled = |phrases: &[&str]| phrases.iter().any(|phrase| subject.contains(phrase));
    if !titled(&FINAL) && (titled(&SUCCESS) || says(&DELAY)) {
        return Some(Event::Nothing);
    }
    let status = status_in(&words);
    (status.is_some() || says(&FAILURE)).then_some(Event::Failed(status))
}

/// The status in a server's words: of the line that names one and of the two that go on from it, else of them all.
fn status_in(words: &str) -> Option<EnhancedStatus> {
    let lines: Vec<&str> = words.lines().collect();
    let at = lines.iter().position(|line| after_reply_code(line).is_some());
    let at = at.or_else(|| lines.iter().position(|line| said_in(line).is_some()));
    let said = at.map_or(&lines[..], |at| &lines[at..lines.len().min(at + 3)]);
    status_of(None, &said.join("\n"))
}

/// What the server itself wrote: the text before the copy of our mail.
fn own_words(leaves: &[Part<'_>]) -> String {
    let own = leaves.iter().take_while(|part| !part.kind.starts_with("message/"));
    let plain = own.clone().find(|part| part.kind == "text/plain").or_else(|| own.clone().find(|part| part.is_text()));
    // Broken headers call a text by any name.
    let Some(text) = plain.or_else(|| own.clone().next()) else { return String::new() };
    let text = String::from_utf8_lossy(&text.content[..text.content.len().min(MOST)]);
    let own = text.lines().take_while(|line| !begins_copy(line));
    own.fold(String::new(), |words, line| words + line + "\n")
}

fn begins_copy(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    let heading = line.trim_matches(['-', ' ', '=', '*']);
    HEADERS.iter().any(|name| line.starts_with(name))
        || heading.starts_with("original message")
        || COPIES.iter().any(|phrase| line.contains(phrase))
}
