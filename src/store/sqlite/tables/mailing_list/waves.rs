//! Waves of bounces as rows: what a bounce is judged by, and what becomes of a wave.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use crate::domain::delivery::DeliveryId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::rows::{BounceRecord, Settlement, WavePart};
use crate::domain::subscription::wave::{Group, Wave, WaveId, WaveScope, WaveState, count_to, counted_since, waits};
use crate::store::OpenWave;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};
use crate::store::sqlite::tables::columns::domain_of;
use crate::store::sqlite::tables::edition_rows;

/// A wave in the columns that [`wave`] reads.
macro_rules! waves_where {
    ($condition:literal) => {
        concat!("SELECT id, edition, scope, name, at, state, settled_at IS NOT NULL FROM waves WHERE ", $condition)
    };
}

/// The groups to which a hard bounce of this delivery belongs, the widest first.
pub(super) fn groups(
    conn: &Connection,
    id: DeliveryId,
    server: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Vec<Group>, SqliteError> {
    let domain =
        concat!("SELECT ", domain_of!("r.address"), " FROM recipients r WHERE r.id = ?1 AND r.address IS NOT NULL");
    let domain = sql::row(conn, domain, [sql::column(id.recipient.0)?], |row| Ok(row.get::<_, String>(0)?))?;
    let narrower = [server.map(|name| WaveScope::Server(name.to_owned())), domain.clone().map(WaveScope::Domain)];
    let scopes = [WaveScope::Edition].into_iter().chain(narrower.into_iter().flatten());
    scopes.map(|scope| group(conn, id, scope, domain.as_deref(), at)).collect()
}

fn group(
    conn: &Connection,
    id: DeliveryId,
    scope: WaveScope,
    domain: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Group, SqliteError> {
    let (kind, name) = scope.parts();
    let last = waves_where!("edition = ?1 AND scope = ?2 AND name IS ?3 ORDER BY id DESC LIMIT 1");
    let wave = sql::row(conn, last, (id.edition.0, kind, name), wave)?;
    let counted = Counted { edition: id.edition, scope: &scope, since: counted_since(wave.as_ref(), at) };
    let others = counted.count(conn, Some(id.recipient))?;
    let tried = tried(conn, id.edition, &scope, domain, count_to(others + 1))?;
    Ok(Group { scope, others, tried, wave })
}

/// Hard bounces of an edition and scope, later than some moment.
struct Counted<'a> {
    edition: EditionNumber,
    scope: &'a WaveScope,
    since: DateTime<Utc>,
}

impl Counted<'_> {
    /// How many there are beside this mailbox's that belong to no wave, or to one that counts again.
    fn count(&self, conn: &Connection, beside: Option<RecipientId>) -> Result<u64, SqliteError> {
        let again = states::words(WaveState::COUNTS_AGAIN);
        let counts = format!("(b.wave IS NULL OR b.wave IN (SELECT id FROM waves WHERE state IN {again}))");
        Ok(self.read(conn, ("count(*)", &counts), beside, |row| Ok(sql::count(row.get(0)?)))?.into_iter().sum())
    }

    /// The mailboxes beside this one whose bounces are of no wave.
    fn without_wave(&self, conn: &Connection, beside: RecipientId) -> Result<Vec<RecipientId>, SqliteError> {
        let what = ("b.recipient", "b.wave IS NULL");
        self.read(conn, what, Some(beside), |row| Ok(RecipientId(sql::count(row.get(0)?))))
    }

    fn read<T>(
        &self,
        conn: &Connection,
        (what, which): (&str, &str),
        beside: Option<RecipientId>,
        read: impl FnMut(&Row<'_>) -> Result<T, SqliteError>,
    ) -> Result<Vec<T>, SqliteError> {
        let query = hard_bounces(self.scope, what, which);
        let (_, name) = self.scope.parts();
        let beside = beside.map(|id| sql::column(id.0)).transpose()?;
        let values = (self.edition.0, name, Meaning::Gone.to_string(), sql::millis(self.since), beside);
        sql::rows(conn, &query, values, read)
    }
}

/// `what` of the hard bounces in a scope. Each scope begins at another index, and none with all that an edition was sent to.
fn hard_bounces(scope: &WaveScope, what: &str, which: &str) -> String {
    let those = match scope {
        WaveScope::Edition => "bounces b WHERE ?2 IS NULL",
        WaveScope::Server(_) => "bounces b WHERE b.server = ?2",
        WaveScope::Domain(_) => concat!(
            "recipients r CROSS JOIN bounces b ON b.recipient = r.id WHERE r.address IS NOT NULL AND ",
            domain_of!("r.address"),
            " = ?2"
        ),
    };
    format!(
        "SELECT {what} FROM {those} AND b.edition = ?1 AND b.meaning = ?3 AND b.at > ?4 AND b.recipient IS NOT ?5
            AND {which}"
    )
}

/// To how many of a scope the edition was handed over, or tried; counted no further than `limit`. The domains of a server
/// are those of which it reported something, and the one beside.
fn tried(
    conn: &Connection,
    edition: EditionNumber,
    scope: &WaveScope,
    beside: Option<&str>,
    limit: u64,
) -> Result<u64, SqliteError> {
    let limit = sql::column(limit)?;
    let (all, of_domain) = (
        "SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE mailing = ?1 AND attempts > 0 LIMIT ?2)",
        // From the mailboxes of the domain to their deliveries: an edition has many more.
        concat!(
            "SELECT count(*) FROM (SELECT 1 FROM recipients r CROSS JOIN deliveries d ON d.recipient = r.id
                                   WHERE d.mailing = ?1 AND d.attempts > 0 AND r.address IS NOT NULL
                                     AND ",
            domain_of!("r.address"),
            " IN (SELECT value FROM json_each(?3)) LIMIT ?2)"
        ),
    );
    let domains = match scope {
        WaveScope::Edition => return Ok(sql::count(sql::number(conn, all, (edition.0, limit))?)),
        WaveScope::Domain(name) => vec![name.clone()],
        WaveScope::Server(name) => {
            let reported = concat!(
                "SELECT DISTINCT ",
                domain_of!("r.address"),
                " FROM bounces b JOIN recipients r ON r.id = b.recipient
                  WHERE b.edition = ?1 AND b.server = ?2 AND r.address IS NOT NULL"
            );
            let mut domains = sql::rows(conn, reported, (edition.0, name), |row| Ok(row.get(0)?))?;
            domains.extend(beside.map(str::to_owned));
            domains
        }
    };
    Ok(sql::count(sql::number(conn, of_domain, (edition.0, limit, sql::to_json(&domains)?))?))
}

/// The other hard bounces of a scope that would be of a new wave of it.
pub(super) fn members(
    conn: &Connection,
    id: DeliveryId,
    scope: &WaveScope,
    at: DateTime<Utc>,
) -> Result<Vec<RecipientId>, SqliteError> {
    Counted { edition: id.edition, scope, since: counted_since(None, at) }.without_wave(conn, id.recipient)
}

/// A wave with those of its bounces that come after this mailbox's: at most so many.
pub(super) fn with_bounces(
    conn: &Connection,
    id: WaveId,
    after: RecipientId,
    limit: u32,
) -> Result<Option<WavePart>, SqliteError> {
    let number = sql::column(id.0)?;
    let Some(wave) = sql::row(conn, waves_where!("id = ?1"), [number], wave)? else { return Ok(None) };
    let values = (number, sql::column(after.0)?, i64::from(limit) + 1);
    let mut bounces = sql::rows(conn, OF_WAVE, values, |row| {
        Ok(BounceRecord {
            recipient: RecipientId(sql::count(row.get(0)?)),
            edition: EditionNumber(row.get(1)?),
            at: sql::instant(row.get(2)?)?,
            status: sql::maybe_word(row, 3)?,
            meaning: sql::word(row, 4)?,
            server: row.get(5)?,
            wave: Some(id),
        })
    })?;
    let is_last = bounces.len() <= limit as usize;
    bounces.truncate(limit as usize);
    Ok(Some(WavePart { wave, bounces, is_last }))
}

const OF_WAVE: &str = "SELECT recipient, edition, at, status, meaning, server FROM bounces
                       WHERE wave = ?1 AND recipient > ?2 ORDER BY recipient LIMIT ?3";

/// A wave in seven columns: id, edition, scope, name, at, state, and whether it is settled.
fn wave(row: &Row<'_>) -> Result<Wave, SqliteError> {
    let scope = WaveScope::of_parts(&row.get::<_, String>(2)?, row.get(3)?);
    Ok(Wave {
        id: WaveId(sql::count(row.get(0)?)),
        edition: EditionNumber(row.get(1)?),
        scope: scope.ok_or_else(|| sql::damaged("a wave's scope"))?,
        at: sql::instant(row.get(4)?)?,
        state: sql::word(row, 5)?,
        is_settled: row.get(6)?,
    })
}

/// Every wave, oldest first.
pub(in crate::store::sqlite) fn all(conn: &Connection) -> Result<Vec<Wave>, SqliteError> {
    sql::rows(conn, waves_where!("TRUE ORDER BY id"), [], wave)
}

/// The wave with which a mailbox waits, if it does.
pub(in crate::store::sqlite) fn waits_in(conn: &Connection, recipient: i64) -> Result<Option<WaveId>, SqliteError> {
    let query = "SELECT w.id, r.state, x.mac IS NOT NULL FROM bounces b JOIN waves w ON w.id = b.wave
                 JOIN recipients r ON r.id = b.recipient LEFT JOIN suppressions x ON x.mac = r.mac
                 WHERE b.recipient = ?1 AND w.state = ?2 ORDER BY w.id DESC LIMIT 1";
    let found = sql::row(conn, query, (recipient, WaveState::Open.as_str()), |row| {
        Ok((WaveId(sql::count(row.get(0)?)), waits(row.get(1)?, row.get(2)?)))
    })?;
    Ok(found.filter(|(_, waits)| *waits).map(|(wave, _)| wave))
}

/// The waves that wait for a person, each with how its edition fares.
pub(in crate::store::sqlite) fn open(conn: &Connection) -> Result<Vec<OpenWave>, SqliteError> {
    let mut open = Vec::new();
    for wave in sql::rows(conn, waves_where!("state = ?1 ORDER BY id"), [WaveState::Open.as_str()], wave)? {
        let waiting = waiting(conn, wave.id)?;
        let since = counted_since(Some(&wave), wave.at);
        let bounced = Counted { edition: wave.edition, scope: &wave.scope, since }.count(conn, None)?;
        let limit = count_to(bounced);
        let tried_in = |scope: &WaveScope| tried(conn, wave.edition, scope, None, limit);
        let (tried, in_all) = (tried_in(&wave.scope)?, tried_in(&WaveScope::Edition)?);
        open.push(OpenWave { wave, waiting, bounced, tried, in_all });
    }
    Ok(open)
}

/// How many mailboxes of a wave wait.
fn waiting(conn: &Connection, wave: WaveId) -> Result<u64, SqliteError> {
    let query = "SELECT r.state, x.mac IS NOT NULL, count(*) FROM bounces b JOIN recipients r ON r.id = b.recipient
                 LEFT JOIN suppressions x ON x.mac = r.mac WHERE b.wave = ?1 GROUP BY 1, 2";
    let counts = sql::rows(conn, query, [sql::column(wave.0)?], |row| {
        Ok((waits(row.get(0)?, row.get(1)?), sql::count(row.get(2)?)))
    })?;
    Ok(counts.into_iter().filter(|(waits, _)| *waits).map(|(_, count)| count).sum())
}

/// A new wave, before its bounces refer to it.
pub(super) fn insert(conn: &Connection, wave: &Wave) -> Result<(), SqliteError> {
    let insert = "INSERT INTO waves (id, edition, scope, name, at, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let ((kind, name), at) = (wave.scope.parts(), sql::millis(wave.at));
    let values = (sql::column(wave.id.0)?, wave.edition.0, kind, name, at, wave.state.as_str());
    sql::run(conn, insert, values).map(drop)
}

/// The bounces of these mailboxes are of a new wave.
pub(super) fn take_in(conn: &Connection, wave: &Wave, members: &[RecipientId]) -> Result<(), SqliteError> {
    let update = "UPDATE bounces SET wave = ?3 WHERE recipient = ?1 AND edition = ?2";
    let id = sql::column(wave.id.0)?;
    members.iter().try_for_each(|member| sql::run(conn, update, (sql::column(member.0)?, wave.edition.0, id)).map(drop))
}

/// What was decided about a wave, and what follows for some of its bounces and deliveries.
pub(super) fn settle(conn: &Connection, at: i64, settlement: &Settlement) -> Result<(), SqliteError> {
    let (edition, wave) = (settlement.edition.0, sql::column(settlement.wave.0)?);
    let update = "UPDATE waves SET state = ?2, settled_at = ?3 WHERE id = ?1";
    sql::run(conn, update, (wave, settlement.state.as_str(), settlement.is_last.then_some(at)))?;
    let delivery = settlement.event.map(|event| {
        let states::Change { from, to, accepted } = states::change(event);
        let update = format!(
            "UPDATE deliveries SET state = {to}, next_at = NULL WHERE mailing = ?1 AND recipient = ?2 AND state IN {from}"
        );
        (update, accepted)
    });
    let bounces_of = settlement.bounces_of.map(|id| sql::column(id.0)).transpose()?;
    let (bounce, meaning) = (
        "UPDATE bounces SET meaning = ?3, wave = ?4 WHERE recipient = ?2 AND edition = ?1",
        settlement.meaning.to_string(),
    );
    let mut changed = 0;
    for recipient in &settlement.recipients {
        let recipient = sql::column(recipient.0)?;
        if let Some((update, _)) = &delivery {
            changed += sql::run(conn, update, (edition, recipient))?;
        }
        sql::run(conn, bounce, (edition, recipient, &meaning, bounces_of))?;
    }
    let each = delivery.map_or(0, |(_, accepted)| accepted);
    edition_rows::note_accepted(conn, settlement.edition, each, changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    /// A part of a wave is read without the parts before it.
    #[test]
    fn the_bounces_of_a_wave_are_read_in_their_order() {
        let conn = connect::memory().unwrap();
        assert_eq!(sql::plan(&conn, OF_WAVE), ["SEARCH bounces USING INDEX bounces_wave (wave=? AND recipient>?)"]);
    }

    /// One bounce more is judged without reading all that an edition was sent to, or all that ever came back.
    #[test]
    fn a_bounce_is_judged_by_way_of_an_index() {
        let conn = connect::memory().unwrap();
        for scope in
            [WaveScope::Edition, WaveScope::Domain("a.example".into()), WaveScope::Server("mx.a.example".into())]
        {
            let query = format!("EXPLAIN QUERY PLAN {}", hard_bounces(&scope, "count(*)", "b.wave IS NULL"));
            let mut statement = conn.prepare(&query).unwrap();
            let steps = statement.query_map((7, Some("x"), "gone", 0, 1), |row| row.get::<_, String>(3)).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            assert!(!steps.is_empty() && steps.iter().all(|step| !step.starts_with("SCAN")), "{scope:?}: {steps:?}");
            assert!(steps.iter().all(|step| step.contains("USING")), "{scope:?}: {steps:?}");
        }
    }
}
