//! Waiting for a store once a run has begun: what a relay took must be recorded, and what is in hand put back.

use tokio_util::sync::CancellationToken;

use super::ledger::{LAST_TRIES, PAUSE};
use crate::app::error::AppError;
use crate::store::StoreError;

/// Asks the store until it answers. A database that cannot be reached is waited for until we are told to stop, and then like a
/// store that fails for another reason: a few times.
pub(super) async fn patiently<T, F>(stop: &CancellationToken, ask: impl Fn() -> F) -> Result<T, AppError>
where
    F: Future<Output = Result<T, AppError>>,
{
    let mut tries = LAST_TRIES;
    loop {
        match ask().await {
            Err(AppError::Store(error)) if is_worth_another(&error, &mut tries, stop.is_cancelled()) => {
                tracing::warn!("{error}");
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

/// What is answered, unless we are told to stop before: a database that does not answer must not hold that up.
pub(super) async fn unless_stopped<T>(stop: &CancellationToken, asked: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        answer = asked => Some(answer),
        () = stop.cancelled() => None,
    }
}

/// Whether a store that failed so is asked once more; `tries` are left for what is not waited for.
fn is_worth_another(error: &StoreError, tries: &mut u32, is_stopped: bool) -> bool {
    let is_away = matches!(error, StoreError::Unreachable { .. }) && !is_stopped;
    let may_try = error.may_pass() && (is_away || *tries > 0);
    if may_try && !is_away {
        *tries -= 1;
    }
    may_try
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_never_answers_holds_up_no_stop() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert_eq!(unless_stopped(&stop, std::future::pending::<()>()).await, None);
        assert_eq!(unless_stopped(&stop, std::future::ready(1)).await, Some(1), "what is known is answered");
    }

    #[test]
    fn only_a_database_that_is_away_is_waited_for_and_only_until_we_stop() {
        let place = || "here".to_owned();
        let away = StoreError::Unreachable { place: place(), reason: "it is away".to_owned() };
        let (locked, gone) = (StoreError::Locked { place: place() }, StoreError::Gone { place: place() });
        let tries = |error: &StoreError, is_stopped| {
            let mut left = LAST_TRIES;
            (0..1_000).take_while(|_| is_worth_another(error, &mut left, is_stopped)).count()
        };
        assert_eq!((tries(&away, false), tries(&away, true)), (1_000, 3));
        assert_eq!((tries(&locked, false), tries(&locked, true)), (3, 3));
        assert_eq!((tries(&gone, false), tries(&gone, true)), (0, 0));
    }
}
