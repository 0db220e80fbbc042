//! Invariants 6 and 12: what is empty reaches nobody, and an incomplete digest is not sent.

use std::fs;

use crate::support::fixture::{BASE, Fixture, entry, three};

const MONDAY: &str = "2026-11-30T08:00:00Z";

#[test]
fn an_entry_without_bands_is_an_error_and_nobody_gets_anything() {
    let config = |line: &str| {
        format!(
            "{BASE}{}\n[[subscribers]]\nname = \"Moor School\"\nsector = \"school\"\nemail = \"office@moor.example\"\n{line}",
            three()
        )
    };
    for (line, says) in [
        ("bands = []", "bands"),
        ("", "bands"),
        ("bands = [\"\"]", "band"),
        ("ages = [2, 4]", "ages"),
        ("bands = [\"4-5\"]\nages = [4, 11]", "ages"),
    ] {
        let fixture = Fixture::new(&config(line));
        for command in [&["send"][..], &["sync"], &["preview"], &["run", "--role", "sender"]] {
            let ran = fixture.at(MONDAY, command).exits(2);
            ran.complains("config.toml:");
            ran.complains(says);
        }
        fixture.at(MONDAY, &["check"]).exits(1).says("config.toml:");
        assert!(!fixture.path("var").exists(), "{line}: something was written");
    }
}

#[test]
fn an_empty_list_on_the_command_line_subscribes_nobody() {
    let fixture = Fixture::new(BASE);
    for bands in ["", ",", " "] {
        let ran =
            fixture.at(MONDAY, &["subscribe", "--name", "Moor", "--email", "office@moor.example", "--bands", bands]);
        ran.exits(2).complains("band");
    }
    let status = fixture.at(MONDAY, &["status", "--json"]).exits(0).json();
    assert_eq!(status["subscribers"]["active"], 0);
}

#[test]
fn nobody_subscribed_means_nobody_is_mailed() {
    let fixture = Fixture::new(BASE);
    let answer = fixture.at(MONDAY, &["send", "--json"]).exits(0).json();
    // It is not used up: who subscribes while it may still go out gets it.
    assert_eq!((&answer["state"], &answer["deliveries"]["total"]), (&"planned".into(), &0.into()));
    assert!(fixture.mails().is_empty());
    fixture.at(MONDAY, &["subscribe", "--name", "Moor", "--email", "office@moor.example", "--bands", "4-5"]).exits(0);
    fixture.at("2026-11-30T12:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 1);
}

const FOUR_BANDS: &str = r#"
[[bands]]
id = "4-5"
label = "Ages 4 to 5"
min = 4
max = 5
[[bands]]
id = "5-7"
label = "Ages 5 to 7"
min = 5
max = 7
[[bands]]
id = "8-10"
label = "Ages 8 to 10"
min = 8
max = 10
[[bands]]
id = "11-14"
label = "Ages 11 to 14"
min = 11
max = 14
"#;

#[test]
fn a_band_that_is_no_more_reaches_nobody_and_status_says_so() {
    let fixture = Fixture::new(BASE);
    let subscribe = |email: &str, bands: &str| {
        let arguments = ["subscribe", "--name", "Moor School", "--email", email, "--bands", bands];
        fixture.at("2026-11-25T12:00:00Z", &arguments).exits(0);
    };
    subscribe("sixth-form@moor.example", "14+");
    subscribe("office@moor.example", "11-14,14+");
    // The shipped activities for 14+ would no longer be of a known band.
    for theme in ["kindness", "private-information"] {
        for file in fs::read_dir(fixture.path(&format!("activities/{theme}"))).unwrap() {
            let path = file.unwrap().path();
            if String::from_utf8_lossy(&fs::read(&path).unwrap()).contains("bands = [\"14+\"]") {
                fs::remove_file(path).unwrap();
            }
        }
    }
    fixture.write("config.toml", &format!("{BASE}{FOUR_BANDS}"));
    fixture.at(MONDAY, &["send"]).exits(0);
    let expected = [("office@moor.example".to_owned(), "11-14".to_owned())];
    assert_eq!(fixture.bands_by_mailbox(), expected.into());
    let status = fixture.at(MONDAY, &["status", "--json"]).exits(0).json();
    assert!(status["attention"].to_string().contains("2 mailboxes ask for band 14+"), "{status}");
}

#[test]
fn an_incomplete_digest_is_refused_and_nothing_is_sent() {
    // A file, what is taken out of it, and what the refusal must name.
    let cases: [(&str, &str, &str, &str); 8] = [
        ("templates/partials/footer.mjml.hbs", "{{slot \"unsubscribe_url\"}}", "https://x.example", "unsubscribe"),
        ("templates/partials/footer.txt.hbs", "{{slot \"unsubscribe_url\"}}", "", "unsubscribe"),
        ("templates/partials/footer.mjml.hbs", "{{service.postal_address}}", "", "postal address"),
        ("templates/partials/footer.txt.hbs", "{{service.postal_address}}", "", "postal address"),
        ("templates/digest.mjml.hbs", "{{> help.mjml}}", "", "help block"),
        ("templates/digest.txt.hbs", "{{> help.txt}}", "", "help block"),
        ("templates/digest.mjml.hbs", "{{> footer.mjml}}", "", "unsubscribe"),
        ("templates/digest.txt.hbs", "{{> footer.txt}}", "", "unsubscribe"),
    ];
    for (file, from, to, says) in cases {
        let fixture =
            Fixture::new(&format!("{BASE}{}", entry("Moor", "school", "\"office@moor.example\"", "[\"4-5\"]")));
        fixture.edit(file, from, to);
        let body = if file.contains(".mjml.") { "digest.mjml.hbs" } else { "digest.txt.hbs" };
        let ran = fixture.at(MONDAY, &["send"]).exits(1);
        ran.complains(says);
        ran.complains(body);
        assert!(fixture.mails().is_empty(), "{file}: mail was sent");
        let ran = fixture.at(MONDAY, &["check"]).exits(1);
        ran.says(says);
        ran.says(body);
    }
}
