//! The pictures of published editions.

use tokio_postgres::Row;

use crate::domain::edition::EditionNumber;
use crate::domain::picture::{Picture, PictureInfo, PictureName, PictureSubject};
use crate::store::PublishedPicture;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

pub(super) async fn write(
    transaction: &Transaction,
    edition: EditionNumber,
    pictures: &[PublishedPicture],
) -> Result<(), PostgresError> {
    let insert = "INSERT INTO pictures (edition, subject, name, width, height, bytes) VALUES ($1, $2, $3, $4, $5, $6)";
    for PublishedPicture { subject, picture: Picture { info, bytes } } in pictures {
        let (subject, name, bytes) = (subject.to_string(), info.name.as_str(), bytes.to_vec());
        let (width, height) = (i64::from(info.width), i64::from(info.height));
        transaction.run(insert, params![i64::from(edition.0), subject, name, width, height, bytes]).await?;
    }
    Ok(())
}

/// An edition's pictures, in the order of their subjects.
pub(super) async fn of(
    transaction: &Transaction,
    edition: EditionNumber,
) -> Result<Vec<PublishedPicture>, PostgresError> {
    let query = "SELECT name, width, height, bytes, subject FROM pictures WHERE edition = $1
                 ORDER BY subject COLLATE \"C\"";
    let read = |row: &Row| Ok(PublishedPicture { subject: sql::word(row, 4)?, picture: picture(row)? });
    transaction.rows(query, params![i64::from(edition.0)], read).await
}

/// The same without the pictures themselves.
pub(super) async fn infos(
    transaction: &Transaction,
    edition: EditionNumber,
) -> Result<Vec<(PictureSubject, PictureInfo)>, PostgresError> {
    let query = "SELECT name, width, height, subject FROM pictures WHERE edition = $1 ORDER BY subject COLLATE \"C\"";
    transaction.rows(query, params![i64::from(edition.0)], |row| Ok((sql::word(row, 3)?, info(row)?))).await
}

/// The picture of this name that went out with an edition, unless all that it shows was withdrawn.
pub(super) async fn named(transaction: &Transaction, name: &PictureName) -> Result<Option<Picture>, PostgresError> {
    let query = "SELECT name, width, height, bytes FROM pictures p WHERE name = $1
                 AND NOT EXISTS (SELECT 1 FROM withdrawn_activities w
                                 WHERE w.activity = p.subject AND w.reinstated_at IS NULL) LIMIT 1";
    transaction.row(query, params![name.as_str()], picture).await
}

fn picture(row: &Row) -> Result<Picture, PostgresError> {
    Ok(Picture { info: info(row)?, bytes: row.try_get::<_, Vec<u8>>(3)?.into() })
}

fn info(row: &Row) -> Result<PictureInfo, PostgresError> {
    let pixels = |at: usize| -> Result<u32, PostgresError> {
        u32::try_from(row.try_get::<_, i64>(at)?).map_err(|error| sql::damaged(&error.to_string()))
    };
    Ok(PictureInfo { name: sql::word(row, 0)?, width: pixels(1)?, height: pixels(2)? })
}
