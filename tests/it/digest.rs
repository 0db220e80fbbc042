//! Digests: what a segment reads, that it is whole, and what a broken template is told.

mod support;

use std::path::{Path, PathBuf};
use std::time::Instant;

use fortnightly::digest::{DigestError, HTML_LIMIT, Templates, check_rendered, greeting, render};
use fortnightly::domain::rendered::{Rendered, Slot};
use fortnightly::domain::subscriber::Sector;
use support::{Edition, listed, root, segment, templates};

const ALL: [&str; 5] = ["4-5", "5-7", "8-10", "11-14", "14+"];

fn filled(rendered: &Rendered, sector: Sector, name: &str) -> (String, String) {
    let value = |slot| match slot {
        Slot::Greeting => greeting(sector, name),
        Slot::UnsubscribeUrl => "https://activities.example/u/TOKEN".to_owned(),
        Slot::PreferencesUrl => "https://activities.example/preferences/TOKEN".to_owned(),
    };
    (rendered.html.fill(value), rendered.text.fill(value))
}

/// Writes what was rendered into the folder that DIGEST_OUT names, for looking at it in a browser.
fn show(name: &str, (html, text): &(String, String)) {
    let Some(folder) = std::env::var_os("DIGEST_OUT").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    std::fs::write(folder.join(format!("{name}.txt")), text).unwrap();
}

/// One tag a line, so that a reviewer of a snapshot sees what changed.
fn readable(html: &str) -> String {
    html.replace("><", ">\n<")
}

#[test]
fn a_school_reads_five_bands() {
    let edition = Edition::invented();
    let rendered = render(&templates(), &edition.issue(), &segment(Sector::School, &ALL), &edition.bands).unwrap();
    let bodies = filled(&rendered, Sector::School, "Hillside Primary School");
    show("school", &bodies);
    let (html, text) = bodies;
    assert_eq!(
        rendered.subject,
        "Private information: what to keep to ourselves: 15-minute activities for \
         ages 4 to 5, 5 to 7, 8 to 10, 11 to 14, and 14 and over"
    );
    insta::assert_snapshot!("school_html", readable(&html));
    insta::assert_snapshot!("school_text", text);
}

#[test]
fn a_charity_reads_one_band_and_no_other() {
    let mut edition = Edition::invented();
    edition.reply_to = None;
    edition.notices.clear();
    let rendered =
        render(&templates(), &edition.issue(), &segment(Sector::Charity, &["8-10"]), &edition.bands).unwrap();
    let bodies = filled(&rendered, Sector::Charity, "Open Door");
    show("charity", &bodies);
    let (html, text) = bodies;
    for (band, activity, _) in &edition.activities {
        let wanted = band.as_str() == "8-10";
        assert_eq!(html.contains(&activity.title), wanted, "{band} in HTML");
        assert_eq!(text.contains(&activity.title), wanted, "{band} in text");
    }
    insta::assert_snapshot!("charity_html", readable(&html));
    insta::assert_snapshot!("charity_text", text);
}

#[test]
fn a_real_theme_fits() {
    let Some(folder) = std::env::var_os("DIGEST_LIBRARY").map(PathBuf::from) else { return };
    let names = std::env::var("DIGEST_NAMES").unwrap();
    let edition = Edition::read(&folder, &names.split(' ').collect::<Vec<_>>());
    let rendered = render(&templates(), &edition.issue(), &segment(Sector::School, &ALL), &edition.bands).unwrap();
    show("real", &filled(&rendered, Sector::School, "Ysgol Tŷ’r Felin"));
    println!("HTML {} bytes, text {} bytes", rendered.html.literal_bytes(), rendered.text.literal_bytes());
}

/// Every folder of tests/fixtures/digest/bad replaces some of the shipped templates; `expected.txt` is what is said.
#[test]
fn bad_templates_are_told_where_and_why() {
    let bad = root().join("tests/fixtures/digest/bad");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&bad).unwrap() {
        let case = entry.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        overlay(&root().join("templates"), folder.path());
        overlay(&case, folder.path());
        let errors = Templates::load(folder.path()).expect_err(&format!("{} was taken", case.display()));
        let said = listed(&errors).replace(&folder.path().display().to_string(), "templates") + "\n";
        let expected = case.join("expected.txt");
        if std::env::var_os("DIGEST_ACCEPT").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", case.display()));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 30, "only {count} bad templates");
}

fn overlay(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            overlay(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn a_folder_without_templates_names_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let said = listed(&Templates::load(folder.path()).unwrap_err());
    assert!(said.contains("digest.mjml.hbs: cannot be read"), "{said}");
    assert!(said.contains("digest.txt.hbs: cannot be read"), "{said}");
}
