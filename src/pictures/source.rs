//! What a file is, told from its first bytes and its header, before any of its pixels is read.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ImageDecoder, Limits};

use super::jpeg::Markers;
use super::limits::{MOST_FILE_BYTES, MOST_MEMORY, MOST_PIXELS, MOST_SIDE};
use super::problem::PictureProblem;

/// What kind of picture a file is, whatever its name ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Png,
    Jpeg,
    WebP,
}

impl Kind {
    fn of(bytes: &[u8]) -> Result<Self, PictureProblem> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Self::WebP),
            [b'G', b'I', b'F', b'8', ..] => Err(PictureProblem::Gif),
            _ => Err(PictureProblem::Unknown),
        }
    }

    /// What the names of such files end in; the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::WebP => &["webp"],
        }
    }
}

/// Looks at a file's header alone.
///
/// # Errors
/// When it isn't a still picture in colours for a screen, or has more bytes or pixels than are read.
pub fn inspect(bytes: &[u8]) -> Result<Kind, PictureProblem> {
    let length = bytes.len() as u64;
    if length > MOST_FILE_BYTES {
        return Err(PictureProblem::TooManyBytes(length));
    }
    let kind = Kind::of(bytes)?;
    guarded(|| open(bytes).map(drop))?;
    Ok(kind)
}

/// Runs what reads a file. Should a decoder panic over bytes that nobody foresaw, the file is broken, and the service is not.
pub(super) fn guarded<T>(
    read: impl FnOnce() -> Result<T, PictureProblem> + std::panic::UnwindSafe,
) -> Result<T, PictureProblem> {
    std::panic::catch_unwind(read).unwrap_or(Err(PictureProblem::Broken))
}

/// A decoder that has read the header and keeps our limits.
pub(super) fn open(bytes: &[u8]) -> Result<Box<dyn ImageDecoder + '_>, PictureProblem> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    let reader = Cursor::new(bytes);
    let mut decoder: Box<dyn ImageDecoder + '_> = match Kind::of(bytes)? {
        Kind::Png => {
            whole(png_is_whole(bytes))?;
            let png = PngDecoder::with_limits(reader, limits.clone()).map_err(broken)?;
            still(png.is_apng().map_err(broken)?)?;
            Box::new(png)
        }
        Kind::Jpeg => {
            let markers = Markers::of(bytes);
            if markers.components.len() == 4 {
                return Err(PictureProblem::PrintersColours);
            }
            // The decoder takes a picture that was cut off for one with a grey end.
            whole(markers.is_whole)?;
            if markers.memory() > MOST_MEMORY {
                return Err(markers.too_large());
            }
            Box::new(JpegDecoder::new(reader).map_err(broken)?)
        }
        Kind::WebP => {
            whole(webp_is_whole(bytes))?;
            let webp = WebPDecoder::new(reader).map_err(broken)?;
            still(webp.has_animation())?;
            Box::new(webp)
        }
    };
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MOST_SIDE || pixels > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(PictureProblem::TooLarge { width, height });
    }
    decoder.set_limits(limits).map_err(broken)?;
    Ok(decoder)
}

/// What was cut off is told before its pixels are read, so that whoever only looks at the header sees it, too.
fn whole(is_whole: bool) -> Result<(), PictureProblem> {
    if is_whole { Ok(()) } else { Err(PictureProblem::Broken) }
}

/// Whether the chunks of a PNG file go on to the one that ends it (PNG 3 §5.3).
fn png_is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((&[a, b, c, d, ref kind @ ..], after)) = rest.split_first_chunk::<8>() {
        // After the data comes a checksum of four bytes.
        let length = u64::from(u32::from_be_bytes([a, b, c, d])) + 4;
        let Some(next) = usize::try_from(length).ok().and_then(|length| after.get(length..)) else { return false };
        if kind == b"IEND" {
            return true;
        }
        rest = next;
    }
    false
}

/// Whether a WebP file is as long as it says (RFC 9649 §2.4).
fn webp_is_whole(bytes: &[u8]) -> bool {
    let Some(&[a, b, c, d]) = bytes.get(4..8) else { return false };
    u64::from(u32::from_le_bytes([a, b, c, d])) + 8 <= bytes.len() as u64
}

fn still(moves: bool) -> Result<(), PictureProblem> {
    if moves { Err(PictureProblem::Moves) } else { Ok(()) }
}

pub(super) fn broken(_: image::ImageError) -> PictureProblem {
    PictureProblem::Broken
}
