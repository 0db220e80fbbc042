//! Pictures: what a file shows, read within hard limits, and written again so that it fits into a mail.
//!
//! Whatever else a file says (where a photograph was taken, and with what) is left behind, because only the pixels are taken.

mod fit;
mod jpeg;
mod limits;
mod palette;
mod problem;
mod read;
mod source;
mod square;

pub use fit::{fit, fit_within};
pub use limits::MOST_FILE_BYTES;
pub use problem::PictureProblem;
pub use read::check;
pub use source::{Kind, inspect};
pub use square::{Square, square};
