//! What a JPEG file says before its pixels: how large it is, in which colours, and how much memory it takes to read it.

use super::limits::{MOST_PIXELS, MOST_SIDE};
use super::problem::PictureProblem;

/// What a JPEG file's markers say (ITU-T T.81 §B.1).
#[derive(Debug, Default)]
pub(super) struct Markers {
    size: (u32, u32),
    /// How many samples each colour has across and down, where the least has one; four colours are a printer's.
    pub(super) components: Vec<(u64, u64)>,
    /// Whether the picture comes in several scans, each of which makes all of it sharper.
    is_progressive: bool,
    /// Whether an end of image follows the first scan.
    pub(super) is_whole: bool,
}

impl Markers {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut found = Self::default();
        let mut at = 2;
        while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
            match marker {
                // Any number of these may stand before a marker.
                0xff => {
                    at += 1;
                    continue;
                }
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    found.read_frame(marker, bytes.get(at + 4..).unwrap_or_default());
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

    /// Reads a frame header (§B.2.2), which begins after its length.
    fn read_frame(&mut self, marker: u8, header: &[u8]) {
        let Some((&[_, y, lines, x, samples, count], rest)) = header.split_first_chunk::<6>() else { return };
        self.size = (u16::from_be_bytes([x, samples]).into(), u16::from_be_bytes([y, lines]).into());
        self.is_progressive = matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
        let (components, _) = rest.as_chunks::<3>();
        let sampling = |&[_, factors, _]: &[u8; 3]| (u64::from(factors >> 4), u64::from(factors & 0xf));
        self.components = components.iter().take(count.into()).map(sampling).collect();
    }

    /// Bytes in memory that it takes to read one that comes in scans: all of its coefficients, of two bytes each, are kept until the
    /// last scan, and the pixels are made of them then. Any other takes no more than its pixels do.
    pub(super) fn memory(&self) -> u64 {
        if !self.is_progressive {
            return 0;
        }
        let pixels = u64::from(self.size.0) * u64::from(self.size.1);
        let most = |of: fn(&(u64, u64)) -> u64| self.components.iter().map(of).max().unwrap_or_default().max(1);
        let all: u64 = self.components.iter().map(|(across, down)| across * down).sum();
        let coefficients = pixels * all / (most(|one| one.0) * most(|one| one.1));
        2 * coefficients + self.components.len() as u64 * pixels
    }

    /// What is said of one that takes too much memory.
    pub(super) fn too_large(&self) -> PictureProblem {
        let (width, height) = self.size;
        let is_within = width.max(height) <= MOST_SIDE && u64::from(width) * u64::from(height) <= MOST_PIXELS;
        if is_within {
            PictureProblem::TooManyScans { width, height }
        } else {
            PictureProblem::TooLarge { width, height }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of this size, with these sampling factors.
    fn memory(marker: u8, (width, height): (u16, u16), factors: &[u8]) -> u64 {
        let mut header = vec![8];
        header.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
        header.push(u8::try_from(factors.len()).expect("few"));
        header.extend(factors.iter().flat_map(|factors| [1, *factors, 0]));
        let mut markers = Markers::default();
        markers.read_frame(marker, &header);
        assert_eq!(markers.size, (width.into(), height.into()));
        markers.memory()
    }

    #[test]
    fn what_comes_in_scans_is_counted_as_it_is_sampled() {
        assert_eq!(memory(0xc0, (6_000, 4_000), &[0x22, 0x11, 0x11]), 0, "line by line");
        assert_eq!(memory(0xc2, (1_000, 100), &[0x11, 0x11, 0x11]), 900_000);
        assert_eq!(memory(0xc2, (1_000, 100), &[0x22, 0x11, 0x11]), 600_000, "a quarter of the colours");
        assert_eq!(memory(0xc2, (1_000, 100), &[0x11]), 300_000, "grey");
        assert_eq!(memory(0xc2, (0, 0), &[]), 0);
    }
}
