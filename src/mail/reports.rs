//! What comes back by mail: bounces, complaints and wishes to leave, from the folder in which they arrive to what they say.

mod author;
mod fields;
mod inbox;
mod incoming;
mod marks;
mod parts;
mod plain;
mod report;

pub use inbox::{Inbox, LIMIT, Waiting, mark};
pub use incoming::{Content, Incoming};
pub use marks::Marks;
pub use report::Event;
