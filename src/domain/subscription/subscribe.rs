//! Subscribing without a confirmation, at an operator's word: by the CLI or a CSV row.

use super::mailbox::Mailbox;
use super::mailing_list::MailingList;
use super::rows::Subject;
use crate::domain::band::{BandName, BandSet};
use crate::domain::subscriber::{Profile, RecipientId, SubscribeRequest, SubscriberId, SuppressionReason};

/// What became of a [`SubscribeRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    /// A new mailbox (or one whose config entry or subscription had ended without anyone leaving).
    Added,
    /// It was active: its bands, and its name unless the config names it, are now as asked.
    Updated {
        /// The organisation and bands before.
        before: (Profile, BandSet),
        /// The organisation and bands now.
        after: (Profile, BandSet),
    },
    /// Nothing changed: it left, so only its own confirmation brings it back.
    Left(SuppressionReason),
}

/// A mailbox that asks for no band would get nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mailbox needs at least one band")]
pub struct NoBand;

/// Subscribes a mailbox, or updates one that is subscribed.
///
/// # Errors
/// When the request names no band.
pub fn subscribe(list: &mut MailingList, request: &SubscribeRequest) -> Result<Subscribed, NoBand> {
    if request.bands.is_empty() {
        return Err(NoBand);
    }
    let key = list.key(&request.address);
    if let Some(suppression) = list.suppression_of(key) {
        return Ok(Subscribed::Left(suppression.reason));
    }
    Ok(match list.holder(key).cloned() {
        Some(mailbox) if mailbox.is_active() => update(list, mailbox, request),
        found => add(list, found.map(|mailbox| mailbox.id), request),
    })
}

/// An active mailbox gets other bands and, unless the config names its subscriber, another profile.
fn update(list: &mut MailingList, mailbox: Mailbox, request: &SubscribeRequest) -> Subscribed {
    let has = list.organisation(mailbox.owner).map_or_else(|| request.profile.clone(), |owner| owner.profile.clone());
    let profile = reprofile(list, mailbox.owner, request);
    let is_asked = mailbox.requests.iter().any(|one| one.is_open(list.at()));
    if is_asked || mailbox.bands != request.bands || mailbox.chosen.as_ref() != Some(&request.bands) {
        choose(list, mailbox.id, request.bands.clone());
        list.note(request.origin.actor(), "update", Subject::Mailbox(mailbox.id), names_of(&request.bands));
    }
    Subscribed::Updated { before: (has, mailbox.bands), after: (profile, request.bands.clone()) }
}

/// A mailbox that is unknown, or that ended without anyone leaving.
fn add(list: &mut MailingList, mailbox: Option<RecipientId>, request: &SubscribeRequest) -> Subscribed {
    let subscriber = organisation_for(list, mailbox, request);
    let bands = &request.bands;
    let id = mailbox.unwrap_or_else(|| list.add_mailbox(&request.address, subscriber, bands.clone()));
    let at = list.at();
    list.change(id, |mailbox| mailbox.join(subscriber, request.origin, bands.clone(), at));
    choose(list, id, bands.clone());
    if mailbox.is_some() || !request.origin.is_by_the_file() {
        list.note(request.origin.actor(), "subscribe", Subject::Mailbox(id), names_of(bands));
    }
    Subscribed::Added
}

/// The mailbox's own choice; what was offered before it is not the last word.
pub(super) fn choose(list: &mut MailingList, id: RecipientId, bands: BandSet) {
    let at = list.at();
    list.change(id, |mailbox| {
        mailbox.close_requests(at, |_| true);
        mailbox.chosen = Some(bands);
        mailbox.refresh();
    });
}

/// The subscriber that the mailbox will belong to, with the profile that is wished: that of its register number, else the
/// one that it belonged to, else a new one.
pub(super) fn organisation_for(
    list: &mut MailingList,
    mailbox: Option<RecipientId>,
    request: &SubscribeRequest,
) -> SubscriberId {
    let urn = request.profile.urn.as_deref();
    let owner = || list.mailbox(mailbox?).map(|mailbox| mailbox.owner).filter(|_| urn.is_none());
    let known = urn.and_then(|urn| list.of_urn(urn)).or_else(owner);
    let origin = request.origin;
    let id = known.unwrap_or_else(|| list.add_organisation(request.profile.clone(), origin));
    reprofile(list, id, request);
    id
}

/// Gives the subscriber the wished profile unless the config names it; a urn that is not mentioned stays. Returns the
/// profile it has now.
fn reprofile(list: &mut MailingList, id: SubscriberId, request: &SubscribeRequest) -> Profile {
    let mut wish = request.profile.clone();
    let Some(organisation) = list.organisation(id) else { return wish };
    let has = &organisation.profile;
    wish.urn = wish.urn.or_else(|| has.urn.clone());
    if *has == wish || organisation.is_in_config {
        return has.clone();
    }
    list.update_profile(id, wish.clone(), request.origin.actor());
    wish
}

fn names_of(bands: &BandSet) -> String {
    let names: Vec<_> = bands.iter().map(BandName::as_str).collect();
    format!("bands {}", names.join(" "))
}
