//! What subscribers are called, and were called. Each name belongs to one subscriber, and its row stays: a delivery refers to
//! the name as it was when its edition was published.

use std::collections::HashMap;

use tokio::try_join;
use tokio_postgres::Row;

use super::columns::each;
use super::numbers;
use crate::domain::name_query::index_words;
use crate::domain::subscriber::{Profile, SubscriberId};
use crate::domain::subscription::rows::Subject;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::name_words::INSERT;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::mailboxes::NAMELESS;

/// Names that subscribers get.
#[derive(Default)]
pub(super) struct Given<'a> {
    by_subscriber: HashMap<i64, i64>,
    new: Vec<(i64, &'a str)>,
}

impl Given<'_> {
    /// The number of a subscriber's new name, if it gets one.
    pub(super) fn to(&self, subscriber: i64) -> Option<i64> {
        self.by_subscriber.get(&subscriber).copied()
    }

    /// The number after these, if some are new.
    pub(super) fn next(&self) -> Option<u64> {
        self.new.last().map(|(number, _)| sql::count(number + 1))
    }

    /// Stores those that are new.
    pub(super) async fn store(&self, transaction: &Transaction) -> Result<(), PostgresError> {
        if self.new.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO names (id, name) SELECT * FROM unnest($1::bigint[], $2::text[])";
        let (ids, names) = (each(&self.new, |(id, _)| *id), each(&self.new, |(_, name)| *name));
        transaction.run(insert, params![ids, names]).await.map(drop)
    }
}

/// Names for subscribers that are new, and for those that are called otherwise now, perhaps as before.
pub(super) async fn give<'a>(
    transaction: &Transaction,
    new: &[(i64, &'a str)],
    renamed: &[(i64, &'a str)],
) -> Result<Given<'a>, PostgresError> {
    if new.is_empty() && renamed.is_empty() {
        return Ok(Given::default());
    }
    let ([next], by_subscriber) =
        try_join!(biased; numbers::next(transaction, [numbers::NAME]), former(transaction, renamed))?;
    let mut given = Given { by_subscriber, new: Vec::new() };
    let nameless: Vec<_> = new.iter().chain(renamed).filter(|(id, _)| given.to(*id).is_none()).copied().collect();
    for (number, (subscriber, name)) in (sql::column(next)?..).zip(nameless) {
        given.by_subscriber.insert(subscriber, number);
        given.new.push((number, name));
    }
    Ok(given)
}

/// Those of these names that their subscribers had before.
async fn former(transaction: &Transaction, renamed: &[(i64, &str)]) -> Result<HashMap<i64, i64>, PostgresError> {
    if renamed.is_empty() {
        return Ok(HashMap::new());
    }
    let query = "SELECT k.subscriber, min(n.id) FROM unnest($1::bigint[], $2::text[]) AS k (subscriber, name)
                 JOIN former_names f ON f.subscriber = k.subscriber
                 JOIN names n ON n.id = f.name_id AND n.name = k.name GROUP BY k.subscriber";
    let (subscribers, names) = (each(renamed, |(id, _)| *id), each(renamed, |(_, name)| *name));
    let read = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
    Ok(transaction.rows(query, params![subscribers, names], read).await?.into_iter().collect())
}

/// Remembers what these subscribers are called until now.
pub(super) async fn keep(transaction: &Transaction, subscribers: &[i64]) -> Result<(), PostgresError> {
    let keep = "INSERT INTO former_names (subscriber, name_id) SELECT id, name_id FROM subscribers WHERE id = ANY ($1)
                ON CONFLICT DO NOTHING";
    if subscribers.is_empty() {
        return Ok(());
    }
    transaction.run(keep, params![subscribers]).await.map(drop)
}

/// The numbers of all names of the subscribers `$1`.
macro_rules! own {
    () => {
        "SELECT id AS subscriber, name_id FROM subscribers WHERE id = ANY ($1)
         UNION SELECT subscriber, name_id FROM former_names WHERE subscriber = ANY ($1)"
    };
}

const FORGET: &str = concat!(
    "WITH own AS (",
    own!(),
    "), forgotten AS (UPDATE names n SET name = $2 FROM own WHERE n.id = own.name_id AND n.name <> $2
                      RETURNING own.subscriber)
     SELECT count(DISTINCT subscriber) FROM forgotten"
);

// A store that was moved here may come from a version in which subscribers shared a name. So a mail may refer to one that is
// someone else's now.
const FORGET_IN_MAILS: &str = concat!(
    "WITH own AS (",
    own!(),
    "), mailboxes AS (SELECT owner AS subscriber, id AS recipient FROM recipients WHERE owner = ANY ($1)
                      UNION SELECT * FROM unnest($1::bigint[], $2::bigint[]))
     UPDATE deliveries d SET name_id = s.name_id
     FROM mailboxes m JOIN subscribers s ON s.id = m.subscriber
     WHERE d.mailing = ANY (ARRAY(SELECT number FROM editions))
       AND d.recipient = ANY (ARRAY(SELECT recipient FROM mailboxes)) AND d.recipient = m.recipient
       AND d.name_id NOT IN (SELECT o.name_id FROM own o WHERE o.subscriber = m.subscriber)
       AND (SELECT n.name FROM names n WHERE n.id = d.name_id) IN (
           SELECT n.name FROM names n JOIN own o ON o.name_id = n.id WHERE o.subscriber = m.subscriber
           UNION SELECT a.detail COLLATE \"C\" FROM audit a WHERE a.subject = 'subscriber ' || m.subscriber)"
);

/// Forgets what subscribers are and were called, also in the audit and in what was sent to their mailboxes, each with the mailbox
/// that is forgotten; how many had a name that was not forgotten before.
pub(super) async fn forget(
    transaction: &Transaction,
    subscribers: &[i64],
    mailboxes: &[i64],
) -> Result<u64, PostgresError> {
    if subscribers.is_empty() {
        return Ok(0);
    }
    forget_words(transaction, subscribers).await?;
    let subjects = each(subscribers, |id| Subject::Subscriber(SubscriberId(sql::count(*id))).to_string());
    let (_, forgotten, ..) = try_join!(biased;
        async { transaction.run(FORGET_IN_MAILS, params![subscribers, mailboxes]).await },
        async { transaction.number(FORGET, params![subscribers, NAMELESS]).await },
        async { transaction.run("DELETE FROM former_names WHERE subscriber = ANY ($1)", params![subscribers]).await },
        async { transaction.run("UPDATE subscribers SET urn = NULL WHERE id = ANY ($1)", params![subscribers]).await },
        async { transaction.run("UPDATE audit SET detail = '' WHERE subject = ANY ($1)", params![subjects]).await },
    )?;
    Ok(sql::count(forgotten))
}

/// Words by which subscribers are found, or no longer.
#[derive(Default)]
pub(super) struct Words {
    words: Vec<String>,
    subscribers: Vec<i64>,
}

impl Words {
    /// What must go, and what must come, for subscribers that are called so now and were called so before.
    pub(super) fn between<'a>(changed: impl Iterator<Item = (i64, Option<&'a Profile>, &'a Profile)>) -> (Self, Self) {
        let (mut old, mut new) = (Self::default(), Self::default());
        let words = |profile: &Profile| index_words(&profile.name, profile.urn.as_deref());
        for (id, before, now) in changed {
            let (before, now) = (before.map(words).unwrap_or_default(), words(now));
            for word in before.difference(&now) {
                old.add(word, id);
            }
            for word in now.difference(&before) {
                new.add(word, id);
            }
        }
        (old, new)
    }

    fn add(&mut self, word: &str, subscriber: i64) {
        self.words.push(word.to_owned());
        self.subscribers.push(subscriber);
    }

    pub(super) async fn insert(&self, transaction: &Transaction) -> Result<(), PostgresError> {
        self.run(transaction, INSERT).await
    }

    pub(super) async fn delete(&self, transaction: &Transaction) -> Result<(), PostgresError> {
        let delete = "DELETE FROM name_words w USING unnest($1::text[], $2::bigint[]) AS k (word, subscriber)
                      WHERE w.word = k.word AND w.subscriber = k.subscriber";
        self.run(transaction, delete).await
    }

    async fn run(&self, transaction: &Transaction, statement: &str) -> Result<(), PostgresError> {
        if self.words.is_empty() {
            return Ok(());
        }
        transaction.run(statement, params![self.words, self.subscribers]).await.map(drop)
    }
}

async fn forget_words(transaction: &Transaction, subscribers: &[i64]) -> Result<(), PostgresError> {
    let called = "SELECT s.id, n.name, s.urn FROM subscribers s JOIN names n ON n.id = s.name_id WHERE s.id = ANY ($1)";
    let read = |row: &Row| Ok((row.try_get(0)?, index_words(row.try_get(1)?, row.try_get(2)?)));
    let mut old = Words::default();
    for (id, words) in transaction.rows(called, params![subscribers], read).await? {
        for word in &words {
            old.add(word, id);
        }
    }
    old.delete(transaction).await
}
