//! What must hold in every state, what must come in the end, and what must be reached somewhere, so that the rest says something.

use fortnightly::domain::delivery::DeliveryState;
use stateright::Property;

use super::protocol::Protocol;
use super::state::{Ended, MAILS, Mail, Node, Phase, State};

pub(super) const ONCE: &str =
    "accepted once, but for nodes that crashed or whose lease ended between dot and record (2)";
pub(super) const TRUE: &str = "accepted only after a 2xx, and after a 2xx accepted or uncertain (3)";
const ADDS_UP: &str = "every row has one state, and one holder while it is in hand (3)";
pub(super) const WANTED: &str = "nobody is mailed who had left before MAIL (4)";
const NOBODY_LOST: &str = "in the end everyone is dealt with";

pub(super) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ONCE, |_, state: &State| state.mails.iter().all(|mail| mail.unexcused <= 1)),
        Property::always(TRUE, |_, state: &State| state.mails.iter().all(Mail::is_true)),
        Property::always(ADDS_UP, |_, state: &State| (0..MAILS).all(|mail| has_one_holder(state, mail))),
        Property::always(WANTED, |_, state: &State| state.mails.iter().all(|mail| !mail.is_wronged)),
        Property::eventually(NOBODY_LOST, |_, state: &State| (0..MAILS).all(|mail| state.is_over(mail))),
        Property::sometimes("what was accepted is sent again", |_, state: &State| {
            any(state, |node, mail| mail.is_accepted && matches!(node.phase, Phase::Cleared { .. }))
        }),
        Property::sometimes("a mark is asked for that will be refused", |_, state: &State| {
            any(state, |node, _| node.phase == Phase::Claimed && !node.owns)
        }),
        Property::sometimes("a mark is heard of too late", |_, state: &State| {
            any(state, |node, _| node.phase == Phase::MarkSet && node.clock == 0 && node.is_healthy())
        }),
        Property::sometimes("a record is asked for that will be refused", |_, state: &State| {
            any(state, |node, _| node.phase == Phase::Ended(Ended::Accepted) && !node.owns)
        }),
        Property::sometimes("a reader leaves between mark and MAIL", |_, state: &State| {
            any(state, |node, mail| node.phase == Phase::Ended(Ended::Withheld) && mail.has_left)
        }),
    ]
}

/// Whether something is so of a node and its mail.
fn any(state: &State, is_so: fn(&Node, &Mail) -> bool) -> bool {
    state.nodes.iter().any(|node| node.mail.is_some_and(|mail| is_so(node, &state.mails[usize::from(mail)])))
}

fn has_one_holder(state: &State, mail: usize) -> bool {
    let row = &state.mails[mail];
    let holders = state.about(mail).filter(|node| node.owns).count() + usize::from(row.orphaned.is_some());
    holders == usize::from(DeliveryState::IN_HAND.contains(&row.state))
}
