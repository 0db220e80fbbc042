//! A mail whose message is still to be made: in its turn, or ahead of it where signing takes long.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::message::Addressed;
use super::run::Run;
use crate::app::error::AppError;
use crate::domain::delivery::ItemId;
use crate::store::Claimed;

/// A claimed mail, and perhaps a thread at work on its message.
pub(super) struct Draft {
    id: ItemId,
    /// Known before the message is made where its transaction is opened ahead.
    addressed: Option<Arc<Addressed>>,
    message: Message,
}

enum Message {
    Claimed(Claimed),
    UnderWay(JoinHandle<Composed>),
}

/// A mail, and what came of making its message.
pub(super) struct Composed {
    pub(super) claimed: Claimed,
    pub(super) bytes: Vec<u8>,
    pub(super) made: Result<Arc<Addressed>, AppError>,
}

impl Draft {
    pub(super) fn new(claimed: Claimed) -> Self {
        Self { id: claimed.id, addressed: None, message: Message::Claimed(claimed) }
    }

    pub(super) fn id(&self) -> ItemId {
        self.id
    }

    /// Whom an edition's mail is from and to, before its message is made. None for other mail, and where it cannot be made.
    pub(super) fn addressed(&mut self, run: &Run) -> Option<&Addressed> {
        if let (None, Message::Claimed(claimed)) = (&self.addressed, &self.message) {
            self.addressed = run.address(claimed).ok().map(Arc::new);
        }
        self.addressed.as_deref()
    }

    /// Has the message made on another thread from now on: while the mail before it is on its way, and on whatever core is
    /// free, in one of `buffers`.
    pub(super) fn begun(mut self, run: &Arc<Run>, buffers: &mut Vec<Vec<u8>>) -> Self {
        self.addressed(run);
        let Self { id, addressed, message } = self;
        let message = match message {
            Message::Claimed(claimed) => {
                let (run, addressed) = (Arc::clone(run), addressed.clone());
                let buffer = buffers.pop().unwrap_or_default();
                Message::UnderWay(tokio::task::spawn_blocking(move || compose(&run, claimed, addressed, buffer)))
            }
            under_way @ Message::UnderWay(_) => under_way,
        };
        Self { id, addressed, message }
    }

    /// The message, made in one of `buffers` unless it was begun.
    ///
    /// # Errors
    /// When the other thread panicked.
    pub(super) async fn finished(self, run: &Run, buffers: &mut Vec<Vec<u8>>) -> Result<Composed, AppError> {
        match self.message {
            Message::Claimed(claimed) => Ok(compose(run, claimed, self.addressed, buffers.pop().unwrap_or_default())),
            Message::UnderWay(thread) => {
                thread.await.map_err(|error| AppError::BrokeOff("a message", error.to_string()))
            }
        }
    }
}

fn compose(run: &Run, claimed: Claimed, addressed: Option<Arc<Addressed>>, mut bytes: Vec<u8>) -> Composed {
    let made = run.compose(&claimed, addressed, &mut bytes);
    Composed { claimed, bytes, made }
}
