//! Rows of editions, their picks, and withdrawn activities: read and written as they are, whatever they mean.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use tokio::try_join;
use tokio_postgres::Row;

use super::columns::each;
use super::{approved, audit, columns, subjects};
use crate::domain::activity::ActivityId;
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::state::{self, Changed, Transition};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, Pick, Selection};
use crate::store::ActivityWithdrawal;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::reasons;

/// Every edition, by number.
pub(in crate::store::postgres) async fn all(transaction: &Transaction) -> Result<Vec<Edition>, PostgresError> {
    let mut found = to_many(transaction).await?;
    found.retain(|edition| edition.number <= BulletinId::LAST_EDITION);
    Ok(found)
}

/// Whatever goes to many, by number: editions, and then bulletins as far as they are like them.
pub(super) async fn to_many(transaction: &Transaction) -> Result<Vec<Edition>, PostgresError> {
    some(transaction, None).await
}

/// One edition, or a bulletin as far as it is like one.
pub(in crate::store::postgres) async fn one(
    transaction: &Transaction,
    number: EditionNumber,
) -> Result<Option<Edition>, PostgresError> {
    Ok(some(transaction, Some(&[number])).await?.pop())
}

/// Editions of these numbers, or all, by number.
async fn some(transaction: &Transaction, only: Option<&[EditionNumber]>) -> Result<Vec<Edition>, PostgresError> {
    let only: Option<Vec<i64>> = only.map(|only| only.iter().map(|number| number.0.into()).collect());
    let (mut editions, mut picks) =
        try_join!(biased; rows(transaction, only.as_ref()), picks(transaction, only.as_ref()))?;
    for edition in &mut editions {
        edition.selection.picks = picks.remove(&edition.number).unwrap_or_default();
    }
    Ok(editions)
}

async fn rows(transaction: &Transaction, only: Option<&Vec<i64>>) -> Result<Vec<Edition>, PostgresError> {
    let query = "SELECT number, state, reason, reason_detail, date, due_at, theme, theme_reason, theme_reason_detail,
                        theme_fingerprint, published_at, finished_at, approved_at, released_at
                 FROM editions WHERE $1::bigint[] IS NULL OR number = ANY ($1) ORDER BY number";
    transaction.rows(query, params![only], read).await
}

fn read(row: &Row) -> Result<Edition, PostgresError> {
    let state = sql::word(row, 1)?;
    let reason = reasons::read_state(state, row.try_get(2)?, row.try_get(3)?);
    Ok(Edition {
        number: columns::edition(row, 0)?,
        state,
        reason: reason.map_err(|error| invalid(&error))?,
        date: sql::word(row, 4)?,
        due_at: sql::instant(row.try_get(5)?)?,
        selection: Selection {
            theme: row.try_get(6)?,
            theme_reason: reason_of(row, 7)?,
            theme_fingerprint: row.try_get::<_, String>(9)?.into(),
            picks: Vec::new(),
        },
        published_at: sql::maybe_instant(row.try_get(10)?)?,
        finished_at: sql::maybe_instant(row.try_get(11)?)?,
        approved_at: sql::maybe_instant(row.try_get(12)?)?,
        released_at: sql::maybe_instant(row.try_get(13)?)?,
    })
}

async fn picks(
    transaction: &Transaction,
    only: Option<&Vec<i64>>,
) -> Result<BTreeMap<EditionNumber, Vec<Pick>>, PostgresError> {
    let query = "SELECT edition, band, activity, title, reason, reason_detail, fingerprint FROM picks
                 WHERE $1::bigint[] IS NULL OR edition = ANY ($1) ORDER BY edition, position";
    let pick = |row: &Row| {
        let pick = Pick {
            band: sql::word(row, 1)?,
            id: sql::word(row, 2)?,
            title: row.try_get(3)?,
            reason: reason_of(row, 4)?,
            fingerprint: row.try_get::<_, String>(6)?.into(),
        };
        Ok((columns::edition(row, 0)?, pick))
    };
    let mut grouped: BTreeMap<EditionNumber, Vec<Pick>> = BTreeMap::new();
    for (edition, pick) in transaction.rows(query, params![only], pick).await? {
        grouped.entry(edition).or_default().push(pick);
    }
    Ok(grouped)
}

fn reason_of<T: DeserializeOwned>(row: &Row, at: usize) -> Result<T, PostgresError> {
    let reason = reasons::read(row.try_get(at)?, row.try_get(at + 1)?);
    let reason = reason.map_err(|error| invalid(&error))?;
    reason.ok_or_else(|| sql::damaged("a reason is missing"))
}

/// Whether every edition is as it was read, or absent as it was then.
async fn are_as_read(transaction: &Transaction, transitions: &[Transition]) -> Result<bool, PostgresError> {
    let about = |transition: &Transition| transition.before.as_ref().or(transition.after.as_ref()).map(|e| e.number);
    let numbers: Vec<EditionNumber> = transitions.iter().filter_map(about).collect();
    if numbers.is_empty() {
        return Ok(true);
    }
    let now = some(transaction, Some(&numbers)).await?;
    let is_as_read = |transition: &Transition| {
        let number = about(transition);
        now.iter().find(|edition| Some(edition.number) == number) == transition.before.as_ref()
    };
    Ok(transitions.iter().all(is_as_read))
}

/// Writes what changed and the audit's lines, or nothing when something is not as it was read; whether it was written.
pub(in crate::store::postgres) async fn change(
    transaction: &Transaction,
    changed: &Changed,
    activities: &[ActivityWithdrawal],
    actor: &str,
    at: DateTime<Utc>,
) -> Result<bool, PostgresError> {
    let (withdrawn, are_as_read) =
        try_join!(biased; withdrawn(transaction), are_as_read(transaction, &changed.transitions))?;
    let stale = |change: &ActivityWithdrawal| withdrawn.contains(&change.activity) == change.withdrawn;
    if activities.iter().any(stale) || !are_as_read {
        return Ok(false);
    }
    let mut of_editions = Vec::new();
    for (number, action, detail) in &changed.audit {
        of_editions.push((*action, subjects::of_mailing(transaction, *number).await?, detail.as_str()));
    }
    let of_activities = activities.iter().map(|ActivityWithdrawal { activity, withdrawn }| {
        (if *withdrawn { "withdraw" } else { "reinstate" }, format!("activity {activity}"), "")
    });
    let noted: Vec<_> = of_editions.into_iter().chain(of_activities).collect();
    try_join!(biased;
        write_all(transaction, &changed.transitions),
        withdraw(transaction, activities, at),
        audit::write_all(transaction, sql::millis(at), actor, &noted)
    )?;
    approved::follow(transaction, changed).await?;
    Ok(true)
}

/// Makes changes to editions as they stand in this transaction, where their state allows it.
pub(in crate::store::postgres) async fn change_here(
    transaction: &Transaction,
    editions: &[Edition],
    changes: &[EditionChange],
    actor: &str,
    at: DateTime<Utc>,
) -> Result<(), PostgresError> {
    let changed = state::change(editions, changes, at);
    change(transaction, &changed, &[], actor, at).await.map(drop)
}

/// Puts `after` in the place of `before`.
pub(in crate::store::postgres) async fn write(
    transaction: &Transaction,
    before: Option<&Edition>,
    after: Option<&Edition>,
) -> Result<(), PostgresError> {
    write_all(transaction, &[Transition { before: before.cloned(), after: after.cloned() }]).await
}

/// Makes all of these changes, each of another edition.
async fn write_all(transaction: &Transaction, transitions: &[Transition]) -> Result<(), PostgresError> {
    let (mut gone, mut written, mut repicked) = (Vec::new(), Vec::new(), Vec::new());
    for Transition { before, after } in transitions {
        match (before, after) {
            (before, after) if before == after => {}
            (Some(before), None) => gone.push(i64::from(before.number.0)),
            (before, Some(after)) => {
                written.push(after);
                if before.as_ref().is_none_or(|before| before.selection.picks != after.selection.picks) {
                    repicked.push(after);
                }
            }
            (None, None) => {}
        }
    }
    try_join!(biased; remove(transaction, gone), put(transaction, &written))?;
    put_picks(transaction, &repicked).await
}

async fn remove(transaction: &Transaction, numbers: Vec<i64>) -> Result<(), PostgresError> {
    if numbers.is_empty() {
        return Ok(());
    }
    transaction.run("DELETE FROM editions WHERE number = ANY ($1)", params![numbers]).await.map(drop)
}

const PUT: &str = "
    INSERT INTO editions (number, state, reason, reason_detail, date, due_at, theme, theme_reason, theme_reason_detail,
                          theme_fingerprint, published_at, finished_at, approved_at, released_at)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    ON CONFLICT (number) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, reason_detail = excluded.reason_detail, date = excluded.date,
        due_at = excluded.due_at, theme = excluded.theme, theme_reason = excluded.theme_reason,
        theme_reason_detail = excluded.theme_reason_detail, theme_fingerprint = excluded.theme_fingerprint,
        published_at = excluded.published_at, finished_at = excluded.finished_at, approved_at = excluded.approved_at,
        released_at = excluded.released_at";

async fn put(transaction: &Transaction, editions: &[&Edition]) -> Result<(), PostgresError> {
    if editions.is_empty() {
        return Ok(());
    }
    let (mut codes, mut details): (Vec<Option<String>>, Vec<Option<String>>) = (Vec::new(), Vec::new());
    let (mut theme_codes, mut theme_details) = (Vec::new(), Vec::new());
    for edition in editions {
        let reason = reasons::state_columns(edition.reason.as_ref()).map_err(|error| invalid(&error))?;
        let (code, detail) = reason.unzip();
        codes.push(code);
        details.push(detail.flatten());
        let (code, detail) = reasons::columns(&edition.selection.theme_reason).map_err(|error| invalid(&error))?;
        theme_codes.push(code);
        theme_details.push(detail);
    }
    let moments = |of: fn(&Edition) -> Option<DateTime<Utc>>| -> Vec<Option<i64>> {
        editions.iter().map(|edition| of(edition).map(sql::millis)).collect()
    };
    transaction
        .run(
            PUT,
            params![
                each(editions, |edition| i64::from(edition.number.0)),
                each(editions, |edition| edition.state.as_str().to_owned()),
                codes,
                details,
                each(editions, |edition| edition.date.to_string()),
                each(editions, |edition| sql::millis(edition.due_at)),
                each(editions, |edition| edition.selection.theme.clone()),
                theme_codes,
                theme_details,
                each(editions, |edition| edition.selection.theme_fingerprint.as_str().to_owned()),
                moments(|edition| edition.published_at),
                moments(|edition| edition.finished_at),
                moments(|edition| edition.approved_at),
                moments(|edition| edition.released_at),
            ],
        )
        .await?;
    Ok(())
}

fn invalid(error: &serde_json::Error) -> PostgresError {
    sql::damaged(&error.to_string())
}

/// Puts the picks of these editions in the place of those that they had.
async fn put_picks(transaction: &Transaction, editions: &[&Edition]) -> Result<(), PostgresError> {
    if editions.is_empty() {
        return Ok(());
    }
    let numbers = each(editions, |edition| i64::from(edition.number.0));
    let mut picks: Vec<(i64, i64, &Pick)> = Vec::new();
    for (number, edition) in numbers.iter().zip(editions) {
        picks.extend((0_i64..).zip(&edition.selection.picks).map(|(position, pick)| (*number, position, pick)));
    }
    let reasons = picks.iter().map(|(.., pick)| reasons::columns(&pick.reason).map_err(|error| invalid(&error)));
    let (codes, details): (Vec<_>, Vec<_>) = reasons.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    transaction.run("DELETE FROM picks WHERE edition = ANY ($1)", params![numbers]).await?;
    let insert = "INSERT INTO picks (edition, position, band, activity, title, reason, reason_detail, fingerprint)
                  SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)";
    transaction
        .run(
            insert,
            params![
                each(&picks, |(number, ..)| *number),
                each(&picks, |(_, position, _)| *position),
                each(&picks, |(.., pick)| pick.band.as_str()),
                each(&picks, |(.., pick)| pick.id.as_str()),
                each(&picks, |(.., pick)| pick.title.as_str()),
                codes,
                details,
                each(&picks, |(.., pick)| pick.fingerprint.as_str()),
            ],
        )
        .await?;
    Ok(())
}

/// Activities an operator withdrew.
pub(in crate::store::postgres) async fn withdrawn(
    transaction: &Transaction,
) -> Result<BTreeSet<ActivityId>, PostgresError> {
    let query = "SELECT activity FROM withdrawn_activities WHERE reinstated_at IS NULL";
    let found = transaction.rows(query, params![], |row| sql::word(row, 0)).await?;
    Ok(found.into_iter().collect())
}

async fn withdraw(
    transaction: &Transaction,
    activities: &[ActivityWithdrawal],
    at: DateTime<Utc>,
) -> Result<(), PostgresError> {
    if activities.is_empty() {
        return Ok(());
    }
    let put = "INSERT INTO withdrawn_activities (activity, at, reinstated_at)
               SELECT activity, $3, CASE WHEN NOT withdrawn THEN $3 END FROM unnest($1, $2) AS change (activity, withdrawn)
               ON CONFLICT (activity) DO UPDATE SET
                   at = CASE WHEN excluded.reinstated_at IS NULL THEN excluded.at ELSE withdrawn_activities.at END,
                   reinstated_at = excluded.reinstated_at";
    let names = each(activities, |change| change.activity.as_str());
    let withdrawn = each(activities, |change| change.withdrawn);
    transaction.run(put, params![names, withdrawn, sql::millis(at)]).await.map(drop)
}
