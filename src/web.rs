//! The web: the recipients' site, and a listener for operators.

mod client;
pub mod console;
mod log_limiter;
mod moving;
pub mod public;
mod serve;

pub use serve::{Site, WebError, listen, serve};
