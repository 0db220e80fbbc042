//! `/subscribers/mailboxes/{number}`: the whole story of a mailbox, in plain words.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use chrono_tz::Tz;
use serde::Serialize;

use super::add::right_address_of;
use super::view::{HERE, bands, mailbox_path, path};
use crate::app::AppError;
use crate::domain::subscriber::{MailboxRecord, MailboxState, RecipientId, SubscriberRecord, SuppressionReason};
use crate::domain::subscription::subject_data::{SubjectData, SubjectDelivery};
use crate::domain::user::Permission;
use crate::messages;
use crate::messages::mailbox as words;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::masked::shown;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

const MANAGE: Permission = Permission::ManageSubscribers;

/// How many editions are on a page: half a year.
const EDITIONS: usize = 13;

#[derive(Debug, Serialize)]
struct Story {
    address: String,
    name: String,
    organisation_url: String,
    sector: &'static str,
    /// Empty where there is none.
    urn: String,
    word: &'static str,
    class: &'static str,
    /// Why it gets nothing, or what it waits for.
    careful: Vec<String>,
    /// Where that is settled; empty where nobody needs to.
    settle_url: String,
    settle: &'static str,
    bands: String,
    bands_from: &'static str,
    came: Vec<String>,
    editions: Vec<Edition>,
    newer_url: String,
    older_url: String,
    letters: Vec<String>,
    log: Vec<String>,
    /// Whether this person may change anything of it.
    may_manage: bool,
    is_active: bool,
    /// Whether it can leave: it has not left already.
    may_leave: bool,
    /// Where its organisation's right address is added, when no mail gets through to this one.
    right_url: String,
    url: String,
}

#[derive(Debug, Serialize)]
struct Edition {
    label: String,
    url: String,
    class: &'static str,
    sentences: Vec<String>,
    /// What was said at each attempt, for whoever wants to know exactly.
    attempts: Vec<String>,
}

pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u64>,
    RawQuery(query): RawQuery,
) -> Response {
    let (parts, id) = (console.parts(), RecipientId(number));
    let page = parameter(query.as_deref(), "page").parse().unwrap_or(1_usize).clamp(1, 10_000);
    match story(&parts, &caller, id, page).await {
        Ok(Some(story)) => {
            let shell = Shell::new(&parts, &caller, &story.name, HERE).saying(console.said().take(&caller));
            answer::page("mailbox.html", &shell, &story)
        }
        Ok(None) => answer::missing(
            &parts,
            &caller,
            "There's no mailbox with this number. If there was one, it has been erased or forgotten since, and only figures are left.",
        ),
        Err(error) => answer::failed(&parts, &caller, &error, HERE),
    }
}

async fn story(parts: &ConsoleParts, caller: &Caller, id: RecipientId, page: usize) -> Result<Option<Story>, AppError> {
    let Some((record, data)) = parts.privacy().mailbox(id).await? else { return Ok(None) };
    let Some(mailbox) = record.mailboxes.first() else { return Ok(None) };
    Ok(Some(Story::new(parts, caller, (&record, mailbox, &data), page)))
}

/// What is known of a mailbox.
type Known<'a> = (&'a SubscriberRecord, &'a MailboxRecord, &'a SubjectData);

impl Story {
    fn new(parts: &ConsoleParts, caller: &Caller, (record, mailbox, data): Known<'_>, page: usize) -> Self {
        let (config, zone) = (parts.config(), parts.config().schedule.timezone);
        let (word, class) = words::standing(mailbox);
        let (settle, settle_path) = settled_at(mailbox, data).filter(|_| caller.may(MANAGE)).unwrap_or_default();
        let path_of = mailbox_path(mailbox.recipient);
        let line = config.line_of_address(&mailbox.address);
        let pages = data.deliveries.len().div_ceil(EDITIONS).max(1);
        let to = |page: usize| caller.link(&format!("{path_of}?page={page}"));
        let newest_first = data.deliveries.iter().rev().skip((page - 1) * EDITIONS).take(EDITIONS);
        Self {
            address: shown(caller, &mailbox.address),
            name: record.profile.name.clone(),
            organisation_url: caller.link(&path(record.id)),
            sector: messages::sectors::many(record.profile.sector),
            urn: record.profile.urn.clone().unwrap_or_default(),
            word,
            class,
            careful: careful(mailbox, data, zone),
            settle_url: if settle.is_empty() { settle_path } else { caller.link(&settle_path) },
            settle,
            bands: bands(config, &mailbox.bands),
            bands_from: words::bands_from(mailbox, data.chosen_by(&mailbox.subscriptions)),
            came: mailbox.subscriptions.iter().rev().map(|one| words::came(one, line, zone)).collect(),
            editions: newest_first.map(|delivery| edition(caller, delivery, zone)).collect(),
            newer_url: if page > 1 { to(page - 1) } else { String::new() },
            older_url: if page < pages { to(page + 1) } else { String::new() },
            letters: letters(data, zone),
            log: data.audit.iter().rev().map(|record| words::decided(record, zone)).collect(),
            may_manage: caller.may(MANAGE),
            is_active: mailbox.state == MailboxState::Active && mailbox.suppressed.is_none(),
            may_leave: mailbox.suppressed.is_none_or(|reason| !reason.is_readers_wish()),
            right_url: if mailbox.suppressed == Some(SuppressionReason::Bounced) {
                caller.link(&right_address_of(mailbox.recipient))
            } else {
                String::new()
            },
            url: caller.link(&path_of),
        }
    }
}

/// What a page about all addresses settles: its name, and its path.
fn settled_at(mailbox: &MailboxRecord, data: &SubjectData) -> Option<(&'static str, String)> {
    if let Some(wave) = data.waits_in {
        return Some(("Decide about them", format!("/suppressions/waves/{}", wave.0)));
    }
    let is_ours = mailbox.suppressed.is_some_and(|reason| !reason.is_readers_wish());
    is_ours.then(|| ("Addresses that are never mailed", "/suppressions".to_owned()))
}

/// What whoever looks must know first.
fn careful(mailbox: &MailboxRecord, data: &SubjectData, zone: Tz) -> Vec<String> {
    let never = mailbox.suppressed.map(|reason| words::never_mailed(reason, data.suppressed_since, zone));
    let waits = data.waits_in.map(|_| {
        "Its mail came back together with many others, so the server may be wrong. It stays subscribed until someone decides \
         about all of them."
            .to_owned()
    });
    let pending = (mailbox.state == MailboxState::Pending).then(|| {
        "Nothing is sent to it until its reader clicks the link in the mail that asks them to confirm.".to_owned()
    });
    never.into_iter().chain(waits).chain(pending).collect()
}

fn edition(caller: &Caller, delivery: &SubjectDelivery, zone: Tz) -> Edition {
    let (sentences, class) = words::delivery(delivery, zone);
    let (label, path) = match &delivery.bulletin {
        Some(name) => (format!("Bulletin {name}"), format!("/bulletins/{name}")),
        None => (format!("Edition {}", delivery.edition), format!("/editions/{}", delivery.edition)),
    };
    Edition {
        label,
        url: caller.link(&path),
        class,
        sentences,
        attempts: delivery.attempts.iter().map(|attempt| words::attempt(attempt, zone)).collect(),
    }
}

/// Mail that was no edition, and the wishes that it was about, newest first.
fn letters(data: &SubjectData, zone: Tz) -> Vec<String> {
    let mut all: Vec<_> = data.letters.iter().map(|letter| (letter.at, words::letter(letter, zone))).collect();
    all.extend(data.requests.iter().map(|request| (request.made_at, words::request(request, zone))));
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.into_iter().map(|(_, told)| told).collect()
}
