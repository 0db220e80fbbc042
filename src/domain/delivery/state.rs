//! Where a mail stands, and where each event leads: for one row, and for statements about many.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::outcome::Outcome;
use super::retry;

/// Where a delivery stands. `Claimed` and `InFlight` together are what people see as *sending*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Waits for its turn.
    Queued,
    /// A process has it in hand; nothing was sent that could be accepted.
    Claimed,
    /// The final dot may have been sent, and no reply is recorded.
    InFlight,
    /// The relay answered 2xx to the final dot.
    Accepted,
    /// Waits for its next attempt.
    Deferred,
    /// Nobody can know whether it was accepted.
    Uncertain,
    /// Refused for good.
    Failed,
    /// Given up.
    Expired,
    /// The mailbox was suppressed after the edition was published.
    Suppressed,
}

/// Something that happens to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A process takes it in hand: it is queued, or its time has come again.
    Claim,
    /// Its final dot is about to be sent.
    Mark,
    /// An attempt ended.
    Outcome {
        /// What the relay made of it.
        outcome: &'a Outcome,
        /// Whether there is a time for another attempt.
        retry: bool,
    },
    /// The process that had it in hand died.
    Crash {
        /// Whether what may have been accepted is sent again (`on_uncertain = "resend"`).
        resend: bool,
    },
    /// The relay cannot be reached, so nothing was tried.
    Postpone,
    /// A newer edition fell due.
    Expire,
    /// Its mailbox was suppressed.
    Suppress,
    /// An operator takes it up again.
    Retry,
    /// It was accepted and came back, because a server was wrong: it may be taken up again.
    Return,
    /// An operator found out what became of it.
    Resolve {
        /// Whether it was accepted.
        accepted: bool,
    },
}

/// What an ended attempt made of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Where it stands.
    pub state: DeliveryState,
    /// When it is tried again, if it is.
    pub next_at: Option<DateTime<Utc>>,
    /// Whether some attempt may have been accepted.
    pub repeated: bool,
}

impl Settled {
    /// Whether nothing more happens by itself.
    pub fn is_final(&self) -> bool {
        self.state.is_settled() && self.next_at.is_none()
    }
}

/// Where one event leads from one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow {
    /// The state in which it happens.
    pub from: DeliveryState,
    /// Where it leads.
    pub to: DeliveryState,
    /// Where it leads when an earlier attempt may have been accepted.
    pub if_repeated: DeliveryState,
}

/// An event that cannot happen to a delivery in this state: a fault in the program, and nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a delivery that is {state:?} cannot take {event}")]
pub struct Impossible {
    /// Where the delivery stands.
    pub state: DeliveryState,
    /// The event, in a word: never a reply's text.
    pub event: &'static str,
}

impl Event<'_> {
    /// The event in a word.
    fn name(self) -> &'static str {
        match self {
            Self::Claim => "a claim",
            Self::Mark => "a mark",
            Self::Outcome { .. } => "an outcome",
            Self::Crash { .. } => "a crash",
            Self::Postpone => "a postponement",
            Self::Expire => "an expiry",
            Self::Suppress => "a suppression",
            Self::Retry => "a retry",
            Self::Return => "a return",
            Self::Resolve { .. } => "a resolution",
        }
    }
}

impl DeliveryState {
    /// Every state, in the order of [`DeliveryState::code`].
    pub const ALL: &[Self] = &[
        Self::Queued,
        Self::Claimed,
        Self::InFlight,
        Self::Accepted,
        Self::Deferred,
        Self::Uncertain,
        Self::Failed,
        Self::Expired,
        Self::Suppressed,
    ];

    /// Those that wait for an attempt. One that is uncertain may wait, too: then it has a time.
    pub const WAITING: &[Self] = &[Self::Queued, Self::Deferred];

    /// Those that a process has in hand.
    pub const IN_HAND: &[Self] = &[Self::Claimed, Self::InFlight];

    /// Those to which something will still happen by itself.
    pub const OPEN: &[Self] = &[Self::Queued, Self::Claimed, Self::InFlight, Self::Deferred];

    /// Those of a mail that arrived, or may have.
    pub const ARRIVED: &[Self] = &[Self::Accepted, Self::Uncertain];

    /// Those that ended without a 2xx that we saw: an operator may take them up again.
    pub const ENDED: &[Self] = &[Self::Failed, Self::Expired, Self::Uncertain];

    /// The number that stores keep: 0 queued, 1 claimed, 2 at the dot, 3 accepted, 4 deferred, 5 uncertain, 6 failed,
    /// 7 expired, 8 suppressed. It never changes its meaning.
    pub fn code(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Claimed => 1,
            Self::InFlight => 2,
            Self::Accepted => 3,
            Self::Deferred => 4,
            Self::Uncertain => 5,
            Self::Failed => 6,
            Self::Expired => 7,
            Self::Suppressed => 8,
        }
    }

    /// The state with this [`DeliveryState::code`].
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The word that people and JSON see.
    pub fn group(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Claimed | Self::InFlight => "sending",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Uncertain => "uncertain",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
        }
    }

    /// Whether nothing more happens by itself.
    pub fn is_settled(self) -> bool {
        !Self::OPEN.contains(&self)
    }

    /// Where `event` leads.
    ///
    /// `repeated` says that an earlier attempt may have been accepted: a later refusal, for now or for good, then leaves it
    /// uncertain, because every 2xx ends as accepted or uncertain (invariant 3).
    ///
    /// # Errors
    /// [`Impossible`] when this cannot happen in this state.
    pub fn on(self, event: Event<'_>, repeated: bool) -> Result<Self, Impossible> {
        let ends = |end| if repeated { Self::Uncertain } else { end };
        Ok(match (self, event) {
            (Self::Queued | Self::Deferred | Self::Uncertain, Event::Claim) => Self::Claimed,
            (Self::Claimed, Event::Mark) => Self::InFlight,
            (Self::Claimed, Event::Crash { .. })
            | (Self::InFlight, Event::Crash { resend: true })
            | (Self::Failed | Self::Expired | Self::Uncertain, Event::Retry) => Self::Queued,
            (Self::InFlight, Event::Crash { resend: false })
            // It was to be sent again, and is not: all that is known of it stays true.
            | (Self::Uncertain, Event::Expire | Event::Suppress) => Self::Uncertain,
            (Self::Claimed | Self::InFlight, Event::Outcome { outcome, retry }) => match outcome {
                Outcome::Accepted(_) if self == Self::InFlight => Self::Accepted,
                // With a retry time it stays uncertain while it waits: that is what is known of it.
                Outcome::Uncertain(_) if self == Self::InFlight => Self::Uncertain,
                Outcome::Accepted(_) | Outcome::Uncertain(_) => return Err(self.impossible(event)),
                Outcome::Transient(_) | Outcome::SenderRefused(_) | Outcome::Throttled { .. } if retry => ends(Self::Deferred),
                Outcome::Transient(_) => ends(Self::Expired),
                Outcome::Permanent { .. } => ends(Self::Failed),
                // The recipient is not to blame: it waits for its turn.
                Outcome::SenderRefused(_) | Outcome::Throttled { .. } | Outcome::Withheld => Self::Queued,
            },
            (Self::Queued, Event::Postpone) => Self::Deferred,
            (Self::Queued | Self::Deferred, Event::Expire) => ends(Self::Expired),
            (Self::Queued | Self::Claimed | Self::Deferred, Event::Suppress) => ends(Self::Suppressed),
            (Self::Uncertain, Event::Resolve { accepted: true }) => Self::Accepted,
            (Self::Uncertain, Event::Resolve { accepted: false }) | (Self::Accepted, Event::Return) => Self::Failed,
            _ => return Err(self.impossible(event)),
        })
    }

    /// Whether an attempt up to and including `event` may have been accepted without our knowing.
    /// Once that is so, it stays so.
    pub fn repeated_after(self, event: Event<'_>, repeated: bool) -> bool {
        let unknown = matches!(event, Event::Crash { .. } | Event::Outcome { outcome: Outcome::Uncertain(_), .. });
        repeated || (self == Self::InFlight && unknown)
    }

    /// What becomes of a mail when an attempt ends, of which `repeated` says whether an earlier one may have been accepted.
    ///
    /// # Errors
    /// [`Impossible`] when no attempt can have ended in this state.
    pub fn after_attempt(
        self,
        outcome: &Outcome,
        retry_at: Option<DateTime<Utc>>,
        repeated: bool,
    ) -> Result<Settled, Impossible> {
        let event = Event::Outcome { outcome, retry: retry_at.is_some() };
        let state = self.on(event, repeated)?;
        let waits =
            state == Self::Deferred || (state == Self::Uncertain && !matches!(outcome, Outcome::Permanent { .. }));
        let next_at = retry_at.filter(|_| waits);
        Ok(Settled { state, next_at, repeated: self.repeated_after(event, repeated) })
    }

    /// What becomes of a mail in flight when its process died; `uncertain` attempts before may have been accepted, and
    /// `resend` says whether such a mail is sent again at all.
    ///
    /// # Errors
    /// [`Impossible`] when nobody has it in hand.
    pub fn after_crash(self, resend: bool, uncertain: u32, repeated: bool) -> Result<Settled, Impossible> {
        let event = Event::Crash { resend: retry::is_resent(resend, uncertain.saturating_add(1)) };
        let state = self.on(event, repeated)?;
        Ok(Settled { state, next_at: None, repeated: self.repeated_after(event, repeated) })
    }

    /// Every state in which `event` can happen, and where it leads: for statements about many rows at once.
    pub fn arrows(event: Event<'_>) -> Vec<Arrow> {
        let arrow = |from: Self| {
            let (to, if_repeated) = (from.on(event, false).ok()?, from.on(event, true).ok()?);
            Some(Arrow { from, to, if_repeated })
        };
        Self::ALL.iter().copied().filter_map(arrow).collect()
    }

    fn impossible(self, event: Event<'_>) -> Impossible {
        Impossible { state: self, event: event.name() }
    }
}

/// How many deliveries of an edition stand where. They always add up to `total` (invariant 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All of them.
    pub total: u64,
    /// Waiting for their turn.
    pub queued: u64,
    /// In hand.
    pub sending: u64,
    /// Handed over.
    pub accepted: u64,
    /// Waiting for another attempt.
    pub deferred: u64,
    /// Perhaps handed over.
    pub uncertain: u64,
    /// Refused.
    pub failed: u64,
    /// Given up.
    pub expired: u64,
    /// Suppressed since publishing.
    pub suppressed: u64,
}

impl Tally {
    /// The number of those in `state`.
    pub fn of(&mut self, state: DeliveryState) -> &mut u64 {
        match state {
            DeliveryState::Queued => &mut self.queued,
            DeliveryState::Claimed | DeliveryState::InFlight => &mut self.sending,
            DeliveryState::Accepted => &mut self.accepted,
            DeliveryState::Deferred => &mut self.deferred,
            DeliveryState::Uncertain => &mut self.uncertain,
            DeliveryState::Failed => &mut self.failed,
            DeliveryState::Expired => &mut self.expired,
            DeliveryState::Suppressed => &mut self.suppressed,
        }
    }

    /// How many are queued, in hand or waiting for another attempt.
    pub fn waiting(&self) -> u64 {
        self.queued + self.sending + self.deferred
    }

    /// Whether none is.
    pub fn is_settled(&self) -> bool {
        self.waiting() == 0
    }

    /// Every state by the word that JSON and figures have for it, in the order to show.
    pub fn by_state(&self) -> [(&'static str, u64); 8] {
        [
            ("queued", self.queued),
            ("sending", self.sending),
            ("accepted", self.accepted),
            ("deferred", self.deferred),
            ("uncertain", self.uncertain),
            ("failed", self.failed),
            ("expired", self.expired),
            ("suppressed", self.suppressed),
        ]
    }
}
