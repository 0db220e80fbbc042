//! What the page *Now* shows.

use serde::Serialize;

use super::attention::{ApprovePaths, Need, needs};
use crate::app::planner::PlanRow;
use crate::app::reporter::{EditionStatus, Status};
use crate::app::reviews::{Review, falling_due};
use crate::domain::bulletin::MailingName;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState, Pick};
use crate::domain::segment::Segment;
use crate::domain::text::dates;
use crate::domain::user::Permission;
use crate::messages;
use crate::messages::attention::ConsolePage;
use crate::web::console::audience::AudienceTable;
use crate::web::console::caller::Caller;
use crate::web::console::decide::{Read, withdraw_path};
use crate::web::console::edition_state::StateView;
use crate::web::console::mailing;
use crate::web::console::parts::ConsoleParts;

/// How many of the last editions are shown.
const LAST: usize = 4;

/// How many reviews that run out are shown.
const REVIEWS: usize = 20;

#[derive(Debug, Serialize)]
pub(super) struct NowView {
    needs: Vec<Need>,
    worth_knowing: Vec<Need>,
    /// Reviews that run out, the first of them, and how many more there are.
    reviews: Vec<ReviewView>,
    more_reviews: u64,
    sending: Vec<SendingView>,
    coming: Option<ComingView>,
    audience: AudienceTable,
    /// Whether activities may be swapped.
    may_swap: bool,
    last: Vec<LastView>,
}

/// A review that runs out.
#[derive(Debug, Serialize)]
struct ReviewView {
    what: String,
    title: String,
    /// Where the activity is withdrawn for good; empty where one may not.
    withdraw_url: String,
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
    /// Where it is approved, and whether it can be held; nothing where one may not.
    approve_url: String,
    hold: bool,
}

#[derive(Debug, Serialize)]
struct PickView {
    band: String,
    title: String,
    reason: String,
    swap_url: String,
}

/// An edition or a bulletin that is on its way.
#[derive(Debug, Serialize)]
struct SendingView {
    /// `Edition 7`, or `Bulletin warning`; and what stands for it in the names of figures.
    what: String,
    key: String,
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
        (caller, approve): (&Caller, &ApprovePaths),
        status: &Status,
        coming: Option<&PlanRow>,
        audience: &[Segment],
    ) -> Self {
        let is_over = |row: &&EditionStatus| row.deliveries.total > 0 && row.state != EditionState::Sending.as_str();
        let is_sent = |row: &&EditionStatus| row.state == EditionState::Sending.as_str();
        let now = parts.context.clock.now();
        let numbers: Vec<_> = status.editions.iter().filter(is_sent).map(|row| row.edition).collect();
        let (needs, worth_knowing) = needs(&status.attention, &numbers, now, (caller, approve));
        let today = parts.context.local(now).date_naive();
        let reviews = parts.content().map(|content| falling_due(&content.library, today)).unwrap_or_default();
        Self {
            needs,
            worth_knowing,
            more_reviews: reviews.len().saturating_sub(REVIEWS) as u64,
            reviews: reviews.iter().take(REVIEWS).map(|review| ReviewView::new(caller, review)).collect(),
            sending: on_their_way(status).iter().map(|(name, tally)| SendingView::new(caller, name, tally)).collect(),
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

impl ReviewView {
    fn new(caller: &Caller, review: &Review) -> Self {
        let activity = review.activity.as_ref().filter(|_| caller.may(Permission::Decide));
        Self {
            what: messages::notices::review(&review.title, review.by, review.is_over),
            title: review.title.clone(),
            withdraw_url: activity.map(|id| caller.link(&withdraw_path(id))).unwrap_or_default(),
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
            approve_url: if may_decide && state.needs_approval {
                caller.link(&Read::of(parts, row).approve_path(row))
            } else {
                String::new()
            },
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

/// What is being sent: the same as the figures that change (`figures::Live`), or the page would load itself for ever.
fn on_their_way(status: &Status) -> Vec<(MailingName, &Tally)> {
    let editions = status.editions.iter().filter(|row| row.state == EditionState::Sending.as_str());
    let editions = editions.map(|row| (MailingName::Edition(row.edition), &row.deliveries));
    let bulletins = status.bulletins.iter().filter(|one| one.state == EditionState::Sending);
    editions.chain(bulletins.map(|one| (MailingName::Bulletin(one.name.clone()), &one.deliveries))).collect()
}

impl SendingView {
    fn new(caller: &Caller, name: &MailingName, tally: &Tally) -> Self {
        let page = ConsolePage::of(name).path();
        Self {
            what: name.capital(),
            key: mailing::key(name),
            settled: tally.total - tally.waiting(),
            total: tally.total,
            hold_url: if caller.may(Permission::Decide) { caller.link(&format!("{page}/hold")) } else { String::new() },
            url: caller.link(&page),
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
