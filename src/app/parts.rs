//! What grows with the data is written in parts: nobody else waits for longer than a part takes.

use std::ops::ControlFlow;
use std::time::Duration;

use super::AppError;

/// How many mailboxes are decided on and written at once: some 10 ms, and as many as a decision holds in memory.
pub(super) const PART: usize = 1_000;

/// The same of mailboxes of which each touches a dozen rows.
pub(super) const SMALL_PART: u32 = 500;

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
