//! What the page *Now* shows.

use serde::Serialize;

use super::attention::{Need, needs};
use crate::app::planner::PlanRow;
use crate::app::reporter::{EditionStatus, Status};
use crate::domain::edition::{EditionNumber, EditionState, Pick};
use crate::domain::segment::Segment;
use crate::domain::text::dates;
use crate::domain::user::Permission;
use crate::messages;
use crate::web::console::audience::AudienceTable;
use crate::web::console::caller::Caller;
use crate::web::console::edition_state::StateView;
use crate::web::console::parts::ConsoleParts;

/// How many of the last editions are shown.
const LAST: usize = 4;

#[derive(Debug, Serialize)]
pub(super) struct NowView {
    needs: Vec<Need>,
    worth_knowing: Vec<Need>,
    sending: Vec<SendingView>,
    coming: Option<ComingView>,
    audience: AudienceTable,
    /// Whether activities may be swapped.
    may_swap: bool,
    last: Vec<LastView>,
}

/// The edition that goes out next.
#[derive(Debug, Serialize)]
struct ComingView {
    number: EditionNumber,
    when: String,
    /// Time left.
    left: String,
    state: StateView,
    theme: String,
    theme_reason: String,
    picks: Vec<PickView>,
    url: String,
    /// The buttons, where one may press them.
    approve: bool,
    hold: bool,
}

#[derive(Debug, Serialize)]
struct PickView {
    band: String,
    title: String,
    reason: String,
    swap_url: String,
}

/// An edition that is on its way.
#[derive(Debug, Serialize)]
struct SendingView {
    number: EditionNumber,
    settled: u64,
    total: u64,
    url: String,
    hold_url: String,
}

#[derive(Debug, Serialize)]
struct LastView {
    number: EditionNumber,
    date: String,
    state: StateView,
    accepted: u64,
    total: u64,
    bounced: u64,
    url: String,
}

impl NowView {
    pub(super) fn new(
        parts: &ConsoleParts,
        caller: &Caller,
        status: &Status,
        coming: Option<&PlanRow>,
        audience: &[Segment],
    ) -> Self {
        let is_over = |row: &&EditionStatus| row.deliveries.total > 0 && row.state != EditionState::Sending.as_str();
        let is_sent = |row: &&EditionStatus| row.state == EditionState::Sending.as_str();
        let (needs, worth_knowing) = needs(&status.attention, parts.context.clock.now(), caller);
        Self {
            needs,
            worth_knowing,
            sending: status.editions.iter().filter(is_sent).map(|row| SendingView::new(caller, row)).collect(),
            coming: coming.map(|row| ComingView::new(parts, caller, row)),
            audience: AudienceTable::new(parts.config(), audience),
            may_swap: caller.may(Permission::Decide),
            last: status
                .editions
                .iter()
                .rev()
                .filter(is_over)
                .take(LAST)
                .map(|row| LastView::new(caller, row))
                .collect(),
        }
    }
}

impl ComingView {
    fn new(parts: &ConsoleParts, caller: &Caller, row: &PlanRow) -> Self {
        let (number, now) = (row.edition, parts.context.clock.now());
        let state = StateView::of_row(parts.config(), row);
        let may_decide = caller.may(Permission::Decide);
        let title = row.theme().map(|name| {
            let theme = parts.content().and_then(|content| content.library.theme(name));
            theme.map_or_else(|| name.to_owned(), |theme| theme.title.clone())
        });
        Self {
            number,
            when: dates::local_moment(&row.due_at),
            left: dates::roughly(row.due_at.to_utc() - now),
            theme: title.unwrap_or_default(),
            theme_reason: row.selection.as_ref().map(messages::picks::theme).unwrap_or_default(),
            picks: row.picks().iter().map(|pick| PickView::new(parts, caller, number, pick)).collect(),
            url: caller.link(&format!("/editions/{number}")),
            approve: may_decide && state.needs_approval,
            hold: may_decide && !state.is_held,
            state,
        }
    }
}

impl PickView {
    fn new(parts: &ConsoleParts, caller: &Caller, number: EditionNumber, pick: &Pick) -> Self {
        let band = parts.config().bands.get(&pick.band);
        let swap = format!("/editions/{number}/swap?band={}", pick.band.in_query());
        Self {
            band: band.map_or_else(|| pick.band.to_string(), |band| band.label.clone()),
            title: pick.title.clone(),
            reason: messages::picks::pick(pick),
            swap_url: if caller.may(Permission::Decide) { caller.link(&swap) } else { String::new() },
        }
    }
}

impl SendingView {
    fn new(caller: &Caller, row: &EditionStatus) -> Self {
        let (number, tally) = (row.edition, &row.deliveries);
        let hold = format!("/editions/{number}/hold");
        Self {
            number,
            settled: tally.total - tally.waiting(),
            total: tally.total,
            url: caller.link(&format!("/editions/{number}")),
            hold_url: if caller.may(Permission::Decide) { caller.link(&hold) } else { String::new() },
        }
    }
}

impl LastView {
    fn new(caller: &Caller, row: &EditionStatus) -> Self {
        Self {
            number: row.edition,
            date: dates::day(row.due_at.date_naive()),
            state: StateView::of_word(row.state),
            accepted: row.deliveries.accepted,
            total: row.deliveries.total,
            bounced: row.bounced,
            url: caller.link(&format!("/editions/{}", row.edition)),
        }
    }
}
