//! What names an edition to a reader or a diary never changes; what it says of its last change always does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, Running, entry, until};
use crate::support::http::{ask, port};

/// Two editions sent, the second with an activity for every age.
fn sent() -> Fixture {
    let all = "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]";
    let fixture = Fixture::new(&format!("{BASE}{}", entry("All", "school", "\"all@school.example\"", all)));
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    fixture
}

/// The daemon as if it were started at `now`.
fn serve(fixture: &Fixture, now: &str) -> (Running, u16) {
    let child = fixture.spawn(&["-vv", "--now", now, "run"], "log");
    let port = port(fixture);
    (child, port)
}

fn stop(mut daemon: Running) {
    daemon.signal("-TERM");
    daemon.ends();
}

fn get(port: u16, path: &str) -> String {
    ask(port, "GET", path, "").1
}

/// What stands between `<name…>` and `</name>`, wherever it does.
fn elements(text: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let parts = text.split(&open).skip(1).filter(|part| part.starts_with(['>', ' ']));
    let inside = parts.filter_map(|part| part.split_once('>')?.1.split_once(&close));
    inside.map(|(inside, _)| inside.to_owned()).collect()
}

fn json(port: u16, path: &str) -> Value {
    serde_json::from_str(&get(port, path)).unwrap()
}

/// The events of the calendar: their properties, by uid.
fn events(port: u16) -> BTreeMap<String, BTreeMap<String, String>> {
    let text = get(port, "/calendar.ics").replace("\r\n ", "");
    let event = |part: &str| {
        let lines = part.lines().take_while(|line| *line != "END:VEVENT").filter_map(|line| line.split_once(':'));
        let all: BTreeMap<String, String> = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (all["UID"].clone(), all)
    };
    text.split("BEGIN:VEVENT\r\n").skip(1).map(event).collect()
}

/// Every id that a reader or a diary keeps.
fn ids(port: u16) -> Vec<(&'static str, Vec<String>)> {
    let mut all = Vec::new();
    for query in ["", "?bands=4-5", "?bands=11-14,14%2B,4-5"] {
        all.push(("guid", elements(&get(port, &format!("/feed.rss{query}")), "guid")));
        all.push(("id", elements(&get(port, &format!("/feed.atom{query}")), "id")));
        let feed = json(port, &format!("/feed.json{query}"));
        let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
        all.push(("json id", feed["items"].as_array().unwrap().iter().map(id).collect()));
    }
    all.push(("uid", events(port).into_keys().collect()));
    all
}

#[test]
fn no_id_follows_the_config() {
    let fixture = sent();
    let (daemon, at) = serve(&fixture, "2026-11-30T09:00:00Z");
    let before = ids(at);
    for (kind, ids) in &before {
        let mut different = ids.clone();
        different.sort();
        different.dedup();
        assert!(ids.len() >= 2 && different.len() == ids.len(), "{kind}: {ids:?}");
    }
    stop(daemon);
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    let old = "\"https://activities.example.org\"";
    let backwards: String = ["14+", "11-14", "8-10", "5-7", "4-5"]
        .map(|id| {
            format!(
                "\n[[bands]]\nid = \"{id}\"\nlabel = \"Years {id}\"\nmin = {}\n",
                id.split(['-', '+']).next().unwrap()
            )
        })
        .concat();
    for changed in [
        config.replace(old, "\"https://new.example.net\""),
        config.replace(old, "\"https://activities.example.org/online-safety\""),
        config.replace("Online Safety at Home", "Safe at Home"),
        format!("{config}{backwards}"),
    ] {
        assert_ne!(changed, config);
        fixture.write("config.toml", &changed);
        let (daemon, at) = serve(&fixture, "2026-11-30T09:30:00Z");
        assert_eq!(ids(at), before, "{changed}");
        stop(daemon);
    }
    fixture.write("config.toml", &config.replace(old, "\"https://new.example.net\""));
    let (daemon, at) = serve(&fixture, "2026-11-30T09:30:00Z");
    assert_eq!(json(at, "/feed.json")["items"][0]["url"], "https://new.example.net/editions/7");
    stop(daemon);
}

/// When the newest edition was published and changed last, and when the whole feed did, in every form that says so.
fn times(port: u16, query: &str) -> Vec<String> {
    let (atom, rss) = (get(port, &format!("/feed.atom{query}")), get(port, &format!("/feed.rss{query}")));
    let entry = &elements(&atom, "entry")[0];
    let item = &json(port, &format!("/feed.json{query}"))["items"][0];
    let (item_of_rss, rss) = (&elements(&rss, "item")[0], elements(&rss, "lastBuildDate").remove(0));
    let modified = elements(item_of_rss, "dcterms:modified");
    let told = |text: &str| text[11..16].to_owned();
    vec![
        told(&elements(entry, "published")[0]),
        told(&elements(entry, "updated")[0]),
        told(&elements(&atom, "updated")[0]),
        rss.split(' ').nth(4).unwrap()[..5].to_owned(),
        told(item["date_published"].as_str().unwrap()),
        told(item["date_modified"].as_str().unwrap_or("2026-00-00Tnever")),
        told(modified.first().map_or("2026-00-00Tnever", String::as_str)),
    ]
}

fn updated(at: &str) -> Vec<String> {
    ["08:00", at, at, at, "08:00", at, at].map(str::to_owned).to_vec()
}

#[test]
fn what_is_taken_back_or_comes_back_moves_updated() {
    let fixture = sent();
    let (daemon, at) = serve(&fixture, "2026-11-30T10:00:00Z");
    let content =
        |query: &str| json(at, &format!("/feed.json{query}"))["items"][0]["content_html"].as_str().unwrap().to_owned();
    for query in ["", "?bands=4-5", "?bands=8-10"] {
        assert_eq!(times(at, query), updated("08:00"), "{query}");
    }
    let gone = content("?bands=4-5").split("/activities/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    fixture.at("2026-11-30T08:30:00Z", &["withdraw", &gone]).exits(0);
    until("updated moves", || times(at, "") == updated("08:30"));
    assert!(!content("").contains(&gone) && content("").contains("was taken back"), "{}", content(""));
    // Who reads only about that age keeps the item, or a reader would go on showing what it had.
    until("the age group's feed says so", || times(at, "?bands=4-5") == updated("08:30"));
    assert!(content("?bands=4-5").contains("was taken back"), "{}", content("?bands=4-5"));
    assert_eq!(times(at, "?bands=8-10"), updated("08:00"), "nothing changed for them");
    let older = &json(at, "/feed.json")["items"][1];
    assert_eq!(older["date_modified"], older["date_published"]);
    fixture.at("2026-11-30T08:45:00Z", &["withdraw", &gone, "--undo"]).exits(0);
    until("it comes back", || times(at, "") == updated("08:45"));
    assert!(content("").contains(&gone) && !content("").contains("was taken back"));
    stop(daemon);
}

#[test]
fn a_help_line_that_changes_moves_updated() {
    let fixture = sent();
    let (daemon, at) = serve(&fixture, "2026-11-30T10:00:00Z");
    assert_eq!(times(at, ""), updated("08:00"));
    stop(daemon);
    fixture.edit("activities/help.toml", "0800 1111", "0800 1112");
    let (daemon, at) = serve(&fixture, "2026-11-30T11:22:00Z");
    assert_eq!(times(at, ""), updated("11:22"));
    stop(daemon);
    let (daemon, at) = serve(&fixture, "2026-11-30T12:00:00Z");
    assert_eq!(times(at, ""), updated("11:22"), "only a change counts");
    stop(daemon);
}

#[test]
fn a_date_in_the_calendar_says_when_it_was_revised_last() {
    let fixture = sent();
    let revision = |port: u16, edition: usize| {
        let all = events(port);
        let mut events: Vec<_> = all.values().collect();
        events.sort_by_key(|event| event["DTSTART"].clone());
        let property = |name: &str| events[edition - 7].get(name).cloned().unwrap_or_default();
        (property("DTSTART")[9..13].to_owned(), property("SEQUENCE"), property("DTSTAMP"), property("LAST-MODIFIED"))
    };
    let said = |at: &str, sequence: &str, stamp: &str| {
        (at.to_owned(), sequence.to_owned(), stamp.to_owned(), stamp.to_owned())
    };
    let (daemon, at) = serve(&fixture, "2026-11-30T10:00:00Z");
    let (began, again) = (revision(at, 9), revision(at, 8));
    assert_eq!((began.1.as_str(), began.2.get(..11)), ("0", Some("20261130T10")), "{began:?}");
    stop(daemon);
    let (daemon, at) = serve(&fixture, "2026-12-01T10:00:00Z");
    assert_eq!((revision(at, 9), revision(at, 8)), (began, again), "nothing changed");
    stop(daemon);
    fixture.edit("config.toml", "anchor = 2026-09-07\n", "anchor = 2026-09-07\nsend_at = 09:30:00\n");
    let (daemon, at) = serve(&fixture, "2026-12-02T10:00:00Z");
    let moved = |edition: usize| {
        let told = revision(at, edition);
        told == said("0930", "1", &told.2) && told.2.starts_with("20261202T1000")
    };
    until("both say that they moved", || moved(8) && moved(9));
    let next = revision(at, 9);
    stop(daemon);
    // Once it went out it tells its theme; the others stay as they were.
    fixture.at("2026-12-14T09:30:00Z", &["send"]).exits(0);
    let (daemon, at) = serve(&fixture, "2026-12-14T09:40:00Z");
    let mut all: Vec<_> = events(at).into_values().collect();
    all.sort_by_key(|event| event["DTSTART"].clone());
    assert_eq!((all[0]["SEQUENCE"].as_str(), &all[0]["DTSTAMP"][..13]), ("2", "20261214T0940"), "{all:?}");
    assert_eq!((&all[1]["SEQUENCE"], &all[1]["DTSTAMP"]), (&next.1, &next.2));
    stop(daemon);
}
