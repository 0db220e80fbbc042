//! When a relay says that we go too fast or have too many connections, and what a run makes of it.

use std::time::Duration;

use super::outcome::{RelayLimit, Reply};
use crate::domain::subscription::bounce::EnhancedStatus;

/// Words about the pace or the connections, in small letters.
const PACE: &[&str] = &[
    "throttl",
    "too many",
    "too fast",
    "too quickly",
    "too much mail",
    "too busy",
    "server busy",
    "slow down",
    "concurrent",
    "connection limit",
    "connections limit",
    "connection rate",
    "rate limit",
    "rate-limit",
    "ratelimit",
    "sending rate",
    "message rate",
    "rate of mail",
    "rate exceeded",
    "exceeded the rate",
    "sending limit",
    "hourly limit",
    "per hour",
    "per minute",
    "per second",
];

/// Words about a day, and those that make a quota of it.
const DAY: &[&str] = &["daily", "per day", "a day", "24 hours", "24-hour", "24h"];
const QUOTA: &[&str] = &["quota", "limit", "exceed", "maximum"];

/// Words about the mailbox that a mail is for.
const MAILBOX: &[&str] =
    &["mailbox", "inbox", "the recipient", "this recipient", "recipient's", "recipient is", "recipient has", "user is"];

/// How long a run goes on of which nothing was accepted, and one of which something was.
const IN_VAIN: Duration = Duration::from_secs(10);
const STUCK: Duration = Duration::from_mins(2);

/// The first pause after a refusal, and the longest.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// What a relay has had enough of, if that is what a reply says.
///
/// A status about the mailbox (x.2.x) is about the mailbox, whatever the words; and a refusal for good is about the
/// mail, unless it speaks of our quota of a day. A mailbox has one, too.
pub fn limit(reply: &Reply) -> Option<RelayLimit> {
    let code = reply.code.filter(|code| matches!(code / 100, 4 | 5))?;
    let status = EnhancedStatus::at_start_of(&reply.text).map(|status| (status.subject, status.detail));
    if status.is_some_and(|(subject, _)| subject == 2) {
        return None;
    }
    let text = reply.text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let about_us = code == 454 || matches!(status, Some((4, 5) | (7, _)));
    let about_mailbox = matches!(code, 452 | 552) || matches!(status, Some((1, _))) || says(MAILBOX);
    if says(DAY) && says(QUOTA) && (about_us || !about_mailbox) {
        return Some(RelayLimit::Day);
    }
    let pace = matches!(code, 421 | 432 | 454) || matches!(status, Some((3, 2) | (4, 5) | (7, _))) || says(PACE);
    (code < 500 && pace).then_some(RelayLimit::Pace)
}

/// The pause of a connection that was refused so many times in a row; `jitter` from 0 to 1 shortens it by up to a quarter.
pub fn pause(refusals: u32, jitter: f64) -> Duration {
    let nominal = FIRST.saturating_mul(2_u32.saturating_pow(refusals.saturating_sub(1))).min(LONGEST);
    nominal.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 4.0)
}

/// Whether a run that would try again after `pause` has waited long enough. Nothing was accepted for `since`; in a run of
/// which nothing was accepted at all (`never`), since it was refused first.
pub fn is_in_vain(since: Duration, pause: Duration, never: bool) -> bool {
    since + pause > if never { IN_VAIN } else { STUCK }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: u16, text: &str) -> Option<RelayLimit> {
        limit(&Reply { code: Some(code), text: text.to_owned() })
    }

    #[test]
    fn codes_statuses_and_words_speak_of_the_pace() {
        for (code, text) in [
            (421, ""),
            (421, "4.4.2 timeout"),
            (432, "4.3.2 Concurrent connections limit exceeded"),
            (454, "Throttling failure: Maximum sending rate exceeded"),
            (450, "4.3.2 not accepting messages"),
            (451, "4.4.5 congestion"),
            (450, "4.7.28 unusual rate"),
            (451, "4.7.0 try again later"),
            (451, "5.7.1 says one and means the other"),
            (452, "Too many recipients received this hour"),
            (450, "4.1.0 SLOW DOWN"),
        ] {
            assert_eq!(said(code, text), Some(RelayLimit::Pace), "{code} {text}");
        }
        for (code, text) in [
            (250, "2.7.0 too many"),
            (450, "4.2.0 greylisted"),
            (452, "4.2.2 quota exceeded"),
            (450, "4.2.1 receives mail at a rate that prevents more"),
            (452, "4.3.1 insufficient storage"),
            (451, "4.4.1 no answer from host"),
            (451, "local error in processing"),
            (550, "5.7.1 too many complaints"),
            (554, "rate limit"),
        ] {
            assert_eq!(said(code, text), None, "{code} {text}");
        }
        assert_eq!(limit(&Reply { code: None, text: "too many".to_owned() }), None);
    }

    #[test]
    fn a_quota_of_the_day_is_another_matter() {
        for (code, text) in [
            (454, "Throttling failure: Daily message quota exceeded."),
            (550, "5.4.5 Daily user sending limit exceeded"),
            (451, "4.7.1 limit of 500 messages in 24 hours reached"),
            (452, "4.7.0 limit of messages per day reached"),
            (550, "You exceeded the maximum of 500 recipients a day"),
        ] {
            assert_eq!(said(code, text), Some(RelayLimit::Day), "{code} {text}");
        }
        for (code, text) in [
            (552, "5.2.2 daily quota of the mailbox exceeded"),
            (452, "mailbox over quota, will be retried for 24 hours"),
            (452, "over quota, will be retried for 24 hours"),
            (552, "over quota for more than 24 hours"),
            (450, "4.1.1 over quota, will be retried for 24 hours"),
            (550, "the user is over the quota of mail a day"),
            (451, "4.3.0 this recipient has reached a limit of mail per day"),
        ] {
            assert_eq!(said(code, text), None, "{code} {text}");
        }
        assert_eq!(said(554, "have a nice day"), None);
    }

    #[test]
    fn a_run_waits_two_minutes_and_one_that_never_got_through_ten_seconds() {
        let tries = |never| {
            let (mut since, mut tries) = (Duration::ZERO, 1);
            while !is_in_vain(since, pause(tries, 0.0), never) {
                since += pause(tries, 0.0);
                tries += 1;
            }
            (since.as_secs(), tries)
        };
        assert_eq!((tries(true), tries(false)), ((7, 6), (91, 10)));
        assert_eq!(pause(u32::MAX, 1.0), LONGEST.mul_f64(0.75));
    }
}
