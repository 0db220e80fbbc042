//! Publishing: who gets an edition or a bulletin, and the one transaction that makes it so.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tokio::try_join;
use tokio_postgres::error::SqlState;

use super::columns::BandBook;
use super::{approved, audit, bulletin_rows, edition_rows, meta, pictures, segments, subjects};
use crate::domain::band::BandSet;
use crate::domain::bulletin::Audience;
use crate::domain::delivery::DeliveryState;
use crate::domain::edition::EditionNumber;
use crate::domain::sender::Sender;
use crate::domain::subscriber::{MailboxState, Sector};
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::segments::Packed;
use crate::store::{BulletinAddition, BulletinPublication, Publication, PublishResult};

/// From so many recipients on, the table is counted anew.
const MANY: u64 = 10_000;

/// Publishes with these segments, if the edition is as it was when they were rendered, and everyone is in one of them.
pub(in crate::store::postgres) async fn publish(
    transaction: &Transaction,
    publication: &Publication,
    packed: &[Packed],
) -> Result<PublishResult, PostgresError> {
    let number = publication.before.number;
    let (withdrawn, now) =
        try_join!(biased; edition_rows::withdrawn(transaction), edition_rows::one(transaction, number))?;
    let spoiled = publication.before.selection.picks.iter().any(|pick| withdrawn.contains(&pick.id));
    if spoiled || now.as_ref() != Some(&publication.before) {
        return Ok(PublishResult::Changed);
    }
    let Publication { at, served, sender, .. } = publication;
    let sender = Some(sender);
    let mailing = Mailing { number, at: *at, served, audience: &Audience::default(), sender, packed };
    let write_own = async {
        edition_rows::write(transaction, Some(&publication.before), Some(&publication.after)).await?;
        approved::drop_of(transaction, &[number]).await?;
        write_texts(transaction, publication).await?;
        pictures::write(transaction, number, &publication.pictures).await?;
        Ok(true)
    };
    mailing.publish(transaction, write_own).await
}

/// The same for a bulletin.
pub(super) async fn bulletin(
    transaction: &Transaction,
    publication: &BulletinPublication,
    packed: &[Packed],
) -> Result<PublishResult, PostgresError> {
    let BulletinPublication { before, after, published, at, served, sender, .. } = publication;
    let (number, sender) = (after.id.mailing(), Some(sender));
    let mailing = Mailing { number, at: *at, served, audience: &published.audience, sender, packed };
    let write_own = async {
        approved::drop_of(transaction, &[mailing.number]).await?;
        let is_written = bulletin_rows::replace(transaction, before.as_ref(), after).await?;
        if is_written {
            pictures::write(transaction, mailing.number, &publication.pictures).await?;
        }
        Ok(is_written)
    };
    mailing.publish(transaction, write_own).await
}

/// Adds readers to a bulletin that was sent.
pub(super) async fn more_readers(
    transaction: &Transaction,
    addition: &BulletinAddition,
    packed: &[Packed],
) -> Result<PublishResult, PostgresError> {
    let BulletinAddition { before, after, audience, at, served, .. } = addition;
    let mailing = Mailing { number: after.id.mailing(), at: *at, served, audience, sender: None, packed };
    mailing.publish(transaction, bulletin_rows::replace(transaction, Some(before), after)).await
}

/// A mail to many, as it is stored before it goes out.
struct Mailing<'a> {
    /// The number under which it is sent.
    number: EditionNumber,
    at: DateTime<Utc>,
    served: &'a BandSet,
    audience: &'a Audience,
    /// None where readers are added to what was published.
    sender: Option<&'a Sender>,
    packed: &'a [Packed],
}

impl Mailing<'_> {
    /// Stores it with whatever `write_own` writes of it, and a mail for everyone who is meant; nothing where that says no, someone
    /// is in no rendered segment, or the store was restored.
    async fn publish(
        &self,
        transaction: &Transaction,
        write_own: impl Future<Output = Result<bool, PostgresError>>,
    ) -> Result<PublishResult, PostgresError> {
        if meta::restored(transaction).await?.is_some() {
            return Ok(PublishResult::Changed);
        }
        transaction.run("SAVEPOINT publication", params![]).await?;
        let recipients = if write_own.await? {
            segments::write(transaction, self.number, self.packed).await?;
            self.enqueue(transaction).await?
        } else {
            None
        };
        let Some(recipients) = recipients else {
            transaction.run("ROLLBACK TO SAVEPOINT publication", params![]).await?;
            return Ok(PublishResult::Changed);
        };
        let update = "UPDATE editions SET mails = mails + $2, sender = coalesce($3, sender) WHERE number = $1";
        let (number, mails) = (i64::from(self.number.0), sql::column(recipients)?);
        let sender = self.sender.map(sql::to_json).transpose()?;
        transaction.run(update, params![number, mails, sender]).await?;
        let subject = subjects::of_mailing(transaction, self.number).await?;
        let detail = format!("{recipients} recipients in {} segments", self.packed.len());
        audit::write(transaction, sql::millis(self.at), "program", "publish", &subject, &detail).await?;
        if recipients >= MANY {
            // Autovacuum does so within a minute: until then, claims would be planned as for the few rows that were there before.
            transaction.run("ANALYZE (SKIP_LOCKED) deliveries", params![]).await?;
        }
        Ok(PublishResult::Published { recipients })
    }

    /// One delivery per recipient; `None` if one of them is in no rendered segment, which shows as a segment that is null.
    async fn enqueue(&self, transaction: &Transaction) -> Result<Option<u64>, PostgresError> {
        // By number, so that rows and keys are appended to the table and its indexes.
        let insert = format!(
            "INSERT INTO deliveries (mailing, recipient, segment, name_id)
             SELECT $6, r.id, s.number, o.name_id
             FROM recipients r JOIN subscribers o ON o.id = r.owner
                  LEFT JOIN segments s ON s.edition = $6 AND s.bands = r.bands & $1
                                      AND s.sector = o.sector AND s.locale = o.locale
             WHERE {} {} ORDER BY r.id",
            meant(self.audience),
            if self.sender.is_none() { NOT_YET } else { "" }
        );
        let bands = BandBook::open(transaction).await?;
        let (wanted, sectors, readers_of) = wanted(&bands, self.audience, self.served);
        let (served, number) = (bands.seen(self.served), i64::from(self.number.0));
        match transaction.run(&insert, params![served, MailboxState::Active, wanted, sectors, readers_of, number]).await
        {
            Ok(recipients) => Ok(Some(recipients)),
            Err(PostgresError::Postgres(error)) if is_null_segment(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Those who are meant: recipients `r` and their subscribers `o`. $1 is what is served, $2 the state of who gets digests, and the
/// rest is [`wanted`]. What is not asked about is compared with nothing: an edition may go to a million.
pub(super) fn meant(audience: &Audience) -> String {
    let sectors = match audience.sectors {
        Some(_) => "o.sector = ANY ($4::smallint[])",
        None => "$4::smallint[] IS NULL",
    };
    let readers = match audience.readers_of {
        Some(_) => format!(
            "EXISTS (SELECT 1 FROM deliveries d
                     WHERE d.mailing = $5::bigint AND d.recipient = r.id AND d.state IN {})",
            states::list(DeliveryState::ARRIVED)
        ),
        None => "$5::bigint IS NULL".to_owned(),
    };
    format!(
        "r.state = $2 AND r.bands & $3 <> 0 AND r.bands & $1 <> 0 AND {sectors} AND {readers}
         AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)"
    )
}

/// Those of them who have no mail of it yet: of the mailing $6.
pub(super) const NOT_YET: &str =
    "AND NOT EXISTS (SELECT 1 FROM deliveries m WHERE m.mailing = $6 AND m.recipient = r.id)";

/// The bands of which a recipient has one, the sectors, and the edition that they read.
pub(super) fn wanted(bands: &BandBook, audience: &Audience, served: &BandSet) -> (i64, Option<Vec<i16>>, Option<i64>) {
    let wanted = match &audience.bands {
        Some(wanted) => bands.seen(&wanted.intersection(served).cloned().collect()),
        None => bands.seen(served),
    };
    let codes = |sectors: &BTreeSet<Sector>| sectors.iter().map(|sector| i16::from(sector.code())).collect();
    let sectors = audience.sectors.as_ref().map(codes);
    (wanted, sectors, audience.readers_of.map(|edition| i64::from(edition.0)))
}

async fn write_texts(transaction: &Transaction, publication: &Publication) -> Result<(), PostgresError> {
    let activities: Vec<&str> = publication.texts.iter().map(|text| text.activity.as_str()).collect();
    let contents = publication.texts.iter().map(|text| sql::to_json(&text.content));
    let contents = contents.collect::<Result<Vec<String>, _>>()?;
    let insert = "INSERT INTO edition_texts (edition, activity, content) SELECT $1, * FROM unnest($2, $3)";
    let number = i64::from(publication.before.number.0);
    transaction.run(insert, params![number, activities, contents]).await?;
    let update = "UPDATE editions SET theme_text = $2, notices = $3 WHERE number = $1";
    let (theme, notices) = (sql::to_json(&publication.theme)?, sql::to_json(&publication.notices)?);
    transaction.run(update, params![number, theme, notices]).await.map(drop)
}

fn is_null_segment(error: &tokio_postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|told| *told.code() == SqlState::NOT_NULL_VIOLATION && told.column() == Some("segment"))
}
