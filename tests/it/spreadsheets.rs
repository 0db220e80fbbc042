//! What spreadsheets make of our CSV, and we of theirs: letters, formulas, invisible characters.

use std::fs;

use encoding_rs::WINDOWS_1252;

use crate::support::fixture::{BASE, Fixture, Ran, entry};

const NOW: &str = "2026-11-25T12:00:00Z";
const MARK: &[u8] = b"\xEF\xBB\xBF";

fn import(fixture: &Fixture, bytes: &[u8], more: &[&str]) -> Ran {
    fs::write(fixture.path("list.csv"), bytes).unwrap();
    fixture.at(NOW, &[&["subscribers", "import", "list.csv"], more].concat())
}

fn export(fixture: &Fixture) -> Vec<u8> {
    fixture.at(NOW, &["subscribers", "export", "--out", "out.csv"]).exits(0);
    fs::read(fixture.path("out.csv")).unwrap()
}

/// The names of all subscribers, in order.
fn names(fixture: &Fixture) -> Vec<String> {
    let list = fixture.at(NOW, &["subscribers", "list", "--json"]).exits(0).json();
    let mut names: Vec<_> = list.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn welsh_comes_back_from_excel() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Other", "school", "\"o@other.example\"", "[\"4-5\"]")));
    import(&fixture, "name,email,bands\nYsgol Llŷn,office@llyn.example,4-5\n".as_bytes(), &[]).exits(0);
    let exported = export(&fixture);
    assert!(exported.starts_with(MARK), "{:?}", String::from_utf8_lossy(&exported));
    let printed = fixture.at(NOW, &["subscribers", "export"]).exits(0).stdout;
    assert_eq!(printed.as_bytes(), exported, "the same on standard output");
    // Excel reads UTF-8 where it sees the mark, and saves it with one.
    import(&fixture, &exported, &[]).exits(0).says("0 added, 0 updated, 2 unchanged");
    // A program that takes no notice of it garbles the name; that is said, and what it was.
    let garbled = WINDOWS_1252.decode_without_bom_handling(&exported[MARK.len()..]).0.into_owned();
    let ran = import(&fixture, &[MARK, garbled.as_bytes()].concat(), &["--dry-run"]).exits(0);
    ran.complains("warning: list.csv:");
    ran.complains("looks garbled: perhaps it is “Ysgol Llŷn”");
}

#[test]
fn no_cell_is_a_formula_and_every_name_comes_back() {
    let fixture = Fixture::new(BASE);
    let odd = ["=HYPERLINK(A1)", "+44 Club", "-1", "@home", "'=quoted", "''+twice", "＝wide", "'Tis a school", "Plain"];
    let rows: Vec<_> =
        odd.iter().enumerate().map(|(n, name)| format!("{},=s{n}@x.example,4-5\n", safe(name))).collect();
    import(&fixture, format!("name,email,bands\n{}", rows.concat()).as_bytes(), &[]).exits(0).says("9 added");
    let exported = export(&fixture);
    let text = String::from_utf8(exported.clone()).unwrap();
    for row in csv::Reader::from_reader(&exported[MARK.len()..]).records() {
        for cell in &row.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell} in {text}");
        }
    }
    import(&fixture, &exported, &[]).exits(0).says("0 added, 0 updated, 9 unchanged");
    let mut expected: Vec<String> = odd.iter().map(|name| (*name).to_owned()).collect();
    expected.sort();
    assert_eq!(names(&fixture), expected);
}

/// A name as it stands in a file, so that import takes it as it is.
fn safe(name: &str) -> String {
    let is_formula = name.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '＝']);
    if is_formula { format!("'{name}") } else { name.to_owned() }
}

#[test]
fn one_spoilt_line_spoils_no_other() {
    let fixture = Fixture::new(BASE);
    let rows = [
        "name,email,bands\n".as_bytes(),
        "Ysgol Llŷn,office@llyn.example,4-5\n".as_bytes(),
        b"\xC9cole,office@ecole.example,4-5\n",
        "Tŷ Gwyn,office@gwyn.example,4-5\n".as_bytes(),
        b"\"Two\nl\xEFnes\",office@lines.example,4-5\n",
    ]
    .concat();
    let ran = import(&fixture, &rows, &[]).exits(1);
    ran.complains("error: list.csv:3:1: is not UTF-8 text: the first foreign byte is 0xC9 (perhaps “É”)");
    ran.complains("error: list.csv:6:2: is not UTF-8 text");
    ran.complains("has 2 bad rows");
    import(&fixture, &rows, &["--skip-bad"]).exits(0).says("2 added, 0 updated, 0 unchanged, 0 kept out, 2 bad");
    assert_eq!(names(&fixture), ["Tŷ Gwyn", "Ysgol Llŷn"]);
    // In the first line nothing can be trusted.
    import(&fixture, b"n\xE4me,email,bands\nA,a@a.example,4-5\n", &["--skip-bad"]).exits(1).complains("list.csv:1:2");
}

#[test]
fn an_extract_of_two_encodings_is_read_line_by_line() {
    let fixture = Fixture::new(BASE);
    let rows = [
        b"URN,EstablishmentName,EstablishmentStatus (name),StatutoryLowAge,StatutoryHighAge,email\n".as_slice(),
        "100001,Ysgol Llŷn,Open,4,11,office@llyn.example\n".as_bytes(),
        b"100002,St Mary\x92s,Open,4,11,office@mary.example\n",
    ]
    .concat();
    let ran = import(&fixture, &rows, &["--format", "gias"]).exits(0);
    assert_eq!(ran.stderr, "");
    assert_eq!(names(&fixture), ["St Mary’s", "Ysgol Llŷn"]);
}

#[test]
fn garbled_and_lost_letters_are_warned_of_by_line() {
    let fixture = Fixture::new(BASE);
    let rows = "name,email,bands\nCafÃ© Club,a@a.example,4-5\nSt Maryâ€™s,b@b.example,4-5\nSt Mary\u{FFFD}s,c@c.example,4-5\n\
                École Ångström – Tŷ’r Å,d@d.example,4-5\n";
    let ran = import(&fixture, rows.as_bytes(), &[]).exits(0);
    ran.complains("warning: list.csv:2: name “CafÃ© Club” looks garbled: perhaps it is “Café Club”");
    ran.complains("warning: list.csv:3: name “St Maryâ€™s” looks garbled: perhaps it is “St Mary’s”");
    ran.complains("warning: list.csv:4: name");
    assert_eq!(ran.stderr.matches("warning").count(), 3, "{}", ran.stderr);
    ran.says("4 added");
}

#[test]
fn invisible_characters_are_left_out_and_named() {
    let fixture = Fixture::new(BASE);
    let rows =
        "name,email,bands\n\u{200B}Moor\u{AD}side School\u{FEFF},office@\u{200B}moor.example\u{2060},4-5\u{200B}\n";
    let ran = import(&fixture, rows.as_bytes(), &[]).exits(0);
    ran.complains("warning: list.csv:2: an invisible character (U+200B) was left out");
    assert_eq!(names(&fixture), ["Moorside School"]);
    let list = fixture.at(NOW, &["subscribers", "show", "office@moor.example"]).exits(0);
    list.says("4-5");
    // A typographic apostrophe is seen, and cannot be guessed away.
    let ran = import(&fixture, "name,email,bands\nA,o’brien@a.example,4-5\n".as_bytes(), &[]).exits(1);
    ran.complains("list.csv:2:3: email contains the typographic apostrophe ’ (U+2019): write '");
}

#[test]
fn a_preview_s_list_of_recipients_is_a_spreadsheet_too() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Other", "school", "\"o@other.example\"", "[\"4-5\"]")));
    let csv = "name,email,bands\n\"'=HYPERLINK(\"\"x\"\")\",+b4@llyn.example,4-5\nYsgol Llŷn,office@llyn.example,4-5\n";
    import(&fixture, csv.as_bytes(), &[]).exits(0);
    fixture.at(NOW, &["preview", "--out", "look"]).exits(0);
    let list = fs::read(fixture.path("look/recipients.csv")).unwrap();
    assert!(list.starts_with(MARK));
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(&list[MARK.len()..]).records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    let cells = || rows.iter().flatten();
    assert!(cells().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{rows:?}");
    assert!(cells().any(|cell| cell == "'=HYPERLINK(\"x\")") && cells().any(|cell| cell == "Ysgol Llŷn"), "{rows:?}");
}

#[test]
fn an_export_takes_the_place_of_an_earlier_one_alone() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Other", "school", "\"o@other.example\"", "[\"4-5\"]")));
    import(&fixture, b"name,email,bands\nHill,office@hill.example,4-5\n", &[]).exits(0);
    let first = export(&fixture);
    assert_eq!(export(&fixture), first);
    fixture.at(NOW, &["backup", "out.db"]).exits(0);
    let backup = fs::read(fixture.path("out.db")).unwrap();
    fixture.at(NOW, &["subscribers", "export", "--out", "out.db"]).exits(1).complains("exists already");
    assert_eq!(fs::read(fixture.path("out.db")).unwrap(), backup);
    let nowhere = fixture.at(NOW, &["subscribers", "export", "--out", "nowhere/list.csv"]).exits(1);
    nowhere.complains("nowhere/list.csv cannot be written: its folder does not exist");
}
