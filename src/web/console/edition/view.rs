//! What the page of an edition shows.

use serde::Serialize;

use super::content::{ContentView, EditsView};
use super::mails::{Mailing, MailsView};
use super::readers::{SegmentLink, largest_first, links};
use super::slips::{self, SlipView};
use crate::app::AppError;
use crate::app::edition_report::EditionReport;
use crate::app::planner::{PlanRow, PlanState};
use crate::domain::bulletin::MailingName;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState, HoldReason, StateReason};
use crate::domain::segment::Segment;
use crate::domain::text::dates;
use crate::domain::user::Permission;
use crate::messages;
use crate::messages::attention::button;
use crate::web::console::audience::AudienceTable;
use crate::web::console::caller::Caller;
use crate::web::console::decide::Read;
use crate::web::console::edition_state::StateView;
use crate::web::console::library::correction;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

#[derive(Debug, Serialize)]
pub(super) struct EditionView {
    number: EditionNumber,
    when: String,
    /// How long that is away, or ago.
    away: String,
    state: StateView,
    /// Why it is held, was missed, or has no date.
    why: String,
    buttons: Vec<Button>,
    content: Option<ContentView>,
    edits: Option<EditsView>,
    /// Texts that read differently since it went out.
    slips: Vec<SlipView>,
    /// Where a correction is begun; empty for those who may not write.
    write_url: String,
    audience: Option<AudienceTable>,
    /// How it reads: for the largest groups of readers, and for the others.
    segments: Vec<SegmentLink>,
    other_segments: Vec<SegmentLink>,
    is_published: bool,
    mails: Option<MailsView>,
    is_moving: bool,
}

#[derive(Debug, Serialize)]
struct Button {
    label: String,
    url: String,
    /// `quiet`, `danger`, or nothing for what is meant to be pressed.
    class: &'static str,
}

impl EditionView {
    pub(super) async fn read(
        console: &Console,
        parts: &ConsoleParts,
        caller: &Caller,
        number: EditionNumber,
    ) -> Result<Self, AppError> {
        let (row, report, now) = (parts.row(number).await?, parts.report(number), parts.context.clock.now());
        let edition = report.edition().await?;
        let is_published = edition.as_ref().is_some_and(crate::domain::edition::Edition::is_published);
        let standing = report.standing().await?;
        let segments = segments(console, parts, &row, &report, is_published).await?;
        let is_moving = row.state == PlanState::Edition(EditionState::Sending);
        let mailing = Mailing { number, name: &MailingName::Edition(number), standing: &standing, is_moving };
        let mails =
            if is_published { Some(MailsView::read(console, (parts, caller), &report, mailing).await?) } else { None };
        let is_approved = edition.as_ref().is_some_and(|edition| edition.approved_at.is_some());
        // What was sent before its time, or after it, went out then.
        let moment = edition.as_ref().and_then(|edition| edition.published_at).unwrap_or(row.due_at.to_utc());
        let mut readers = segments
            .as_deref()
            .map(|all| links(parts, caller, &format!("/editions/{number}"), "", all))
            .unwrap_or_default();
        let others = readers.split_off(readers.len().min(super::readers::LARGEST));
        let content = content(parts, caller, &row, &report, is_published).await?;
        let theme = content.as_ref().map(ContentView::theme).unwrap_or_default();
        let write_url =
            if is_published { correction::link(parts, caller, number, theme, false) } else { String::new() };
        Ok(Self {
            number,
            write_url,
            when: dates::local_moment(&parts.context.local(moment)),
            away: away(moment - now),
            state: StateView::of_row(parts.config(), &row),
            why: why(&row),
            buttons: buttons(
                (parts, caller),
                &row,
                &standing.tally,
                segments.is_some(),
                StateView::of_row(parts.config(), &row),
            ),
            content,
            edits: EditsView::new(&report.edits().await?, is_approved),
            slips: if is_published { slips::read(parts, caller, number).await? } else { Vec::new() },
            audience: segments.as_deref().map(|segments| AudienceTable::new(parts.config(), segments)),
            segments: readers,
            other_segments: others,
            is_published,
            mails,
            is_moving,
        })
    }

    /// Whether something on it changes by itself.
    pub(super) fn is_moving(&self) -> bool {
        self.is_moving
    }
}

/// How long something is away, or ago.
fn away(left: chrono::TimeDelta) -> String {
    if left > chrono::TimeDelta::zero() {
        format!("in {}", dates::roughly(left))
    } else {
        format!("{} ago", dates::roughly(-left))
    }
}

fn why(row: &PlanRow) -> String {
    match (&row.state, &row.reason) {
        (PlanState::Paused(reason), _) => format!("There is no edition, because of {}.", messages::plan::pause(reason)),
        (_, Some(StateReason::Held(reason))) => format!("It is held: {}", messages::attention::why_held(reason)),
        (_, Some(StateReason::Missed(reason))) => format!("Nobody got it: {}.", messages::edition::miss(reason)),
        (PlanState::Edition(EditionState::Withdrawn), _) => "It was withdrawn, so nobody gets it.".to_owned(),
        _ => String::new(),
    }
}

/// Who would get it now, or for whom it was made; none where nobody knows any more.
async fn segments(
    console: &Console,
    parts: &ConsoleParts,
    row: &PlanRow,
    report: &EditionReport,
    is_published: bool,
) -> Result<Option<Vec<Segment>>, AppError> {
    if is_published {
        let kept = console.kept().addressed(row.edition, report).await?;
        return Ok(kept.map(|segments| largest_first(segments.to_vec())));
    }
    let goes_out = row.is_ahead() && !row.picks().is_empty();
    Ok(if goes_out { Some(largest_first(parts.reporter().audience().await?)) } else { None })
}

async fn content(
    parts: &ConsoleParts,
    caller: &Caller,
    row: &PlanRow,
    report: &EditionReport,
    is_published: bool,
) -> Result<Option<ContentView>, AppError> {
    let published = if is_published { report.published().await? } else { None };
    let (theme, notices) = if let Some(view) = published {
        (view.theme.title, view.notices)
    } else {
        let name = row.theme().unwrap_or_default();
        let theme = parts.content().and_then(|content| content.library.theme(name));
        (theme.map_or_else(|| name.to_owned(), |theme| theme.title.clone()), report.notices(row.date))
    };
    let may_swap = !is_published && row.is_ahead();
    let withdrawn = report.withdrawn().await?;
    Ok(ContentView::new((parts, caller), row, theme, &notices, (may_swap, &withdrawn)))
}

/// The buttons that make sense now, for those who may decide.
fn buttons(
    (parts, caller): (&ConsoleParts, &Caller),
    row: &PlanRow,
    tally: &Tally,
    has_mails: bool,
    state: StateView,
) -> Vec<Button> {
    use EditionState::{Approved, Held, Planned, Sending, Withdrawn};
    if !caller.may(Permission::Decide) {
        return Vec::new();
    }
    let number = row.edition;
    let step = |label: &str, action: &str, class| Button {
        label: format!("{label}…"),
        url: caller.link(&format!("/editions/{number}/{action}")),
        class,
    };
    let approve = || Button {
        label: format!("{}…", button::APPROVE),
        url: caller.link(&Read::of(parts, row).approve_path(row)),
        class: "",
    };
    let hold = || step("Hold", "hold", "quiet");
    let cancel = || step(button::WITHDRAW, "withdraw", "quiet");
    let mut buttons = match &row.state {
        PlanState::Projected | PlanState::Edition(Planned | Approved) => {
            let approve = state.needs_approval.then(approve);
            approve.into_iter().chain([hold(), cancel()]).collect()
        }
        PlanState::Edition(Held) if tally.total > 0 => vec![step(button::RELEASE, "release", "")],
        PlanState::Edition(Held) => match &row.reason {
            Some(StateReason::Held(HoldReason::ApprovalMissing { .. })) => vec![approve(), cancel()],
            Some(StateReason::Held(HoldReason::Operator { .. })) => {
                vec![step(button::RELEASE, "release", ""), cancel()]
            }
            Some(StateReason::Held(HoldReason::RestoredStore)) => {
                vec![Button { label: format!("{}…", button::RELEASE), url: caller.link("/release"), class: "" }]
            }
            _ => vec![step(button::SEND_NOW, "send-late", ""), cancel()],
        },
        PlanState::Edition(Sending) => vec![step("Stop it", "hold", "danger")],
        PlanState::Edition(Withdrawn) => vec![step("Bring it back", "reinstate", "")],
        PlanState::Paused(_) | PlanState::Edition(_) => Vec::new(),
    };
    if has_mails {
        buttons.push(step("Send a test copy", "test-copy", "quiet"));
    }
    buttons
}
