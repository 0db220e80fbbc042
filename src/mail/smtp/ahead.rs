//! The next mail's transaction, opened along with the content of the one before (RFC 2920 §3.1): one round trip a mail in
//! place of two.
//!
//! Not every relay copes with it. So what is said of a mail counts only where nobody can doubt that it was said of this one;
//! else the mail is asked about anew, and where the relay may be to blame, nothing is opened ahead any more.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use super::relay::{Capabilities, Timeouts};
use super::transaction::{evaluate_replies, opening};
use crate::domain::delivery::{Outcome, Reply};
use crate::mail::transport::Handover;

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
    at: Instant,
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
    pub(super) async fn opening(&self, next: Option<Handover<'_>>, capabilities: &Capabilities) -> String {
        match next {
            Some(next) if capabilities.pipelining && self.trust != Trust::Lost && next.gate.is_open().await => {
                opening(&next, capabilities)
            }
            _ => String::new(),
        }
    }

    /// These words left, and the connection goes on.
    pub(super) fn note_opened(&mut self, next: Option<Handover<'_>>) {
        self.opened = next.map(|next| Opened { name: next.name.to_owned(), at: Instant::now(), answers: None });
    }

    pub(super) fn has_opened(&self) -> bool {
        self.opened.is_some()
    }

    /// Gives up what was opened, and the connection with it: after a 354 there is no other way. Whether there was anything.
    pub(super) fn let_go(&mut self, connection: &mut Option<Connection>) -> bool {
        let is_given_up = self.opened.take().is_some();
        if is_given_up {
            *connection = None;
        }
        is_given_up
    }

    /// Takes the answers to what was opened. Where they leave doubt, nothing is open any more, and the connection stays only if
    /// it is good for another transaction.
    pub(super) async fn hear(&mut self, place: &mut Option<Connection>, limit: Duration) {
        // Whoever gives this up in the middle has lost the connection.
        let Some(mut opened) = self.opened.take_if(|opened| opened.answers.is_none()) else { return };
        let Some(mut connection) = place.take() else { return };
        let patience = if self.trust == Trust::Untried { limit.min(FIRST_ANSWERS) } else { limit };
        let answers = connection.hear_all(patience).await;
        let is_last_word = answers.last().is_some_and(|last| last.code == Some(421));
        let is_stale = !is_last_word && connection.is_stale().await;
        let is_regular = !is_stale && are_regular(&answers);
        // The first answers are believed only if they are good.
        if is_regular && (self.trust == Trust::Earned || evaluate_replies(&answers).is_ok()) {
            self.trust = Trust::Earned;
            opened.answers = Some(answers);
            (self.opened, *place) = (Some(opened), Some(connection));
            return;
        }
        // Connections end between two mails, whatever was opened on them.
        if !is_regular && (self.trust != Trust::Earned || !connection.has_ended(answers.last()).await) {
            self.trust = Trust::Lost;
        }
        let is_reusable = !is_stale && evaluate_replies(&answers).is_err_and(|refusal| refusal.reusable);
        if is_reusable && connection.reset(limit).await {
            *place = Some(connection);
        }
    }

    /// Takes the connection on which this mail's transaction was opened, and the answers. None where there is no such
    /// transaction any more; a connection on which another mail's was opened is given up.
    ///
    /// # Errors
    /// [`Outcome::Withheld`], when the transaction has been open for a while and nobody wants the mail any more.
    pub(super) async fn go_on(
        &mut self,
        mail: &Handover<'_>,
        place: &mut Option<Connection>,
        timeouts: &Timeouts,
    ) -> Result<Option<(Connection, Vec<Reply>)>, Outcome> {
        self.hear(place, timeouts.command).await;
        let Some(opened) = self.opened.take() else { return Ok(None) };
        let Some(mut connection) = place.take() else { return Ok(None) };
        let Some(answers) = opened.answers.filter(|_| opened.name == mail.name) else { return Ok(None) };
        if opened.at.elapsed() > timeouts.opened && !mail.gate.is_open().await {
            return Err(Outcome::Withheld);
        }
        // It may have ended since, while the mail waited for its turn.
        let is_gone = evaluate_replies(&answers).is_ok() && connection.is_stale().await;
        Ok((!is_gone).then_some((connection, answers)))
    }
}

/// Whether these are the answers to MAIL, RCPT and DATA: MAIL was taken, and each of the others is one that its command may get and
/// that does not mean the order of the commands; 421 is the last. A refused MAIL would be said of us, and end the run.
fn are_regular(answers: &[Reply]) -> bool {
    let is_refused = |code: u16| matches!(code / 100, 4 | 5) && !matches!(code, 500..=504);
    let codes: Vec<u16> = answers.iter().map_while(|reply| reply.code).collect();
    match codes[..] {
        [mail, 421] => mail / 100 == 2,
        [mail, recipient, data] if recipient / 100 == 2 => mail / 100 == 2 && (data == 354 || is_refused(data)),
        [mail, recipient, data] => {
            mail / 100 == 2 && is_refused(recipient) && (data == 354 || matches!(data / 100, 4 | 5))
        }
        _ => false,
    }
}
