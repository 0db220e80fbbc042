//! A school year through the binary: bank holidays, pauses and their rules, occasions, and what comes too late.

use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, three};
use crate::support::library_fixture;

const AUTUMN: &str = "2026-09-01T12:00:00Z";

/// A fixture with more lines in `[service]` and in `[schedule]`.
fn fixture(service: &str, anchor: &str, schedule: &str) -> Fixture {
    let config = BASE
        .replace("[service]\n", &format!("[service]\n{service}\n"))
        .replace("anchor = 2026-09-07\n", &format!("anchor = {anchor}\n{schedule}\n"));
    let fixture = Fixture::new(&format!("{config}{}", three()));
    library_fixture::stock(&fixture);
    fixture
}

fn scheduled(schedule: &str) -> Fixture {
    fixture("", "2026-09-07", schedule)
}

fn pause(from: &str, to: &str, rule: &str) -> String {
    let rule = if rule.is_empty() { String::new() } else { format!("on_closed_day = \"{rule}\"\n") };
    format!("[[schedule.pauses]]\nfrom = {from}\nto = {to}\nreason = \"Staff training\"\n{rule}\n")
}

fn rows(fixture: &Fixture, now: &str) -> Vec<Value> {
    fixture.at(now, &["plan", "--fortnights", "26", "--json"]).exits(0).json().as_array().unwrap().clone()
}

/// Date and state of one fortnight.
#[track_caller]
fn placed(fixture: &Fixture, number: u64) -> (String, String) {
    let rows = rows(fixture, AUTUMN);
    let row = rows.iter().find(|row| row["edition"] == number).unwrap();
    (row["date"].as_str().unwrap().to_owned(), row["state"].as_str().unwrap().to_owned())
}

#[track_caller]
fn is(fixture: &Fixture, number: u64, date: &str, state: &str) {
    assert_eq!(placed(fixture, number), (date.to_owned(), state.to_owned()));
}

#[track_caller]
fn states(fixture: &Fixture, now: &str) -> Vec<(u64, String)> {
    let status = fixture.at(now, &["status", "--json"]).exits(0).json();
    let editions = status["editions"].as_array().unwrap();
    editions.iter().map(|e| (e["edition"].as_u64().unwrap(), e["state"].as_str().unwrap().to_owned())).collect()
}

#[track_caller]
fn state(fixture: &Fixture, now: &str, number: u64) -> String {
    let states = states(fixture, now);
    states.iter().find(|(n, _)| *n == number).unwrap_or_else(|| panic!("{states:?}")).1.clone()
}

#[test]
fn a_bank_holiday_follows_the_general_rule() {
    for (rule, date, expected) in [
        ("", "2027-05-04", "projected"),
        ("shift", "2027-05-04", "projected"),
        ("skip", "2027-05-03", "paused"),
        ("send", "2027-05-03", "projected"),
    ] {
        let line = if rule.is_empty() { String::new() } else { format!("on_closed_day = \"{rule}\"") };
        let fixture = scheduled(&line);
        is(&fixture, 18, date, expected);
        let told = fixture.at("2027-05-01T12:00:00Z", &["plan", "--explain"]).exits(0).stdout;
        let expected = match expected {
            "paused" => "No edition: Early May bank holiday",
            _ if rule == "send" => "Edition 18 · Monday 3 May at 08:00",
            _ => "Moved from Monday 3 May: Early May bank holiday",
        };
        assert!(told.contains(expected), "{told}");
    }
    let paused = scheduled("on_closed_day = \"skip\"");
    let reason = rows(&paused, AUTUMN)[17]["reason"].clone();
    assert_eq!(reason, "Monday 3 May 2027 is closed: Early May bank holiday");
}

#[test]
fn each_nation_has_its_own_bank_holidays() {
    let from = |nation: &str| fixture(&format!("nation = \"{nation}\""), "2026-09-07", "");
    for nation in ["england", "wales", "northern-ireland"] {
        is(&from(nation), 7, "2026-11-30", "projected");
    }
    is(&from("scotland"), 7, "2026-12-01", "projected");
    from("scotland")
        .at("2026-11-29T12:00:00Z", &["plan", "--explain"])
        .exits(0)
        .says("Moved from Monday 30 November: St Andrew’s Day");
    is(&from("england"), 23, "2027-07-12", "projected");
    is(&from("northern-ireland"), 23, "2027-07-13", "projected");
}

#[test]
fn a_pause_with_its_own_rule_goes_before_bank_holiday_and_general_rule() {
    for (general, own, date, state) in [
        ("shift", "", "2027-05-05", "projected"),
        ("shift", "skip", "2027-05-03", "paused"),
        ("shift", "send", "2027-05-03", "projected"),
        ("skip", "", "2027-05-03", "paused"),
        ("skip", "shift", "2027-05-05", "projected"),
        ("skip", "send", "2027-05-03", "projected"),
        ("send", "", "2027-05-03", "projected"),
        ("send", "shift", "2027-05-05", "projected"),
        ("send", "skip", "2027-05-03", "paused"),
    ] {
        let lines = format!("on_closed_day = \"{general}\"\n{}", pause("2027-05-03", "2027-05-04", own));
        assert_eq!(placed(&scheduled(&lines), 18), (date.to_owned(), state.to_owned()), "{general}, {own}");
    }
}

#[test]
fn a_shift_crosses_long_weekends_and_ends_after_a_week() {
    // Easter: 5 April lies in the holidays, whose last day is a Sunday.
    let easter = pause("2027-03-26", "2027-04-11", "");
    is(&scheduled(&easter), 16, "2027-04-12", "projected");
    // Closed to the Friday before the Early May bank holiday: over the weekend and the Monday.
    is(&fixture("", "2027-04-26", &pause("2027-04-26", "2027-04-30", "")), 1, "2027-04-26", "paused");
    is(&fixture("", "2027-04-27", &pause("2027-04-27", "2027-04-30", "")), 1, "2027-05-04", "projected");
    // One day more of Easter, and no open day is left.
    let longer = scheduled(&pause("2027-03-26", "2027-04-12", ""));
    is(&longer, 16, "2027-04-05", "paused");
    longer
        .at("2027-04-01T12:00:00Z", &["plan", "--explain"])
        .exits(0)
        .says("No edition: Staff training, and no open day within a week after it");
    // Good Friday 2027 with an anchor on Fridays goes to Tuesday: Easter Monday is closed, too.
    is(&fixture("", "2027-03-26", ""), 1, "2027-03-30", "projected");
    // A service that writes on Saturdays may shift to a Sunday.
    is(&fixture("", "2026-09-05", &pause("2026-09-05", "2026-09-05", "")), 1, "2026-09-06", "projected");
}

#[test]
fn an_occasion_belongs_to_the_last_edition_before_its_day_is_over() {
    let on = |day: &str| scheduled(&format!("[[schedule.occasions]]\nname = \"safer-internet-day\"\non = {day}"));
    let edition_of = |fixture: &Fixture| -> Vec<u64> {
        let rows = rows(fixture, AUTUMN);
        let has = |row: &&Value| row["activities"].to_string().contains("occasion safer-internet-day");
        rows.iter().filter(has).map(|row| row["edition"].as_u64().unwrap()).collect()
    };
    for (day, edition) in [("2027-02-07", 11), ("2027-02-08", 12), ("2027-02-09", 12), ("2027-02-21", 12)] {
        assert_eq!(edition_of(&on(day)), [edition], "{day}");
    }
    // In a pause: the edition before it takes it up.
    let holidays = pause("2026-12-19", "2027-01-03", "skip");
    let fixture =
        scheduled(&format!("{holidays}[[schedule.occasions]]\nname = \"safer-internet-day\"\non = 2027-01-02"));
    assert_eq!(edition_of(&fixture), [8]);
    fixture
        .at(AUTUMN, &["plan", "--fortnights", "9", "--explain"])
        .exits(0)
        .says("Safer Internet Day on Saturday 2 January");
    // An edition that shifts past the day leaves it to the one before.
    let fixture = scheduled("[[schedule.occasions]]\nname = \"safer-internet-day\"\non = 2027-05-03");
    assert_eq!(edition_of(&fixture), [17]);
}

#[test]
fn grace_ends_to_the_second() {
    let due = |grace: &str| scheduled(&format!("grace = \"{grace}\""));
    let fixture = due("72h");
    fixture.at("2026-12-03T08:00:00Z", &["send"]).exits(0);
    assert_eq!(state(&fixture, "2026-12-03T08:00:00Z", 7), "sent");
    let fixture = due("72h");
    fixture.at("2026-12-03T08:00:01Z", &["send"]).exits(1).complains("--late");
    assert_eq!(state(&fixture, "2026-12-03T08:00:01Z", 7), "held");
    let fixture = due("1h");
    fixture.at("2026-11-30T09:00:01Z", &["send"]).exits(1).complains("more than 1 hour ago");
    let fixture = due("30d");
    fixture.at("2026-12-13T08:00:00Z", &["send"]).exits(0);
    assert_eq!(state(&fixture, "2026-12-13T09:00:00Z", 7), "sent");
}

#[test]
fn what_is_held_is_missed_once_a_newer_one_falls_due() {
    let fixture = scheduled("");
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    fixture.at("2026-12-04T12:00:00Z", &["send"]).exits(1).complains("edition 7 is held");
    let status = fixture.at("2026-12-04T12:00:00Z", &["status", "--json"]).exits(0).json();
    assert!(status["attention"].to_string().contains("edition 7 is held"), "{status}");
    fixture.at("2026-12-14T07:59:59Z", &["send"]).exits(1).complains("edition 7 is held");
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(state(&fixture, "2026-12-14T09:00:00Z", 7), "missed");
    assert_eq!(state(&fixture, "2026-12-14T09:00:00Z", 8), "sent");
    // Missed is missed: by number, with --late, whatever is tried.
    fixture.at("2026-12-14T09:00:00Z", &["send", "--edition", "7", "--late", "--yes"]).exits(1).complains("missed");
    fixture.at("2026-12-14T09:00:00Z", &["send", "--late"]).exits(0).says("Nothing is due");
    assert_eq!(fixture.mails().len(), 8);
}

#[test]
fn after_a_long_sleep_one_edition_waits_and_the_older_ones_are_missed() {
    let fixture = scheduled("");
    fixture.at("2026-09-07T08:00:00Z", &["send"]).exits(0);
    // Editions 2 to 4 were planned; nobody was there until the end of November.
    fixture.at("2026-11-27T12:00:00Z", &["send"]).exits(1).complains("edition 6 is held");
    for number in 2..=4 {
        assert_eq!(state(&fixture, "2026-11-27T12:00:00Z", number), "missed", "{number}");
    }
    assert!(states(&fixture, "2026-11-27T12:00:00Z").iter().all(|(number, _)| *number != 5), "5 was never planned");
    fixture.at("2026-11-27T12:00:00Z", &["send", "--late"]).exits(0);
    assert_eq!(state(&fixture, "2026-11-27T12:00:00Z", 6), "sent");
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 12);
}

#[test]
fn a_new_store_begins_with_the_current_fortnight() {
    let fixture = scheduled("");
    fixture.at("2026-11-18T12:00:00Z", &["send"]).exits(0);
    assert_eq!(states(&fixture, "2026-11-18T12:00:00Z").first().unwrap(), &(6, "sent".to_owned()));
    // A clock that was wrong by a year does not bring back what was before.
    fixture.at("2026-09-07T08:00:00Z", &["send"]).exits(0).says("Nothing is due");
    assert_eq!(fixture.mails().len(), 4);
}

#[test]
fn a_held_edition_stays_in_the_plan_with_its_reason() {
    let fixture = scheduled("");
    fixture.at("2026-12-04T12:00:00Z", &["send"]).exits(1);
    fixture.at("2026-12-04T12:00:00Z", &["plan", "--explain"]).exits(0).says("held: needs a person");
    let row = rows(&fixture, "2026-12-04T12:00:00Z")[0].clone();
    assert_eq!((&row["edition"], &row["state"]), (&7.into(), &"held".into()));
    assert!(row["reason"].as_str().unwrap().starts_with("late: it was due on Monday 30 November 2026"), "{row}");
}

#[test]
fn the_shipped_year_reads_like_a_school_s_calendar() {
    let fixture = library_fixture::shipped_config();
    let told = fixture.at(AUTUMN, &["plan", "--fortnights", "26", "--explain"]).exits(0).stdout;
    insta::assert_snapshot!("year_explained", told);
    let table = fixture.at(AUTUMN, &["plan", "--fortnights", "26"]).exits(0).stdout;
    insta::assert_snapshot!("year_table", table);
}

#[test]
fn what_the_calendar_cannot_know_is_said_once() {
    let fixture = library_fixture::shipped_config();
    let line = "Bank holidays after 31 December 2028 are not known yet";
    let told = fixture.at("2028-06-01T12:00:00Z", &["plan", "--fortnights", "26", "--explain"]).exits(0).stdout;
    assert_eq!(told.matches(line).count(), 1, "{told}");
    let told = fixture.at(AUTUMN, &["plan", "--fortnights", "26", "--explain"]).exits(0).stdout;
    assert!(!told.contains(line));
}
