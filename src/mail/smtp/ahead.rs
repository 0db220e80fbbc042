//! The next mail's transaction, opened along with the content of the one before (RFC 2920 §3.1): one round trip a mail in
//! place of two.
//!
//! It is a courtesy that a relay may not know. So what is said of a mail counts only where nobody can doubt that it was said
//! of this one; else the mail is asked about anew, and where the relay may be to blame, nothing is opened ahead any more.

use std::time::Duration;

use super::connection::Connection;
use super::relay::Capabilities;
use super::transaction::{evaluate_replies, opening};
use crate::domain::delivery::Reply;
use crate::mail::transport::Next;

/// How long the answers to the first opening may take: a relay that throws away what comes behind a dot gives none.
const FIRST_ANSWERS: Duration = Duration::from_secs(10);

/// What is open besides the mail that is handed over.
#[derive(Default)]
pub(super) struct Ahead {
    trust: Trust,
    /// What was opened on the connection.
    opened: Option<Opened>,
}

/// A transaction that was opened ahead.
struct Opened {
    /// Its mail's.
    name: String,
    /// Once they were heard.
    answers: Option<Vec<Reply>>,
}

/// What is known of the relay.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Trust {
    #[default]
    Untried,
    /// It answered an opening as it should.
    Earned,
    Lost,
}

impl Ahead {
    /// The words that open the next mail's transaction, if its gate is open; nothing where they must wait.
    pub(super) async fn opening(&self, next: Option<Next<'_>>, capabilities: &Capabilities) -> String {
        match next {
            Some(Next { envelope, name, gate })
                if capabilities.pipelining && self.trust != Trust::Lost && gate.is_open().await =>
            {
                opening(envelope, name, capabilities)
            }
            _ => String::new(),
        }
    }

    /// These words left, and the connection goes on.
    pub(super) fn note_opened(&mut self, next: Option<Next<'_>>) {
        self.opened = next.map(|next| Opened { name: next.name.to_owned(), answers: None });
    }

    pub(super) fn has_opened(&self) -> bool {
        self.opened.is_some()
    }

    /// Gives up what was opened, and the connection with it: after a 354 there is no other way.
    pub(super) fn let_go(&mut self, connection: &mut Option<Connection>) {
        if self.opened.take().is_some() {
            *connection = None;
        }
    }

    /// Takes the answers to what was opened. Where they leave doubt, nothing is open any more, and the connection stays only if
    /// it is good for another transaction.
    pub(super) async fn hear(&mut self, place: &mut Option<Connection>, limit: Duration) {
        // Whoever gives this up in the middle has lost the connection.
        let Some(Opened { name, answers: None }) = self.opened.take_if(|opened| opened.answers.is_none()) else {
            return;
        };
        let Some(mut connection) = place.take() else { return };
        let patience = if self.trust == Trust::Untried { limit.min(FIRST_ANSWERS) } else { limit };
        let answers = connection.hear_all(patience).await;
        let is_last_word = answers.last().is_some_and(|last| last.code == Some(421));
        if is_beyond_doubt(&answers) && (is_last_word || !connection.is_stale().await) {
            self.trust = Trust::Earned;
            self.opened = Some(Opened { name, answers: Some(answers) });
            *place = Some(connection);
            return;
        }
        // Connections end between two mails, whatever was opened on them.
        if self.trust != Trust::Earned || !connection.has_ended(answers.last()).await {
            self.trust = Trust::Lost;
        }
        let is_reusable = evaluate_replies(&answers).is_err_and(|refusal| refusal.reusable);
        if is_reusable && connection.reset(limit).await {
            *place = Some(connection);
        }
    }

    /// Takes the connection on which this mail's transaction was opened, and the answers. None where there is no such
    /// transaction; a connection on which another mail's was opened is given up.
    pub(super) async fn go_on(
        &mut self,
        name: &str,
        place: &mut Option<Connection>,
        limit: Duration,
    ) -> Option<(Connection, Vec<Reply>)> {
        self.hear(place, limit).await;
        let opened = self.opened.take()?;
        let connection = place.take()?;
        opened.answers.filter(|_| opened.name == name).map(|answers| (connection, answers))
    }
}

/// Whether these are the answers to MAIL, RCPT and DATA: MAIL was taken, and each of the others is one that its command may get,
/// 421 being the last. A refused MAIL would be said of us, and end the run.
fn is_beyond_doubt(replies: &[Reply]) -> bool {
    let codes: Vec<u16> = replies.iter().map_while(|reply| reply.code).collect();
    match codes[..] {
        [mail, 421] => mail / 100 == 2,
        [mail, recipient, data] => {
            mail / 100 == 2 && matches!(recipient / 100, 2 | 4 | 5) && (data == 354 || matches!(data / 100, 4 | 5))
        }
        _ => false,
    }
}
