//! Schools from the GIAS extract: what is imported, what is left out and why, and the message of every bad file.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::support::fixture::{BASE, Fixture, Ran, entry};
use crate::support::root;

const NOW: &str = "2026-11-25T12:00:00Z";
const HEADER: &str = "URN,EstablishmentName,EstablishmentStatus (name),StatutoryLowAge,StatutoryHighAge,email\n";

fn fixtures(below: &str) -> PathBuf {
    root().join("tests/fixtures/gias").join(below)
}

fn import(fixture: &Fixture, file: &str, more: &[&str]) -> Ran {
    fixture.at(NOW, &[&["subscribers", "import", file, "--format", "gias"], more].concat())
}

/// The extract of the fixtures, imported into the fixture.
fn extract(fixture: &Fixture, more: &[&str]) -> Ran {
    fs::copy(fixtures("extract.csv"), fixture.path("extract.csv")).unwrap();
    import(fixture, "extract.csv", more)
}

fn rows(fixture: &Fixture, rows: &str, more: &[&str]) -> Ran {
    fixture.write("rows.csv", &format!("{HEADER}{rows}"));
    import(fixture, "rows.csv", more)
}

/// Mailbox → name, bands, state, as the store has them.
fn mailboxes(fixture: &Fixture) -> BTreeMap<String, String> {
    let list = fixture.at(NOW, &["subscribers", "list"]).exits(0).stdout;
    let cells = list.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    cells.map(|row| (row[2].to_owned(), format!("{} | {} | {} | {}", row[0], row[1], row[3], row[4]))).collect()
}

#[test]
fn open_schools_with_an_address_and_ages_are_imported() {
    let fixture = Fixture::new(BASE);
    let ran = extract(&fixture, &[]).exits(0);
    ran.says("Imported extract.csv: 7 added, 0 updated, 0 unchanged, 0 kept out, 0 bad.\n");
    ran.says(
        "Left out: 3 not open (Closed: 2, Proposed to open: 1), 2 without an email, 1 without ages, \
         1 of ages that no band has.\n",
    );
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    ran.complains("warning: extract.csv:14: this mailbox was named on line 13 already");
    let expected = [
        ("office@dale.example", "Dale Infants | school | 4-5, 5-7, 8-10 | active"),
        ("office@hilltop.example", "Hilltop, The All-through School | school | 4-5, 5-7, 8-10, 11-14, 14+ | active"),
        ("office@sixth-form.example", "Café Sixth Form | school | 14+ | active"),
        ("office@st-marys.example", "St Mary’s Primary School | school | 4-5, 5-7, 8-10 | active"),
        ("office@ysgol-gynradd.example", "Ysgol Gynradd â | school | 4-5, 5-7, 8-10 | active"),
        ("reception@riverbank.example", "Riverbank Academy | school | 11-14, 14+ | active"),
    ];
    let mut expected: BTreeMap<_, _> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    expected.insert("head@riverbank.example".into(), "Riverbank Academy | school | 11-14, 14+ | active".into());
    assert_eq!(mailboxes(&fixture), expected);
}

#[test]
fn a_urn_with_two_addresses_is_one_school() {
    let fixture = Fixture::new(BASE);
    extract(&fixture, &[]).exits(0);
    let list = fixture.at(NOW, &["subscribers", "list", "--json"]).exits(0).json();
    let riverbank = list.as_array().unwrap().iter().find(|school| school["urn"] == "100010").unwrap();
    assert_eq!(riverbank["mailboxes"].as_array().unwrap().len(), 2);
    assert_eq!(riverbank["mailboxes"][0]["subscriptions"][0]["origin"], "import");
    assert_eq!((&riverbank["sector"], &riverbank["locale"]), (&"school".into(), &"en-GB".into()));
}

#[test]
fn utf_8_is_taken_as_such_with_and_without_its_mark() {
    for mark in ["", "\u{feff}"] {
        let fixture = Fixture::new(BASE);
        fixture.write("rows.csv", &format!("{mark}{HEADER}100001,St Mary’s â,Open,4,11,office@st-marys.example\n"));
        import(&fixture, "rows.csv", &[]).exits(0).says("1 added");
        assert!(mailboxes(&fixture)["office@st-marys.example"].starts_with("St Mary’s â |"));
    }
}

#[test]
fn importing_again_changes_nothing_and_a_dry_run_tells_what_would_change() {
    let fixture = Fixture::new(BASE);
    extract(&fixture, &[]).exits(0);
    extract(&fixture, &[]).exits(0).says("0 added, 0 updated, 7 unchanged, 0 kept out, 0 bad");
    let next = "100001,St Mary’s Junior School,Open,7,11,office@st-marys.example\n\
                200001,Hilltop Academy,Open,11,18,office@hilltop.example\n\
                100014,Café Sixth Form,Open,16,99,office@sixth-form.example\n\
                100020,Moor School,Open,4,11,office@moor.example\n\
                100021,Fen School,Open,4,11,-\n\
                100022,Late School,Closed,4,11,\n";
    let before = fixture.fingerprint();
    let ran = rows(&fixture, next, &["--dry-run"]).exits(0);
    let expected = "\
would update: office@st-marys.example: name St Mary’s Primary School → St Mary’s Junior School; bands 4-5, 5-7, 8-10 → 5-7, 8-10
would update: office@hilltop.example: name Hilltop, The All-through School → Hilltop Academy; bands 4-5, 5-7, 8-10, 11-14, 14+ → 11-14, 14+; urn 100004 → 200001
would add: office@moor.example for Moor School (4-5, 5-7, 8-10)
left out: rows.csv:6: Fen School (URN 100021): no email
Would import rows.csv: 1 added, 2 updated, 1 unchanged, 0 kept out, 0 bad.
Left out: 1 not open (Closed: 1), 1 without an email.
";
    assert_eq!(ran.stdout, expected);
    fs::remove_file(fixture.path("rows.csv")).unwrap();
    assert_eq!(fixture.fingerprint(), before, "something was written");
    rows(&fixture, next, &[]).exits(0).says("Imported rows.csv: 1 added, 2 updated, 1 unchanged");
    assert!(mailboxes(&fixture)["office@hilltop.example"].starts_with("Hilltop Academy | school | 11-14, 14+"));
}

#[test]
fn scripts_get_every_change_and_every_row_that_was_left_out() {
    let fixture = Fixture::new(BASE);
    let answer = extract(&fixture, &["--dry-run", "--json"]).exits(0).json();
    assert!(!fixture.path("var").exists(), "something was written");
    assert_eq!((&answer["added"], &answer["applied"]), (&7.into(), &false.into()));
    let expected = serde_json::json!({ "not_open": 3, "no_email": 2, "no_ages": 1, "no_band": 1 });
    assert_eq!(answer["left_out"], expected);
    let added = serde_json::json!({
        "email": "office@ysgol-gynradd.example", "change": "added", "reason": null, "before": null,
        "after": { "name": "Ysgol Gynradd â", "sector": "school", "locale": "en-GB", "urn": "100002",
                   "bands": ["4-5", "5-7", "8-10"] },
    });
    assert_eq!(answer["changes"][1], added);
    let row = serde_json::json!({ "line": 9, "urn": "100008", "name": "Children’s Centre", "reason": "no_ages" });
    assert!(answer["left_out_rows"].as_array().unwrap().contains(&row), "{answer}");
    // Our own CSV leaves nothing out, and says so with the same keys.
    fixture.write("roster.csv", "name,email,bands\nHillside,office@hillside.example,4-5\n");
    let answer = fixture.at(NOW, &["subscribers", "import", "roster.csv", "--json"]).exits(0).json();
    assert_eq!((&answer["left_out"]["no_email"], &answer["left_out_rows"]), (&0.into(), &serde_json::json!([])));
    assert_eq!(answer["changes"][0]["change"], "added");
}

#[test]
fn a_dry_run_of_our_own_csv_tells_the_same() {
    let config = format!("{BASE}{}", entry("Hillside", "school", "\"office@hillside.example\"", "[\"4-5\"]"));
    let fixture = Fixture::new(&config);
    fixture.at(NOW, &["sync"]).exits(0);
    let rows = "Hill,school,office@hillside.example,14+\nMoor,charity,office@moor.example,4-5 5-7\n";
    fixture.write("roster.csv", &format!("name,sector,email,bands\n{rows}"));
    let ran = fixture.at(NOW, &["subscribers", "import", "roster.csv", "--dry-run"]).exits(0);
    // The config's name stays.
    let expected = "would update: office@hillside.example: bands 4-5 → 14+\n\
                    would add: office@moor.example for Moor (4-5, 5-7)\n\
                    Would import roster.csv: 1 added, 1 updated, 0 unchanged, 0 kept out, 0 bad.\n";
    assert_eq!(ran.stdout, expected);
}

#[test]
fn nobody_who_left_is_brought_back() {
    let fixture = Fixture::new(BASE);
    extract(&fixture, &[]).exits(0);
    fixture.at(NOW, &["unsubscribe", "office@dale.example"]).exits(0);
    fixture.at(NOW, &["suppressions", "add", "head@riverbank.example"]).exits(0);
    for more in [&["--dry-run"][..], &[]] {
        let ran = extract(&fixture, more).exits(0);
        ran.says("0 added, 0 updated, 5 unchanged, 2 kept out, 0 bad");
        ran.complains("office@dale.example stays out: unsubscribed");
        ran.complains("head@riverbank.example stays out: operator");
    }
    assert!(mailboxes(&fixture)["office@dale.example"].ends_with("ended (unsubscribed)"));
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    let mailed: Vec<_> = fixture.bands_by_mailbox().into_keys().collect();
    assert_eq!(mailed.len(), 5, "{mailed:?}");
    assert!(!mailed.iter().any(|address| address.contains("dale") || address.contains("head@")), "{mailed:?}");
}

#[test]
fn a_bad_row_keeps_the_whole_file_out_unless_told() {
    let fixture = Fixture::new(BASE);
    let text = "100001,Moor School,Open,4,11,office@moor.example\n100002,Fen School,Open,4,11,fen.example\n";
    let ran = rows(&fixture, text, &[]).exits(1);
    ran.complains("error: rows.csv:3:29: email is not an email address");
    ran.complains("nothing was imported: rows.csv has 1 bad row.");
    assert!(!fixture.path("var").exists(), "something was written");
    rows(&fixture, text, &["--skip-bad"]).exits(0).says("1 added, 0 updated, 0 unchanged, 0 kept out, 1 bad");
    assert_eq!(mailboxes(&fixture).into_keys().collect::<Vec<_>>(), ["office@moor.example"]);
}

#[test]
fn the_extract_is_recognised_without_the_flag() {
    let fixture = Fixture::new(BASE);
    fs::copy(fixtures("extract.csv"), fixture.path("extract.csv")).unwrap();
    let ran = fixture.at(NOW, &["subscribers", "import", "extract.csv"]).exits(1);
    ran.complains("error: extract.csv: looks like the GIAS extract of schools");
    ran.complains("--format gias");
}

#[test]
fn every_bad_extract_gives_its_message_and_imports_nothing() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let fixture = Fixture::new(BASE);
    let mut files: Vec<PathBuf> = fs::read_dir(fixtures("bad")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        fs::copy(file, fixture.path(name)).unwrap();
        let ran = import(&fixture, name, &[]).exits(1);
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
    assert!(files.len() >= 15, "only {} bad files", files.len());
    assert!(wrong.is_empty(), "{wrong}");
}
