//! A picture on its way: into mails, onto pages and into feeds, and away again when its activity is withdrawn.

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::net::TcpStream;

use image::{ImageFormat, Rgb, RgbImage};
use mail_parser::{MessageParser, MimeHeaders as _};

use crate::support::fixture::{BASE, Fixture, entry};
use crate::support::http::{ask, daemon};
use crate::support::library_fixture::{BANDS, FRESH, add_theme, clear};

const MONDAY: &str = "2026-11-30T08:00:00Z";

const IMAGE: &str = "\n[image]\nfile = \"box.png\"\nalt = \"A box with a lock\"\ncredit = \"Drawing: A. Painter\"\n";

fn drawing() -> Vec<u8> {
    let image =
        RgbImage::from_fn(
            1_400,
            700,
            |x, y| if (x / 70 + y / 70) % 2 == 0 { Rgb([217, 138, 0]) } else { Rgb([255; 3]) },
        );
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

/// A service whose activity for the youngest has a picture.
fn fixture() -> Fixture {
    let young = entry("Young", "school", "\"young@school.example\"", "[\"4-5\", \"5-7\"]");
    let old = entry("Old", "school", "\"old@school.example\"", "[\"14+\"]");
    let fixture = Fixture::new(&format!("{BASE}{young}{old}"));
    clear(&fixture);
    add_theme(&fixture, "secrets", FRESH, &BANDS);
    fixture.edit("activities/secrets/4-5.md", FRESH, &format!("{FRESH}{IMAGE}"));
    fs::write(fixture.path("activities/secrets/box.png"), drawing()).unwrap();
    fixture
}

/// What is served at an address: its headers in small letters, and its bytes.
fn bytes(port: u16, path: &str, more: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: activities.example.org\r\nConnection: close\r\n{more}\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase(), answer[end + 4..].to_vec())
}

/// The paths of the pictures that HTML shows or links to, in their order.
fn pictures_in(html: &str) -> Vec<String> {
    let found = html.match_indices("/pictures/").map(|(at, _)| html[at..].split(['"', '&', '<', '\n']).next().unwrap());
    let mut found: Vec<String> = found.map(|path| path.trim().to_owned()).collect();
    found.dedup();
    found
}

#[test]
fn only_mails_that_show_a_picture_bring_it() {
    let fixture = fixture();
    fixture.at(MONDAY, &["send"]).exits(0);
    let mails = fixture.mails();
    let of = |to: &str| mails.iter().find(|mail| mail.to.contains(to)).unwrap();
    let (young, old) = (of("young@"), of("old@"));
    let message = MessageParser::default().parse(&young.raw).unwrap();
    let picture = message.attachments().next().unwrap();
    assert!(young.html.contains(&format!("src=\"cid:{}\"", picture.content_id().unwrap())), "{}", young.html);
    assert!(young.html.contains("alt=\"A box with a lock\"") && young.html.contains("Drawing: A. Painter"));
    assert!(young.text.contains("[Picture: A box with a lock. Drawing: A. Painter.]"), "{}", young.text);
    let shown = image::load_from_memory(picture.contents()).unwrap();
    assert_eq!((shown.width(), shown.height()), (1_120, 560));
    assert!(picture.contents().len() <= 40_000);
    let raw = String::from_utf8_lossy(&old.raw);
    for word in ["multipart/related", "cid:", "[Picture", "box.png"] {
        assert!(!raw.contains(word), "{word}");
    }
    assert!(old.html.contains("Open a square picture with the title"), "{}", old.html);
    assert_eq!(pictures_in(&old.html), pictures_in(&young.html), "the one to share, for everyone");
}

#[test]
fn the_web_shows_pictures_until_their_activity_is_withdrawn() {
    let fixture = fixture();
    fixture.at(MONDAY, &["send"]).exits(0);
    let (mut running, port) = daemon(&fixture);
    let page = |path: &str| ask(port, "GET", path, "").1;
    let activity = pictures_in(&page("/activities/secrets/4-5"));
    let [path] = activity.as_slice() else { panic!("{activity:?}") };
    let edition = page("/editions/7");
    let on_page = pictures_in(&edition);
    assert!(on_page.len() == 2 && on_page[0] == *path && on_page[1].contains(".png"), "{on_page:?}");
    for part in [
        "alt=\"A box with a lock\"",
        "textarea id=\"line\"",
        "readonly",
        "Copy this text",
        "download=\"share-edition-7.png\"",
    ] {
        assert!(edition.contains(part), "{part}: {edition}");
    }
    assert!(pictures_in(&page("/feed.rss")).contains(path));
    assert!(pictures_in(&page("/embed")).contains(&on_page[1]), "{}", page("/embed"));
    for path in &on_page {
        let (head, body) = bytes(port, path, "");
        for header in [
            "http/1.1 200",
            "content-type: image/png",
            "x-content-type-options: nosniff",
            "cache-control: public, max-age=86400\r\n",
            "sandbox",
        ] {
            assert!(head.contains(header), "{header}: {head}");
        }
        assert!(image::load_from_memory(&body).is_ok());
        let tag = format!("If-None-Match: \"{}\"\r\n", path.trim_start_matches("/pictures/"));
        assert!(bytes(port, path, &tag).0.starts_with("http/1.1 304"));
    }
    let share = image::load_from_memory(&bytes(port, &on_page[1], "").1).unwrap();
    assert_eq!((share.width(), share.height()), (1_080, 1_080));
    for other in ["/pictures/0123456789abcdef0123456789abcdef.png", "/pictures/x", "/pictures/..%2f..%2fconfig.toml"] {
        assert!(bytes(port, other, "").0.starts_with("http/1.1 404"), "{other}");
    }
    assert!(bytes(port, "/favicon.ico", "").0.starts_with("http/1.1 204"));
    fixture.at("2026-11-30T09:05:00Z", &["withdraw", "secrets/4-5"]).exits(0);
    assert!(bytes(port, path, "").0.starts_with("http/1.1 404"));
    assert!(bytes(port, &on_page[1], "").0.starts_with("http/1.1 200"));
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
}

/// Approved as one picture, it doesn't go out as another.
#[test]
fn another_picture_of_the_same_name_is_an_edit() {
    let fixture = fixture();
    fixture.edit("config.toml", "[schedule]\n", "[schedule]\napproval = \"required\"\n");
    fixture.at("2026-11-25T12:00:00Z", &["approve", "7"]).exits(0);
    let file = fixture.path("activities/secrets/box.png");
    let image = RgbImage::from_pixel(90, 50, Rgb([1, 2, 3]));
    image.save_with_format(&file, ImageFormat::Png).unwrap();
    let ran = fixture.at(MONDAY, &["send"]);
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(fixture.mail_count(), 0);
}
