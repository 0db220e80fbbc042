//! What the page of a bulletin shows.

use serde::Serialize;

use super::order::{OF, path};
use super::read;
use crate::app::bulletins::error::BulletinError;
use crate::app::bulletins::look::BulletinLook;
use crate::app::bulletins::send::BulletinOrder;
use crate::domain::bulletin::{BulletinRecord, MailingName};
use crate::domain::calendar::Approval;
use crate::domain::edition::{EditionState, StateReason};
use crate::domain::text::dates;
use crate::domain::user::Permission;
use crate::messages::bulletins::people;
use crate::messages::console;
use crate::web::console::ask::Choice;
use crate::web::console::audience::AudienceTable;
use crate::web::console::caller::Caller;
use crate::web::console::edition::content::EditsView;
use crate::web::console::edition::mails::{Mailing, MailsView};
use crate::web::console::edition::readers::{LARGEST, SegmentLink, largest_first, links};
use crate::web::console::edition_state::StateView;
use crate::web::console::mailing;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

/// How many editions, and how many bulletins, can be chosen from.
const EARLIER: usize = 12;

#[derive(Debug, Serialize)]
pub(super) struct BulletinView {
    title: String,
    summary: String,
    state: StateView,
    /// When it was sent; empty before that.
    when: String,
    /// For which bands and sectors, and of which edition.
    whom: String,
    /// Why it is held, or what is to be done first.
    notes: Vec<String>,
    /// What changed since it was approved, word by word.
    edits: Option<EditsView>,
    buttons: Vec<Button>,
    mails: Option<MailsView>,
    is_moving: bool,
    segments: Vec<SegmentLink>,
    other_segments: Vec<SegmentLink>,
    audience: Option<AudienceTable>,
    is_published: bool,
    /// Its page on the web, once it was sent.
    web_url: String,
    /// Where its text is written, until then; empty for those who may not.
    edit_url: String,
    /// Before it is sent: whose readers can be chosen, and where the form asks.
    earlier: Vec<Choice>,
    is_correction: bool,
    action: String,
}

#[derive(Debug, Serialize)]
struct Button {
    label: &'static str,
    url: String,
    /// `quiet`, `danger`, or nothing for what is meant to be pressed.
    class: &'static str,
}

impl BulletinView {
    pub(super) async fn read(
        console: &Console,
        parts: &ConsoleParts,
        caller: &Caller,
        order: &BulletinOrder,
    ) -> Result<Self, BulletinError> {
        let look = parts.bulletins().look(order).await?;
        let is_published = look.record.published.is_some();
        let is_moving = look.state == EditionState::Sending;
        let mails =
            if is_published { Some(mails(console, (parts, caller), &look.record, is_moving).await?) } else { None };
        let segments = look.segments.clone().map(largest_first);
        let query =
            order.narrowing.readers_of.as_ref().map(|it| format!("?{OF}={}", mailing::key(it))).unwrap_or_default();
        let page = format!("/bulletins/{}", order.name);
        let all = segments.as_deref().map(|all| links(parts, caller, &page, &query, all));
        let mut shown = all.unwrap_or_default();
        let others = shown.split_off(shown.len().min(LARGEST));
        let text = look.text.as_ref();
        let base = &parts.config().service.base_url;
        Ok(Self {
            title: text.map_or_else(|| order.name.to_string(), |text| text.title.clone()),
            summary: text.map(|text| text.summary.clone()).unwrap_or_default(),
            state: state(parts, &look),
            when: look
                .record
                .course
                .published_at
                .map(|at| dates::local_moment(&parts.context.local(at)))
                .unwrap_or_default(),
            whom: whom(parts, &look),
            notes: notes(caller, &look),
            edits: look.change.as_ref().and_then(|change| EditsView::of_one(change, !look.needs_approval)),
            buttons: buttons(caller, order, &look),
            mails,
            is_moving,
            segments: shown,
            other_segments: others,
            audience: segments.as_deref().map(|segments| AudienceTable::new(parts.config(), segments)),
            is_published,
            web_url: if is_published { format!("{base}/bulletins/{}", order.name) } else { String::new() },
            edit_url: if !is_published && caller.may(Permission::Write) {
                caller.link(&format!("/library/bulletins/{}/edit", order.name))
            } else {
                String::new()
            },
            earlier: earlier(parts, &look).await?,
            is_correction: text.is_some_and(|text| text.correction.is_some()),
            action: caller.link(&page),
        })
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Whether something on it changes by itself.
    pub(super) fn is_moving(&self) -> bool {
        self.is_moving
    }
}

fn state(parts: &ConsoleParts, look: &BulletinLook) -> StateView {
    let is_open = look.record.published.is_none();
    StateView::of(look.state, is_open && parts.config().schedule.approval == Approval::Required)
}

async fn mails(
    console: &Console,
    (parts, caller): (&ConsoleParts, &Caller),
    record: &BulletinRecord,
    is_moving: bool,
) -> Result<MailsView, BulletinError> {
    let (number, name) = (record.id.mailing(), MailingName::Bulletin(record.name.clone()));
    let report = parts.report(number);
    let standing = report.standing().await?;
    let mailing = Mailing { number, name: &name, standing: &standing, is_moving };
    Ok(MailsView::read(console, (parts, caller), &report, mailing).await?)
}

/// What was sent before that it may be about; nothing where it was sent itself, or nothing was before it.
async fn earlier(parts: &ConsoleParts, look: &BulletinLook) -> Result<Vec<Choice>, BulletinError> {
    let text = look.text.as_ref().filter(|text| look.record.published.is_none() && text.corrects.is_none());
    let Some(text) = text else { return Ok(Vec::new()) };
    let first = if text.correction.is_some() { "Choose" } else { "Everyone it is for" };
    let none = Choice { value: String::new(), label: first.to_owned(), chosen: look.readers_of.is_none() };
    let choices: Vec<Choice> = parts
        .bulletins()
        .sent_before(EARLIER)
        .await?
        .into_iter()
        .map(|sent| {
            let (day, title) = (dates::day(sent.date), sent.title);
            let label = match &sent.name {
                MailingName::Edition(number) => format!("Edition {number}, {day}: {title}"),
                MailingName::Bulletin(_) => format!("Bulletin, {day}: {title}"),
            };
            Choice { value: mailing::key(&sent.name), label, chosen: look.readers_of.as_ref() == Some(&sent.name) }
        })
        .collect();
    Ok(if choices.is_empty() { choices } else { std::iter::once(none).chain(choices).collect() })
}

fn whom(parts: &ConsoleParts, look: &BulletinLook) -> String {
    let published = look.record.published.as_ref();
    let audience = published.map(|published| published.audience.clone());
    let is_correction = look.text.as_ref().is_some_and(|text| text.correction.is_some());
    let readers_of = look.readers_of.as_ref().map(|mailing| (mailing, is_correction));
    let audience = audience.or_else(|| look.text.as_ref().map(crate::domain::bulletin::Audience::of));
    audience.map(|audience| people::whom(&audience, readers_of, &parts.config().bands)).unwrap_or_default()
}

fn notes(caller: &Caller, look: &BulletinLook) -> Vec<String> {
    let midway = look.record.withdrawn_at.map(|_| people::MIDWAY.to_owned());
    let reason = look.record.course.reason.as_ref().filter(|_| midway.is_none()).map(console::why);
    let is_held = matches!(look.record.course.reason, Some(StateReason::Held(_)));
    let held = reason.map(|why| if is_held { format!("It is held: {why}") } else { why });
    let gone = look.text.is_none().then(|| people::NO_TEXT.to_owned());
    let edited = (!look.edited.is_empty()).then(|| people::edited(&look.edited));
    let changed = look.was_changed_since.then(|| people::CHANGED_SINCE.to_owned());
    let is_open = look.record.published.is_none() && look.state != EditionState::Withdrawn;
    let whose = (is_open && !caller.may(Permission::Decide)).then(|| people::WHO_SENDS.to_owned());
    midway.into_iter().chain(held).chain(gone).chain(edited).chain(changed).chain(whose).collect()
}

/// The buttons that make sense now, for those who may decide.
fn buttons(caller: &Caller, order: &BulletinOrder, look: &BulletinLook) -> Vec<Button> {
    use EditionState::{Approved, Held, Missed, Planned, Sending, Sent, Withdrawn};
    if !caller.may(Permission::Decide) {
        return Vec::new();
    }
    let step = |label, action: &str, class| Button { label, url: caller.link(&path(order, action)), class };
    let having_read =
        |label, action: &str| Button { label, url: caller.link(&read::path(order, action, look)), class: "" };
    let is_published = look.record.published.is_some();
    let has_readers = look.segments.as_ref().is_some_and(|segments| !segments.is_empty());
    let mut buttons = match look.state {
        Planned | Approved if look.text.is_none() => vec![step("Withdraw…", "/withdraw", "quiet")],
        Planned | Approved => {
            let first = if look.needs_approval {
                Some(having_read("Approve…", "/approve"))
            } else {
                has_readers.then(|| having_read("Send it now…", "/send"))
            };
            first
                .into_iter()
                .chain([step("Hold…", "/hold", "quiet"), step("Withdraw…", "/withdraw", "quiet")])
                .collect()
        }
        Held => vec![
            step("Release…", "/release", ""),
            step("Withdraw…", "/withdraw", if is_published { "danger" } else { "quiet" }),
        ],
        Sending => vec![step("Stop it…", "/hold", "danger")],
        Withdrawn if is_published => Vec::new(),
        Withdrawn => vec![step("Bring it back…", "/reinstate", "")],
        Sent | Missed => Vec::new(),
    };
    if has_readers {
        buttons.push(step("Send a test copy…", "/test-copy", "quiet"));
    }
    buttons
}
