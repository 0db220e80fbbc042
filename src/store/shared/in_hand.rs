//! An item that someone has in hand, and what becomes of its row.

use chrono::{DateTime, Utc};

use crate::domain::delivery::{DeliveryState, Event, ItemId, Outcome, OutcomeKind, Reply, Settled};
use crate::domain::refusal::Refusal;
use crate::store::AttemptResult;

/// An item that we have in hand, and what became of its mailbox and its edition since.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the query")]
pub(in crate::store) struct InHand {
    pub(in crate::store) state: DeliveryState,
    pub(in crate::store) attempts: u32,
    pub(in crate::store) repeated: bool,
    /// Its address was forgotten: what a relay says may name it.
    pub(in crate::store) forgotten: bool,
    pub(in crate::store) suppressed: bool,
    /// Its edition is being sent.
    pub(in crate::store) sending: bool,
}

/// What becomes of an item that nobody has in hand any more.
#[derive(Debug)]
pub(in crate::store) struct Released {
    pub(in crate::store) settled: Settled,
    pub(in crate::store) attempts: u32,
    /// What the last attempt came to, if this ended one.
    pub(in crate::store) attempt: Option<(OutcomeKind, Reply)>,
}

/// What a mark comes to.
#[derive(Debug)]
pub(in crate::store) enum MarkResult {
    /// It is in flight: its new state.
    Set(DeliveryState),
    /// It may not leave any more.
    LetGo(Released),
}

impl InHand {
    /// One that its mailbox may get, as far as is known.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn wanted(state: DeliveryState, attempts: u32, repeated: bool) -> Self {
        Self { state, attempts, repeated, forgotten: false, suppressed: false, sending: true }
    }

    /// What a result makes of it.
    pub(in crate::store) fn after(&self, result: &AttemptResult) -> Result<Released, Refusal> {
        let (id, outcome) = (result.id, &result.outcome);
        let settled = self.settled(id, outcome, result.retry_at)?;
        let Some(reply) = outcome.reply().filter(|_| outcome.is_attempt()) else { return self.put_back(id, settled) };
        // Nothing is kept of what a relay says of an operator's address: it is said in the log.
        let is_kept = !self.forgotten && !id.is_for_an_operator();
        let text = if is_kept { reply.text.clone() } else { String::new() };
        let attempt = Some((outcome.kind(), Reply { code: reply.code, text }));
        Ok(Released { settled, attempts: self.attempts.saturating_add(1), attempt })
    }

    /// What a mark makes of it.
    pub(in crate::store) fn marked(&self, id: ItemId) -> Result<MarkResult, Refusal> {
        let marked = self.state.on(Event::Mark, self.repeated).map_err(|fault| Refusal::Impossible(id, fault))?;
        if self.may_leave(id) { Ok(MarkResult::Set(marked)) } else { self.let_go(id).map(MarkResult::LetGo) }
    }

    /// What becomes of it when it is put back without having been tried.
    pub(in crate::store) fn let_go(&self, id: ItemId) -> Result<Released, Refusal> {
        self.put_back(id, self.settled(id, &Outcome::Withheld, None)?)
    }

    fn settled(&self, id: ItemId, outcome: &Outcome, retry_at: Option<DateTime<Utc>>) -> Result<Settled, Refusal> {
        let settled = self.state.after_attempt(outcome, retry_at, self.repeated);
        settled.map_err(|fault| Refusal::Impossible(id, fault))
    }

    /// One that was not tried; if its mailbox may not get it any more, it is settled.
    fn put_back(&self, id: ItemId, mut settled: Settled) -> Result<Released, Refusal> {
        if self.is_unwanted() {
            let state = settled.state.on(Event::Suppress, self.repeated);
            let state = state.map_err(|fault| Refusal::Impossible(id, fault))?;
            settled = Settled { state, next_at: None, ..settled };
        }
        Ok(Released { settled, attempts: self.attempts, attempt: None })
    }

    fn is_unwanted(&self) -> bool {
        self.forgotten || self.suppressed
    }

    fn may_leave(&self, id: ItemId) -> bool {
        !self.is_unwanted() && (id.mailing.number().is_none() || self.sending)
    }
}

/// What becomes of an item in flight whose sender died: it may have been accepted, and that counts as an attempt. So many before
/// may have been, too.
pub(in crate::store) fn after_crash(
    id: ItemId,
    (state, attempts, repeated): (DeliveryState, u32, bool),
    uncertain: u32,
    resend: bool,
) -> Result<Released, Refusal> {
    let settled = state.after_crash(resend, uncertain, repeated).map_err(|fault| Refusal::Impossible(id, fault))?;
    if state != DeliveryState::InFlight {
        return Ok(Released { settled, attempts, attempt: None });
    }
    let text = "the program ended before the reply was recorded".to_owned();
    let attempt = Some((OutcomeKind::Uncertain, Reply { code: None, text }));
    Ok(Released { settled, attempts: attempts.saturating_add(1), attempt })
}
