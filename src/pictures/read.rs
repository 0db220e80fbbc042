//! From a file to pixels as a reader sees them: in 8 bits, on white.

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, Rgb, RgbImage};

use super::problem::PictureProblem;
use super::source::{broken, guarded, inspect, open};

/// The pixels of a file, and how they are to be turned: that is done once they are fewer.
///
/// # Errors
/// As [`inspect`], or when the file is broken further on.
pub(super) fn read(bytes: &[u8]) -> Result<(RgbImage, Orientation), PictureProblem> {
    inspect(bytes)?;
    guarded(|| {
        let mut decoder = open(bytes)?;
        // Before the file's other words are left behind: a camera that was held upright says so in them.
        let orientation = decoder.orientation().map_err(broken)?;
        let image = DynamicImage::from_decoder(decoder).map_err(broken)?;
        Ok((on_white(image), orientation))
    })
}

/// Whether a file can be shown, looked at to its last pixel.
///
/// # Errors
/// When it can't be.
pub fn check(bytes: &[u8]) -> Result<(), PictureProblem> {
    read(bytes).map(drop)
}

/// Whatever was transparent becomes white: dark lines on a dark mail would not be seen.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = image.get_pixel(x, y).0;
        Rgb([r, g, b].map(|colour| over_white(colour, alpha)))
    })
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_becomes_white() {
        assert_eq!((over_white(0, 0), over_white(0, 255), over_white(0, 128)), (255, 0, 127));
        assert_eq!((over_white(255, 255), over_white(200, 0)), (255, 255));
    }
}
