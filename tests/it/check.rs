//! `check`: what it finds a year ahead, and that every reason not to send is an error with its place.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, entry, scheduled, three};
use crate::support::library_fixture::{self, BANDS, FRESH};
use crate::support::root;

const NOW: &str = "2026-09-01T12:00:00Z";

fn stocked_with(lines: &str) -> Fixture {
    let fixture = Fixture::new(&scheduled(lines));
    library_fixture::stock(&fixture);
    fixture
}

#[track_caller]
fn findings(fixture: &Fixture, now: &str, code: i32) -> Vec<Value> {
    fixture.at(now, &["check", "--json"]).exits(code).json().as_array().unwrap().clone()
}

/// The only finding, which has this code.
#[track_caller]
fn only(fixture: &Fixture, now: &str, exit: i32, code: &str) -> Value {
    let mut found = findings(fixture, now, exit);
    assert!(found.len() == 1 && found[0]["code"] == code, "{found:#?}");
    found.remove(0)
}

/// Its file, below the folder of the config.
#[track_caller]
fn file(finding: &Value) -> &str {
    let file = finding["file"].as_str().unwrap();
    file.strip_prefix("./").unwrap_or(file)
}

#[track_caller]
fn says(finding: &Value, text: &str) {
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains(text), "“{text}” is not in: {message}");
}

#[test]
fn a_year_from_the_shipped_config_has_no_surprise() {
    let fixture = library_fixture::shipped_config();
    for now in [NOW, "2026-11-23T12:00:00Z", "2027-03-01T12:00:00Z"] {
        assert_eq!(findings(&fixture, now, 0), Vec::<Value>::new(), "at {now}");
    }
}

#[test]
fn what_does_no_harm_is_not_mentioned() {
    let fixture = stocked_with(
        "[[schedule.pauses]]\nfrom = 2025-12-19\nto = 2026-01-03\nreason = \"Last year\"\n\
         [[schedule.pauses]]\nfrom = 2026-12-19\nto = 2027-01-03\nreason = \"Christmas\"\n\
         [[schedule.pauses]]\nfrom = 2027-01-02\nto = 2027-01-05\nreason = \"Training\"\n\
         [[schedule.occasions]]\nname = \"safer-internet-day\"\non = 2026-12-30\n\
         [[schedule.occasions]]\nname = \"never-heard-of\"\non = 2026-02-10",
    );
    library_fixture::add_notice(&fixture, "over", "2025-01-01", "2025-02-01", "It is over.");
    assert_eq!(findings(&fixture, NOW, 0), Vec::<Value>::new());
}

#[test]
fn reviews_of_one_day_are_one_warning() {
    let fixture = stocked_with("");
    let front = "reviewed = 2026-01-01\nreview_by = 2027-02-01\n";
    library_fixture::add_theme(&fixture, "kindness", front, &BANDS);
    let finding = only(&fixture, NOW, 0, "review-due");
    assert_eq!(finding["level"], "warning");
    assert!(file(&finding).starts_with("activities/kindness/"), "{finding}");
    says(&finding, "5 texts are to be checked again by Monday 1 February 2027");
    says(&finding, "and 2 more");
    says(&finding, "edition 12 on Monday 8 February 2027 is the first without the activities among them");

    let theme = fs::read_to_string(fixture.path("activities/videos/theme.md")).unwrap();
    fixture.write("activities/videos/theme.md", &theme.replace("2036-09-01", "2027-01-04"));
    let found = findings(&fixture, NOW, 0);
    assert_eq!(found.len(), 2, "{found:#?}");
    let theme = found.iter().find(|f| file(f) == "activities/videos/theme.md").unwrap();
    assert_eq!(theme["message"], "is to be checked again by Monday 4 January 2027");
    // The day after, it is overdue.
    assert!(findings(&fixture, "2027-02-02T12:00:00Z", 0).iter().all(|f| f["code"] == "review-overdue"));
    // The last edition of the horizon, on 23 August 2027, goes out before this day is over.
    library_fixture::stock(&fixture);
    library_fixture::add_theme(&fixture, "kindness", "reviewed = 2026-01-01\nreview_by = 2027-08-23\n", &BANDS);
    assert_eq!(findings(&fixture, NOW, 0), Vec::<Value>::new());
    library_fixture::add_theme(&fixture, "kindness", "reviewed = 2026-01-01\nreview_by = 2027-08-22\n", &BANDS);
    says(&only(&fixture, NOW, 0, "review-due"), "edition 26 on Monday 23 August 2027 is the first without");
}

#[test]
fn an_occasion_wants_an_activity() {
    let occasion = |name: &str| format!("[[schedule.occasions]]\nname = \"{name}\"\non = 2027-02-09");
    let finding = only(&stocked_with(&occasion("safer-internet-dya")), NOW, 0, "occasion-without-activity");
    says(
        &finding,
        "“safer-internet-dya” on Tuesday 9 February 2027, which edition 12 on Monday 8 February 2027 takes up",
    );
    assert_eq!(
        (file(&finding), finding["line"].as_u64(), finding["column"].as_u64()),
        ("config.toml", Some(12), Some(8))
    );
    assert_eq!(findings(&stocked_with(&occasion("safer-internet-day")), NOW, 0), Vec::<Value>::new());

    let fixture = stocked_with(&occasion("pancake-day"));
    let front = format!("{FRESH}occasions = [\"pancake-day\"]\nnot_before = 2027-02-09\n");
    library_fixture::add_activity(&fixture, "videos", "5-7", &front, "Talk.");
    let finding = only(&fixture, NOW, 0, "occasion-without-activity");
    says(&finding, "may go out with edition 12 on Monday 8 February 2027: videos/5-7");
}

#[test]
fn bank_holidays_that_end_are_told_a_year_before() {
    let fixture = stocked_with("");
    assert_eq!(findings(&fixture, "2027-12-20T12:00:00Z", 0), Vec::<Value>::new());
    let finding = only(&fixture, "2028-01-10T12:00:00Z", 0, "bank-holidays-end");
    says(&finding, "the bank holidays of England are known until Sunday 31 December 2028");
    assert!(finding["help"].as_str().unwrap().contains("[[schedule.pauses]]"), "{finding}");
    let finding = only(&fixture, "2028-06-01T12:00:00Z", 0, "bank-holidays-end");
    says(&finding, "edition 62 on Monday 8 January 2029 is the first that may have to move");
    let fixture = stocked_with("on_closed_day = \"send\"");
    assert_eq!(findings(&fixture, "2028-06-01T12:00:00Z", 0), Vec::<Value>::new());
}

#[test]
fn subscribers_who_would_get_nothing_are_named_and_no_address_is() {
    let lonely = entry("Oak Sixth Form", "school", "\"office@oak.example\"", "[\"14+\"]");
    let fixture = Fixture::new(&format!("{BASE}{}{lonely}", three()));
    library_fixture::clear(&fixture);
    library_fixture::add_theme(&fixture, "kindness", FRESH, &BANDS[..4]);
    library_fixture::add_theme(&fixture, "later", &format!("{FRESH}not_before = 2035-01-01\n"), &["14+"]);
    fixture
        .at(NOW, &["subscribe", "--name", "Elm Youth Club", "--email", "elm@club.example", "--bands", "14+"])
        .exits(0);
    let found = findings(&fixture, NOW, 1);
    let named: Vec<&Value> = found.iter().filter(|f| f["code"] == "subscriber-without-activity").collect();
    assert_eq!(named.len(), 2, "{found:#?}");
    let line = fs::read_to_string(fixture.path("config.toml")).unwrap();
    let line = line.lines().position(|line| line.contains("Oak")).unwrap();
    let oak = named.iter().find(|f| !f["line"].is_null()).unwrap();
    assert_eq!((&oak["file"], oak["line"].as_u64()), (&"config.toml".into(), Some(line as u64)));
    says(oak, "Oak Sixth Form would get nothing");
    assert!(named.iter().any(|f| f["message"].as_str().unwrap().contains("Elm Youth Club (14+)")), "{named:?}");
    assert!(!format!("{found:?}").contains('@'));
    assert!(found.iter().any(|f| f["code"] == "band-runs-dry" && f["level"] == "error"), "{found:#?}");
}

/// Each reason of issue and contract for which no digest goes out, as `check` reports it.
#[test]
fn every_reason_not_to_send_is_an_error_with_its_place() {
    let fixtures = root().join("tests/fixtures/digest/bad");
    for (case, place, has_line, message) in [
        ("no-unsubscribe-html", "templates/digest.mjml.hbs", false, "the unsubscribe link"),
        ("no-unsubscribe-text", "templates/digest.txt.hbs", false, "the unsubscribe link"),
        ("no-help-html", "templates/digest.mjml.hbs", false, "the help block"),
        ("no-help-text", "templates/digest.txt.hbs", false, "the help block"),
        ("no-postal-address-html", "templates/digest.mjml.hbs", false, "the postal address"),
        ("no-postal-address-text", "templates/digest.txt.hbs", false, "the postal address"),
        ("mjml-typo", "templates/partials/gap.mjml.hbs", true, "<mj-spcer>"),
        ("picture-without-alt", "templates/partials/gap.mjml.hbs", true, "without a description"),
        ("unknown-path", "templates/partials/footer.mjml.hbs", true, "service.postal_adress"),
        ("unknown-path-in-a-branch-never-taken", "templates/", true, "there is no field"),
    ] {
        let fixture = stocked_with("");
        overlay(&fixtures.join(case), &fixture.path("templates"));
        let found = findings(&fixture, NOW, 1);
        let finding = found.iter().find(|f| f["level"] == "error").unwrap();
        assert!(file(finding).starts_with(place), "{case}: {finding}");
        assert_eq!(!finding["line"].is_null(), has_line, "{case}: {finding}");
        says(finding, message);
    }
}

fn overlay(from: &Path, to: &Path) {
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            overlay(&path, &target);
        } else if target.extension().is_some_and(|end| end == "hbs") {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn html_over_the_limit_is_an_error_in_every_edition_of_the_horizon() {
    let long = "Read this page to your child again, and then once more at home. ".repeat(1_600);
    // A theme that is only reached at the third edition.
    let fixture = stocked_with("");
    library_fixture::add_activity(&fixture, "videos", "8-10", FRESH, &long);
    let finding = only(&fixture, NOW, 1, "cannot-render");
    assert_eq!(file(&finding), "activities/videos/8-10.md");
    says(&finding, "more than the 90000");
    says(&finding, "edition 3");
    // A notice that only one edition in February shows.
    let fixture = stocked_with("");
    library_fixture::add_notice(&fixture, "february", "2027-02-01", "2027-02-10", &long);
    let found = findings(&fixture, NOW, 1);
    assert!(found.iter().any(|f| f["message"].as_str().unwrap().contains("edition 12")), "{found:#?}");
    assert!(found.iter().all(|f| f["code"] == "cannot-render"));
}

#[test]
fn a_template_is_tried_with_and_without_someone_who_reads_replies() {
    for config in [BASE.to_owned(), BASE.replace("reply_to = \"team@example.org\"\n", "")] {
        let fixture = Fixture::new(&format!("{config}{}", three()));
        library_fixture::stock(&fixture);
        assert_eq!(findings(&fixture, NOW, 0), Vec::<Value>::new());
        let path = "templates/partials/footer.mjml.hbs";
        let footer = fs::read_to_string(fixture.path(path)).unwrap();
        let broken = "{{#unless service.reply_to}}<mj-nothing></mj-nothing>{{/unless}}";
        fixture.write(path, &format!("{footer}{broken}"));
        fixture.at(NOW, &["check"]).exits(1).says("<mj-nothing");
    }
}

#[test]
fn a_theme_that_is_never_reached_is_named_with_the_reason() {
    let fixture = stocked_with("");
    library_fixture::add_theme(&fixture, "lopsided", FRESH, &BANDS[..4]);
    let finding = only(&fixture, NOW, 0, "theme-never-used");
    assert_eq!(file(&finding), "activities/lopsided/theme.md");
    says(&finding, "it has no activity for 14+ all that time");
    library_fixture::add_activity(&fixture, "lopsided", "14+", FRESH, "Talk.");
    assert_eq!(findings(&fixture, NOW, 0), Vec::<Value>::new());
}

#[test]
fn a_slip_in_the_year_of_a_pause_is_seen() {
    let pause = |from: &str, to: &str| {
        stocked_with(&format!(
            "[[schedule.pauses]]\nfrom = {from}\nto = {to}\nreason = \"Closed\"\non_closed_day = \"skip\""
        ))
    };
    let fixture = pause("2026-12-19", "2028-01-03");
    says(
        &only(&fixture, NOW, 0, "long-silence"),
        "18 fortnights in a row have no edition, from Monday 28 December 2026",
    );
    let fixture = pause("2026-01-01", "2030-01-03");
    says(&only(&fixture, NOW, 1, "no-editions"), "none of the coming 26 fortnights has an edition");
    // Seven weeks of summer are no silence.
    assert_eq!(findings(&pause("2027-07-21", "2027-09-05"), NOW, 0), Vec::<Value>::new());
}

#[test]
fn the_next_school_year_wants_its_holidays_in_time() {
    let fixture = stocked_with("[[schedule.pauses]]\nfrom = 2027-07-24\nto = 2027-08-31\nreason = \"Summer\"");
    assert_eq!(findings(&fixture, "2027-05-02T12:00:00Z", 0), Vec::<Value>::new());
    let finding = only(&fixture, "2027-05-10T12:00:00Z", 0, "pauses-end");
    says(&finding, "the last of the pauses ends on Tuesday 31 August 2027");
}

#[test]
fn an_occasion_that_gets_little_or_nothing_is_told() {
    let fixture = stocked_with("[[schedule.occasions]]\nname = \"pancake-day\"\non = 2027-02-09");
    library_fixture::add_activity(
        &fixture,
        "videos",
        "5-7",
        &format!("{FRESH}occasions = [\"pancake-day\"]\n"),
        "Talk.",
    );
    says(&only(&fixture, NOW, 0, "occasion-for-few"), "no activity for 4-5, 8-10, 11-14 and 1 more");
    let fixture = stocked_with(
        "[[schedule.occasions]]\nname = \"safer-internet-day\"\non = 2027-02-09\n\
         [[schedule.occasions]]\nname = \"anti-bullying-week\"\non = 2027-02-10",
    );
    says(&only(&fixture, NOW, 0, "occasion-overshadowed"), "so nothing goes out for “anti-bullying-week”");
}

#[test]
fn a_text_that_is_past_its_last_day_is_told() {
    let fixture = stocked_with("");
    library_fixture::add_activity(&fixture, "videos", "5-7", &format!("{FRESH}not_after = 2026-08-01\n"), "Talk.");
    let found = findings(&fixture, NOW, 0);
    assert!(found.iter().any(|finding| finding["code"] == "no-longer-shown"), "{found:#?}");
}

#[test]
fn a_secret_that_everyone_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    let warned = |modes: [u32; 2]| {
        for (file, mode) in ["var/secret", "var/fortnightly.db"].into_iter().zip(modes) {
            fs::set_permissions(fixture.path(file), fs::Permissions::from_mode(mode)).unwrap();
        }
        let found = findings(&fixture, "2026-11-25T12:00:00Z", 0).into_iter();
        let found = found.filter(|finding| finding["code"] == "secret-readable");
        found.map(|finding| finding["help"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(warned([0o644, 0o604]), ["run: chmod 600 var/fortnightly.db", "run: chmod 600 var/secret"]);
    assert!(warned([0o640, 0o600]).is_empty());
}

#[test]
fn the_mail_that_leaves_is_not_read_as_what_comes_back() {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    std::os::unix::fs::symlink("mail", fixture.path("var/link")).unwrap();
    let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
    for outgoing in ["var/mail", "var/none"] {
        for (inbox, is_same) in [
            (outgoing.to_owned(), true),
            (format!("./{outgoing}/"), true),
            (format!("var/../{outgoing}"), true),
            ("var/link".to_owned(), outgoing == "var/mail"),
            (fixture.path(outgoing).display().to_string(), true),
            ("var/in".to_owned(), false),
        ] {
            let mail = format!("[mail]\ntransport = \"maildir:{outgoing}\"\nbounce_maildir = \"{inbox}\"\n\n[web]");
            fixture.write("config.toml", &config.replace("[web]", &mail));
            let ran = fixture.run(&["status"]);
            assert_eq!(ran.code, if is_same { 2 } else { 0 }, "{inbox} beside {outgoing}: {}", ran.stderr);
            assert!(!is_same || ran.stderr.contains("bounce_maildir"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_proxy_that_is_not_trusted_is_mentioned() {
    let with = |lines: &str| {
        let fixture = library_fixture::shipped_config();
        fixture.edit("config.toml", "[web]\n", &format!("[web]\n{lines}"));
        findings(&fixture, NOW, 0)
    };
    let public = "console_url = \"https://console.example.org\"\n";
    let found = with(public);
    assert!(found.len() == 1 && found[0]["code"] == "no-trusted-proxy", "{found:#?}");
    says(&found[0], "everyone has to wait");
    assert_eq!(with(&format!("{public}trusted_proxies = [\"127.0.0.1\"]\n")), Vec::<Value>::new());
    // On this machine alone, there is no proxy.
    assert_eq!(with("console_url = \"http://127.0.0.1:8026\"\n"), Vec::<Value>::new());
}
