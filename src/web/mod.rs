//! The web: the recipients' site, and a listener for operators.

mod complaints;
pub mod console;
pub mod public;
mod serve;

pub use serve::{Site, WebError, listen, serve};
