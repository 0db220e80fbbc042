//! What files become pictures, and what is told of those that don't.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is how a test says what went wrong")]

use std::io::Cursor;
use std::process::Command;
use std::time::{Duration, Instant};

use fortnightly::domain::picture::{MOST_BYTES, Picture};
use fortnightly::pictures::{PictureProblem, fit, inspect};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use crate::support::fixture::Fixture;
use crate::support::{library_fixture, root};

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A photograph of nothing: no two of its pixels are alike.
fn photograph(width: u32, height: u32) -> DynamicImage {
    let mut seed = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [noise, ..] = seed.to_be_bytes();
        let shade = |of: u32, whole: u32| u8::try_from(of * 200 / whole).unwrap();
        Rgb([shade(x, width) + noise / 8, shade(y, height) + noise / 8, 40 + noise / 4])
    })
    .into()
}

fn drawing(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([200, 30, 30]) } else { Rgb([20, 80, 160]) }).into()
}

fn shown(picture: &Picture) -> RgbImage {
    image::load_from_memory(&picture.bytes).unwrap().into_rgb8()
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
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
fn png_of_size(width: u32, height: u32, extra: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    out.extend(chunk(*b"IHDR", &header));
    out.extend_from_slice(extra);
    out.extend(chunk(*b"IDAT", &[0x78, 0x01, 0x01, 0, 0, 0xff, 0xff, 0, 0, 0, 1]));
    out.extend(chunk(*b"IEND", &[]));
    out
}

fn bomb() -> Vec<u8> {
    png_of_size(50_000, 50_000, &[])
}

/// A JPEG file with a camera's words in it (EXIF): it was held on its side, and where it was.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
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

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn a_picture_is_made_to_fit_and_is_the_same_each_time() {
    for (image, format) in [
        (photograph(3_000, 2_000), ImageFormat::Jpeg),
        (photograph(700, 1_600), ImageFormat::Png),
        (drawing(2_000, 900), ImageFormat::WebP),
    ] {
        let file = encoded(&image, format);
        let picture = fit(&file, MOST_BYTES).unwrap();
        assert!(
            picture.bytes.len() <= MOST_BYTES && picture.info.width.max(picture.info.height) <= 1_120,
            "{picture:?}"
        );
        let (was, is) = (f64::from(image.width()) / f64::from(image.height()), &picture.info);
        assert!((f64::from(is.width) / f64::from(is.height) - was).abs() < 0.02, "{picture:?}");
        assert_eq!(shown(&picture).dimensions(), (is.width, is.height));
        assert_eq!(fit(&file, MOST_BYTES), Ok(picture));
    }
}

#[test]
fn a_drawing_stays_as_sharp_as_it_is_and_a_small_picture_as_small() {
    let picture = fit(&encoded(&drawing(600, 300), ImageFormat::Png), MOST_BYTES).unwrap();
    assert_eq!((picture.info.name.media_type(), picture.info.width), ("image/png", 600));
    assert_eq!(DynamicImage::from(shown(&picture)), drawing(600, 300));
}

#[test]
fn less_room_makes_a_smaller_picture_and_never_a_larger_one() {
    let file = encoded(&photograph(1_200, 900), ImageFormat::Jpeg);
    for most in [40_000, 30_000, 10_000, 3_000] {
        assert!(fit(&file, most).unwrap().bytes.len() <= most);
    }
    assert_eq!(fit(&file, 100), Err(PictureProblem::CannotFit));
}

#[test]
fn what_a_camera_said_is_gone_and_the_picture_stands_upright() {
    let file = with_exif(&encoded(&drawing(300, 200), ImageFormat::Jpeg));
    assert!(contains(&file, b"Exif") && contains(&file, b"53.2274N"));
    let picture = fit(&file, MOST_BYTES).unwrap();
    for word in [&b"Exif"[..], b"GPS", b"53.2274N", b"2026"] {
        assert!(!contains(&picture.bytes, word));
    }
    assert_eq!((picture.info.width, picture.info.height), (200, 300));
    // Turned to the right: what was on the left is at the top.
    let shown = shown(&picture);
    assert!(shown.get_pixel(100, 20).0[0] > 150 && shown.get_pixel(100, 280).0[0] < 60);
}

#[test]
fn transparency_becomes_white_and_sixteen_bits_become_eight() {
    let lines = RgbaImage::from_fn(80, 40, |x, _| Rgba([0, 0, 0, if x % 20 == 0 { 255 } else { 0 }]));
    let picture = fit(&encoded(&lines.into(), ImageFormat::Png), MOST_BYTES).unwrap();
    assert_eq!((shown(&picture).get_pixel(5, 5).0, shown(&picture).get_pixel(20, 5).0), ([255; 3], [0; 3]));
    let deep = DynamicImage::from(drawing(80, 40).into_rgb16());
    let picture = fit(&encoded(&deep, ImageFormat::Png), MOST_BYTES).unwrap();
    assert_eq!(DynamicImage::from(shown(&picture)), drawing(80, 40));
}

#[test]
fn what_cannot_be_shown_is_told() {
    let jpeg = encoded(&photograph(300, 200), ImageFormat::Jpeg);
    let png = encoded(&photograph(300, 200), ImageFormat::Png);
    let webp = encoded(&drawing(300, 200), ImageFormat::WebP);
    let cut_off = |bytes: &[u8]| fit(&bytes[..bytes.len() / 2], MOST_BYTES);
    assert_eq!(cut_off(&jpeg), Err(PictureProblem::Broken));
    assert_eq!(cut_off(&png), Err(PictureProblem::Broken));
    assert_eq!(cut_off(&webp), Err(PictureProblem::Broken));
    let mut damaged = png.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0x55);
    assert_eq!(fit(&damaged, MOST_BYTES), Err(PictureProblem::Broken));
    for (bytes, problem) in [
        (b"GIF89a\x01\x00\x01\x00".to_vec(), PictureProblem::Gif),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), PictureProblem::Unknown),
        (Vec::new(), PictureProblem::Unknown),
        (png_of_size(4, 4, &chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])), PictureProblem::Moves),
        (moving_webp(), PictureProblem::Moves),
        (printers(&jpeg), PictureProblem::PrintersColours),
        (png_of_size(8_001, 10, &[]), PictureProblem::TooLarge { width: 8_001, height: 10 }),
        (png_of_size(6_000, 4_001, &[]), PictureProblem::TooLarge { width: 6_000, height: 4_001 }),
        (bomb(), PictureProblem::TooLarge { width: 50_000, height: 50_000 }),
        (vec![0; 10_000_001], PictureProblem::TooManyBytes(10_000_001)),
    ] {
        assert_eq!(inspect(&bytes), Err(problem.clone()));
        assert_eq!(fit(&bytes, MOST_BYTES), Err(problem));
    }
}

/// An animated WebP (its container says so), of one frame.
fn moving_webp() -> Vec<u8> {
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
fn printers(jpeg: &[u8]) -> Vec<u8> {
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let mut out = jpeg.to_vec();
    out[at + 9] = 4;
    let more = out[at + 16..at + 19].to_vec();
    out.splice(at + 19..at + 19, more);
    out[at + 3] += 3;
    out
}

/// Whatever stands in a file: an answer, and no panic. The decoders' own panics would be caught; there should be none.
#[test]
fn a_thousand_damaged_files_are_answered() {
    let files = [
        encoded(&photograph(48, 32), ImageFormat::Jpeg),
        with_exif(&encoded(&drawing(48, 32), ImageFormat::Jpeg)),
        encoded(&photograph(48, 32), ImageFormat::Png),
        encoded(&DynamicImage::from(drawing(48, 32).into_rgba16()), ImageFormat::Png),
        encoded(&photograph(48, 32), ImageFormat::WebP),
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(below).unwrap()).unwrap()
    };
    for round in 0..1_000 {
        let mut file = files[round % files.len()].clone();
        for _ in 0..=random(8) {
            let at = random(file.len());
            match random(4) {
                0 => file.truncate(at.max(1)),
                1 => drop(file.remove(at)),
                _ => file[at] = u8::try_from(random(256)).unwrap(),
            }
            if file.len() < 2 {
                break;
            }
        }
        if let Ok(picture) = fit(&file, MOST_BYTES) {
            assert!(picture.bytes.len() <= MOST_BYTES);
        }
    }
}

/// A library of one theme, whose first activity shows `file`.
fn library_with(file: &str, bytes: &[u8]) -> Fixture {
    let fixture = Fixture::shipped();
    library_fixture::stock(&fixture);
    let activity = std::fs::read_dir(fixture.path("activities")).unwrap().map(|entry| entry.unwrap().path());
    let theme = activity.filter(|path| path.is_dir()).min().unwrap();
    std::fs::write(theme.join(file), bytes).unwrap();
    let image = format!(
        "[image]\nfile = \"{file}\"\nalt = \"A box with a lock\"\ncredit = \"Drawing: A. Painter\"\n+++\n\n## Get"
    );
    let path = format!("activities/{}/4-5.md", theme.file_name().unwrap().to_str().unwrap());
    fixture.edit(&path, "+++\n\n## Get", &image);
    fixture
}

#[test]
fn check_tells_which_picture_is_wrong_and_why() {
    let jpeg = encoded(&photograph(300, 200), ImageFormat::Jpeg);
    let mut damaged = encoded(&photograph(300, 200), ImageFormat::Png);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0x55);
    for (file, bytes, says, code) in [
        ("box.jpg", jpeg.clone(), "", 0),
        ("box.png", jpeg.clone(), "“box.png” is a JPG picture, whatever its name says", 0),
        ("box.png", damaged, "“box.png” is damaged or cut off", 1),
        ("box.jpg", jpeg[..jpeg.len() / 2].to_vec(), "“box.jpg” is damaged or cut off", 1),
        ("box.png", b"GIF89a".to_vec(), "“box.png” is a GIF, which isn’t shown", 1),
    ] {
        let ran = library_with(file, &bytes).at("2026-09-01T09:00:00Z", &["check"]).exits(code);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(says), "{said}");
        assert_eq!(said.contains("4-5.md:"), !says.is_empty(), "{said}");
    }
}

/// 50,000 × 50,000 pixels would take 7 GB.
#[test]
fn a_bomb_is_refused_at_once_and_in_little_memory() {
    let begun = Instant::now();
    for _ in 0..100 {
        assert!(inspect(&bomb()).is_err() && fit(&bomb(), MOST_BYTES).is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let peak = |bytes: &[u8]| {
        let fixture = library_with("box.png", bytes);
        let measure = "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n\
                       print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
        let program = env!("CARGO_BIN_EXE_fortnightly");
        let out =
            Command::new("python3").args(["-c", measure, program, "check"]).current_dir(fixture.path("")).output();
        String::from_utf8(out.unwrap().stdout).unwrap().trim().parse::<u64>().unwrap()
    };
    let (calm, bombed) = (peak(&encoded(&drawing(8, 8), ImageFormat::Png)), peak(&bomb()));
    assert!(bombed < calm + 64 * 1024, "{calm} and {bombed} KiB, below {}", root().display());
}
