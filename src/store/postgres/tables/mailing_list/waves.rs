//! Waves of bounces as rows: what a bounce is judged by, and what becomes of a wave.

use chrono::{DateTime, Utc};
use tokio::try_join;
use tokio_postgres::Row;

use crate::domain::delivery::{DeliveryId, Event};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::rows::{BounceRecord, Settlement, WavePart};
use crate::domain::subscription::wave::{Group, Wave, WaveId, WaveScope, WaveState, count_to, counted_since, waits};
use crate::store::OpenWave;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::postgres::tables::columns::{self, domain_of};
use crate::store::postgres::tables::outbox::accepted;

/// A wave in the columns that [`wave`] reads.
macro_rules! waves_where {
    ($condition:literal) => {
        concat!("SELECT id, edition, scope, name, at, state, settled_at IS NOT NULL FROM waves WHERE ", $condition)
    };
}

/// The groups to which a hard bounce of this delivery belongs, the widest first.
pub(super) async fn groups(
    transaction: &Transaction,
    id: DeliveryId,
    server: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Vec<Group>, PostgresError> {
    let domain =
        concat!("SELECT ", domain_of!("r.address"), " FROM recipients r WHERE r.id = $1 AND r.address IS NOT NULL");
    let domain = transaction.row(domain, params![sql::column(id.recipient.0)?], |row| Ok(row.try_get(0)?)).await?;
    let server = server.map(|name| WaveScope::Server(name.to_owned()));
    let beside = domain.clone();
    let of = |scope| group(transaction, id, scope, beside.as_deref(), at);
    let (edition, server, domain) =
        try_join!(biased; of(Some(WaveScope::Edition)), of(server), of(domain.map(WaveScope::Domain)))?;
    Ok([edition, server, domain].into_iter().flatten().collect())
}

async fn group(
    transaction: &Transaction,
    id: DeliveryId,
    scope: Option<WaveScope>,
    domain: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Option<Group>, PostgresError> {
    let Some(scope) = scope else { return Ok(None) };
    let (kind, name) = scope.parts();
    let last = waves_where!("edition = $1 AND scope = $2 AND name IS NOT DISTINCT FROM $3 ORDER BY id DESC LIMIT 1");
    let wave = transaction.row(last, params![i64::from(id.edition.0), kind, name], wave).await?;
    let counted = Counted { edition: id.edition, scope: &scope, since: counted_since(wave.as_ref(), at) };
    let others = counted.count(transaction, Some(id.recipient)).await?;
    let tried = tried(transaction, id.edition, &scope, domain, count_to(others + 1)).await?;
    Ok(Some(Group { scope, others, tried, wave }))
}

/// Hard bounces of an edition and scope, later than some moment.
struct Counted<'a> {
    edition: EditionNumber,
    scope: &'a WaveScope,
    since: DateTime<Utc>,
}

impl Counted<'_> {
    /// How many there are beside this mailbox's that belong to no wave, or to one that counts again.
    async fn count(&self, transaction: &Transaction, beside: Option<RecipientId>) -> Result<u64, PostgresError> {
        let again = states::words(WaveState::COUNTS_AGAIN);
        let counts = format!("(b.wave IS NULL OR b.wave IN (SELECT id FROM waves WHERE state IN {again}))");
        let found = self.read(transaction, ("count(*)", &counts), beside, |row| Ok(sql::count(row.try_get(0)?)));
        Ok(found.await?.into_iter().sum())
    }

    /// The mailboxes beside this one whose bounces are of no wave, by number.
    async fn without_wave(
        &self,
        transaction: &Transaction,
        beside: RecipientId,
    ) -> Result<Vec<RecipientId>, PostgresError> {
        let what = ("b.recipient", "b.wave IS NULL ORDER BY b.recipient");
        self.read(transaction, what, Some(beside), |row| columns::recipient(row, 0)).await
    }

    async fn read<T>(
        &self,
        transaction: &Transaction,
        (what, which): (&str, &str),
        beside: Option<RecipientId>,
        read: impl FnMut(&Row) -> Result<T, PostgresError>,
    ) -> Result<Vec<T>, PostgresError> {
        let query = hard_bounces(self.scope, what, which);
        let (_, name) = self.scope.parts();
        let beside = beside.map(|id| sql::column(id.0)).transpose()?;
        let (edition, since) = (i64::from(self.edition.0), sql::millis(self.since));
        transaction.rows(&query, params![edition, name, Meaning::Gone.to_string(), since, beside], read).await
    }
}

/// `what` of the hard bounces in a scope. Each scope begins at another index, and none with all that an edition was sent to.
fn hard_bounces(scope: &WaveScope, what: &str, which: &str) -> String {
    let those = match scope {
        WaveScope::Edition => "bounces b WHERE $2 IS NULL",
        WaveScope::Server(_) => "bounces b WHERE b.server = $2",
        WaveScope::Domain(_) => concat!(
            "recipients r JOIN bounces b ON b.recipient = r.id WHERE r.address IS NOT NULL AND ",
            domain_of!("r.address"),
            " = $2"
        ),
    };
    format!(
        "SELECT {what} FROM {those} AND b.edition = $1 AND b.meaning = $3 AND b.at > $4
            AND b.recipient IS DISTINCT FROM $5 AND {which}"
    )
}

/// To how many of a scope the edition was handed over, or tried; counted no further than `limit`. The domains of a server
/// are those of which it reported something, and the one beside.
async fn tried(
    transaction: &Transaction,
    edition: EditionNumber,
    scope: &WaveScope,
    beside: Option<&str>,
    limit: u64,
) -> Result<u64, PostgresError> {
    let (edition, limit) = (i64::from(edition.0), sql::column(limit)?);
    // In the order of an index: those of an edition lie together there.
    let all = "SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE mailing = $1 AND attempts > 0
                                     ORDER BY mailing, recipient LIMIT $2) d";
    // From the mailboxes of the domain to their deliveries: an edition has many more.
    let of_domain = concat!(
        "SELECT count(*) FROM (SELECT 1 FROM recipients r JOIN deliveries d ON d.recipient = r.id
                               WHERE d.mailing = $1 AND d.attempts > 0 AND r.address IS NOT NULL AND ",
        domain_of!("r.address"),
        " = ANY ($3) LIMIT $2) d"
    );
    let domains: Vec<String> = match scope {
        WaveScope::Edition => return Ok(sql::count(transaction.number(all, params![edition, limit]).await?)),
        WaveScope::Domain(name) => vec![name.clone()],
        WaveScope::Server(name) => {
            let reported = concat!(
                "SELECT DISTINCT ",
                domain_of!("r.address"),
                " FROM bounces b JOIN recipients r ON r.id = b.recipient
                  WHERE b.edition = $1 AND b.server = $2 AND r.address IS NOT NULL"
            );
            let mut domains = transaction.rows(reported, params![edition, name], |row| Ok(row.try_get(0)?)).await?;
            domains.extend(beside.map(str::to_owned));
            domains
        }
    };
    Ok(sql::count(transaction.number(of_domain, params![edition, limit, domains]).await?))
}

/// The other hard bounces of a scope that would be of a new wave of it.
pub(super) async fn members(
    transaction: &Transaction,
    id: DeliveryId,
    scope: &WaveScope,
    at: DateTime<Utc>,
) -> Result<Vec<RecipientId>, PostgresError> {
    let counted = Counted { edition: id.edition, scope, since: counted_since(None, at) };
    counted.without_wave(transaction, id.recipient).await
}

/// A wave with those of its bounces that come after this mailbox's: at most so many.
pub(super) async fn with_bounces(
    transaction: &Transaction,
    id: WaveId,
    after: RecipientId,
    limit: u32,
) -> Result<Option<WavePart>, PostgresError> {
    let of_wave = "SELECT recipient, edition, at, status, meaning, server FROM bounces
                   WHERE wave = $1 AND recipient > $2 ORDER BY recipient LIMIT $3";
    let (number, after, most) = (sql::column(id.0)?, sql::column(after.0)?, i64::from(limit) + 1);
    let bounce = |row: &Row| {
        Ok(BounceRecord {
            recipient: columns::recipient(row, 0)?,
            edition: columns::edition(row, 1)?,
            at: sql::instant(row.try_get(2)?)?,
            status: sql::maybe_word(row, 3)?,
            meaning: sql::word(row, 4)?,
            server: row.try_get(5)?,
            wave: Some(id),
        })
    };
    let Some(wave) = transaction.row(waves_where!("id = $1"), params![number], wave).await? else { return Ok(None) };
    let mut bounces = transaction.rows(of_wave, params![number, after, most], bounce).await?;
    let is_last = bounces.len() <= limit as usize;
    bounces.truncate(limit as usize);
    Ok(Some(WavePart { wave, bounces, is_last }))
}

/// A wave in seven columns: id, edition, scope, name, at, state, and whether it is settled.
fn wave(row: &Row) -> Result<Wave, PostgresError> {
    let scope = WaveScope::of_parts(row.try_get(2)?, row.try_get(3)?);
    Ok(Wave {
        id: WaveId(sql::count(row.try_get(0)?)),
        edition: columns::edition(row, 1)?,
        scope: scope.ok_or_else(|| sql::damaged("a wave's scope"))?,
        at: sql::instant(row.try_get(4)?)?,
        state: sql::word(row, 5)?,
        is_settled: row.try_get(6)?,
    })
}

/// Every wave, oldest first.
pub(in crate::store::postgres) async fn all(transaction: &Transaction) -> Result<Vec<Wave>, PostgresError> {
    transaction.rows(waves_where!("TRUE ORDER BY id"), params![], wave).await
}

/// The wave with which a mailbox waits, if it does.
pub(in crate::store::postgres) async fn waits_in(
    transaction: &Transaction,
    recipient: i64,
) -> Result<Option<WaveId>, PostgresError> {
    let query = "SELECT w.id, r.state, x.mac IS NOT NULL FROM bounces b JOIN waves w ON w.id = b.wave
                 JOIN recipients r ON r.id = b.recipient LEFT JOIN suppressions x ON x.mac = r.mac
                 WHERE b.recipient = $1 AND w.state = $2 ORDER BY w.id DESC LIMIT 1";
    let read = |row: &Row| Ok((WaveId(sql::count(row.try_get(0)?)), waits(row.try_get(1)?, row.try_get(2)?)));
    let found = transaction.row(query, params![recipient, WaveState::Open.as_str()], read).await?;
    Ok(found.filter(|(_, waits)| *waits).map(|(wave, _)| wave))
}

/// The waves that wait for a person, each with how its edition fares.
pub(in crate::store::postgres) async fn open(transaction: &Transaction) -> Result<Vec<OpenWave>, PostgresError> {
    let query = waves_where!("state = $1 ORDER BY id");
    let mut open = Vec::new();
    for wave in transaction.rows(query, params![WaveState::Open.as_str()], wave).await? {
        let counted = Counted { edition: wave.edition, scope: &wave.scope, since: counted_since(Some(&wave), wave.at) };
        let (waiting, bounced) = try_join!(biased; waiting(transaction, wave.id), counted.count(transaction, None))?;
        let tried_in = |scope| tried(transaction, wave.edition, scope, None, count_to(bounced));
        let (tried, in_all) = try_join!(biased; tried_in(&wave.scope), tried_in(&WaveScope::Edition))?;
        open.push(OpenWave { wave, waiting, bounced, tried, in_all });
    }
    Ok(open)
}

/// How many mailboxes of a wave wait.
async fn waiting(transaction: &Transaction, wave: WaveId) -> Result<u64, PostgresError> {
    let query = "SELECT r.state, x.mac IS NOT NULL, count(*) FROM bounces b JOIN recipients r ON r.id = b.recipient
                 LEFT JOIN suppressions x ON x.mac = r.mac WHERE b.wave = $1 GROUP BY 1, 2";
    let read = |row: &Row| Ok((waits(row.try_get(0)?, row.try_get(1)?), sql::count(row.try_get(2)?)));
    let counts = transaction.rows(query, params![sql::column(wave.0)?], read).await?;
    Ok(counts.into_iter().filter(|(waits, _)| *waits).map(|(_, count)| count).sum())
}

/// A new wave, with the mailboxes whose bounces were noted before and are of it.
pub(super) async fn insert(
    transaction: &Transaction,
    made: Option<&(Wave, Vec<RecipientId>)>,
) -> Result<(), PostgresError> {
    let Some((wave, members)) = made else { return Ok(()) };
    let insert = "INSERT INTO waves (id, edition, scope, name, at, state) VALUES ($1, $2, $3, $4, $5, $6)";
    let take_in = "UPDATE bounces SET wave = $3 WHERE recipient = ANY ($1) AND edition = $2";
    let ((kind, name), at) = (wave.scope.parts(), sql::millis(wave.at));
    let (id, edition) = (sql::column(wave.id.0)?, i64::from(wave.edition.0));
    let members = columns::ids(members.iter().map(|member| member.0))?;
    transaction.run(insert, params![id, edition, kind, name, at, wave.state.as_str()]).await?;
    transaction.run(take_in, params![members, edition, id]).await.map(drop)
}

/// What was decided about a wave, and what follows for some of its bounces and deliveries.
pub(super) async fn settle(
    transaction: &Transaction,
    at: i64,
    settlement: Option<&Settlement>,
) -> Result<(), PostgresError> {
    let Some(settlement) = settlement else { return Ok(()) };
    let (edition, wave) = (i64::from(settlement.edition.0), sql::column(settlement.wave.0)?);
    let update = "UPDATE waves SET state = $2, settled_at = $3 WHERE id = $1";
    let settled_at = settlement.is_last.then_some(at);
    transaction.run(update, params![wave, settlement.state.as_str(), settled_at]).await?;
    let recipients = columns::ids(settlement.recipients.iter().map(|recipient| recipient.0))?;
    if let Some(event) = settlement.event {
        deliveries(transaction, settlement.edition, &recipients, event).await?;
    }
    let bounces_of = settlement.bounces_of.map(|id| sql::column(id.0)).transpose()?;
    let update = "UPDATE bounces SET meaning = $3, wave = $4 WHERE recipient = ANY ($2) AND edition = $1";
    let meaning = settlement.meaning.to_string();
    transaction.run(update, params![edition, recipients, meaning, bounces_of]).await.map(drop)
}

/// An event happens to those of an edition's deliveries to these mailboxes to which it can.
async fn deliveries(
    transaction: &Transaction,
    edition: EditionNumber,
    recipients: &[i64],
    event: Event<'_>,
) -> Result<(), PostgresError> {
    let states::Change { from, to, accepted } = states::change(event);
    // Locked in the order in which senders lock them.
    let update = format!(
        "UPDATE deliveries d SET state = {to}, next_at = NULL
         FROM (SELECT recipient FROM deliveries WHERE mailing = $1 AND recipient = ANY ($2) AND state IN {from}
               ORDER BY recipient FOR UPDATE) l
         WHERE d.mailing = $1 AND d.recipient = l.recipient AND d.state IN {from}"
    );
    let changed = transaction.run(&update, params![i64::from(edition.0), recipients]).await?;
    accepted::note(transaction, edition, accepted, changed).await
}
