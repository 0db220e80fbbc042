//! The library: what a good one becomes, and what each bad one is told.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fortnightly::domain::activity::Sensitivity;
use fortnightly::domain::band::{Band, Bands};
use fortnightly::domain::diagnostic::Diagnostic;
use fortnightly::domain::prose::{Block, Inline, Prose};
use fortnightly::library::{self, Library};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/library")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a fixture") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// A copy of the good library that a test may spoil.
fn good_copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    copy(&fixtures().join("good"), dir.path());
    dir
}

fn load(dir: &Path) -> (Option<Library>, Vec<Diagnostic>) {
    library::load(dir, &Bands::shipped(), "england")
}

fn report(found: &[Diagnostic], dir: &Path) -> String {
    let prefix = dir.display().to_string();
    let mut text = String::new();
    for finding in found {
        let code = finding.code;
        writeln!(text, "{}\n  code: {code}", finding.to_string().replace(&prefix, "activities")).expect("memory");
    }
    text
}

fn good() -> Library {
    let (library, found) = load(&fixtures().join("good"));
    assert_eq!(report(&found, Path::new("/")), "");
    library.expect("the good library has no error")
}

/// The codes of the good library with one file changed.
fn codes_with(file: &str, change: impl FnOnce(String) -> Vec<u8>) -> Vec<&'static str> {
    let dir = good_copy();
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).expect("a file of the good library");
    fs::write(&path, change(text)).expect("a write");
    load(dir.path()).1.iter().map(|finding| finding.code).collect()
}

/// Each case lays its files over the good library, or stands alone when it has a file `ALONE`;
/// `REMOVE` lists files to take away. `UPDATE_EXPECTED=1` rewrites what is expected.
#[test]
fn every_bad_library_is_told_what_to_mend() {
    let mut cases: Vec<PathBuf> =
        fs::read_dir(fixtures().join("bad")).expect("cases").map(|entry| entry.expect("a case").path()).collect();
    cases.sort();
    assert!(cases.len() >= 20);
    let mut wrong = String::new();
    for case in cases {
        let work = tempfile::tempdir().expect("a folder");
        let dir = work.path().join("activities");
        if !case.join("ALONE").exists() {
            copy(&fixtures().join("good"), &dir);
        }
        copy(&case, &dir);
        for extra in ["ALONE", "expected.txt"] {
            let _ = fs::remove_file(dir.join(extra));
        }
        for name in fs::read_to_string(case.join("REMOVE")).unwrap_or_default().lines() {
            fs::remove_file(dir.join(name)).expect("a file to remove");
        }
        let _ = fs::remove_file(dir.join("REMOVE"));
        let (library, found) = load(&dir);
        assert_eq!(library.is_none(), found.iter().any(Diagnostic::is_error), "{}", case.display());
        let got = report(&found, &dir);
        let expected = case.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &got).expect("a write");
        }
        let want = fs::read_to_string(&expected).unwrap_or_default();
        if got != want || got.is_empty() {
            writeln!(wrong, "== {}\n-- expected\n{want}-- got\n{got}", case.display()).expect("memory");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
