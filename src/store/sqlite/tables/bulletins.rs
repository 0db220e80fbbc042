//! [`Bulletins`] on `SQLite`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::columns::BandBook;
use super::{approved, audit, bulletin_rows, lists, publish};
use crate::domain::band::BandSet;
use crate::domain::bulletin::life::BulletinTransition;
use crate::domain::bulletin::{Audience, BulletinId, BulletinName, BulletinRecord};
use crate::domain::edits::ApprovedTexts;
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::MailboxState;
use crate::store::shared::segments::{pack, pack_alone};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{Actor, BulletinAddition, BulletinPublication, Bulletins, PublishResult, Reader, StoreError};

#[async_trait]
impl Bulletins for SqliteStore {
    async fn bulletins(&self) -> Result<Vec<BulletinRecord>, StoreError> {
        self.read(|conn| bulletin_rows::some(conn, None)).await
    }

    async fn bulletin(&self, name: &BulletinName) -> Result<Option<BulletinRecord>, StoreError> {
        let name = name.clone();
        self.read(move |conn| bulletin_rows::one(conn, &name)).await
    }

    async fn write_bulletin(
        &self,
        transition: &BulletinTransition,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let BulletinTransition { before, after, audit: (action, detail), approved } = transition.clone();
        self.write(move |conn| {
            if !bulletin_rows::replace(conn, before.as_ref(), &after)? {
                return Ok(false);
            }
            if let Some(text) = &approved {
                approved::keep(conn, after.id.mailing(), &ApprovedTexts::of_bulletin(text))?;
            }
            audit::write(conn, sql::millis(at), actor, action, &format!("bulletin {}", after.name), &detail)?;
            Ok(true)
        })
        .await
    }

    async fn bulletin_audience(&self, audience: &Audience, served: &BandSet) -> Result<Vec<Segment>, StoreError> {
        let (audience, served) = (audience.clone(), served.clone());
        self.read(move |conn| count(conn, None, &audience, &served)).await
    }

    async fn bulletin_readers_page(
        &self,
        audience: &Audience,
        served: &BandSet,
        after: Option<&Reader>,
        limit: u32,
    ) -> Result<Vec<Reader>, StoreError> {
        let (audience, served, after) = (audience.clone(), served.clone(), after.cloned());
        self.read(move |conn| readers(conn, &audience, &served, after.as_ref(), limit)).await
    }

    async fn publish_bulletin(&self, publication: &BulletinPublication) -> Result<PublishResult, StoreError> {
        // Compressed here and not by the thread that writes: others wait for that one.
        let packed = pack(&publication.segments).map_err(|error| SqliteError::from(error).at(&self.place))?;
        let publication = BulletinPublication { segments: Vec::new(), ..publication.clone() };
        self.write(move |conn| publish::bulletin(conn, &publication, &packed)).await
    }

    async fn missed_by_bulletin(
        &self,
        bulletin: BulletinId,
        audience: &Audience,
        served: &BandSet,
    ) -> Result<Vec<Segment>, StoreError> {
        let (audience, served) = (audience.clone(), served.clone());
        self.read(move |conn| count(conn, Some(bulletin), &audience, &served)).await
    }

    async fn add_readers(&self, addition: &BulletinAddition) -> Result<PublishResult, StoreError> {
        let packed = pack_alone(&addition.segments).map_err(|error| SqliteError::from(error).at(&self.place))?;
        let addition = BulletinAddition { segments: Vec::new(), ..addition.clone() };
        self.write(move |conn| publish::more_readers(conn, &addition, &packed)).await
    }
}

/// Those who are meant, by segment; `but_for` those who have a mail of this bulletin.
fn count(
    conn: &Connection,
    but_for: Option<BulletinId>,
    audience: &Audience,
    served: &BandSet,
) -> Result<Vec<Segment>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = format!(
        "SELECT r.bands & ?1 AS mask, o.sector, o.locale, count(*) FROM {} AND ?6 IS ?6 {}
         GROUP BY mask, o.sector, o.locale",
        publish::meant(audience),
        but_for.map_or("", |_| publish::NOT_YET)
    );
    let (wanted, sectors, readers_of) = publish::wanted(&bands, audience, served)?;
    let but_for = but_for.map(|bulletin| bulletin.mailing().0);
    let values = (bands.seen(served), MailboxState::Active, wanted, sectors, readers_of, but_for);
    let mut segments = sql::rows(conn, &query, values, |row| {
        let key = SegmentKey { bands: bands.set(row.get(0)?), sector: row.get(1)?, locale: row.get(2)? };
        Ok(Segment { key, recipients: sql::count(row.get(3)?) })
    })?;
    segments.sort_by(|a, b| b.recipients.cmp(&a.recipients).then_with(|| a.key.cmp(&b.key)));
    Ok(segments)
}

/// Mailboxes that would get it, by subscriber, after this one.
fn readers(
    conn: &Connection,
    audience: &Audience,
    served: &BandSet,
    after: Option<&Reader>,
    limit: u32,
) -> Result<Vec<Reader>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = format!(
        "SELECT r.bands & ?1, o.sector, o.locale, (SELECT n.name FROM names n WHERE n.id = o.name_id), r.address, r.owner, r.id
         FROM {} AND (r.owner, r.id) > (?6, ?7) ORDER BY r.owner, r.id LIMIT ?8",
        publish::meant(audience)
    );
    let (wanted, sectors, readers_of) = publish::wanted(&bands, audience, served)?;
    let after = lists::place(after)?;
    let seen = bands.seen(served);
    let values = (seen, MailboxState::Active, wanted, sectors, readers_of, after.0, after.1, limit);
    sql::rows(conn, &query, values, |row| lists::reader(&bands, row))
}
