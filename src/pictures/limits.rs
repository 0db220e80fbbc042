//! How much of a picture is read.

/// The largest file that is read, in bytes.
pub const MOST_FILE_BYTES: u64 = 10_000_000;

/// The longest side that is read, in pixels.
pub(super) const MOST_SIDE: u32 = 8_000;

/// How many pixels are read: what a telephone takes today.
pub(super) const MOST_PIXELS: u64 = 24_000_000;

/// How many bytes the pixels may take in memory, once for each picture that is being read.
pub(super) const MOST_MEMORY: u64 = 128_000_000;
