//! Sends what waits in the outbox: an edition when it is its time, confirmations and good-byes at once.

mod deliver;
mod dispatch;
pub(in crate::app) mod dkim;
mod ended;
mod feed;
pub(in crate::app) mod message;
mod observer;
mod order;
mod permission;
mod progress;
mod relay;
mod run;
mod send;
mod test_copy;
pub(in crate::app) mod transport;
mod worker;

pub use deliver::{Deliverer, finish_only};
pub use dispatch::Dispatcher;
pub use ended::Ended;
pub use observer::{EarlyEdition, Observer};
pub use order::{NothingDue, Order, Rehearsal, RunReport, SendError, Sent, Target};
pub use progress::{Posted, Progress};
pub use send::Sender;
pub use transport::speaks_smtp;
