//! What grows with the data is written in parts: nobody else waits for longer than a part takes.

use std::ops::ControlFlow;
use std::time::Duration;

use super::AppError;
use crate::store::StoreError;

/// How many mailboxes are decided on and written at once: some 10 ms, and as many as a decision holds in memory.
pub(super) const PART: usize = 1_000;

/// The same of mailboxes of which each touches a dozen rows.
pub(super) const SMALL_PART: u32 = 500;

/// The same of deliveries that change their state and nothing else.
pub(super) const DELIVERIES: u32 = 5_000;

/// How long the store is free between two parts: others that wait look every millisecond.
const PAUSE: Duration = Duration::from_millis(2);

/// Lets `write` decide on a part and write it, then on the next with what it came to so far, until it says what the whole came to.
/// Between two, others come to write. Where one fails, those before it are done.
pub(super) async fn in_parts<S, T, F>(begin: S, mut write: impl FnMut(S) -> F) -> Result<T, AppError>
where
    F: Future<Output = Result<ControlFlow<T, S>, AppError>>,
{
    let mut so_far = begin;
    loop {
        so_far = match write(so_far).await? {
            ControlFlow::Continue(so_far) => so_far,
            ControlFlow::Break(whole) => return Ok(whole),
        };
        tokio::time::sleep(PAUSE).await;
    }
}

/// As [`in_parts`], for [`DELIVERIES`] in each: `write` gets how many there were so far, and says how many there were in its part.
pub(super) async fn deliveries_in_parts<F>(mut write: impl FnMut(u64) -> F) -> Result<u64, AppError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    in_parts(0, |before| {
        let part = write(before);
        async move {
            let part = part.await?;
            let is_last = part < u64::from(DELIVERIES);
            Ok(if is_last { ControlFlow::Break(before + part) } else { ControlFlow::Continue(before + part) })
        }
    })
    .await
}
