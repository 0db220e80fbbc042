//! [`Bulletins`] on `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::columns::BandBook;
use super::{approved, audit, bulletin_rows, lists, publish};
use crate::domain::band::BandSet;
use crate::domain::bulletin::life::BulletinTransition;
use crate::domain::bulletin::{Audience, BulletinId, BulletinName, BulletinRecord};
use crate::domain::edits::ApprovedTexts;
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::MailboxState;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::shared::segments::{pack, pack_alone};
use crate::store::{Actor, BulletinAddition, BulletinPublication, Bulletins, PublishResult, Reader, StoreError};

#[async_trait]
impl Bulletins for PostgresStore {
    async fn bulletins(&self) -> Result<Vec<BulletinRecord>, StoreError> {
        within!(self, Look, |transaction| bulletin_rows::some(&transaction, None).await)
    }

    async fn bulletin(&self, name: &BulletinName) -> Result<Option<BulletinRecord>, StoreError> {
        within!(self, Look, |transaction| bulletin_rows::one(&transaction, name).await)
    }

    async fn write_bulletin(
        &self,
        transition: &BulletinTransition,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        within!(self, DecideEditions, |transaction| write(&transaction, transition, actor, at).await)
    }

    async fn bulletin_audience(&self, audience: &Audience, served: &BandSet) -> Result<Vec<Segment>, StoreError> {
        within!(self, Look, |transaction| count(&transaction, None, audience, served).await)
    }

    async fn bulletin_readers_page(
        &self,
        audience: &Audience,
        served: &BandSet,
        after: Option<&Reader>,
        limit: u32,
    ) -> Result<Vec<Reader>, StoreError> {
        within!(self, Look, |transaction| readers(&transaction, audience, served, after, limit).await)
    }

    async fn publish_bulletin(&self, publication: &BulletinPublication) -> Result<PublishResult, StoreError> {
        // Compressed before the transaction: others wait for that one.
        let packed = pack(&publication.segments).map_err(|error| sql::damaged(&error.to_string()).at(&self.place))?;
        within!(self, DecideEditions, |transaction| publish::bulletin(&transaction, publication, &packed).await)
    }

    async fn missed_by_bulletin(
        &self,
        bulletin: BulletinId,
        audience: &Audience,
        served: &BandSet,
    ) -> Result<Vec<Segment>, StoreError> {
        within!(self, Look, |transaction| count(&transaction, Some(bulletin), audience, served).await)
    }

    async fn add_readers(&self, addition: &BulletinAddition) -> Result<PublishResult, StoreError> {
        let packed =
            pack_alone(&addition.segments).map_err(|error| sql::damaged(&error.to_string()).at(&self.place))?;
        within!(self, DecideEditions, |transaction| publish::more_readers(&transaction, addition, &packed).await)
    }
}

async fn write(
    transaction: &Transaction,
    BulletinTransition { before, after, audit: (action, detail), approved }: &BulletinTransition,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<bool, PostgresError> {
    if !bulletin_rows::replace(transaction, before.as_ref(), after).await? {
        return Ok(false);
    }
    if let Some(text) = approved {
        approved::keep(transaction, after.id.mailing(), &ApprovedTexts::of_bulletin(text)).await?;
    }
    let subject = format!("bulletin {}", after.name);
    audit::write(transaction, sql::millis(at), actor, action, &subject, detail).await?;
    Ok(true)
}

/// Those who are meant, by segment; `but_for` those who have a mail of this bulletin.
async fn count(
    transaction: &Transaction,
    but_for: Option<BulletinId>,
    audience: &Audience,
    served: &BandSet,
) -> Result<Vec<Segment>, PostgresError> {
    let bands = BandBook::open(transaction).await?;
    let query = format!(
        "SELECT r.bands & $1 AS mask, o.sector, o.locale, count(*) FROM recipients r JOIN subscribers o ON o.id = r.owner
         WHERE {} AND {} GROUP BY mask, o.sector, o.locale",
        publish::meant(audience),
        but_for.map_or("$6::bigint IS NULL".to_owned(), |_| format!("$6::bigint IS NOT NULL {}", publish::NOT_YET))
    );
    let (wanted, sectors, readers_of) = publish::wanted(&bands, audience, served);
    let (seen, but_for) = (bands.seen(served), but_for.map(|bulletin| i64::from(bulletin.mailing().0)));
    let read = |row: &Row| {
        let key = SegmentKey { bands: bands.set(row.try_get(0)?), sector: row.try_get(1)?, locale: row.try_get(2)? };
        Ok(Segment { key, recipients: sql::count(row.try_get(3)?) })
    };
    let mut segments = transaction
        .rows(&query, params![seen, MailboxState::Active, wanted, sectors, readers_of, but_for], read)
        .await?;
    segments.sort_by(|a, b| b.recipients.cmp(&a.recipients).then_with(|| a.key.cmp(&b.key)));
    Ok(segments)
}

/// Mailboxes that would get it, by subscriber, after this one.
async fn readers(
    transaction: &Transaction,
    audience: &Audience,
    served: &BandSet,
    after: Option<&Reader>,
    limit: u32,
) -> Result<Vec<Reader>, PostgresError> {
    let bands = BandBook::open(transaction).await?;
    let query = format!(
        "SELECT r.bands & $1, o.sector, o.locale, n.name, r.address, r.owner, r.id
         FROM recipients r JOIN subscribers o ON o.id = r.owner JOIN names n ON n.id = o.name_id
         WHERE {} AND (r.owner, r.id) > ($6, $7) ORDER BY r.owner, r.id LIMIT $8",
        publish::meant(audience)
    );
    let (wanted, sectors, readers_of) = publish::wanted(&bands, audience, served);
    let (owner, recipient) = lists::place(after)?;
    let (seen, limit) = (bands.seen(served), i64::from(limit));
    let values = params![seen, MailboxState::Active, wanted, sectors, readers_of, owner, recipient, limit];
    transaction.rows(&query, values, |row| lists::reader(&bands, row)).await
}
