//! The pictures of published editions.

use rusqlite::{Connection, Row};

use crate::domain::edition::EditionNumber;
use crate::domain::picture::{Picture, PictureInfo, PictureName, PictureSubject};
use crate::store::PublishedPicture;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

pub(super) fn write(
    conn: &Connection,
    edition: EditionNumber,
    pictures: &[PublishedPicture],
) -> Result<(), SqliteError> {
    let insert = "INSERT INTO pictures (edition, subject, name, width, height, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for PublishedPicture { subject, picture: Picture { info, bytes } } in pictures {
        let row = (edition.0, subject.to_string(), info.name.as_str(), info.width, info.height, &bytes[..]);
        sql::run(conn, insert, row)?;
    }
    Ok(())
}

/// An edition's pictures, in the order of their subjects.
pub(super) fn of(conn: &Connection, edition: EditionNumber) -> Result<Vec<PublishedPicture>, SqliteError> {
    let query = "SELECT name, width, height, bytes, subject FROM pictures WHERE edition = ?1 ORDER BY subject";
    sql::rows(conn, query, [edition.0], |row| {
        Ok(PublishedPicture { subject: sql::word(row, 4)?, picture: picture(row)? })
    })
}

/// The same without the pictures themselves.
pub(super) fn infos(
    conn: &Connection,
    edition: EditionNumber,
) -> Result<Vec<(PictureSubject, PictureInfo)>, SqliteError> {
    let query = "SELECT name, width, height, subject FROM pictures WHERE edition = ?1 ORDER BY subject";
    sql::rows(conn, query, [edition.0], |row| Ok((sql::word(row, 3)?, info(row)?)))
}

/// The picture of this name that went out with an edition, unless all that it shows was withdrawn.
pub(super) fn named(conn: &Connection, name: &PictureName) -> Result<Option<Picture>, SqliteError> {
    let query = "SELECT name, width, height, bytes FROM pictures p WHERE name = ?1
                 AND NOT EXISTS (SELECT 1 FROM withdrawn_activities w
                                 WHERE w.activity = p.subject AND w.reinstated_at IS NULL) LIMIT 1";
    sql::row(conn, query, [name.as_str()], picture)
}

fn picture(row: &Row<'_>) -> Result<Picture, SqliteError> {
    Ok(Picture { info: info(row)?, bytes: row.get::<_, Vec<u8>>(3)?.into() })
}

fn info(row: &Row<'_>) -> Result<PictureInfo, SqliteError> {
    Ok(PictureInfo { name: sql::word(row, 0)?, width: row.get(1)?, height: row.get(2)? })
}
