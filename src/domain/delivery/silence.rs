//! When a relay gives mails no answer that can be read any more: whoever went on would only hand over copies.

use std::time::Duration;

/// A run stops itself when so many mails in a row got no answer, and twice as many as it has connections: more than
/// were in flight when the relay was started anew.
const IN_A_ROW: u64 = 10;

/// Where fewer mails are sent in all, all of them, but not a single one.
const FEWEST: u64 = 2;

/// The mails of one run whose final dot was sent, in the order in which that ended. Times count from any fixed moment.
#[derive(Debug)]
pub struct Silence {
    limit: u64,
    /// Some mail of the run got an answer.
    answered: bool,
    /// Mails without an answer since then.
    in_a_row: u64,
    /// When the first of them was given up.
    since: Option<Duration>,
    /// One of them went over a connection that was opened after another one had been lost.
    reconnected: bool,
}

/// A mail that got no answer.
#[derive(Debug, Clone, Copy)]
pub struct Unanswered {
    /// When its connection was opened.
    pub opened: Duration,
    /// When the answer was given up.
    pub lost: Duration,
    /// The same had happened to it before, on an earlier connection.
    pub before: bool,
}

impl Silence {
    /// A run over so many connections.
    pub fn new(connections: usize) -> Self {
        let limit = IN_A_ROW.max(2 * connections as u64);
        Self { limit, answered: false, in_a_row: 0, since: None, reconnected: false }
    }

    /// A mail got an answer that can be read, whatever it says.
    pub fn end(&mut self) {
        *self = Self { limit: self.limit, answered: true, in_a_row: 0, since: None, reconnected: false };
    }

    /// A mail got no answer. After how many the run must stop, if it must.
    pub fn note(&mut self, mail: Unanswered) -> Option<u64> {
        self.reconnected |= mail.before || self.since.is_some_and(|since| since <= mail.opened);
        self.since = Some(self.since.map_or(mail.lost, |since| since.min(mail.lost)));
        self.in_a_row += 1;
        (self.reconnected && self.in_a_row >= self.limit).then_some(self.in_a_row)
    }

    /// How many mails there were in a run that has come to its end and in which none was answered, if that means that the
    /// next would not be either.
    pub fn whole(&self) -> Option<u64> {
        (!self.answered && self.reconnected && self.in_a_row >= FEWEST).then_some(self.in_a_row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(opened: u64, lost: u64) -> Unanswered {
        Unanswered { opened: Duration::from_secs(opened), lost: Duration::from_secs(lost), before: false }
    }

    #[test]
    fn ten_in_a_row_or_twice_the_connections_are_enough() {
        for (connections, enough) in [(1, 10), (5, 10), (6, 12), (8, 16), (30, 60)] {
            let mut silence = Silence::new(connections);
            let stopped = (0..100).find(|n| silence.note(lost(*n, n + 1)).is_some());
            assert_eq!(stopped, Some(enough - 1), "{connections} connections");
        }
    }

    #[test]
    fn an_answer_ends_the_row() {
        let mut silence = Silence::new(2);
        for n in 0..100 {
            if n % 10 == 9 {
                silence.end();
            } else {
                assert_eq!(silence.note(lost(n, n + 1)), None);
            }
        }
        assert_eq!(silence.whole(), None);
    }

    #[test]
    fn connections_that_are_lost_together_are_one_event() {
        let mut silence = Silence::new(1);
        assert!((0..40).all(|_| silence.note(lost(0, 5)).is_none()));
        assert_eq!(silence.whole(), None);
        assert_eq!(silence.note(lost(5, 6)), Some(41));
    }

    #[test]
    fn a_run_of_few_mails_stops_when_none_was_answered() {
        let mut silence = Silence::new(8);
        silence.note(lost(0, 1));
        assert_eq!(silence.whole(), None, "a single one");
        silence.note(lost(1, 2));
        assert_eq!(silence.whole(), Some(2));
        // Side by side, but not for the first time.
        let mut silence = Silence::new(8);
        silence.note(lost(0, 1));
        silence.note(Unanswered { before: true, ..lost(0, 1) });
        assert_eq!(silence.whole(), Some(2));
    }
}
