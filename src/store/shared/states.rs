//! What the domain says about states, as numbers that are kept.

use crate::domain::delivery::{Arrow, DeliveryState};

/// How many more are accepted with each delivery that takes one of these arrows: 1, 0 or -1. An event leads from accepted, or to
/// it, wherever it leads from; or it has nothing to do with it.
pub(in crate::store) fn more_accepted(arrows: &[Arrow]) -> i64 {
    let is_accepted = |state: &DeliveryState| i64::from(*state == DeliveryState::Accepted);
    let more = |arrow: &Arrow| [arrow.to, arrow.if_repeated].map(|to| is_accepted(&to) - is_accepted(&arrow.from));
    let mut each = arrows.iter().flat_map(more);
    let first = each.next().unwrap_or(0);
    debug_assert!(each.all(|more| more == first), "{arrows:?}");
    first
}
