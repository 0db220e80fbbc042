//! Writing texts of the library: what lies there, what someone made of it, whether it can be used, and the versions before.

mod checked;
mod desk;
pub mod error;
mod files;
pub mod overview;
mod preview;
mod save;
mod sheet;

pub use checked::Checked;
pub use desk::{Lying, Writing};
pub use error::WritingError;
pub use preview::{PLACE, Preview};
pub use save::SaveAs;
pub use sheet::{Beginning, Edited, WHOLE};
