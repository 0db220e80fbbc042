//! Nobody on another machine has the file open.

use async_trait::async_trait;

use crate::domain::token::KeyPrints;
use crate::store::sqlite::SqliteStore;
use crate::store::{Node, Nodes, StoreError};

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

    async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        Ok(Vec::new())
    }
}
