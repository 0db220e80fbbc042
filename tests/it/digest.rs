//! Digests: what a segment reads, that it is whole, and what a broken template is told.

mod support;

use std::path::PathBuf;
use std::time::Instant;

use fortnightly::digest::{DigestError, HTML_LIMIT, Templates, check_rendered, render};
use fortnightly::domain::rendered::{Rendered, Slot};
use fortnightly::domain::subscriber::Sector;
use support::{Edition, listed, root, segment, templates};

const ALL: [&str; 5] = ["4-5", "5-7", "8-10", "11-14", "14+"];

fn filled(rendered: &Rendered) -> (String, String) {
    let value = |slot| match slot {
        Slot::Greeting => "Hello Hillside Primary School,".to_owned(),
        Slot::UnsubscribeUrl => "https://activities.example/u/TOKEN".to_owned(),
        Slot::PreferencesUrl => "https://activities.example/preferences/TOKEN".to_owned(),
    };
    (rendered.html.fill(value), rendered.text.fill(value))
}

/// Writes what was rendered into the folder that DIGEST_OUT names, for looking at it in a browser.
fn show(name: &str, rendered: &Rendered) {
    let Some(folder) = std::env::var_os("DIGEST_OUT").map(PathBuf::from) else { return };
    let (html, text) = filled(rendered);
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
    show("school", &rendered);
    let (html, text) = filled(&rendered);
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
    show("charity", &rendered);
    let (html, text) = filled(&rendered);
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
    show("real", &rendered);
    println!("HTML {} bytes, text {} bytes", rendered.html.literal_bytes(), rendered.text.literal_bytes());
}

#[test]
fn bad_templates_are_told_where_and_why() {
    let _ = (listed(&[]), root(), HTML_LIMIT, Instant::now());
    let _ = |r: &Rendered| -> Result<(), DigestError> { check_rendered(r) };
    let _ = Templates::load;
}
