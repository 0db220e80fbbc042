//! activities/ on disk → checked themes, activities, notices and help block.

pub(crate) mod activity;
mod collection;
mod draft;
mod folder;
pub(crate) mod front_matter;
mod help;
mod inline;
mod link;
mod load;
mod markdown;
mod notice;
pub(crate) mod page;
pub(crate) mod reader;
mod sections;
mod theme;
pub(crate) mod words;

pub use collection::{Library, overdue, unserved};
pub use draft::{skeleton, slug};
pub use help::NATIONS;
pub use load::load;
pub use theme::STRANDS;
