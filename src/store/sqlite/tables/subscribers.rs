//! [`Subscribers`] on `SQLite`: the mailing list, and counts of it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::mailing_list::{self, counts};
use super::{lists, memberships, meta, search};
use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet};
use crate::domain::delivery::TransactionalMail;
use crate::domain::name_query::NameQuery;
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::{RecipientId, SubscriberCounts, SubscriberId, SubscriberRecord};
use crate::domain::subscription::census::Membership;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::rows::UnfinishedImport;
use crate::domain::subscription::suppression::{ListedSuppression, Suppression};
use crate::store::sqlite::SqliteStore;
use crate::store::{Decision, Reader, Scope, StoreError, Subscribers, Traces};

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

    async fn rehearse(&self, scope: &Scope, at: DateTime<Utc>, decide: Decision) -> Result<Traces, StoreError> {
        let (scope, hasher) = (scope.clone(), self.hasher.clone());
        self.write(move |conn| mailing_list::rehearse(conn, (&hasher, at), &scope, decide)).await
    }

    async fn unfinished_imports(&self) -> Result<Vec<UnfinishedImport>, StoreError> {
        self.read(meta::unfinished_imports).await
    }

    async fn subscribers_page(
        &self,
        after: Option<SubscriberId>,
        limit: u32,
    ) -> Result<Vec<SubscriberRecord>, StoreError> {
        self.read(move |conn| lists::subscribers(conn, after, limit)).await
    }

    async fn find_subscribers(&self, query: &NameQuery, limit: usize) -> Result<Vec<SubscriberId>, StoreError> {
        let query = query.clone();
        self.read(move |conn| search::find(conn, &query, limit)).await
    }

    async fn subscribers_at(&self, domain: &str, limit: usize) -> Result<Vec<SubscriberId>, StoreError> {
        let domain = domain.to_ascii_lowercase();
        self.read(move |conn| search::in_domain(conn, &domain, limit)).await
    }

    async fn subscribers_of(&self, ids: &[SubscriberId]) -> Result<Vec<SubscriberRecord>, StoreError> {
        let ids = ids.to_vec();
        self.read(move |conn| search::records(conn, &ids)).await
    }

    async fn memberships_page(&self, after: Option<RecipientId>, limit: u32) -> Result<Vec<Membership>, StoreError> {
        self.read(move |conn| memberships::page(conn, after, limit)).await
    }

    async fn subscriber_counts(&self) -> Result<SubscriberCounts, StoreError> {
        self.read(counts::subscribers).await
    }

    async fn suppressions_page(
        &self,
        after: Option<&Suppression>,
        limit: u32,
    ) -> Result<Vec<ListedSuppression>, StoreError> {
        let after = after.cloned();
        self.read(move |conn| lists::suppressions(conn, after.as_ref(), limit)).await
    }

    async fn newest_suppressions(&self, skip: u32, limit: u32) -> Result<Vec<ListedSuppression>, StoreError> {
        self.read(move |conn| lists::newest_suppressions(conn, skip, limit)).await
    }

    async fn suppression_count(&self) -> Result<u64, StoreError> {
        self.read(counts::suppressions).await
    }

    async fn audience(&self, served: &BandSet) -> Result<Vec<Segment>, StoreError> {
        let served = served.clone();
        self.read(move |conn| counts::audience(conn, &served)).await
    }

    async fn first_readers(&self, served: &BandSet) -> Result<BTreeMap<SegmentKey, String>, StoreError> {
        let served = served.clone();
        self.read(move |conn| lists::first_readers(conn, &served)).await
    }

    async fn readers_page(
        &self,
        served: &BandSet,
        after: Option<&Reader>,
        limit: u32,
    ) -> Result<Vec<Reader>, StoreError> {
        let (served, after) = (served.clone(), after.cloned());
        self.read(move |conn| lists::readers(conn, &served, after.as_ref(), limit)).await
    }

    async fn addresses_near(&self, address: &Address, limit: u32) -> Result<Vec<Address>, StoreError> {
        let address = address.clone();
        self.read(move |conn| lists::addresses_near(conn, &address, limit)).await
    }

    async fn unserved(&self, served: &BandSet, limit: u32) -> Result<(u64, BTreeMap<String, BandSet>), StoreError> {
        let served = served.clone();
        self.read(move |conn| lists::unserved(conn, &served, limit)).await
    }

    async fn subscribers_in(&self, domains: &[&str], limit: u32) -> Result<(u64, Vec<String>), StoreError> {
        let domains: Vec<String> = domains.iter().map(ToString::to_string).collect();
        self.read(move |conn| lists::subscribers_in(conn, &domains, limit)).await
    }

    async fn readers(&self) -> Result<BTreeMap<BandName, u64>, StoreError> {
        self.read(counts::readers).await
    }
}
