//! Pictures that can't be shown, and a logo that can't: they stop nothing, and someone is told.

use std::fs;

use fortnightly::app::bootstrap;
use fortnightly::app::planner::Planner;
use fortnightly::app::publisher::{Outcome, Publisher};
use fortnightly::clock::Clock;
use fortnightly::domain::edition::EditionNumber;
use image::ImageFormat;
use mail_parser::MessageParser;

use crate::support::fixture::{BASE, Fixture, Ran, entry, until};
use crate::support::http::{ask, daemon, get};
use crate::support::library_fixture::{BANDS, FRESH, add_theme, clear};
use crate::support::picture_files::{
    bomb, chunk, drawing, encoded, moving_webp, photograph, png_of_size, printers, with_exif,
};
use crate::support::root;

const BEFORE: &str = "2026-11-23T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";

/// A picture as someone might hand it in.
struct Case {
    file: &'static str,
    /// `None` where there is no such file.
    bytes: Option<Vec<u8>>,
    is_shown: bool,
    /// What is said of it; empty where nothing is.
    says: &'static str,
}

fn case(file: &'static str, bytes: impl Into<Option<Vec<u8>>>, is_shown: bool, says: &'static str) -> Case {
    Case { file, bytes: bytes.into(), is_shown, says }
}

/// The header of a progressive JPEG of this size, and the beginning of its first scan.
fn progressive(width: u16, height: u16) -> Vec<u8> {
    let mut out = b"\xff\xd8\xff\xc2\x00\x11\x08".to_vec();
    out.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    out.extend_from_slice(b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00");
    out.extend_from_slice(b"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00\xff\xd9");
    out
}

/// The ten pictures of the issue, and others that come to mind.
fn cases() -> Vec<Case> {
    let jpeg = encoded(&photograph(300, 200), ImageFormat::Jpeg);
    let png = encoded(&photograph(300, 200), ImageFormat::Png);
    let webp = encoded(&drawing(300, 200), ImageFormat::WebP);
    let damaged = |bytes: &[u8]| {
        let mut damaged = bytes.to_vec();
        let middle = damaged.len() / 2;
        damaged[middle..middle + 40].fill(0x55);
        damaged
    };
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let located = with_exif(&encoded(&drawing(300, 200), ImageFormat::Jpeg));
    let moving = png_of_size(4, 4, &chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
    vec![
        case("huge.png", png_of_size(6_000, 4_001, &[]), false, "is 6000 × 4001 pixels large"),
        case("broken.png", damaged(&png), false, "is damaged or cut off"),
        case("animated.png", moving, false, "is a moving picture"),
        case("printed.jpg", printers(&jpeg), false, "is in a printer’s colours (CMYK)"),
        case("located.jpg", located, true, ""),
        case("bomb.png", bomb(), false, "is 50000 × 50000 pixels large"),
        case("cut-off.png", half(&png), false, "is damaged or cut off"),
        case("wrongly-named.png", jpeg.clone(), true, "is a JPG picture, whatever its name says"),
        case("empty.png", Vec::new(), false, "isn’t a PNG, JPEG or WebP picture"),
        case("words.png", b"A text file.\n".to_vec(), false, "isn’t a PNG, JPEG or WebP picture"),
        case("old.gif", b"GIF89a\x01\x00\x01\x00".to_vec(), false, "is a GIF, which isn’t shown"),
        case("gone.png", None, false, "there is no file “gone.png” beside this one"),
        case("../secret.png", None, false, "“../secret.png” is not a plain file name of a picture"),
        case("slow.jpg", progressive(6_000, 4_000), false, "is a progressive JPEG of 6000 × 4000 pixels"),
        case("moving.webp", moving_webp(), false, "is a moving picture"),
        case("cut-off.jpg", half(&jpeg), false, "is damaged or cut off"),
        case("cut-off.webp", half(&webp), false, "is damaged or cut off"),
        case("too-long.png", vec![0; 10_000_001], false, "is 11 MB large"),
        case("named-after-gif.gif", png, true, "is a PNG picture, whatever its name says"),
        case("plain.webp", webp, true, ""),
    ]
}

/// A service of which all bands are read, whose activities have these pictures, one for each band.
fn service(cases: &[Case], more: &str) -> Fixture {
    let all = entry("All", "school", "\"all@school.example\"", "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]");
    let fixture = Fixture::new(&format!("{}{all}", BASE.replace("[schedule]\n", &format!("[schedule]\n{more}"))));
    clear(&fixture);
    add_theme(&fixture, "secrets", FRESH, &BANDS);
    for (band, Case { file, bytes, .. }) in BANDS.iter().zip(cases) {
        let text = format!("activities/secrets/{}.md", name_of(band));
        let image = format!(
            "{FRESH}\n[image]\nfile = \"{file}\"\nalt = \"What {band} see\"\ncredit = \"Drawing: A. Painter\"\n"
        );
        fixture.edit(&text, FRESH, &image);
        if let Some(bytes) = bytes {
            fs::write(fixture.path("activities/secrets").join(file), bytes).unwrap();
        }
    }
    fixture
}

/// The name of a band's activity.
fn name_of(band: &str) -> String {
    band.replace('+', "plus")
}

fn pictures_of(raw: &[u8]) -> Vec<Vec<u8>> {
    let message = MessageParser::default().parse(raw).unwrap();
    message.parts.iter().filter(|part| part.is_binary()).map(|part| part.contents().to_vec()).collect()
}

/// Whatever is wrong with a picture: the library loads, and the activity goes out without it.
#[test]
fn a_picture_that_cannot_be_shown_stops_nothing_at_any_stage() {
    let all = cases();
    for cases in all.chunks(BANDS.len()) {
        let fixture = service(cases, "");
        let shown = cases.iter().filter(|case| case.is_shown).count();
        let lost: Vec<&Case> = cases.iter().filter(|case| !case.is_shown).collect();
        // Loaded, and checked.
        let checked = fixture.at(BEFORE, &["check", "--json"]).exits(0).json();
        let said = |case: &Case| {
            let found = checked.as_array().unwrap().iter();
            let message = |one: &serde_json::Value| one["message"].as_str().unwrap().to_owned();
            let of = |one: &&serde_json::Value| message(one).contains(&format!("“{}”", case.file));
            let found: Vec<_> = found.filter(of).collect();
            assert!(found.iter().all(|one| one["level"] == "warning" && !one["line"].is_null()), "{found:?}");
            found.iter().map(|one| message(one)).collect::<Vec<_>>()
        };
        for case in cases {
            let said = said(case);
            assert_eq!(said.len(), usize::from(!case.says.is_empty()), "{}: {said:?}", case.file);
            assert!(said.iter().all(|said| said.contains(case.says)), "{}: {said:?}", case.file);
            assert_eq!(said.iter().any(|said| said.contains("goes out without a picture")), !case.is_shown);
        }
        // Previewed.
        fixture.at(BEFORE, &["preview", "--edition", "7", "--out", "preview"]).exits(0);
        let raw = fs::read_dir(fixture.path("preview")).unwrap().map(|entry| entry.unwrap().path());
        let raw = raw.filter(|path| path.extension().is_some_and(|end| end == "eml"));
        let raw: Vec<Vec<u8>> = raw.map(|path| fs::read(path).unwrap()).collect();
        assert_eq!(raw.iter().map(|raw| pictures_of(raw).len()).collect::<Vec<_>>(), [shown]);
        // Published.
        let sent = fixture.at(MONDAY, &["send"]).exits(0);
        for case in &lost {
            let line = sent.stderr.lines().find(|line| line.contains("WARN") && line.contains(case.file));
            assert!(
                line.is_some_and(|line| line.contains("goes out without a picture")),
                "{}: {}",
                case.file,
                sent.stderr
            );
        }
        let mail = fixture.mails().remove(0);
        let brought = pictures_of(&mail.raw);
        assert_eq!(brought.len(), shown, "{}", mail.html);
        for bytes in &brought {
            assert!(!bytes.windows(4).any(|four| four == b"Exif" || four == b"GPS "), "a camera's words are gone");
        }
        for (band, case) in BANDS.iter().zip(cases) {
            assert_eq!(mail.html.contains(&format!("alt=\"What {band} see\"")), case.is_shown, "{}", case.file);
            assert_eq!(mail.text.contains(&format!("[Picture: What {band} see.")), case.is_shown, "{}", case.file);
            assert!(mail.html.contains(&format!("secrets/{}", name_of(band))), "{} goes out", case.file);
        }
        // On the web.
        let (_daemon, port) = daemon(&fixture);
        for (band, case) in BANDS.iter().zip(cases) {
            let (head, page) = ask(port, "GET", &format!("/activities/secrets/{}", name_of(band)), "");
            assert!(head.starts_with("http/1.1 200"), "{}: {head}", case.file);
            assert_eq!(page.contains("/pictures/") && page.contains(&format!("What {band} see")), case.is_shown);
        }
    }
}

/// What an edition ahead goes out without is said where people look for what needs them.
#[test]
fn a_picture_that_is_left_out_needs_a_person_while_it_is_in_what_will_be_sent() {
    let png = encoded(&drawing(300, 200), ImageFormat::Png);
    let damaged = [&png[..png.len() - 30], &[0x55; 10][..], &png[png.len() - 20..]].concat();
    let cases = [
        case("broken.png", damaged, false, ""),
        case("gone.png", None, false, ""),
        case("fine.png", png.clone(), true, ""),
    ];
    let fixture = service(&cases, "");
    fixture.at("2026-11-16T08:00:00Z", &["send", "--edition", "6", "--yes"]).exits(0);
    let attention = || {
        let status = fixture.at(BEFORE, &["status", "--json"]).exits(0).json();
        let said = status["attention"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
        said.filter(|said| said.contains(".png")).collect::<Vec<_>>()
    };
    let said = attention();
    assert!(
        said.iter().any(|said| said.starts_with("edition 7: ")
            && said.contains("broken.png is damaged or cut off, so secrets/4-5 goes out without a picture: open it")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|said| said.contains("gone.png isn’t there, so secrets/5-7 goes out without a picture")),
        "{said:?}"
    );
    assert!(!said.iter().any(|said| said.contains("fine.png")));
    for file in ["broken.png", "gone.png"] {
        fs::write(fixture.path("activities/secrets").join(file), &png).unwrap();
    }
    assert_eq!(attention(), [""; 0]);
}

/// Approved with a picture, an edition may go out without it; with another one, it may not.
#[test]
fn a_picture_that_breaks_after_it_was_approved_takes_no_approval_back() {
    let png = encoded(&drawing(300, 200), ImageFormat::Png);
    for broken in [None, Some(&png[..png.len() / 2])] {
        let fixture = service(&[case("box.png", png.clone(), true, "")], "approval = \"required\"\n");
        fixture.at(BEFORE, &["approve", "7"]).exits(0);
        let file = fixture.path("activities/secrets/box.png");
        match broken {
            None => fs::remove_file(&file).unwrap(),
            Some(bytes) => fs::write(&file, bytes).unwrap(),
        }
        fixture.at(MONDAY, &["send"]).exits(0);
        let mail = fixture.mails().remove(0);
        assert!(pictures_of(&mail.raw).is_empty() && !mail.html.contains("What 4-5 see"));
    }
    // It is mended after it was approved: nobody has seen it yet.
    let fixture = service(&[case("box.png", png[..png.len() / 2].to_vec(), false, "")], "approval = \"required\"\n");
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    fs::write(fixture.path("activities/secrets/box.png"), &png).unwrap();
    assert_ne!(fixture.at(MONDAY, &["send"]).code, 0);
    assert_eq!(fixture.mail_count(), 0);
}

/// It was replaced a moment ago, and the library was read with the one before: not even the new one goes out unseen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_was_replaced_since_the_library_was_read_is_left_out() {
    let fixture = service(&[case("box.png", encoded(&drawing(300, 200), ImageFormat::Png), true, "")], "");
    let config = fortnightly::config::load(&fixture.path("config.toml")).unwrap();
    let now = MONDAY.parse().unwrap();
    let (app, content) = bootstrap::open_whole(config, Clock::Fixed(now)).await.unwrap();
    fortnightly::app::sync::sync(&app, true).await.unwrap();
    Planner::new(&app, &content).reconcile(now).await.unwrap();
    let other = encoded(&drawing(200, 100), ImageFormat::Png);
    fs::write(fixture.path("activities/secrets/box.png"), other).unwrap();
    let outcome = Publisher::new(&app, &content).publish(EditionNumber(7), now).await.unwrap();
    assert_eq!(outcome, Outcome::Sending);
    drop(app);
    assert_eq!(fixture.rows("SELECT subject FROM pictures WHERE edition = 7"), ["share"]);
}

/// A logo as someone might hand it in, and what is said of it.
fn logos() -> Vec<(&'static str, Option<Vec<u8>>, &'static str)> {
    let png = encoded(&drawing(300, 200), ImageFormat::Png);
    let jpeg = encoded(&photograph(300, 200), ImageFormat::Jpeg);
    let mut damaged = png.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 10].fill(0x55);
    vec![
        ("half uploaded", Some(png[..png.len() / 2].to_vec()), "logo.png is damaged or cut off"),
        ("damaged", Some(damaged), "logo.png is damaged or cut off"),
        ("CMYK", Some(printers(&jpeg)), "logo.png is in a printer’s colours"),
        ("too large", Some(vec![0; 1_000_001]), "logo.png is larger than 1 MB"),
        ("a bomb", Some(bomb()), "logo.png is 50000 × 50000 pixels large"),
        ("a text", Some(b"no picture".to_vec()), "logo.png isn’t a PNG"),
        ("gone", None, "logo.png isn’t there"),
    ]
}

fn with_logo(bytes: Option<&[u8]>) -> Fixture {
    let all = entry("All", "school", "\"all@school.example\"", "[\"8-10\"]");
    let fixture = Fixture::new(&format!("{}{all}", BASE.replace("reply_to", "logo = \"logo.png\"\nreply_to")));
    clear(&fixture);
    add_theme(&fixture, "secrets", FRESH, &BANDS);
    add_theme(&fixture, "videos", FRESH, &BANDS);
    if let Some(bytes) = bytes {
        fs::write(fixture.path("logo.png"), bytes).unwrap();
    }
    fixture
}

/// However broken the logo is: mails and pages show the name, and `check`, `status` and the log say so.
#[test]
fn a_broken_logo_gives_way_to_the_name() {
    for (what, bytes, says) in logos() {
        let fixture = with_logo(bytes.as_deref());
        let found = fixture.at(BEFORE, &["check", "--json"]).exits(0).json();
        let found = found.as_array().unwrap().iter().filter(|one| one["code"] == "bad-logo").collect::<Vec<_>>();
        let [found] = found.as_slice() else { panic!("{what}: {found:?}") };
        assert!(
            found["level"] == "warning" && found["line"] == 5 && found["message"].as_str().unwrap().contains(says),
            "{what}: {found}"
        );
        let status = fixture.at(BEFORE, &["status", "--json"]).exits(0).json();
        let needs = status["attention"].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
        assert_eq!(needs.filter(|said| said.contains(says)).count(), 1, "{what}: {status}");
        let sent = fixture.at(MONDAY, &["send"]).exits(0);
        assert!(sent.stderr.contains("show the service’s name in its place"), "{what}: {}", sent.stderr);
        let mail = fixture.mails().remove(0);
        assert!(
            pictures_of(&mail.raw).is_empty() && mail.html.contains(">Online Safety at Home</p>"),
            "{what}: {}",
            mail.html
        );
    }
}

/// What isn't about content never looks at the logo.
#[test]
fn a_broken_logo_keeps_nobody_from_deciding() {
    let fixture = with_logo(Some(b"no picture"));
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    let at = |arguments: &[&str]| -> Ran { fixture.at(BEFORE, arguments).exits(0) };
    for arguments in [
        &["sync"][..],
        &["status"],
        &["nodes"],
        &["plan"],
        &["hold", "7"],
        &["release", "7"],
        &["withdraw", "secrets/8-10"],
        &["withdraw", "7"],
        &["subscribe", "--email", "new@school.example", "--name", "New", "--sector", "school", "--bands", "8-10"],
        &["unsubscribe", "new@school.example"],
        &["subscribers", "list"],
        &["subscribers", "erase", "new@school.example", "--yes"],
        &["suppressions", "list"],
        &["deliveries", "list", "--edition", "6"],
        &["users", "list"],
        &["backup", "copy.backup"],
        &["report", "--out", "report.html"],
        &["preview", "--edition", "8", "--out", "preview"],
        &["templates", "diff"],
    ] {
        at(arguments);
    }
    let (mut running, port) = daemon(&fixture);
    for path in ["/", "/editions/6", "/embed", "/nowhere"] {
        let (_, page) = ask(port, "GET", path, "");
        assert!(
            !page.contains("alt=\"Online Safety at Home\"") && page.contains("Online Safety at Home"),
            "{path}: {page}"
        );
    }
    // Mended, it is shown at once.
    fs::copy(root().join("tests/fixtures/face/logo.png"), fixture.path("new.png")).unwrap();
    fs::rename(fixture.path("new.png"), fixture.path("logo.png")).unwrap();
    until("the logo is there", || get(port, "/", "").1.contains("<img src=\"/pictures/"));
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
}
