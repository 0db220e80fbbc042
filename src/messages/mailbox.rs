//! The story of a mailbox, for someone who is asked whether a school got its mail.

mod returned;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::log;
use crate::app::privacy::Erased;
use crate::domain::audit::{AuditRecord, OPERATOR};
use crate::domain::delivery::TransactionalKind;
use crate::domain::subscriber::{EndedBy, MailboxRecord, MailboxState, Origin, Subscription, SuppressionReason};
use crate::domain::subscription::request::RequestKind;
use crate::domain::subscription::subject_data::{SubjectAttempt, SubjectDelivery, SubjectLetter, SubjectRequest};
use crate::domain::text::dates::{day, moment};
use crate::domain::text::lists::count;

pub use returned::why as why_returned;

/// Whether it gets mail, in a word, and how good that is: `good`, `wait`, `bad`, or nothing.
pub fn standing(mailbox: &MailboxRecord) -> (&'static str, &'static str) {
    match (mailbox.suppressed, mailbox.state) {
        (Some(SuppressionReason::Unsubscribed), _) => ("unsubscribed", ""),
        (Some(SuppressionReason::Bounced), _) => ("its mail came back", "bad"),
        (Some(SuppressionReason::Complained), _) => ("its reader complained", "bad"),
        (Some(SuppressionReason::Operator), _) => ("never mailed", "bad"),
        (None, MailboxState::Active) => ("gets every edition", "good"),
        (None, MailboxState::Pending) => ("waits for its reader to confirm", "wait"),
        (None, MailboxState::Ended) => ("gets nothing any more", ""),
    }
}

/// Why it is never mailed, since when, and what would change that.
pub fn never_mailed(reason: SuppressionReason, since: Option<DateTime<Utc>>, zone: Tz) -> String {
    let mailed =
        since.map_or_else(|| "isn't mailed".to_owned(), |at| format!("hasn't been mailed since {}", on(at, zone)));
    let why = match reason {
        SuppressionReason::Unsubscribed => {
            "its reader unsubscribed, or someone did so for them. Only their own confirmation brings it back"
        }
        SuppressionReason::Bounced => {
            "its mail came back, because the mailbox doesn't exist or accepts nothing. If it works again, an admin \
             can let it have mail again, under “No mail”"
        }
        SuppressionReason::Complained => {
            "its reader marked a mail as unwanted. Write to it again only if they ask for it themselves"
        }
        SuppressionReason::Operator => "someone here put it under “No mail”. An admin can let it have mail again there",
    };
    format!("It {mailed}: {why}.")
}

/// Why an address can't simply be added.
pub fn kept_out(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::Unsubscribed => "It unsubscribed, so only its own reader can bring it back.",
        SuppressionReason::Bounced => {
            "Its mail came back. If it works again, an admin can let it have mail again, under “No mail”."
        }
        SuppressionReason::Complained => "Its reader marked a mail as unwanted, so it is never mailed.",
        SuppressionReason::Operator => {
            "Someone here put it under “No mail”. An admin can let it have mail again there."
        }
    }
}

/// Why an address gets no mail, in a word or two for a list.
pub fn kept_out_shortly(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::Unsubscribed => "Unsubscribed",
        SuppressionReason::Bounced => "Mail came back",
        SuppressionReason::Complained => "Complained",
        SuppressionReason::Operator => "Taken off here",
    }
}

/// How it came to be subscribed, since when, and until when. `line` is where the config file names it.
pub fn came(subscription: &Subscription, line: Option<usize>, zone: Tz) -> String {
    let way = match (subscription.origin, line) {
        (Origin::Config, Some(line)) => format!("by its entry in the config file (line {line})"),
        (Origin::Config, None) => "by an entry in the config file".to_owned(),
        (Origin::Import, _) => "by an import of a list".to_owned(),
        (Origin::Cli, _) => "because someone here added it".to_owned(),
    };
    let since = on(subscription.since, zone);
    match (subscription.ended, subscription.ended_by) {
        (None, _) => format!("Since {since}, {way}."),
        (Some(at), by) => {
            let why = match by {
                Some(EndedBy::Config) | None => "the entry is gone",
                Some(EndedBy::Unsubscribed) => "it unsubscribed",
                Some(EndedBy::Bounced) => "its mail came back",
                Some(EndedBy::Complained) => "its reader complained",
                Some(EndedBy::Operator) => "someone here ended it",
            };
            format!("From {since} to {}, {way}; then {why}.", on(at, zone))
        }
    }
}

/// Where its bands come from; `actor` is the audit's, of who chose last.
pub fn bands_from(mailbox: &MailboxRecord, actor: Option<&str>) -> &'static str {
    match actor {
        _ if !mailbox.chosen => "as its subscription says",
        Some("recipient") => "chosen by its own reader",
        Some(OPERATOR) => "chosen by someone here",
        Some("import") => "chosen by an import of a list",
        _ => "chosen for this mailbox alone",
    }
}

/// What became of an edition: a sentence each, and how good that is.
pub fn delivery(delivery: &SubjectDelivery, zone: Tz) -> (Vec<String>, &'static str) {
    let tries = count(delivery.attempts.len() as u64, "try", "tries");
    let last = delivery.attempts.last();
    let at = |word: &str| last.map_or_else(|| word.to_owned(), |last| format!("{word} {}", at(last.at, zone)));
    let because = || last.map_or_else(String::new, |last| format!(": {}", of_attempt(last)));
    let (first, class) = match delivery.state {
        "accepted" => {
            let accepted = delivery.attempts.iter().rfind(|one| one.outcome == "accepted");
            let when = accepted.map_or_else(String::new, |one| format!(" {}", self::at(one.at, zone)));
            (format!("Accepted by the mail server{when}"), "good")
        }
        "queued" => ("It waits to be sent".to_owned(), "wait"),
        "sending" => ("It is being sent just now".to_owned(), "wait"),
        "deferred" => (format!("{}, and will be tried again{}", at("Put off"), because()), "wait"),
        "uncertain" => {
            (format!("{}: the connection broke before the server had answered", at("Perhaps accepted")), "wait")
        }
        "failed" => (format!("{}{}", at("Refused"), because()), "bad"),
        "expired" => (format!("Given up after {tries}, because its time was over{}", because()), "bad"),
        _ => ("Not sent, because the address was taken off the list before its turn came".to_owned(), ""),
    };
    let mut told = vec![format!("{first}.")];
    // What was refused at once never went out, though it counts like a mail that came back.
    let came_back = delivery.bounce.as_ref().filter(|_| delivery.state != "failed").map(|bounce| {
        format!("It came back {}: {}.", at_day(bounce.at, zone), returned::why(bounce.status.as_deref()))
    });
    let class = if came_back.is_some() { "bad" } else { class };
    told.extend(came_back);
    (told, class)
}

/// What a mail server said at one attempt, in words where it named a status.
fn of_attempt(attempt: &SubjectAttempt) -> String {
    let status = returned::status_in(&attempt.reply);
    match (status, attempt.outcome.as_str()) {
        (Some(status), _) if returned::is_known(status) => returned::why(Some(status)).to_owned(),
        (_, "throttled") => "the server asked us to slow down".to_owned(),
        (_, "transient") if attempt.code.is_none() => "the server could not be reached".to_owned(),
        _ if attempt.code.is_some_and(|code| code < 500) => "the server said “later”".to_owned(),
        _ => "the server gave no reason that we know of".to_owned(),
    }
}

/// One attempt for whoever wants to know exactly: when, and what the server said.
pub fn attempt(attempt: &SubjectAttempt, zone: Tz) -> String {
    let code = attempt.code.map_or_else(|| "no answer".to_owned(), |code| code.to_string());
    let said = if attempt.reply.is_empty() { String::new() } else { format!(" {}", attempt.reply) };
    format!("{}: {code}{said}", moment(attempt.at, zone))
}

/// A request that waits, or waited, for a click.
pub fn request(request: &SubjectRequest, zone: Tz) -> String {
    let what = match request.kind {
        RequestKind::Subscribe => "Its reader was asked to confirm that they want the activities",
        RequestKind::Bands => "Its reader was asked to confirm other age groups",
        RequestKind::Undo => "Its reader left, and was offered a way to come back",
    };
    let then = match request.done_at {
        Some(at) => format!("They did so {}", self::at(at, zone)),
        None => format!("The link works until {}", on(request.expires_at, zone)),
    };
    format!("{what} {}. {then}.", at(request.made_at, zone))
}

/// A mail to it that was no edition.
pub fn letter(letter: &SubjectLetter, zone: Tz) -> String {
    let what = match letter.kind {
        TransactionalKind::Confirm => "The mail that asks its reader to confirm",
        TransactionalKind::Goodbye => "The goodbye",
        TransactionalKind::Notice => "A mail about the service",
    };
    let became = match letter.state {
        "accepted" => "was accepted by the mail server",
        "failed" => "was refused",
        "expired" => "was given up",
        "uncertain" => "was perhaps accepted",
        "suppressed" => "was not sent, because the address was taken off the list",
        "deferred" => "was put off, and will be tried again",
        _ => "waits to be sent",
    };
    format!("{what} of {} {became}.", on(letter.at, zone))
}

/// What erasing a person removes, thing by thing.
pub fn erased(erased: &Erased) -> Vec<String> {
    let counted = [
        (erased.subscriptions, "subscription, which ends", "subscriptions, which end"),
        (erased.replies, "answer from a mail server", "answers from mail servers"),
        (erased.requests, "request that waited for a click", "requests that waited for a click"),
        (erased.letters, "other mail, such as a confirmation", "other mails, such as confirmations"),
        (
            erased.names,
            "organisation's name, because it has no other mailbox",
            "organisations' names, because they have no other mailbox",
        ),
    ];
    let counted = counted.into_iter().filter(|(number, ..)| *number > 0);
    let counted = counted.map(|(number, one, many)| count(number, one, many));
    std::iter::once("the address".to_owned()).chain(counted).collect()
}

/// What was decided about it, when, and by whom.
pub fn decided(record: &AuditRecord, zone: Tz) -> String {
    format!("{}: {}. By: {}.", moment(record.at, zone), log::what(record), log::who(record))
}

/// `on Monday 16 November 2026 at 08:05`.
fn at(at: DateTime<Utc>, zone: Tz) -> String {
    format!("on {}", moment(at, zone))
}

/// `on Monday 16 November 2026`.
fn at_day(at: DateTime<Utc>, zone: Tz) -> String {
    format!("on {}", on(at, zone))
}

fn on(at: DateTime<Utc>, zone: Tz) -> String {
    day(at.with_timezone(&zone).date_naive())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use chrono_tz::Europe::London;

    use super::*;
    use crate::domain::edition::EditionNumber;
    use crate::domain::subscription::subject_data::SubjectBounce;

    fn told(state: &'static str, attempts: &[(&str, Option<u16>, &str)], bounce: Option<&str>) -> String {
        let when = |hour| Utc.with_ymd_and_hms(2026, 11, 16, hour, 5, 0).unwrap();
        let attempts = attempts.iter().zip(8..).map(|((outcome, code, reply), hour)| SubjectAttempt {
            at: when(hour),
            outcome: (*outcome).to_owned(),
            code: *code,
            reply: (*reply).to_owned(),
        });
        let bounce = bounce.map(|status| SubjectBounce { at: when(20), status: Some(status.to_owned()) });
        let one =
            SubjectDelivery { edition: EditionNumber(6), bulletin: None, state, attempts: attempts.collect(), bounce };
        delivery(&one, London).0.join(" ")
    }

    #[test]
    fn an_edition_is_told_in_plain_words() {
        let accepted = [("transient", Some(450), "4.7.1 greylisted"), ("accepted", Some(250), "2.0.0 Ok")];
        for (told, expected) in [
            (
                told("accepted", &accepted, Some("5.2.2")),
                "Accepted by the mail server on Monday 16 November 2026 at 09:05. \
                 It came back on Monday 16 November 2026: the mailbox is full.",
            ),
            (
                told("deferred", &accepted[..1], None),
                "Put off on Monday 16 November 2026 at 08:05, and will be tried again: the server doesn't want mail from us \
                 just now.",
            ),
            (
                told("failed", &[("permanent", Some(550), "5.1.1 <a@x.example>: unknown")], None),
                "Refused on Monday 16 November 2026 at 08:05: there is no such mailbox.",
            ),
            (
                told("expired", &[("transient", None, "no route"), ("transient", Some(451), "busy")], None),
                "Given up after 2 tries, because its time was over: the server said “later”.",
            ),
            (told("queued", &[], None), "It waits to be sent."),
            (
                told("suppressed", &[], None),
                "Not sent, because the address was taken off the list before its turn came.",
            ),
        ] {
            assert_eq!(told, expected);
        }
    }
}
