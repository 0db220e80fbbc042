//! Drawings in few colours: a table of them makes a file a third as large, and nobody sees the difference.

use std::collections::HashMap;
use std::iter;

use image::RgbImage;

use super::problem::PictureProblem;

type Colour = [u8; 3];

/// As many as one byte tells apart.
const MOST: usize = 256;

/// With more colours than this it is a photograph.
const MOST_COLOURS: usize = 16_384;

/// How far a colour may be from the one in the table, as a sum of squares: the first that leaves few enough. At the last, each of
/// red, green and blue is off by 8 of 255.
const OFF: [u64; 6] = [0, 12, 27, 48, 108, 192];

/// A drawing as a table of colours and one byte for each pixel.
pub(super) struct Indexed {
    palette: Vec<Colour>,
    pixels: Vec<u8>,
    size: (u32, u32),
}

impl Indexed {
    /// `image` in its most frequent colours, where that is what it looks like; `None` for a photograph.
    pub(super) fn of(image: &RgbImage) -> Option<Self> {
        let mut counts: HashMap<Colour, u64> = HashMap::new();
        for (colour, length) in runs(image) {
            *counts.entry(colour).or_default() += u64::try_from(length).unwrap_or_default();
            if counts.len() > MOST_COLOURS {
                return None;
            }
        }
        let mut by_use: Vec<(Colour, u64)> = counts.into_iter().collect();
        by_use.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
        let palette = OFF.iter().find_map(|off| palette(&by_use, *off))?;
        let places: HashMap<Colour, u8> =
            by_use.iter().filter_map(|(colour, _)| Some((*colour, nearest(&palette, *colour)?.0))).collect();
        let size = image.dimensions();
        let pixels = runs(image).flat_map(|(colour, length)| iter::repeat_n(places[&colour], length)).collect();
        Some(Self { palette, pixels, size })
    }

    /// The whole file.
    pub(super) fn png(&self) -> Result<Vec<u8>, PictureProblem> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.size.0, self.size.1);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(self.palette.concat());
        encoder.set_compression(png::Compression::High);
        // Neighbours in the table are no neighbours in colour (PNG 3 §12.7).
        encoder.set_filter(png::Filter::NoFilter);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.pixels));
        written.map_err(|_| PictureProblem::Broken)?;
        Ok(out)
    }
}

/// The pixels, line by line, as a colour and how often it stands there in a row: a drawing has few of those.
fn runs(image: &RgbImage) -> impl Iterator<Item = (Colour, usize)> {
    let (pixels, _) = image.as_raw().as_chunks::<3>();
    pixels.chunk_by(|a, b| a == b).filter_map(|run| Some((*run.first()?, run.len())))
}

/// The colours of which every other is at most `off` away, the most frequent first; `None` for too many.
fn palette(by_use: &[(Colour, u64)], off: u64) -> Option<Vec<Colour>> {
    let mut palette: Vec<Colour> = Vec::new();
    for (colour, _) in by_use {
        if nearest(&palette, *colour).is_none_or(|(_, distance)| distance > off) {
            if palette.len() == MOST {
                return None;
            }
            palette.push(*colour);
        }
    }
    Some(palette)
}

/// The place of the nearest colour in the table, and how far it is.
fn nearest(palette: &[Colour], colour: Colour) -> Option<(u8, u64)> {
    let distance =
        |other: &Colour| -> u64 { other.iter().zip(colour).map(|(a, b)| u64::from(a.abs_diff(b)).pow(2)).sum() };
    let (place, distance) =
        palette.iter().map(distance).enumerate().min_by_key(|(place, distance)| (*distance, *place))?;
    Some((u8::try_from(place).ok()?, distance))
}
