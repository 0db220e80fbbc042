//! Deliveries as an operator lists them: a page at a time, edition by edition, by way of whatever finds the few that are meant.

use rusqlite::{Connection, Row};

use super::deliveries::{domain_of, mailboxes, mask};
use crate::domain::delivery::listing::{Attempt, DeliveryFilter, DeliveryRecord};
use crate::domain::delivery::{DeliveryId, DeliveryState, Reply};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::subject_data::SubjectBounce;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::shared::replies::join;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// The states of deliveries that ended without being accepted: those of the index on them.
const NOT_ACCEPTED: [DeliveryState; 4] =
    [DeliveryState::Uncertain, DeliveryState::Failed, DeliveryState::Expired, DeliveryState::Suppressed];

/// One page of what the filter lets through, by edition and mailbox.
pub(super) fn page(
    conn: &Connection,
    hasher: &AddressHasher,
    filter: &DeliveryFilter,
    after: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<DeliveryRecord>, SqliteError> {
    let mailboxes = mailboxes(conn, hasher, filter)?;
    let first = after.map_or(0, |after| after.edition.0);
    let (first, last) = filter.edition.map_or((first, u32::MAX), |only| (only.0.max(first), only.0));
    let query =
        "SELECT number FROM editions WHERE number BETWEEN ?1 AND ?2 AND published_at IS NOT NULL ORDER BY number";
    let editions: Vec<EditionNumber> = sql::rows(conn, query, (first, last), |row| Ok(EditionNumber(row.get(0)?)))?;
    let mut found = Vec::new();
    for edition in editions {
        let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        if left == 0 {
            break;
        }
        let after = after.filter(|after| after.edition == edition).map_or(RecipientId(0), |after| after.recipient);
        if mailboxes.is_some() || filter.bounced || has_any(conn, edition, &filter.states)? {
            let meant = Meant { filter, mailboxes: mailboxes.as_deref(), edition, after, limit: left };
            found.extend(meant.read(conn)?);
        }
    }
    Ok(found)
}

/// Whether an edition may have deliveries in one of these states: an index on each but the usual one tells.
fn has_any(conn: &Connection, edition: EditionNumber, wanted: &[DeliveryState]) -> Result<bool, SqliteError> {
    let queued = DeliveryState::Queued.code();
    let indexed: [(&[DeliveryState], &str, String); 4] = [
        (&[DeliveryState::Queued], "deliveries_queued", format!("state = {queued}")),
        (DeliveryState::IN_HAND, "deliveries_in_hand", "claim IS NOT NULL".to_owned()),
        (&[DeliveryState::Deferred], "deliveries_retry", "next_at IS NOT NULL".to_owned()),
        (&NOT_ACCEPTED, "deliveries_ended", states::ended()),
    ];
    if wanted.contains(&DeliveryState::Accepted) {
        return Ok(true);
    }
    for (states, index, condition) in indexed {
        if wanted.iter().any(|state| states.contains(state)) {
            let query = format!(
                "SELECT EXISTS (SELECT 1 FROM deliveries INDEXED BY {index} WHERE mailing = ?1 AND {condition})"
            );
            if sql::number(conn, &query, [edition.0])? > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Deliveries of one edition.
struct Meant<'a> {
    filter: &'a DeliveryFilter,
    /// The filter's mailboxes.
    mailboxes: Option<&'a str>,
    edition: EditionNumber,
    after: RecipientId,
    limit: u32,
}

impl Meant<'_> {
    fn read(&self, conn: &Connection) -> Result<Vec<DeliveryRecord>, SqliteError> {
        let values = (
            self.edition.0,
            sql::column(self.after.0)?,
            mask(&self.filter.states),
            self.limit,
            self.filter.bounced,
            Meaning::Dismissed.to_string(),
            self.mailboxes,
            self.filter.domain.as_deref(),
        );
        sql::rows(conn, &self.query(), values, record)
    }

    /// Each takes the same values, also where it does not ask for all of them.
    fn query(&self) -> String {
        let (from, which, place) = self.found_by();
        let domain = || format!(" AND r.address IS NOT NULL AND {} = ?8", domain_of("r"));
        let only = self.filter.domain.as_ref().map(|_| domain()).unwrap_or_default();
        format!(
            "SELECT d.mailing, d.recipient, r.address, n.name, d.state, d.attempts, d.next_at, a.at, a.code, a.reply,
                    b.at, b.status, w.words
             FROM {from} CROSS JOIN recipients r ON r.id = d.recipient CROSS JOIN names n ON n.id = d.name_id
             LEFT JOIN attempts a ON a.mailing = d.mailing AND a.recipient = d.recipient AND a.number = d.attempts
             LEFT JOIN replies w ON w.id = a.words
             LEFT JOIN bounces b ON b.recipient = d.recipient AND b.edition = d.mailing AND b.meaning <> ?6
             WHERE d.mailing = ?1 AND {place} > ?2 AND (?3 >> d.state) & 1 AND (NOT ?5 OR b.at IS NOT NULL)
                   AND ?7 IS ?7 AND ?8 IS ?8 {which} {only}
             ORDER BY {place} LIMIT ?4"
        )
    }

    /// The tables that lead to what is meant, what is asked of them, and the mailbox's number there.
    fn found_by(&self) -> (&'static str, String, &'static str) {
        let is_among = |state: &DeliveryState| NOT_ACCEPTED.contains(state);
        if self.mailboxes.is_some() {
            return ("json_each(?7) m CROSS JOIN deliveries d ON d.recipient = m.value", String::new(), "d.recipient");
        }
        if self.filter.bounced {
            let from = "bounces c CROSS JOIN deliveries d ON d.recipient = c.recipient";
            return (from, "AND c.edition = ?1".to_owned(), "d.recipient");
        }
        if self.filter.states.iter().all(is_among) {
            let which = format!("AND d.{}", states::ended());
            return ("deliveries d INDEXED BY deliveries_ended", which, "d.recipient");
        }
        if self.filter.domain.is_some() {
            let from = "recipients x INDEXED BY recipients_domain CROSS JOIN deliveries d ON d.recipient = x.id";
            return (from, format!("AND x.address IS NOT NULL AND {} = ?8", domain_of("x")), "x.id");
        }
        ("deliveries d", String::new(), "d.recipient")
    }
}

fn record(row: &Row<'_>) -> Result<DeliveryRecord, SqliteError> {
    let id = DeliveryId { edition: EditionNumber(row.get(0)?), recipient: RecipientId(sql::count(row.get(1)?)) };
    let last = match sql::maybe_instant(row.get(7)?)? {
        Some(at) => Some(Attempt { at, reply: Reply { code: row.get(8)?, text: join(row.get(12)?, row.get(9)?) } }),
        None => None,
    };
    Ok(DeliveryRecord {
        id,
        address: sql::maybe_word(row, 2)?,
        subscriber: sql::word(row, 3)?,
        state: row.get(4)?,
        attempts: row.get(5)?,
        last,
        bounce: bounce(row, 10)?,
        next_at: sql::maybe_instant(row.get(6)?)?,
    })
}

/// A bounce in two columns: at, status.
fn bounce(row: &Row<'_>, at: usize) -> Result<Option<SubjectBounce>, SqliteError> {
    let came = sql::maybe_instant(row.get(at)?)?;
    let status = row.get(at + 1)?;
    Ok(came.map(|at| SubjectBounce { at, status }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    fn first_step(states: &[DeliveryState], mailboxes: Option<&str>, bounced: bool) -> String {
        let filter = DeliveryFilter { states: states.to_vec(), bounced, ..DeliveryFilter::default() };
        let (edition, after) = (EditionNumber(1), RecipientId(0));
        let meant = Meant { filter: &filter, mailboxes, edition, after, limit: 9 };
        let steps = sql::plan(&connect::memory().unwrap(), &meant.query());
        let mut all_but_the_list = steps.iter().filter(|step| !step.contains("VIRTUAL TABLE"));
        assert!(all_but_the_list.clone().all(|step| !step.starts_with("SCAN")), "{steps:?}");
        all_but_the_list.next().unwrap().clone()
    }

    /// Of millions of deliveries, those that are meant are found without reading the others.
    #[test]
    fn what_is_rare_is_found_by_way_of_an_index() {
        let listed = first_step(DeliveryState::ENDED, None, false);
        assert_eq!(listed, "SEARCH d USING INDEX deliveries_ended (mailing=? AND recipient>?)");
        let one = first_step(DeliveryState::ALL, Some("[7]"), false);
        assert_eq!(one, "SEARCH d USING PRIMARY KEY (mailing=? AND recipient=?)");
        let back = first_step(&[DeliveryState::Accepted], None, true);
        assert!(back.starts_with("SEARCH c USING COVERING INDEX bounces_edition (edition=?"), "{back}");
    }

    /// Those of a domain come in the order of their numbers, so that a page is read and not sorted.
    #[test]
    fn a_domain_is_found_by_its_index() {
        let states = DeliveryState::ALL.to_vec();
        let filter = DeliveryFilter { states, domain: Some("x.example".to_owned()), ..DeliveryFilter::default() };
        let (edition, after) = (EditionNumber(1), RecipientId(0));
        let meant = Meant { filter: &filter, mailboxes: None, edition, after, limit: 9 };
        let steps = sql::plan(&connect::memory().unwrap(), &meant.query());
        assert!(steps[0].starts_with("SEARCH x USING INDEX recipients_domain"), "{steps:?}");
        assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
    }
}
