//! Sends what waits in the outbox: an edition when it is its time, confirmations and good-byes at once.

mod brake;
mod deliver;
mod dispatch;
mod draft;
mod feed;
mod finish;
mod go_on;
mod ledger;
mod limits;
pub(in crate::app) mod message;
mod observer;
mod order;
mod patience;
mod permission;
mod progress;
mod published_edition;
mod relay;
mod run;
mod send;
pub(in crate::app) mod transport;
mod worker;

pub use deliver::Deliverer;
pub use dispatch::Dispatcher;
pub use finish::finish_only;
pub use go_on::{WentOn, go_on};
pub(in crate::app) use limits::throughput;
pub use observer::{EarlyEdition, Observer, PendingBulletin};
pub use order::{Ended, NothingDue, Order, Rehearsal, RunReport, SendError, Sent, Target};
pub use progress::{Posted, Progress};
pub use send::{Sender, TestCopy};
pub use transport::speaks_smtp;
