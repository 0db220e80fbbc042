//! What a page tells those who read it by touch, by ear, or in colours of their own.

use serde_json::{Value, json};

use crate::browser::{browse, link, served};
use crate::support::fixture::{BASE, Fixture, entry};
use crate::support::http::{ask, daemon};

#[test]
fn preferences_without_a_tick_are_refused_in_plain_sight() {
    let (fixture, _daemon, base) = served();
    let port: u16 = base.rsplit(':').next().unwrap().parse().unwrap();
    let path = link(&fixture, "", "hello@lantern.example", "/preferences/");
    let before = fixture.mail_count();
    for form in ["", "bands=", "bands=none", "other=1"] {
        let (head, body) = ask(port, "POST", &path, form);
        assert!(head.starts_with("http/1.1 422"), "{form}: {head}");
        for part in ["<h1>Nothing was changed: no age group was ticked</h1>", "role=\"alert\"", "tick at least one"] {
            assert!(body.contains(part), "{form}: {part} is missing: {body}");
        }
        assert!(body.contains("<title>Nothing was changed"), "the first that is read aloud");
        // What is in force stays in the boxes.
        let ticked: Vec<&str> = body
            .lines()
            .filter(|line| line.contains(" checked"))
            .map(|line| line.split("value=\"").nth(1).unwrap().split('"').next().unwrap())
            .collect();
        assert_eq!(ticked, ["8-10"], "{form}");
    }
    let (head, _) = ask(port, "POST", "/preferences/wrong", "");
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert_eq!(fixture.mail_count(), before, "nobody is asked by mail");
}

#[test]
fn a_key_is_named_only_where_there_are_keys_and_the_chosen_age_shows_in_forced_colours() {
    let (_fixture, _daemon, base) = served();
    let url = format!("{base}/editions/7?bands=8-10");
    let tasks = json!([
        { "do": "shown", "url": url, "select": ".leave span", "touch": true },
        { "do": "shown", "url": url, "select": ".leave span", "touch": false },
        { "do": "shown", "url": url, "select": ".bands a", "forced": true },
        { "do": "shown", "url": url, "select": ".bands a", "forced": false },
    ]);
    let Some(results) = browse(&tasks) else { return };
    let seen = |at: usize| results[at]["elements"].as_array().unwrap().clone();
    assert_eq!((&seen(0)[0]["visible"], &seen(1)[0]["visible"]), (&json!(false), &json!(true)), "{results:?}");
    for mode in [2, 3] {
        let links = seen(mode);
        let (chosen, others): (Vec<&Value>, Vec<&Value>) = links.iter().partition(|one| one["current"] == "page");
        assert_eq!((chosen.len(), others.len()), (1, 5), "{links:?}");
        assert_eq!(chosen[0]["text"], "Ages 8 to 10");
        for other in others {
            assert_ne!(colour(chosen[0]), colour(other), "{links:?}");
        }
    }
}

/// Red, green and blue behind an element, however much of it shows through: forced colours are all opaque.
fn colour(element: &Value) -> Vec<String> {
    let told = element["background"].as_str().unwrap();
    let parts = told.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    parts.take(3).map(str::to_owned).collect()
}

/// The levels of a page's headings, in order.
fn levels(html: &str) -> Vec<u8> {
    let inside = html.split("<main").nth(1).unwrap();
    let opens = inside.split("<h").skip(1).filter(|rest| rest.as_bytes()[0].is_ascii_digit());
    opens.map(|rest| rest.as_bytes()[0] - b'0').collect()
}

#[test]
fn no_page_skips_a_level_of_headings() {
    let all = "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]";
    let fixture = Fixture::new(&format!("{BASE}{}", entry("All", "school", "\"all@school.example\"", all)));
    // A heading inside the parts of every activity.
    for theme in std::fs::read_dir(fixture.path("activities")).unwrap().filter_map(Result::ok) {
        let files = std::fs::read_dir(theme.path()).into_iter().flatten().filter_map(Result::ok);
        for file in files.filter(|file| file.path().extension().is_some_and(|ending| ending == "md")) {
            let text = std::fs::read_to_string(file.path()).unwrap();
            let more = text.replace("\n## Talk about it", "\n### One more round\n\nPlay it again.\n\n## Talk about it");
            std::fs::write(file.path(), more).unwrap();
        }
    }
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let (_daemon, port) = daemon(&fixture);
    let page = |path: &str| ask(port, "GET", path, "").1;
    let edition = page("/editions/7");
    let mut paths: Vec<String> =
        ["/", "/editions/7", "/editions/7?bands=4-5", "/embed", "/nowhere", "/u/wrong"].map(str::to_owned).to_vec();
    let activity =
        edition.split("https://activities.example.org/activities/").nth(1).unwrap().split('"').next().unwrap();
    paths.push(format!("/activities/{activity}"));
    for path in &paths {
        let levels = levels(&page(path));
        assert_eq!(levels.first(), Some(&1), "{path}: {levels:?}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{path}: {levels:?}");
    }
    let of_activity = levels(&page(paths.last().unwrap()));
    assert!(of_activity.contains(&3), "the heading inside a part: {of_activity:?}");
}
