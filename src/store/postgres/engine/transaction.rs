//! Work in a transaction, done again where it came in another's way or its connection was lost: the answer comes once it is
//! known that it was committed.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::error::PostgresError;
use super::fate;
use super::open_transaction::Ended;
use crate::store::StoreError;

pub(in crate::store::postgres) use super::open_transaction::Transaction;
pub(in crate::store::postgres) use super::purpose::Purpose;
pub(in crate::store::postgres) use super::source::Source;

/// How often a transaction is begun again that came in another's way, or whose connection was lost.
const TRIES: u32 = 8;

/// How long between the first two of these tries, which grows by the square: a database that is started again, or promoted, takes
/// a few seconds, a conflict is over at once.
const AFTER_CONFLICT: Duration = Duration::from_millis(5);
const AFTER_LOSS: Duration = Duration::from_millis(25);

/// Tries at one piece of work, each in a transaction of its own; see [`within`].
pub(in crate::store::postgres) struct Turns<'a> {
    source: &'a Source,
    purpose: Purpose,
    tries: u32,
    begun: Instant,
}

impl<'a> Turns<'a> {
    pub(in crate::store::postgres) fn new(source: &'a Source, purpose: Purpose) -> Self {
        Self { source, purpose, tries: 0, begun: Instant::now() }
    }

    /// Begins the next one.
    pub(in crate::store::postgres) async fn begin(&mut self) -> Result<Transaction, StoreError> {
        loop {
            self.tries += 1;
            match Transaction::begin(self.source, self.purpose).await {
                Ok(transaction) => return Ok(transaction),
                Err(error) if self.is_worth_another(&error) => self.pause(&error).await,
                Err(error) => return Err(error.at(self.place())),
            }
        }
    }

    /// Ends it with what came of the work; or the work is to be done again, in another.
    pub(in crate::store::postgres) async fn end<T>(
        &mut self,
        transaction: Transaction,
        result: Result<T, PostgresError>,
    ) -> ControlFlow<Result<T, StoreError>> {
        let ended = if result.as_ref().is_err_and(PostgresError::is_cut_off) {
            // Nothing more is said over such a connection, and nobody is to have it after us.
            drop(transaction);
            Ok(Ended::Known)
        } else {
            transaction.end(result.is_ok()).await
        };
        let error = match (result, ended) {
            (Ok(value), Ok(Ended::Known)) => return ControlFlow::Break(Ok(value)),
            (Ok(value), Ok(Ended::Unanswered(error, number, trace))) => {
                self.source.note(&error);
                match fate::is_committed(self.source, &number, &trace).await {
                    Ok(true) => {
                        trace.give_back(true);
                        return ControlFlow::Break(Ok(value));
                    }
                    Ok(false) => {
                        trace.give_back(false);
                        error
                    }
                    // To do it again might be to do it twice.
                    Err(error) => {
                        trace.give_up();
                        return ControlFlow::Break(Err(error.at(self.place())));
                    }
                }
            }
            (Err(error), _) | (Ok(_), Err(error)) => error,
        };
        if error.is_locked() && self.begun.elapsed() < self.purpose.patience() {
            self.tries -= 1;
            return ControlFlow::Continue(());
        }
        if self.is_worth_another(&error) {
            self.pause(&error).await;
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(Err(error.at(self.place())))
    }

    fn is_worth_another(&self, error: &PostgresError) -> bool {
        self.source.note(error);
        let may_go = match self.source {
            Source::Shared(_) => error.is_conflict() || error.is_cut_off(),
            Source::Layer { .. } => false,
        };
        may_go && self.tries < TRIES
    }

    async fn pause(&self, error: &PostgresError) {
        let first = if error.is_cut_off() { AFTER_LOSS } else { AFTER_CONFLICT };
        tokio::time::sleep(first * self.tries.pow(2)).await;
    }

    fn place(&self) -> &str {
        self.source.place()
    }
}

/// Does `$work` in a transaction `$transaction` of this purpose, again where it came in another's way; the answer comes once it
/// is committed.
macro_rules! within {
    ($store:expr, $purpose:ident, |$transaction:ident| $work:expr) => {{
        use $crate::store::postgres::engine::transaction::{Purpose, Turns};
        let mut turns = Turns::new(&$store.source, Purpose::$purpose);
        loop {
            let $transaction = turns.begin().await?;
            let result = async { $work }.await;
            match turns.end($transaction, result).await {
                std::ops::ControlFlow::Break(Err($crate::store::StoreError::SetBack { .. })) => {
                    $store.hold_after_loss().await?;
                }
                std::ops::ControlFlow::Break(answer) => break answer,
                std::ops::ControlFlow::Continue(()) => {}
            }
        }
    }};
}
pub(in crate::store::postgres) use within;
