//! What comes back by mail: bounces, complaints and wishes to leave, from the folder in which they arrive to what they say.

mod inbox;
mod incoming;
mod parts;
mod report;

pub use inbox::{Inbox, LIMIT};
pub use incoming::Incoming;
pub use report::{Event, Report};
