//! An operator's decisions, through the built binary: what each does, and what it refuses.

use std::fs;

use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, entry, pick, three, until};

const BEFORE: &str = "2026-11-25T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";
const LATE: &str = "2026-12-04T08:00:00Z";

fn required() -> Fixture {
    let base = BASE.replace("[schedule]\n", "[schedule]\napproval = \"required\"\n");
    Fixture::new(&format!("{base}{}", three()))
}

fn picked(row: &Value, band: &str) -> String {
    pick(row, band)["id"].as_str().unwrap().to_owned()
}

/// An activity of the shipped library for this band that is not the one picked.
fn another(fixture: &Fixture, band: &str, not: &str) -> String {
    let mut found = Vec::new();
    for theme in fs::read_dir(fixture.path("activities")).unwrap().map(|entry| entry.unwrap()) {
        for file in fs::read_dir(theme.path()).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            // Pictures lie there, too.
            let (name, text) = (file.file_stem().unwrap().to_str().unwrap(), fs::read(&file).unwrap());
            let text = String::from_utf8_lossy(&text);
            let id = format!("{}/{name}", theme.file_name().to_str().unwrap());
            if text.contains(&format!("bands = [\"{band}\"]")) && id != not {
                found.push(id);
            }
        }
    }
    found.sort();
    found.remove(0)
}

fn file(id: &str) -> String {
    format!("activities/{id}.md")
}

fn edit(fixture: &Fixture, id: &str, from: &str, to: &str) {
    fixture.edit(&file(id), from, to);
}

#[test]
fn with_approval_required_nothing_goes_out_before_approve() {
    let fixture = required();
    fixture.at(BEFORE, &["sync"]).exits(0);
    let attention = fixture.at(BEFORE, &["plan", "--json"]).exits(0);
    assert!(attention.stdout.contains("projected"));
    fixture.at(MONDAY, &["send"]).exits(1).complains("approve 7");
    assert!(fixture.mails().is_empty());
    assert_eq!(fixture.planned(MONDAY, 7)["state"], "held");
    fixture.at(MONDAY, &["release", "7"]).exits(1).complains("approval is missing");
    fixture.at(MONDAY, &["approve", "7"]).exits(0).says("is approved");
    assert_eq!(fixture.planned(MONDAY, 7)["state"], "approved");
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
    fixture
        .at(MONDAY, &["approve", "7"])
        .exits(1)
        .complains("was sent on Monday 30 November 2026 (4 of 4 mails accepted)");
}

#[test]
fn status_says_when_approval_will_be_wanted() {
    let fixture = required();
    let wanted = "edition 7 needs approval before Monday 30 November 2026";
    let status = fixture.at(BEFORE, &["status"]).exits(0);
    status.says(wanted);
    status.says("not planned yet");
    status.says("`fortnightly approve 7`");
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    let status = fixture.at(BEFORE, &["status"]).exits(0).stdout;
    assert!(!status.contains(wanted) && !status.contains("not planned yet"), "{status}");
    let automatic = Fixture::shipped().at(BEFORE, &["status"]).exits(0).stdout;
    assert!(automatic.contains("Next: edition 7") && !automatic.contains("pproval"), "{automatic}");
}

#[test]
fn an_approval_is_for_the_text_that_was_approved() {
    let fixture = required();
    fixture.at(BEFORE, &["approve", "7"]).exits(0).says("is approved");
    fixture.at(BEFORE, &["approve", "7"]).exits(0).says("already; nothing changed");
    let id = picked(&fixture.planned(BEFORE, 7), "4-5");
    // A review that changes no word is no edit.
    edit(&fixture, &id, "reviewed = 2026-11-28", "reviewed = 2026-11-29");
    fixture.at(MONDAY, &["send", "--dry-run"]).exits(0);
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "approved");
    edit(&fixture, &id, "## Talk about it\n", "## Talk about it\n\n- And who else?\n");
    let status = fixture.at(BEFORE, &["status", "--json"]).exits(0).json();
    let told = status["attention"].to_string();
    assert!(
        told.contains("edition 7 was edited since it was") && told.contains(&id) && told.contains("Talk about it"),
        "{told}"
    );
    fixture.at(MONDAY, &["send"]).exits(1).complains("approval is missing");
    assert!(fixture.mails().is_empty());
    let audit = fixture.at(MONDAY, &["status", "--audit"]).exits(0).stdout;
    assert!(audit.contains("unapprove") && audit.contains(&id), "{audit}");
    fixture.at(MONDAY, &["approve", "7"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    assert!(fixture.mails().iter().any(|mail| mail.text.contains("And who else?")));
}

#[test]
fn what_was_edited_since_planning_shows_in_status_and_preview() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["hold", "7"]).exits(0);
    fixture.at(BEFORE, &["release", "7"]).exits(0);
    let seven = fixture.planned(BEFORE, 7);
    let id = picked(&seven, "8-10");
    let theme = seven["theme"].as_str().unwrap().to_owned();
    let before = fixture.at(BEFORE, &["status"]).exits(0).stdout;
    assert!(!before.contains("edited"), "{before}");
    edit(&fixture, &id, "title = \"", "title = \"Edited ");
    edit(
        &fixture,
        &format!("{theme}/theme"),
        "## For parents and carers\n",
        "One more sentence.\n\n## For parents and carers\n",
    );
    let status = fixture.at(BEFORE, &["status"]).exits(0).stdout;
    assert!(status.contains("edition 7 was edited since it was planned: “"), "{status}");
    assert!(
        status.contains(&format!("({id}): title")) && status.contains(&format!("({theme}): opening paragraph")),
        "{status}"
    );
    let preview = fixture.at(BEFORE, &["preview", "--out", "look"]).exits(0);
    preview.says("edited since it was planned");
    let index = fs::read_to_string(fixture.path("look/index.html")).unwrap();
    assert!(index.contains("edited since it was planned") && index.contains(&id));
    // What is edited goes out as it is then, and the plan names it so.
    assert!(fixture.planned(BEFORE, 7)["activities"].to_string().contains("Edited "));
}

#[test]
fn a_swap_holds_through_planning_and_is_what_goes_out() {
    let fixture = Fixture::shipped();
    let old = picked(&fixture.planned(BEFORE, 7), "8-10");
    let new = another(&fixture, "8-10", &old);
    let swap = ["swap", "7", "--band", "8-10", "--activity", &new];
    fixture.at(BEFORE, &swap).exits(0).says(&format!("chosen by an operator instead of {old}"));
    fixture.at(BEFORE, &swap).exits(0).says("nothing changed");
    let seven = fixture.planned(BEFORE, 7);
    assert_eq!(picked(&seven, "8-10"), new);
    fixture.at(MONDAY, &["send"]).exits(0);
    let title = seven["activities"].as_array().unwrap().iter().find(|pick| pick["band"] == "8-10").unwrap()["title"]
        .as_str()
        .unwrap()
        .to_owned();
    let mails = fixture.mails();
    let trust = mails.iter().find(|mail| mail.to == "hello@lantern.example").unwrap();
    assert!(trust.text.contains(&title) && trust.subject.contains(':'), "{}", trust.subject);
    fixture.at(MONDAY, &swap).exits(1).complains("its activities are fixed");
}

#[test]
fn a_swap_that_does_not_suit_is_refused_with_the_reason() {
    let fixture = Fixture::shipped();
    let young = picked(&fixture.planned(BEFORE, 7), "4-5");
    let refused = |arguments: &[&str], why: &str| {
        fixture.at(BEFORE, arguments).exits(1).complains(why);
    };
    refused(&["swap", "7", "--band", "8-10", "--activity", &young], "it is for 4-5, not for 8-10");
    refused(&["swap", "7", "--band", "9-10", "--activity", &young], "the bands are 4-5, 5-7, 8-10, 11-14, 14+");
    let typo = format!("{young}x");
    refused(&["swap", "7", "--band", "4-5", "--activity", &typo], &format!("did you mean {young}?"));
    refused(&["swap", "900", "--band", "4-5", "--activity", &young], "too far ahead");
    refused(&["swap", "2", "--band", "4-5", "--activity", &young], "its fortnight is over");
    let other = another(&fixture, "4-5", &young);
    edit(&fixture, &other, "reviewed = 2026-11-28\nreview_by = 2028", "reviewed = 2026-11-01\nreview_by = 2026");
    refused(&["swap", "7", "--band", "4-5", "--activity", &other], "its review fell due on 2026-11-28");
    fixture.at(BEFORE, &["swap", "seven", "--band", "4-5", "--activity", &young]).exits(2);
}

#[test]
fn a_held_edition_waits_for_its_release_and_is_missed_when_the_next_falls_due() {
    let fixture = Fixture::shipped();
    fixture
        .at(BEFORE, &["hold", "7", "--reason", "a fact is wrong"])
        .exits(0)
        .says("an operator held it: a fact is wrong");
    fixture.at(BEFORE, &["hold", "7"]).exits(0).says("already; nothing changed");
    fixture.at(MONDAY, &["send"]).exits(1).complains("a fact is wrong");
    fixture.at("2026-12-13T08:00:00Z", &["send"]).exits(1);
    assert!(fixture.mails().is_empty());
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
    let answer = fixture.at("2026-12-14T09:00:00Z", &["status", "--json"]).exits(0).json();
    let states: Vec<_> = answer["editions"].as_array().unwrap().iter().map(|e| (&e["edition"], &e["state"])).collect();
    assert!(
        states.contains(&(&7.into(), &"missed".into())) && states.contains(&(&8.into(), &"sent".into())),
        "{states:?}"
    );
    fixture.at("2026-12-14T09:00:00Z", &["release", "7"]).exits(1).complains("edition 7 was missed");
}

#[test]
fn a_hold_says_how_it_ends_whatever_its_reason_is() {
    let fixture = Fixture::shipped();
    for why in ["a fact is wrong", "see `facts.md`", "approval is missing", "late"] {
        fixture.at(BEFORE, &["hold", "7", "--reason", why]).exits(0);
        fixture.at(MONDAY, &["send"]).exits(1).complains("To let it go: `fortnightly release 7`.");
    }
    fixture.at(MONDAY, &["release", "7"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
}

#[test]
fn what_is_released_when_it_is_late_goes_out() {
    for decision in ["release", "approve"] {
        let fixture = Fixture::shipped();
        fixture.at(LATE, &["send"]).exits(1).complains("--late");
        assert_eq!(fixture.planned(LATE, 7)["state"], "held");
        fixture.at(LATE, &[decision, "7"]).exits(0).says("It is due");
        fixture.at("2026-12-04T08:01:00Z", &["send"]).exits(0);
        assert_eq!(fixture.mails().len(), 4, "{decision}");
    }
}

#[test]
fn a_release_before_its_time_gives_no_later_grace() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["hold", "7"]).exits(0);
    fixture.at(BEFORE, &["release", "7"]).exits(0);
    fixture.at(LATE, &["send"]).exits(1).complains("--late");
    assert!(fixture.mails().is_empty());
}

#[test]
fn a_withdrawn_edition_is_not_sent_and_can_be_taken_back() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["withdraw", "7"]).exits(0).says("is withdrawn");
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "withdrawn");
    // The one before is late, and not overtaken by one that does not go out.
    fixture.at(MONDAY, &["send"]).exits(1).complains("edition 6 is held: late");
    fixture.at(MONDAY, &["send", "--edition", "7", "--late"]).exits(1).complains("withdrawn");
    for refused in ["approve", "hold", "release"] {
        fixture.at(MONDAY, &[refused, "7"]).exits(1).complains("withdraw 7 --undo");
    }
    assert!(fixture.mails().is_empty());
    fixture.at(MONDAY, &["withdraw", "7", "--undo"]).exits(0).says("is planned");
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
    fixture.at(MONDAY, &["withdraw", "7"]).exits(1).complains("cannot be called back");
}

#[test]
fn a_withdrawn_activity_leaves_planned_editions_and_never_comes_back_by_itself() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["release"]).exits(0);
    let id = picked(&fixture.planned(BEFORE, 7), "8-10");
    let answer = fixture.at(BEFORE, &["withdraw", &id, "--json"]).exits(0).json();
    assert_eq!((&answer["changed"], &answer["published"]), (&true.into(), &Value::Array(Vec::new())));
    assert_eq!((&answer["replaced"][0]["edition"], &answer["replaced"][0]["band"]), (&7.into(), &"8-10".into()));
    fixture.at(BEFORE, &["withdraw", &id]).exits(0).says("was withdrawn before");
    let seven = fixture.planned(BEFORE, 7);
    assert_ne!(picked(&seven, "8-10"), id);
    assert!(seven["activities"].to_string().contains(&format!("replaces {id}: it was withdrawn")), "{seven}");
    let plan = fixture.at(BEFORE, &["plan", "--fortnights", "26", "--json"]).exits(0).stdout;
    assert!(!plan.contains(&format!("\"id\": \"{id}\"")), "{plan}");
    fixture.at(BEFORE, &["swap", "7", "--band", "8-10", "--activity", &id]).exits(1).complains("it was withdrawn");
    fixture.at(BEFORE, &["withdraw", "no/such-thing"]).exits(1).complains("no activity no/such-thing");
    fixture.at(BEFORE, &["withdraw", &id, "--undo"]).exits(0).says("may be picked again");
    fixture.at(BEFORE, &["withdraw", "two words"]).exits(2);
}

#[test]
fn a_sent_activity_that_is_withdrawn_names_its_editions() {
    let fixture = Fixture::shipped();
    fixture.at(MONDAY, &["send"]).exits(0);
    let id = picked(&fixture.planned(MONDAY, 7), "8-10");
    fixture.at(MONDAY, &["withdraw", &id]).exits(0).says("It went out in edition 7");
}

#[test]
fn a_hold_in_the_middle_of_sending_stops_it_and_a_release_finishes_it() {
    let many: String = (0..3_000)
        .map(|n| entry(&format!("School {n}"), "school", &format!("\"s{n}@school.example\""), "[\"4-5\"]"))
        .collect();
    let fixture = Fixture::new(&format!("{BASE}{many}"));
    let count = || fixture.mail_count();
    let mut run = fixture.spawn(&["--now", MONDAY, "send"], "log");
    until("some mail is there", || count() >= 20);
    fixture.at(MONDAY, &["hold", "7", "--reason", "wrong number"]).exits(0).says("cannot be called back");
    assert_eq!(run.ends(), 1);
    let sent = count();
    assert!(sent < 3_000, "everything was sent before the hold");
    let log = fixture.log();
    assert!(log.contains("wrong number") && log.contains("release 7"), "{log}");
    let status = fixture.at(MONDAY, &["status", "--edition", "7", "--json"]).exits(0).json();
    let seven = &status["editions"][0];
    assert_eq!((&seven["state"], &seven["deliveries"]["accepted"]), (&"held".into(), &sent.into()));
    assert_eq!(seven["deliveries"]["queued"], 3_000 - sent);
    fixture.at(MONDAY, &["send"]).exits(1).complains("release 7");
    fixture.at(MONDAY, &["send", "--edition", "7"]).exits(1).complains("wrong number");
    fixture.at(MONDAY, &["withdraw", "7"]).exits(1).complains("was stopped in the middle");
    assert_eq!(count(), sent);
    fixture.at(MONDAY, &["release", "7"]).exits(0).says("The rest goes out now");
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.bands_by_mailbox().len(), 3_000);
}

#[test]
fn a_broken_library_keeps_nobody_from_holding_an_edition() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["hold", "7"]).exits(0);
    fixture.at(BEFORE, &["release", "7"]).exits(0);
    fixture.write("activities/help.toml", "broken");
    fixture.at(BEFORE, &["hold", "7"]).exits(0).says("is held");
    fixture.at(BEFORE, &["withdraw", "8"]).exits(0).says("is withdrawn");
    fixture.at(BEFORE, &["hold", "30"]).exits(1).complains("fortnightly check");
    let attention = fixture.at(BEFORE, &["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(attention.contains("library or templates have"), "{attention}");
}

#[test]
fn a_fortnight_without_an_edition_cannot_be_decided_on() {
    let pause = "[[schedule.pauses]]\nfrom = 2026-12-19\nto = 2027-01-03\nreason = \"Christmas holidays\"\non_closed_day = \"skip\"\n";
    let fixture = Fixture::new(&format!("{BASE}{pause}{}", three()));
    for decision in ["approve", "hold", "release", "withdraw"] {
        fixture
            .at(BEFORE, &[decision, "9"])
            .exits(1)
            .complains("has no edition: Monday 28 December 2026 is closed: Christmas");
    }
    // One far ahead is planned for it, with what lies before.
    let held = fixture.at(BEFORE, &["hold", "12", "--json"]).exits(0).json();
    assert_eq!((&held["edition"], &held["state"], &held["date"]), (&12.into(), &"held".into(), &"2027-02-08".into()));
}

#[test]
fn two_swaps_at_once_both_hold() {
    let fixture = Fixture::shipped();
    let seven = fixture.planned(BEFORE, 7);
    let swaps = ["4-5", "8-10"].map(|band| (band, another(&fixture, band, &picked(&seven, band))));
    std::thread::scope(|scope| {
        for (band, id) in &swaps {
            let fixture = &fixture;
            scope.spawn(move || fixture.at(BEFORE, &["swap", "7", "--band", band, "--activity", id]).exits(0));
        }
    });
    let seven = fixture.planned(BEFORE, 7);
    for (band, id) in swaps {
        assert_eq!(picked(&seven, band), id);
    }
}

#[test]
fn an_edit_shows_at_once_that_the_approval_is_gone() {
    let fixture = required();
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    let id = picked(&fixture.planned(BEFORE, 7), "4-5");
    edit(&fixture, &id, "## Talk about it\n", "## Talk about it\n\n- And who else?\n");
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "planned");
    let status = fixture.at(BEFORE, &["status", "--edition", "7", "--json"]).exits(0).json();
    assert_eq!(status["editions"][0]["state"], "planned");
    assert!(status["attention"].to_string().contains("fortnightly approve 7"), "{status}");
    fixture.at(MONDAY, &["send"]).exits(1).complains("fortnightly approve 7");
}

#[test]
fn a_pick_that_is_gone_shows_in_status() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["hold", "7"]).exits(0);
    let id = picked(&fixture.planned(BEFORE, 7), "4-5");
    fs::remove_file(fixture.path(&file(&id))).unwrap();
    let told = fixture.at(BEFORE, &["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(told.contains(&format!("replaces {id}: it is no longer in the library")), "{told}");
}

#[test]
fn a_withdrawn_activity_in_a_half_sent_edition_is_told_everywhere() {
    let many: String = (0..3_000)
        .map(|n| entry(&format!("School {n}"), "school", &format!("\"s{n}@school.example\""), "[\"4-5\"]"))
        .collect();
    let fixture = Fixture::new(&format!("{BASE}{many}"));
    let mut run = fixture.spawn(&["--now", MONDAY, "send"], "log");
    until("some mail is there", || fixture.mail_count() >= 20);
    fixture.at(MONDAY, &["hold", "7"]).exits(0);
    run.ends();
    let id = picked(&fixture.planned(MONDAY, 7), "4-5");
    fixture.at(MONDAY, &["withdraw", &id]).exits(0).says("Mails of edition 7 still wait, and they carry it");
    fixture.at(MONDAY, &["withdraw", "7"]).exits(1).complains("the rest expires when the next edition falls due");
    fixture
        .at(MONDAY, &["release", "7"])
        .exits(0)
        .says(&format!("{id} was withdrawn, and the mails that wait still carry it"));
}

#[test]
fn send_late_approves_only_what_is_held_or_late() {
    let fixture = required();
    fixture.at(BEFORE, &["send", "--edition", "7", "--yes", "--late"]).exits(1).complains("fortnightly approve 7");
    assert!(fixture.mails().is_empty());
}

#[test]
fn an_edition_that_was_let_go_late_is_what_comes_next() {
    let fixture = Fixture::shipped();
    fixture.at(LATE, &["approve", "7"]).exits(0);
    let status = fixture.at(LATE, &["status", "--json"]).exits(0).json();
    assert_eq!(status["next"]["edition"], 7, "{status}");
}

#[test]
fn an_edition_and_an_activity_are_named_as_people_write_them() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["approve", "seven"]).exits(2).complains("expected an edition’s number, from 1");
    let id = picked(&fixture.planned(BEFORE, 7), "4-5");
    fixture.at(BEFORE, &["withdraw", &format!("activities/{id}.md")]).exits(0).says(&format!("{id} is withdrawn"));
    let audit = fixture.at(BEFORE, &["status", "--audit"]).exits(0).stdout;
    assert!(audit.contains(&format!("activity {id}")), "{audit}");
}

#[test]
fn an_approval_that_is_missing_is_named_when_it_is_late_too() {
    let fixture = required();
    fixture.at(LATE, &["send"]).exits(1).complains("nobody approved it");
    fixture.at(LATE, &["send"]).exits(1).complains("fortnightly approve 7");
    fixture.at(LATE, &["send", "--late"]).exits(0).complains("Nobody had approved edition 7");
}

#[test]
fn status_tells_ahead_that_a_band_that_is_read_gets_nothing() {
    let fixture = Fixture::shipped();
    fixture.at(BEFORE, &["hold", "7"]).exits(0);
    fixture.at(BEFORE, &["release", "7"]).exits(0);
    for theme in fs::read_dir(fixture.path("activities")).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(theme).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if String::from_utf8_lossy(&fs::read(&file).unwrap()).contains("bands = [\"14+\"]") {
                fs::remove_file(file).unwrap();
            }
        }
    }
    fixture.at(BEFORE, &["sync"]).exits(0);
    let told = fixture.at(BEFORE, &["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(told.contains("edition 7 would be held: no activity for a band that is read: 14+"), "{told}");
}
