//! `report`: a year's figures add up, outlive what is forgotten, and say what is not kept.

use std::fs;

use serde_json::{Value, json};

use crate::browser::browse;
use crate::support::bounces::{bounce, take};
use crate::support::fixture::{BASE, Fixture, entry, three};

/// The Monday of a fortnight, after 08:00 in London.
fn monday(fortnight: i64) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 9, 7).unwrap();
    (first + chrono::TimeDelta::days(14 * (fortnight - 1))).format("%Y-%m-%dT08:30:00Z").to_string()
}

fn service() -> Fixture {
    let more = [
        entry("Leaver", "charity", "\"leaver@x.example\"", "[\"4-5\", \"5-7\"]"),
        entry("Gone", "health", "\"gone@x.example\"", "[\"14+\"]"),
        entry("Removed", "school", "\"removed@x.example\"", "[\"14+\"]"),
    ];
    Fixture::new(&format!("{BASE}{}{}", three(), more.concat()))
}

fn report(fixture: &Fixture, now: &str, arguments: &[&str]) -> Value {
    fixture.at(now, &[&["report", "--json"], arguments].concat()).exits(0).json()
}

#[track_caller]
fn adds_up(report: &Value) {
    let number = |value: &Value| value.as_u64().unwrap();
    let states = ["accepted", "failed", "uncertain", "expired", "suppressed", "waiting"];
    let editions = report["editions"].as_array().unwrap();
    for row in editions.iter().chain([&report["total"]]) {
        assert_eq!(states.iter().map(|state| number(&row[state])).sum::<u64>(), number(&row["recipients"]), "{row}");
    }
    let all: u64 = editions.iter().map(|row| number(&row["recipients"])).sum();
    assert_eq!(all, number(&report["total"]["recipients"]));
    let moved = &report["movement"];
    let left: u64 = moved["left"].as_object().unwrap().values().map(number).sum();
    assert_eq!(number(&moved["before"]) + number(&moved["joined"]), left + number(&moved["after"]), "{moved}");
    let mailboxes: u64 = report["sectors"].as_array().unwrap().iter().map(|one| number(&one["mailboxes"])).sum();
    assert_eq!(mailboxes, number(&moved["after"]));
}

#[test]
fn a_year_s_figures_add_up_and_outlive_what_is_forgotten() {
    let fixture = service();
    fixture.at(&monday(1), &["send"]).exits(0);
    take(&fixture, &monday(1), &[bounce(&fixture, "gone@x.example", "5.1.1")]);
    fixture.at(&monday(2), &["unsubscribe", "leaver@x.example"]).exits(0);
    let removed = entry("Removed", "school", "\"removed@x.example\"", "[\"14+\"]");
    fixture.edit("config.toml", &removed, "");
    for number in 2..=14 {
        fixture.at(&monday(number), &["send"]).exits(0);
    }
    fixture.at(&monday(14), &["subscribers", "erase", "hello@lantern.example", "--yes"]).exits(0);
    let early = report(&fixture, &monday(14), &["--from", "2026-09-01", "--to", "2026-09-13"]);
    adds_up(&early);
    assert_eq!(
        early["movement"],
        json!({"before": 0, "joined": 7, "left": {"config": 0, "unsubscribed": 0, "bounced": 1, "complained": 0, "operator": 0}, "after": 6})
    );
    let year = report(&fixture, &monday(14), &[]);
    adds_up(&year);
    assert_eq!((&year["year"], &year["is_over"]), (&json!("2026-27"), &json!(false)));
    let left = json!({"config": 1, "unsubscribed": 2, "bounced": 1, "complained": 0, "operator": 0});
    assert_eq!(year["movement"], json!({"before": 0, "joined": 7, "left": left, "after": 3}));
    // The mailboxes that left are forgotten, and so are the bounces of the first edition: these are not told wrong.
    let first = &year["editions"][0];
    assert_eq!((&first["recipients"], &first["accepted"], &first["bounced"]), (&json!(7), &json!(7), &Value::Null));
    assert_eq!(year["editions"].as_array().unwrap().last().unwrap()["bounced"], 0);
    assert_eq!(year["total"]["bounced"], Value::Null);
    let told = fixture.at(&monday(14), &["report"]).exits(0).stdout;
    assert!(told.contains("not kept") && told.contains("so their figure and the sum are missing"), "{told}");
    // Nobody is named, in any form.
    let csv = fixture.at(&monday(14), &["report", "--csv"]).exits(0).stdout;
    let html = fixture.at(&monday(14), &["report", "--out", "-"]).exits(0).stdout;
    for text in [&told, &csv, &html, &year.to_string()] {
        for name in ["Hillside", "Leaver", "@x.example", "lantern"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
    }
    let before = report(&fixture, &monday(14), &["--year", "2025-26"]);
    adds_up(&before);
    assert_eq!((&before["editions"], &before["movement"]["after"]), (&json!([]), &json!(0)));
}

#[test]
fn a_spreadsheet_of_it_has_no_formulas() {
    let fixture = service();
    let theme = "activities/private-information/theme.md";
    let title = fs::read_to_string(fixture.path(theme)).unwrap();
    let title = title.lines().find(|line| line.starts_with("title = ")).unwrap().to_owned();
    fixture.edit(theme, &title, "title = \"=HYPERLINK(1)\"");
    fixture.at("2026-11-30T08:30:00Z", &["send"]).exits(0);
    fixture.at("2026-12-01T08:30:00Z", &["report", "--out", "year.csv"]).exits(0).says("Wrote year.csv");
    let csv = fs::read_to_string(fixture.path("year.csv")).unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.contains(",'=HYPERLINK(1),sent,7,7,0,"), "{csv}");
    let html = fixture.at("2026-12-01T08:30:00Z", &["report", "--out", "year.html"]).exits(0);
    html.says("Wrote year.html");
    fixture.at("2026-12-01T08:30:00Z", &["report", "--out", "config.toml"]).exits(1);
    fixture.run(&["report", "--year", "2026-28"]).exits(2);
    fixture.run(&["report", "--from", "2026-09-02", "--to", "2026-09-01"]).exits(2);
}

#[test]
fn the_page_prints_on_a4_and_everyone_can_read_it() {
    let fixture = service();
    for number in [7, 8] {
        fixture.at(&monday(number), &["send"]).exits(0);
    }
    let html = fixture.at(&monday(8), &["report", "--out", "-"]).exits(0).stdout;
    let mut tasks = vec![json!({"do": "pdf", "html": html}), json!({"do": "validate", "html": html})];
    for width in [390, 1280] {
        for (dark, forced) in [(false, false), (true, false), (false, true)] {
            tasks.push(json!({"do": "look", "html": html, "width": width, "dark": dark, "forced": forced}));
        }
    }
    let Some(results) = browse(&Value::Array(tasks)) else { return };
    assert_eq!(results[0]["sheets"], 1, "a short year is one sheet");
    for result in &results[2..] {
        assert_eq!((&result["violations"], &result["overflow"]), (&json!([]), &json!(0)));
        assert_eq!((&result["foreign"], &result["errors"]), (&json!([]), &json!([])));
    }
}
