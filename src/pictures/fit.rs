//! Writes a picture so that it fits into a mail: as large and as good as there is room for.

use std::iter;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType as Scaling};
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _, RgbImage};

use super::palette::Indexed;
use super::problem::PictureProblem;
use super::read::read;
use super::source::broken;
use crate::domain::picture::{Picture, PictureForm};

/// The longest sides that are tried, in pixels: twice the width of a mail's column first, so that it is sharp on a screen of
/// small dots.
const SIDES: [u32; 8] = [1_120, 960, 800, 640, 480, 320, 240, 160];

/// The qualities of JPEG that are tried for each size; below the last, a smaller picture looks better than a worse one.
const QUALITIES: [u8; 3] = [84, 74, 64];

/// The picture in `bytes`, in at most `most` bytes. The same file becomes the same picture.
///
/// # Errors
/// When the file isn't a picture that can be shown.
pub fn fit(bytes: &[u8], most: usize) -> Result<Picture, PictureProblem> {
    fit_within(bytes, SIDES[0], most)
}

/// As [`fit`], with at most `side` pixels each way.
///
/// # Errors
/// As those of [`fit`].
pub fn fit_within(bytes: &[u8], side: u32, most: usize) -> Result<Picture, PictureProblem> {
    let (image, orientation) = read(bytes)?;
    let longest = image.width().max(image.height());
    let image = upright(if longest > 2 * side { halved(&image, side) } else { image }, orientation);
    let smaller = SIDES.into_iter().filter(|one| *one < side);
    let mut sides: Vec<u32> = iter::once(side).chain(smaller).map(|side| longest.min(side)).collect();
    sides.dedup();
    for side in sides {
        let scaled = scaled(&image, side);
        if let Some(picture) = written(&scaled, most)? {
            return Ok(picture);
        }
    }
    Err(PictureProblem::CannotFit)
}

/// Twice as large as the first size that is tried: a rough and quick step, so that the good one has less to do.
fn halved(image: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = within(image, 2 * side);
    imageops::thumbnail(image, width, height)
}

/// As it was held when it was taken.
fn upright(image: RgbImage, orientation: Orientation) -> RgbImage {
    let mut image = DynamicImage::from(image);
    image.apply_orientation(orientation);
    image.into_rgb8()
}

fn scaled(image: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = within(image, side);
    if (width, height) == image.dimensions() {
        return image.clone();
    }
    imageops::resize(image, width, height, Scaling::Lanczos3)
}

/// The size at which the longer side is `side`.
fn within(image: &RgbImage, side: u32) -> (u32, u32) {
    let (width, height) = image.dimensions();
    let longest = u64::from(width.max(height)).max(1);
    let of = |length: u32| {
        let length = (u64::from(length) * u64::from(side) + longest / 2) / longest;
        u32::try_from(length).unwrap_or(side).max(1)
    };
    (of(width), of(height))
}

/// The smaller one of PNG and JPEG, if it is small enough; else JPEG of a lower quality, if that is.
fn written(image: &RgbImage, most: usize) -> Result<Option<Picture>, PictureProblem> {
    let size = image.dimensions();
    let mut tried = vec![(jpeg(image, QUALITIES[0])?, PictureForm::Jpeg)];
    if let Some(drawing) = Indexed::of(image) {
        tried.insert(0, (drawing.png()?, PictureForm::Png));
    }
    tried.retain(|(bytes, _)| bytes.len() <= most);
    if let Some((bytes, form)) = tried.into_iter().min_by_key(|(bytes, _)| bytes.len()) {
        return Ok(Some(Picture::new(bytes, form, size)));
    }
    for quality in &QUALITIES[1..] {
        let bytes = jpeg(image, *quality)?;
        if bytes.len() <= most {
            return Ok(Some(Picture::new(bytes, PictureForm::Jpeg, size)));
        }
    }
    Ok(None)
}

fn jpeg(image: &RgbImage, quality: u8) -> Result<Vec<u8>, PictureProblem> {
    let mut out = Vec::new();
    let (width, height) = image.dimensions();
    let encoder = JpegEncoder::new_with_quality(&mut out, quality);
    encoder.write_image(image, width, height, ExtendedColorType::Rgb8).map_err(broken)?;
    Ok(out)
}
