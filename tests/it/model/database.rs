//! What the database does when a node asks. Which state a row takes is the domain's to say.

use chrono::DateTime;
use fortnightly::domain::delivery::{DeliveryState, Event, Impossible, Outcome};

use super::Fault;
use super::state::{Ended, LEASE, Node, Phase, State};

impl State {
    /// A node takes a mail in hand that waits, and registers for it.
    pub(super) fn claim(&mut self, node: usize, mail: u8) -> Result<(), Impossible> {
        let row = &mut self.mails[usize::from(mail)];
        if row.has_left {
            row.state = row.state.on(Event::Suppress, row.repeated)?;
            return Ok(());
        }
        row.state = row.state.on(Event::Claim, row.repeated)?;
        let new = self.nodes[node].anew();
        self.nodes[node] = Node { mail: Some(mail), phase: Phase::Claimed, owns: true, lease: LEASE, ..new };
        Ok(())
    }

    /// A node's mark: refused unless the mail is in its hands. If its reader has left or the lease is over, it is put back.
    pub(super) fn mark(&mut self, node: usize, fault: Option<Fault>) {
        if self.set_mark(node, fault).is_some() {
            // The answer says how much is left of the lease. A node counts from when it asked, so it never counts on more.
            let Node { lease: clock, .. } = self.nodes[node];
            self.nodes[node] = Node { phase: Phase::MarkSet, clock, ..self.nodes[node] };
        } else {
            self.nodes[node] = self.nodes[node].anew();
        }
    }

    fn set_mark(&mut self, node: usize, fault: Option<Fault>) -> Option<()> {
        let Node { owns, lease, .. } = self.nodes[node];
        let mail = self.mail_of(node).filter(|_| owns)?;
        let row = &mut self.mails[mail];
        let marked = row.state.on(Event::Mark, row.repeated).ok()?;
        if row.has_left || (lease == 0 && fault != Some(Fault::NoLeaseAtMark)) {
            self.settle(mail, &Outcome::Withheld).ok()?;
            return None;
        }
        row.state = marked;
        Some(())
    }

    /// A node asks whether its mail is still wanted, and still in its hands.
    pub(super) fn question(&mut self, node: usize, fault: Option<Fault>) -> Option<()> {
        let Node { owns, lease, .. } = self.nodes[node];
        let left = self.mails[self.mail_of(node)?].has_left;
        let is_held = owns && lease > 0 || matches!(fault, Some(Fault::NoLeaseAtMark | Fault::NoLeaseBeforeMail));
        let is_wanted = is_held && (!left || fault == Some(Fault::NoQuestion));
        self.nodes[node].phase = if is_wanted { Phase::Cleared { left } } else { Phase::Ended(Ended::Withheld) };
        Some(())
    }

    /// A node's record: refused unless the mail is in its hands. Whatever comes of it, the node is done with the mail.
    pub(super) fn record(&mut self, node: usize, fault: Option<Fault>) -> Option<()> {
        let Node { phase: Phase::Ended(ended), owns, .. } = self.nodes[node] else { return None };
        let mail = self.mail_of(node)?;
        if owns || fault == Some(Fault::RecordsUnchecked) {
            let row = &mut self.mails[mail];
            if fault == Some(Fault::MarkAfterDot) {
                row.state = row.state.on(Event::Mark, row.repeated).unwrap_or(row.state);
            }
            // What is impossible in a row's state is refused.
            let _ = self.settle(mail, &ended.outcome());
        }
        self.nodes[node] = self.nodes[node].anew();
        Some(())
    }

    fn settle(&mut self, mail: usize, outcome: &Outcome) -> Result<(), Impossible> {
        let row = &mut self.mails[mail];
        // Its time comes again while the edition is being sent.
        let later = matches!(outcome, Outcome::Transient(_)).then_some(DateTime::UNIX_EPOCH);
        let settled = row.state.after_attempt(outcome, later, row.repeated)?;
        (row.state, row.repeated) = (settled.state, settled.repeated);
        if *outcome == Outcome::Withheld && row.has_left {
            row.state = row.state.on(Event::Suppress, row.repeated)?;
        }
        self.release(mail);
        Ok(())
    }

    /// Takes up a mail that is in someone's hands.
    pub(super) fn take_up(&mut self, mail: usize) -> Result<(), Impossible> {
        let row = &mut self.mails[mail];
        let settled = row.state.after_crash(true, row.uncertain.into(), row.repeated)?;
        row.uncertain += u8::from(row.state == DeliveryState::InFlight);
        (row.state, row.repeated) = (settled.state, settled.repeated);
        self.release(mail);
        Ok(())
    }

    /// A node gives back what it has in hand.
    pub(super) fn abandon(&mut self, node: usize) -> Result<(), Impossible> {
        if let Some(mail) = self.mail_of(node).filter(|_| self.nodes[node].owns) {
            self.take_up(mail)?;
        }
        self.nodes[node] = self.nodes[node].anew();
        Ok(())
    }

    /// A reader unsubscribes, and is told so.
    pub(super) fn unsubscribe(&mut self, mail: usize) {
        self.bounds.leavers -= 1;
        self.mails[mail].has_left = true;
    }

    fn release(&mut self, mail: usize) {
        self.mails[mail].orphaned = None;
        for node in self.nodes.iter_mut().filter(|node| node.mail.map(usize::from) == Some(mail)) {
            node.owns = false;
        }
    }

    /// What is left of the lease of whoever has a mail in hand, as it looks to one that takes up what was left behind.
    pub(super) fn lease_on(&self, mail: usize, fault: Option<Fault>) -> Option<u8> {
        let holder = self.about(mail).find(|node| node.owns);
        match (holder, fault) {
            // An end that the holder wrote by its own clock has long passed by another's.
            (Some(holder), Some(Fault::OwnClock)) if holder.is_behind => Some(0),
            (Some(_), Some(Fault::TakesUpAnything)) => Some(0),
            (Some(holder), _) => Some(holder.lease),
            (None, _) => self.mails[mail].orphaned,
        }
    }

    pub(super) fn mail_of(&self, node: usize) -> Option<usize> {
        self.nodes[node].mail.map(usize::from)
    }
}
