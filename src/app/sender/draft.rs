//! A mail whose message is still to be made: in its turn, or ahead of it where signing takes long.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::run::Run;
use crate::app::error::AppError;
use crate::domain::delivery::ItemId;
use crate::mail::Envelope;
use crate::store::Claimed;

/// A claimed mail, and perhaps a thread at work on its message.
pub(super) enum Draft {
    Claimed(Claimed),
    UnderWay(ItemId, JoinHandle<Composed>),
}

/// A mail, and what came of making its message.
pub(super) struct Composed {
    pub(super) claimed: Claimed,
    pub(super) bytes: Vec<u8>,
    /// Its envelope and name.
    pub(super) made: Result<(Envelope, String), AppError>,
}

impl Draft {
    pub(super) fn id(&self) -> ItemId {
        match self {
            Self::Claimed(claimed) => claimed.id,
            Self::UnderWay(id, _) => *id,
        }
    }

    /// Has the message made on another thread from now on: while the mail before it is on its way, and on whatever core is
    /// free. `buffer` is room for it.
    pub(super) fn begun(self, run: &Arc<Run>, buffer: Vec<u8>) -> Self {
        match self {
            Self::Claimed(claimed) => {
                let (run, id) = (Arc::clone(run), claimed.id);
                Self::UnderWay(id, tokio::task::spawn_blocking(move || compose(&run, claimed, buffer)))
            }
            under_way @ Self::UnderWay(..) => under_way,
        }
    }

    /// The message, made in one of `buffers` unless it was begun.
    ///
    /// # Errors
    /// When the other thread panicked.
    pub(super) async fn finished(self, run: &Run, buffers: &mut Vec<Vec<u8>>) -> Result<Composed, AppError> {
        match self {
            Self::Claimed(claimed) => Ok(compose(run, claimed, buffers.pop().unwrap_or_default())),
            Self::UnderWay(_, thread) => {
                thread.await.map_err(|error| AppError::BrokeOff("a message", error.to_string()))
            }
        }
    }
}

fn compose(run: &Run, claimed: Claimed, mut bytes: Vec<u8>) -> Composed {
    let made = run.compose(&claimed, &mut bytes);
    Composed { claimed, bytes, made }
}
