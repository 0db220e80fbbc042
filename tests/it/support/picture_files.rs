//! Files that are pictures, and files that should be.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A photograph of nothing: no two of its pixels are alike.
pub(crate) fn photograph(width: u32, height: u32) -> DynamicImage {
    let mut seed = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [noise, ..] = seed.to_be_bytes();
        let shade = |of: u32, whole: u32| u8::try_from(of * 200 / whole).unwrap();
        Rgb([shade(x, width) + noise / 8, shade(y, height) + noise / 8, 40 + noise / 4])
    })
    .into()
}

pub(crate) fn drawing(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([200, 30, 30]) } else { Rgb([20, 80, 160]) }).into()
}

pub(crate) fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    let mut crc = !0_u32;
    for byte in &out[4..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    out.extend_from_slice(&(!crc).to_be_bytes());
    out
}

/// A PNG file that claims this size, with `extra` between its header and its pixels.
pub(crate) fn png_of_size(width: u32, height: u32, extra: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    out.extend(chunk(*b"IHDR", &header));
    out.extend_from_slice(extra);
    out.extend(chunk(*b"IDAT", &[0x78, 0x01, 0x01, 0, 0, 0xff, 0xff, 0, 0, 0, 1]));
    out.extend(chunk(*b"IEND", &[]));
    out
}

pub(crate) fn bomb() -> Vec<u8> {
    png_of_size(50_000, 50_000, &[])
}

/// A JPEG file with a camera's words in it (EXIF): it was held on its side, and where it was.
pub(crate) fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    // TIFF header, and one directory of two entries: orientation 6, and a directory of GPS data at 38.
    let mut tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x02".to_vec();
    tiff.extend_from_slice(b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00");
    tiff.extend_from_slice(b"\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00");
    tiff.extend_from_slice(b"\x00\x01\x00\x1d\x00\x02\x00\x00\x00\x0b\x00\x00\x00\x38\x00\x00\x00\x002026:11:30\x00");
    let mut segment = b"Exif\x00\x00".to_vec();
    segment.extend(tiff);
    segment.extend_from_slice(b"GPS 53.2274N 4.1293W");
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}

/// An animated WebP (its container says so), of one frame.
pub(crate) fn moving_webp() -> Vec<u8> {
    let still = encoded(&drawing(4, 4), ImageFormat::WebP);
    let bitstream = &still[12..];
    let mut body = b"WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x03\x00\x00".to_vec();
    body.extend_from_slice(b"ANIM\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    let frame = [&[0; 6][..], &[3, 0, 0, 3, 0, 0, 100, 0, 0, 0], bitstream].concat();
    body.extend_from_slice(b"ANMF");
    body.extend_from_slice(&u32::try_from(frame.len()).unwrap().to_le_bytes());
    body.extend(frame);
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [&b"RIFF"[..], &length, &body].concat()
}

/// A JPEG whose header says that a pixel has four colours.
pub(crate) fn printers(jpeg: &[u8]) -> Vec<u8> {
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let mut out = jpeg.to_vec();
    out[at + 9] = 4;
    let more = out[at + 16..at + 19].to_vec();
    out.splice(at + 19..at + 19, more);
    out[at + 3] += 3;
    out
}
