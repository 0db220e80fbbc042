//! The sender's steps: what became of one delivery, and which is next at the dot (contract §6).

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::claimant::Claimant;
use super::fault::Fault;
use super::people::People;
use super::{claim, leave, sql};
use crate::domain::delivery::{DeliveryId, DeliveryState, Outcome, Reply};
use crate::domain::subscriber::SuppressionReason;
use crate::domain::suppression::AddressHasher;
use crate::store::{Done, Step};

/// Records a result, then a mark; if one of them is refused, nothing changes. Returns whether the mark was set:
/// it is not when the mailbox was suppressed since the claim (invariant 4).
pub(super) fn step(conn: &Connection, hasher: &AddressHasher, claimant: &Claimant, step: &Step) -> Result<bool, Fault> {
    let me = claimant.number(conn)?;
    if let Some(done) = &step.done {
        record(conn, hasher, me, done)?;
    }
    match step.mark {
        Some(id) if claim::withhold_suppressed(conn, me, id)? => Ok(false),
        Some(id) => mark(conn, me, id).map(|()| true),
        None => Ok(false),
    }
}

fn mark(conn: &Connection, me: i64, id: DeliveryId) -> Result<(), Fault> {
    let update = "UPDATE deliveries SET state = 2 WHERE edition = ?1 AND recipient = ?2 AND state = 1 AND claim = ?3";
    if sql::run(conn, update, (id.edition.0, sql::column(id.recipient.0)?, me))? == 0 {
        return Err(not_ours(id));
    }
    Ok(())
}

fn record(conn: &Connection, hasher: &AddressHasher, me: i64, done: &Done) -> Result<(), Fault> {
    let (edition, recipient) = (done.id.edition.0, sql::column(done.id.recipient.0)?);
    let query = "SELECT attempts, repeated FROM deliveries WHERE edition = ?1 AND recipient = ?2 AND claim = ?3";
    let (attempts, repeated) =
        sql::row(conn, query, (edition, recipient, me), |row| Ok((row.get::<_, u32>(0)?, row.get::<_, bool>(1)?)))?
            .ok_or_else(|| not_ours(done.id))?;
    let settled = settle(&done.outcome, repeated, done.retry_at);
    let number = attempts.saturating_add(1);
    let update = "UPDATE deliveries SET state = ?3, attempts = ?4, next_at = ?5, repeated = ?6, claim = NULL
                  WHERE edition = ?1 AND recipient = ?2";
    let next_at = settled.next_at.map(sql::millis);
    sql::run(conn, update, (edition, recipient, settled.state.code(), number, next_at, settled.repeated))?;
    let (word, reply) = told(&done.outcome);
    let insert = "INSERT INTO attempts (edition, recipient, number, at, outcome, code, reply)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let at = sql::millis(done.at);
    sql::run(conn, insert, (edition, recipient, number, at, word, reply.code, &reply.text))?;
    if let Some(reason) = settled.suppress {
        leave::bounced(&People::open(conn, hasher, at)?, recipient, reason)?;
    }
    Ok(())
}

/// What an outcome makes of a delivery in hand.
#[derive(Debug, PartialEq, Eq)]
struct Settled {
    state: DeliveryState,
    next_at: Option<DateTime<Utc>>,
    repeated: bool,
    suppress: Option<SuppressionReason>,
}

/// Contract §6. A delivery that was uncertain once may have been accepted: a refusal or giving up leaves it uncertain.
fn settle(outcome: &Outcome, repeated: bool, retry_at: Option<DateTime<Utc>>) -> Settled {
    use DeliveryState::{Accepted, Deferred, Expired, Failed, Queued, Uncertain};
    let given_up = |state| if repeated { Uncertain } else { state };
    let to = |state| Settled { state, next_at: None, repeated, suppress: None };
    match (outcome, retry_at) {
        (Outcome::Accepted(_), _) => to(Accepted),
        (Outcome::Transient(_), Some(_)) => Settled { next_at: retry_at, ..to(Deferred) },
        (Outcome::Transient(_), None) => to(given_up(Expired)),
        (Outcome::Permanent { suppress, .. }, _) => Settled { suppress: *suppress, ..to(given_up(Failed)) },
        (Outcome::Uncertain(_), _) => Settled { next_at: retry_at, repeated: true, ..to(Uncertain) },
        (Outcome::SenderRefused(_), _) => to(Queued),
    }
}

/// An outcome as the table of attempts tells it.
fn told(outcome: &Outcome) -> (&'static str, &Reply) {
    match outcome {
        Outcome::Accepted(reply) => ("accepted", reply),
        Outcome::Transient(reply) => ("transient", reply),
        Outcome::Permanent { reply, .. } => ("permanent", reply),
        Outcome::Uncertain(reply) => ("uncertain", reply),
        Outcome::SenderRefused(reply) => ("sender-refused", reply),
    }
}

fn not_ours(id: DeliveryId) -> Fault {
    Fault::refused(format!("recipient {} of edition {} is not in this program's hands", id.recipient.0, id.edition))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::Event;

    /// The domain states how deliveries move. One thing is finer here: what waits because nobody knows whether it was
    /// accepted is shown as uncertain, not as deferred.
    #[test]
    fn a_result_settles_as_the_domain_says() {
        let outcomes = [
            Outcome::Accepted(Reply::default()),
            Outcome::Transient(Reply::default()),
            Outcome::Permanent { reply: Reply::default(), suppress: None },
            Outcome::Uncertain(Reply::default()),
            Outcome::SenderRefused(Reply::default()),
        ];
        for outcome in &outcomes {
            for (repeated, retry) in [(false, false), (false, true), (true, false), (true, true)] {
                let event = Event::Outcome { outcome, retry };
                let settled = settle(outcome, repeated, retry.then_some(DateTime::UNIX_EPOCH));
                let expected = match DeliveryState::AtDot.on(event, repeated).unwrap() {
                    DeliveryState::Deferred if matches!(outcome, Outcome::Uncertain(_)) => DeliveryState::Uncertain,
                    state => state,
                };
                assert_eq!(settled.state, expected, "{outcome:?}, repeated {repeated}, retry {retry}");
                assert_eq!(settled.repeated, DeliveryState::AtDot.repeated_after(event, repeated));
            }
        }
    }

    /// Statements name states by number.
    #[test]
    fn the_numbers_in_statements_are_the_domains() {
        use DeliveryState::{Accepted, AtDot, Claimed, Deferred, Expired, Failed, Queued, Suppressed, Uncertain};
        let states = [Queued, Claimed, AtDot, Accepted, Deferred, Uncertain, Failed, Expired, Suppressed];
        assert!((0..).zip(states).all(|(number, state)| state.code() == number));
    }
}
