//! The protocol: what may happen next in a state, and what comes of it.

use std::fmt;

use stateright::{Model, Property};

use super::Fault;
use super::properties;
use super::state::{Bounds, Ended, Link, MAILS, NODES, Node, Phase, Running, State};

/// The protocol, right or with a fault that was planted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Protocol {
    pub(super) fault: Option<Fault>,
    pub(super) bounds: Bounds,
}

/// One thing that happens; numbers are places of nodes and mails in the state before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Claim(usize, u8),
    Mark(usize),
    /// A node hears that its mark is set.
    HearOfMark(usize),
    /// A node hears of its mark too late, and gives back what it has in hand.
    Abandon(usize),
    /// A node asks, just before MAIL, whether its mail is still wanted.
    Question(usize),
    /// A node sends the dot, and hears the relay's reply.
    Send(usize, Ended),
    Record(usize),
    TakeUp(usize),
    Unsubscribe(usize),
    Tick,
    Crash(usize),
    Pause(usize),
    Resume(usize),
    CutOff(usize),
    Reconnect(usize),
    FailOver,
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State::new(self.bounds);
        // Otherwise nobody looks at a node's clock.
        state.nodes[0].is_behind = self.fault == Some(Fault::OwnClock);
        vec![state.canonical()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if let Some(node) = undisturbed(state).filter(|_| self.fault.is_none()) {
            return self.of_node(state, node, actions);
        }
        for node in 0..NODES {
            // What one of two equal nodes does, the other need not do.
            if node == 0 || state.nodes[node] != state.nodes[node - 1] {
                self.of_node(state, node, actions);
                misfortunes(state, node, actions);
            }
        }
        for mail in 0..MAILS {
            self.about_mail(state, mail, actions);
        }
        if state.may_tick() {
            actions.push(Action::Tick);
        }
        if state.bounds.fail_overs > 0 && state.nodes.iter().any(|node| !node.is_idle()) {
            actions.push(Action::FailOver);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        match action {
            Action::Claim(node, mail) => state.claim(node, mail).ok()?,
            Action::Mark(node) => state.mark(node, self.fault),
            Action::HearOfMark(node) => {
                state.nodes[node] = Node { phase: Phase::Marked, clock: 0, ..state.nodes[node] }
            }
            Action::Abandon(node) => state.abandon(node).ok()?,
            Action::Question(node) => state.question(node, self.fault)?,
            Action::Send(node, ended) => state.send(node, ended)?,
            Action::Record(node) => state.record(node, self.fault)?,
            Action::TakeUp(mail) => state.take_up(mail).ok()?,
            Action::Unsubscribe(mail) => state.unsubscribe(mail),
            Action::Tick => state.tick(),
            Action::Crash(node) => state.crash(node),
            Action::Pause(node) => state.pause(node),
            Action::Resume(node) => state.resume(node),
            Action::CutOff(node) => state.cut_off(node),
            Action::Reconnect(node) => state.reconnect(node),
            Action::FailOver => state.fail_over(),
        }
        Some(state.canonical())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl Protocol {
    fn of_node(self, state: &State, node: usize, actions: &mut Vec<Action>) {
        let Node { phase, clock, running, .. } = state.nodes[node];
        let is_healthy = state.nodes[node].is_healthy();
        match phase {
            Phase::Idle => {
                let waiting = (0_u8..).zip(state.mails).filter(|(_, mail)| mail.is_waiting());
                actions.extend(waiting.map(|(mail, _)| Action::Claim(node, mail)));
            }
            Phase::Claimed if is_healthy && self.fault == Some(Fault::MarkAfterDot) => {
                actions.push(Action::Question(node));
            }
            Phase::Claimed if is_healthy => actions.push(Action::Mark(node)),
            Phase::MarkSet if is_healthy && (clock > 0 || self.fault == Some(Fault::NoLeaseAtMark)) => {
                actions.push(Action::HearOfMark(node));
            }
            Phase::MarkSet if is_healthy => actions.push(Action::Abandon(node)),
            Phase::Marked if is_healthy => actions.push(Action::Question(node)),
            Phase::Cleared { .. } if running == Running::Yes => {
                actions.push(Action::Send(node, Ended::Accepted));
                if state.bounds.refusals > 0 {
                    actions.push(Action::Send(node, Ended::NotNow));
                }
            }
            Phase::Ended(_) if is_healthy => actions.push(Action::Record(node)),
            _ => {}
        }
    }

    fn about_mail(self, state: &State, mail: usize, actions: &mut Vec<Action>) {
        let is_over = state.lease_on(mail, self.fault) == Some(0);
        if is_over && state.nodes.iter().any(Node::is_healthy) {
            actions.push(Action::TakeUp(mail));
        }
        if state.bounds.leavers > 0 && !state.mails[mail].has_left && !state.is_over(mail) {
            actions.push(Action::Unsubscribe(mail));
        }
    }
}

/// A node that works undisturbed on its mail: nothing can happen any more but that everyone goes on. What it does makes no
/// difference to the others, nor theirs to it, so that it may well go first.
fn undisturbed(state: &State) -> Option<usize> {
    let Bounds { happenings, leavers, refusals, .. } = state.bounds;
    let is_calm = happenings + leavers + refusals == 0 && state.nodes.iter().all(Node::is_healthy) && !state.may_tick();
    let is_alone = |node: &usize| state.mail_of(*node).is_some_and(|mail| state.about(mail).count() == 1);
    let is_safe = |node: &usize| state.nodes[*node].owns && state.nodes[*node].lease > 0;
    (0..NODES).find(|node| is_calm && is_alone(node) && is_safe(node))
}

fn misfortunes(state: &State, node: usize, actions: &mut Vec<Action>) {
    let Node { running, link, .. } = state.nodes[node];
    // One that has nothing in hand loses nothing.
    let may = |left: u8| left > 0 && !state.nodes[node].is_idle();
    if may(state.bounds.crashes) {
        actions.push(Action::Crash(node));
    }
    match running {
        Running::Yes if may(state.bounds.pauses) => actions.push(Action::Pause(node)),
        Running::Yes => {}
        Running::Paused => actions.push(Action::Resume(node)),
    }
    match link {
        Link::Up if may(state.bounds.cut_offs) => actions.push(Action::CutOff(node)),
        Link::Up => {}
        Link::Cut => actions.push(Action::Reconnect(node)),
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(node, mail) => write!(f, "node {node} claims mail {mail}"),
            Self::Mark(node) => write!(f, "node {node} asks for its mark"),
            Self::HearOfMark(node) => write!(f, "node {node} hears of its mark"),
            Self::Abandon(node) => write!(f, "node {node} hears of its mark too late, and gives back what it has"),
            Self::Question(node) => write!(f, "node {node} asks whether its mail is wanted"),
            Self::Send(node, ended) => write!(f, "node {node} sends its mail: {ended:?}"),
            Self::Record(node) => write!(f, "node {node} records what came of it"),
            Self::TakeUp(mail) => write!(f, "mail {mail} is taken up"),
            Self::Unsubscribe(mail) => write!(f, "the reader of mail {mail} leaves"),
            Self::Tick => write!(f, "time passes"),
            Self::Crash(node) => write!(f, "node {node} crashes"),
            Self::Pause(node) => write!(f, "node {node} stands still"),
            Self::Resume(node) => write!(f, "node {node} goes on"),
            Self::CutOff(node) => write!(f, "node {node} is cut off"),
            Self::Reconnect(node) => write!(f, "node {node} reaches the database again"),
            Self::FailOver => write!(f, "a standby takes over"),
        }
    }
}
