//! What every store refuses, whatever it is built on.

use chrono::NaiveDate;

use super::band::BandName;
use super::bulletin::BulletinId;
use super::delivery::{Impossible, ItemId};
use super::edition::EditionNumber;
use super::text::lists::commas;

/// Which rule of the domain a request would have broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// With other keys nobody who is subscribed or has left would be recognised.
    #[error("the key file (web.secret_file) is not the one that this store was made with")]
    OtherKeys,
    /// Nobody would recognise links that other nodes sign with these keys.
    #[error("the key file (web.secret_file) lacks keys with which other nodes of this store sign: {}", commas(.0))]
    LacksKeys(Vec<u8>),
    #[error("the anchor is {wished}, but this store began with {began} and has sent editions since")]
    AnchorChanged { began: NaiveDate, wished: NaiveDate },
    /// It has seen as many names of bands as it can tell apart.
    #[error("band {band} would be one name too many for this store, which can hold {limit}")]
    TooManyBands {
        band: BandName,
        /// How many it can hold.
        limit: usize,
    },
    #[error("edition {0} was not published")]
    NotPublished(EditionNumber),
    /// Someone withdrew the bulletin while it was being sent: what had not left by then never leaves.
    #[error("the bulletin was withdrawn")]
    Withdrawn(BulletinId),
    /// What its mails said is kept no longer, so none can be made again.
    #[error("what its mails said is no longer kept")]
    Forgotten(EditionNumber),
    /// Only whoever claimed an item may mark or record it.
    #[error("{0} is not in this program's hands")]
    NotInHand(ItemId),
    /// An item that stands there cannot be taken there.
    #[error("{0}: {1}")]
    Impossible(ItemId, Impossible),
    #[error("number {0} is too large")]
    TooLarge(u64),
}
