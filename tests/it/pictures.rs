//! What files become pictures, and what is told of those that don't.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is how a test says what went wrong")]

use std::process::Command;
use std::time::{Duration, Instant};

use fortnightly::domain::picture::{MOST_BYTES, Picture};
use fortnightly::pictures::{PictureProblem, fit, inspect};
use image::{DynamicImage, ImageFormat, RgbImage, Rgba, RgbaImage};

use crate::support::fixture::Fixture;
use crate::support::picture_files::{
    bomb, chunk, drawing, encoded, moving_webp, photograph, png_of_size, printers, with_exif,
};
use crate::support::{library_fixture, root};

fn shown(picture: &Picture) -> RgbImage {
    image::load_from_memory(&picture.bytes).unwrap().into_rgb8()
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
    for (file, bytes, says) in [
        ("box.jpg", jpeg.clone(), ""),
        ("box.png", jpeg.clone(), "“box.png” is a JPG picture, whatever its name says"),
        ("box.png", damaged, "“box.png” is damaged or cut off: the activity goes out without a picture"),
        ("box.jpg", jpeg[..jpeg.len() / 2].to_vec(), "“box.jpg” is damaged or cut off"),
        ("box.png", b"GIF89a".to_vec(), "“box.png” is a GIF, which isn’t shown"),
    ] {
        let ran = library_with(file, &bytes).at("2026-09-01T09:00:00Z", &["check"]).exits(0);
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
