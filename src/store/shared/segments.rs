//! What an edition's segments read. They share most of it, so each is compressed with the fullest one as dictionary.

use std::io;

use zstd::bulk::{Compressor, Decompressor};

use crate::domain::rendered::Rendered;
use crate::domain::segment::SegmentKey;
use crate::store::PublishedSegment;

/// Of 129 segments, 9 MB of JSON, this level makes 0.1 MB. The best one saves a third of that, and takes 20 times as long.
const LEVEL: i32 = 3;

/// More than a segment can come to: templates are bounded.
const MOST: usize = 64 << 20;

/// A segment as it is stored.
#[derive(Debug, Clone)]
pub(in crate::store) struct Packed {
    pub(in crate::store) key: SegmentKey,
    pub(in crate::store) frame: Vec<u8>,
    /// The number of the segment whose text is its dictionary.
    pub(in crate::store) base: Option<u32>,
}

/// Compresses an edition's segments. It takes tens of milliseconds: do it before the store is locked.
pub(in crate::store) fn pack(segments: &[PublishedSegment]) -> io::Result<Vec<Packed>> {
    let length = |segment: &PublishedSegment| segment.rendered.html.literal_bytes();
    let Some((base, fullest)) = (0_u32..).zip(segments).max_by_key(|(_, segment)| length(segment)) else {
        return Ok(Vec::new());
    };
    let dictionary = serde_json::to_vec(&fullest.rendered)?;
    let mut beside = Compressor::with_dictionary(LEVEL, &dictionary)?;
    let pack = |(number, segment): (u32, &PublishedSegment)| {
        let (frame, base) = if number == base {
            (zstd::bulk::compress(&dictionary, LEVEL)?, None)
        } else {
            (beside.compress(&serde_json::to_vec(&segment.rendered)?)?, Some(base))
        };
        Ok(Packed { key: segment.key.clone(), frame, base })
    };
    (0_u32..).zip(segments).map(pack).collect()
}

/// Compresses segments that are added to those of an edition or a bulletin later, each by itself.
pub(in crate::store) fn pack_alone(segments: &[PublishedSegment]) -> io::Result<Vec<Packed>> {
    let pack = |segment: &PublishedSegment| {
        let frame = zstd::bulk::compress(&serde_json::to_vec(&segment.rendered)?, LEVEL)?;
        Ok(Packed { key: segment.key.clone(), frame, base: None })
    };
    segments.iter().map(pack).collect()
}

/// The columns of one segment that say what it reads.
pub(in crate::store) struct Stored<'a> {
    /// The text as older versions stored it; empty otherwise.
    pub(in crate::store) rendered: &'a str,
    pub(in crate::store) packed: Option<&'a [u8]>,
    /// Whether it needs none itself.
    pub(in crate::store) is_base: bool,
}

/// Reads the segments of one edition, those without a base first: of these, the first is the dictionary of the others.
#[derive(Default)]
pub(in crate::store) struct Unpacker(Option<Decompressor<'static>>);

impl Unpacker {
    /// What one segment reads; nothing once it is forgotten.
    pub(in crate::store) fn rendered(&mut self, stored: &Stored<'_>) -> io::Result<Option<Rendered>> {
        let text = match stored.packed {
            None if stored.rendered.is_empty() => return Ok(None),
            None => return Ok(Some(serde_json::from_str(stored.rendered)?)),
            Some(frame) if stored.is_base => {
                let text = zstd::bulk::decompress(frame, MOST)?;
                if self.0.is_none() {
                    self.0 = Some(Decompressor::with_dictionary(&text)?);
                }
                text
            }
            Some(frame) => {
                let missing = || io::Error::other("its dictionary is missing");
                self.0.as_mut().ok_or_else(missing)?.decompress(frame, MOST)?
            }
        };
        Ok(Some(serde_json::from_slice(&text)?))
    }
}
