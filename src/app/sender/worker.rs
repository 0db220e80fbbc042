//! One worker: it owns a transport, and keeps a few mails marked ahead so that it never waits for a commit.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::draft::{Composed, Draft};
use super::ledger::{Marking, PAUSE};
use super::message::Addressed;
use super::order::Ended;
use super::patience::unless_stopped;
use super::relay::pause;
use super::run::{ConnectionUse, Run, jitter};
use crate::app::error::AppError;
use crate::domain::delivery::{ItemId, Outcome, RelayLimit, Reply};
use crate::domain::edition::HoldReason;
use crate::mail::{Counters, Gate, Transport};
use crate::store::{AttemptResult, StoreError};

/// How often whoever waits looks whether anything is left to wait for.
const NAP: Duration = Duration::from_millis(200);

/// How many messages of a worker are made at once where signing takes long. Each is held in memory.
const DRAFTS: usize = 2;

pub(super) struct Worker {
    run: Arc<Run>,
    transport: Box<dyn Transport>,
    /// Marked, or about to be, in their order. With the one at the dot they are at most as many as the window, because
    /// one request to the store carries the result of one delivery and the mark of a later one.
    begun: VecDeque<(Draft, Marking)>,
    /// Results on their way to the store, with no mark along.
    records: Vec<Marking>,
    /// Room for messages that are still to be made.
    buffers: Vec<Vec<u8>>,
    connection: Option<ConnectionUse>,
    /// That one was given up by us, so that the relay has said nothing against the next.
    is_given_up: bool,
    /// What the transport had met when it was last asked.
    counters: Counters,
    /// How often the relay had enough of it in a row.
    refusals: u32,
}

/// The store, asked about one mail.
struct Wanted<'a>(&'a Run, ItemId);

#[async_trait]
impl Gate for Wanted<'_> {
    async fn is_open(&self) -> bool {
        let Self(run, id) = self;
        loop {
            let error = match unless_stopped(&run.stop, run.context.store.is_wanted(*id)).await {
                None => return false,
                Some(Ok(wanted)) => return wanted,
                Some(Err(error)) => error,
            };
            tracing::warn!("{error}");
            // Nobody knows whether it is, so it is not sent now; but when the database answers again, one knows.
            let is_waited_for = matches!(error, StoreError::Unreachable { .. });
            if !is_waited_for || tokio::time::timeout(PAUSE, run.stop.cancelled()).await.is_ok() {
                return false;
            }
        }
    }
}

impl Worker {
    pub(super) fn new(run: Arc<Run>, transport: Box<dyn Transport>) -> Self {
        Self {
            run,
            transport,
            begun: VecDeque::new(),
            records: Vec::new(),
            buffers: Vec::new(),
            connection: None,
            is_given_up: false,
            counters: Counters::default(),
            refusals: 0,
        }
    }

    /// Works until nothing is left, or the run stops. Whatever happens, what a relay said is recorded.
    pub(super) async fn work(mut self) -> Result<(), AppError> {
        let mut end = Ok(());
        // Nothing is marked before the relay was seen.
        if self.is_received().await {
            end = self.deliver_all().await;
        }
        if end.is_err() {
            self.run.stop.cancel();
        }
        for (draft, marking) in std::mem::take(&mut self.begun) {
            match self.run.ledger.settled(marking).await {
                Ok(true) => self.records.push(self.run.ledger.enter(Some(withheld(draft.id())), None)),
                Ok(false) => {}
                // The result of an earlier mail went the same way.
                Err(error) => end = end.and(Err(error)),
            }
        }
        for record in std::mem::take(&mut self.records) {
            end = end.and(self.run.ledger.settled(record).await.map(drop));
        }
        self.transport.close().await;
        end
    }

    async fn deliver_all(&mut self) -> Result<(), AppError> {
        let mut done = None;
        loop {
            self.begin(done.take()).await?;
            self.draft_ahead();
            let Some((next, marking)) = self.begun.pop_front() else { return Ok(()) };
            if !self.run.ledger.settled(marking).await? {
                self.let_go();
                continue;
            }
            let id = next.id();
            let (result, until) = match self.deliver(next).await? {
                Ok(AttemptResult { outcome: Outcome::Throttled { reply, limit }, retry_at, at, .. }) => {
                    let about = self.connection.filter(|connection| connection.mail_taken).map(|_| id);
                    let until = self.refused(limit, &reply, about);
                    (AttemptResult { id, outcome: Outcome::Throttled { reply, limit }, at, retry_at }, until)
                }
                Ok(result) => {
                    done = Some(result);
                    continue;
                }
                Err((limit, reply)) => (withheld(id), self.refused(limit, &reply, None)),
            };
            self.put_back(result).await?;
            self.wait(until).await;
        }
    }

    /// The relay has had enough of this connection, and said so of this mail or of none; when it may try again.
    fn refused(&mut self, limit: RelayLimit, reply: &Reply, mail: Option<ItemId>) -> Duration {
        self.refusals += 1;
        self.run.slow_down(limit, reply, self.refusals, mail)
    }

    /// Puts a mail back that was refused for the pace, and those that were to follow it: others may take them meanwhile.
    async fn put_back(&mut self, result: AttemptResult) -> Result<(), AppError> {
        self.let_go();
        self.records.push(self.run.ledger.enter(Some(result), None));
        // What is not dealt with when the store fails stays here, and is put back at the end of the work.
        while let Some((draft, marking)) = self.begun.pop_front() {
            if self.run.ledger.settled(marking).await? {
                self.records.push(self.run.ledger.enter(Some(withheld(draft.id())), None));
            }
        }
        while let Some(record) = self.records.pop() {
            self.run.ledger.settled(record).await?;
        }
        self.run.feed.reopen();
        Ok(())
    }

    /// Waits until then, or until the run stops or nothing is left. Whoever never got through leaves its place to others.
    async fn wait(&mut self, until: Duration) {
        if !self.connection.is_some_and(|connection| connection.got_through) {
            self.transport.close().await;
            self.connection = None;
        }
        while let Some(left) = until.checked_sub(self.run.elapsed()).filter(|left| !left.is_zero()) {
            tokio::select! {
                () = self.run.stop.cancelled() => return,
                () = tokio::time::sleep(left.min(NAP)) => {}
            }
            if self.run.feed.is_drained() {
                return;
            }
        }
    }

    /// Whether the relay lets us in, at last. False when the run stops, or others finished meanwhile.
    async fn is_received(&mut self) -> bool {
        loop {
            let (limit, reply) = match self.ready().await {
                Ok(ready) => return ready,
                Err(refusal) => refusal,
            };
            let until = self.refused(limit, &reply, None);
            self.wait(until).await;
            if self.run.feed.is_drained() {
                return false;
            }
        }
    }

    /// Records a result and begins as many deliveries as the window has room for.
    async fn begin(&mut self, mut done: Option<AttemptResult>) -> Result<(), AppError> {
        let window = usize::from(self.run.context.config.mail.window);
        let mut failure = Ok(());
        while self.begun.len() < window && !self.run.stop.is_cancelled() {
            match self.run.feed.next().await {
                Ok(Some(next)) => {
                    let marking = self.run.ledger.enter(done.take(), Some(next.id));
                    self.begun.push_back((Draft::new(next), marking));
                }
                Ok(None) => break,
                Err(error) => {
                    failure = Err(error);
                    break;
                }
            }
        }
        if done.is_some() {
            self.records.push(self.run.ledger.enter(done, None));
        }
        failure
    }

    /// Where signing takes long, the next messages are made while marks and mails are on their way.
    fn draft_ahead(&mut self) {
        if !self.run.signs_slowly() {
            return;
        }
        let drafts: Vec<_> = (0..DRAFTS).map_while(|_| self.begun.pop_front()).collect();
        for (draft, marking) in drafts.into_iter().rev() {
            let draft = draft.begun(&self.run, &mut self.buffers);
            self.begun.push_front((draft, marking));
        }
    }

    /// Hands one over, in its time. The inner error says that the relay has had enough of us before it heard of the mail.
    ///
    /// # Errors
    /// When the thread broke off that made the message.
    async fn deliver(&mut self, next: Draft) -> Result<Result<AttemptResult, (RelayLimit, Reply)>, AppError> {
        let id = next.id();
        match self.ready().await {
            Ok(ready) if ready && self.run.may_go(id.mailing).await => {}
            Ok(_) => return Ok(Ok(withheld(id))),
            Err(refusal) => return Ok(Err(refusal)),
        }
        let finished = next.finished(&self.run, &mut self.buffers).await;
        // It is marked, and not an octet of it left.
        let Composed { claimed, bytes, made } =
            finished.inspect_err(|_| self.records.push(self.run.ledger.enter(Some(withheld(id)), None)))?;
        let run = Arc::clone(&self.run);
        let begun = run.elapsed();
        let outcome = match made {
            Ok(addressed) => self.hand_over(id, &addressed, &bytes).await,
            // Nothing of the edition can be made, so nothing of it is tried.
            Err(error) if id.mailing.number().is_some() => {
                run.stop_for(Ended::Halted(HoldReason::MessageFailed { why: error.to_string() }));
                Outcome::Withheld
            }
            // One that is alone must not be in the way of others: it is tried again later.
            Err(error) => Outcome::Transient(Reply { code: None, text: error.to_string() }),
        };
        self.buffers.push(bytes);
        let connection = self.connection_since(begun);
        let result = run.judge(&claimed, outcome, connection);
        if matches!(result.outcome, Outcome::Accepted(_)) {
            self.connection = Some(ConnectionUse { got_through: true, ..connection });
            self.refusals = 0;
        }
        Ok(Ok(result))
    }

    /// Hands a message over, and has the next one's transaction opened with it where that one need not wait for anything.
    /// Its mark may still be on its way: it is waited for before its content.
    async fn hand_over(&mut self, id: ItemId, addressed: &Addressed, message: &[u8]) -> Outcome {
        let run = Arc::clone(&self.run);
        let next = self.begun.front_mut().filter(|_| run.is_unhurried());
        let next = next.and_then(|(draft, _)| Some((Wanted(&run, draft.id()), draft.addressed(&run)?)));
        let next = next.as_ref().map(|(gate, next)| next.handover(gate));
        self.transport.deliver(addressed.handover(&Wanted(&run, id)), message, next).await
    }

    /// Nothing that was opened ahead is used.
    fn let_go(&mut self) {
        self.is_given_up |= self.transport.let_go();
    }

    /// What is known of the connection in use. Where the transport has opened another one, it did so after `begun`.
    fn connection_since(&mut self, begun: Duration) -> ConnectionUse {
        let before = std::mem::replace(&mut self.counters, self.transport.counters());
        let is_same = before.connections == self.counters.connections;
        let known = self.connection.filter(|_| is_same || std::mem::take(&mut self.is_given_up));
        let (opened, got_through) = known.map_or((begun, false), |known| (known.opened, known.got_through));
        *self.connection.insert(ConnectionUse {
            opened,
            got_through,
            mail_taken: before.taken < self.counters.taken,
            dot_answered: before.answers < self.counters.answers,
        })
    }

    /// Gets the transport ready, with longer and longer pauses. False when the run stops, or others finished meanwhile.
    ///
    /// # Errors
    /// When the relay has had enough of us.
    async fn ready(&mut self) -> Result<bool, (RelayLimit, Reply)> {
        let mut failures = 0;
        while !self.run.stop.is_cancelled() {
            let begun = self.run.elapsed();
            // A relay may be silent for minutes, and nothing is in its hands yet.
            let prepared = tokio::select! {
                () = self.run.stop.cancelled() => return Ok(false),
                prepared = self.transport.prepare() => prepared,
            };
            match prepared {
                Ok(()) => {
                    self.run.relay.note_reachable();
                    self.connection_since(begun);
                    return Ok(true);
                }
                Err(Outcome::Throttled { reply, limit }) => {
                    self.run.relay.note_reachable();
                    self.connection = None;
                    return Err((limit, reply));
                }
                Err(outcome) => self.run.note_unready(&outcome),
            }
            if self.begun.is_empty() && self.run.feed.is_drained() {
                return Ok(false);
            }
            tokio::select! {
                () = self.run.stop.cancelled() => {}
                () = tokio::time::sleep(pause(failures, jitter())) => {}
            }
            failures += 1;
        }
        Ok(false)
    }
}

fn withheld(id: ItemId) -> AttemptResult {
    // Nothing was tried, so no time is kept.
    AttemptResult { id, outcome: Outcome::Withheld, at: chrono::DateTime::UNIX_EPOCH, retry_at: None }
}
