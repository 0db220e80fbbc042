//! A bulletin: one mail outside the calendar, to everyone or to some.

mod audience;
mod beside;
mod id;
pub mod life;
mod mailing_name;
mod record;
mod text;

pub use audience::{Audience, Narrowing};
pub use beside::BESIDE;
pub use id::BulletinId;
pub use mailing_name::MailingName;
pub use record::{BulletinRecord, PublishedBulletin};
pub use text::{Bulletin, BulletinName, BulletinNameError, Correction};
