//! What is held about one mailbox, and how it is forgotten: at a person's wish, or when its time is over.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::subject_data::SubjectData;

/// Records that are kept for a time, and where forgetting them goes on after a small part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// Attempts of editions that are sent, after this delivery.
    Attempts(EditionNumber, RecipientId),
    /// Bounces, but for those that a rule of editions in a row may ask for.
    Bounces,
    /// What the mails said of editions that are sent, and that a newer one has followed.
    Mails,
    /// Letters that are settled.
    Letters,
    /// Requests that are over, once no mail about them is left.
    Requests,
    /// What operators were told, and when the relay could not be reached.
    Notices,
    /// What relays said in the same words to many, once none of the attempts is left.
    Replies,
}

/// What a store tells about a person, and forgets.
#[async_trait]
pub trait Privacy {
    /// Everything that is held about a mailbox beside its subscriptions.
    async fn subject_data(&self, recipient: RecipientId) -> Result<SubjectData, StoreError>;

    /// Removes a small part of the records that are older than `before`: how many went, and where to go on; `None` at the end.
    async fn forget_records(
        &self,
        records: Records,
        before: DateTime<Utc>,
    ) -> Result<(u64, Option<Records>), StoreError>;

    /// Whether something was forgotten that may still lie in the store's files.
    async fn is_unscrubbed(&self) -> Result<bool, StoreError>;

    /// Removes from the store's files what was forgotten; with `erased`, looks for that address in them, too. False when
    /// others were in the way, who read the store or send from it: then [`Privacy::is_unscrubbed`] stays true.
    async fn scrub(&self, erased: Option<&Address>) -> Result<bool, StoreError>;

    /// When everything that was too old was last forgotten.
    async fn tidied(&self) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Notes that everything that was too old is forgotten.
    async fn note_tidied(&self, at: DateTime<Utc>) -> Result<(), StoreError>;
}
