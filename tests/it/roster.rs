//! Subscribers in and out as CSV, good files and bad, each bad one with the message that it must give.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::support::fixture::{BASE, Fixture, entry};
use crate::support::root;

const NOW: &str = "2026-11-25T12:00:00Z";
const HEADER: &str = "name,sector,email,bands,ages,locale,urn\n";

fn fixtures(kind: &str) -> PathBuf {
    root().join("tests/fixtures/roster").join(kind)
}

fn import(fixture: &Fixture, text: &str, more: &[&str]) -> crate::support::fixture::Ran {
    fixture.write("roster.csv", text);
    fixture.at(NOW, &[&["subscribers", "import", "roster.csv"], more].concat())
}

/// Mailbox → name and bands, as the store has them.
fn mailboxes(fixture: &Fixture) -> BTreeMap<String, (String, String)> {
    let list = fixture.at(NOW, &["subscribers", "list", "--json"]).exits(0).json();
    let mut all = BTreeMap::new();
    for subscriber in list.as_array().unwrap() {
        for mailbox in subscriber["mailboxes"].as_array().unwrap() {
            let bands: Vec<_> = mailbox["bands"].as_array().unwrap().iter().map(|b| b.as_str().unwrap()).collect();
            let name = subscriber["name"].as_str().unwrap().to_owned();
            all.insert(mailbox["email"].as_str().unwrap().to_owned(), (name, bands.join(" ")));
        }
    }
    all
}

fn is(name: &str, bands: &str) -> (String, String) {
    (name.to_owned(), bands.to_owned())
}

#[test]
fn every_bad_file_gives_its_message_and_imports_nothing() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let fixture = Fixture::new(BASE);
    let mut files: Vec<PathBuf> = fs::read_dir(fixtures("bad")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        fs::copy(file, fixture.path(name)).unwrap();
        let ran = fixture.at(NOW, &["subscribers", "import", name]).exits(1);
        assert_eq!(ran.stdout, "", "{name}");
        assert!(!fixture.path("var").exists(), "{name}: something was written");
        let expected_file = file.with_extension("expected");
        if update {
            fs::write(&expected_file, &ran.stderr).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_default();
        if expected != ran.stderr {
            wrong += &format!("{name}: expected\n{expected}found\n{}\n", ran.stderr);
        }
    }
    assert!(files.len() >= 22, "only {} bad files", files.len());
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_spreadsheets_habits_do_no_harm() {
    let fixture = Fixture::new(BASE);
    // A byte order mark, CRLF, capitals, columns without a name, empty rows, cells left out at the end.
    fs::copy(fixtures("good").join("from-a-spreadsheet.csv"), fixture.path("roster.csv")).unwrap();
    let ran = fixture.at(NOW, &["subscribers", "import", "roster.csv"]).exits(0);
    ran.says("3 added, 0 updated, 0 unchanged, 0 kept out, 0 bad");
    assert_eq!(ran.stderr, "");
    let expected = [
        ("hello@lantern.example", is("The \"Lantern\" Trust", "8-10")),
        ("office@hillside.example", is("Hillside, The Primary", "4-5 5-7 8-10")),
        ("reception@riverbank.example", is("Riverbank Academy", "11-14 14+")),
    ];
    assert_eq!(mailboxes(&fixture), expected.map(|(a, b)| (a.to_owned(), b)).into());
}

#[test]
fn importing_an_export_changes_nothing() {
    let fixture = Fixture::new(BASE);
    fs::copy(fixtures("good").join("from-a-spreadsheet.csv"), fixture.path("roster.csv")).unwrap();
    fixture.at(NOW, &["subscribers", "import", "roster.csv"]).exits(0);
    import(&fixture, &format!("{HEADER}Hillside Annexe,school,annexe@hillside.example,4-5,,,123456\n"), &[]).exits(0);
    let before = fixture.at(NOW, &["subscribers", "export"]).exits(0).stdout;
    assert_eq!(before.lines().count(), 5, "{before}");
    import(&fixture, &before, &[]).exits(0).says("0 added, 0 updated, 4 unchanged, 0 kept out, 0 bad");
    assert_eq!(fixture.at(NOW, &["subscribers", "export"]).exits(0).stdout, before);
    // And into an empty store it makes the same subscribers again.
    let other = Fixture::new(BASE);
    import(&other, &before, &[]).exits(0).says("4 added");
    assert_eq!(mailboxes(&other), mailboxes(&fixture));
}

#[test]
fn an_export_into_a_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::shipped();
    fixture.at(NOW, &["sync"]).exits(0);
    fixture.at(NOW, &["subscribers", "export", "--out", "out.csv"]).exits(0);
    assert_eq!(fs::metadata(fixture.path("out.csv")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(fixture.path("out.csv")).unwrap().lines().count(), 5);
}

#[test]
fn rows_with_one_urn_are_one_subscriber() {
    let fixture = Fixture::new(BASE);
    let rows = "Hillside Primary,school,office@hillside.example,4-5,,,123456\n\
                Hillside Primary,school,head@hillside.example,8-10,,,123456\n\
                Hillside Primary,school,office@other.example,8-10,,,\n";
    import(&fixture, &format!("{HEADER}{rows}"), &[]).exits(0).says("3 added");
    let list = fixture.at(NOW, &["subscribers", "list", "--json"]).exits(0).json();
    let counts: Vec<_> =
        list.as_array().unwrap().iter().map(|s| (s["urn"].clone(), s["mailboxes"].as_array().unwrap().len())).collect();
    assert_eq!(counts.len(), 2, "{list}");
    assert!(counts.contains(&("123456".into(), 2)) && counts.contains(&(serde_json::Value::Null, 1)), "{counts:?}");
    let status = fixture.at(NOW, &["status", "--json"]).exits(0).json();
    assert_eq!(status["subscribers"]["active"], 2);
    // A row that describes it otherwise is told so, and the first description counts.
    let rows = "Hillside Primary,school,office@hillside.example,4-5,,,123456\n\
                Hillside Juniors,charity,head@hillside.example,8-10,,,123456\n";
    let ran = import(&fixture, &format!("{HEADER}{rows}"), &[]).exits(0);
    ran.complains("warning: roster.csv:3: urn 123456 was described otherwise before");
    ran.says("0 added, 0 updated, 2 unchanged");
}

#[test]
fn a_mailbox_in_several_rows_gets_the_union_and_one_warning() {
    let fixture = Fixture::new(BASE);
    let rows = "Hillside Primary,school,office@hillside.example,4-5,,,\n\
                Riverbank Academy,school,OFFICE@Hillside.example,,11-16,,\n";
    let ran = import(&fixture, &format!("{HEADER}{rows}"), &[]).exits(0);
    ran.says("1 added");
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    ran.complains("warning: roster.csv:3: this mailbox was named on line 2 already");
    assert_eq!(
        mailboxes(&fixture),
        [("office@hillside.example".to_owned(), is("Hillside Primary", "4-5 11-14 14+"))].into()
    );
}

#[test]
fn one_bad_row_keeps_the_whole_file_out_unless_told() {
    let fixture = Fixture::shipped();
    fixture.at(NOW, &["sync"]).exits(0);
    let rows = "Moor School,school,office@moor.example,4-5,,,\n\
                Fen School,school,office at fen.example,4-5,,,\n\
                Hillside Renamed,school,office@hillside.example,14+,,,\n";
    fixture.write("roster.csv", &format!("{HEADER}{rows}"));
    let before = fixture.fingerprint();
    let ran = fixture.at(NOW, &["subscribers", "import", "roster.csv"]).exits(1);
    ran.complains("error: roster.csv:3:19: email is not an email address");
    ran.complains("--skip-bad");
    assert_eq!(fixture.fingerprint(), before, "something was written");
    let ran = fixture.at(NOW, &["subscribers", "import", "roster.csv", "--skip-bad"]).exits(0);
    ran.says("1 added, 1 updated, 0 unchanged, 0 kept out, 1 bad");
    ran.complains("error: roster.csv:3:19");
    let now = mailboxes(&fixture);
    assert!(now.contains_key("office@moor.example") && !now.keys().any(|address| address.contains("fen.example")));
    assert_eq!(now["office@hillside.example"].1, "14+");
    // With no good row there is nothing to skip to.
    import(&fixture, &format!("{HEADER}Fen,school,nobody,4-5,,,\n"), &["--skip-bad"]).exits(1).complains("no row");
}

#[test]
fn a_long_file_is_imported_whole_whatever_its_rows_share() {
    let fixture = Fixture::shipped();
    fixture.at(NOW, &["unsubscribe", "s2500@school.example"]).exits(0);
    // One school with a mailbox in every part of the file, and the first mailbox once more at its end.
    let row = |n: usize| {
        format!("School {n},school,s{n}@school.example,4-5,,,{}\n", if n.is_multiple_of(500) { "777" } else { "" })
    };
    let rows: String = (0..5_000).map(row).collect();
    let again = "School 0,school,s0@school.example,14+,,,777\n";
    import(&fixture, &format!("{HEADER}{rows}{again}"), &[])
        .exits(0)
        .says("4999 added, 0 updated, 0 unchanged, 1 kept out");
    let list = fixture.at(NOW, &["subscribers", "list", "--json"]).exits(0).json();
    let shared = list.as_array().unwrap().iter().find(|s| s["urn"] == "777").unwrap();
    assert_eq!(shared["mailboxes"].as_array().unwrap().len(), 9);
    assert_eq!(mailboxes(&fixture)["s0@school.example"].1, "4-5 14+");
    // A mistake in its last row keeps all of it out.
    let other = Fixture::new(BASE);
    import(&other, &format!("{HEADER}{rows}Bad,school,nobody,4-5,,,\n"), &[]).exits(1);
    assert!(!other.path("var").exists(), "something was written");
    import(&fixture, &format!("{HEADER}{rows}"), &[]).exits(0).says("0 added, 1 updated, 4998 unchanged, 1 kept out");
}

#[test]
fn a_dry_run_changes_nothing() {
    let rows = format!("{HEADER}Moor School,school,office@moor.example,4-5,,,\n");
    let fixture = Fixture::shipped();
    import(&fixture, &rows, &["--dry-run"]).exits(0).says("Would import roster.csv: 1 added");
    assert!(!fixture.path("var").exists());
    fixture.at(NOW, &["sync"]).exits(0);
    let before = fixture.fingerprint();
    let answer = fixture.at(NOW, &["subscribers", "import", "roster.csv", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((&answer["added"], &answer["applied"]), (&1.into(), &false.into()));
    assert_eq!(fixture.fingerprint(), before);
}

#[test]
fn an_import_brings_nobody_back_and_the_next_edition_reaches_the_rest() {
    let config = format!("{BASE}{}", entry("Hillside", "school", "\"office@hillside.example\"", "[\"4-5\"]"));
    let fixture = Fixture::new(&config);
    fixture.at(NOW, &["unsubscribe", "head@moor.example"]).exits(0);
    let rows = "Moor School,school,office@moor.example,,4-11,,\nMoor School,school,Head@moor.example,4-5,,,\n";
    let ran = import(&fixture, &format!("{HEADER}{rows}"), &[]).exits(0);
    ran.says("1 added, 0 updated, 0 unchanged, 1 kept out");
    ran.complains("stays out: unsubscribed");
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let expected = [("office@hillside.example", "4-5"), ("office@moor.example", "4-5 5-7 8-10")];
    assert_eq!(fixture.bands_by_mailbox(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
}

/// Two pages and a row: every form has each mailbox once, in the order in which they came.
#[test]
fn a_list_longer_than_a_page_is_whole() {
    let fixture = Fixture::new(BASE);
    let addresses: Vec<String> = (0..2_001).map(|i| format!("office{i}@s{i}.example")).collect();
    let rows: String = addresses.iter().map(|one| format!("School,school,{one},4-5,,,\n")).collect();
    import(&fixture, &format!("{HEADER}{rows}"), &[]).exits(0).says("2001 added");
    let lines = fixture.at(NOW, &["subscribers", "list"]).exits(0).stdout;
    let lines: Vec<_> = lines.lines().map(|line| line.split('\t').nth(2).unwrap()).collect();
    assert_eq!(lines, addresses);
    let list = fixture.at(NOW, &["subscribers", "list", "--json"]).exits(0);
    let json: Vec<_> = list.json().as_array().unwrap().iter().map(|one| one["mailboxes"][0]["email"].clone()).collect();
    assert_eq!(json, addresses);
    assert_eq!(list.stdout, format!("{}\n", serde_json::to_string_pretty(&list.json()).unwrap()));
    let csv = fixture.at(NOW, &["subscribers", "export"]).exits(0).stdout;
    let csv: Vec<_> = csv.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
    assert_eq!(csv, addresses);
    let audit = fixture.at(NOW, &["status", "--audit", "--json"]).exits(0);
    assert_eq!(audit.stdout, format!("{}\n", serde_json::to_string_pretty(&audit.json()).unwrap()));
}
