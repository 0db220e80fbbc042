//! The organisation's logo and colour, its line at the foot and its privacy notice: in every mail and on every public page, also where
//! an organisation's own templates come from an older version; and nothing of it where it isn't set.

use std::fs;
use std::path::Path;

use crate::support::fixture::{BASE, Fixture, copy, entry};
use crate::support::http::{ask, daemon};
use crate::support::root;
use crate::support::sending::{WARNING, WARNING_TEXT};

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// The templates as they were shipped before there was anything of a face.
const OLD: &str = "tests/fixtures/shipped/2026-11-29";

const FACE: &str = r##"colour = "#5a1e6b"
footer = "Anyshire <b>County</b> & \"City\""
privacy_url = "https://anyshire.example/privacy?of=families&x=1"
"##;

/// The footer as HTML has it, and the address of the notice as a link.
const FOOTER: &str = "Anyshire &lt;b&gt;County&lt;/b&gt; &amp; &quot;City&quot;";
const LINK: &str = "href=\"https://anyshire.example/privacy?of=families&amp;x=1\"";

fn config(more: &str) -> String {
    let reply = "reply_to = \"team@example.org\"\n";
    assert!(BASE.contains(reply));
    let family = entry("Lantern Trust", "charity", "\"hello@lantern.example\"", "[\"8-10\"]");
    format!("{}{family}", BASE.replace(reply, &format!("{reply}{more}")))
}

/// With the config's keys, a library without pictures, and the templates of before if `is_old`.
fn service(more: &str, is_old: bool) -> Fixture {
    let fixture = Fixture::new(&config(more));
    without_pictures(&fixture.path("activities"));
    if is_old {
        fs::remove_dir_all(fixture.path("templates")).unwrap();
        copy(&root().join(OLD), &fixture.path("templates"));
    }
    fixture
}

fn without_pictures(folder: &Path) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            without_pictures(&path);
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let Some((before, rest)) = text.split_once("\n[image]\n") else { continue };
        let last = rest.find("\n+++").unwrap();
        let end = rest[..last].find("\n[").unwrap_or(last);
        fs::write(&path, format!("{before}\n{}", &rest[end + 1..])).unwrap();
    }
}

/// HTML and text of edition 7.
fn mail(fixture: &Fixture) -> (String, String) {
    fixture.at(MONDAY, &["send"]).exits(0);
    let mail = fixture.mails().remove(0);
    (mail.html, mail.text)
}

/// What differs between two runs of a service: its tokens.
fn without_tokens(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some(at) = ["/u/", "/preferences/"].iter().filter_map(|path| Some(rest.find(path)? + path.len())).min() {
        out.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    }
    out + rest
}

#[test]
fn a_mail_shows_the_face_and_shows_it_as_text() {
    let (html, text) = mail(&service(FACE, false));
    for part in [FOOTER, LINK, "Read our privacy notice", "background:#5a1e6b", "a { color: #5a1e6b;"] {
        assert!(html.contains(part), "{part} is missing: {html}");
    }
    assert!(!html.contains("<b>County") && !html.contains("#14504d"), "{html}");
    // In dark mode, links have a lighter shade of the same colour.
    let dark = html.split("prefers-color-scheme: dark").nth(1).unwrap();
    assert!(!dark.split('}').any(|rule| rule.contains("a {") && rule.contains("#5a1e6b")), "{dark}");
    for part in [
        "Our privacy notice:\nhttps://anyshire.example/privacy?of=families&x=1\n",
        "https://activities.example.org/\nAnyshire <b>County</b> & \"City\"\n",
    ] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

/// Without what begins at this byte and ends with `end`.
fn cut(text: &str, from: usize, end: &str) -> String {
    let to = from + text[from..].find(end).unwrap() + end.len();
    format!("{}{}", &text[..from], &text[to..])
}

#[test]
fn without_a_face_a_mail_keeps_its_bytes_and_older_templates_go_on_working() {
    let [now, before] = [false, true].map(|is_old| mail(&service("", is_old)));
    // What has come since, and has nothing to do with a face.
    let html = cut(&now.0, now.0[..now.0.find("As a picture").unwrap()].rfind("<h3").unwrap(), "</p>");
    let text = cut(&now.1, now.1.find("As a picture").unwrap(), ".png");
    let words = |text: &str| without_tokens(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&html), words(&before.0));
    assert_eq!(words(&text), words(&before.1));
    let (html, text) = mail(&service(FACE, true));
    assert!(html.contains("background:#5a1e6b"), "a colour needs no new template");
    assert!(!html.contains("County") && !text.contains("County"), "what a template doesn't name isn't there");
}

#[test]
fn every_public_page_shows_the_face() {
    let fixture = service(FACE, false);
    let mail = {
        fixture.at(MONDAY, &["send"]).exits(0);
        fixture.mails().remove(0)
    };
    let (_daemon, port) = daemon(&fixture);
    let (_, edition) = ask(port, "GET", "/editions/7", "");
    let start = "href=\"https://activities.example.org/activities/";
    let at = edition.find(start).unwrap() + start.len();
    let activity = format!("/activities/{}", edition[at..].split('"').next().unwrap());
    let pages = ["/", "/editions/7", "/editions/7?bands=8-10", &activity, "/embed", "/nowhere"].map(str::to_owned);
    for path in pages.into_iter().chain([mail.path("/u/"), mail.path("/preferences/")]) {
        let (_, body) = ask(port, "GET", &path, "");
        for part in [FOOTER, LINK, "Read our privacy notice", ".hero { background: #5a1e6b; color: #ffffff; }"] {
            assert!(body.contains(part), "{path}: {part} is missing: {body}");
        }
        assert!(!body.contains("<b>County"), "{path}");
    }
}

#[test]
fn confirmations_and_good_byes_show_the_face() {
    let fixture = service(FACE, false);
    fixture.at(MONDAY, &["send"]).exits(0);
    let leave = fixture.mails().remove(0).path("/u/");
    let (_daemon, port) = daemon(&fixture);
    ask(port, "POST", &leave, "");
    crate::support::fixture::until("the good-bye is there", || fixture.mail_count() == 2);
    let good_bye = fixture.mails().into_iter().find(|mail| mail.subject.contains("no more")).unwrap();
    for part in [FOOTER, LINK, "background:#5a1e6b"] {
        assert!(good_bye.html.contains(part), "{part} is missing: {}", good_bye.html);
    }
    assert!(
        good_bye.text.ends_with("https://activities.example.org/\n\nAnyshire <b>County</b> & \"City\"\n"),
        "{}",
        good_bye.text
    );
    assert!(good_bye.text.contains("Our privacy notice:\nhttps://anyshire.example/privacy?of=families&x=1\n"));
}

#[test]
fn pages_without_a_face_have_the_foot_that_they_had() {
    let foot = |is_old: bool| {
        let fixture = service("", is_old);
        fixture.at(MONDAY, &["send"]).exits(0);
        let (_daemon, port) = daemon(&fixture);
        ["/", "/embed"].map(|path| {
            let (_, body) = ask(port, "GET", path, "");
            let at = body.find("<footer").or_else(|| body.find("More, and where to turn")).unwrap();
            body[at..].to_owned()
        })
    };
    assert_eq!(foot(false), foot(true));
}

/// Whoever sets a key sees that older templates leave it out.
#[test]
fn check_says_what_older_templates_do_not_show() {
    let codes = |fixture: &Fixture| -> Vec<String> {
        let found = fixture.at("2026-11-23T12:00:00Z", &["check", "--json"]).exits(0).json();
        let found = found.as_array().unwrap().iter().filter(|finding| finding["code"] == "not-shown");
        found.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
    };
    let old = service(FACE, true);
    let said = codes(&old);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("service.footer is set, but neither mails nor pages show it"), "{said:?}");
    assert!(codes(&service(FACE, false)).is_empty() && codes(&service("", true)).is_empty());
}

/// A library with pictures, and templates that have no place for them.
#[test]
fn check_says_that_older_templates_show_no_pictures() {
    let said = |templates: &str| -> Vec<String> {
        let fixture = Fixture::new(&config(""));
        fs::remove_dir_all(fixture.path("templates")).unwrap();
        copy(&root().join(templates), &fixture.path("templates"));
        let found = fixture.at("2026-11-23T12:00:00Z", &["check", "--json"]).exits(0).json();
        let found = found.as_array().unwrap().iter().filter(|finding| finding["code"] == "not-shown");
        found.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
    };
    let old = said(OLD);
    let [only] = old.as_slice() else { panic!("{old:?}") };
    assert!(only.starts_with("activities have pictures, but neither mails nor pages show them"), "{only}");
    assert!(said("templates").is_empty());
}

/// The config with a logo beside it.
fn with_logo() -> Fixture {
    let fixture = service(&format!("logo = \"logo.png\"\n{FACE}"), false);
    fs::copy(root().join("tests/fixtures/face/logo.png"), fixture.path("logo.png")).unwrap();
    fixture
}

#[test]
fn a_mail_brings_the_logo_along_and_names_the_service_where_pictures_are_blocked() {
    let fixture = with_logo();
    fixture.at(MONDAY, &["send"]).exits(0);
    let mail = fixture.mails().remove(0);
    let at = mail.html.find("<img src=\"cid:").expect("a logo");
    let tag = &mail.html[at..at + mail.html[at..].find('>').unwrap()];
    assert!(tag.contains("alt=\"Online Safety at Home\" width=\"240\" height=\"64\""), "{tag}");
    let cid = tag["<img src=\"cid:".len()..].split('"').next().unwrap();
    let raw = String::from_utf8(mail.raw).unwrap();
    for part in
        [&format!("Content-ID: <{cid}>"), "multipart/related; type=\"text/html\"", "Content-Disposition: inline"]
    {
        assert!(raw.contains(part), "{part} is missing");
    }
    assert_eq!(raw.matches("Content-ID:").count(), 1);
    assert!(!mail.text.contains("logo") && mail.text.contains("Online Safety at Home"), "{}", mail.text);
    // The same bytes, whoever looks at it before it goes.
    fixture.at(MONDAY, &["preview", "--edition", "8", "--out", "preview"]).exits(0);
    let page = fs::read_dir(fixture.path("preview")).unwrap().map(|entry| entry.unwrap().path());
    let html = page.filter(|path| path.extension().is_some_and(|end| end == "html"));
    let shown =
        html.map(|path| fs::read_to_string(path).unwrap()).filter(|text| text.contains("data:image/png;base64,"));
    assert!(shown.count() >= 1);
}

#[test]
fn every_public_page_shows_the_logo_at_an_address_of_its_own() {
    let fixture = with_logo();
    fixture.at(MONDAY, &["send"]).exits(0);
    let leave = fixture.mails().remove(0).path("/u/");
    let (_daemon, port) = daemon(&fixture);
    let start = "<img src=\"/pictures/";
    let mut names = std::collections::BTreeSet::new();
    for path in ["/", "/editions/7", "/embed", "/nowhere", &leave] {
        let (head, body) = ask(port, "GET", path, "");
        let body = body.replace("<img class=\"logo\" ", "<img ");
        let at = body.find(start).unwrap_or_else(|| panic!("{path}: {body}")) + start.len();
        assert!(body[at..].contains("alt=\"Online Safety at Home\" width=\"240\" height=\"64\""), "{path}");
        assert!(head.contains("img-src 'self'"), "{path}: {head}");
        names.insert(body[at..].split('"').next().unwrap().to_owned());
    }
    let name = names.pop_first().unwrap();
    assert!(names.is_empty(), "one address for all");
    let stream = crate::support::http::send(port, "GET", &format!("/pictures/{name}"), "");
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut { stream }, &mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    assert!(text.starts_with("http/1.1 200") && text.contains("content-type: image/png"), "{text}");
    assert!(answer.windows(8).any(|window| window == b"\x89PNG\r\n\x1a\n"));
}

/// A bulletin brings it along as a digest does, and the one that it was sent with, whoever looks at it later.
#[test]
fn a_bulletin_brings_the_logo_along() {
    let fixture = with_logo();
    fixture.write(WARNING, WARNING_TEXT);
    let arguments = ["bulletin", "warning", "--yes"];
    fixture.at(MONDAY, &[&arguments[..], &["--dry-run"]].concat()).exits(0);
    fixture.at("2026-11-25T12:00:00Z", &[&arguments[..], &["--to", "me@example.org"]].concat()).exits(0);
    fixture.at("2026-11-25T12:00:00Z", &arguments).exits(0);
    let mails = fixture.mails();
    assert_eq!(mails.len(), 2, "a copy, and the only reader's");
    for mail in &mails {
        let at = mail.html.find("<img src=\"cid:").expect("a logo");
        let tag = &mail.html[at..at + mail.html[at..].find('>').unwrap()];
        assert!(tag.contains("alt=\"Online Safety at Home\" width=\"240\" height=\"64\""), "{tag}");
        assert_eq!(String::from_utf8_lossy(&mail.raw).matches("Content-ID:").count(), 1);
        assert!(mail.shown().contains("<img src=\"data:image/png;base64,"));
    }
    fs::write(fixture.path("logo.png"), "no picture").unwrap();
    let (_daemon, port) = daemon(&fixture);
    let (_, page) = ask(port, "GET", "/bulletins/warning", "");
    assert!(page.contains("A game with strangers") && !page.contains("cid:"), "{page}");
}

/// The daemon takes up a logo that comes later, and shows the name while there is something wrong with it.
#[test]
fn a_new_logo_is_taken_up_by_itself() {
    let fixture = with_logo();
    let (_daemon, port) = daemon(&fixture);
    let picture = || {
        let (_, body) = ask(port, "GET", "/", "");
        body.split("/pictures/").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    let before = picture().unwrap();
    let other = image::RgbImage::from_pixel(100, 40, image::Rgb([200, 30, 30]));
    other.save(fixture.path("new.png")).unwrap();
    fs::rename(fixture.path("new.png"), fixture.path("logo.png")).unwrap();
    crate::support::fixture::until("the new logo is there", || picture().is_some_and(|now| now != before));
    fs::write(fixture.path("logo.png"), "no picture").unwrap();
    crate::support::fixture::until("the name takes its place", || picture().is_none());
    assert!(fixture.log().contains("isn’t a PNG, JPEG or WebP"), "{}", fixture.log());
}

/// However full a mail is: the logo has its place in it, and the pictures of the activities share what is left.
#[test]
fn the_logo_counts_among_the_pictures_of_a_mail() {
    let all = entry("All", "school", "\"all@school.example\"", "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]");
    let fixture = Fixture::new(&format!("{}{all}", BASE.replace("reply_to", "logo = \"logo.png\"\nreply_to")));
    fs::copy(root().join("tests/fixtures/face/logo.png"), fixture.path("logo.png")).unwrap();
    let row = fixture.planned("2026-11-23T12:00:00Z", 7);
    let mut seed = 1_u32;
    let noise = image::RgbImage::from_fn(900, 700, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [red, green, blue, _] = seed.to_be_bytes();
        image::Rgb([red, green, blue])
    });
    for pick in row["activities"].as_array().unwrap() {
        let file = format!("activities/{}.md", pick["id"].as_str().unwrap());
        let folder = fixture.path(&file).parent().unwrap().to_owned();
        noise.save(folder.join("noise.png")).unwrap();
        let text = fs::read_to_string(fixture.path(&file)).unwrap();
        let [_, front, body] = *text.splitn(3, "+++\n").collect::<Vec<_>>() else { panic!("{file}") };
        let front = front.split("[image]").next().unwrap();
        let image = "\n[image]\nfile = \"noise.png\"\nalt = \"Noise in many colours\"\ncredit = \"Drawing: Nobody\"\n";
        fixture.write(&file, &format!("+++\n{front}{image}+++\n{body}"));
    }
    fixture.at(MONDAY, &["send"]).exits(0);
    let raw = fixture.mails().remove(0).raw;
    let message = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let pictures: Vec<usize> =
        message.parts.iter().filter(|part| part.is_binary()).map(|part| part.contents().len()).collect();
    assert_eq!(pictures.len(), 6, "{pictures:?}");
    assert!(pictures.iter().sum::<usize>() <= 150_000, "{pictures:?}");
}
