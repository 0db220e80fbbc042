//! What operators are told by mail: the kinds of notice, what each is about, and which are due.

mod due;
mod editions;
mod finding;
mod text;

#[cfg(test)]
mod tests;

pub use due::{DueNotice, due};
pub use editions::{RECENT, Rules, of_editions};
pub use finding::{Finding, NoticeKind, RelayOutage, Told};
pub use text::{NoticeText, Part, Row};
