//! What the model remembers: the rows of the database, the nodes, what may still happen, and what nobody sees but the checker.

use fortnightly::domain::delivery::{DeliveryState, Outcome, Reply};

pub(super) const NODES: usize = 3;
pub(super) const MAILS: usize = 3;

/// How many ticks of the database's clock a lease lasts. While a shorter time passes, nothing ends.
pub(super) const LEASE: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct State {
    pub(super) nodes: [Node; NODES],
    pub(super) mails: [Mail; MAILS],
    /// What may still happen.
    pub(super) bounds: Bounds,
}

/// How often something happens at most that is not the protocol's own doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bounds {
    /// Of the next four together.
    pub(super) happenings: u8,
    pub(super) crashes: u8,
    pub(super) pauses: u8,
    pub(super) cut_offs: u8,
    pub(super) fail_overs: u8,
    /// How many mails the relay does not take for now.
    pub(super) refusals: u8,
    /// How many people unsubscribe.
    pub(super) leavers: u8,
}

/// A node: one connection to the relay, with a window of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    /// Which mail it is about.
    pub(super) mail: Option<u8>,
    pub(super) phase: Phase,
    /// Whether the mail's row names this node's registration.
    pub(super) owns: bool,
    /// What is left of its lease by the database's clock, in ticks; 0 when it is over.
    pub(super) lease: u8,
    /// For how many ticks it may rely on its mark, by its own count.
    pub(super) clock: u8,
    pub(super) running: Running,
    pub(super) link: Link,
    /// Its clock is behind those of the others, by more than a lease. Nothing looks at it but a fault.
    pub(super) is_behind: bool,
    /// Its lease ended since the mail went to the dot. Known to the checker alone.
    pub(super) is_excused: bool,
}

/// How far a node is with its mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    Idle,
    /// Its claim is durable, and it asks for the mark.
    Claimed,
    /// The mark is durable, and the answer on its way.
    MarkSet,
    /// It knows that the mark is set.
    Marked,
    /// It has asked, just before MAIL, whether the mail is still wanted and in its hands: from here on the mail is at the dot.
    Cleared {
        /// Whether the reader had left before that question. Known to the checker alone.
        left: bool,
    },
    /// It has the relay's reply, if there was one, and asks for the record.
    Ended(Ended),
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Ended {
    Accepted,
    NotNow,
    Withheld,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Running {
    Yes,
    Paused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Link {
    Up,
    Cut,
}

/// A row of the outbox, and its reader.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Mail {
    pub(super) state: DeliveryState,
    pub(super) repeated: bool,
    /// How many attempts may have been accepted.
    pub(super) uncertain: u8,
    /// It is in the hands of a process that is no more; what is left of that one's lease.
    pub(super) orphaned: Option<u8>,
    pub(super) has_left: bool,
    /// The relay accepted it. Known to the checker alone, as are the next two.
    pub(super) is_accepted: bool,
    /// How often by a node whose process and lease lasted from before the dot until the record was durable, as far as is known.
    pub(super) unexcused: u8,
    /// It was mailed although its reader had left before MAIL.
    pub(super) is_wronged: bool,
}

impl Node {
    pub(super) const NEW: Self = Self {
        mail: None,
        phase: Phase::Idle,
        owns: false,
        lease: 0,
        clock: 0,
        running: Running::Yes,
        link: Link::Up,
        is_behind: false,
        is_excused: false,
    };

    /// As it is after a start, on the same machine.
    pub(super) fn anew(self) -> Self {
        Self { is_behind: self.is_behind, ..Self::NEW }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.phase == Phase::Idle
    }

    /// Whether it runs and reaches the database: then it renews its lease in time.
    pub(super) fn is_healthy(&self) -> bool {
        self.running == Running::Yes && self.link == Link::Up
    }

    /// Whether its mail may be accepted, or was, and nobody has a durable record of that.
    pub(super) fn is_at_dot(&self) -> bool {
        matches!(self.phase, Phase::Cleared { .. } | Phase::Ended(Ended::Accepted | Ended::NotNow))
    }
}

impl Mail {
    const NEW: Self = Self {
        state: DeliveryState::Queued,
        repeated: false,
        uncertain: 0,
        orphaned: None,
        has_left: false,
        is_accepted: false,
        unexcused: 0,
        is_wronged: false,
    };

    /// Accepted, recorded, and done with.
    const DONE: Self = Self { state: DeliveryState::Accepted, is_accepted: true, ..Self::NEW };

    pub(super) fn is_waiting(&self) -> bool {
        DeliveryState::WAITING.contains(&self.state)
    }

    /// Whether the row says what happened: accepted only after a 2xx, and after a 2xx accepted or uncertain.
    pub(super) fn is_true(&self) -> bool {
        if self.is_accepted {
            !self.state.is_settled() || DeliveryState::ARRIVED.contains(&self.state)
        } else {
            self.state != DeliveryState::Accepted
        }
    }
}

impl Ended {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Accepted => Outcome::Accepted(Reply::default()),
            Self::NotNow => Outcome::Transient(Reply::default()),
            Self::Withheld => Outcome::Withheld,
        }
    }
}

impl State {
    /// An edition was just published, and nobody has anything in hand.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { nodes: [Node::NEW; NODES], mails: [Mail::NEW; MAILS], bounds }
    }

    /// Those that are about a mail.
    pub(super) fn about(&self, mail: usize) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.mail.map(usize::from) == Some(mail))
    }

    /// Whether nothing will be done about a mail any more.
    pub(super) fn is_over(&self, mail: usize) -> bool {
        self.mails[mail].state.is_settled() && self.about(mail).next().is_none()
    }

    /// The one state that stands for all which differ by the order of mails and nodes, or by what can make no difference.
    ///
    /// A node is about one mail at most, so a mail and those about it are compared as one.
    pub(super) fn canonical(mut self) -> Self {
        self.forget();
        self.nodes.sort_unstable();
        let mut stars: [(Mail, [Option<Node>; NODES], usize); MAILS] = std::array::from_fn(|mail| self.star(mail));
        stars.sort_unstable();
        let mut place = [0; MAILS];
        for (new, (mail, _, old)) in stars.iter().enumerate() {
            self.mails[new] = *mail;
            place[*old] = u8::try_from(new).expect("few mails");
        }
        for node in &mut self.nodes {
            node.mail = node.mail.map(|old| place[usize::from(old)]);
        }
        self.nodes.sort_unstable();
        self
    }

    fn star(&self, mail: usize) -> (Mail, [Option<Node>; NODES], usize) {
        let mut nodes = [None; NODES];
        for (place, node) in nodes.iter_mut().zip(self.about(mail)) {
            *place = Some(Node { mail: None, ..*node });
        }
        (self.mails[mail], nodes, mail)
    }

    /// Forgets what nothing depends on any more.
    fn forget(&mut self) {
        let Bounds { happenings, crashes, pauses, cut_offs, fail_overs, .. } = &mut self.bounds;
        for left in [crashes, pauses, cut_offs, fail_overs] {
            *left = (*left).min(*happenings);
        }
        for mail in 0..MAILS {
            let Mail { unexcused, is_wronged, .. } = self.mails[mail];
            if self.is_over(mail) && self.mails[mail].is_true() && unexcused <= 1 && !is_wronged {
                self.mails[mail] = Mail::DONE;
            }
        }
    }
}
