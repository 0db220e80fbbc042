//! What was approved of an edition or a bulletin, until it is published.

use crate::domain::edition::EditionNumber;
use crate::domain::edition::state::Changed;
use crate::domain::edits::ApprovedTexts;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::approved::{pack, unpack};

/// Writes what was approved along with the approval, and drops what no longer counts.
pub(super) async fn follow(transaction: &Transaction, changed: &Changed) -> Result<(), PostgresError> {
    let ended = changed.transitions.iter().filter(|transition| transition.ends_approved_texts());
    let ended: Vec<EditionNumber> = ended.filter_map(|transition| Some(transition.after.as_ref()?.number)).collect();
    drop_of(transaction, &ended).await?;
    for (number, texts) in &changed.approved {
        keep(transaction, *number, texts).await?;
    }
    Ok(())
}

/// Puts what is approved of one in the place of what was before.
pub(super) async fn keep(
    transaction: &Transaction,
    number: EditionNumber,
    texts: &ApprovedTexts,
) -> Result<(), PostgresError> {
    let put = "INSERT INTO approved_texts (edition, packed) VALUES ($1, $2)
               ON CONFLICT (edition) DO UPDATE SET packed = excluded.packed";
    let packed = pack(texts).map_err(|error| unreadable(&error))?;
    transaction.run(put, params![i64::from(number.0), packed]).await.map(drop)
}

/// Drops what was approved of these editions.
pub(super) async fn drop_of(transaction: &Transaction, numbers: &[EditionNumber]) -> Result<(), PostgresError> {
    if numbers.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = numbers.iter().map(|number| number.0.into()).collect();
    transaction.run("DELETE FROM approved_texts WHERE edition = ANY ($1)", params![numbers]).await.map(drop)
}

pub(super) async fn read(
    transaction: &Transaction,
    number: EditionNumber,
) -> Result<Option<ApprovedTexts>, PostgresError> {
    let query = "SELECT packed FROM approved_texts WHERE edition = $1";
    let read = |row: &tokio_postgres::Row| Ok(row.try_get::<_, Vec<u8>>(0)?);
    let packed = transaction.row(query, params![i64::from(number.0)], read).await?;
    packed.map(|packed| unpack(&packed).map_err(|error| unreadable(&error))).transpose()
}

fn unreadable(error: &std::io::Error) -> PostgresError {
    sql::damaged(&format!("what was approved: {error}"))
}
