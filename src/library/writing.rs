//! Texts of the library as forms and back again: the same table of keys that the reader checks by makes the form's fields, and what
//! was filled in goes into the file without touching the rest of it.

mod body;
mod findings;
mod group;
mod one;
mod shape;
mod sheet;
#[cfg(test)]
mod tests;
mod words;

pub use findings::by_field;
pub use one::{ReadText, read_one};
pub use sheet::Sheet;
