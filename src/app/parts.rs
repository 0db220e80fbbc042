//! Much that is written is written in parts: nobody else waits for longer than a part takes.

use std::time::Duration;

/// How many mailboxes are decided on and written at once: some 10 ms, and as many as a decision holds in memory.
pub(super) const PART: usize = 1_000;

/// How long the store is free between two parts: others that wait look every millisecond.
const PAUSE: Duration = Duration::from_millis(2);

/// Lets others write.
pub(super) async fn give_way() {
    tokio::time::sleep(PAUSE).await;
}
