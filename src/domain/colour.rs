//! Colours, and whether text can be read in or on them (WCAG 2.2 §1.4.3, §1.4.6).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A colour of the screen (sRGB). It is written `#rrggbb`, in small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// The least contrast of text (WCAG 2.2 §1.4.3).
pub const READABLE: f64 = 4.5;

/// The contrast at which text is also read by those who see less (WCAG 2.2 §1.4.6).
const EASY: f64 = 7.0;

/// Of all grounds that text stands on in light mode, the one with the least light; the palette's test compares.
pub const DARKEST_LIGHT_GROUND: Colour = Colour::of("#f2e6f7");

/// Of all grounds that text stands on in dark mode, the one with the most light.
pub const LIGHTEST_DARK_GROUND: Colour = Colour::of("#1b3a23");

/// How much light a large area gives at most in dark mode, as relative luminance.
const DARK_AREA: f64 = 0.037;

/// Why a text is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a colour: a colour is a # and six of the digits 0 to 9 and a to f")]
pub struct NotAColour;

impl Colour {
    pub const WHITE: Self = Self::of("#ffffff");

    /// Red, green and blue.
    pub fn channels(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }

    /// A colour that is written in the program.
    pub(crate) const fn of(literal: &str) -> Self {
        Self::read(literal).expect("a literal of the right form: the compiler tries it")
    }

    const fn read(text: &str) -> Option<Self> {
        let [b'#', digits @ ..] = text.as_bytes() else { return None };
        let [r1, r2, g1, g2, b1, b2] = *digits else { return None };
        match (byte(r1, r2), byte(g1, g2), byte(b1, b2)) {
            (Some(red), Some(green), Some(blue)) => Some(Self { red, green, blue }),
            _ => None,
        }
    }

    /// How much light it gives, from 0 for black to 1 for white (WCAG 2.2, “relative luminance”).
    pub fn luminance(self) -> f64 {
        light_of(self.linear())
    }

    /// From 1 for two equal colours to 21 for black and white (WCAG 2.2, “contrast ratio”).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(other) / one.min(other)
    }

    /// Itself, or the same hue with no more light than this.
    fn darkened_to(self, most: f64) -> Self {
        let light = self.luminance();
        if light <= most {
            return self;
        }
        // Luminance is a sum of the three, so it shrinks as they do. Rounded down, it is never above.
        Self::from_linear(self.linear().map(|channel| channel * most / light), f64::floor)
    }

    /// Itself, or the same hue with no less light than this: as strong as the screen can show it, then paler.
    fn lightened_to(self, least: f64) -> Self {
        let light = self.luminance();
        if light >= least {
            return self;
        }
        let linear = self.linear();
        let strongest = linear.into_iter().fold(0.0, f64::max);
        let by = if strongest > 0.0 { (1.0 / strongest).min(least / light) } else { 1.0 };
        let strong = linear.map(|channel| channel * by);
        let missing = (least - light_of(strong)).max(0.0) / (1.0 - light_of(strong)).max(f64::EPSILON);
        Self::from_linear(strong.map(|channel| channel + missing * (1.0 - channel)), f64::ceil)
    }

    /// Red, green and blue as amounts of light, 0 to 1 (IEC 61966-2-1).
    fn linear(self) -> [f64; 3] {
        [self.red, self.green, self.blue].map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn from_linear(linear: [f64; 3], round: fn(f64) -> f64) -> Self {
        let [red, green, blue] = linear.map(|light| {
            let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
            // What is whole but for the last digits of the arithmetic stays as it is.
            let exact = value * 255.0;
            let whole = if (exact - exact.round()).abs() < 1e-6 { exact.round() } else { round(exact) };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // From 0 to 255.
            let channel = whole.clamp(0.0, 255.0) as u8;
            channel
        });
        Self { red, green, blue }
    }
}

/// Two hexadecimal digits.
const fn byte(high: u8, low: u8) -> Option<u8> {
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => Some(high * 16 + low),
        _ => None,
    }
}

const fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        b'A'..=b'F' => Some(letter - b'A' + 10),
        _ => None,
    }
}

fn light_of([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl FromStr for Colour {
    type Err = NotAColour;

    fn from_str(text: &str) -> Result<Self, NotAColour> {
        Self::read(text).ok_or(NotAColour)
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An organisation's own colour, once it is known that links in it and white text on it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrandColour(Colour);

/// Why a colour cannot be an organisation's: it is too light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TooLight {
    /// Its contrast with the ground on which it is hardest to read.
    pub contrast: f64,
    /// The lightest colour of the same hue that would do.
    pub nearest: Colour,
}

impl BrandColour {
    /// # Errors
    /// When it cannot be read on every light ground. On dark ones a lighter shade is used, which always can.
    pub fn new(colour: Colour) -> Result<Self, TooLight> {
        let contrast = colour.contrast(DARKEST_LIGHT_GROUND);
        if contrast >= READABLE && colour.luminance() <= most_on_light() {
            return Ok(Self(colour));
        }
        Err(TooLight { contrast, nearest: colour.darkened_to(most_on_light()) })
    }

    /// For links and behind white text, in light mode: the colour itself.
    pub fn in_light(self) -> Colour {
        self.0
    }

    /// Behind white text, in dark mode.
    pub fn area_in_dark(self) -> Colour {
        self.0.darkened_to(DARK_AREA)
    }

    /// For links, in dark mode.
    pub fn text_in_dark(self) -> Colour {
        self.0.lightened_to((LIGHTEST_DARK_GROUND.luminance() + 0.05) * EASY - 0.05)
    }
}

/// The luminance that text on light grounds may have (WCAG 2.2, “contrast ratio”, solved for the darker colour).
fn most_on_light() -> f64 {
    (DARKEST_LIGHT_GROUND.luminance() + 0.05) / READABLE - 0.05
}

#[cfg(test)]
mod tests;
