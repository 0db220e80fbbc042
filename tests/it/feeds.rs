//! Feeds and calendar through parsers that are not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::fixture::{BASE, Fixture, entry, three, until};
use crate::support::http::{ask, daemon, get};
use crate::support::skipped;

/// What an independent parser makes of it; `None`, said loudly, where it is not installed.
fn read(kind: &str, text: &str) -> Option<Value> {
    let known = Command::new("/usr/bin/python3").args(["-c", "import feedparser, icalendar"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        skipped("feeds", "feedparser or icalendar is not installed: install python3-feedparser and python3-icalendar");
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/feeds.py");
    let mut parser = Command::new("/usr/bin/python3")
        .args([script, kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    parser.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = parser.wait_with_output().unwrap();
    assert!(output.status.success(), "{kind}: {text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn config(name: &str) -> String {
    let base = BASE.replace("name = \"Online Safety at Home\"", &format!("name = '{name}'"));
    let all = "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]";
    format!("{base}{}{}", three(), entry("All", "school", "\"all@school.example\"", all))
}

fn sent(name: &str) -> Fixture {
    let fixture = Fixture::new(&config(name));
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    fixture
}

/// JSON Feed 1.1, as its specification has it (<https://www.jsonfeed.org/version/1.1/>).
fn json_feed_schema() -> Value {
    let url = json!({ "type": "string", "pattern": "^https://" });
    let date = json!({ "type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$" });
    json!({
        "type": "object",
        "required": ["version", "title", "items"],
        "properties": {
            "version": { "const": "https://jsonfeed.org/version/1.1" },
            "title": { "type": "string" }, "description": { "type": "string" }, "language": { "type": "string" },
            "home_page_url": url, "feed_url": url,
            "authors": { "type": "array", "items": { "type": "object", "minProperties": 1 } },
            "items": { "type": "array", "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{ "required": ["content_html"] }, { "required": ["content_text"] }],
                "properties": {
                    "id": { "type": "string" }, "url": url, "title": { "type": "string" }, "summary": { "type": "string" },
                    "content_html": { "type": "string" },
                    "date_published": date, "date_modified": date,
                },
                "additionalProperties": false,
            } },
        },
        "additionalProperties": false,
    })
}

/// The first activity of the newest edition.
fn first_pick(fixture: &Fixture) -> String {
    let plan = fixture.at("2026-11-30T08:10:00Z", &["plan", "--json"]).exits(0).json();
    let row = plan.as_array().unwrap().iter().find(|row| row["edition"] == 7).unwrap();
    row["activities"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn three_feeds_say_the_same_in_full() {
    const HOSTILE: &str = "Safety <b>& \"Home\" ]]> — Diogelwch ŵ";
    let fixture = sent(HOSTILE);
    // What changed since it was published is told by every form.
    let gone = first_pick(&fixture);
    fixture.at("2026-11-30T08:20:00Z", &["withdraw", &gone]).exits(0);
    let (mut daemon, port) = daemon(&fixture);
    let get = |path: &str| ask(port, "GET", path, "").1;
    let Some(rss) = read("feed", &get("/feed.rss")) else { return };
    let atom = read("feed", &get("/feed.atom")).unwrap();
    assert_eq!((&rss["bozo"], &rss["version"]), (&json!(false), &json!("rss20")), "{rss}");
    assert_eq!((&atom["bozo"], &atom["version"]), (&json!(false), &json!("atom10")), "{atom}");
    let text = get("/feed.json");
    let feed: Value = serde_json::from_str(&text).unwrap();
    let schema = jsonschema::validator_for(&json_feed_schema()).unwrap();
    let errors: Vec<String> = schema.iter_errors(&feed).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(feed["title"], HOSTILE);
    assert_eq!((&rss["title"], &atom["title"]), (&json!(HOSTILE), &json!(HOSTILE)));
    for (kind, parsed) in [("rss", &rss), ("atom", &atom)] {
        let items = parsed["items"].as_array().unwrap();
        assert_eq!(items.len(), 2, "{kind}");
        assert_eq!(parsed["self"], json!([format!("https://activities.example.org/feed.{kind}")]));
        for (item, other) in items.iter().zip(feed["items"].as_array().unwrap()) {
            assert_eq!((&item["id"], &item["title"], &item["link"]), (&other["id"], &other["title"], &other["url"]));
        }
        assert_eq!(items[0]["published"], json!([2026, 11, 30, 8, 0, 0]), "{kind}");
        assert_eq!(items[0]["updated"], json!([2026, 11, 30, 8, 20, 0]), "{kind}");
        assert_eq!(items[1]["updated"], json!([2026, 11, 16, 8, 0, 0]), "{kind}");
        let content = items[0]["content"].as_str().unwrap();
        for part in [
            "Do it together",
            "Talk about it",
            "For parents and carers",
            "Childline",
            "https://activities.example.org/activities/",
        ] {
            assert!(content.contains(part), "{kind} lacks {part}: {content}");
        }
        assert_eq!(content.matches("Do it together").count(), 4);
    }
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn a_feed_per_age_group_keeps_its_ids_and_loses_what_was_taken_back() {
    let fixture = sent("Online Safety at Home");
    let (mut daemon, port) = daemon(&fixture);
    let items = |path: &str| {
        let feed: Value = serde_json::from_str(&ask(port, "GET", path, "").1).unwrap();
        feed["items"].as_array().unwrap().clone()
    };
    let young = items("/feed.json?bands=4-5");
    assert_eq!(young[0]["url"], "https://activities.example.org/editions/7?bands=4-5");
    let content = |item: &Value| item["content_html"].as_str().unwrap().to_owned();
    assert!(content(&young[0]).contains("Ages 4 to 5") && !content(&young[0]).contains("Ages 8 to 10"));
    let both = items("/feed.json?bands=14+,4-5").remove(0);
    assert_eq!(both["url"], "https://activities.example.org/editions/7?bands=4-5,14%2B");
    assert!(both["id"].as_str().unwrap().starts_with("urn:uuid:") && both["id"] != young[0]["id"], "{both}");
    let (head, body) = ask(port, "GET", "/feed.rss?bands=x", "");
    assert!(head.starts_with("http/1.1 404") && body.contains("4-5, 5-7"), "{head}");
    let before = items("/feed.json");
    let gone = content(&before[0]).split("/activities/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    fixture.at("2026-11-30T08:30:00Z", &["withdraw", &gone]).exits(0);
    until("the feed leaves it out", || !content(&items("/feed.json")[0]).contains(&gone));
    assert_eq!(items("/feed.json")[0]["id"], before[0]["id"]);
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn feeds_are_asked_for_on_condition_and_may_be_read_by_other_sites() {
    let fixture = sent("Online Safety at Home");
    let (mut running, port) = daemon(&fixture);
    let mut tags = Vec::new();
    for (path, kind) in [
        ("/feed.rss", "application/rss+xml; charset=utf-8"),
        ("/feed.atom", "application/atom+xml; charset=utf-8"),
        ("/feed.json", "application/feed+json; charset=utf-8"),
        ("/calendar.ics", "text/calendar; charset=utf-8"),
    ] {
        let (first, _) = get(port, path, "");
        assert!(first.contains(&format!("content-type: {kind}")), "{first}");
        for header in ["access-control-allow-origin: *", "nosniff", "public, max-age=", "default-src 'none'"] {
            assert!(first.contains(header), "{path}: {header}");
        }
        let etag = first.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        for asked in [etag.to_owned(), format!("\"x\", W/{etag}"), "*".to_owned()] {
            assert!(
                get(port, path, &format!("If-None-Match: {asked}")).0.starts_with("HTTP/1.1 304"),
                "{path} {asked}"
            );
        }
        assert!(get(port, path, "If-None-Match: \"x\"").0.starts_with("HTTP/1.1 200"));
        tags.push((path, etag.to_owned()));
    }
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
    // Another process makes the same: nothing in it is about now.
    let (mut daemon, port) = daemon(&fixture);
    for (path, etag) in tags {
        assert!(get(port, path, &format!("If-None-Match: {etag}")).0.starts_with("HTTP/1.1 304"), "{path}");
    }
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn an_edition_on_its_way_is_in_no_feed_yet() {
    let relay = crate::support::oracle::Oracle::with(&[("RCPT TO:<s1@", "450 4.2.0 later")]);
    let fixture = crate::support::sending::behind_relay(relay.port, 3, "");
    fixture.run(crate::support::sending::SEND).exits(1);
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &format!("{config}\n[store]\nurl = \"sqlite:var/fortnightly.db\"\n"));
    let child = fixture.spawn(&["-v", "run", "--role", "web"], "log");
    let port = crate::support::http::port(&fixture);
    let feed: Value = serde_json::from_str(&ask(port, "GET", "/feed.json", "").1).unwrap();
    assert_eq!(feed["items"], json!([]));
    // A person may read it already: it is in mailboxes.
    let (_, front) = ask(port, "GET", "/", "");
    assert!(front.contains("The newest edition"), "{front}");
    drop(child);
    let Some(parsed) = read("feed", &ask_none(&fixture)) else { return };
    assert_eq!((&parsed["bozo"], &parsed["items"]), (&json!(false), &json!([])));
}

/// The RSS feed of a service that has sent nothing.
fn ask_none(fixture: &Fixture) -> String {
    let child = fixture.spawn(&["-v", "run", "--role", "web"], "log");
    let port = crate::support::http::port(fixture);
    let text = ask(port, "GET", "/feed.rss", "").1;
    drop(child);
    text
}

#[test]
fn the_calendar_has_a_year_ahead_and_keeps_what_may_change_to_itself() {
    let fixture = sent("Online Safety at Home");
    let (mut daemon, port) = daemon(&fixture);
    let text = ask(port, "GET", "/calendar.ics", "").1;
    let Some(calendar) = read("calendar", &text) else { return };
    assert_eq!((&calendar["name"], &calendar["version"]), (&json!("Online Safety at Home"), &json!("2.0")));
    assert_eq!(calendar["errors"], json!([]));
    assert!(calendar["longest"].as_u64().unwrap() <= 75, "{calendar}");
    let events = calendar["events"].as_array().unwrap();
    assert!(events.len() >= 20, "{calendar}");
    assert!(events[0]["uid"].as_str().unwrap().starts_with("edition-7@"), "{}", events[0]);
    assert_eq!(
        (&events[0]["start"], &events[0]["end"]),
        (&json!("2026-11-30T08:00:00+00:00"), &json!("2026-11-30T08:15:00+00:00"))
    );
    assert_eq!(events[0]["url"], "https://activities.example.org/editions/7");
    let plan = fixture.at("2026-11-30T08:30:00Z", &["plan", "--json"]).exits(0).json();
    let coming = plan.as_array().unwrap().iter().find(|row| row["edition"] == 8).unwrap();
    assert_eq!(events[1]["start"], coming["due_at"].as_str().unwrap());
    for (at, event) in events.iter().enumerate().skip(1) {
        assert_eq!(event["summary"], "Online Safety at Home: new activities", "event {at}");
    }
    for pick in coming["activities"].as_array().unwrap() {
        assert!(!text.contains(pick["title"].as_str().unwrap()));
    }
    daemon.signal("-TERM");
    daemon.ends();
}
