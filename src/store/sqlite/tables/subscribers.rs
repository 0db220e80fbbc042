//! Subscribers and their mailboxes as rows, lists and counts of them.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::columns;
use super::columns::BandBook;
use super::mailing_list::{self, counts};
use crate::domain::band::{BandName, BandSet};
use crate::domain::delivery::TransactionalMail;
use crate::domain::segment::Segment;
use crate::domain::subscriber::{
    MailboxRecord, RecipientId, SubscriberCounts, SubscriberId, SubscriberRecord, Subscription,
};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::suppression::ListedSuppression;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{Decision, Scope, StoreError, Subscribers, Traces};

#[async_trait]
impl Subscribers for SqliteStore {
    async fn mailing_list(&self, scope: &Scope, at: DateTime<Utc>) -> Result<MailingList, StoreError> {
        let (scope, hasher) = (scope.clone(), self.hasher.clone());
        self.read(move |conn| Ok(mailing_list::read(conn, (&hasher, at), &scope)?.0)).await
    }

    async fn change_mailing_list(
        &self,
        scope: &Scope,
        at: DateTime<Utc>,
        mail: Option<&TransactionalMail>,
        decide: Decision,
    ) -> Result<Traces, StoreError> {
        let (scope, hasher, mail) = (scope.clone(), self.hasher.clone(), mail.cloned());
        self.write(move |conn| mailing_list::change(conn, (&hasher, at), &scope, mail.as_ref(), decide)).await
    }

    async fn subscribers(&self) -> Result<Vec<SubscriberRecord>, StoreError> {
        self.read(subscribers).await
    }

    async fn subscriber_counts(&self) -> Result<SubscriberCounts, StoreError> {
        self.read(counts::subscribers).await
    }

    async fn suppressions(&self) -> Result<Vec<ListedSuppression>, StoreError> {
        self.read(|conn| {
            let query = "SELECT x.mac, x.address, x.reason, x.at, n.name FROM suppressions x
                         LEFT JOIN recipients r ON r.mac = x.mac AND r.address IS NOT NULL
                         LEFT JOIN subscribers s ON s.id = r.owner LEFT JOIN names n ON n.id = s.name_id
                         ORDER BY x.at, x.address";
            sql::rows(conn, query, [], |row| {
                Ok(ListedSuppression { suppression: columns::suppression(row)?, subscriber: row.get(4)? })
            })
        })
        .await
    }

    async fn suppression_count(&self) -> Result<u64, StoreError> {
        self.read(counts::suppressions).await
    }

    async fn audience(&self, served: &BandSet) -> Result<Vec<Segment>, StoreError> {
        let served = served.clone();
        self.read(move |conn| counts::audience(conn, &served)).await
    }

    async fn readers(&self) -> Result<BTreeMap<BandName, u64>, StoreError> {
        self.read(counts::readers).await
    }
}

fn subscribers(conn: &Connection) -> Result<Vec<SubscriberRecord>, SqliteError> {
    let query = "SELECT s.id, n.name, s.sector, s.locale, s.urn
                 FROM subscribers s JOIN names n ON n.id = s.name_id ORDER BY s.id";
    let mut records = sql::rows(conn, query, [], |row| {
        let id = SubscriberId(sql::count(row.get(0)?));
        Ok(SubscriberRecord { id, profile: columns::profile(row, 1)?, mailboxes: Vec::new() })
    })?;
    let place: HashMap<u64, usize> = records.iter().enumerate().map(|(i, r)| (r.id.0, i)).collect();
    for (owner, mailbox) in mailboxes(conn)? {
        if let Some(&at) = place.get(&owner) {
            records[at].mailboxes.push(mailbox);
        }
    }
    Ok(records)
}

/// Every mailbox with its owner, oldest first. Forgotten ones are left out.
fn mailboxes(conn: &Connection) -> Result<Vec<(u64, MailboxRecord)>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let mut subscriptions: HashMap<u64, Vec<Subscription>> = HashMap::new();
    let query = "SELECT recipient, subscriber, origin, bands, since, ended, ended_by
                 FROM subscriptions ORDER BY recipient, since, subscriber, origin";
    let all = sql::rows(conn, query, [], |row| Ok((sql::count(row.get(0)?), columns::subscription(&bands, row, 1)?)))?;
    for (recipient, one) in all {
        subscriptions.entry(recipient).or_default().push(one);
    }
    let query = "SELECT r.owner, r.id, r.address, r.bands, r.chosen IS NOT NULL, r.state, x.reason
                 FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac
                 WHERE r.address IS NOT NULL ORDER BY r.id";
    sql::rows(conn, query, [], |row| {
        let id = sql::count(row.get(1)?);
        let record = MailboxRecord {
            recipient: RecipientId(id),
            address: sql::word(row, 2)?,
            bands: bands.set(row.get(3)?),
            chosen: row.get(4)?,
            state: sql::word(row, 5)?,
            suppressed: sql::maybe_word(row, 6)?,
            subscriptions: subscriptions.remove(&id).unwrap_or_default(),
        };
        Ok((sql::count(row.get(0)?), record))
    })
}
