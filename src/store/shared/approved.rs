//! What was approved of an edition, compressed: prose that nobody searches.

use std::io;

use crate::domain::edits::ApprovedTexts;

/// As for segments: what is saved by more takes too long.
const LEVEL: i32 = 3;

/// More than the texts of one edition can come to: files of the library are bounded.
const MOST: usize = 64 << 20;

pub(in crate::store) fn pack(texts: &ApprovedTexts) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(&serde_json::to_vec(texts)?, LEVEL)
}

pub(in crate::store) fn unpack(packed: &[u8]) -> io::Result<ApprovedTexts> {
    Ok(serde_json::from_slice(&zstd::bulk::decompress(packed, MOST)?)?)
}
