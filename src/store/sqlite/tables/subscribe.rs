//! Adds and updates mailboxes at the wish of the CLI or a CSV file.

use super::audit;
use super::people::{Mailbox, People};
use crate::domain::band::BandName;
use crate::domain::subscriber::{MailboxState, Origin, Profile, SubscribeRequest, Subscribed};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// Fulfils one request.
pub(in crate::store::sqlite) fn one(
    people: &mut People<'_>,
    request: &SubscribeRequest,
) -> Result<Subscribed, SqliteError> {
    let bands = people.mask(&request.bands)?;
    if let Some(reason) = people.suppression(&request.address)? {
        return Ok(Subscribed::Left(reason));
    }
    match people.find(&request.address)? {
        Some(mailbox) if mailbox.state == MailboxState::Active => update(people, &mailbox, request, bands),
        found => add(people, found.as_ref(), request, bands),
    }
}

/// An active mailbox gets other bands and, unless the config names its subscriber, another profile.
fn update(
    people: &People<'_>,
    mailbox: &Mailbox,
    request: &SubscribeRequest,
    bands: i64,
) -> Result<Subscribed, SqliteError> {
    let before = (people.profile(mailbox.owner)?, people.bands.set(mailbox.bands));
    people.choose(mailbox.id, Some(bands))?;
    people.refresh(mailbox.id)?;
    let profile = reprofile(people, mailbox.owner, request)?;
    people.note(request.origin.as_str(), "update", mailbox.id, &listed(request))?;
    Ok(Subscribed::Updated { before, after: (profile, request.bands.clone()) })
}

/// A mailbox that is unknown, or that ended without anybody leaving.
fn add(
    people: &People<'_>,
    mailbox: Option<&Mailbox>,
    request: &SubscribeRequest,
    bands: i64,
) -> Result<Subscribed, SqliteError> {
    let subscriber = subscriber_of(people, mailbox, request)?;
    let recipient = match mailbox {
        Some(mailbox) => mailbox.id,
        None => people.add_mailbox(&request.address, subscriber, bands)?,
    };
    people.join(recipient, subscriber, request.origin, bands)?;
    people.choose(recipient, Some(bands))?;
    people.refresh(recipient)?;
    people.note(request.origin.as_str(), "subscribe", recipient, &listed(request))?;
    Ok(Subscribed::Added)
}

/// The subscriber that the mailbox will belong to, with the profile that is wished.
pub(in crate::store::sqlite) fn subscriber_of(
    people: &People<'_>,
    mailbox: Option<&Mailbox>,
    request: &SubscribeRequest,
) -> Result<i64, SqliteError> {
    let subscriber = match (known(people, request)?, mailbox) {
        (Some(known), _) => known,
        (None, Some(mailbox)) if request.profile.urn.is_none() => mailbox.owner,
        (None, _) => new(people, request)?,
    };
    reprofile(people, subscriber, request)?;
    Ok(subscriber)
}

/// The subscriber of this urn, if there is one that the config did not make.
fn known(people: &People<'_>, request: &SubscribeRequest) -> Result<Option<i64>, SqliteError> {
    let Some(urn) = &request.profile.urn else { return Ok(None) };
    let query = "SELECT id FROM subscribers WHERE urn = ?1 AND origin <> 'config' ORDER BY id LIMIT 1";
    sql::row(people.conn, query, [urn], |row| Ok(row.get(0)?))
}

fn new(people: &People<'_>, request: &SubscribeRequest) -> Result<i64, SqliteError> {
    let id = people.add_subscriber(&request.profile, request.origin)?;
    let subject = format!("subscriber {id}");
    audit::write(people.conn, people.at, request.origin.as_str(), "add", &subject, &request.profile.name)?;
    Ok(id)
}

/// Gives the subscriber the wished profile unless the config names it; a urn that is not mentioned stays.
/// Returns the profile it has now.
fn reprofile(people: &People<'_>, subscriber: i64, request: &SubscribeRequest) -> Result<Profile, SqliteError> {
    let (has, wish) = (people.profile(subscriber)?, &request.profile);
    let wish = Profile { urn: wish.urn.clone().or_else(|| has.urn.clone()), ..wish.clone() };
    let named = "SELECT count(*) FROM (SELECT 1 FROM subscriptions
                 WHERE subscriber = ?1 AND origin = ?2 AND ended IS NULL LIMIT 1)";
    if has == wish || sql::number(people.conn, named, (subscriber, Origin::Config.as_str()))? > 0 {
        return Ok(has);
    }
    people.update_subscriber(subscriber, &wish)?;
    // Every name that it ever had stands here, so that all can be forgotten.
    let subject = format!("subscriber {subscriber}");
    audit::write(people.conn, people.at, request.origin.as_str(), "update", &subject, &wish.name)?;
    Ok(wish)
}

fn listed(request: &SubscribeRequest) -> String {
    let names: Vec<_> = request.bands.iter().map(BandName::as_str).collect();
    format!("bands {}", names.join(" "))
}
