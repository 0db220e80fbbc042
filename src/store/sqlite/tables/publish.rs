//! Publishing: who gets an edition or a bulletin, and the one transaction that makes it so.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode};

use super::columns::BandBook;
use super::{approved, audit, bulletin_rows, edition_rows, meta, pictures, segments, subjects};
use crate::domain::band::BandSet;
use crate::domain::bulletin::Audience;
use crate::domain::delivery::DeliveryState;
use crate::domain::edition::EditionNumber;
use crate::domain::sender::Sender;
use crate::domain::subscriber::{MailboxState, Sector};
use crate::store::shared::segments::Packed;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};
use crate::store::{BulletinAddition, BulletinPublication, Publication, PublishResult};

/// Publishes with these segments, if the edition is as it was when they were rendered, and everyone is in one of them.
pub(in crate::store::sqlite) fn publish(
    conn: &Connection,
    publication: &Publication,
    segments: &[Packed],
) -> Result<PublishResult, SqliteError> {
    let number = publication.before.number;
    let withdrawn = edition_rows::withdrawn(conn)?;
    let spoiled = publication.before.selection.picks.iter().any(|pick| withdrawn.contains(&pick.id));
    let is_as_rendered = edition_rows::one(conn, number)?.as_ref() == Some(&publication.before);
    if spoiled || !is_as_rendered {
        return Ok(PublishResult::Changed);
    }
    let Publication { at, served, sender, .. } = publication;
    let sender = Some(sender);
    let mailing = Mailing { number, at: *at, served, audience: &Audience::default(), sender, segments };
    mailing.publish(conn, || {
        edition_rows::write(conn, Some(&publication.before), Some(&publication.after))?;
        approved::drop_of(conn, number)?;
        write_texts(conn, publication)?;
        pictures::write(conn, number, &publication.pictures)?;
        Ok(true)
    })
}

/// The same for a bulletin.
pub(super) fn bulletin(
    conn: &Connection,
    publication: &BulletinPublication,
    segments: &[Packed],
) -> Result<PublishResult, SqliteError> {
    let BulletinPublication { before, after, published, at, served, sender, .. } = publication;
    let (number, sender) = (after.id.mailing(), Some(sender));
    let mailing = Mailing { number, at: *at, served, audience: &published.audience, sender, segments };
    mailing.publish(conn, || {
        approved::drop_of(conn, mailing.number)?;
        let is_written = bulletin_rows::replace(conn, before.as_ref(), after)?;
        if is_written {
            pictures::write(conn, mailing.number, &publication.pictures)?;
        }
        Ok(is_written)
    })
}

/// Adds readers to a bulletin that was sent.
pub(super) fn more_readers(
    conn: &Connection,
    addition: &BulletinAddition,
    segments: &[Packed],
) -> Result<PublishResult, SqliteError> {
    let BulletinAddition { before, after, audience, at, served, .. } = addition;
    let mailing = Mailing { number: after.id.mailing(), at: *at, served, audience, sender: None, segments };
    mailing.publish(conn, || bulletin_rows::replace(conn, Some(before), after))
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
    segments: &'a [Packed],
}

impl Mailing<'_> {
    /// Stores it with whatever `write_own` writes of it, and a mail for everyone who is meant; nothing where that says no, someone
    /// is in no rendered segment, or the store was restored.
    fn publish(
        &self,
        conn: &Connection,
        write_own: impl FnOnce() -> Result<bool, SqliteError>,
    ) -> Result<PublishResult, SqliteError> {
        if meta::restored(conn)?.is_some() {
            return Ok(PublishResult::Changed);
        }
        sql::run(conn, "SAVEPOINT publication", [])?;
        let recipients = if write_own()? {
            segments::write(conn, self.number, self.segments)?;
            self.enqueue(conn)?
        } else {
            None
        };
        let Some(recipients) = recipients else {
            sql::run(conn, "ROLLBACK TO publication", [])?;
            sql::run(conn, "RELEASE publication", [])?;
            return Ok(PublishResult::Changed);
        };
        sql::run(conn, "RELEASE publication", [])?;
        let update = "UPDATE editions SET mails = mails + ?2, sender = coalesce(?3, sender) WHERE number = ?1";
        let sender = self.sender.map(sql::to_json).transpose()?;
        sql::run(conn, update, (self.number.0, sql::column(recipients)?, sender))?;
        let subject = subjects::of_mailing(conn, self.number)?;
        let detail = format!("{recipients} recipients in {} segments", self.segments.len());
        audit::write(conn, sql::millis(self.at), "program", "publish", &subject, &detail)?;
        Ok(PublishResult::Published { recipients })
    }

    /// One delivery per recipient; `None` if one of them is in no rendered segment, which shows as a segment that is null.
    fn enqueue(&self, conn: &Connection) -> Result<Option<u64>, SqliteError> {
        let insert = format!(
            "INSERT INTO deliveries (mailing, recipient, segment, name_id)
             SELECT ?6, r.id,
                    (SELECT s.number FROM segments s WHERE s.edition = ?6 AND s.bands = r.bands & ?1
                     AND s.sector = o.sector AND s.locale = o.locale),
                    o.name_id
             FROM {} {}",
            meant(self.audience),
            if self.sender.is_none() { NOT_YET } else { "" }
        );
        let bands = BandBook::open(conn)?;
        let (wanted, sectors, readers_of) = wanted(&bands, self.audience, self.served)?;
        let active = MailboxState::Active;
        let values = (bands.seen(self.served), active, wanted, sectors, readers_of, self.number.0);
        match sql::run(conn, &insert, values) {
            Ok(recipients) => Ok(Some(recipients)),
            Err(SqliteError::Sqlite(error)) if is_null_segment(&error) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

/// Those who are meant: recipients `r` and their subscribers `o`. ?1 is what is served, ?2 the state of who gets digests, and the
/// rest is [`wanted`]. What is not asked about is not in the statement: an edition may go to a million.
pub(super) fn meant(audience: &Audience) -> String {
    let sectors = audience.sectors.as_ref().map(|_| "AND o.sector IN (SELECT value FROM json_each(?4))");
    let readers = audience.readers_of.map(|_| {
        let arrived = states::list(DeliveryState::ARRIVED);
        format!(
            "AND EXISTS (SELECT 1 FROM deliveries d
                         WHERE d.mailing = ?5 AND d.recipient = r.id AND d.state IN {arrived})"
        )
    });
    // CROSS JOIN fixes the order: recipients by number, so that rows are appended to the table.
    format!(
        "recipients r CROSS JOIN subscribers o ON o.id = r.owner
         WHERE r.state = ?2 AND r.bands & ?3 <> 0 AND r.bands & ?1 <> 0 AND ?4 IS ?4 AND ?5 IS ?5
           AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac) {} {}",
        sectors.unwrap_or_default(),
        readers.unwrap_or_default()
    )
}

/// Those of them who have no mail of it yet: of the mailing ?6.
pub(super) const NOT_YET: &str =
    "AND NOT EXISTS (SELECT 1 FROM deliveries m WHERE m.mailing = ?6 AND m.recipient = r.id)";

/// The bands of which a recipient has one, the sectors as JSON, and the edition that they read.
pub(super) fn wanted(
    bands: &BandBook,
    audience: &Audience,
    served: &BandSet,
) -> Result<(i64, Option<String>, Option<u32>), SqliteError> {
    let wanted = match &audience.bands {
        Some(wanted) => bands.seen(&wanted.intersection(served).cloned().collect()),
        None => bands.seen(served),
    };
    let codes = |sectors: &BTreeSet<Sector>| sectors.iter().map(|sector| sector.code()).collect::<Vec<_>>();
    let sectors = audience.sectors.as_ref().map(|sectors| sql::to_json(&codes(sectors))).transpose()?;
    Ok((wanted, sectors, audience.readers_of.map(|edition| edition.0)))
}

fn write_texts(conn: &Connection, publication: &Publication) -> Result<(), SqliteError> {
    let number = publication.before.number.0;
    let insert = "INSERT INTO edition_texts (edition, activity, content) VALUES (?1, ?2, ?3)";
    for text in &publication.texts {
        sql::run(conn, insert, (number, text.activity.as_str(), sql::to_json(&text.content)?))?;
    }
    let update = "UPDATE editions SET theme_text = ?2, notices = ?3 WHERE number = ?1";
    let (theme, notices) = (sql::to_json(&publication.theme)?, sql::to_json(&publication.notices)?);
    sql::run(conn, update, (number, theme, notices)).map(drop)
}

fn is_null_segment(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL)
}
