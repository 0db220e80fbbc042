//! Nobody on another machine has the file open.

use async_trait::async_trait;
use chrono::TimeDelta;

use crate::domain::delivery::shared_pace::TurnsWanted;
use crate::domain::token::KeyPrints;
use crate::store::sqlite::SqliteStore;
use crate::store::{Epoch, News, Node, Nodes, StoreError};

#[async_trait]
impl Nodes for SqliteStore {
    fn is_shared(&self) -> bool {
        false
    }

    async fn check_signing_keys(&self, _: &KeyPrints) -> Result<(), StoreError> {
        Ok(())
    }

    async fn sign_on(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn sign_off(&self) {}

    async fn epoch(&self) -> Result<Option<Epoch>, StoreError> {
        Ok(None)
    }

    async fn may_lose(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        Ok(Vec::new())
    }

    /// All of the time is ours.
    async fn take_turns(&self, _: TurnsWanted) -> Result<TimeDelta, StoreError> {
        Ok(TimeDelta::zero())
    }

    fn news(&self) -> News {
        News::default()
    }
}
