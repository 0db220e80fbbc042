//! Questions that wait for a click of the mailbox's own reader, and what the click does.

use chrono::TimeDelta;

use super::mailing_list::MailingList;
use super::request::{PER_ADDRESS, Request, RequestId, RequestKind};
use super::rows::Subject;
use super::subscribe::{self, NoBand};
use crate::domain::band::BandSet;
use crate::domain::subscriber::{MailboxState, Origin, RecipientId, SubscribeRequest, SuppressionReason};

/// How many may be asked for in an hour, by everyone together.
const PER_HOUR: u64 = 500;

/// What became of a wish that needs a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A mail with the link waits to be sent.
    Waits(RequestId),
    /// It is so already; nothing was asked.
    Already,
    /// The address gets no mail at all, for this reason.
    Never(SuppressionReason),
    /// This address, or everyone together, was asked too often.
    TooOften,
    /// No such mailbox has a subscription.
    Nobody,
}

/// What a click came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clicked {
    /// It is done now.
    Done(Fulfilled),
    /// It was done before, and still holds; nothing changed.
    Before(Fulfilled),
    /// It is too late, or the mailbox left since; nothing changed.
    Over,
    /// There is no such request.
    Unknown,
}

/// A request that was fulfilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfilled {
    /// What was asked for.
    pub kind: RequestKind,
    /// The name of the subscriber that the mailbox belongs to.
    pub subscriber: String,
}

/// What a click would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Fulfil this request, for a mailbox of the subscriber with this name.
    Open(Request, String),
    /// Nothing more: it is done, and still holds.
    Done(Fulfilled),
    /// Nothing: it is too late, a newer one took its place, or the mailbox left since.
    Over,
    /// There is no such request.
    Unknown,
}

/// Notes a wish to subscribe. The mailbox is pending until its reader clicks; one that is active already is left alone.
///
/// # Errors
/// When the wish names no band.
pub fn ask_to_subscribe(list: &mut MailingList, wish: &SubscribeRequest) -> Result<Asked, NoBand> {
    if wish.bands.is_empty() {
        return Err(NoBand);
    }
    if let Some(reason) = list.suppression(&wish.address).filter(|reason| !reason.is_lifted_by_confirming()) {
        return Ok(Asked::Never(reason));
    }
    let known = list.find(&wish.address).map(|mailbox| (mailbox.id, mailbox.is_active()));
    if known.is_some_and(|(_, is_active)| is_active) {
        return Ok(Asked::Already);
    }
    let known = known.map(|(id, _)| id);
    if is_too_often(list, known) {
        return Ok(Asked::TooOften);
    }
    let (kind, subscriber) = (RequestKind::Subscribe, subscribe::organisation_for(list, known, wish));
    let id = known.unwrap_or_else(|| list.add_mailbox(&wish.address, subscriber, wish.bands.clone()));
    list.change(id, |mailbox| mailbox.state = MailboxState::Pending);
    list.note(wish.origin.actor(), "ask", Subject::Mailbox(id), kind.as_str());
    let request = list.add_request(id, kind, Some(subscriber), wish.bands.clone());
    list.mail(id, wish.profile.name.clone(), request);
    Ok(Asked::Waits(request))
}

/// Notes a wish for other bands.
///
/// # Errors
/// When the wish names no band.
pub fn ask_for_bands(list: &mut MailingList, id: RecipientId, bands: &BandSet) -> Result<Asked, NoBand> {
    if bands.is_empty() {
        return Err(NoBand);
    }
    let Some((name, has)) = list.subscribed_bands(id) else { return Ok(Asked::Nobody) };
    if has == bands {
        return Ok(Asked::Already);
    }
    let name = name.to_owned();
    if is_too_often(list, Some(id)) {
        return Ok(Asked::TooOften);
    }
    let request = list.add_request(id, RequestKind::Bands, None, bands.clone());
    list.mail(id, name, request);
    Ok(Asked::Waits(request))
}

/// Whether one more question would be too many, for this mailbox or for everyone. An undo is no question.
fn is_too_often(list: &MailingList, id: Option<RecipientId>) -> bool {
    let since = list.at() - TimeDelta::days(1);
    let mailbox = id.and_then(|id| list.mailbox(id));
    let asked = mailbox.map_or(0, |mailbox| mailbox.asked_since(since, RequestKind::is_question));
    asked >= PER_ADDRESS || list.asked_lately() >= PER_HOUR
}

/// What a click would do now.
pub fn question(list: &MailingList, id: RequestId) -> Question {
    let Some(request) = list.request(id) else { return Question::Unknown };
    match (request.done_at, name_for(list, request)) {
        (None, Some(name)) if request.is_open(list.at()) && may_fulfil(list, request) => {
            Question::Open(request.clone(), name)
        }
        // What was done once need not hold any more: whoever left since is told nothing else.
        (Some(_), Some(subscriber)) if list.subscribed_bands(request.recipient).is_some() => {
            Question::Done(Fulfilled { kind: request.kind, subscriber })
        }
        _ => Question::Over,
    }
}

/// Fulfils a request, once.
pub fn fulfil(list: &mut MailingList, id: RequestId) -> Clicked {
    let (request, subscriber) = match question(list, id) {
        Question::Open(request, subscriber) => (request, subscriber),
        Question::Done(fulfilled) => return Clicked::Before(fulfilled),
        Question::Over => return Clicked::Over,
        Question::Unknown => return Clicked::Unknown,
    };
    let (mailbox, kind, at) = (request.recipient, request.kind, list.at());
    match kind {
        RequestKind::Subscribe => confirm_subscription(list, &request),
        RequestKind::Bands => subscribe::choose(list, mailbox, request.bands),
        RequestKind::Undo => undo(list, &request),
    }
    list.change(mailbox, |mailbox| {
        mailbox.requests.iter_mut().filter(|one| one.id == id).for_each(|one| one.done_at = Some(at));
    });
    list.note("recipient", "confirm", Subject::Mailbox(mailbox), kind.as_str());
    Clicked::Done(Fulfilled { kind, subscriber })
}

/// A click of the mailbox's own reader lifts their own leaving, and nothing else that keeps mail away. Other bands are for
/// those who have a subscription.
fn may_fulfil(list: &MailingList, request: &Request) -> bool {
    let mailbox = list.mailbox(request.recipient).filter(|mailbox| mailbox.address.is_some());
    let Some(mailbox) = mailbox else { return false };
    let own = list.suppression_of(mailbox.key).is_none_or(|known| known.reason.is_lifted_by_confirming());
    own && (request.kind != RequestKind::Bands || mailbox.is_active())
}

fn confirm_subscription(list: &mut MailingList, request: &Request) {
    let at = list.at();
    lift_own(list, request.recipient);
    list.change(request.recipient, |mailbox| {
        let subscriber = request.subscriber.unwrap_or(mailbox.owner);
        mailbox.join(subscriber, Origin::Cli, request.bands.clone(), at);
    });
    subscribe::choose(list, request.recipient, request.bands.clone());
}

/// The subscriptions that ended with the leaving go on.
fn undo(list: &mut MailingList, request: &Request) {
    lift_own(list, request.recipient);
    list.change(request.recipient, |mailbox| {
        let with_it = mailbox.subscriptions.iter_mut().filter(|one| one.ended == Some(request.made_at));
        with_it.for_each(|one| (one.ended, one.ended_by) = (None, None));
        mailbox.refresh();
    });
}

fn lift_own(list: &mut MailingList, id: RecipientId) {
    let Some(key) = list.mailbox(id).map(|mailbox| mailbox.key) else { return };
    if list.suppression_of(key).is_some_and(|known| known.reason.is_lifted_by_confirming()) {
        list.lift(key);
    }
}

fn name_for(list: &MailingList, request: &Request) -> Option<String> {
    let owner = || list.mailbox(request.recipient).map(|mailbox| mailbox.owner);
    let id = request.subscriber.or_else(owner)?;
    list.organisation(id).map(|organisation| organisation.profile.name.clone())
}

/// Pending mailboxes whose wish to subscribe was not confirmed in time end. Returns how many.
pub fn end_unconfirmed(list: &mut MailingList) -> u64 {
    let at = list.at();
    let waits = |request: &Request| request.kind == RequestKind::Subscribe && request.is_open(at);
    let pending = list.mailboxes().filter(|mailbox| mailbox.state == MailboxState::Pending);
    let late: Vec<_> =
        pending.filter(|mailbox| !mailbox.requests.iter().any(waits)).map(|mailbox| mailbox.id).collect();
    for id in &late {
        list.change(*id, super::mailbox::Mailbox::refresh);
        list.note("program", "unconfirmed", Subject::Mailbox(*id), "");
    }
    late.len() as u64
}
