//! What a sync depends on, and its changes (contract §3, Sync).

use std::collections::{BTreeMap, HashMap};

use super::audit;
use super::people::{self, People};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{Origin, Profile, SubscriberId};
use crate::domain::sync::{StoredEntry, StoredMailbox, SyncChange, SyncPlan, Truth, Who};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

const ACTOR: &str = "config";

/// Every subscriber that the file made, and which of `wished` are kept out.
pub(in crate::store::sqlite) fn truth(people: &People<'_>, wished: &[Address]) -> Result<Truth, SqliteError> {
    let mut kept_out = BTreeMap::new();
    for address in wished {
        if let Some(reason) = people.kept_out(address)? {
            kept_out.insert(address.clone(), reason);
        }
    }
    Ok(Truth { entries: entries(people)?, kept_out })
}

fn entries(people: &People<'_>) -> Result<Vec<StoredEntry>, SqliteError> {
    let subscribers =
        "SELECT s.id, n.name, s.sector, s.locale, s.urn FROM subscribers s JOIN names n ON n.id = s.name_id
                       WHERE s.origin = 'config' ORDER BY s.id";
    let mut entries = sql::rows(people.conn, subscribers, [], |row| {
        let subscriber = SubscriberId(sql::count(row.get(0)?));
        Ok(StoredEntry { subscriber, profile: people::profile(row, 1)?, mailboxes: Vec::new() })
    })?;
    let place: HashMap<u64, usize> = entries.iter().enumerate().map(|(i, e)| (e.subscriber.0, i)).collect();
    let mailboxes = "SELECT s.subscriber, r.address, s.bands, s.ended IS NOT NULL
                     FROM subscriptions s JOIN recipients r ON r.id = s.recipient
                     WHERE s.origin = 'config' AND r.address IS NOT NULL ORDER BY s.subscriber, s.recipient";
    let found = sql::rows(people.conn, mailboxes, [], |row| {
        let mailbox =
            StoredMailbox { address: people::word(row, 1)?, bands: people.bands.set(row.get(2)?), ended: row.get(3)? };
        Ok((sql::count(row.get(0)?), mailbox))
    })?;
    for (subscriber, mailbox) in found {
        if let Some(&at) = place.get(&subscriber) {
            entries[at].mailboxes.push(mailbox);
        }
    }
    Ok(entries)
}

/// Applies every change, in order.
pub(in crate::store::sqlite) fn apply(people: &mut People<'_>, plan: &SyncPlan) -> Result<(), SqliteError> {
    let mut made = HashMap::new();
    for (at, change) in plan.changes.iter().enumerate() {
        match change {
            SyncChange::AddSubscriber(profile) => {
                made.insert(at, add(people, profile)?);
            }
            SyncChange::UpdateSubscriber { subscriber, after, .. } => rename(people, *subscriber, after)?,
            SyncChange::Start { subscriber, address, bands } => {
                let subscriber = match subscriber {
                    Who::Known(id) => sql::column(id.0)?,
                    Who::New(at) => {
                        *made.get(at).ok_or_else(|| SqliteError::refused(format!("change {at} makes no subscriber")))?
                    }
                };
                start(people, subscriber, address, bands, "start")?;
            }
            SyncChange::Restore { subscriber, address, bands } => {
                start(people, sql::column(subscriber.0)?, address, bands, "restore")?;
            }
            SyncChange::Rebands { subscriber, address, after, .. } => {
                reband(people, sql::column(subscriber.0)?, address, after)?;
            }
            SyncChange::End { subscriber, address } => end(people, sql::column(subscriber.0)?, address)?,
        }
    }
    Ok(())
}

fn add(people: &People<'_>, profile: &Profile) -> Result<i64, SqliteError> {
    let id = people.add_subscriber(profile, Origin::Config)?;
    audit::write(people.conn, people.at, ACTOR, "add", &format!("subscriber {id}"), &profile.name)?;
    Ok(id)
}

fn rename(people: &People<'_>, subscriber: SubscriberId, profile: &Profile) -> Result<(), SqliteError> {
    let id = sql::column(subscriber.0)?;
    people.profile(id)?;
    people.update_subscriber(id, profile)?;
    audit::write(people.conn, people.at, ACTOR, "update", &format!("subscriber {id}"), &profile.name)
}

/// A mailbox that the file names now. One that left or was suppressed since the plan was made stays away.
fn start(
    people: &mut People<'_>,
    subscriber: i64,
    address: &Address,
    bands: &BandSet,
    action: &str,
) -> Result<(), SqliteError> {
    if people.kept_out(address)?.is_some() {
        return Ok(());
    }
    let mask = people.mask(bands)?;
    let recipient = match people.find(address)? {
        Some(mailbox) => mailbox.id,
        None => people.add_mailbox(address, subscriber, mask)?,
    };
    // Somebody who left and came back by themselves chose their bands then; the entry has not changed since.
    let returned = "SELECT ended_by <> 'config' FROM subscriptions
                    WHERE recipient = ?1 AND subscriber = ?2 AND origin = 'config' AND ended IS NOT NULL";
    let returned = sql::row(people.conn, returned, (recipient, subscriber), |row| Ok(row.get::<_, bool>(0)?))?;
    people.join(recipient, subscriber, Origin::Config, mask)?;
    if returned != Some(true) {
        people.choose(recipient, None)?;
    }
    people.refresh(recipient)?;
    people.note(ACTOR, action, recipient, &format!("subscriber {subscriber}"))
}

fn reband(people: &mut People<'_>, subscriber: i64, address: &Address, bands: &BandSet) -> Result<(), SqliteError> {
    let mask = people.mask(bands)?;
    let Some(mailbox) = people.find(address)? else { return Ok(()) };
    let update = "UPDATE subscriptions SET bands = ?3
                  WHERE recipient = ?1 AND subscriber = ?2 AND origin = 'config'";
    sql::run(people.conn, update, (mailbox.id, subscriber, mask))?;
    people.choose(mailbox.id, None)?;
    people.refresh(mailbox.id)?;
    people.note(ACTOR, "bands", mailbox.id, &format!("subscriber {subscriber}"))
}

fn end(people: &People<'_>, subscriber: i64, address: &Address) -> Result<(), SqliteError> {
    let Some(mailbox) = people.find(address)? else { return Ok(()) };
    let update = "UPDATE subscriptions SET ended = ?3, ended_by = 'config'
                  WHERE recipient = ?1 AND subscriber = ?2 AND origin = 'config' AND ended IS NULL";
    sql::run(people.conn, update, (mailbox.id, subscriber, people.at))?;
    people.refresh(mailbox.id)?;
    people.note(ACTOR, "end", mailbox.id, &format!("subscriber {subscriber}"))
}
