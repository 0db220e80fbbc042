//! A square picture with a title, for whoever passes an edition on.

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};
use image::{Rgb, RgbImage};

use super::palette::Indexed;
use super::problem::PictureProblem;
use crate::domain::picture::{Picture, PictureForm};

/// Pixels each way: what every service that shows square pictures takes.
const SIDE: u32 = 1_080;

/// Empty on all sides, in pixels.
const MARGIN: f32 = 96.0;

/// The heights of the title's letters that are tried, in pixels, and how many lines each may take.
const TITLES: [(f32, usize); 6] = [(156.0, 4), (124.0, 5), (104.0, 6), (86.0, 7), (68.0, 9), (54.0, 11)];

const SMALL: f32 = 46.0;

/// From one line to the next, in heights of a letter.
const LEADING: f32 = 1.16;

static FONT: &[u8] = include_bytes!("font/DejaVuSans-Bold.ttf");

/// What a square says, and in which colours.
#[derive(Debug, Clone, Copy)]
pub struct Square<'a> {
    pub title: &'a str,
    /// Whose it is.
    pub service: &'a str,
    /// Behind the letters, red, green and blue.
    pub ground: [u8; 3],
    pub ink: [u8; 3],
    /// Of the stripes at its foot.
    pub accents: [[u8; 3]; 5],
}

/// Draws a square. The same words become the same picture.
///
/// # Errors
/// [`PictureProblem::Broken`] should the font be.
pub fn square(square: &Square<'_>) -> Result<Picture, PictureProblem> {
    let font = FontRef::try_from_slice(FONT).map_err(|_| PictureProblem::Broken)?;
    let mut canvas = Canvas { image: RgbImage::from_pixel(SIDE, SIDE, Rgb(square.ground)), font, ink: square.ink };
    let service = canvas.folded(square.service, SMALL, 2);
    let foot = side() - MARGIN - height(&service, SMALL);
    canvas.write(&service, SMALL, foot);
    let (size, title) = canvas.title(square.title);
    canvas.write(&title, size, (foot - height(&title, size)) / 2.0);
    canvas.stripes(&square.accents);
    let bytes = Indexed::of(&canvas.image).ok_or(PictureProblem::CannotFit)?.png()?;
    Ok(Picture::new(bytes, PictureForm::Png, (SIDE, SIDE)))
}

struct Canvas {
    image: RgbImage,
    font: FontRef<'static>,
    ink: [u8; 3],
}

impl Canvas {
    /// The title in the largest letters in which all of it has room and no word is broken; a very long one is cut off.
    fn title(&self, title: &str) -> (f32, Vec<String>) {
        let most = |(size, most): (f32, usize)| (size, self.folded(title, size, most + 1), most);
        let drawn = self.drawable(title);
        let is_whole = |size: f32| drawn.split_whitespace().all(|word| self.width(word, size) <= Self::room());
        let fits = TITLES.into_iter().map(most).find(|(size, lines, most)| lines.len() <= *most && is_whole(*size));
        let (smallest, most) = TITLES[TITLES.len() - 1];
        fits.map_or_else(|| (smallest, self.folded(title, smallest, most)), |(size, lines, _)| (size, lines))
    }

    /// `text` in at most `most` lines, broken between words, and within one only where it is longer than a line.
    fn folded(&self, text: &str, size: f32, most: usize) -> Vec<String> {
        let room = Self::room();
        let mut lines: Vec<String> = Vec::new();
        for word in self.drawable(text).split_whitespace() {
            for part in self.parts(word, size) {
                match lines.last_mut() {
                    Some(line) if self.width(&format!("{line} {part}"), size) <= room => {
                        line.push(' ');
                        line.push_str(&part);
                    }
                    _ => lines.push(part),
                }
            }
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                while !last.is_empty() && self.width(&format!("{last}…"), size) > room {
                    last.pop();
                }
                last.push('…');
            }
        }
        lines
    }

    /// A word, in pieces that each have room on a line.
    fn parts(&self, word: &str, size: f32) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for c in word.chars() {
            match parts.last_mut() {
                Some(last) if self.width(&format!("{last}{c}"), size) <= Self::room() => last.push(c),
                _ => parts.push(c.to_string()),
            }
        }
        parts
    }

    fn room() -> f32 {
        side() - 2.0 * MARGIN
    }

    /// Without what the font cannot draw, such as emoji: an empty box says less than nothing.
    fn drawable(&self, text: &str) -> String {
        text.chars().filter(|c| c.is_whitespace() || self.font.glyph_id(*c).0 != 0).collect()
    }

    fn width(&self, line: &str, size: f32) -> f32 {
        self.places(line, size).1
    }

    /// How far each letter of a line is from its beginning, and how long the line is.
    fn places(&self, line: &str, size: f32) -> (Vec<(ab_glyph::GlyphId, f32)>, f32) {
        let font = self.font.as_scaled(PxScale::from(size));
        let (mut at, mut before, mut places) = (0.0, None, Vec::new());
        for c in line.chars() {
            let glyph = font.glyph_id(c);
            at += before.map_or(0.0, |before| font.kern(before, glyph));
            places.push((glyph, at));
            at += font.h_advance(glyph);
            before = Some(glyph);
        }
        (places, at)
    }

    /// Writes lines below `top`.
    fn write(&mut self, lines: &[String], size: f32, top: f32) {
        let ascent = self.font.as_scaled(PxScale::from(size)).ascent();
        let mut below = top;
        for line in lines {
            for (glyph, at) in self.places(line, size).0 {
                self.draw(glyph.with_scale_and_position(size, point(MARGIN + at, below + ascent)));
            }
            below += size * LEADING;
        }
    }

    fn draw(&mut self, glyph: ab_glyph::Glyph) {
        let Some(outline) = self.font.outline_glyph(glyph) else { return };
        let corner = outline.px_bounds().min;
        let (image, ink) = (&mut self.image, self.ink);
        outline.draw(|x, y, share| {
            if let (Some(x), Some(y)) = (pixel(corner.x, x), pixel(corner.y, y))
                && let Some(under) = image.get_pixel_mut_checked(x, y)
            {
                for (colour, ink) in under.0.iter_mut().zip(ink) {
                    *colour = mixed(*colour, ink, share);
                }
            }
        });
    }

    fn stripes(&mut self, accents: &[[u8; 3]; 5]) {
        let width = SIDE / 5;
        for y in SIDE - 44..SIDE {
            for x in 0..SIDE {
                let place = usize::try_from(x / width).unwrap_or_default().min(accents.len() - 1);
                self.image.put_pixel(x, y, Rgb(accents[place]));
            }
        }
    }
}

/// How high these lines are together.
#[allow(clippy::cast_precision_loss, reason = "there are few lines")]
fn height(lines: &[String], size: f32) -> f32 {
    lines.len() as f32 * size * LEADING
}

#[allow(clippy::cast_precision_loss, reason = "a number of pixels is small")]
fn side() -> f32 {
    SIDE as f32
}

/// A pixel of the whole picture; none to the left of it or above.
#[allow(clippy::cast_possible_truncation, reason = "a place in a picture is a small whole number")]
fn pixel(corner: f32, offset: u32) -> Option<u32> {
    u32::try_from(corner as i64 + i64::from(offset)).ok()
}

/// In steps of 16: more are not seen, and fewer colours make a smaller file.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it stays between two bytes")]
fn mixed(under: u8, ink: u8, share: f32) -> u8 {
    let share = (share.clamp(0.0, 1.0) * 16.0).round() / 16.0;
    (f32::from(under) + (f32::from(ink) - f32::from(under)) * share).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(title: &str) -> Picture {
        let accents = [[217, 138, 0], [217, 87, 59], [60, 141, 79], [47, 111, 181], [138, 79, 163]];
        let service = "Online Safety at Home";
        square(&Square { title, service, ground: [20, 80, 77], ink: [255; 3], accents }).unwrap()
    }

    #[test]
    fn any_title_becomes_a_small_square_and_the_same_each_time() {
        let long = "word ".repeat(120);
        let endless = "x".repeat(400);
        for title in ["Ask for help", "Gŵyl y Tŷ ŷ ẃ ẅ: cadw’n ddiogel 😀", "😀", "", &long, &endless, "a\u{300}b 漢字"]
        {
            let picture = drawn(title);
            assert_eq!((picture.info.width, picture.info.height), (SIDE, SIDE), "{title}");
            // No mail brings it.
            assert!(picture.bytes.len() <= 60_000, "{title}: {} bytes", picture.bytes.len());
            assert_eq!(picture, drawn(title));
        }
        assert_ne!(drawn("Ask for help").info.name, drawn("Ask for hope").info.name);
        assert_eq!(drawn("Kind words 😀").info.name, drawn("Kind words").info.name, "what cannot be drawn is left out");
    }

    #[test]
    fn the_letters_of_welsh_are_there_and_a_long_title_has_room() {
        let font = FontRef::try_from_slice(FONT).unwrap();
        let canvas = Canvas { image: RgbImage::new(SIDE, SIDE), font, ink: [255; 3] };
        let welsh = "âêîôûŵŷáéíóúẃýàèìòùẁỳäëïöüẅÿÂÊÎÔÛŴŶ";
        assert_eq!(canvas.drawable(welsh), welsh);
        for title in ["Ask", "Keep private things private", &"a longer title ".repeat(9), &"x".repeat(90)] {
            let (size, lines) = canvas.title(title);
            assert!(lines.iter().all(|line| canvas.width(line, size) <= Canvas::room()), "{lines:?}");
        }
        assert_eq!(canvas.title("Ask for help").1, ["Ask for", "help"]);
        // In the largest letters, “companions” would be broken before its last.
        assert_eq!(canvas.title("AI chatbots and companions").1, ["AI chatbots", "and", "companions"]);
    }
}
