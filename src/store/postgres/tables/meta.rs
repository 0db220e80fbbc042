//! What the store remembers about itself: the anchor, and the fortnight in which it began.

use crate::domain::address::Address;
use crate::domain::refusal::Refusal;
use crate::store::StoreError;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::within;

impl PostgresStore {
    /// Remembers whose keys hash this store's addresses, or checks that they are the same as ever: with other keys nobody who is
    /// subscribed or has left would be recognised.
    pub(in crate::store::postgres) async fn check_keys(&self) -> Result<(), StoreError> {
        within!(self, Change, |transaction| {
            let probe: Address = sql::parse("keys@fortnightly.invalid")?;
            let print = data_encoding::HEXLOWER.encode(&self.hasher.key(&probe).0);
            let insert = "INSERT INTO meta (key, value) VALUES ('keys', $1) ON CONFLICT (key) DO NOTHING";
            transaction.run(insert, params![print]).await?;
            let is_known = "SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'keys' AND value = $1)";
            if transaction.is(is_known, params![print]).await? { Ok(()) } else { Err(Refusal::OtherKeys.into()) }
        })
    }
}
