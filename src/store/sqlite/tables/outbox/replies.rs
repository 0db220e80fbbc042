//! What relays say, nearly always in the same words but for the name of the mail in their queue: the words stand once, in
//! `replies`, and an attempt has what is its own.
//!
//! Words are shared only once two mailboxes of a mailing were told the same, so that they name neither of them.

use rusqlite::Connection;

use crate::domain::edition::EditionState;
use crate::domain::subscription::bounce::EnhancedStatus;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// Stands in shared words for what is an attempt's own.
const OWN: &str = "\u{1}";

/// How many there may be: what a relay words anew each time stays with its attempt.
const MOST: i64 = 500;

/// How long words are used before that is noted again, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// How many earlier attempts are looked at for the same words.
const NEIGHBOURS: u32 = 8;

/// A reply as it is stored: the number of its words, and what is its own.
pub(super) type Stored = (Option<i64>, String);

/// Takes a reply apart that was given at a moment, and shares its words if they were said before to another mailbox of the mailing.
pub(super) fn store(
    conn: &Connection,
    (mailing, recipient): (i64, i64),
    (at, reply): (i64, &str),
) -> Result<Stored, SqliteError> {
    let alone = (None, reply.to_owned());
    let Some((words, own)) = take_apart(reply) else { return Ok(alone) };
    let known = "SELECT id, used_at FROM replies WHERE words = ?1";
    if let Some((id, used)) = sql::row(conn, known, [&words], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))? {
        if used < at - DAY {
            sql::run(conn, "UPDATE replies SET used_at = ?2 WHERE id = ?1", (id, at))?;
        }
        return Ok((Some(id), own));
    }
    if sql::number(conn, "SELECT count(*) FROM replies", [])? >= MOST {
        return Ok(alone);
    }
    let neighbours =
        "SELECT reply FROM attempts WHERE mailing = ?1 AND recipient <> ?2 ORDER BY recipient DESC LIMIT ?3";
    let neighbours = sql::rows(conn, neighbours, (mailing, recipient, NEIGHBOURS), |row| Ok(row.get::<_, String>(0)?))?;
    if neighbours.iter().filter_map(|said| take_apart(said)).all(|(said, _)| said != words) {
        return Ok(alone);
    }
    sql::run(conn, "INSERT INTO replies (words, used_at) VALUES (?1, ?2)", (&words, at))?;
    Ok((Some(conn.last_insert_rowid()), own))
}

/// Forgets words that no attempt has any more, once those from before a moment are gone of editions that are sent, and of other
/// mail as long as its text. How many.
pub(in crate::store::sqlite) fn forget_unused(conn: &Connection, before: i64) -> Result<u64, SqliteError> {
    let unused = "DELETE FROM replies WHERE used_at < -?2 + min(
                      ?1, (SELECT coalesce(min(published_at), ?1) FROM editions WHERE state <> ?3),
                      (SELECT coalesce(min(at), ?1) FROM transactional_mails))";
    sql::run(conn, unused, (before, DAY, EditionState::Sent.as_str()))
}

/// The reply again.
pub(in crate::store::sqlite) fn join(words: Option<String>, own: String) -> String {
    let Some(words) = words else { return own };
    let mut own = own.split(' ');
    let word = |word| if word == OWN { own.next().unwrap_or_default() } else { word };
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The words that others may be told, too, and the rest; `None` for nothing.
fn take_apart(reply: &str) -> Option<(String, String)> {
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
        assert_eq!(take_apart("<jo@x.example>: mailbox full"), None, "it names somebody");
        assert_eq!(take_apart("odd \u{1}"), None);
    }
}
