//! Why a file cannot be shown, and what to do about it.

use super::limits::{MOST_FILE_BYTES, MOST_SIDE};

/// Why a file cannot be shown as a picture. It says what the file is, to go on behind its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureProblem {
    #[error("isn’t a PNG, JPEG or WebP picture")]
    Unknown,
    #[error("is a GIF, which isn’t shown")]
    Gif,
    #[error("is {} MB large; at most {} MB are read", .0.div_ceil(1_000_000), MOST_FILE_BYTES / 1_000_000)]
    TooManyBytes(u64),
    #[error("is {width} × {height} pixels large; at most {MOST_SIDE} pixels each way and 24 million in all are read")]
    TooLarge { width: u32, height: u32 },
    #[error("is a progressive JPEG of {width} × {height} pixels, which takes too much memory to read")]
    TooManyScans { width: u32, height: u32 },
    #[error("is a moving picture, and a mail shows still ones only")]
    Moves,
    #[error("is in a printer’s colours (CMYK), which mail programs and browsers show wrongly")]
    PrintersColours,
    #[error("is damaged or cut off")]
    Broken,
    /// No size and quality is small enough.
    #[error("can’t be made small enough for a mail")]
    CannotFit,
}

impl PictureProblem {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unknown => "save the picture as PNG or JPEG and put that file in its place",
            Self::Gif | Self::Moves => "save one still picture of it as PNG or JPEG",
            Self::TooManyBytes(_) | Self::TooLarge { .. } | Self::TooManyScans { .. } => {
                "save it smaller: 1,200 pixels wide are plenty"
            }
            Self::PrintersColours => "save it in RGB colours",
            Self::Broken => "open it to see whether it’s whole, then save it again",
            Self::CannotFit => "choose a calmer picture",
        }
    }
}
