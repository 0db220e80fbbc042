//! The calendar as `plan` shows it, and the shape of every JSON answer.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, scheduled, three};

const NOW: &str = "2026-11-25T12:00:00Z";

fn anchored(anchor: &str, more: &str) -> Fixture {
    let lines = format!("anchor = {anchor}\n{more}\n");
    Fixture::new(&format!("{}{}", BASE.replace("anchor = 2026-09-07\n", &lines), three()))
}

/// The shipped library, and a schedule with these lines.
fn shipped_with(lines: &str) -> Fixture {
    Fixture::new(&scheduled(lines))
}

fn pause(from: &str, to: &str, more: &str) -> String {
    format!("[[schedule.pauses]]\nfrom = {from}\nto = {to}\nreason = \"INSET days\"\n{more}\n")
}

/// The instant and offset of `due_at`.
#[track_caller]
fn due_at(row: &Value) -> DateTime<FixedOffset> {
    moment(row["due_at"].as_str().unwrap())
}

fn moment(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn has_just(value: &Value, expected: &[&str]) {
    assert_eq!(keys(value), expected.iter().copied().collect(), "{value}");
}

const DELIVERIES: [&str; 9] =
    ["total", "queued", "sending", "accepted", "deferred", "uncertain", "failed", "expired", "suppressed"];

#[test]
fn a_closed_day_shifts_to_the_next_open_one() {
    for (from, to, date) in [
        ("2026-11-30", "2026-11-30", "2026-12-01"),
        ("2026-11-20", "2026-12-01", "2026-12-02"),
        ("2026-11-30", "2026-12-04", "2026-12-07"), // Saturday and Sunday do not count as open
    ] {
        let fixture = shipped_with(&pause(from, to, ""));
        let seven = fixture.planned(NOW, 7);
        assert_eq!((&seven["date"], &seven["state"]), (&date.into(), &"projected".into()), "{from} to {to}");
        assert_eq!(due_at(&seven), moment(&format!("{date}T08:00:00+00:00")));
        // Parity never moves.
        assert_eq!(fixture.planned(NOW, 8)["date"], "2026-12-14");
        fixture.at(NOW, &["plan", "--explain"]).exits(0).says("Moved from Monday 30 November: INSET days");
    }
}

#[test]
fn a_shifted_edition_goes_out_on_its_new_day() {
    let fixture = shipped_with(&pause("2026-11-30", "2026-12-01", ""));
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    fixture.at("2026-12-01T12:00:00Z", &["send"]).exits(0).says("Nothing is due");
    assert_eq!(fixture.mails().len(), 4);
    fixture.at("2026-12-02T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 8);
}

#[test]
fn without_an_open_day_there_is_no_edition() {
    let fixture = shipped_with(&pause("2026-11-30", "2026-12-07", ""));
    let seven = fixture.planned(NOW, 7);
    assert_eq!((&seven["date"], &seven["state"]), (&"2026-11-30".into(), &"paused".into()));
    assert!(seven["reason"].as_str().unwrap().contains("INSET days"), "{seven}");
    assert_eq!((&seven["theme"], &seven["activities"]), (&Value::Null, &Value::Array(Vec::new())));
    fixture.at("2026-11-30T08:00:00Z", &["send", "--edition", "7", "--yes"]).exits(1).complains("INSET days");
    assert!(fixture.mails().is_empty());
}

#[test]
fn skip_and_send_are_obeyed() {
    let fixture = shipped_with(&pause("2026-12-19", "2027-01-03", "on_closed_day = \"skip\""));
    assert_eq!(fixture.planned(NOW, 9)["state"], "paused");
    assert_eq!(fixture.planned(NOW, 10)["date"], "2027-01-11");
    // The pause's own rule overrides the general one, either way.
    let fixture = shipped_with(&format!("on_closed_day = \"skip\"\n{}", pause("2026-12-28", "2026-12-28", "")));
    assert_eq!(fixture.planned(NOW, 9)["state"], "paused");
    let fixture = shipped_with(&format!(
        "on_closed_day = \"skip\"\n{}",
        pause("2026-12-28", "2026-12-28", "on_closed_day = \"send\"")
    ));
    let nine = fixture.planned(NOW, 9);
    assert_eq!((&nine["state"], &nine["date"]), (&"projected".into(), &"2026-12-28".into()));
    let fixture = shipped_with(&format!("on_closed_day = \"send\"\n{}", pause("2026-11-30", "2026-12-04", "")));
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
}

#[test]
fn weekends_count_only_where_the_anchor_is_on_one() {
    // Friday 27 November is closed: Monday.
    let fixture = anchored("2026-09-04", &pause("2026-11-27", "2026-11-27", ""));
    assert_eq!(fixture.planned(NOW, 7)["date"], "2026-11-30");
    // Saturday 28 November is closed, and the service writes at weekends: Sunday.
    let fixture = anchored("2026-09-05", &pause("2026-11-28", "2026-11-28", ""));
    assert_eq!(fixture.planned(NOW, 7)["date"], "2026-11-29");
}

#[test]
fn the_plan_starts_with_the_fortnight_of_now() {
    let fixture = Fixture::shipped();
    for (now, first) in [
        ("2026-01-01T00:00:00Z", 1),
        ("2026-09-07T00:00:00Z", 1),
        ("2026-09-20T22:59:59Z", 1),
        ("2026-09-20T23:00:00Z", 2), // midnight in London
        ("2026-11-29T23:59:59Z", 6),
        ("2026-11-30T00:00:00Z", 7),
        ("2026-11-30T08:00:01Z", 7),
    ] {
        let rows = fixture.at(now, &["plan", "--json"]).exits(0).json();
        let numbers: Vec<u64> = rows.as_array().unwrap().iter().map(|row| row["edition"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (first..first + 6).collect::<Vec<_>>(), "at {now}");
    }
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let rows = fixture.at("2026-12-01T08:00:00Z", &["plan", "--json"]).exits(0).json();
    assert_eq!((&rows[0]["edition"], &rows[0]["state"]), (&7.into(), &"sent".into()));
    // Paused fortnights count.
    let fixture = shipped_with(&pause("2026-11-30", "2026-12-20", "on_closed_day = \"skip\""));
    let rows = fixture.at(NOW, &["plan", "--fortnights", "4", "--json"]).exits(0).json();
    let states: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["projected", "paused", "paused", "projected"]);
}

#[test]
fn eight_in_the_morning_is_eight_in_summer_and_in_winter() {
    let fixture = Fixture::shipped();
    let same = |row: &Value, expected: &str| {
        let (found, expected) = (due_at(row), moment(expected));
        assert_eq!((found, found.offset()), (expected, expected.offset()), "{row}");
        assert!(!row["due_at"].as_str().unwrap().ends_with('Z'), "{row}");
    };
    for (number, expected) in [
        (4, "2026-10-19T08:00:00+01:00"),
        (5, "2026-11-02T08:00:00+00:00"),
        (15, "2027-03-22T08:00:00+00:00"),
        (16, "2027-04-05T08:00:00+01:00"),
    ] {
        same(&fixture.planned("2026-10-01T12:00:00Z", number), expected);
    }
    // A time that the clocks jump over, and one that comes twice.
    let fixture = anchored("2027-03-28", "send_at = 01:30:00");
    same(&fixture.planned(NOW, 1), "2027-03-28T02:00:00+01:00");
    let fixture = anchored("2026-10-25", "send_at = 01:30:00");
    same(&fixture.planned("2026-10-20T12:00:00Z", 1), "2026-10-25T01:30:00+01:00");
}

#[test]
fn an_occasion_pulls_its_theme_forward_and_counts_as_use() {
    let fixture = Fixture::shipped();
    let themes = |fixture: &Fixture| -> Vec<String> {
        let rows = fixture.at(NOW, &["plan", "--json"]).exits(0).json();
        rows.as_array().unwrap().iter().map(|row| row["theme"].as_str().unwrap().to_owned()).collect()
    };
    let usual = themes(&fixture);
    let at = usual.iter().position(|theme| theme == "private-information").unwrap();
    assert!(at < 2, "two themes take turns: {usual:?}");
    // Fortnight 6 begins on 16 November, so this lies in the fortnight of that row.
    let on = ["2026-11-29", "2026-11-30"][at];
    let fixture = shipped_with(&format!("[[schedule.occasions]]\nname = \"anti-bullying-week\"\non = {on}"));
    let pulled = themes(&fixture);
    assert_eq!(pulled[at], "kindness", "{pulled:?}");
    assert_eq!(pulled[at + 1], "private-information", "the occasion was no use: {pulled:?}");
    fixture.at(NOW, &["plan", "--explain"]).exits(0).says("for Anti-Bullying Week");
}

#[test]
fn plan_has_all_its_keys() {
    let fixture = shipped_with(&pause("2026-12-28", "2026-12-28", "on_closed_day = \"skip\""));
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    let rows = fixture.at(NOW, &["plan", "--fortnights", "8", "--json"]).exits(0).json();
    let rows = rows.as_array().unwrap();
    for row in rows {
        has_just(row, &["edition", "date", "due_at", "state", "reason", "theme", "activities"]);
        for pick in row["activities"].as_array().unwrap() {
            has_just(pick, &["band", "id", "title", "reason"]);
            assert!(!pick["reason"].as_str().unwrap().is_empty());
        }
    }
    let states: BTreeSet<_> = rows.iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, BTreeSet::from(["sent", "planned", "paused", "projected"]));
}

#[test]
fn status_has_all_its_keys() {
    let fixture = Fixture::shipped();
    let shape = |status: &Value| {
        let keys = ["editions", "bulletins", "subscribers", "suppressions", "next", "attention", "reports", "nodes"];
        has_just(status, &keys);
        has_just(&status["subscribers"], &["active", "pending", "ended"]);
        for edition in status["editions"].as_array().unwrap() {
            has_just(edition, &["edition", "state", "due_at", "deliveries", "bounced"]);
            has_just(&edition["deliveries"], &DELIVERIES);
        }
        for bulletin in status["bulletins"].as_array().unwrap() {
            has_just(bulletin, &["name", "state", "deliveries"]);
            has_just(&bulletin["deliveries"], &DELIVERIES);
        }
    };
    let status = fixture.at(NOW, &["status", "--json"]).exits(0).json();
    shape(&status);
    has_just(&status["next"], &["edition", "due_at"]);
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let status = fixture.at("2026-11-30T09:00:00Z", &["status", "--json"]).exits(0).json();
    shape(&status);
    assert_eq!(status["next"]["edition"], 8);
    assert!(status["editions"].as_array().unwrap().len() > 1);
    // Nothing to come: the keys stay.
    let fixture = shipped_with(&pause("2026-09-01", "2060-01-01", "on_closed_day = \"skip\""));
    let status = fixture.at(NOW, &["status", "--json"]).exits(0).json();
    shape(&status);
    assert_eq!((&status["next"]["edition"], &status["next"]["due_at"]), (&Value::Null, &Value::Null));
}

#[test]
fn preview_and_dry_run_have_all_their_keys() {
    let fixture = Fixture::shipped();
    for command in [&["preview", "--json"][..], &["send", "--dry-run", "--edition", "next", "--json"]] {
        let proof = fixture.at(NOW, command).exits(0).json();
        has_just(&proof, &["edition", "segments", "recipients"]);
        let segments = proof["segments"].as_array().unwrap();
        assert_eq!(segments.len(), 3);
        for segment in segments {
            let all = ["id", "bands", "sector", "locale", "recipients", "subject", "html_bytes", "files"];
            has_just(segment, &all);
            assert_eq!(segment["files"].as_array().unwrap().is_empty(), command[0] == "send", "{segment}");
        }
    }
}

#[test]
fn send_ends_with_one_line_of_all_its_keys() {
    let fixture = Fixture::shipped();
    for now in ["2026-09-01T12:00:00Z", "2026-11-30T08:00:00Z", "2026-11-30T08:01:00Z"] {
        let ran = fixture.at(now, &["send", "--json"]).exits(0);
        let last = ran.stdout.lines().last().unwrap();
        let answer: Value = serde_json::from_str(last).unwrap();
        has_just(&answer, &["edition", "state", "deliveries", "seconds", "per_second"]);
        has_just(&answer["deliveries"], &DELIVERIES);
    }
}

#[test]
fn check_has_all_its_keys() {
    let fixture = Fixture::shipped();
    fixture.write("config.toml", "[service]\nnmae = \"x\"\n");
    std::fs::remove_file(fixture.path("activities/help.toml")).unwrap();
    for config in [None, Some(format!("{BASE}{}", three()))] {
        if let Some(config) = config {
            fixture.write("config.toml", &config);
        }
        let findings = fixture.at(NOW, &["check", "--json"]).exits(1).json();
        let findings = findings.as_array().unwrap();
        assert!(!findings.is_empty());
        for finding in findings {
            has_just(finding, &["level", "file", "line", "column", "code", "message", "help"]);
        }
    }
    let findings = Fixture::shipped().at(NOW, &["check", "--json"]).exits(0).json();
    assert!(findings.as_array().unwrap().iter().all(|finding| finding["level"] == "warning"), "{findings}");
}
