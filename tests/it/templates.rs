//! `templates diff` and `templates update`: over a fresh folder, one from an older version, one that was edited by hand, one
//! that lacks a file, and one that cannot be written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::disk::{Mount, fill};
use crate::support::fixture::{Fixture, copy};
use crate::support::root;

/// The templates of an earlier version.
const OLD: &str = "tests/fixtures/shipped/2026-11-29";
const FOOTER: &str = "partials/footer.mjml.hbs";
/// One in which nothing is new.
const HELP: &str = "partials/help.mjml.hbs";

fn old() -> Fixture {
    let fixture = Fixture::shipped();
    fs::remove_dir_all(fixture.path("templates")).unwrap();
    copy(&root().join(OLD), &fixture.path("templates"));
    fixture
}

/// The state of every template.
fn states(fixture: &Fixture) -> BTreeMap<String, String> {
    let answer = fixture.run(&["templates", "diff", "--json"]).exits(0).json();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    answer["files"].as_array().unwrap().iter().map(|row| (text(row, "file"), text(row, "state"))).collect()
}

fn named(fixture: &Fixture, state: &str) -> Vec<String> {
    states(fixture).into_iter().filter(|(_, found)| found == state).map(|(file, _)| file).collect()
}

fn text(fixture: &Fixture, file: &str) -> String {
    fs::read_to_string(fixture.path(&format!("templates/{file}"))).unwrap()
}

fn shipped(file: &str) -> String {
    fs::read_to_string(root().join("templates").join(file)).unwrap()
}

#[test]
fn a_fresh_folder_has_nothing_to_take_over() {
    let fixture = Fixture::shipped();
    fs::remove_dir_all(fixture.path("templates")).unwrap();
    fixture.run(&["init", "fresh"]).exits(0);
    let before = fixture.fingerprint();
    let config = ["--config", "fresh/config.toml"];
    let ran = fixture.run(&[&config[..], &["templates", "diff", "--json"]].concat()).exits(0);
    let rows = ran.json()["files"].as_array().unwrap().clone();
    assert!(rows.len() > 20 && rows.iter().all(|row| row["state"] == "unchanged"), "{rows:?}");
    let ran = fixture.run(&[&config[..], &["templates", "update", "--dry-run"]].concat()).exits(0);
    ran.says("There is nothing new to take over.");
    assert_eq!(fixture.fingerprint(), before);
    fixture.run(&["templates", "diff"]).exits(1).complains("templates: there is no such folder");
}

#[test]
fn an_older_folder_is_brought_up_to_date() {
    let fixture = old();
    let new = named(&fixture, "new");
    assert!(new.contains(&FOOTER.to_owned()) && !new.contains(&HELP.to_owned()), "{new:?}");
    let ran = fixture.run(&["templates", "diff"]).exits(0);
    ran.says("+++ shipped partials/footer.mjml.hbs");
    ran.says("+      {{#if service.privacy_url}}");
    ran.complains("2026-11-29.4");
    let before = fixture.fingerprint();
    fixture
        .run(&["templates", "update", "--dry-run"])
        .exits(0)
        .says("partials/footer.mjml.hbs: would be brought up to date.");
    assert_eq!(fixture.fingerprint(), before, "a dry run wrote something");
    fixture.run(&["templates", "update"]).exits(0).says("partials/footer.mjml.hbs: brought up to date.");
    assert!(states(&fixture).values().all(|state| state == "unchanged"), "{:?}", states(&fixture));
    let after = fixture.fingerprint();
    fixture.run(&["templates", "update"]).exits(0).says("There is nothing new to take over.");
    assert_eq!(fixture.fingerprint(), after, "run again, it does nothing");
    fixture.at("2026-11-23T12:00:00Z", &["check"]).exits(0);
}

#[test]
fn what_was_changed_by_hand_is_never_written_over() {
    let fixture = old();
    fixture.edit(&format!("templates/{FOOTER}"), "No adverts, no tracking.", "No adverts.");
    fixture.edit(&format!("templates/{HELP}"), "More places to turn, for every age", "More places to turn");
    fixture.write("templates/partials/ours.mjml.hbs", "<!-- {{edition}} -->");
    let (footer, help) = (text(&fixture, FOOTER), text(&fixture, HELP));
    let found = states(&fixture);
    assert_eq!((found[FOOTER].as_str(), found[HELP].as_str()), ("both", "changed"));
    assert_eq!(found["partials/ours.mjml.hbs"], "own");
    // What was changed is shown only where it is asked for.
    assert!(!fixture.run(&["templates", "diff"]).stdout.contains("+++ shipped partials/help"));
    fixture
        .run(&["templates", "diff", "templates/partials/help.mjml.hbs"])
        .exits(0)
        .says("-      <p style=\"margin:20px 0 14px\"><a href=\"{{help.more_url}}\">More places to turn</a></p>");
    fixture
        .run(&["templates", "diff", "partials/shore.mjml.hbs"])
        .exits(2)
        .complains("did you mean partials/share.mjml.hbs?");
    let ran = fixture.run(&["templates", "update", "--json"]).exits(0).json();
    let put = json!({ "file": FOOTER, "did": "put-beside", "beside": "partials/footer.mjml.hbs.new" });
    assert!(ran["files"].as_array().unwrap().contains(&put), "{ran}");
    assert_eq!((text(&fixture, FOOTER), text(&fixture, HELP)), (footer, help));
    assert_eq!(text(&fixture, "partials/footer.mjml.hbs.new"), shipped(FOOTER));
    // It has been offered: from now on it is the organisation's own affair.
    let ran = fixture.run(&["templates", "diff"]).exits(0);
    ran.says("partials/footer.mjml.hbs\tchanged by you; partials/footer.mjml.hbs.new lies beside it");
    fs::remove_file(fixture.path("templates/partials/footer.mjml.hbs.new")).unwrap();
    fixture.run(&["templates", "update"]).exits(0).says("There is nothing new to take over.");
    fixture.at("2026-11-23T12:00:00Z", &["check"]).exits(0);
}

#[test]
fn a_file_of_ones_own_beside_it_stays_too() {
    let fixture = old();
    fixture.edit(&format!("templates/{FOOTER}"), "No adverts, no tracking.", "No adverts.");
    let mine = format!("templates/{FOOTER}.new");
    fixture.write(&mine, "my notes");
    let ran = fixture.run(&["templates", "update"]).exits(1);
    ran.says("partials/footer.mjml.hbs.new is a file of yours, too");
    ran.complains("Nothing was written.");
    assert_eq!(fs::read_to_string(fixture.path(&mine)).unwrap(), "my notes");
    assert_eq!(named(&fixture, "both"), [FOOTER]);
    assert!(named(&fixture, "new").contains(&"partials/footer.txt.hbs".to_owned()), "the others wait, too");
    fs::remove_file(fixture.path(&mine)).unwrap();
    fixture.run(&["templates", "update"]).exits(0);
    assert_eq!(text(&fixture, &format!("{FOOTER}.new")), shipped(FOOTER));
}

#[test]
fn a_deleted_file_comes_back_where_it_is_needed() {
    let fixture = old();
    let gone = ["partials/share.mjml.hbs", "web/front.html.hbs", "partials/card.txt.hbs"];
    for file in gone {
        fs::remove_file(fixture.path(&format!("templates/{file}"))).unwrap();
    }
    // The organisation's own mail does without it.
    fixture.edit("templates/digest.txt.hbs", "{{> card.txt}}", "");
    assert_eq!(named(&fixture, "deleted"), ["partials/card.txt.hbs", "partials/share.mjml.hbs", "web/front.html.hbs"]);
    let ran = fixture.run(&["templates", "update"]).exits(0);
    ran.says("partials/share.mjml.hbs: put back, because bulletin.mjml.hbs includes it.");
    ran.says("web/front.html.hbs: put back, because nothing works without it.");
    assert_eq!(named(&fixture, "deleted"), ["partials/card.txt.hbs"], "nobody needs it");
}

#[test]
fn other_ends_of_lines_are_no_change() {
    let fixture = old();
    for file in [FOOTER, HELP] {
        let windows = text(&fixture, file).replace('\n', "\r\n");
        fixture.write(&format!("templates/{file}"), &windows);
    }
    let found = states(&fixture);
    assert_eq!((found[FOOTER].as_str(), found[HELP].as_str()), ("new", "unchanged"));
}

#[test]
fn nothing_is_written_where_something_is_in_the_way() {
    for obstacle in ["a read-only file", "a folder", "a link"] {
        let fixture = old();
        let path = fixture.path(&format!("templates/{FOOTER}"));
        match obstacle {
            "a folder" => {
                fixture.edit(&format!("templates/{FOOTER}"), "No adverts, no tracking.", "No adverts.");
                fs::create_dir(fixture.path(&format!("templates/{FOOTER}.new"))).unwrap();
            }
            "a link" => {
                fs::rename(&path, fixture.path("elsewhere")).unwrap();
                std::os::unix::fs::symlink(fixture.path("elsewhere"), &path).unwrap();
            }
            _ => fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap(),
        }
        let before = text(&fixture, "partials/footer.txt.hbs");
        let ran = fixture.run(&["templates", "update"]).exits(1);
        let is_whole = obstacle == "a folder" || text(&fixture, "partials/footer.txt.hbs") == before;
        assert!(
            is_whole && format!("{}{}", ran.stderr, ran.stdout).contains("footer.mjml.hbs"),
            "{obstacle}: {}",
            ran.stderr
        );
        assert!(!fixture.path("templates/.shipped").exists(), "{obstacle}");
    }
}

/// Half of the new ones among the old would be a folder that doesn't load.
#[test]
fn a_full_disk_leaves_the_old_folder_as_it_was() {
    let fixture = old();
    let (folder, aside) = (fixture.path("templates"), fixture.path("aside"));
    fs::rename(&folder, &aside).unwrap();
    let Some(_mount) = Mount::new(&folder, "a full disk", &["-t", "tmpfs", "-o", "size=256k", "tmpfs"]) else { return };
    copy(&aside, &folder);
    let before = fixture.fingerprint();
    let filler = fill(&folder);
    // Room for some of them, and not for all.
    fs::OpenOptions::new()
        .write(true)
        .open(&filler)
        .unwrap()
        .set_len(fs::metadata(&filler).unwrap().len() - 16_384)
        .unwrap();
    fixture.run(&["templates", "update"]).exits(1).complains("No space left on device");
    fs::remove_file(&filler).unwrap();
    assert_eq!(fixture.fingerprint(), before);
    fixture.run(&["templates", "update"]).exits(0);
    assert_eq!(text(&fixture, FOOTER), shipped(FOOTER));
}
