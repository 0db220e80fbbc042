//! Waves of bounces as rows: what a bounce is judged by, and what becomes of a wave.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use crate::domain::delivery::DeliveryId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::rows::Settlement;
use crate::domain::subscription::wave::{
    Extent, Group, Peer, Surroundings, ToldBy, Verdict, WITHIN, Wave, WaveId, WaveState, count_to,
};
use crate::store::OpenWave;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// The domain of an address, of a row of `recipients` that is called r.
macro_rules! domain {
    () => {
        "substr(r.folded, instr(r.folded, '@') + 1)"
    };
}

/// What bounces of an edition are counted: hard ones, of an extent (its kind and name), later than some moment.
macro_rules! hard_bounces {
    ($what:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM bounces b JOIN recipients r ON r.id = b.recipient
              WHERE b.edition = ?1 AND b.meaning = ?2 AND b.at > ?5
                AND CASE ?3 WHEN 'edition' THEN 1 WHEN 'server' THEN b.server = ?4 ELSE ",
            domain!(),
            " = ?4 END"
        )
    };
}

/// What a hard bounce of this delivery would be judged by.
pub(super) fn surroundings(
    conn: &Connection,
    id: DeliveryId,
    server: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Surroundings, SqliteError> {
    let domain = concat!("SELECT ", domain!(), " FROM recipients r WHERE r.id = ?1 AND r.folded IS NOT NULL");
    let domain = sql::row(conn, domain, [sql::column(id.recipient.0)?], |row| Ok(row.get::<_, String>(0)?))?;
    let narrower = [server.map(|name| Extent::Server(name.to_owned())), domain.clone().map(Extent::Domain)];
    let mut found = Surroundings::default();
    for extent in [Extent::Edition].into_iter().chain(narrower.into_iter().flatten()) {
        found.groups.push(group(conn, id, extent, domain.as_deref(), at)?);
    }
    // What the relay says is judged anew, so that is the case in which a wave is made more easily.
    if let Verdict::Forms(extent) = found.verdict(ToldBy::Relay) {
        found.peers = peers(conn, id, &extent.clone(), at - WITHIN)?;
    }
    Ok(found)
}

fn group(
    conn: &Connection,
    id: DeliveryId,
    extent: Extent,
    domain: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Group, SqliteError> {
    let (kind, name) = extent.parts();
    let wave = "SELECT id, state FROM waves WHERE edition = ?1 AND extent = ?2 AND name IS ?3 ORDER BY id DESC LIMIT 1";
    let wave = sql::row(conn, wave, (id.edition.0, kind, name), |row| {
        Ok((WaveId(sql::count(row.get(0)?)), sql::word::<WaveState>(row, 1)?))
    })?;
    let is_open = wave.is_some_and(|(_, state)| state == WaveState::Open);
    let since = if is_open { DateTime::UNIX_EPOCH } else { at - WITHIN };
    let recipient = sql::column(id.recipient.0)?;
    let others = concat!(hard_bounces!("count(*)"), " AND b.recipient <> ?6");
    let values = (id.edition.0, Meaning::Gone.to_string(), kind, name, sql::millis(since), recipient);
    let others = sql::count(sql::number(conn, others, values)?);
    let tried = tried(conn, id.edition, &extent, domain, count_to(others + 1))?;
    Ok(Group { extent, others, tried, wave })
}

/// To how many of an extent the edition was handed over, or tried; counted no further than `limit`. The domains of a server
/// are those of which it reported something, and the one beside.
fn tried(
    conn: &Connection,
    edition: EditionNumber,
    extent: &Extent,
    beside: Option<&str>,
    limit: u64,
) -> Result<u64, SqliteError> {
    let limit = sql::column(limit)?;
    let (all, of_domain) = (
        "SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE mailing = ?1 AND attempts > 0 LIMIT ?2)",
        concat!(
            "SELECT count(*) FROM (SELECT 1 FROM deliveries d JOIN recipients r ON r.id = d.recipient
                                   WHERE d.mailing = ?1 AND d.attempts > 0
                                     AND ",
            domain!(),
            " IN (SELECT value FROM json_each(?3)) LIMIT ?2)"
        ),
    );
    let domains = match extent {
        Extent::Edition => return Ok(sql::count(sql::number(conn, all, (edition.0, limit))?)),
        Extent::Domain(name) => vec![name.clone()],
        Extent::Server(name) => {
            let reported = concat!(
                "SELECT DISTINCT ",
                domain!(),
                " FROM bounces b JOIN recipients r ON r.id = b.recipient
                  WHERE b.edition = ?1 AND b.server = ?2 AND r.folded IS NOT NULL"
            );
            let mut domains = sql::rows(conn, reported, (edition.0, name), |row| Ok(row.get(0)?))?;
            domains.extend(beside.map(str::to_owned));
            domains
        }
    };
    Ok(sql::count(sql::number(conn, of_domain, (edition.0, limit, sql::to_json(&domains)?))?))
}

/// The other hard bounces of an extent since a moment that belong to no wave.
fn peers(conn: &Connection, id: DeliveryId, extent: &Extent, since: DateTime<Utc>) -> Result<Vec<Peer>, SqliteError> {
    let query = concat!(
        hard_bounces!(
            "b.recipient, EXISTS (SELECT 1 FROM bounces o
                                  WHERE o.recipient = b.recipient AND o.edition <> b.edition AND o.meaning = ?2)"
        ),
        " AND b.recipient <> ?6 AND b.wave IS NULL"
    );
    let (kind, name) = extent.parts();
    let recipient = sql::column(id.recipient.0)?;
    let values = (id.edition.0, Meaning::Gone.to_string(), kind, name, sql::millis(since), recipient);
    sql::rows(conn, query, values, peer)
}

fn peer(row: &Row<'_>) -> Result<Peer, SqliteError> {
    Ok(Peer { recipient: RecipientId(sql::count(row.get(0)?)), is_repeated: row.get(1)? })
}

/// A wave with its bounces.
pub(super) fn with_bounces(conn: &Connection, id: WaveId) -> Result<Option<(Wave, Vec<Peer>)>, SqliteError> {
    let id = sql::column(id.0)?;
    let found = sql::row(conn, "SELECT id, edition, extent, name, at, state FROM waves WHERE id = ?1", [id], wave)?;
    let Some(found) = found else { return Ok(None) };
    let peers = "SELECT recipient, 0 FROM bounces WHERE wave = ?1 ORDER BY recipient";
    Ok(Some((found, sql::rows(conn, peers, [id], peer)?)))
}

/// A wave in six columns: id, edition, extent, name, at, state.
fn wave(row: &Row<'_>) -> Result<Wave, SqliteError> {
    let extent = Extent::of_parts(&row.get::<_, String>(2)?, row.get(3)?);
    Ok(Wave {
        id: WaveId(sql::count(row.get(0)?)),
        edition: EditionNumber(row.get(1)?),
        extent: extent.ok_or_else(|| sql::damaged("a wave's extent"))?,
        at: sql::instant(row.get(4)?)?,
        state: sql::word(row, 5)?,
    })
}

/// The waves that wait for a person, each with how its edition fares.
pub(in crate::store::sqlite) fn open(conn: &Connection) -> Result<Vec<OpenWave>, SqliteError> {
    let query = "SELECT id, edition, extent, name, at, state FROM waves WHERE state = ?1 ORDER BY id";
    let mut open = Vec::new();
    for wave in sql::rows(conn, query, [WaveState::Open.as_str()], wave)? {
        let waiting = "SELECT count(*) FROM bounces b JOIN recipients r ON r.id = b.recipient
                       WHERE b.wave = ?1 AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)";
        let waiting = sql::count(sql::number(conn, waiting, [sql::column(wave.id.0)?])?);
        let (kind, name) = wave.extent.parts();
        let values = (wave.edition.0, Meaning::Gone.to_string(), kind, name, 0);
        let bounced = sql::count(sql::number(conn, hard_bounces!("count(*)"), values)?);
        let limit = count_to(bounced);
        let tried_in = |extent: &Extent| tried(conn, wave.edition, extent, None, limit);
        let (tried, in_all) = (tried_in(&wave.extent)?, tried_in(&Extent::Edition)?);
        open.push(OpenWave { wave, waiting, bounced, tried, in_all });
    }
    Ok(open)
}

/// A new wave, before its bounces refer to it.
pub(super) fn insert(conn: &Connection, wave: &Wave) -> Result<(), SqliteError> {
    let insert = "INSERT INTO waves (id, edition, extent, name, at, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let ((kind, name), at) = (wave.extent.parts(), sql::millis(wave.at));
    let values = (sql::column(wave.id.0)?, wave.edition.0, kind, name, at, wave.state.as_str());
    sql::run(conn, insert, values).map(drop)
}

/// The bounces of these mailboxes are of a new wave.
pub(super) fn take_in(conn: &Connection, wave: &Wave, members: &[RecipientId]) -> Result<(), SqliteError> {
    let update = "UPDATE bounces SET wave = ?3 WHERE recipient = ?1 AND edition = ?2";
    let id = sql::column(wave.id.0)?;
    members.iter().try_for_each(|member| sql::run(conn, update, (sql::column(member.0)?, wave.edition.0, id)).map(drop))
}

/// A wave is settled, and with it all its bounces and deliveries.
pub(super) fn settle(conn: &Connection, at: i64, settlement: &Settlement) -> Result<(), SqliteError> {
    let Settlement { wave, edition, state, meaning, event } = *settlement;
    let wave = sql::column(wave.0)?;
    let update = "UPDATE waves SET state = ?2, settled_at = ?3 WHERE id = ?1";
    sql::run(conn, update, (wave, state.as_str(), at))?;
    sql::run(conn, "UPDATE bounces SET meaning = ?2 WHERE wave = ?1", (wave, meaning.to_string()))?;
    let Some(event) = event else { return Ok(()) };
    let states::Change { from, to } = states::change(event);
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL WHERE mailing = ?1 AND state IN {from}
            AND recipient IN (SELECT recipient FROM bounces WHERE wave = ?2)"
    );
    sql::run(conn, &update, (edition.0, wave)).map(drop)
}
