//! What relays say, nearly always in the same words but for the name of the mail in their queue: the words stand once, in
//! `replies`, and an attempt has what is its own.
//!
//! Words are shared only once two mailboxes of a mailing were told the same, so that they name neither of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::items::Attempt;
use crate::domain::edition::EditionState;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::params;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::replies::{DAY, MOST, NEIGHBOURS, take_apart};

/// How many words a process remembers at most; there are hardly ever more.
const REMEMBERED: usize = 500;

/// How often at most it is tried to share words that are not known.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// A reply as it is stored: the number of its words, and what is its own.
pub(super) type Stored = (Option<i64>, String);

/// Words that the store has: their number, and when it was last noted that they are used.
pub(super) type Known = BTreeMap<String, (i64, i64)>;

/// Words that this process has seen in the store, which may be used for a day after it was noted there that they are.
#[derive(Default)]
pub(in crate::store::postgres) struct Words(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    known: Known,
    /// How many losses of the database had been dealt with then: it may have lost words, too.
    losses: u64,
    /// When it was last tried to share words that are not known.
    tried_at: Option<Instant>,
}

impl Words {
    /// These are in the store.
    pub(super) fn note(&self, known: Known, losses: u64) {
        let mut seen = self.0.lock();
        if seen.losses != losses || seen.known.len() > REMEMBERED {
            seen.known.clear();
        }
        seen.losses = losses;
        seen.known.extend(known);
    }

    /// The replies of attempts as they are stored; `None` if there are words that are to be shared first. It is not tried again at
    /// once: a relay may use other words each time, and then they stay with their attempts.
    pub(super) fn of(&self, attempts: &[Attempt], losses: u64) -> Option<Vec<Stored>> {
        let mut seen = self.0.lock();
        let is_tried = seen.tried_at.is_some_and(|at| at.elapsed() < BETWEEN_TRIES);
        let stored = |attempt: &Attempt| {
            let whole = || (None, attempt.reply.clone());
            let Some((words, own)) = take_apart(&attempt.reply) else { return Some(whole()) };
            let known =
                seen.known.get(&words).filter(|(_, used_at)| attempt.at < used_at + DAY && seen.losses == losses);
            match known {
                Some((id, _)) => Some((Some(*id), own)),
                None => is_tried.then(whole),
            }
        };
        let replies: Option<Vec<Stored>> = attempts.iter().map(stored).collect();
        if replies.is_none() {
            seen.tried_at = Some(Instant::now());
        }
        replies
    }
}

/// A reply without the one character that the database cannot store in a text.
pub(super) fn storable(reply: String) -> String {
    if reply.contains('\0') { reply.replace('\0', "\u{FFFD}") } else { reply }
}

/// Those of the words in these replies that the store has.
pub(super) async fn known<'a>(
    transaction: &Transaction,
    replies: impl Iterator<Item = &'a str>,
) -> Result<Known, PostgresError> {
    let words = replies.filter_map(|reply| Some(take_apart(&storable(reply.to_owned()))?.0));
    let words: Vec<String> = words.collect::<BTreeSet<_>>().into_iter().collect();
    if words.is_empty() {
        return Ok(Known::new());
    }
    let query = "SELECT words, id, used_at FROM replies WHERE words = ANY ($1)";
    let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)));
    Ok(transaction.rows(query, params![words], read).await?.into_iter().collect())
}

/// Takes the replies of attempts apart, and shares words that were said before to another mailbox of the mailing.
pub(super) async fn store(
    transaction: &Transaction,
    known: &mut Known,
    attempts: &[Attempt],
) -> Result<Vec<Stored>, PostgresError> {
    let apart: Vec<_> = attempts.iter().map(|attempt| take_apart(&attempt.reply)).collect();
    let is_known = |words: &String| known.contains_key(words);
    let said: Vec<(&Attempt, &str)> = attempts
        .iter()
        .zip(&apart)
        .filter_map(|(attempt, apart)| Some((attempt, &apart.as_ref()?.0)))
        .filter(|(_, words)| !is_known(words))
        .map(|(attempt, words)| (attempt, words.as_str()))
        .collect();
    if !said.is_empty() {
        known.extend(learn(transaction, &said).await?);
    }
    note_used(transaction, known, attempts.iter().map(|attempt| attempt.at).max().unwrap_or(0)).await?;
    let stored = |(attempt, apart): (&Attempt, Option<(String, String)>)| match apart {
        Some((words, own)) => match known.get(&words) {
            Some((id, _)) => (Some(*id), own),
            None => (None, attempt.reply.clone()),
        },
        None => (None, attempt.reply.clone()),
    };
    Ok(attempts.iter().zip(apart).map(stored).collect())
}

/// Stores those of the words that two mailboxes of a mailing were told, as long as there are few.
async fn learn(transaction: &Transaction, said: &[(&Attempt, &str)]) -> Result<Known, PostgresError> {
    if transaction.number("SELECT count(*) FROM replies", params![]).await? >= MOST {
        return Ok(Known::new());
    }
    let mailings: BTreeSet<i64> = said.iter().map(|(attempt, _)| attempt.key.0).collect();
    let mut told = BTreeMap::<(i64, String), BTreeSet<i64>>::new();
    for ((mailing, recipient), reply) in neighbours(transaction, mailings).await? {
        if let Some((words, _)) = take_apart(&reply) {
            told.entry((mailing, words)).or_default().insert(recipient);
        }
    }
    let mut learned = BTreeMap::new();
    for (attempt, words) in said {
        let (mailing, recipient) = attempt.key;
        let to = told.entry((mailing, (*words).to_owned())).or_default();
        to.insert(recipient);
        if to.len() > 1 {
            learned.insert((*words).to_owned(), attempt.at);
        }
    }
    insert(transaction, learned).await
}

/// The last replies that mailboxes of these mailings were told.
async fn neighbours(
    transaction: &Transaction,
    mailings: BTreeSet<i64>,
) -> Result<Vec<((i64, i64), String)>, PostgresError> {
    let mailings: Vec<i64> = mailings.into_iter().collect();
    let query = "SELECT m.mailing, a.recipient, a.reply FROM unnest($1::bigint[]) AS m (mailing) CROSS JOIN LATERAL (
                     SELECT recipient, reply FROM attempts WHERE mailing = m.mailing ORDER BY recipient DESC LIMIT $2) a";
    transaction
        .rows(query, params![mailings, i64::from(NEIGHBOURS)], |row| {
            Ok(((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?))
        })
        .await
}

/// New words; another node may have stored the same just before.
async fn insert(transaction: &Transaction, learned: BTreeMap<String, i64>) -> Result<Known, PostgresError> {
    if learned.is_empty() {
        return Ok(Known::new());
    }
    let insert = "INSERT INTO replies AS r (words, used_at) SELECT * FROM unnest($1::text[], $2::bigint[])
                  ON CONFLICT (words) DO UPDATE SET used_at = greatest(r.used_at, excluded.used_at)
                  RETURNING words, id, used_at";
    let (words, times): (Vec<String>, Vec<i64>) = learned.into_iter().unzip();
    let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)));
    Ok(transaction.rows(insert, params![words, times], read).await?.into_iter().collect())
}

/// Notes of words that were not used for a day that they are; those that are forgotten meanwhile are known no more.
async fn note_used(transaction: &Transaction, known: &mut Known, at: i64) -> Result<(), PostgresError> {
    let long_since: Vec<i64> = known.values().filter(|(_, used)| *used < at - DAY).map(|(id, _)| *id).collect();
    if long_since.is_empty() {
        return Ok(());
    }
    let update = "UPDATE replies SET used_at = greatest(used_at, $2) WHERE id = ANY ($1) RETURNING id";
    let noted = transaction.rows(update, params![long_since, at], |row| Ok(row.try_get::<_, i64>(0)?)).await?;
    known.retain(|_, (id, used)| *used >= at - DAY || noted.contains(id));
    Ok(())
}

/// Forgets words that no attempt has any more, once those from before a moment are gone of editions that are sent, and of other
/// mail as long as its text. How many.
pub(in crate::store::postgres) async fn forget_unused(
    transaction: &Transaction,
    before: i64,
) -> Result<u64, PostgresError> {
    let unused = "DELETE FROM replies WHERE used_at < -$2 + least(
                      $1, (SELECT coalesce(min(published_at), $1) FROM editions WHERE state <> $3),
                      (SELECT coalesce(min(at), $1) FROM transactional_mails))";
    transaction.run(unused, params![before, DAY, EditionState::Sent.as_str()]).await
}
