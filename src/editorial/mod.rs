//! What an editor would say about the library: how easy it is to read, jargon, near-duplicates, links that lead nowhere.

mod duplicates;
mod jargon;
mod links;
mod reading;
mod sentences;
mod style;
mod syllables;
mod text;

pub use links::Site;
pub use style::lint;
