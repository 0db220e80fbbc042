//! What needs a person, each with the page or the button that settles it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::app::AppError;
use crate::app::attention::{Attention, EditionAttention, Undelivered};
use crate::domain::bulletin::BulletinName;
use crate::domain::edition::{EditionNumber, HoldReason};
use crate::domain::user::Permission;
use crate::messages::attention::{button, for_people};
use crate::web::console::caller::Caller;
use crate::web::console::decide::Read;
use crate::web::console::parts::ConsoleParts;

/// How long before it is due an approval that is missing is worth a line: what lies further ahead is on the calendar.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// One thing that needs a person, or that is worth knowing.
#[derive(Debug, Serialize)]
pub(super) struct Need {
    what: String,
    advice: String,
    /// What the button says, and where it leads; empty where only someone at the server can help.
    button: String,
    url: String,
}

/// What the button of one leads to: its words, our path, and what one must be allowed to press it.
type Step = (String, String, Permission);

/// Where each of the editions that wait for an approval gets it, with the mark of what was read.
pub(super) type ApprovePaths = BTreeMap<EditionNumber, String>;

/// The paths of the approvals that a line here leads to.
pub(super) async fn approve_paths(parts: &ConsoleParts, found: &[Attention]) -> Result<ApprovePaths, AppError> {
    let (mut paths, now) = (ApprovePaths::new(), parts.context.clock.now());
    for attention in found.iter().filter(|attention| !is_far(attention, now)) {
        if let Attention::Edition(number, what) = attention
            && waits_for_approval(what)
        {
            let row = parts.row(*number).await?;
            paths.insert(*number, Read::of(parts, &row).approve_path(&row));
        }
    }
    Ok(paths)
}

fn waits_for_approval(what: &EditionAttention) -> bool {
    use EditionAttention::{Held, NeedsApproval, Overdue};
    matches!(
        what,
        NeedsApproval { .. }
            | Overdue { unapproved: true, .. }
            | Held { reason: HoldReason::ApprovalMissing { .. }, is_published: false }
    )
}

/// What waits for a person, and what is merely worth knowing, with buttons for what this person may do.
pub(super) fn needs(
    found: &[Attention],
    sending: &[EditionNumber],
    now: DateTime<Utc>,
    (caller, approve): (&Caller, &ApprovePaths),
) -> (Vec<Need>, Vec<Need>) {
    let near = found.iter().filter(|attention| !is_far(attention, now) && !is_shown(attention, sending));
    let (waits, worth_knowing): (Vec<&Attention>, _) = near.partition(|attention| attention.waits_for_a_person(now));
    let all = |list: Vec<&Attention>| list.into_iter().map(|attention| need(attention, caller, approve)).collect();
    (all(waits), all(worth_knowing))
}

/// Whether the page shows it anyway, as the figures of an edition that is being sent.
fn is_shown(attention: &Attention, sending: &[EditionNumber]) -> bool {
    matches!(attention, Attention::Edition(number, EditionAttention::Unfinished { .. }) if sending.contains(number))
}

fn is_far(attention: &Attention, now: DateTime<Utc>) -> bool {
    matches!(attention, Attention::Edition(_, EditionAttention::NeedsApproval { due }) if *due > now + AHEAD)
}

fn need(attention: &Attention, caller: &Caller, approve: &ApprovePaths) -> Need {
    let matter = for_people(attention);
    let step = step(attention, approve).filter(|(_, _, needed)| caller.may(*needed));
    let (button, url) = step.map_or_else(Default::default, |(button, path, _)| (button, caller.link(&path)));
    // Where all there is to do is to press the button beside it, nobody has to be told.
    let is_plain = matches!(attention, Attention::Edition(_, EditionAttention::NeedsApproval { .. }));
    let advice = if is_plain && !button.is_empty() { String::new() } else { matter.advice };
    Need { what: matter.what, advice, button, url }
}

const LOOK: &str = "Look at it";

fn step(attention: &Attention, approve: &ApprovePaths) -> Option<Step> {
    let manage = |path: &str| Some((LOOK.to_owned(), path.to_owned(), Permission::ManageSubscribers));
    match attention {
        Attention::Restored(_) => Some((asks(button::RELEASE), "/release".to_owned(), Permission::Decide)),
        Attention::Edition(number, what) => Some(of_edition(*number, what, approve)),
        Attention::Replaced(replaced) => Some(look(replaced.edition)),
        Attention::Bulletin(name, what) => Some(of_bulletin(name, what)),
        Attention::Wave { wave, .. } | Attention::UnsettledWave { wave, .. } => {
            manage(&format!("/suppressions/waves/{}", wave.id.0))
        }
        Attention::UnfinishedImport(_) => manage("/subscribers/import"),
        Attention::SyncWaits => Some((asks(button::END_THEM), "/sync".to_owned(), Permission::ManageSubscribers)),
        Attention::UnknownBand { .. }
        | Attention::NotAMessage { .. }
        | Attention::BrokenContent { .. }
        | Attention::BrokenFiles(_)
        | Attention::WithoutLogo(_)
        | Attention::RelayUnreachable { .. } => None,
    }
}

/// The words of a button that asks before it does something.
fn asks(button: &str) -> String {
    format!("{button}…")
}

fn of_edition(number: EditionNumber, what: &EditionAttention, approve: &ApprovePaths) -> Step {
    if let Some(path) = approve.get(&number).filter(|_| waits_for_approval(what)) {
        return (asks(button::APPROVE), path.clone(), Permission::Decide);
    }
    let decide = |button, action: &str| (asks(button), format!("/editions/{number}/{action}"), Permission::Decide);
    match what {
        EditionAttention::Held { is_published: true, .. } => decide(button::RELEASE, "release"),
        EditionAttention::Held { reason, .. } => match reason {
            HoldReason::ApprovalMissing { .. } => look(number),
            HoldReason::Operator { .. } => decide(button::RELEASE, "release"),
            HoldReason::RestoredStore => (asks(button::RELEASE), "/release".to_owned(), Permission::Decide),
            _ => decide(button::SEND_NOW, "send-late"),
        },
        EditionAttention::NeedsApproval { .. }
        | EditionAttention::Unapproved
        | EditionAttention::WouldBeHeld(_)
        | EditionAttention::Overdue { .. }
        | EditionAttention::Unfinished { .. }
        | EditionAttention::WithoutPicture(_)
        | EditionAttention::Edited { .. } => look(number),
        EditionAttention::Undelivered { how, .. } => {
            let state = match how {
                Undelivered::Refused => "failed",
                Undelivered::GivenUp => "expired",
                Undelivered::Uncertain => "uncertain",
            };
            deliveries(number, state)
        }
        EditionAttention::Bounced { .. } | EditionAttention::PolicyBounces(_) => deliveries(number, "bounced"),
    }
}

fn of_bulletin(name: &BulletinName, what: &EditionAttention) -> Step {
    let page = format!("/bulletins/{name}");
    match what {
        EditionAttention::Held { reason: HoldReason::RestoredStore, .. } => {
            (asks(button::RELEASE), "/release".to_owned(), Permission::Decide)
        }
        EditionAttention::Held { .. } => (asks(button::RELEASE), format!("{page}/release"), Permission::Decide),
        _ => (LOOK.to_owned(), page, Permission::Look),
    }
}

fn look(number: EditionNumber) -> Step {
    (LOOK.to_owned(), format!("/editions/{number}"), Permission::Look)
}

fn deliveries(number: EditionNumber, state: &str) -> Step {
    (LOOK.to_owned(), format!("/deliveries?edition={number}&state={state}"), Permission::Look)
}
