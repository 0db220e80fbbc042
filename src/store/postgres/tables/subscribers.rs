//! [`Subscribers`] on `PostgreSQL`: the mailing list, and counts of it.

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
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::transaction::within;
use crate::store::{Decision, Reader, Scope, StoreError, Subscribers, Traces};

#[async_trait]
impl Subscribers for PostgresStore {
    async fn mailing_list(&self, scope: &Scope, at: DateTime<Utc>) -> Result<MailingList, StoreError> {
        within!(self, Look, |transaction| mailing_list::read(&transaction, (&self.hasher, at), scope)
            .await
            .map(|(list, _)| list))
    }

    async fn change_mailing_list(
        &self,
        scope: &Scope,
        at: DateTime<Utc>,
        mail: Option<&TransactionalMail>,
        mut decide: Decision,
    ) -> Result<Traces, StoreError> {
        within!(self, DecideList, |transaction| {
            mailing_list::change(&transaction, (&self.hasher, at), scope, mail, &mut *decide).await
        })
    }

    async fn rehearse(&self, scope: &Scope, at: DateTime<Utc>, mut decide: Decision) -> Result<Traces, StoreError> {
        // Nothing is decided, so no counter is raised, and nobody is kept waiting.
        within!(self, Change, |transaction| {
            mailing_list::rehearse(&transaction, (&self.hasher, at), scope, &mut *decide).await
        })
    }

    async fn unfinished_imports(&self) -> Result<Vec<UnfinishedImport>, StoreError> {
        within!(self, Look, |transaction| meta::unfinished_imports(&transaction).await)
    }

    async fn subscribers_page(
        &self,
        after: Option<SubscriberId>,
        limit: u32,
    ) -> Result<Vec<SubscriberRecord>, StoreError> {
        within!(self, Look, |transaction| lists::subscribers(&transaction, after, limit).await)
    }

    async fn find_subscribers(&self, query: &NameQuery, limit: usize) -> Result<Vec<SubscriberId>, StoreError> {
        within!(self, Look, |transaction| search::find(&transaction, query, limit).await)
    }

    async fn subscribers_at(&self, domain: &str, limit: usize) -> Result<Vec<SubscriberId>, StoreError> {
        let domain = domain.to_ascii_lowercase();
        within!(self, Look, |transaction| search::in_domain(&transaction, &domain, limit).await)
    }

    async fn subscribers_of(&self, ids: &[SubscriberId]) -> Result<Vec<SubscriberRecord>, StoreError> {
        within!(self, Look, |transaction| search::records(&transaction, ids).await)
    }

    async fn memberships_page(&self, after: Option<RecipientId>, limit: u32) -> Result<Vec<Membership>, StoreError> {
        within!(self, Look, |transaction| memberships::page(&transaction, after, limit).await)
    }

    async fn subscriber_counts(&self) -> Result<SubscriberCounts, StoreError> {
        within!(self, Look, |transaction| counts::subscribers(&transaction).await)
    }

    async fn suppressions_page(
        &self,
        after: Option<&Suppression>,
        limit: u32,
    ) -> Result<Vec<ListedSuppression>, StoreError> {
        within!(self, Look, |transaction| lists::suppressions(&transaction, after, limit).await)
    }

    async fn newest_suppressions(&self, skip: u32, limit: u32) -> Result<Vec<ListedSuppression>, StoreError> {
        within!(self, Look, |transaction| lists::newest_suppressions(&transaction, skip, limit).await)
    }

    async fn suppression_count(&self) -> Result<u64, StoreError> {
        within!(self, Look, |transaction| counts::suppressions(&transaction).await)
    }

    async fn audience(&self, served: &BandSet) -> Result<Vec<Segment>, StoreError> {
        within!(self, Look, |transaction| counts::audience(&transaction, served).await)
    }

    async fn first_readers(&self, served: &BandSet) -> Result<BTreeMap<SegmentKey, String>, StoreError> {
        within!(self, Look, |transaction| lists::first_readers(&transaction, served).await)
    }

    async fn readers_page(
        &self,
        served: &BandSet,
        after: Option<&Reader>,
        limit: u32,
    ) -> Result<Vec<Reader>, StoreError> {
        within!(self, Look, |transaction| lists::readers(&transaction, served, after, limit).await)
    }

    async fn addresses_near(&self, address: &Address, limit: u32) -> Result<Vec<Address>, StoreError> {
        within!(self, Look, |transaction| lists::addresses_near(&transaction, address, limit).await)
    }

    async fn unserved(&self, served: &BandSet, limit: u32) -> Result<(u64, BTreeMap<String, BandSet>), StoreError> {
        within!(self, Look, |transaction| lists::unserved(&transaction, served, limit).await)
    }

    async fn subscribers_in(&self, domains: &[&str], limit: u32) -> Result<(u64, Vec<String>), StoreError> {
        within!(self, Look, |transaction| lists::subscribers_in(&transaction, domains, limit).await)
    }

    async fn readers(&self) -> Result<BTreeMap<BandName, u64>, StoreError> {
        within!(self, Look, |transaction| counts::readers(&transaction).await)
    }
}
