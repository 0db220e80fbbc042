//! What a file is, told from its first bytes and its header, before any of its pixels is read.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ImageDecoder, Limits};

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
            let png = PngDecoder::with_limits(reader, limits.clone()).map_err(broken)?;
            still(png.is_apng().map_err(broken)?)?;
            Box::new(png)
        }
        Kind::Jpeg => {
            let markers = Markers::of(bytes);
            if markers.components == Some(4) {
                return Err(PictureProblem::PrintersColours);
            }
            // The decoder takes a picture that was cut off for one with a grey end.
            if !markers.is_whole {
                return Err(PictureProblem::Broken);
            }
            Box::new(JpegDecoder::new(reader).map_err(broken)?)
        }
        Kind::WebP => {
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

fn still(moves: bool) -> Result<(), PictureProblem> {
    if moves { Err(PictureProblem::Moves) } else { Ok(()) }
}

pub(super) fn broken(_: image::ImageError) -> PictureProblem {
    PictureProblem::Broken
}

/// What a JPEG file's markers say (ITU-T T.81 §B.1).
struct Markers {
    /// How many colours a pixel is made of; four are a printer's.
    components: Option<u8>,
    /// Whether an end of image follows the first scan.
    is_whole: bool,
}

impl Markers {
    fn of(bytes: &[u8]) -> Self {
        let mut found = Self { components: None, is_whole: false };
        let mut at = 2;
        while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
            match marker {
                // Any number of these may stand before a marker.
                0xff => {
                    at += 1;
                    continue;
                }
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    found.components = bytes.get(at + 9).copied();
                }
                0xda => {
                    found.is_whole = memchr::memmem::find(&bytes[at..], &[0xff, 0xd9]).is_some();
                    return found;
                }
                _ => {}
            }
            at += 2 + usize::from(u16::from_be_bytes([high, low]));
        }
        found
    }
}
