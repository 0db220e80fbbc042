//! The verbs of [`Store`]: each is one request to the thread that writes or to the one that reads.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::SqliteStore;
use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet};
use crate::domain::segment::Segment;
use crate::domain::subscriber::{
    RecipientId, SubscribeRequest, Subscribed, SubscriberCounts, SubscriberRecord, SuppressionReason,
};
use crate::domain::sync::{SyncPlan, Truth};
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::people::People;
use crate::store::sqlite::tables::{leave, listing, publish, subscribe, sync};
use crate::store::{Actor, Store, StoreError, Suppression};

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl Store for SqliteStore {
    async fn sync_truth(&self, wished: &[Address]) -> Answer<Truth> {
        let (wished, hasher) = (wished.to_vec(), self.hasher.clone());
        self.read(move |conn| sync::truth(&People::open(conn, &hasher, 0)?, &wished)).await
    }

    async fn apply_sync(&self, plan: &SyncPlan, at: DateTime<Utc>) -> Answer<()> {
        let (plan, hasher) = (plan.clone(), self.hasher.clone());
        self.write(move |conn| sync::apply(&mut People::open(conn, &hasher, sql::millis(at))?, &plan)).await
    }

    async fn subscribe(&self, requests: &[SubscribeRequest], at: DateTime<Utc>) -> Answer<Vec<Subscribed>> {
        let (requests, hasher) = (requests.to_vec(), self.hasher.clone());
        self.write(move |conn| {
            let mut people = People::open(conn, &hasher, sql::millis(at))?;
            requests.iter().map(|request| subscribe::one(&mut people, request)).collect()
        })
        .await
    }

    async fn unsubscribe(
        &self,
        address: &Address,
        reason: SuppressionReason,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Answer<Option<String>> {
        let (address, hasher) = (address.clone(), self.hasher.clone());
        self.write(move |conn| {
            let people = People::open(conn, &hasher, sql::millis(at))?;
            leave::unsubscribe(&people, &address, reason, actor)
        })
        .await
    }

    async fn leave(
        &self,
        recipient: RecipientId,
        reason: SuppressionReason,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Answer<Option<String>> {
        let hasher = self.hasher.clone();
        self.write(move |conn| leave::leave(&People::open(conn, &hasher, sql::millis(at))?, recipient, reason, actor))
            .await
    }

    async fn subscribed_name(&self, recipient: RecipientId) -> Answer<Option<String>> {
        self.read(move |conn| leave::subscribed_name(conn, recipient)).await
    }

    async fn suppression(&self, address: &Address) -> Answer<Option<SuppressionReason>> {
        let (address, hasher) = (address.clone(), self.hasher.clone());
        self.read(move |conn| People::open(conn, &hasher, 0)?.suppression(&address)).await
    }

    async fn suppressions(&self) -> Answer<Vec<Suppression>> {
        self.read(leave::suppressions).await
    }

    async fn lift_suppression(
        &self,
        address: &Address,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Answer<Option<SuppressionReason>> {
        let (address, hasher) = (address.clone(), self.hasher.clone());
        self.write(move |conn| leave::lift(&People::open(conn, &hasher, sql::millis(at))?, &address, actor)).await
    }

    async fn change_address(&self, old: &Address, new: &Address, at: DateTime<Utc>) -> Answer<()> {
        let (old, new, hasher) = (old.clone(), new.clone(), self.hasher.clone());
        self.write(move |conn| leave::change_address(&People::open(conn, &hasher, sql::millis(at))?, &old, &new)).await
    }

    async fn subscribers(&self) -> Answer<Vec<SubscriberRecord>> {
        self.read(listing::subscribers).await
    }

    async fn subscriber_counts(&self) -> Answer<SubscriberCounts> {
        self.read(listing::counts).await
    }

    async fn suppression_count(&self) -> Answer<u64> {
        self.read(listing::suppressions).await
    }

    async fn audience(&self, served: &BandSet) -> Answer<Vec<Segment>> {
        let served = served.clone();
        self.read(move |conn| publish::audience(conn, &served)).await
    }

    async fn readers(&self) -> Answer<BTreeMap<BandName, u64>> {
        self.read(listing::readers).await
    }
}
