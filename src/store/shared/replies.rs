//! What relays say, taken apart into words that many mailboxes are told, and what is one attempt's own.

use crate::domain::subscription::bounce::EnhancedStatus;

/// Stands in shared words for what is an attempt's own.
const OWN: &str = "\u{1}";

/// How many there may be: what a relay words anew each time stays with its attempt.
pub(in crate::store) const MOST: i64 = 500;

/// How long words are used before that is noted again, in milliseconds.
pub(in crate::store) const DAY: i64 = 24 * 60 * 60 * 1_000;

/// How many earlier attempts are looked at for the same words.
pub(in crate::store) const NEIGHBOURS: u32 = 8;

/// The reply again.
pub(in crate::store) fn join(words: Option<String>, own: String) -> String {
    let Some(words) = words else { return own };
    let mut own = own.split(' ');
    let word = |word| if word == OWN { own.next().unwrap_or_default() } else { word };
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The words that others may be told, too, and the rest; `None` for nothing.
pub(in crate::store) fn take_apart(reply: &str) -> Option<(String, String)> {
    // Two mailboxes may be told the address of one, where both are aliases of it.
    if reply.is_empty() || reply.contains(OWN) || reply.contains('@') {
        return None;
    }
    let own = reply.split(' ').filter(|word| is_own(word)).collect::<Vec<_>>().join(" ");
    let words = reply.split(' ').map(|word| if is_own(word) { OWN } else { word }).collect::<Vec<_>>().join(" ");
    Some((words, own))
}

/// Whether a word looks like a name or a number that stands for one mail.
fn is_own(word: &str) -> bool {
    let has_capital_within = || word.len() >= 6 && word.chars().skip(1).any(|letter| letter.is_ascii_uppercase());
    let has_digit = word.contains(|letter: char| letter.is_ascii_digit());
    if has_digit { EnhancedStatus::at_start_of(word).is_none() } else { has_capital_within() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_mail_s_own_is_told_from_what_all_are_told() {
        for (reply, shared, own) in [
            ("2.0.0 Ok: queued as 4bJ9Xk2Hs9z", "2.0.0 Ok: queued as \u{1}", "4bJ9Xk2Hs9z"),
            ("2.0.0 Ok: queued as BJXkHszQrt", "2.0.0 Ok: queued as \u{1}", "BJXkHszQrt"),
            ("2.0.0 OK  1764388800 a1b2-3c.4 - gsmtp", "2.0.0 OK  \u{1} \u{1} - gsmtp", "1764388800 a1b2-3c.4"),
            ("OK id=1vPabc-0001-Qz", "OK \u{1}", "id=1vPabc-0001-Qz"),
            ("Message accepted for delivery", "Message accepted for delivery", ""),
            (" two  spaces ", " two  spaces ", ""),
            ("4.7.1 slow down until 12:03", "4.7.1 slow down until \u{1}", "12:03"),
        ] {
            let (words, rest) = take_apart(reply).unwrap();
            assert_eq!((words.as_str(), rest.as_str()), (shared, own));
            assert_eq!(join(Some(words), rest), reply);
        }
        assert_eq!(take_apart(""), None);
        assert_eq!(take_apart("<jo@x.example>: mailbox full"), None, "it names someone");
        assert_eq!(take_apart("odd \u{1}"), None);
    }
}
