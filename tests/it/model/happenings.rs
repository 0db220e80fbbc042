//! What happens beside the database: mails are sent, processes die or stand still, connections are lost, time passes.

use super::state::{Ended, LEASE, Link, NODES, Node, Phase, Running, State};

impl State {
    /// A node's process dies, and a new one begins.
    pub(super) fn crash(&mut self, node: usize) {
        self.bounds.crashes -= 1;
        self.bounds.happenings -= 1;
        self.excuse(node);
        let Node { owns, lease, .. } = self.nodes[node];
        if let Some(mail) = self.mail_of(node).filter(|_| owns) {
            self.mails[mail].orphaned = Some(lease);
        }
        self.nodes[node] = self.nodes[node].anew();
    }

    pub(super) fn pause(&mut self, node: usize) {
        self.bounds.pauses -= 1;
        self.bounds.happenings -= 1;
        self.nodes[node].running = Running::Paused;
    }

    pub(super) fn resume(&mut self, node: usize) {
        self.nodes[node].running = Running::Yes;
        self.renew(node);
    }

    /// A node no longer reaches the database.
    pub(super) fn cut_off(&mut self, node: usize) {
        self.bounds.cut_offs -= 1;
        self.bounds.happenings -= 1;
        self.nodes[node].link = Link::Cut;
    }

    pub(super) fn reconnect(&mut self, node: usize) {
        self.nodes[node].link = Link::Up;
        self.renew(node);
    }

    /// Once a lease is over, it stays over.
    fn renew(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        if node.is_healthy() && node.lease > 0 {
            node.lease = LEASE;
        }
    }

    /// The primary dies and its synchronous standby takes over, so late that all leases are over. What was durable is kept.
    pub(super) fn fail_over(&mut self) {
        self.bounds.fail_overs -= 1;
        self.bounds.happenings -= 1;
        for _ in 0..LEASE {
            self.pass(|_| false);
        }
    }

    /// A node sends the dot, and hears the relay's reply.
    pub(super) fn send(&mut self, node: usize, ended: Ended) -> Option<()> {
        let Node { phase: Phase::Cleared { left }, is_excused, .. } = self.nodes[node] else { return None };
        let mail = self.mail_of(node)?;
        self.mails[mail].is_wronged |= left;
        if ended == Ended::Accepted {
            self.mails[mail].is_accepted = true;
            self.mails[mail].unexcused += u8::from(!is_excused);
        } else {
            self.bounds.refusals -= 1;
        }
        self.nodes[node].phase = Phase::Ended(ended);
        Some(())
    }

    /// Whether someone waits for a lease to end.
    pub(super) fn may_tick(&self) -> bool {
        let is_running_out = |node: &Node| !node.is_idle() && !node.is_healthy() && node.lease > 0;
        let is_left_behind = self.mails.iter().any(|mail| mail.orphaned.is_some_and(|lease| lease > 0));
        is_left_behind || self.nodes.iter().any(is_running_out)
    }

    /// The database's clock goes on. Whoever can renews in time.
    pub(super) fn tick(&mut self) {
        self.pass(Node::is_healthy);
    }

    fn pass(&mut self, renews: fn(&Node) -> bool) {
        for index in 0..NODES {
            let node = &mut self.nodes[index];
            node.clock = node.clock.saturating_sub(1);
            if node.lease > 0 && !renews(node) {
                node.lease -= 1;
                if node.lease == 0 {
                    self.excuse(index);
                }
            }
        }
        for mail in &mut self.mails {
            mail.orphaned = mail.orphaned.map(|lease| lease.saturating_sub(1));
        }
    }

    /// The mail that is at a node's dot may be accepted once more.
    fn excuse(&mut self, node: usize) {
        let Node { is_excused, phase, .. } = self.nodes[node];
        if is_excused || !self.nodes[node].is_at_dot() {
            return;
        }
        self.nodes[node].is_excused = true;
        if let Some(mail) = self.mail_of(node).filter(|_| phase == Phase::Ended(Ended::Accepted)) {
            self.mails[mail].unexcused -= 1;
        }
    }
}
