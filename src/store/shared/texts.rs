//! A version of a text, compressed: prose that nobody searches.

use std::io;

use crate::domain::audit::OPERATOR;
use crate::domain::writing::version::KeptText;

/// As for segments: what is saved by more takes too long.
const LEVEL: i32 = 3;

/// More than a file of the library may come to.
const MOST: usize = 1 << 20;

/// Who saved it, in the audit; which person that was stands beside it.
pub(in crate::store) const ACTOR: &str = OPERATOR;

pub(in crate::store) fn pack(text: &str) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(text.as_bytes(), LEVEL)
}

pub(in crate::store) fn unpack(packed: &[u8]) -> io::Result<String> {
    let bytes = zstd::bulk::decompress(packed, MOST)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The subject of the audit's line.
pub(in crate::store) fn subject(kept: &KeptText) -> String {
    format!("text {}", kept.file)
}
