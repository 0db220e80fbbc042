//! The public pages over a real connection: what they show, what they say to browsers, and what they keep to themselves.

use crate::support::fixture::{BASE, Fixture, Running, entry, three};
use crate::support::http::{self, ask, daemon};

const MONDAY: &str = "2026-11-30T08:00:00Z";

fn served(fixture: &Fixture) -> (Running, u16) {
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    daemon(fixture)
}

fn all_bands() -> String {
    format!(
        "{BASE}{}{}",
        three(),
        entry("All", "school", "\"all@school.example\"", "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]")
    )
}

/// The header's value, in small letters.
fn header<'a>(head: &'a str, name: &str) -> &'a str {
    head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default()
}

/// The paths of the activities that a page links to.
fn activities(body: &str) -> Vec<String> {
    let mut found: Vec<String> = body
        .split("href=\"https://activities.example.org/activities/")
        .skip(1)
        .map(|rest| format!("/activities/{}", rest.split('"').next().unwrap()))
        .filter(|path| !path.contains(".svg"))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn get(port: u16, path: &str) -> (String, String) {
    ask(port, "GET", path, "")
}

/// As [`get`], with one more header.
fn get_with(port: u16, path: &str, more: &str) -> (String, String) {
    let (head, body) = http::get(port, path, more);
    (head.to_ascii_lowercase(), body)
}

#[test]
fn every_page_is_there_and_shows_what_went_out() {
    let fixture = Fixture::new(&all_bands());
    let (mut daemon, port) = served(&fixture);
    let (head, front) = get(port, "/");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    for part in
        ["Edition 7, Monday 30 November 2026", "Earlier editions", "/feed.rss", "/calendar.ics", "&lt;iframe src"]
    {
        assert!(front.contains(part), "{part} is missing: {front}");
    }
    let (_, edition) = get(port, "/editions/7");
    let links = activities(&edition);
    assert_eq!(links.len(), 5, "{links:?}");
    for part in
        ["For parents and carers", "Share this", "Childline", "0800 1111", "Do it together", "Leave this page now"]
    {
        assert!(edition.contains(part), "{part} is missing");
    }
    assert!(front.contains(links[0].as_str()));
    for link in &links {
        let (head, body) = get(port, link);
        assert!(
            head.starts_with("http/1.1 200") && body.contains("Talk about it") && body.contains("NSPCC Helpline"),
            "{link}"
        );
    }
    let (_, embed) = get(port, "/embed");
    assert!(embed.contains("target=\"_blank\" rel=\"noopener\"") && !embed.contains("<script"), "{embed}");
    assert_eq!(embed.matches("<h2>").count(), 2);
    assert_eq!(get(port, "/embed?items=1").1.matches("<h2>").count(), 1);
    // Nobody who reads it is named, and nothing is counted.
    for body in [&front, &edition, &embed] {
        for private in ["Hillside", "Lantern", "school.example", "/u/", "/preferences/", "http://"] {
            assert!(!body.contains(private), "{private}");
        }
        let mut pictures = body.split("<img").skip(1);
        assert!(pictures.all(|picture| picture.starts_with(" src=\"/pictures/")), "{body}");
    }
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn age_groups_choose_and_a_plus_is_understood_either_way() {
    let fixture = Fixture::new(&all_bands());
    let (mut daemon, port) = served(&fixture);
    let cards = |path: &str| activities(&get(port, path).1);
    let all = cards("/editions/7");
    let two = cards("/editions/7?bands=4-5,14%2B");
    assert_eq!(two.len(), 2);
    assert!(two.iter().all(|one| all.contains(one)));
    assert_eq!(cards("/editions/7?bands=14%2B,4-5"), two);
    assert_eq!(cards("/editions/7?bands=14+,4-5"), two);
    assert_eq!(cards("/editions/7?bands="), all);
    assert_eq!(cards("/embed?bands=14+&items=1").len(), 1);
    for wrong in ["/editions/7?bands=x", "/editions/7?bands=4-5,", "/embed?bands=9"] {
        let (head, body) = get(port, wrong);
        assert!(head.starts_with("http/1.1 404") && body.contains("4-5, 5-7, 8-10, 11-14, 14+"), "{wrong}: {head}");
    }
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn what_is_not_published_is_not_there_and_what_was_taken_back_says_so() {
    let fixture = Fixture::new(&all_bands());
    let (mut daemon, port) = served(&fixture);
    let plan = fixture.at(MONDAY, &["plan", "--json"]).exits(0).json();
    let coming = plan.as_array().unwrap().iter().find(|row| row["edition"] == 8).unwrap();
    let secret = format!("/activities/{}", coming["activities"][0]["id"].as_str().unwrap());
    for nowhere in [
        "/editions/8",
        "/editions/0",
        "/editions/x",
        "/editions/99999999999",
        &secret,
        "/activities/no/such",
        "/activities/A/../b",
        "/nowhere",
        "/u",
        "/editions/7/x",
    ] {
        let (head, body) = get(port, nowhere);
        assert!(head.starts_with("http/1.1 404"), "{nowhere}: {head}");
        assert!(body.contains("There is no such page") && body.contains("id=\"exit\""), "{nowhere}: {body}");
        assert!(body.contains("<a href=\"https://activities.example.org/\">Go to the front page</a>"), "{body}");
    }
    let (_, before) = get(port, "/editions/7");
    let gone = activities(&before)[0].clone();
    fixture.at(MONDAY, &["withdraw", gone.trim_start_matches("/activities/")]).exits(0);
    crate::support::fixture::until("it is taken back", || get(port, &gone).0.starts_with("http/1.1 410"));
    crate::support::fixture::until("the edition leaves it out", || activities(&get(port, "/editions/7").1).len() == 4);
    let (_, after) = get(port, "/editions/7");
    assert!(after.contains("was taken back"), "{after}");
    assert!(!get(port, "/").1.contains(gone.as_str()));
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn browsers_are_told_what_not_to_do_and_may_keep_what_is_public() {
    let fixture = Fixture::new(&all_bands());
    let (mut daemon, port) = served(&fixture);
    let (_, edition) = get(port, "/editions/7");
    let activity = activities(&edition)[0].clone();
    for path in ["/", "/editions/7", "/editions/7?bands=4-5", &activity, "/embed"] {
        let (head, body) = get(port, path);
        let policy = header(&head, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        let framed = policy.contains("frame-ancestors *");
        assert_eq!(framed, path == "/embed", "{path}: {policy}");
        assert_eq!(policy.contains("script-src 'sha256-"), path != "/embed", "{path}: {policy}");
        assert_eq!(header(&head, "x-content-type-options"), "nosniff");
        assert_eq!(header(&head, "referrer-policy"), "no-referrer");
        assert!(
            !head.contains("set-cookie") && header(&head, "cache-control").starts_with("public, max-age="),
            "{head}"
        );
        assert!(head.contains("text/html; charset=utf-8"), "{head}");
        let etag = header(&head, "etag");
        // The tag's letters have a case, which `header` needs folded: ask for it as it came.
        let (whole, _) = http::get(port, path, "Accept: */*");
        let tag = whole.lines().find(|line| line.to_ascii_lowercase().starts_with("etag: ")).unwrap();
        for known in [&tag[6..], "*", &format!("\"other\", W/{}", &tag[6..])] {
            let (again, nothing) = get_with(port, path, &format!("If-None-Match: {known}"));
            assert!(etag.len() > 10 && again.starts_with("http/1.1 304") && nothing.is_empty(), "{known}: {again}");
            assert_eq!(header(&again, "etag"), etag);
        }
        let (other, _) = get_with(port, path, "If-None-Match: \"other\"");
        assert!(other.starts_with("http/1.1 200"), "{other}");
        let (head, no_body) = ask(port, "HEAD", path, "");
        assert!(head.starts_with("http/1.1 200") && no_body.is_empty() && header(&head, "etag") == etag, "{head}");
        let (refused, words) = ask(port, "POST", path, "");
        assert!(refused.starts_with("http/1.1 405") && header(&refused, "allow") == "get,head", "{refused}");
        assert!(header(&refused, "content-security-policy").contains("frame-ancestors 'none'"), "{refused}");
        assert!(words.contains("This page can only be read"), "{words}");
        assert_eq!(body.matches("<h1>").count(), 1, "{path}");
        // One leaves the page at once, one copies the texts.
        let scripts = match path {
            "/embed" => 0,
            _ if path.starts_with("/editions/") => 2,
            _ => 1,
        };
        assert_eq!(body.matches("<script>").count(), scripts, "{path}");
    }
    let (head, _) = get(port, "/nowhere");
    assert!(
        header(&head, "cache-control") == "no-store"
            && header(&head, "content-security-policy").contains("frame-ancestors 'none'")
    );
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn a_frame_says_what_is_wrong_with_its_address() {
    let fixture = Fixture::new(&all_bands());
    let (mut daemon, port) = served(&fixture);
    let (head, body) = get(port, "/embed?bands=15");
    assert!(head.starts_with("http/1.1 404") && header(&head, "cache-control") == "no-store", "{head}");
    let policy = header(&head, "content-security-policy");
    assert!(policy.contains("frame-ancestors *") && policy.contains("script-src 'none'"), "{policy}");
    assert!(body.contains("4-5, 5-7, 8-10, 11-14, 14+") && body.contains("target=\"_blank\""), "{body}");
    assert!(!body.contains("id=\"exit\"") && !body.contains("<script"), "{body}");
    let (head, body) = get(port, "/editions/7?bands=15");
    assert!(header(&head, "content-security-policy").contains("frame-ancestors 'none'"), "{head}");
    assert!(body.contains("id=\"exit\""), "{body}");
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn pages_follow_templates_that_were_read_again() {
    let fixture = Fixture::new(&all_bands());
    let (mut daemon, port) = served(&fixture);
    let template = "templates/web/partials/bottom.html.hbs";
    let text = std::fs::read_to_string(fixture.path(template)).unwrap();
    assert!(get(port, "/").1.contains("sets no cookies"));
    fixture.write(template, &text.replace("sets no cookies", "has no cookie"));
    let log = || fixture.log();
    // Someone reads all the time, so that a page is always kept.
    crate::support::fixture::until("the files were read again", || {
        get(port, "/");
        log().contains("were read again")
    });
    assert!(get(port, "/").1.contains("has no cookie"), "a page of the old template was shown");
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn a_service_that_has_sent_nothing_has_its_pages_all_the_same() {
    let fixture = Fixture::new(&all_bands());
    let (mut daemon, port) = daemon(&fixture);
    crate::support::fixture::until("the first edition is there or not", || {
        get(port, "/").0.starts_with("http/1.1 200")
    });
    let (head, _) = get(port, "/embed");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    daemon.signal("-TERM");
    daemon.ends();
}
