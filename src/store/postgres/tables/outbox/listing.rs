//! Deliveries as an operator lists them: a page at a time, by edition and mailbox, by way of whatever finds the few that are meant.

use tokio_postgres::Row;

use super::deliveries::{DOMAIN, mailboxes};
use super::items::{code, few};
use crate::domain::delivery::listing::{Attempt, DeliveryFilter, DeliveryRecord};
use crate::domain::delivery::{DeliveryId, DeliveryState, Reply};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::subject_data::SubjectBounce;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::replies::join;

/// The states of deliveries that ended without being accepted: those of the index on them.
const NOT_ACCEPTED: [DeliveryState; 4] =
    [DeliveryState::Uncertain, DeliveryState::Failed, DeliveryState::Expired, DeliveryState::Suppressed];

/// One page of what the filter lets through, by edition and mailbox.
pub(super) async fn page(
    transaction: &Transaction,
    hasher: &AddressHasher,
    filter: &DeliveryFilter,
    after: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<DeliveryRecord>, PostgresError> {
    let mailboxes = mailboxes(transaction, hasher, filter).await?;
    let (first, last) = filter.edition.map_or((1, i64::from(u32::MAX)), |only| (i64::from(only.0), i64::from(only.0)));
    let after = match after {
        Some(after) => (i64::from(after.edition.0), sql::column(after.recipient.0)?),
        None => (0, 0),
    };
    let (states, limit, dismissed) = (filter.states.clone(), i64::from(limit), Meaning::Dismissed.to_string());
    let query = query(filter, mailboxes.is_some());
    let (first, after_edition, after_mailbox) = (first.max(after.0), after.0, after.1);
    let domain = filter.domain.clone();
    let values = params![first, last, after_edition, after_mailbox, states, limit, dismissed, mailboxes, domain];
    transaction.rows(&query, values, record).await
}

/// Each takes the same values, also where it does not ask for all of them.
fn query(filter: &DeliveryFilter, has_mailboxes: bool) -> String {
    // Only editions that were published have deliveries.
    let meant = "d.mailing BETWEEN $1 AND $2 AND (d.mailing, d.recipient) > ($3, $4) AND d.state = ANY ($5)";
    let bounced = if filter.bounced {
        "AND EXISTS (SELECT 1 FROM bounces b WHERE b.recipient = d.recipient AND b.edition = d.mailing AND b.meaning <> $7)"
    } else {
        ""
    };
    let domain = || {
        let of = "SELECT 1 FROM recipients r WHERE r.id = d.recipient AND r.address IS NOT NULL AND";
        format!("AND EXISTS ({of} {DOMAIN} = $9)")
    };
    let only = filter.domain.as_ref().map(|_| domain()).unwrap_or_default();
    let part = |from: &str, which: &str| {
        format!(
            "(SELECT d.mailing, d.recipient FROM {from} WHERE {meant} {bounced} {only} {which}
              ORDER BY d.mailing, d.recipient LIMIT $6)"
        )
    };
    let parts: Vec<String> = if has_mailboxes {
        let from = "unnest($8::bigint[]) AS m (recipient) CROSS JOIN editions e
                    JOIN deliveries d ON d.mailing = e.number AND d.recipient = m.recipient";
        vec![part(from, "")]
    } else if filter.bounced {
        vec![part("bounces c JOIN deliveries d ON d.recipient = c.recipient AND d.mailing = c.edition", "")]
    } else {
        by_state(&filter.states).iter().map(|which| part("deliveries d", &format!("AND {which}"))).collect()
    };
    let found = if parts.is_empty() { part("deliveries d", "AND false") } else { parts.join(" UNION ALL ") };
    format!(
        "SELECT d.mailing, d.recipient, r.address, n.name, d.state, d.attempts, d.next_at, a.at, a.code, a.reply,
                b.at, b.status, w.words
         FROM (SELECT * FROM ({found}) AS p ORDER BY mailing, recipient LIMIT $6) AS f
         JOIN deliveries d ON d.mailing = f.mailing AND d.recipient = f.recipient
         JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
         LEFT JOIN attempts a ON a.mailing = d.mailing AND a.recipient = d.recipient AND a.number = d.attempts
         LEFT JOIN replies w ON w.id = a.words
         LEFT JOIN bounces b ON b.recipient = d.recipient AND b.edition = d.mailing AND b.meaning <> $7
         ORDER BY d.mailing, d.recipient"
    )
}

/// What finds deliveries in these states: each by its own index, but for accepted ones, which are most of all.
fn by_state(wanted: &[DeliveryState]) -> Vec<String> {
    let [queued, deferred] = [DeliveryState::Queued, DeliveryState::Deferred].map(DeliveryState::code);
    let is_wanted = |states: &[DeliveryState]| wanted.iter().any(|state| states.contains(state));
    if is_wanted(&[DeliveryState::Accepted]) {
        return vec!["true".to_owned()];
    }
    let parts: [(&[DeliveryState], String); 4] = [
        (&[DeliveryState::Queued], format!("d.state = {queued}")),
        (DeliveryState::IN_HAND, "d.claim IS NOT NULL".to_owned()),
        (&[DeliveryState::Deferred], format!("d.next_at IS NOT NULL AND d.state = {deferred}")),
        (&NOT_ACCEPTED, format!("d.{}", states::ended())),
    ];
    parts.into_iter().filter(|(states, _)| is_wanted(states)).map(|(_, which)| which).collect()
}

fn record(row: &Row) -> Result<DeliveryRecord, PostgresError> {
    let edition = u32::try_from(row.try_get::<_, i64>(0)?).map_err(|_| sql::damaged("the number of an edition"))?;
    let id = DeliveryId { edition: EditionNumber(edition), recipient: RecipientId(sql::count(row.try_get(1)?)) };
    let last = match sql::maybe_instant(row.try_get(7)?)? {
        Some(at) => {
            let text = join(row.try_get(12)?, row.try_get(9)?);
            Some(Attempt { at, reply: Reply { code: code(row, 8)?, text } })
        }
        None => None,
    };
    let status = row.try_get(11)?;
    let bounce = sql::maybe_instant(row.try_get(10)?)?.map(|at| SubjectBounce { at, status });
    Ok(DeliveryRecord {
        id,
        address: sql::maybe_word(row, 2)?,
        subscriber: sql::word(row, 3)?,
        state: row.try_get(4)?,
        attempts: few(row, 5)?,
        last,
        bounce,
        next_at: sql::maybe_instant(row.try_get(6)?)?,
    })
}
