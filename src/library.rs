//! activities/ on disk → checked themes, activities, notices, bulletins and help block.

pub(crate) mod activity;
pub(crate) mod beside;
mod bulletin;
mod draft;
mod folder;
pub(crate) mod front_matter;
mod help;
mod link;
mod load;
mod markdown;
pub(crate) mod page;
pub(crate) mod reader;
mod sections;
mod svg;
mod theme;
pub(crate) mod words;
pub mod writing;

pub(crate) use beside::{is_picture, read_picture};
pub use draft::{skeleton, slug};
pub use load::{Library, Survey, load, overdue, survey, unserved};
pub use theme::STRANDS;

pub(crate) use page::SIZE_LIMIT;
