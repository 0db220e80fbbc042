//! The organisation's colour, its line at the foot and its privacy notice: in every mail and on every public page, also where
//! an organisation's own templates come from an older version; and nothing of it where it isn't set.

use std::fs;

use crate::support::fixture::{BASE, Fixture, copy, entry};
use crate::support::http::{ask, daemon};
use crate::support::root;

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

/// With the config's keys, and with the templates of before if `is_old`.
fn service(more: &str, is_old: bool) -> Fixture {
    let fixture = Fixture::new(&config(more));
    if is_old {
        fs::remove_dir_all(fixture.path("templates")).unwrap();
        copy(&root().join(OLD), &fixture.path("templates"));
    }
    fixture
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

#[test]
fn without_a_face_a_mail_keeps_its_bytes_and_older_templates_go_on_working() {
    let (html, text) = mail(&service("", false));
    let (old_html, old_text) = mail(&service("", true));
    assert_eq!(without_tokens(&html), without_tokens(&old_html));
    assert_eq!(without_tokens(&text), without_tokens(&old_text));
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
